"""Chat requests handed on to the connected language model as they are, but for the model's name. Nothing is kept."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import orjson

from pochoir.domain.errors import EngineError, EngineTimeout, ModelNotFound
from pochoir.features.conversations.author import KIND, Keys
from pochoir.infra.addresses import check_address

SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server answers: status, media type, and its bytes as they come."""

    status: int
    kind: str
    pieces: AsyncIterator[bytes]


class Forwarder:
    def __init__(self, keys: Keys, seconds: float = SECONDS) -> None:
        self._keys = keys
        self._seconds = seconds

    @asynccontextmanager
    async def chat(self, body: Mapping[str, Any]) -> AsyncIterator[Answer]:
        """Raises ModelNotFound when none is connected, EngineNotReady, EngineError and EngineTimeout when it cannot be
        reached."""
        import aiohttp

        found = await self._keys.credentials(KIND)
        if found is None or not found.base_url or not found.settings.get("model"):
            raise ModelNotFound(
                "This is no image model, and no language model is connected. Name an image model of /v1/models, or connect "
                "a language model on the settings page.",
                param="model",
            )
        check_address(found.base_url, "The language model")
        headers = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
        if found.key:
            headers["Authorization"] = f"Bearer {found.key}"
        data = orjson.dumps({**body, "model": found.settings["model"]})
        url = f"{found.base_url.rstrip('/')}/chat/completions"
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=self._seconds)) as session,
                session.post(url, data=data, headers=headers, allow_redirects=False) as response,
            ):
                yield Answer(response.status, response.content_type, response.content.iter_any())
        except TimeoutError as error:
            raise EngineTimeout(
                f"The language model did not answer within {self._seconds:.0f} seconds. Try again."
            ) from error
        except aiohttp.ClientError as error:
            raise EngineError(
                "The language model cannot be reached, or broke off. Check its address on the settings page."
            ) from error
