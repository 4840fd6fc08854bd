"""`/v1/responses` with the hosted image tool: a language model decides when one is connected, else the image model draws.

One image a response. It is stored, charged and kept like any other; the response keeps its id, never its bytes.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
import pybase64
import structlog
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from pochoir.domain.errors import InvalidValue, ModelNotFound, NotFound, PochoirError
from pochoir.domain.images import ImageInput
from pochoir.engines.base import PartialImage
from pochoir.features.conversations.author import Decision
from pochoir.features.conversations.service import Line, Turn
from pochoir.features.images.artifact import Made
from pochoir.openai_api import response_data as data
from pochoir.openai_api import responses_asked
from pochoir.openai_api.bodies import MAX_JSON_WITH_IMAGES, read_json
from pochoir.openai_api.envelope import error_data
from pochoir.openai_api.fields import DEFAULT_MODEL, Asked, read_fields
from pochoir.openai_api.images import idempotency_key
from pochoir.openai_api.keys import Caller
from pochoir.openai_api.making import make
from pochoir.openai_api.references import MAX_IMAGES, Stored
from pochoir.openai_api.responses_asked import TOOL_FIELDS, Wanted
from pochoir.web.deps import services

_LOG = structlog.get_logger("pochoir.openai_api")
_RUNNING: set[asyncio.Task[None]] = set()
"""Streams whose work goes on although their client may have left."""


@dataclass
class Job:
    """One response on its way: what is wanted, what an earlier one left, what came of it."""

    request: Request
    wanted: Wanted
    id: str
    created: int
    key: str | None
    earlier: Turn | None
    made: Made | None = None
    prompt: str = ""
    text: str = ""
    references: tuple[ImageInput, ...] = ()
    queue: asyncio.Queue[PartialImage | Decision | Made | BaseException] = field(default_factory=asyncio.Queue)

    @property
    def talk(self) -> tuple[Line, ...]:
        return (*(self.earlier.talk if self.earlier else ()), *self.wanted.said.talk)

    @property
    def action(self) -> str:
        return "edit" if self.references else "generate"

    def whole(self, **more: Any) -> dict[str, Any]:
        wanted = self.wanted
        return data.whole(
            self.id,
            self.created,
            wanted.model or DEFAULT_MODEL,
            wanted.echo,
            **{"previous_response_id": wanted.previous, "store": wanted.store, **more},
        )

    def message(self) -> dict[str, Any]:
        return data.message_item(f"msg_{self.id.removeprefix('resp_')}", self.text)


async def create(request: Request, caller: Caller) -> Response:
    here = services(request)
    stored = Stored(here.images.library, here.files)
    wanted = await responses_asked.read(await read_json(request, MAX_JSON_WITH_IMAGES), stored)
    earlier = await here.conversations.get(wanted.previous) if wanted.previous else None
    job = Job(
        request,
        wanted,
        here.clock.new_id("resp"),
        int(here.clock.now().timestamp()),
        idempotency_key(request, caller),
        earlier,
    )
    if wanted.stream:
        return await _stream(job, caller)
    await _work(job)
    return Response(
        orjson.dumps(_finished(job)), headers={"x-request-id": caller.request_id}, media_type="application/json"
    )


async def _work(job: Job) -> None:
    """Decide, draw, keep. Every step is put into the queue for whoever streams."""
    decision = await _decide(job)
    job.queue.put_nowait(decision)
    if decision.prompt is not None:
        job.prompt = decision.prompt
        job.references = await _references(job)
        asked = _asked(job, await _model(job))

        async def on_partial(item: PartialImage) -> None:
            job.queue.put_nowait(item)

        job.made = await make(
            services(job.request).images, asked, job.key, on_partial if asked.partial_images else None
        )
    job.text = decision.text
    if job.wanted.store:
        await services(job.request).conversations.put(_turn(job))
    if job.made is not None:
        job.queue.put_nowait(job.made)


async def _decide(job: Job) -> Decision:
    """What is drawn and said: the language model's choice, or the user's own last words."""
    wanted, here = job.wanted, services(job.request)
    own = await _is_image_model(job, wanted.model)
    if not own and await here.author.ready():
        return await here.author.decide(job.talk, tool=wanted.tool is not None, forced=wanted.forced)
    if wanted.tool is None and not own:
        raise InvalidValue(
            "No language model is connected, so this cannot be answered in words. Connect one on the settings page, or add "
            "the tool image_generation.",
            param="model",
        )
    words = [line.text for line in wanted.said.talk if line.role == "user" and line.text.strip()]
    if not words:
        raise InvalidValue("The input has no text. Say what the image should show.", param="input")
    return Decision("\n".join(words))


async def _is_image_model(job: Job, name: str) -> bool:
    here = services(job.request)
    try:
        await here.catalog.resolve(name, here.clock.today())
    except ModelNotFound as error:
        if name and "was shut down" in error.message:
            raise
        return False
    return True


async def _model(job: Job) -> str:
    """The image model: the tool's, else the request's when it is one, else the built-in one."""
    named = (job.wanted.tool or {}).get("model")
    if named:
        return str(named)
    return job.wanted.model if await _is_image_model(job, job.wanted.model) else DEFAULT_MODEL


async def _references(job: Job) -> tuple[ImageInput, ...]:
    """Images that go in: those of this request, those that it names, those that the response before it made."""
    wanted, library = job.wanted, services(job.request).images.library
    if wanted.action == "generate":
        return ()
    ids = list(wanted.said.earlier)
    if not wanted.said.images and not ids and job.earlier is not None:
        ids = list(job.earlier.artifacts)
    found = [*wanted.said.images]
    for artifact in ids[: MAX_IMAGES - len(found)]:
        try:
            found.append(await library.as_input(artifact))
        except NotFound as error:
            raise InvalidValue(
                f"There is no image '{data.call_id(artifact)[:80]}' here any more. Leave it out.", param="input"
            ) from error
    if wanted.action == "edit" and not found:
        raise InvalidValue("An edit needs an image. Add an input_image, or take 'action' away.", param="input")
    return tuple(found)


def _asked(job: Job, model: str) -> Asked:
    tool = job.wanted.tool or {}
    fields = {name: value for name, value in tool.items() if name in TOOL_FIELDS}
    if not job.references:
        fields.pop("input_fidelity", None)
    return read_fields(
        {**fields, "model": model, "prompt": job.prompt},
        references=job.references,
        mask=job.wanted.mask if job.references else None,
    )


def _turn(job: Job) -> Turn:
    said = [Line("assistant", job.text)] if job.text else []
    if job.made is not None:
        said.append(Line("assistant", f"(An image was drawn: {job.prompt})"))
    artifacts = tuple(artifact.id for artifact in job.made.artifacts[:1]) if job.made else ()
    shown = _finished(job)
    shown["output"] = [
        {**item, "result": None} if item["type"] == "image_generation_call" else item for item in shown["output"]
    ]
    return Turn(job.id, (*job.talk, *said), artifacts, shown)


def _finished(job: Job) -> dict[str, Any]:
    output: list[dict[str, Any]] = []
    more: dict[str, Any] = {}
    if job.made is not None:
        output.append(data.call_item(job.made, job.prompt, job.action))
        more["usage"] = data.usage_data(job.made.result.usage)
        more["pochoir"] = {
            "model": job.made.model,
            "snapshot": job.made.result.snapshot,
            "images": [artifact.id for artifact in job.made.artifacts],
            "charge_microusd": job.made.charge.total,
            "notes": list(job.made.notes),
        }
    if job.text:
        output.append(job.message())
    return job.whole(output=output, **more)


# -- streaming -------------------------------------------------------------------------------------------------------


async def _stream(job: Job, caller: Caller) -> Response:
    """Waits for the decision, so that what fails at once still gets its status."""
    task = asyncio.create_task(_told(job))
    _RUNNING.add(task)
    task.add_done_callback(_RUNNING.discard)
    first = await job.queue.get()
    if isinstance(first, BaseException):
        raise first
    headers = {"x-request-id": caller.request_id, "cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(_events(job, task, first), headers=headers, media_type="text/event-stream; charset=utf-8")


async def _told(job: Job) -> None:
    try:
        await _work(job)
    except BaseException as error:
        job.queue.put_nowait(error)
        if not isinstance(error, Exception):
            raise


async def _events(job: Job, task: asyncio.Task[None], first: Any) -> AsyncIterator[bytes]:
    events = data.Events()
    begun = job.whole(status="in_progress")
    yield events.event("created", response=begun)
    yield events.event("in_progress", response=begun)
    if isinstance(first, Decision) and first.prompt is not None:
        for event in events.begin_call(data.call_id(job.id.removeprefix("resp_"))):
            yield event
        item = await job.queue.get()
        while isinstance(item, PartialImage):
            yield events.partial(item)
            item = await job.queue.get()
        if isinstance(item, BaseException):
            yield _failed(job, events, item)
            return
    await asyncio.shield(task)
    finished = _finished(job)
    for item in finished["output"]:
        for event in events.end_call(item) if item["type"] == "image_generation_call" else events.message(item):
            yield event
    yield events.event("completed", response=finished)


def _failed(job: Job, events: data.Events, error: BaseException) -> bytes:
    if not isinstance(error, PochoirError):
        _LOG.error("response failed", response=job.id, exc_info=error)
        error = PochoirError(f"Something broke on the server. Its log says more under {job.id}.")
    told = error_data(error)["error"]
    code = "rate_limit_exceeded" if error.status == 429 else "server_error" if error.status >= 500 else "invalid_prompt"
    said = {"code": code, "message": told["message"]}
    return events.event("failed", response=job.whole(status="failed", error=said))


# -- afterwards ------------------------------------------------------------------------------------------------------


async def one(request: Request, caller: Caller) -> Response:
    """A stored response, with its image read from the library."""
    here = services(request)
    turn = await here.conversations.get(request.path_params["response"])
    image = await here.images.library.data(turn.artifacts[0]) if turn.artifacts else b""
    output = [
        {**item, "result": pybase64.b64encode_as_string(image)} if item["type"] == "image_generation_call" else item
        for item in turn.shown["output"]
    ]
    return _json({**turn.shown, "output": output}, caller)


async def delete(request: Request, caller: Caller) -> Response:
    response_id = request.path_params["response"]
    await services(request).conversations.delete(response_id)
    return _json({"id": response_id, "object": "response", "deleted": True}, caller)


async def inputs(request: Request, caller: Caller) -> Response:
    """What had been said when the response was made, as text."""
    turn = await services(request).conversations.get(request.path_params["response"])
    items: Sequence[Mapping[str, Any]] = [
        {
            "id": f"msg_{number}_{turn.id.removeprefix('resp_')}",
            "type": "message",
            "role": line.role,
            "status": "completed",
            "content": [{"type": "input_text", "text": line.text}],
        }
        for number, line in enumerate(turn.talk)
        if line.role != "assistant"
    ]
    return _json(data.input_items(items), caller)


def _json(body: Mapping[str, Any], caller: Caller) -> Response:
    return Response(orjson.dumps(body), headers={"x-request-id": caller.request_id}, media_type="application/json")
