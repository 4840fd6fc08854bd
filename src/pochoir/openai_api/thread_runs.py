"""`/v1/threads/{thread}/runs`: begin, watch, look, list, modify, cancel, as OpenAI's own; a run answers in its thread.

One image a run at most. Without `stream` a run is begun and answered in the background; with it the same work is told.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from pochoir.domain.errors import InvalidRequest, InvalidValue, NotFound, Unavailable
from pochoir.features.assistants.assistant import NewMessage, NewRun, Stage, Thread, ThreadRun
from pochoir.features.services import Services
from pochoir.openai_api import thread_asked as asked
from pochoir.openai_api import thread_data as data
from pochoir.openai_api.beats import beats
from pochoir.openai_api.bodies import MAX_JSON_WITH_IMAGES, read_json
from pochoir.openai_api.chat import SSE
from pochoir.openai_api.envelope import error_data
from pochoir.openai_api.files import list_data
from pochoir.openai_api.images import idempotency_key
from pochoir.openai_api.keys import Caller
from pochoir.openai_api.lists import json_answer, read_page
from pochoir.web.deps import services

POLL = {"openai-poll-after-ms": "250"}
"""How soon OpenAI's clients look again when they wait for a run."""
_HEADERS = ("x-pochoir-fallback", "x-pochoir-fallback-even-if-charged")


async def create(request: Request, caller: Caller) -> Response:
    here, thread_id = services(request), request.path_params["thread"]
    await here.assistants.threads.thread(thread_id)
    body = await read_json(request, MAX_JSON_WITH_IMAGES)
    given = asked.known(body, asked.RUN)
    wanted = await _wanted(request, caller, given, {"thread": thread_id, **body})
    messages = await _messages(here, wanted, given.get("additional_messages", []), "additional_messages")
    queue: asyncio.Queue[Stage] = asyncio.Queue()
    run = await here.assistants.runs.begin(thread_id, wanted, messages, watch=queue.put_nowait)
    return await _answer(here, caller, run, queue, stream=bool(given.get("stream")))


async def create_with_thread(request: Request, caller: Caller) -> Response:
    here = services(request)
    body = await read_json(request, MAX_JSON_WITH_IMAGES)
    given = asked.known(body, asked.THREAD_AND_RUN)
    wanted = await _wanted(request, caller, given, body)
    thread = given.get("thread", {})
    if not isinstance(thread, dict):
        raise InvalidValue("'thread' must be an object. Change it.", param="thread", code="invalid_type")
    thread = asked.known(thread, asked.THREAD, "thread")
    messages = await _messages(here, wanted, thread.get("messages", []), "thread.messages")
    metadata = asked.metadata_of(thread) or {}
    queue: asyncio.Queue[Stage] = asyncio.Queue()
    run = await here.assistants.runs.begin_thread(wanted, messages, metadata, watch=queue.put_nowait)
    made = await here.assistants.threads.thread(run.thread)
    return await _answer(here, caller, run, queue, stream=bool(given.get("stream")), thread=made)


async def _wanted(request: Request, caller: Caller, given: Mapping[str, Any], body: Mapping[str, Any]) -> NewRun:
    """What is asked, with the assistant's own settings where the run has none."""
    here = services(request)
    if "assistant_id" not in given:
        raise InvalidValue(
            "The field 'assistant_id' is missing. Say who answers.",
            param="assistant_id",
            code="missing_required_parameter",
        )
    assistant = await here.assistants.assistant(given["assistant_id"])
    model = given.get("model", assistant.model)
    tools = await asked.read_tools(here, given["tools"]) if "tools" in given else assistant.tools
    await asked.check_model(here, model, tools, given.get("tool_choice"))
    instructions = [given.get("instructions", assistant.instructions), given.get("additional_instructions")]
    key = idempotency_key(request, caller)
    return NewRun(
        assistant=assistant.id,
        model=model,
        instructions="\n\n".join(text for text in instructions if text),
        tools=tools,
        metadata=asked.metadata_of(given) or {},
        asked={**assistant.options, **asked.asked_of(given)},
        headers={name: request.headers[name] for name in _HEADERS if name in request.headers},
        api_key=caller.api_key,
        key=f"run:{key}" if key else None,
        fingerprint=await asyncio.to_thread(_hash, body) if key else "",
    )


async def _messages(here: Services, wanted: NewRun, given: Any, where: str) -> list[NewMessage]:
    """None where the run has begun already: their images are kept by then."""
    if await here.assistants.runs.known(wanted) is not None:
        return []
    return await asked.read_messages(here, given, where)


def _hash(body: Mapping[str, Any]) -> str:
    """Of all that is asked; how the answer comes does not count."""
    whole = {name: value for name, value in body.items() if name != "stream"}
    return hashlib.sha256(orjson.dumps(whole, option=orjson.OPT_SORT_KEYS)).hexdigest()


# -- answering ---------------------------------------------------------------------------------------------------------


async def _answer(
    here: Services,
    caller: Caller,
    run: ThreadRun,
    queue: asyncio.Queue[Stage],
    *,
    stream: bool,
    thread: Thread | None = None,
) -> Response:
    if not stream:
        return _run(run, caller)
    headers = {"x-request-id": caller.request_id, "cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(_events(here, run, queue, thread), headers=headers, media_type=SSE)


async def _events(
    here: Services, run: ThreadRun, queue: asyncio.Queue[Stage], thread: Thread | None
) -> AsyncIterator[bytes]:
    """From the beginning to the end of the run. A client that leaves does not stop it."""
    events = data.Events()
    for piece in events.begin(run, thread):
        yield piece
    if not run.active:
        for piece in events.stage(await _end_of(here, run)):
            yield piece
        yield data.DONE
        return
    stage: Stage | None = None
    while stage is None or stage.name not in ("ended", "cut"):
        coming = asyncio.ensure_future(queue.get())
        try:
            async for beat in beats(coming):
                yield beat
        finally:
            coming.cancel()
        stage = coming.result()
        for piece in events.stage(stage):
            yield piece
    if stage.name == "cut":
        error = Unavailable("The server is stopping. The run goes on when it is back: look at it then.")
        yield data.event("error", error_data(error)["error"])
    yield data.DONE


async def _end_of(here: Services, run: ThreadRun) -> Stage:
    """The end of a run that a repeated request asks for again."""
    try:
        message = await here.assistants.threads.message(run.thread, run.message)
    except NotFound:
        message = None
    return Stage("ended", run, message)


# -- afterwards --------------------------------------------------------------------------------------------------------


async def list_runs(request: Request, caller: Caller) -> Response:
    page = await services(request).assistants.runs.page(request.path_params["thread"], read_page(request))
    return json_answer(list_data([data.run_data(item) for item in page.items], more=page.more), caller)


async def one(request: Request, caller: Caller) -> Response:
    return _run(await _found(request), caller)


async def modify(request: Request, caller: Caller) -> Response:
    given, ids = await read_json(request), request.path_params
    asked.known(given, {"metadata"})
    run, metadata = await _found(request), asked.metadata_of(given)
    if metadata is not None:
        run = await services(request).assistants.runs.change(ids["thread"], ids["run"], metadata)
    return _run(run, caller)


async def cancel(request: Request, caller: Caller) -> Response:
    ids = request.path_params
    return _run(await services(request).assistants.runs.cancel(ids["thread"], ids["run"]), caller)


async def submit(request: Request, caller: Caller) -> Response:
    run = await _found(request)
    raise InvalidRequest(
        f"Run {run.id} asks for no tool outputs: runs here draw by themselves. Wait for its end.", param="tool_outputs"
    )


async def steps(request: Request, caller: Caller) -> Response:
    """The one step there is, or none yet."""
    page, step = read_page(request), data.step_data(await _found(request))
    for cursor in (page.after, page.before):
        if cursor and (step is None or cursor != step["id"]):
            raise NotFound("There is no such step in this run. Begin without 'after' and 'before'.", param="after")
    items = [step] if step is not None and not page.after and not page.before else []
    return json_answer(list_data(items, more=False), caller)


async def step(request: Request, caller: Caller) -> Response:
    found, step_id = data.step_data(await _found(request)), request.path_params["step"]
    if found is None or found["id"] != step_id:
        raise NotFound(f"There is no step '{step_id[:80]}' in this run. List its steps.", param="step_id")
    return json_answer(found, caller)


async def _found(request: Request) -> ThreadRun:
    return await services(request).assistants.runs.run(request.path_params["thread"], request.path_params["run"])


def _run(run: ThreadRun, caller: Caller) -> Response:
    return json_answer(data.run_data(run), caller, **POLL)
