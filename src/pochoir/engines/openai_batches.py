"""OpenAI's own batches: input files up, batches begun, found and watched, answers down. Half the price, within a day.

Contract: the `/files` and `/batches` paths of OpenAI's specification; the lines' form: its batch guide.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import orjson

from pochoir.domain.errors import EngineError, EngineNotReady
from pochoir.domain.images import ImageRequest, ImageResult
from pochoir.engines import openai_wire as wire
from pochoir.engines.base import BatchReply, BatchStanding, BatchState, Credentials
from pochoir.engines.openai_errors import envelope, error_of
from pochoir.engines.openai_transport import lines_of

if TYPE_CHECKING:
    from pochoir.engines.openai_transport import Reply, Transport

STATES: Final[Mapping[str, BatchState]] = MappingProxyType(
    {"completed": "completed", "failed": "failed", "expired": "expired", "cancelled": "cancelled"}
)
"""OpenAI's words for the ends of a batch, and ours."""
ABSENT: Final = frozenset({404, 405, 501})
"""Answers of a server at this address that has no such routes."""
MARK: Final = "pochoir"
"""The name under which a batch's metadata holds our mark."""
FILE_SECONDS: Final = 3 * 24 * 3600
"""An input file that we should fail to delete goes by itself after this; OpenAI takes an hour to 30 days."""
PAGE, PAGES = 100, 20
"""Of the list of batches in which ours is looked for: batches a page, and pages."""


class OpenAIBatches:
    """Holds to `engines.base.Batches`. `where_key` says where the provider's key stands."""

    max_lines = 50_000
    max_bytes = 190 * 1024 * 1024
    """Of an input file; OpenAI takes 200 MB."""
    keeps_answers = True

    def __init__(self, transport: Transport, title: str, where_key: str, base_url: str) -> None:
        self._transport = transport
        self._title = title
        self._where_key = where_key
        self._base_url = base_url

    def target(self, request: ImageRequest) -> str:
        return "/v1/images/edits" if request.is_edit else "/v1/images/generations"

    def line(self, request: ImageRequest, name: str) -> bytes:
        body = dict(wire.call_of(request, as_json=True).fields)
        return orjson.dumps({"custom_id": name, "method": "POST", "url": self.target(request), "body": body}) + b"\n"

    async def upload(self, path: Path, credentials: Credentials) -> str | None:
        import aiohttp

        with path.open("rb") as file:
            form = aiohttp.FormData()
            form.add_field("purpose", "batch")
            form.add_field("expires_after[anchor]", "created_at")
            form.add_field("expires_after[seconds]", str(FILE_SECONDS))
            form.add_field("file", file, filename="requests.jsonl", content_type="application/jsonl")
            reply = await self._ask("POST", "files", credentials, data=form)
        if reply.status in ABSENT:
            return None
        return _text(self._good(reply), "id", self._title)

    async def submit(self, file: str, target: str, mark: str, credentials: Credentials) -> str:
        asked = {
            "input_file_id": file,
            "endpoint": target,
            "completion_window": "24h",
            "metadata": {MARK: mark},
        }
        reply = await self._ask("POST", "batches", credentials, paid=True, json=asked)
        if reply.status >= 500:
            raise EngineError(
                f"{self._title} failed when a batch was begun. Whether it stands is looked up before it is sent again.",
                may_have_been_charged=True,
            )
        return _text(self._good(reply), "id", self._title)

    async def find(self, mark: str, credentials: Credentials) -> str | None:
        after = ""
        for _ in range(PAGES):
            reply = await self._ask("GET", f"batches?limit={PAGE}{after}", credentials)
            found = self._good(reply)
            items = [item for item in found.get("data") or () if isinstance(item, dict)]
            for item in items:
                if (item.get("metadata") or {}).get(MARK) == mark:
                    return _text(item, "id", self._title)
            if not found.get("has_more") or not items:
                return None
            after = f"&after={items[-1].get('id')}"
        return None

    async def standing(self, batch: str, credentials: Credentials) -> BatchStanding:
        found = self._good(await self._ask("GET", f"batches/{batch}", credentials))
        state = STATES.get(_text(found, "status", self._title), "working")
        files = [found.get(name) for name in ("output_file_id", "error_file_id")]
        errors = (found.get("errors") or {}).get("data") or ()
        told = [str(error.get("message") or error.get("code") or "") for error in errors if isinstance(error, dict)]
        problem = (told[0] if told else "no reason was given") if state == "failed" else ""
        return BatchStanding(state, tuple(str(name) for name in files if name), problem)

    async def replies(self, file: str, credentials: Credentials) -> AsyncIterator[BatchReply]:
        url = f"{self._base(credentials)}/files/{file}/content"
        async with self._transport.control("GET", url, self._key(credentials), long=True) as response:
            if response.status != 200:
                self._good(await self._transport.reply(response, paid=False))
            async for line in lines_of(response, self._title):
                if (reply := _reply(line)) is not None:
                    yield reply

    def read(self, reply: BatchReply, request: ImageRequest, references: int) -> ImageResult:
        if reply.status != 200:
            raise error_of(reply.status, {}, orjson.dumps(dict(reply.answer.head)), self._title, self._where_key)
        return wire.whole_result(request, reply.answer, self._title, references)

    async def cancel(self, batch: str, credentials: Credentials) -> None:
        reply = await self._ask("POST", f"batches/{batch}/cancel", credentials)
        if reply.status not in {200, 400, 409}:  # the latter two: it has ended, or is being cancelled
            self._good(reply)

    async def forget(self, file: str, credentials: Credentials) -> None:
        reply = await self._ask("DELETE", f"files/{file}", credentials)
        if reply.status not in {200, 404}:
            self._good(reply)

    # -- asking ------------------------------------------------------------------------------------------------------

    async def _ask(
        self, method: str, route: str, credentials: Credentials, *, paid: bool = False, **more: Any
    ) -> Reply:
        url = f"{self._base(credentials)}/{route}"
        async with self._transport.control(method, url, self._key(credentials), paid=paid, **more) as response:
            return await self._transport.reply(response, paid=paid)

    def _base(self, credentials: Credentials) -> str:
        return (credentials.base_url or self._base_url).rstrip("/")

    def _key(self, credentials: Credentials) -> str:
        if not credentials.key:
            raise EngineNotReady(f"{self._title} needs a key. Enter it {self._where_key}.", code="needs_key")
        return credentials.key

    def _good(self, reply: Reply) -> dict[str, Any]:
        """The answer's object; raises what stands in its place."""
        if reply.status != 200:
            raise error_of(reply.status, reply.headers, reply.body, self._title, self._where_key)
        try:
            found = orjson.loads(reply.body)
        except orjson.JSONDecodeError:
            found = None
        if not isinstance(found, dict):
            raise _odd(self._title)
        return found


def _reply(line: bytes) -> BatchReply | None:
    """One line of a results file, its pictures left as they are; None for an empty or unreadable one."""
    answer = wire.take_apart(line) if line.strip() else None
    if answer is None or not isinstance(name := answer.head.get("custom_id"), str):
        return None
    response, error = answer.head.get("response"), answer.head.get("error")
    if not isinstance(response, dict) or not isinstance(status := response.get("status_code"), int):
        said = envelope(orjson.dumps({"error": error}))
        problem = str(said["code"] or said["message"] or "no reason was given")
        return BatchReply(name, 0, problem=problem.removeprefix("batch_"))
    return BatchReply(name, status, wire.inside(answer, response.get("body")))


def _text(found: Mapping[str, Any], name: str, title: str) -> str:
    value = found.get(name)
    if not isinstance(value, str) or not value:
        raise _odd(title)
    return value


def _odd(title: str) -> EngineError:
    return EngineError(f"{title} answered something that is no batch. It is asked again.", may_have_been_charged=True)
