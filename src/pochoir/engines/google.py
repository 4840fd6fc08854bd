"""Google's Gemini API: images by `generateContent`, one a call; several are asked for side by side.

Source: Google's API reference, https://ai.google.dev/api/generate-content and https://ai.google.dev/gemini-api/docs.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import orjson

from pochoir.domain.errors import EngineError, EngineNotReady
from pochoir.domain.images import ImageRequest, ImageResult
from pochoir.engines import google_wire
from pochoir.engines import openai_wire as wire
from pochoir.engines.base import CredentialField, Credentials, EngineInfo, PartialImage, pace_fields
from pochoir.engines.google_batches import GoogleBatches
from pochoir.engines.google_errors import error_of
from pochoir.engines.openai_transport import Transport
from pochoir.engines.outcome import gravest, together

BASE_URL = "https://generativelanguage.googleapis.com/v1beta"
WHERE_KEY = "on the settings page or in GEMINI_API_KEY"
INFO = EngineInfo(
    id="google",
    title=google_wire.TITLE,
    paid=True,
    needs=(
        CredentialField("key", "API key", env="GEMINI_API_KEY", secret=True, help="Made in Google AI Studio."),
        CredentialField(
            "base_url",
            "Address",
            env="GEMINI_BASE_URL",
            required=False,
            help=f"Only if you reach Google through another server. Otherwise {BASE_URL} is used.",
        ),
        *pace_fields("GEMINI"),
    ),
    timeout=300.0,
)


class GoogleEngine:
    """One instance a process. An answer's interim pictures (`thought`) are not results and are left out."""

    info = INFO

    def __init__(self, timeout: float = INFO.timeout) -> None:
        self._transport = Transport(INFO.title, timeout, ("x-goog-api-key", ""))
        self.batches = GoogleBatches(self._transport, WHERE_KEY, BASE_URL)

    async def generate(self, request: ImageRequest, credentials: Credentials) -> ImageResult:
        """`request.n` calls side by side. When some fail, what came back is the result, with a note; when all, an error."""
        calls = [self._one(request, credentials, number) for number in range(request.n)]
        made = await asyncio.gather(*calls, return_exceptions=True)
        results = [item for item in made if isinstance(item, ImageResult)]
        errors = [item for item in made if isinstance(item, BaseException)]
        if not results or any(not isinstance(error, Exception) for error in errors):
            raise gravest(errors)
        return together(request.n, results, errors)

    async def stream(
        self, request: ImageRequest, credentials: Credentials, partial_images: int
    ) -> AsyncIterator[PartialImage | ImageResult]:
        """Google shows no stages of the picture: the result alone."""
        yield await self.generate(request, credentials)

    async def _one(self, request: ImageRequest, credentials: Credentials, number: int) -> ImageResult:
        call = wire.Call(f"{google_wire.model_of(request)}:generateContent", google_wire.body_of(request, number))
        reply = await self._transport.post(_base(credentials), _key(credentials), call)
        if reply.status != 200:
            raise error_of(reply.status, reply.body, INFO.title, WHERE_KEY)
        answer = wire.take_apart(reply.body, google_wire.PICTURE)
        return google_wire.result_of(request, answer, len(request.references))

    async def check(self, credentials: Credentials) -> str:
        reply = await self._transport.get(f"{_base(credentials)}/models?pageSize=1000", _key(credentials))
        if reply.status != 200:
            raise error_of(reply.status, reply.body, INFO.title, WHERE_KEY)
        try:
            models = orjson.loads(reply.body)["models"]
            names = [str(item["name"]) for item in models if "image" in str(item["name"])]
        except (orjson.JSONDecodeError, KeyError, TypeError) as error:
            raise EngineError("Google's list of models cannot be read. Check the address, then try again.") from error
        return (
            f"Google takes the key. It offers {len(names)} image model{'' if len(names) == 1 else 's'} to this account."
        )

    async def close(self) -> None:
        await self._transport.close()


def create() -> GoogleEngine:
    return GoogleEngine()


def _base(credentials: Credentials) -> str:
    return (credentials.base_url or BASE_URL).rstrip("/")


def _key(credentials: Credentials) -> str:
    if not credentials.key:
        raise EngineNotReady(f"Google needs a key. Enter it {WHERE_KEY}.", code="needs_key")
    return credentials.key
