"""`/v1/chat/completions`: an image model answers with images, in the form that gateways to many models use.

OpenAI's own chat has no images in its answers. OpenRouter's documentation of image generation is followed: the answer's
message has `images`, each an `image_url` with a data URL; streamed, they stand in a delta. Other models' names go to the
connected language model, untouched.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from typing import Any

import orjson
import pybase64
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from pochoir.domain.errors import InvalidValue, ModelNotFound
from pochoir.domain.images import ImageInput
from pochoir.features.images.artifact import Made
from pochoir.openai_api.answers import usage_data
from pochoir.openai_api.bodies import MAX_JSON_WITH_IMAGES, read_json
from pochoir.openai_api.fields import Asked, read_fields
from pochoir.openai_api.images import idempotency_key
from pochoir.openai_api.keys import Caller
from pochoir.openai_api.making import make
from pochoir.openai_api.references import MAX_IMAGES, Stored, read_reference
from pochoir.web.deps import services

IMAGE_FIELDS = frozenset({"size", "quality", "background", "output_format", "output_compression", "n", "seed"})
"""Fields of an images request that may stand in `image_config`, or beside the messages."""
SSE = "text/event-stream; charset=utf-8"


async def create(request: Request, caller: Caller) -> Response:
    fields = await read_json(request, MAX_JSON_WITH_IMAGES)
    here = services(request)
    model = fields.get("model")
    if not isinstance(model, str) or not model:
        raise InvalidValue("The field 'model' is missing. Name an image model.", param="model")
    try:
        await here.catalog.resolve(model, here.clock.today())
    except ModelNotFound as error:
        if "was shut down" in error.message:
            raise
        return await _forwarded(request, caller, fields)
    asked = await _asked(fields, Stored(here.images.library, here.files))
    made = await make(here.images, asked, idempotency_key(request, caller))
    headers = {"x-request-id": caller.request_id, "x-pochoir-cost-microusd": str(made.charge.total)}
    head = {"id": here.clock.new_id("chatcmpl"), "created": int(here.clock.now().timestamp()), "model": model}
    if fields.get("stream"):
        return StreamingResponse(_events(head, made, fields), headers=headers, media_type=SSE)
    message = {"role": "assistant", "content": _words(made), "refusal": None, "images": _images(made)}
    choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
    body = {**head, "object": "chat.completion", "choices": [choice], "usage": _usage(made)}
    return Response(orjson.dumps(body), headers=headers, media_type="application/json")


async def _asked(fields: Mapping[str, Any], stored: Stored) -> Asked:
    messages = fields.get("messages")
    if not isinstance(messages, list) or not all(isinstance(message, dict) for message in messages) or not messages:
        raise InvalidValue("'messages' must be a list of messages. Send at least one.", param="messages")
    users = [message for message in messages if message.get("role") == "user"]
    texts, images = await _content(users[-1].get("content") if users else None, stored)
    if not images:
        images = await _earlier(messages, stored)
    if not any(text.strip() for text in texts):
        raise InvalidValue("The last message has no text. Say what the image should show.", param="messages")
    config = fields.get("image_config", {})
    if not isinstance(config, dict):
        raise InvalidValue("'image_config' must be an object. Change it.", param="image_config", code="invalid_type")
    given = {name: value for name, value in {**fields, **config}.items() if name in IMAGE_FIELDS}
    return read_fields(
        {**given, "model": fields["model"], "prompt": "\n".join(texts)}, references=tuple(images[:MAX_IMAGES])
    )


async def _content(content: Any, stored: Stored) -> tuple[list[str], list[ImageInput]]:
    """The texts and the images of one message."""
    if isinstance(content, str):
        return [content], []
    texts: list[str] = []
    images: list[ImageInput] = []
    for place, part in enumerate(content if isinstance(content, list) else []):
        kind = part.get("type") if isinstance(part, dict) else None
        if kind == "text" and isinstance(part.get("text"), str):
            texts.append(part["text"])
        elif kind == "image_url":
            images.append(await _image(part, f"messages.content[{place}]", stored))
        else:
            raise InvalidValue("A message is made of 'text' and 'image_url' here. Change it.", param="messages")
    return texts, images


async def _image(part: Mapping[str, Any], where: str, stored: Stored) -> ImageInput:
    given = part.get("image_url")
    return await read_reference(stored, {"image_url": given.get("url") if isinstance(given, dict) else given}, where)


async def _earlier(messages: list[Any], stored: Stored) -> list[ImageInput]:
    """The images of the last answer, when the client sent them back: what is asked now is a change of them."""
    for message in reversed(messages):
        if message.get("role") == "assistant" and message.get("images"):
            return [
                await _image(part, "messages.images", stored) for part in message["images"] if isinstance(part, dict)
            ]
    return []


def _words(made: Made) -> str:
    return " ".join(made.notes)


def _images(made: Made) -> list[dict[str, Any]]:
    return [
        {
            "type": "image_url",
            "index": number,
            "image_url": {"url": f"data:{image.mime};base64,{pybase64.b64encode_as_string(image.data)}"},
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


async def _events(head: Mapping[str, Any], made: Made, fields: Mapping[str, Any]) -> AsyncIterator[bytes]:
    def chunk(delta: dict[str, Any], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return b"data: " + orjson.dumps({**head, "object": "chat.completion.chunk", "choices": [choice]}) + b"\n\n"

    yield chunk({"role": "assistant", "content": _words(made)})
    for image in _images(made):
        yield chunk({"images": [image]})
    yield chunk({}, "stop")
    options = fields.get("stream_options")
    if isinstance(options, dict) and options.get("include_usage"):
        last = {**head, "object": "chat.completion.chunk", "choices": [], "usage": _usage(made)}
        yield b"data: " + orjson.dumps(last) + b"\n\n"
    yield b"data: [DONE]\n\n"


async def _forwarded(request: Request, caller: Caller, fields: Mapping[str, Any]) -> Response:
    """The language model's answer, streamed as it comes; the connection ends with the answer."""
    stack = AsyncExitStack()
    answer = await stack.enter_async_context(services(request).forwarder.chat(fields))

    async def pieces() -> AsyncIterator[bytes]:
        async with stack:
            async for piece in answer.pieces:
                yield piece

    headers = {"x-request-id": caller.request_id}
    return StreamingResponse(pieces(), status_code=answer.status, headers=headers, media_type=answer.kind)
