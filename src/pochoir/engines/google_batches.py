"""Google's own batches: input files up in pieces, batches begun, found and watched, answers down. Half the price.

Contract: Google's reference (https://ai.google.dev/api/batch-api, /api/files) and its batch guide; the lines' and the
operations' form, where these are silent: what Google's own client (python-genai) sends and takes.
"""

from __future__ import annotations

import asyncio
import io
import os
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, BinaryIO, Final
from urllib.parse import quote, urlsplit, urlunsplit

import orjson

from pochoir.domain.errors import EngineError, EngineNotReady, PochoirError
from pochoir.domain.images import ImageRequest, ImageResult
from pochoir.engines import google_wire
from pochoir.engines import openai_wire as wire
from pochoir.engines.base import BatchReply, BatchStanding, BatchState, Credentials
from pochoir.engines.google_errors import error_of
from pochoir.engines.google_lines import Gathered, response_in, rows
from pochoir.engines.openai_transport import NOTHING, lines_of
from pochoir.engines.outcome import gravest, together

if TYPE_CHECKING:
    from pochoir.engines.openai_transport import Reply, Transport

TITLE: Final = google_wire.TITLE
STATES: Final[Mapping[str, BatchState]] = MappingProxyType(
    {"SUCCEEDED": "completed", "FAILED": "failed", "EXPIRED": "expired", "CANCELLED": "cancelled"}
)
"""What follows `BATCH_STATE_` (or `JOB_STATE_`) at the end of a batch, and our word."""
ABSENT: Final = frozenset({404, 405, 501})
"""Answers of a server at this address that takes no files."""
GONE: Final = frozenset({200, 403, 404})
"""Of a deletion. Google says 403 of a file that is not there."""
PIECE = 8 * 1024 * 1024
"""Bytes of an upload that go at once; Google wants multiples of 256 KB."""
PAGE, PAGES = 100, 500
"""Of the list of batches in which ours is looked for: batches a page, and pages."""
_CANCELLED = 1
"""google.rpc.Code of an operation that was cancelled."""


class GoogleBatches:
    """Holds to `engines.base.Batches`. `where_key` says where the provider's key stands."""

    max_lines = 1_000
    """Google sets no limit; an answer holds its pictures, so one results file has some 2 GB with these."""
    max_bytes = 1024 * 1024 * 1024
    """Of an input file; Google takes 2 GB."""
    keeps_answers = False
    """Its reference speaks of an error, and of no file, after a cancellation."""

    def __init__(self, transport: Transport, where_key: str, base_url: str) -> None:
        self._transport = transport
        self._where_key = where_key
        self._base_url = base_url

    def target(self, request: ImageRequest) -> str:
        return google_wire.model_of(request)

    def line(self, request: ImageRequest, name: str) -> bytes:
        return b"".join(rows(request, name))

    async def upload(self, path: Path, credentials: Credentials) -> str | None:
        with path.open("rb") as file:
            return await self._upload(file, credentials)

    async def _upload(self, file: BinaryIO, credentials: Credentials) -> str | None:
        size = os.fstat(file.fileno()).st_size
        start = {
            "X-Goog-Upload-Protocol": "resumable",
            "X-Goog-Upload-Command": "start",
            "X-Goog-Upload-Header-Content-Length": str(size),
            "X-Goog-Upload-Header-Content-Type": "application/jsonl",
        }
        url = self._beside("upload", "files", credentials)
        reply = await self._ask("POST", url, credentials, headers=start, json={"file": {"displayName": "pochoir"}})
        if reply.status in ABSENT:
            return None
        self._good(reply)
        address = _text(reply.headers, "x-goog-upload-url")
        done = await self._pieces(self._here(address, credentials), file, size, credentials)
        return _text(_part(_object(done), "file"), "name")

    async def _pieces(self, url: str, file: BinaryIO, size: int, credentials: Credentials) -> Reply:
        """The answer to the last piece."""
        offset = 0
        while True:
            piece = await asyncio.to_thread(file.read, PIECE)
            last = offset + len(piece) >= size
            headers = {
                "X-Goog-Upload-Command": "upload, finalize" if last else "upload",
                "X-Goog-Upload-Offset": str(offset),
            }
            reply = await self._ask("POST", url, credentials, headers=headers, data=io.BytesIO(piece))
            self._good(reply)
            if last:
                return reply
            offset += len(piece)

    async def submit(self, file: str, target: str, mark: str, credentials: Credentials) -> str:
        asked = {"batch": {"displayName": _displayed(mark), "inputConfig": {"fileName": file}}}
        url = f"{self._base(credentials)}/{target}:batchGenerateContent"
        reply = await self._ask("POST", url, credentials, paid=True, json=asked)
        if reply.status >= 500:
            raise EngineError(
                f"{TITLE} failed when a batch was begun. Whether it stands is looked up before it is sent again.",
                may_have_been_charged=True,
            )
        self._good(reply)
        return _text(_object(reply), "name")

    async def find(self, mark: str, credentials: Credentials) -> str | None:
        page = ""
        for _ in range(PAGES):
            found = await self._get(f"batches?pageSize={PAGE}{page}", credentials)
            for item in found.get("operations") or ():
                if isinstance(item, dict) and _part(item, "metadata").get("displayName") == _displayed(mark):
                    return _text(item, "name")
            token = found.get("nextPageToken")
            if not isinstance(token, str) or not token:
                return None
            page = f"&pageToken={quote(token, safe='')}"
        raise EngineError(
            f"{TITLE}'s list of batches is longer than {PAGE * PAGES:,}. Delete old ones there; it is looked at again.",
            may_have_been_charged=True,
        )

    async def standing(self, batch: str, credentials: Credentials) -> BatchStanding:
        found = await self._get(batch, credentials)
        told, error = _part(found, "metadata"), _part(found, "error")
        state = STATES.get(str(told.get("state")).rpartition("_STATE_")[2], "working")
        if state == "working" and found.get("done") and error:
            state = "cancelled" if error.get("code") == _CANCELLED else "failed"
        outputs = (_part(found, "response"), _part(told, "output"))
        file = next((str(output["responsesFile"]) for output in outputs if output.get("responsesFile")), "")
        if state == "completed" and not file:
            return BatchStanding("working")  # it succeeds a moment before its file is there
        problem = str(error.get("message") or "no reason was given") if state == "failed" else ""
        answered = str(_part(told, "batchStats").get("successfulRequestCount") or "0") != "0"
        return BatchStanding(state, (file,) if file else (), problem, unclear=answered and not file)

    async def replies(self, file: str, credentials: Credentials) -> AsyncIterator[BatchReply]:
        url = f"{self._beside('download', file, credentials)}:download?alt=media"
        gathered = Gathered()
        async with self._transport.control("GET", url, self._key(credentials), long=True) as response:
            if response.status != 200:
                self._good(await self._transport.reply(response, paid=False))
            async for line in lines_of(response, TITLE):
                if (reply := gathered.add(line)) is not None:
                    yield reply
        for reply in gathered.rest():
            yield reply

    def read(self, reply: BatchReply, request: ImageRequest, references: int) -> ImageResult:
        """As for several calls side by side: what came back is the result, with a note on what did not."""
        results: list[ImageResult] = []
        errors: list[PochoirError] = []
        for number in range(request.n):
            try:
                results.append(self._one(reply.answer.get(number), request, references))
            except PochoirError as error:
                errors.append(error)
        if not results:
            raise gravest(errors)
        return together(request.n, results, errors)

    def _one(self, answer: wire.Answer | None, request: ImageRequest, references: int) -> ImageResult:
        if answer is None:
            raise EngineError(
                f"{TITLE} left an image of this request out, and may have charged it. Look there before you ask again.",
                may_have_been_charged=True,
            )
        return google_wire.result_of(request, response_in(answer, self._where_key), references)

    async def cancel(self, batch: str, credentials: Credentials) -> None:
        reply = await self._ask("POST", f"{self._base(credentials)}/{batch}:cancel", credentials)
        if reply.status not in {200, 400, 409}:  # the latter two: it has ended, or is being cancelled
            self._good(reply)

    async def forget(self, file: str, credentials: Credentials) -> None:
        """Google refuses to delete its results files, whose names are longer than it takes; they go by themselves."""
        reply = await self._ask("DELETE", f"{self._base(credentials)}/{file}", credentials)
        if reply.status not in GONE:
            self._good(reply)

    # -- asking ------------------------------------------------------------------------------------------------------

    async def _get(self, route: str, credentials: Credentials) -> Mapping[str, Any]:
        reply = await self._ask("GET", f"{self._base(credentials)}/{route}", credentials)
        self._good(reply)
        return _object(reply)

    async def _ask(self, method: str, url: str, credentials: Credentials, *, paid: bool = False, **more: Any) -> Reply:
        async with self._transport.control(method, url, self._key(credentials), paid=paid, **more) as response:
            return await self._transport.reply(response, paid=paid)

    def _base(self, credentials: Credentials) -> str:
        return (credentials.base_url or self._base_url).rstrip("/")

    def _beside(self, word: str, route: str, credentials: Credentials) -> str:
        """Google's addresses for the bytes of files: `upload` or `download` stands before the version."""
        root, _, version = self._base(credentials).rpartition("/")
        return f"{root}/{word}/{version}/{route}"

    def _here(self, address: str, credentials: Credentials) -> str:
        """An address that the server named, on the server that is connected: our bytes and key go nowhere else."""
        base, named = urlsplit(self._base(credentials)), urlsplit(address)
        return urlunsplit((base.scheme, base.netloc, named.path, named.query, ""))

    def _key(self, credentials: Credentials) -> str:
        if not credentials.key:
            raise EngineNotReady(f"{TITLE} needs a key. Enter it {self._where_key}.", code="needs_key")
        return credentials.key

    def _good(self, reply: Reply) -> None:
        if reply.status != 200:
            raise error_of(reply.status, reply.body, TITLE, self._where_key)


def _displayed(mark: str) -> str:
    return f"pochoir {mark}"


def _part(found: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = found.get(name)
    return value if isinstance(value, dict) else NOTHING


def _object(reply: Reply) -> Mapping[str, Any]:
    try:
        found = orjson.loads(reply.body)
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict):
        raise _odd()
    return found


def _text(found: Mapping[str, Any], name: str) -> str:
    value = found.get(name)
    if not isinstance(value, str) or not value:
        raise _odd()
    return value


def _odd() -> EngineError:
    return EngineError(f"{TITLE} answered something that is no batch. It is asked again.", may_have_been_charged=True)
