"""OpenAI's images API: `/images/generations` and `/images/edits`, streamed or whole."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import orjson

from pochoir.domain.errors import EngineError, EngineNotReady
from pochoir.domain.images import GeneratedImage, ImageRequest, ImageResult
from pochoir.engines import openai_wire as wire
from pochoir.engines.base import CredentialField, Credentials, EngineInfo, PartialImage, pace_fields
from pochoir.engines.openai_batches import OpenAIBatches
from pochoir.engines.openai_errors import error_of
from pochoir.engines.openai_transport import Transport
from pochoir.engines.outcome import partly

if TYPE_CHECKING:
    import aiohttp

BASE_URL = "https://api.openai.com/v1"
WHERE_KEY = "on the settings page or in OPENAI_API_KEY"

INFO = EngineInfo(
    id="openai",
    title="OpenAI",
    paid=True,
    needs=(
        CredentialField(
            "key", "API key", env="OPENAI_API_KEY", secret=True, help="Made on OpenAI's platform, starts with sk-."
        ),
        CredentialField(
            "base_url",
            "Address",
            env="OPENAI_BASE_URL",
            required=False,
            help=f"Only if you reach OpenAI through another server. Otherwise {BASE_URL} is used.",
        ),
        *pace_fields("OPENAI"),
    ),
    streams=True,
)


class OpenAIEngine:
    """One instance a process; the session is made in the running loop at the first call."""

    info = INFO

    def __init__(self, timeout: float = INFO.timeout) -> None:
        self._transport = Transport(INFO.title, timeout)
        self.batches = OpenAIBatches(self._transport, INFO.title, WHERE_KEY, BASE_URL)

    async def generate(self, request: ImageRequest, credentials: Credentials) -> ImageResult:
        reply = await self._transport.post(_base(credentials), _key(credentials), wire.call_of(request))
        if reply.status != 200:
            raise error_of(reply.status, reply.headers, reply.body, INFO.title, WHERE_KEY)
        return wire.whole_result(request, wire.take_apart(reply.body), INFO.title)

    async def stream(
        self, request: ImageRequest, credentials: Credentials, partial_images: int
    ) -> AsyncIterator[PartialImage | ImageResult]:
        call = wire.call_of(request, partial_images=partial_images)
        done: list[tuple[GeneratedImage, Mapping[str, Any]]] = []
        broken: list[EngineError] = []
        try:
            async with self._transport.open(_base(credentials), _key(credentials), call) as response:
                if response.status != 200 or response.content_type != "text/event-stream":
                    reply = await self._transport.reply(response)
                    if reply.status != 200:
                        raise error_of(reply.status, reply.headers, reply.body, INFO.title, WHERE_KEY)
                    yield wire.whole_result(request, wire.take_apart(reply.body), INFO.title)
                    return
                async for body in _events(response):
                    event = self._event(body)
                    if event is None:
                        continue
                    image, head = event
                    if str(head.get("type", "")).endswith(".partial_image"):
                        yield PartialImage(int(head.get("partial_image_index") or 0), image)
                    else:
                        done.append(event)
        except EngineError as error:
            if not done:
                raise  # else what came is kept, and how the stream ended is told of what did not
            broken.append(error)
        if not done:
            raise EngineError(
                "OpenAI ended its answer without an image. It may have charged the request. Try again.",
                may_have_been_charged=True,
            )
        yield _together(request, done, broken)

    def _event(self, body: bytes) -> tuple[GeneratedImage, Mapping[str, Any]] | None:
        """One event of a stream: an image and the rest of its JSON; None when it carries no image."""
        answer = wire.take_apart(body)
        if answer is None:
            return None
        if answer.head.get("error") or answer.head.get("type") == "error":
            said = {name: value for name, value in answer.head.items() if name != wire.B64}
            raise error_of(500, {}, orjson.dumps(said), INFO.title, WHERE_KEY)
        b64 = answer.base64_of(answer.head)
        if b64 is None:
            return None
        return wire.image_of(wire.decode(b64, INFO.title), INFO.title, answer.head, b64), answer.head

    async def check(self, credentials: Credentials) -> str:
        reply = await self._transport.get(f"{_base(credentials)}/models", _key(credentials))
        if reply.status != 200:
            raise error_of(reply.status, reply.headers, reply.body, INFO.title, WHERE_KEY)
        answer = wire.take_apart(reply.body)
        names = [str(item.get("id", "")) for item in answer.items] if answer else []
        images = [name for name in names if "image" in name]
        count = "one image model" if len(images) == 1 else f"{len(images)} image models"
        return f"OpenAI takes the key. It offers {count} to this account."

    async def close(self) -> None:
        await self._transport.close()


def create() -> OpenAIEngine:
    return OpenAIEngine()


def _base(credentials: Credentials) -> str:
    return (credentials.base_url or BASE_URL).rstrip("/")


def _key(credentials: Credentials) -> str:
    if not credentials.key:
        raise EngineNotReady(f"OpenAI needs a key. Enter it {WHERE_KEY}.", code="needs_key")
    return credentials.key


async def _events(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    """The JSON of each server-sent event. Events may be megabytes long, so lines are cut here, not by the reader."""
    buffer, seen = bytearray(), 0
    async for chunk in response.content.iter_any():
        buffer += chunk
        while (end := buffer.find(b"\n", seen)) >= 0:
            line = bytes(buffer[:end])
            del buffer[: end + 1]
            seen = 0
            if data := _data(line):
                yield data
        seen = len(buffer)
    if data := _data(bytes(buffer)):  # a last line that nothing ends
        yield data


def _data(line: bytes) -> bytes:
    """What an event's line carries; nothing for other lines and for the word that ends a stream."""
    data = line[5:].strip() if line.startswith(b"data:") else b""
    return b"" if data == b"[DONE]" else data


def _together(
    request: ImageRequest, done: list[tuple[GeneratedImage, Mapping[str, Any]]], broken: list[EngineError]
) -> ImageResult:
    """One result of the images that came one by one: the words of the last, the usage of all, why the others did not."""
    if broken and len(done) < request.n:
        told = partly(len(done), request.n, broken)
        whole = _together(replace(request, n=len(done)), done, [])
        return replace(whole, notes=(*whole.notes, *told))
    result = wire.result_of(request, done[-1][1], tuple(image for image, _ in done))
    usages = [wire.usage_of(head.get("usage"), 1, len(request.references)) for _, head in done]
    known = [usage for usage in usages if usage is not None]
    if len(done) < 2 or len(known) < len(done):
        return result
    total = known[0]
    for usage in known[1:]:
        total = total + usage
    return replace(result, usage=replace(total, references=len(request.references)))
