"""Black Forest Labs' API: a task is handed in, asked after until it is done, and its picture fetched.

Source: https://docs.bfl.ai (the reference of each model, "Get result", and "Integration guidelines").
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from math import gcd
from typing import Any
from urllib.parse import urlsplit

import orjson
import pybase64

from pochoir.domain.errors import EngineError, EngineNotReady, EngineTimeout, PochoirError, Refused
from pochoir.domain.images import GeneratedImage, ImageRequest, ImageResult
from pochoir.domain.money import Usage
from pochoir.engines import openai_wire as wire
from pochoir.engines.base import CredentialField, Credentials, EngineInfo, PartialImage, pace_fields
from pochoir.engines.openai_errors import envelope, error_of
from pochoir.engines.openai_transport import Reply, Transport
from pochoir.engines.outcome import differences, format_of, gravest, partly

BASE_URL = "https://api.bfl.ai/v1"
WHERE_KEY = "on the settings page or in BFL_API_KEY"
OWN_HOSTS = ("bfl.ai", "bfl.ml")
"""Regional hosts of the same provider, which also get the key; nobody else does."""
FIRST_WAIT, LONGEST_WAIT = 0.4, 2.0
"""Seconds between two questions: a little more each time."""
MOST_QUESTIONS = 400
FETCHES = 3
"""Tries to fetch a finished picture: the link is good for ten minutes and fetching costs nothing."""
_SHAPED = ("flux-kontext", "flux-pro-1.1-ultra")
"""Models that take an aspect ratio in place of pixels."""
_WAITING = frozenset({"Pending", "Queued", "Processing", "Task not found"})
_MODERATED = frozenset({"Request Moderated", "Content Moderated"})

INFO = EngineInfo(
    id="bfl",
    title="Black Forest Labs",
    paid=True,
    needs=(
        CredentialField("key", "API key", env="BFL_API_KEY", secret=True, help="Made on dashboard.bfl.ai."),
        CredentialField(
            "base_url",
            "Address",
            env="BFL_BASE_URL",
            required=False,
            help=f"A region's address, or another server. Otherwise {BASE_URL} is used.",
        ),
        *pace_fields("BFL"),
    ),
    timeout=300.0,
)


class BflEngine:
    """One instance a process. Several images are several tasks, side by side."""

    info = INFO

    def __init__(self, timeout: float = INFO.timeout, first_wait: float = FIRST_WAIT) -> None:
        self._transport = Transport(INFO.title, timeout, ("x-key", ""))
        self._first_wait = first_wait
        self._timeout = timeout

    async def generate(self, request: ImageRequest, credentials: Credentials) -> ImageResult:
        """`request.n` tasks. When some fail, what came back is the result, with a note; when all, an error."""
        tasks = [self._one(request, credentials, number) for number in range(request.n)]
        made = await asyncio.gather(*tasks, return_exceptions=True)
        images = [item for item in made if isinstance(item, GeneratedImage)]
        errors = [item for item in made if isinstance(item, BaseException)]
        if not images or any(not isinstance(error, PochoirError) for error in errors):
            raise gravest(errors)
        return _result(request, images, errors)

    async def stream(
        self, request: ImageRequest, credentials: Credentials, partial_images: int
    ) -> AsyncIterator[PartialImage | ImageResult]:
        """No stages are shown: the result alone."""
        yield await self.generate(request, credentials)

    async def _one(self, request: ImageRequest, credentials: Credentials, number: int) -> GeneratedImage:
        base, key = _base(credentials), _key(credentials)
        call = wire.Call(request.snapshot or request.model, body_of(request, number))
        task = _object(await self._transport.post(base, key, call))
        address = str(task.get("polling_url") or "")
        if not _trusted(address, base):
            raise EngineError(
                f"{INFO.title} answered with an address that is not its own. It may have charged the request. Report it.",
                may_have_been_charged=True,
            )
        result = await self._finished(address, key)
        return await self._picture(result, base)

    async def _finished(self, address: str, key: str) -> Mapping[str, Any]:
        """Ask until the task is done. A question that fails is asked again: the task goes on by itself."""
        wait, deadline = self._first_wait, asyncio.get_running_loop().time() + self._timeout
        for _ in range(MOST_QUESTIONS):
            if asyncio.get_running_loop().time() > deadline:
                break
            await asyncio.sleep(wait)
            wait = min(wait * 1.3, LONGEST_WAIT)
            try:
                reply = await self._transport.get(address, key)
            except EngineError:
                continue
            if reply.status >= 500 or reply.status == 429:
                continue
            said = _standing(reply)
            state = str(said.get("status"))
            if state == "Ready":
                found = said.get("result")
                return found if isinstance(found, dict) else {}
            if state in _MODERATED:
                raise Refused(
                    f"{INFO.title}'s moderation blocked this ({state}{_reasons(said)}). Change the words or the images."
                )
            if state not in _WAITING:
                raise EngineError(
                    f"{INFO.title} could not make the image ({state}{_reasons(said)}). "
                    "It may have charged the request. Try again later.",
                    may_have_been_charged=True,
                )
        raise EngineTimeout(
            f"{INFO.title} did not finish within {self._timeout:.0f} seconds. Try again later.",
            may_have_been_charged=True,
        )

    async def _picture(self, result: Mapping[str, Any], base: str) -> GeneratedImage:
        """Fetch the finished picture, without the key: it lies at a signed address."""
        address = str(result.get("sample") or "")
        if urlsplit(address).scheme != "https" and urlsplit(address).netloc != urlsplit(base).netloc:
            raise wire.unreadable(INFO.title)
        reply: Reply | None = None
        for attempt in range(FETCHES):
            await asyncio.sleep(self._first_wait * attempt)
            try:
                reply = await self._transport.get(address)
            except EngineError:
                continue
            if reply.status == 200:
                break
        if reply is None or reply.status != 200:
            raise EngineError(
                f"{INFO.title} made the image, but it could not be fetched. It has charged the request. Try again.",
                may_have_been_charged=True,
            )
        words = result.get("prompt")
        item = {"seed": result.get("seed"), "revised_prompt": words if isinstance(words, str) else ""}
        return wire.image_of(reply.body, INFO.title, item, None)

    async def check(self, credentials: Credentials) -> str:
        """Asks for the credits that are left, which costs nothing."""
        reply = await self._transport.get(f"{_base(credentials)}/credits", _key(credentials))
        credits = _object(reply).get("credits")
        if not isinstance(credits, int | float):
            raise EngineError(f"{INFO.title} told no credits. Check the address, then try again.")
        return f"{INFO.title} takes the key. {credits:,.0f} credits are left."

    async def close(self) -> None:
        await self._transport.close()


def create() -> BflEngine:
    return BflEngine()


def body_of(request: ImageRequest, number: int = 0) -> dict[str, Any]:
    """The JSON of one task: pixels or an aspect ratio, images as base64. Pure."""
    body: dict[str, Any] = {"prompt": request.prompt}
    if request.size is not None:
        if request.model.startswith(_SHAPED):
            common = gcd(request.size.width, request.size.height)
            body["aspect_ratio"] = f"{request.size.width // common}:{request.size.height // common}"
        else:
            body |= {"width": request.size.width, "height": request.size.height}
    for place, image in enumerate(request.references, start=1):
        name = "input_image" if place == 1 else f"input_image_{place}"
        body[name] = pybase64.b64encode_as_string(image.data)
    if request.seed is not None:
        body["seed"] = (request.seed + number) & 0x7FFFFFFF
    if request.output_format is not None:
        body["output_format"] = request.output_format
    return body | {name: value for name, value in request.options.items() if value is not None}


def _object(reply: Reply) -> Mapping[str, Any]:
    """An answer's JSON. Raises the domain error for what is not 200; 402 is an account without credits."""
    if reply.status == 402:
        raise EngineError(
            f"The account at {INFO.title} has no credits left. Add some there, or choose another model.",
            code="provider_limit_reached",
        )
    if reply.status == 403:
        raise EngineNotReady(
            f"{INFO.title} refused the key. Enter the right one {WHERE_KEY}.", code="provider_key_refused"
        )
    if reply.status != 200:
        raise error_of(reply.status, reply.headers, reply.body, INFO.title, WHERE_KEY)
    try:
        data = orjson.loads(reply.body)
    except orjson.JSONDecodeError:
        data = None
    if not isinstance(data, dict):
        raise wire.unreadable(INFO.title)
    return data


def _standing(reply: Reply) -> Mapping[str, Any]:
    """How a task stands. It was taken, so what refuses the question says nothing of its price."""
    if reply.status == 200:
        return _object(reply)
    message = envelope(reply.body)["message"]
    quoted = f': "{message}"' if message else ""
    raise EngineError(
        f"{INFO.title} took the task and then did not tell how it stands (HTTP {reply.status}{quoted}). "
        "It may have charged the request. Look there before you ask again.",
        may_have_been_charged=True,
    )


def _reasons(said: Mapping[str, Any]) -> str:
    details = said.get("details")
    found = details.get("Moderation Reasons") if isinstance(details, dict) else None
    text = ", ".join(map(str, found)) if isinstance(found, list) else str(details or "")
    return f": {text[:200]}" if text else ""


def _trusted(address: str, base: str) -> bool:
    """Whether the key may be sent there: the same server, or another of the provider's own over TLS."""
    there, here = urlsplit(address), urlsplit(base)
    if (there.scheme, there.netloc) == (here.scheme, here.netloc):
        return True
    host = there.hostname or ""
    return there.scheme == "https" and any(host == own or host.endswith(f".{own}") for own in OWN_HOSTS)


def _result(request: ImageRequest, images: Sequence[GeneratedImage], errors: Sequence[BaseException]) -> ImageResult:
    told = differences(request, images, INFO.title, ("output_compression",))
    return ImageResult(
        images=tuple(images),
        usage=Usage(images=len(images), references=len(images) * len(request.references)),
        snapshot=request.snapshot or request.model,
        size=images[0].size,
        quality=request.quality,
        output_format=format_of(images[0].mime),
        notes=(*told, *partly(len(images), request.n, errors)),
    )


def _base(credentials: Credentials) -> str:
    return (credentials.base_url or BASE_URL).rstrip("/")


def _key(credentials: Credentials) -> str:
    if not credentials.key:
        raise EngineNotReady(f"{INFO.title} needs a key. Enter it {WHERE_KEY}.", code="needs_key")
    return credentials.key
