"""The connected language model as the author of prompts: reads the talk, decides whether to draw, and says what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, cast

import orjson

from pochoir.domain.errors import EngineError, EngineNotReady, EngineRateLimited, EngineTimeout
from pochoir.engines.base import Credentials
from pochoir.features.conversations.service import Line

if TYPE_CHECKING:
    from openai import AsyncOpenAI
    from openai.types.chat import ChatCompletionMessage

KIND = "language_model"
SECONDS = 120.0
TOOL: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "image_generation",
        "description": "Draw an image, or change the images of this conversation, and show it to the user.",
        "parameters": {
            "type": "object",
            "properties": {
                "prompt": {"type": "string", "description": "What the image shows, complete and in detail."}
            },
            "required": ["prompt"],
            "additionalProperties": False,
        },
    },
}


@dataclass(frozen=True, slots=True)
class Decision:
    """What the author wants: a prompt to draw (None: nothing is drawn) and words of its own."""

    prompt: str | None
    text: str = ""


class Keys(Protocol):
    """What is needed of the connections service."""

    async def credentials(self, kind_id: str, name: str | None = None) -> Credentials | None: ...


class Author:
    def __init__(self, keys: Keys, seconds: float = SECONDS) -> None:
        self._keys = keys
        self._seconds = seconds

    async def ready(self) -> bool:
        """Whether a language model is connected."""
        return await self._found() is not None

    async def _found(self) -> Credentials | None:
        found = await self._keys.credentials(KIND)
        return found if found and found.base_url and found.settings.get("model") else None

    async def decide(self, talk: Sequence[Line], *, tool: bool, forced: bool) -> Decision:
        """Ask for the next turn. `tool`: an image may be drawn; `forced`: one must be.

        Raises EngineNotReady (none is connected, or it refuses the key), EngineRateLimited, EngineTimeout, EngineError.
        """
        found = await self._found()
        if found is None:
            raise EngineNotReady("No language model is connected. Connect one on the settings page, then ask again.")
        asked: dict[str, Any] = {
            "model": found.settings["model"],
            "messages": [{"role": line.role, "content": line.text} for line in talk],
        }
        if tool:
            asked["tools"] = [TOOL]
            asked["tool_choice"] = {"type": "function", "function": {"name": "image_generation"}} if forced else "auto"
        message = await self._ask(found, asked)
        prompt = _prompt(message)
        text = (message.content or "").strip()
        if forced and prompt is None:
            prompt = text or talk[-1].text
            text = ""
        return Decision(prompt, text)

    async def _ask(self, found: Credentials, asked: dict[str, Any]) -> ChatCompletionMessage:
        import openai

        client: AsyncOpenAI
        try:
            async with openai.AsyncOpenAI(
                base_url=found.base_url, api_key=found.key or "none", max_retries=1, timeout=self._seconds
            ) as client:
                answer = await client.chat.completions.create(**asked)
        except openai.APITimeoutError as error:
            raise EngineTimeout(
                f"The language model did not answer within {self._seconds:.0f} seconds. Try again."
            ) from error
        except openai.APIConnectionError as error:
            raise EngineError(
                "The language model cannot be reached. Check its address on the settings page."
            ) from error
        except openai.APIStatusError as error:
            raise _refusal(error.status_code) from error
        except openai.OpenAIError as error:
            raise EngineError("The language model answered with something unreadable. Try again.") from error
        if not answer.choices:
            raise EngineError("The language model gave no answer. Try again, or ask in other words.")
        return cast("ChatCompletionMessage", answer.choices[0].message)


def _refusal(status: int) -> EngineError:
    if status in {401, 403}:
        return EngineNotReady("The language model refused the key. Enter a valid one on the settings page.")
    if status == 429:
        return EngineRateLimited("The language model asks to slow down. Try again in a minute.", retry_after=60.0)
    return EngineError(f"The language model failed (status {status}). Try again; if it stays so, look at its server.")


def _prompt(message: ChatCompletionMessage) -> str | None:
    """The prompt of the first call of the tool; None when the model only spoke."""
    for call in message.tool_calls or ():
        function = getattr(call, "function", None)
        if function is None or function.name != "image_generation":
            continue
        try:
            prompt = orjson.loads(function.arguments)["prompt"]
        except (orjson.JSONDecodeError, KeyError, TypeError):
            continue
        if isinstance(prompt, str) and prompt.strip():
            return prompt.strip()
    return None
