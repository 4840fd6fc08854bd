"""How a realtime session is to answer: its settings, and what one response sets anew. From JSON, checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pochoir.domain.errors import InvalidRequest, InvalidValue
from pochoir.openai_api.fields import read_fields
from pochoir.openai_api.realtime_talk import no_audio, only
from pochoir.openai_api.references import Stored, read_reference
from pochoir.openai_api.responses_asked import MAX_TALK, TOOL_FIELDS, Said, Wanted, wanted_of

DEFAULTS: Mapping[str, Any] = {
    "output_modalities": ["text"],
    "instructions": "",
    "tools": [{"type": "image_generation"}],
    "tool_choice": "auto",
    "max_output_tokens": "inf",
    "truncation": "disabled",
}
"""Settings of a session that nobody changed: unlike at OpenAI, it may draw."""
_SETTINGS = frozenset(DEFAULTS) | {"parallel_tool_calls"}
_ELSEWHERE: Mapping[str, str] = {
    "prompt": "Stored prompts are not known here. Send 'instructions' instead.",
    "tracing": "Traces are not kept here. Leave 'tracing' out.",
    "reasoning": "How much the language model thinks is set where it runs. Leave 'reasoning' out.",
    "include": "There is nothing more to include here. Leave 'include' out.",
}
"""Fields of OpenAI's that mean nothing here."""
_SESSION = _SETTINGS | frozenset(_ELSEWHERE) | {"type", "model", "audio"}
_RESPONSE = (_SETTINGS - {"truncation"}) | frozenset(_ELSEWHERE) | {"audio", "conversation", "metadata", "input"}


async def updated(settings: Mapping[str, Any], given: Any, model: str, stored: Stored) -> dict[str, Any]:
    """The settings after a `session.update`. Null counts as absent. Raises InvalidValue with the field's name."""
    with under("session"):
        given = _object(given)
        only(given, _SESSION)
        if given.get("type") != "realtime":
            raise InvalidValue("'type' must be 'realtime': there are no other sessions here. Add it.", param="type")
        if given.get("model") not in (None, model):
            raise InvalidValue(
                "The model is chosen when a session is opened. Open another one with ?model= in its address.",
                param="model",
            )
        settings = await _settled(settings, given, stored)
        await wanted(settings, model, Said(), stored)
        return settings


async def overridden(settings: Mapping[str, Any], given: Any, stored: Stored) -> tuple[dict[str, Any], dict[str, Any]]:
    """The settings of one response, and its own fields: conversation, metadata, input."""
    with under("response"):
        given = _object(given)
        only(given, _RESPONSE)
        if given.get("conversation") not in (None, "auto", "none"):
            raise InvalidValue("'conversation' is auto or none. Change it.", param="conversation")
        own = {name: given.pop(name) for name in ("conversation", "metadata", "input") if name in given}
        return await _settled(settings, given, stored), own


async def wanted(
    settings: Mapping[str, Any], model: str, said: Said, stored: Stored, metadata: Mapping[str, str] | None = None
) -> Wanted:
    """What is wanted of what was said under these settings."""
    limit = settings["max_output_tokens"]
    return await wanted_of(
        {
            "model": model,
            "store": False,
            "stream": True,
            **{name: settings[name] for name in ("instructions", "tools", "tool_choice")},
            **({"metadata": metadata} if metadata is not None else {}),
            **({"max_output_tokens": limit} if limit != "inf" else {}),
        },
        said,
        stored,
    )


@contextmanager
def under(name: str) -> Iterator[None]:
    """Complaints name their field with the object that it stands in."""
    try:
        yield
    except InvalidRequest as error:
        error.param = f"{name}.{error.param}" if error.param else name
        raise


def _object(given: Any) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise InvalidValue("An object of settings is needed here. Send one.", code="invalid_type")
    return {name: value for name, value in given.items() if value is not None}


async def _settled(settings: Mapping[str, Any], given: Mapping[str, Any], stored: Stored) -> dict[str, Any]:
    if "audio" in given:
        raise no_audio("audio")
    for name, sentence in _ELSEWHERE.items():
        if given.get(name):
            raise InvalidValue(sentence, param=name)
    for name, (fits, sentence) in _RULES.items():
        if name in given and not fits(given[name]):
            if name == "output_modalities" and isinstance(given[name], list) and "audio" in given[name]:
                raise no_audio(name)
            raise InvalidValue(sentence, param=name)
    found = {**settings, **{name: value for name, value in given.items() if name in DEFAULTS}}
    if "tools" in given:
        found["tools"] = await _tools(given["tools"], stored)
    return found


def _modalities(value: Any) -> bool:
    return isinstance(value, list) and "text" in value and all(kind in ("text", "image") for kind in value)


def _limit(value: Any) -> bool:
    return value == "inf" or (isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 1_000_000)


_RULES: Mapping[str, Any] = {
    "output_modalities": (_modalities, "'output_modalities' is ['text'] or ['text', 'image']. Change it."),
    "instructions": (
        lambda value: isinstance(value, str) and len(value) <= MAX_TALK,
        f"'instructions' must be a text of at most {MAX_TALK:,} characters. Change it.",
    ),
    "max_output_tokens": (_limit, "'max_output_tokens' is a number of 1 or more, or 'inf'. Change it."),
    "truncation": (
        lambda value: value == "disabled",
        "Nothing is left out of a session here; delete items when it is full. Leave 'truncation' out.",
    ),
    "parallel_tool_calls": (
        lambda value: isinstance(value, bool),
        "'parallel_tool_calls' must be true or false. Change it.",
    ),
}
"""For each setting what it must hold to, and what is said when it does not."""


async def _tools(tools: Any, stored: Stored) -> Any:
    """The tools with their masks in the library; what is no list of tools is complained about later, with the rest."""
    if not isinstance(tools, list) or not all(isinstance(tool, dict) for tool in tools):
        return tools
    if len(tools) > 1:
        raise InvalidValue("There is one tool here, image_generation. Send it once.", param="tools")
    found = []
    for place, tool in enumerate(tools):
        where = f"tools[{place}]"
        if tool.get("type") == "image_generation":
            fields = {name: value for name, value in tool.items() if name in TOOL_FIELDS}
            with under(where):
                read_fields({**fields, "prompt": "-"})
        mask = tool.get("input_image_mask")
        if isinstance(mask, dict) and mask.get("image_url") is not None:
            image = await read_reference(stored, mask, f"{where}.input_image_mask")
            found.append({**tool, "input_image_mask": {"file_id": (await stored.library.upload(image.data)).id}})
        else:
            found.append(tool)
    return found
