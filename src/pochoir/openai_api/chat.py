"""`/v1/chat/completions`: an image model answers with images, in the form that gateways to many models use.

OpenAI's own chat has no images in its answers. OpenRouter's documentation of image generation is followed: the answer's
message has `images`, each an `image_url` with a data URL; streamed, they stand in a delta. Other models' names go to the
connected language model, untouched.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from typing import Any

import orjson
import structlog
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from pochoir.domain.errors import InvalidValue, PochoirError
from pochoir.features.images.artifact import Made
from pochoir.features.services import Services
from pochoir.infra import turns
from pochoir.openai_api import chat_asked, ongoing
from pochoir.openai_api.answers import PartsResponse, base64_text, usage_data
from pochoir.openai_api.beats import beats
from pochoir.openai_api.bodies import MAX_JSON_WITH_IMAGES, read_json
from pochoir.openai_api.envelope import error_data
from pochoir.openai_api.fields import Asked, with_headers
from pochoir.openai_api.images import facts, for_deployment, idempotency_key
from pochoir.openai_api.keys import Caller
from pochoir.openai_api.making import image_card, make, payer_of
from pochoir.openai_api.references import Stored
from pochoir.web.deps import services

_LOG = structlog.get_logger("pochoir.openai_api")
PATIENCE = 5.0
"""Seconds in which a stream waits for what fails early, so that it still gets its status."""
SSE = "text/event-stream; charset=utf-8"


async def create(request: Request, caller: Caller) -> Response:
    fields = for_deployment(request, await read_json(request, MAX_JSON_WITH_IMAGES))
    here = services(request)
    model = fields.get("model")
    if not isinstance(model, str) or not model:
        raise InvalidValue("The field 'model' is missing. Name an image model.", param="model")
    card = await image_card(here, model)
    if card is None:
        return await _forwarded(request, caller, fields)
    asked = await chat_asked.read(fields, Stored(here.images.library, here.files), card)
    asked = with_headers(asked, request.headers)
    key = idempotency_key(request, caller)
    head = {"id": here.clock.new_id("chatcmpl"), "created": int(here.clock.now().timestamp()), "model": model}
    if not (fields.get("stream") is None or isinstance(fields["stream"], bool)):
        raise InvalidValue("'stream' must be true or false. Change it.", param="stream", code="invalid_type")
    if fields.get("stream"):
        return await _stream(request, caller, asked, key, head, fields)
    hold = turns.begin()
    try:
        made = await asyncio.shield(ongoing.begin(_make(here, caller, asked, key)))
    except BaseException:
        hold.release()
        raise
    hold.release_in()
    message = {"role": "assistant", "content": _words(made), "refusal": None, "images": _images(made)}
    choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
    body: dict[str, Any] = {**head, "object": "chat.completion", "choices": [choice]}
    if made.result.usage_reported:
        body["usage"] = _usage(made)
    headers = {"x-request-id": caller.request_id, **await facts(request, made)}
    return PartsResponse([orjson.dumps(body)], headers, hold.release)


def _words(made: Made) -> str:
    return " ".join(made.notes)


def _images(made: Made) -> list[dict[str, Any]]:
    return [
        {
            "type": "image_url",
            "index": number,
            "image_url": {"url": f"data:{image.mime};base64,{base64_text(image)}"},
        }
        for number, image in enumerate(made.result.images)
    ]


def _usage(made: Made) -> dict[str, int]:
    tokens = usage_data(made.result.usage)
    return {
        "prompt_tokens": tokens["input_tokens"],
        "completion_tokens": tokens["output_tokens"],
        "total_tokens": tokens["total_tokens"],
    }


async def _make(here: Services, caller: Caller, asked: Asked, key: str | None) -> Made:
    return await here.copies.in_answers(await make(here.images, asked, key, payer=payer_of(here, caller)))


# -- streaming -------------------------------------------------------------------------------------------------------


async def _stream(
    request: Request, caller: Caller, asked: Asked, key: str | None, head: Mapping[str, Any], fields: Mapping[str, Any]
) -> Response:
    task = ongoing.begin(_make(services(request), caller, asked, key))
    await asyncio.wait({task}, timeout=PATIENCE)
    if task.done():
        task.result()
    headers = {"x-request-id": caller.request_id, "cache-control": "no-store", "x-accel-buffering": "no"}
    options = fields.get("stream_options")
    counted = isinstance(options, dict) and bool(options.get("include_usage"))
    return StreamingResponse(_events(head, task, counted=counted), headers=headers, media_type=SSE)


async def _events(head: Mapping[str, Any], task: asyncio.Task[Made], *, counted: bool) -> AsyncIterator[bytes]:
    """Role, images, end, usage when it is `counted`. Errors stand in a nested object: clients raise on nothing else."""

    def chunk(delta: dict[str, Any], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return b"data: " + orjson.dumps({**head, "object": "chat.completion.chunk", "choices": [choice]}) + b"\n\n"

    yield chunk({"role": "assistant", "content": ""})
    async for beat in beats(task):
        yield beat
    try:
        made = task.result()
    except Exception as error:  # noqa: BLE001 - whatever breaks, a client is told in the stream
        yield b"data: " + orjson.dumps({**head, **_error(head, error)}) + b"\n\ndata: [DONE]\n\n"
        return
    if words := _words(made):
        yield chunk({"content": words})
    for image in _images(made):
        yield chunk({"images": [image]})
    yield chunk({}, "stop")
    if counted and made.result.usage_reported:
        last = {**head, "object": "chat.completion.chunk", "choices": [], "usage": _usage(made)}
        yield b"data: " + orjson.dumps(last) + b"\n\n"
    yield b"data: [DONE]\n\n"


def _error(head: Mapping[str, Any], error: Exception) -> dict[str, Any]:
    if not isinstance(error, PochoirError):
        _LOG.error("chat failed", chat=head["id"], exc_info=error)
        error = PochoirError(f"Something broke on the server. Its log says more under {head['id']}.")
    choice = {"index": 0, "delta": {"content": ""}, "finish_reason": "stop"}
    return {"object": "chat.completion.chunk", "choices": [choice], **error_data(error)}


# -- other models ----------------------------------------------------------------------------------------------------


async def _forwarded(request: Request, caller: Caller, fields: Mapping[str, Any]) -> Response:
    """The language model's answer, streamed as it comes; the connection ends with the answer."""
    stack = AsyncExitStack()
    answer = await stack.enter_async_context(services(request).forwarder.chat(fields))

    async def pieces() -> AsyncIterator[bytes]:
        try:
            async with stack:
                async for piece in answer.pieces:
                    yield piece
        except PochoirError as error:
            if answer.kind != "text/event-stream":
                raise  # the broken connection is the only thing left to say it with
            yield b"\n\ndata: " + orjson.dumps(error_data(error)) + b"\n\n"

    headers = {"x-request-id": caller.request_id, "cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(pieces(), status_code=answer.status, headers=headers, media_type=answer.kind)
