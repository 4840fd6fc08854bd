"""Answers as OpenAI writes them. A picture's base64 is put between bytes, never through a JSON encoder."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any

import orjson
import pybase64
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from pochoir.domain.images import GeneratedImage, ImageResult
from pochoir.domain.money import Usage
from pochoir.engines.base import PartialImage
from pochoir.features.images.artifact import Made

Bytes = bytes | memoryview
JSON = "application/json"


PIECE = 1024 * 1024
"""Bytes that are handed over at once; the next piece waits until a slow client has taken most of the last one."""
SMALL = 16 * 1024
"""Bytes up to which parts are joined before they are handed over."""
SLACK = 240
"""Bytes by which the end of an answer that began early may grow, should there be something to say."""


class PartsResponse(Response):
    """A JSON answer in several parts, sent without joining them. `done` is called when the last of it is on its way.

    With `end` the last part waits: it is what `end` gives, filled up with spaces to the length that was told.
    """

    def __init__(
        self,
        parts: Sequence[Bytes],
        headers: dict[str, str],
        done: Callable[[], None],
        media_type: str = JSON,
        end: Awaitable[Bytes] | None = None,
    ) -> None:
        self._parts = parts
        self._done = done
        self._end = end
        length = sum(len(part) for part in parts) + (SLACK if end is not None else 0)
        super().__init__(None, headers={**headers, "content-length": str(length)}, media_type=media_type)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        *first, last = self._parts
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            for piece in _pieces(first):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            if self._end is not None:
                last = bytes(await self._end).ljust(len(last) + SLACK)
            await send({"type": "http.response.body", "body": last, "more_body": False})
        finally:
            self._done()


def whole(made: Made, created: int, urls: Sequence[str] = ()) -> list[Bytes]:
    """The body of a plain answer; with `urls`, one for each image, those stand in the place of base64."""
    images = made.result.images
    data: list[tuple[str, Bytes]] = [("url", url.encode()) for url in urls]
    data = data or [("b64_json", base64_of(image)) for image in images]
    words = [image.revised_prompt for image in images]
    return assembled(created, data, words, facts(made))


def facts(made: Made) -> dict[str, Any]:
    """What a plain answer says besides its images."""
    result = made.result
    rest: dict[str, Any] = {**_resolved(result), "output_format": result.output_format}
    if result.usage_reported:
        rest["usage"] = usage_data(result.usage)
    rest["pochoir"] = {
        "model": made.model,
        "snapshot": result.snapshot,
        "images": [artifact.id for artifact in made.artifacts],
        "charge_microusd": made.charge.total,
        "replayed": made.replayed,
        "notes": list(made.notes),
        **({"instead_of": made.instead_of} if made.instead_of else {}),
    }
    return rest


def assembled(
    created: int, data: Sequence[tuple[str, Bytes]], words: Sequence[str], rest: dict[str, Any]
) -> list[Bytes]:
    """A plain answer's body: for each image its field and text, and the words that were drawn where they are known."""
    parts: list[Bytes] = []
    before = b'{"created":%d,"data":[' % created
    for (name, text), revised in zip(data, words, strict=True):
        parts += [before + b'{"%b":"' % name.encode(), text]
        before = _item_end(revised) + b","
    return [*parts, _end(words, rest)]


def end_of(made: Made) -> bytes:
    """The last part of a plain answer: what it says besides its images."""
    return _end([image.revised_prompt for image in made.result.images], facts(made))


def _item_end(revised: str) -> bytes:
    return b'","revised_prompt":' + orjson.dumps(revised) + b"}" if revised else b'"}'


def _end(words: Sequence[str], rest: dict[str, Any]) -> bytes:
    return _item_end(words[-1]) + b"]," + orjson.dumps(rest)[1:]


def _pieces(parts: Sequence[Bytes]) -> Iterator[Bytes]:
    """What is handed over at once: a small part goes with the beginning of the big one behind it."""
    small = b""
    for part in parts:
        if len(part) <= SMALL:
            small += part
            continue
        view = memoryview(part)
        yield small + view[:SMALL]
        yield from (view[start : start + PIECE] for start in range(SMALL, len(part), PIECE))
        small = b""
    if small:
        yield small


def base64_of(image: GeneratedImage) -> Bytes:
    """The base64 as it came over the wire, else made now."""
    return image.b64 if image.b64 is not None else pybase64.b64encode(image.data)


def base64_text(image: GeneratedImage) -> str:
    """The same as text, for the answers that are encoded as a whole."""
    return str(base64_of(image), "ascii")


def usage_data(usage: Usage) -> dict[str, Any]:
    given = usage.text_in + usage.cached_text_in + usage.image_in + usage.cached_image_in
    made = usage.text_out + usage.image_out
    return {
        "input_tokens": given,
        "input_tokens_details": {
            "text_tokens": usage.text_in + usage.cached_text_in,
            "image_tokens": usage.image_in + usage.cached_image_in,
        },
        "output_tokens": made,
        "output_tokens_details": {"text_tokens": usage.text_out, "image_tokens": usage.image_out},
        "total_tokens": given + made,
    }


def _resolved(result: ImageResult) -> dict[str, Any]:
    found = {"background": result.background, "quality": result.quality, "size": str(result.size)}
    return {name: value for name, value in found.items() if value is not None}


# -- server-sent events ----------------------------------------------------------------------------------------------


def partial_event(kind: str, partial: PartialImage, created: int) -> bytes:
    """`kind` is image_generation or image_edit."""
    image = partial.image
    rest = {
        "created_at": created,
        "size": str(image.size),
        "quality": "auto",
        "background": "auto",
        "output_format": image.mime.removeprefix("image/").removesuffix("+xml"),
        "partial_image_index": partial.index,
    }
    return _event(f"{kind}.partial_image", image, rest)


def completed_event(kind: str, made: Made, number: int, created: int) -> bytes:
    """The event of one finished image; the usage and notes of all stand in the last one, zeros in those before."""
    result = made.result
    last = number == len(result.images) - 1
    rest = {
        "created_at": created,
        "size": str(result.images[number].size),
        "quality": result.quality or "auto",
        "background": result.background or "auto",
        "output_format": result.output_format,
        "usage": usage_data(result.usage if last else Usage()),
        **({"pochoir": facts(made)["pochoir"]} if last else {}),
    }
    return _event(f"{kind}.completed", result.images[number], rest)


def error_event(data: dict[str, Any]) -> bytes:
    """Clients raise only on a nested `error` object."""
    return b"event: error\ndata: " + orjson.dumps({"type": "error", **data}) + b"\n\n"


def _event(name: str, image: GeneratedImage, rest: dict[str, Any]) -> bytes:
    head = b'event: %b\ndata: {"type":"%b","b64_json":"' % (name.encode(), name.encode())
    return b"".join((head, base64_of(image), b'",', orjson.dumps(rest)[1:], b"\n\n"))
