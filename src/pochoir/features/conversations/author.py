"""The connected language model as the author of prompts: reads the talk, decides whether to draw, and says what."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

import orjson

from pochoir.domain.errors import EngineError, EngineNotReady, EngineRateLimited, EngineTimeout, InvalidValue
from pochoir.engines.base import Credentials
from pochoir.features.conversations.service import Line
from pochoir.infra.addresses import check_address

if TYPE_CHECKING:
    from openai import AsyncOpenAI
    from openai.types.chat import ChatCompletion, ChatCompletionMessage

KIND = "language_model"
SECONDS = 120.0
CLOSING_SECONDS = 30.0
"""How long the words after an image are waited for; the image is there already."""
NAME = "image_generation"
TOOL: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": NAME,
        "description": "Draw an image, or change the images of this conversation, and show it to the user.",
        "parameters": {
            "type": "object",
            "properties": {
                "prompt": {"type": "string", "description": "What the image shows, complete and in detail."},
                "action": {
                    "type": "string",
                    "enum": ["generate", "edit"],
                    "description": "edit: start from the latest images of this conversation, drawn or sent by the user. "
                    "generate: draw something new without them.",
                },
            },
            "required": ["prompt", "action"],
            "additionalProperties": False,
        },
    },
}
_DONE = "The image was drawn and is shown to the user."
_THOUGHTS = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL)
OWN_WORDS = "The language model wrote no prompt, so the last words of the user were drawn as they are."


@dataclass(frozen=True, slots=True)
class Decision:
    """What the author wants: a prompt to draw (None: nothing is drawn) and words of its own.

    `action` is auto, generate or edit. `given` and `made` are the language model's tokens, where it was asked and says so.
    `refused`: the words say that it will not. `cut`: its tokens ran out before it was through. `note`: what the client
    should know of the prompt.
    """

    prompt: str | None
    text: str = ""
    action: str = "auto"
    asked: bool = False
    given: int = 0
    made: int = 0
    refused: bool = False
    cut: bool = False
    note: str = ""


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

    async def decide(
        self, talk: Sequence[Line], *, tool: bool, forced: bool = False, options: Mapping[str, Any] | None = None
    ) -> Decision:
        """Ask for the next turn. `tool`: an image may be drawn; `forced`: one must be, unless the language model refuses
        or its tokens run out. `options` go along as they are.

        Raises EngineNotReady (none is connected, or it refuses the key), EngineRateLimited, EngineTimeout, EngineError;
        InvalidValue when there are no words to draw.
        """
        asked: dict[str, Any] = {**(options or {}), "messages": messages(talk, tool=tool)}
        if tool:
            asked["tools"] = [TOOL]
            asked["tool_choice"] = {"type": "function", "function": {"name": NAME}} if forced else "auto"
        heard = await self._ask(asked, self._seconds)
        if not tool:
            heard = replace(heard, prompt=None)  # some call what was never offered
        if heard.prompt is not None or heard.refused or heard.cut:
            return heard
        if forced:
            # Its words are for the user: "I'm sorry" is no prompt.
            return replace(heard, prompt=_last_words(talk), text="", note=OWN_WORDS)
        if not heard.text:
            raise EngineError("The language model gave no answer. Try again, or ask in other words.")
        return heard

    async def close(self, talk: Sequence[Line], decision: Decision) -> Decision:
        """The same decision with words to go with the image that was drawn. Raises as `decide` does."""
        done = [*talk, Line("assistant", "", drawn=decision.prompt or "")]
        asked = {"messages": messages(done, tool=True), "tools": [TOOL], "tool_choice": "none"}
        heard = await self._ask(asked, min(self._seconds, CLOSING_SECONDS))
        given, made = decision.given + heard.given, decision.made + heard.made
        return replace(decision, text=heard.text, given=given, made=made)

    async def _ask(self, asked: Mapping[str, Any], seconds: float) -> Decision:
        """What it answers: words, a call of the tool, or neither."""
        import openai

        found = await self._found()
        if found is None:
            raise EngineNotReady("No language model is connected. Connect one on the settings page, then ask again.")
        check_address(str(found.base_url), "The language model")
        client: AsyncOpenAI
        try:
            async with openai.AsyncOpenAI(
                base_url=found.base_url, api_key=found.key or "none", max_retries=1, timeout=seconds
            ) as client:
                answer = await client.chat.completions.create(**{**asked, "model": found.settings["model"]})
        except openai.APITimeoutError as error:
            raise EngineTimeout(
                f"The language model did not answer within {seconds:.0f} seconds. Try again."
            ) from error
        except openai.APIConnectionError as error:
            raise EngineError(
                "The language model cannot be reached. Check its address on the settings page."
            ) from error
        except openai.APIStatusError as error:
            raise _refusal(error.status_code) from error
        except (openai.OpenAIError, ValueError) as error:
            raise _unreadable() from error
        return _heard(answer)


def _last_words(talk: Sequence[Line]) -> str:
    for line in reversed(talk):
        if line.role == "user" and line.text.strip():
            return line.text
    raise InvalidValue(
        "The language model wrote no prompt, and the input has no text to draw. Say what the image should show.",
        param="input",
    )


def messages(talk: Sequence[Line], *, tool: bool) -> list[dict[str, Any]]:
    """The talk as strict servers take it: one system message first, then the sides in turn.

    Drawings are calls of the tool where it is offered, else words: models repeat in words what they read in words.
    """
    system = "\n\n".join(line.text for line in talk if line.role == "system" and line.text)
    found: list[dict[str, Any]] = [{"role": "system", "content": system}] if system else []
    for number, line in enumerate(talk):
        if line.role == "system":
            continue
        if line.drawn and tool:
            found += _drawing(line, f"draw{number:05}")
            continue
        text = _told(line)
        if not text:
            continue
        if found and found[-1]["role"] == line.role and "tool_calls" not in found[-1]:
            found[-1]["content"] += f"\n\n{text}"
        else:
            found.append({"role": line.role, "content": text})
    return found


def _drawing(line: Line, call: str) -> list[dict[str, Any]]:
    """`call` has nine letters and digits: some servers take no other ids."""
    function = {"name": NAME, "arguments": orjson.dumps({"prompt": line.drawn, "action": "generate"}).decode()}
    calls = [{"id": call, "type": "function", "function": function}]
    found: list[dict[str, Any]] = [
        {"role": "assistant", "content": None, "tool_calls": calls},
        {"role": "tool", "tool_call_id": call, "content": _DONE},
    ]
    return [*found, {"role": "assistant", "content": line.text}] if line.text else found


def _told(line: Line) -> str:
    """A line in words alone."""
    parts = [line.text]
    if line.images:
        parts.append(
            "[An image is attached.]" if len(line.images) == 1 else f"[{len(line.images)} images are attached.]"
        )
    if line.drawn:
        parts.append(f"(An image was drawn: {line.drawn})")
    return "\n".join(part for part in parts if part)


def _refusal(status: int) -> EngineError:
    if status in {401, 403}:
        return EngineNotReady("The language model refused the key. Enter a valid one on the settings page.")
    if status == 404:
        return EngineNotReady("The language model's address or model name is wrong. Correct it on the settings page.")
    if status == 429:
        return EngineRateLimited("The language model asks to slow down. Try again in a minute.", retry_after=60.0)
    return EngineError(f"The language model failed (status {status}). Try again; if it stays so, look at its server.")


def _unreadable() -> EngineError:
    return EngineError("The language model answered with something unreadable. Try again, or look at its server.")


def _heard(answer: ChatCompletion) -> Decision:
    """The answer, read with care: the client checks no shapes, and not every server keeps to them."""
    try:
        choice = answer.choices[0]
        message, tokens = choice.message, _tokens(answer)
        over = getattr(choice, "finish_reason", None) == "length"
        if refusal := (getattr(message, "refusal", None) or "").strip():
            return Decision(None, refusal, "auto", True, *tokens, refused=True, cut=over)
        prompt, action = _call(message)
        # A call that can be read is whole, whatever was to follow it.
        return Decision(prompt, _words(message), action, True, *tokens, cut=over and prompt is None)
    except (AttributeError, TypeError, LookupError) as error:
        raise _unreadable() from error


def _words(message: ChatCompletionMessage) -> str:
    """What it says, without the thoughts that some models print before it."""
    return _THOUGHTS.sub("", message.content or "").strip()


def _tokens(answer: ChatCompletion) -> tuple[int, int]:
    """Tokens in and out, as far as it counts them."""
    found = (getattr(answer.usage, name, None) for name in ("prompt_tokens", "completion_tokens"))
    given, made = (count if isinstance(count, int) else 0 for count in found)
    return given, made


def _call(message: ChatCompletionMessage) -> tuple[str | None, str]:
    """Prompt and action of the first call of the tool; None when the model only spoke."""
    for call in message.tool_calls or ():
        function = getattr(call, "function", None)
        if function is None or function.name != NAME:
            continue
        try:
            arguments = orjson.loads(function.arguments)
            prompt, action = arguments["prompt"], arguments.get("action")
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
            continue
        if isinstance(prompt, str) and prompt.strip():
            return prompt.strip(), action if action in {"generate", "edit"} else "auto"
    return None, "auto"
