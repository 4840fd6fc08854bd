"""The workspace's language model for the step that writes a text: one OpenAI-compatible chat call, nothing more."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

import orjson

from pochoir.domain.errors import EngineError, EngineNotReady, EngineRateLimited, EngineTimeout
from pochoir.engines.base import Credentials
from pochoir.infra.addresses import check_address

if TYPE_CHECKING:
    import aiohttp

KIND = "language_model"
SECONDS = 180.0
MAX_ANSWER = 2 * 1024 * 1024
"""Bytes of an answer; a text of 4,000 words is a hundredth of it."""

MAX_CHARACTERS = 32_000
_THOUGHTS = re.compile(r"<think>.*?</think>", re.DOTALL)


class Keys(Protocol):
    """What is needed of the connections service."""

    async def credentials(self, kind_id: str, name: str | None = None) -> Credentials | None: ...


class LanguageModel:
    """Called with a task, a manner and the most words; gives the text. `seconds` bound one call."""

    def __init__(self, keys: Keys, seconds: float = SECONDS) -> None:
        self._keys = keys
        self._seconds = seconds

    async def __call__(self, prompt: str, system: str, max_words: int) -> str:
        """Raises EngineNotReady (none is connected, the key is refused), EngineRateLimited, EngineTimeout, EngineError."""
        found = await self._keys.credentials(KIND)
        if found is None or not found.base_url or not found.settings.get("model"):
            raise EngineNotReady("No language model is connected. Connect one on the settings page, then run again.")
        manner = f"{system.strip()}\n" if system.strip() else ""
        body = {
            "model": found.settings["model"],
            "messages": [
                {"role": "system", "content": f"{manner}Write at most {max_words} words. Answer with the text alone."},
                {"role": "user", "content": prompt},
            ],
        }
        return _text(await self._post(found, body))

    async def _post(self, found: Credentials, body: Mapping[str, Any]) -> bytes:
        import aiohttp

        check_address(str(found.base_url), "The language model")
        headers = {"Content-Type": "application/json"}
        if found.key:
            headers["Authorization"] = f"Bearer {found.key}"
        url = f"{str(found.base_url).rstrip('/')}/chat/completions"
        try:
            async with (
                asyncio.timeout(self._seconds),
                aiohttp.ClientSession() as session,
                session.post(url, data=orjson.dumps(body), headers=headers, allow_redirects=False) as response,
            ):
                answer = await _read(response)
        except TimeoutError as error:
            raise EngineTimeout(
                f"The language model did not answer within {self._seconds:.0f} seconds. Try again later."
            ) from error
        except aiohttp.ClientError as error:
            raise EngineError(
                f"The language model cannot be reached ({type(error).__name__}). Check its address on the settings page."
            ) from error
        if response.status != 200:
            raise _refusal(response.status, response.headers.get("Retry-After", ""))
        return answer


async def _read(response: aiohttp.ClientResponse) -> bytes:
    parts, size = [], 0
    async for part in response.content.iter_chunked(65_536):
        size += len(part)
        if size > MAX_ANSWER:
            raise EngineError("The language model's answer is far too long. Ask for fewer words.")
        parts.append(part)
    return b"".join(parts)


def _refusal(status: int, retry_after: str) -> EngineError:
    if status in {401, 403}:
        return EngineNotReady("The language model refused the key. Enter a valid one on the settings page.")
    if status == 404:
        return EngineNotReady("The language model's address or model name is wrong. Correct it on the settings page.")
    if status == 429:
        seconds = float(retry_after) if retry_after.isdecimal() else None
        return EngineRateLimited("The language model asks to slow down. Try again in a minute.", retry_after=seconds)
    return EngineError(f"The language model failed (status {status}). Try again; if it stays so, look at its server.")


def _text(answer: bytes) -> str:
    """The text of a chat completion, without the thoughts that some models print before it."""
    try:
        content = orjson.loads(answer)["choices"][0]["message"]["content"]
    except (orjson.JSONDecodeError, KeyError, IndexError, TypeError):
        content = None
    text = _THOUGHTS.sub("", content).strip() if isinstance(content, str) else ""
    if not text:
        raise EngineError("The language model gave no text. Try again, or ask in other words.")
    return text[:MAX_CHARACTERS]
