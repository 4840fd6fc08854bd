"""`POST /v1/images/generations` and `/v1/images/edits`, whole or streamed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from email.utils import format_datetime
from typing import Any
from urllib.parse import quote

import structlog
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from pochoir.domain.errors import InvalidValue, ModelNotFound, PochoirError
from pochoir.engines.base import PartialImage
from pochoir.features.images.artifact import Made
from pochoir.infra import turns
from pochoir.openai_api import answers, ongoing
from pochoir.openai_api.bodies import read_edit, read_json
from pochoir.openai_api.envelope import error_data
from pochoir.openai_api.fields import Asked, read_fields, with_headers
from pochoir.openai_api.keys import Caller
from pochoir.openai_api.making import make, payer_of
from pochoir.web.deps import services

_LOG = structlog.get_logger("pochoir.openai_api")
SAFE = {"content-security-policy": "sandbox; default-src 'none'", "x-content-type-options": "nosniff"}
"""Headers of an image that a browser may open by its link: a vector image runs no script."""
_PLAIN = "".join(map(chr, range(0x20, 0x7F))).replace("%", "")
"""What a header may carry as it is."""
UNKEPT = "Keep this image: it could not be stored here. It may have been charged. The server's log says more."
"""Fits into the slack of an answer that began early."""


async def generate(request: Request, caller: Caller) -> Response:
    fields = for_deployment(request, await read_json(request))
    return await _answer(request, caller, read_fields(fields), "image_generation")


async def edit(request: Request, caller: Caller) -> Response:
    sent = await read_edit(request)
    fields = for_deployment(request, sent.fields)
    asked = read_fields(fields, references=sent.references, mask=sent.mask, markup=sent.markup)
    return await _answer(request, caller, asked, "image_edit")


async def linked(request: Request, caller: Caller) -> Response:
    """The image behind a link that an earlier answer gave. Needs no key: the link itself is one."""
    here = services(request)
    artifact = await here.images.library.artifact(here.links.artifact_id(request.path_params["token"]))
    headers = {"x-request-id": caller.request_id, "cache-control": "private, max-age=3600", **SAFE}
    return Response(await here.copies.copy(artifact), media_type=artifact.mime, headers=headers)


def for_deployment(request: Request, fields: dict[str, Any]) -> dict[str, Any]:
    """On Azure's routes the deployment in the path is the model, whatever the body says."""
    deployment = request.path_params.get("deployment")
    return {**fields, "model": deployment} if deployment else fields


async def _answer(request: Request, caller: Caller, asked: Asked, kind: str) -> Response:
    key = idempotency_key(request, caller)
    asked = with_headers(asked, request.headers)
    if asked.stream:
        return await _stream(request, caller, asked, kind, key)
    hold = turns.begin()
    try:
        early = not (asked.as_url or (await services(request).copies.marks()).answers)
        queue = _begin(request, caller, asked, key, early=early)
        first = await queue.get()
        if isinstance(first, BaseException):
            raise first
    except BaseException:
        hold.release()
        raise
    hold.release_in()
    made = first.made if isinstance(first, _Drawn) else first
    assert isinstance(made, Made)
    headers = {"x-request-id": caller.request_id, **await facts(request, made)}
    parts = answers.whole(made, _now(request), _urls(request, made) if asked.as_url else ())
    end = asyncio.shield(ongoing.begin(_end(queue, made, parts[-1]))) if isinstance(first, _Drawn) else None
    return answers.PartsResponse(parts, headers, hold.release, end=end)


async def _end(queue: _Queue, drawn: Made, end: answers.Bytes) -> answers.Bytes:
    """The end of an answer, once its images are kept. Where that failed the client has the only copy, and is told."""
    kept = await queue.get()
    if not isinstance(kept, BaseException):
        return end
    _LOG.error("an image was answered that could not be kept", attempt=drawn.attempt, exc_info=kept)
    return answers.end_of(replace(drawn, artifacts=(), notes=(*drawn.notes, UNKEPT)))


def _urls(request: Request, made: Made) -> list[str]:
    """A signed link for each image, under the address that the client itself used."""
    base = str(request.base_url).rstrip("/")
    links = services(request).links
    return [f"{base}/v1/images/linked/{links.token(artifact.id)}" for artifact in made.artifacts]


def idempotency_key(request: Request, caller: Caller) -> str | None:
    """The client's key, kept apart from other clients' and from runs'."""
    given = request.headers.get("idempotency-key")
    if given is None:
        return None
    if not 1 <= len(given) <= 255:
        raise InvalidValue("The Idempotency-Key has 1 to 255 characters. Shorten it.", param="Idempotency-Key")
    return f"api:{caller.key_id}:{given}"


def _now(request: Request) -> int:
    return int(services(request).clock.now().timestamp())


async def facts(request: Request, made: Made) -> dict[str, str]:
    """Headers that say what answered, what it cost, and when the model will be gone (RFC 9745 and RFC 8594).

    Letters of a name that no header can carry are percent-encoded, in UTF-8.
    """
    headers = {"x-pochoir-model": quote(made.model, _PLAIN), "x-pochoir-cost-microusd": str(made.charge.total)}
    if made.instead_of is not None:
        headers["x-pochoir-instead-of"] = quote(made.instead_of, _PLAIN)
    if made.replayed:
        headers["x-pochoir-replayed"] = "true"
    try:
        card = await services(request).catalog.card(made.model)
    except ModelNotFound:
        return headers
    if card.shutdown is not None:
        if card.notice is not None:
            headers["deprecation"] = f"@{int(_midnight(card.notice).timestamp())}"
        headers["sunset"] = format_datetime(_midnight(card.shutdown), usegmt=True)
    return headers


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)


# -- streaming -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Drawn:
    """What will be answered, before it is kept."""

    made: Made


_Item = PartialImage | _Drawn | Made | BaseException


class _Queue:
    """What the work hands to the answer. Nothing waits on it: a client that leaves does not stop the work."""

    def __init__(self) -> None:
        self._items: asyncio.Queue[_Item] = asyncio.Queue()

    def put(self, item: _Item) -> None:
        self._items.put_nowait(item)

    async def partial(self, item: PartialImage) -> None:
        self.put(item)

    def drawn(self, made: Made) -> None:
        self.put(_Drawn(made))

    async def get(self) -> _Item:
        return await self._items.get()


def _begin(request: Request, caller: Caller, asked: Asked, key: str | None, *, early: bool = False) -> _Queue:
    """Begin the work, which goes on to its end whoever waits. The queue's last item is what was made, or what failed.

    `early`: before that comes what will be answered, once it is known.
    """
    queue = _Queue()
    ongoing.begin(_work(request, caller, asked, key, queue, early))
    return queue


async def _work(request: Request, caller: Caller, asked: Asked, key: str | None, queue: _Queue, early: bool) -> None:
    here = services(request)
    on_partial, on_drawn = queue.partial if asked.stream else None, queue.drawn if early else None
    try:
        made = await make(here.images, asked, key, on_partial, payer_of(here, caller), on_drawn=on_drawn)
        queue.put(await here.copies.in_answers(made))
    except BaseException as error:
        queue.put(error)
        raise


async def _stream(request: Request, caller: Caller, asked: Asked, kind: str, key: str | None) -> Response:
    """Waits for the first item, so that what fails at once still gets its status."""
    queue = _begin(request, caller, asked, key)
    first = await queue.get()
    if isinstance(first, BaseException):
        raise first
    headers = {"x-request-id": caller.request_id, "cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(
        _events(first, queue, kind, _now(request)), headers=headers, media_type="text/event-stream; charset=utf-8"
    )


async def _events(first: _Item, queue: _Queue, kind: str, created: int) -> AsyncIterator[bytes]:
    item = first
    while isinstance(item, PartialImage):
        yield answers.partial_event(kind, item, created)
        item = await queue.get()
    if isinstance(item, Made):
        for number in range(len(item.result.images)):
            yield answers.completed_event(kind, item, number, created)
    else:
        assert isinstance(item, BaseException)
        yield answers.error_event(error_data(_said(item)))


def _said(error: BaseException) -> PochoirError:
    if isinstance(error, PochoirError):
        return error
    _LOG.error("stream failed", exc_info=error)
    return PochoirError("Something broke on the server while the image was made. Its log says more.")
