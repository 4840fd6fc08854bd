"""`/v1/responses` with the hosted image tool, whole or streamed; what was stored is given again, listed and deleted.

One image a response. It is stored, charged and kept like any other; the response keeps its id, never its bytes.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping
from typing import Any

import orjson
import structlog
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from pochoir.domain.errors import InvalidImage, InvalidValue, NotFound, PochoirError, Refused
from pochoir.engines.base import PartialImage
from pochoir.features.conversations.author import Decision
from pochoir.infra import turns
from pochoir.openai_api import ongoing, responses_asked
from pochoir.openai_api import response_data as data
from pochoir.openai_api.answers import PartsResponse
from pochoir.openai_api.beats import beats
from pochoir.openai_api.bodies import MAX_JSON_WITH_IMAGES, read_json
from pochoir.openai_api.chat import PATIENCE
from pochoir.openai_api.envelope import error_data
from pochoir.openai_api.files import list_data, read_limit
from pochoir.openai_api.images import facts, idempotency_key
from pochoir.openai_api.keys import Caller
from pochoir.openai_api.making import payer_of
from pochoir.openai_api.references import Stored
from pochoir.openai_api.responses_run import Done, Drawn, Job, Step, Told, shown_again, start, work
from pochoir.web.deps import services

_LOG = structlog.get_logger("pochoir.openai_api")
MAX_PAGE, USUAL_PAGE = 100, 20


async def create(request: Request, caller: Caller) -> Response:
    here = services(request)
    fields = await read_json(request, MAX_JSON_WITH_IMAGES)

    async def earlier(call: str) -> str | None:
        turn = await here.conversations.known(data.response_of(call))
        return turn.drawn if turn is not None else None

    wanted = await responses_asked.read(fields, Stored(here.images.library, here.files), earlier)
    key = idempotency_key(request, caller)
    queue: Told = asyncio.Queue()
    job = Job(
        here=here,
        wanted=wanted,
        id=f"resp_{hashlib.sha256(key.encode()).hexdigest()[:32]}" if key else here.clock.new_id("resp"),
        created=int(here.clock.now().timestamp()),
        key=key,
        asked=await asyncio.to_thread(_hash, fields) if key else "",
        tell=queue.put_nowait,
        payer=payer_of(here, caller),
        headers=request.headers,
    )
    if wanted.stream:
        return await _stream(job, caller, queue)
    hold = turns.begin()
    try:
        body = await asyncio.shield(ongoing.begin(work(job)))
    except BaseException:
        hold.release()
        raise
    hold.release_in()
    headers = {"x-request-id": caller.request_id, **(await facts(request, job.made) if job.made else {})}
    return PartsResponse([orjson.dumps(body)], headers, hold.release)


def _hash(fields: Mapping[str, Any]) -> str:
    """Of all that is asked; how the answer comes does not count."""
    asked = {name: value for name, value in fields.items() if name != "stream"}
    return hashlib.sha256(orjson.dumps(asked, option=orjson.OPT_SORT_KEYS)).hexdigest()


# -- streaming -------------------------------------------------------------------------------------------------------


async def _stream(job: Job, caller: Caller, queue: Told) -> Response:
    """Waits a while for the decision, so that what fails early still gets its status."""
    start(job, queue)
    first = asyncio.ensure_future(queue.get())
    await asyncio.wait({first}, timeout=PATIENCE)
    if first.done() and isinstance(error := first.result(), BaseException):
        raise error
    headers = {"x-request-id": caller.request_id, "cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(_events(job, queue, first), headers=headers, media_type="text/event-stream; charset=utf-8")


async def _events(job: Job, queue: Told, coming: asyncio.Future[Step | BaseException]) -> AsyncIterator[bytes]:
    """From the beginning, or from the whole answer of a repeated request, to the end. `coming`: the first step."""
    events = data.Events()
    yield events.event("created", response=job.whole(status="in_progress"))
    yield events.event("in_progress", response=job.whole(status="in_progress"))
    while True:
        try:
            async for beat in beats(coming):
                yield beat
        finally:
            coming.cancel()
        step = coming.result()
        match step:
            case Done():
                break
            case Decision(prompt=str()):
                for event in events.begin_call(job.call):
                    yield event
            case PartialImage():
                yield events.partial(step)
            case Drawn():
                for event in events.end_call(step.item):
                    yield event
            case BaseException():
                yield events.event("failed", response=job.whole(status="failed", error=_error(job, step)))
                return
        coming = asyncio.ensure_future(queue.get())
    for item in step.body["output"][len(events.items) :]:
        for event in events.item(item):
            yield event
    yield events.event("completed", response=step.body)


def _error(job: Job, error: BaseException) -> dict[str, Any]:
    """OpenAI has a list of codes for this place; the sentence says the rest."""
    if not isinstance(error, PochoirError):
        _LOG.error("response failed", response=job.id, exc_info=error)
        error = PochoirError(f"Something broke on the server. Its log says more under {job.id}.")
    match error:
        case Refused():
            code = "image_content_policy_violation"
        case InvalidImage():
            code = "invalid_image"
        case PochoirError(status=429):
            code = "rate_limit_exceeded"
        case PochoirError(status=status) if status >= 500:
            code = "server_error"
        case _:
            code = "invalid_prompt"
    return {"code": code, "message": error_data(error)["error"]["message"]}


# -- afterwards ------------------------------------------------------------------------------------------------------


async def one(request: Request, caller: Caller) -> Response:
    """A stored response, with its image read from the library."""
    here = services(request)
    if request.query_params.get("stream", "false").lower() not in {"false", "0", ""}:
        raise InvalidValue("A stored response comes whole, not as a stream. Leave out 'stream'.", param="stream")
    return _json(await shown_again(here, await here.conversations.get(request.path_params["response"])), caller)


async def delete(request: Request, caller: Caller) -> Response:
    response_id = request.path_params["response"]
    await services(request).conversations.delete(response_id)
    return _json({"id": response_id, "object": "response", "deleted": True}, caller)


async def inputs(request: Request, caller: Caller) -> Response:
    """What had been said when the response was made, newest first unless asked otherwise."""
    query = request.query_params
    limit = read_limit(query.get("limit"), USUAL_PAGE, MAX_PAGE)
    order = query.get("order") or "desc"
    if order not in {"asc", "desc"}:
        raise InvalidValue("'order' can be 'asc' or 'desc'. Change it.", param="order")
    items = data.input_items(await services(request).conversations.get(request.path_params["response"]))
    items = items if order == "asc" else items[::-1]
    after = query.get("after")
    if after:
        place = next((number for number, item in enumerate(items) if item["id"] == after), None)
        if place is None:
            raise NotFound(f"There is no item '{after[:80]}' in this response. Begin without 'after'.", param="after")
        items = items[place + 1 :]
    return _json(list_data(items[:limit], more=len(items) > limit), caller)


def _json(body: Mapping[str, Any], caller: Caller) -> Response:
    return Response(orjson.dumps(body), headers={"x-request-id": caller.request_id}, media_type="application/json")
