"""What requests for assistants, threads and runs ask, read from JSON and checked field by field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pochoir.domain.errors import InvalidValue
from pochoir.domain.images import ImageInput
from pochoir.features.assistants.assistant import NewMessage, Part
from pochoir.features.batches.service import check_metadata
from pochoir.features.services import Services
from pochoir.openai_api.batches import read_metadata
from pochoir.openai_api.fields import Rule, check, read_fields
from pochoir.openai_api.making import image_card
from pochoir.openai_api.references import MAX_IMAGES, Stored, checked_mask, read_reference
from pochoir.openai_api.responses_asked import MAX_TALK, TOOL_FIELDS, check_mask_fits, nothing_but_drawing, read_tool

MAX_MESSAGES = 100
"""Messages that one request may bring."""
_SHARED = {"model", "instructions", "tools", "metadata", "temperature", "top_p", "response_format"}
ASSISTANT = _SHARED | {"name", "description", "tool_resources"}
THREAD = {"messages", "metadata", "tool_resources"}
MESSAGE = {"role", "content", "attachments", "metadata"}
RUN = _SHARED | {
    "assistant_id",
    "additional_instructions",
    "additional_messages",
    "max_completion_tokens",
    "max_prompt_tokens",
    "parallel_tool_calls",
    "stream",
    "tool_choice",
    "truncation_strategy",
}
THREAD_AND_RUN = (RUN - {"additional_instructions", "additional_messages"}) | {"thread", "tool_resources"}
_TEXTS = {
    "model": Rule(str, 1, 200),
    "name": Rule(str, high=256),
    "description": Rule(str, high=512),
    "instructions": Rule(str, high=256_000),
    "additional_instructions": Rule(str, high=256_000),
    "assistant_id": Rule(str, 1, 200),
    "parallel_tool_calls": Rule(bool),
    "stream": Rule(bool),
    "max_completion_tokens": Rule(int, 256),
}
_MOST = {"temperature": 2, "top_p": 1}
_PURPOSES = {"vision", "user_data", "assistants"}


def known(given: Mapping[str, Any], names: set[str], where: str = "") -> dict[str, Any]:
    """The fields that are not null, each of a kind that it may have. Raises InvalidValue for any other."""
    dot = f"{where}." if where else ""
    for name, value in given.items():
        if name not in names:
            raise InvalidValue(
                f"'{dot}{name[:80]}' is not known here. Leave it out.",
                param=f"{dot}{name[:80]}",
                code="unknown_parameter",
            )
        if name in _TEXTS and value is not None:
            check(f"{dot}{name}", value, _TEXTS[name])
    found = {name: value for name, value in given.items() if value is not None}
    _check_elsewhere(found, dot)
    return found


def _check_elsewhere(found: Mapping[str, Any], dot: str) -> None:
    """What OpenAI's assistants can do and these cannot."""
    resources = found.get("tool_resources") or {}
    if not isinstance(resources, dict) or any(resources.values()):
        raise InvalidValue(
            "Files are not searched or run here. Leave 'tool_resources' out; send images as messages.",
            param=f"{dot}tool_resources",
        )
    if found.get("response_format", "auto") not in ("auto", {"type": "text"}):
        raise InvalidValue(
            "Answers are images and plain text here. Leave 'response_format' out.", param=f"{dot}response_format"
        )
    if "max_prompt_tokens" in found:
        raise InvalidValue(
            "Tokens of a prompt are not counted before it is sent. Use 'truncation_strategy' instead.",
            param=f"{dot}max_prompt_tokens",
        )
    for name, most in _MOST.items():
        value = found.get(name, 0)
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise InvalidValue(f"'{name}' must be a number. Change it.", param=f"{dot}{name}", code="invalid_type")
        if not 0 <= value <= most:
            raise InvalidValue(f"'{name}' can be 0 to {most}, not {value}. Change it.", param=f"{dot}{name}")


def metadata_of(given: Mapping[str, Any]) -> dict[str, str] | None:
    """None where nothing is said of it; what is null is empty."""
    if "metadata" not in given:
        return None
    found = read_metadata({} if given["metadata"] is None else given["metadata"])
    check_metadata(found)
    return found


def options_of(given: Mapping[str, Any]) -> dict[str, float]:
    return {name: given[name] for name in _MOST if name in given}


# -- model and tools ---------------------------------------------------------------------------------------------------


async def check_model(here: Services, model: str, tools: Sequence[Mapping[str, Any]], choice: Any = "auto") -> None:
    """Raise InvalidValue when nothing could answer under this name, ModelNotFound when the model was shut down."""
    card = await image_card(here, model)
    if card is not None and choice == "none":
        raise nothing_but_drawing()
    if card is None and not tools and not await here.author.ready():
        raise InvalidValue(
            f"'{model[:80]}' is no image model, and no language model is connected. Name an image model of /v1/models, "
            "add the tool image_generation, or connect a language model on the settings page.",
            param="model",
        )


async def read_tools(here: Services, given: Any) -> tuple[dict[str, Any], ...]:
    """The image tool's settings, each checked; a mask that came as data is kept and named by its id."""
    tool = read_tool(given)
    if tool is None:
        return ()
    where = "tools[0]"
    if tool.get("partial_images"):
        raise InvalidValue(
            "A run shows no partial images. Leave 'partial_images' out.", param=f"{where}.partial_images"
        )
    if tool.get("action", "auto") not in ("auto", "generate", "edit"):
        raise InvalidValue("'action' is auto, generate or edit. Change it.", param=f"{where}.action")
    read_fields({**{name: value for name, value in tool.items() if name in TOOL_FIELDS}, "prompt": "a check"})
    mask = tool.get("input_image_mask")
    check_mask_fits(tool.get("action", "auto"), mask, where)
    if mask is not None:
        image = checked_mask(await read_reference(stored_of(here), mask, f"{where}.input_image_mask"))
        if image is not None and not mask.get("file_id"):
            mask = {"file_id": await _kept(here, image)}
    return ({**tool, "input_image_mask": mask} if mask is not None else dict(tool),)


def stored_of(here: Services) -> Stored:
    return Stored(here.images.library, here.files)


async def _kept(here: Services, image: ImageInput) -> str:
    return (await here.images.library.upload(image.data)).id


# -- messages ----------------------------------------------------------------------------------------------------------


async def read_messages(here: Services, given: Any, where: str) -> list[NewMessage]:
    if not isinstance(given, list):
        raise InvalidValue(f"'{where}' must be a list of messages. Change it.", param=where, code="invalid_type")
    if len(given) > MAX_MESSAGES:
        raise InvalidValue(f"At most {MAX_MESSAGES} messages come at once. Send the others later.", param=where)
    return [await read_message(here, item, f"{where}[{number}]") for number, item in enumerate(given)]


async def read_message(here: Services, given: Any, where: str = "") -> NewMessage:
    dot = f"{where}." if where else ""
    if not isinstance(given, dict):
        raise InvalidValue(f"'{where}' must be a message. Change it.", param=where, code="invalid_type")
    fields = known(given, MESSAGE, where)
    if fields.get("attachments"):
        raise InvalidValue(
            "Attachments are not searched or run here. Put images into 'content' as image_file.",
            param=f"{dot}attachments",
        )
    if fields.get("role") not in ("user", "assistant"):
        raise InvalidValue(f"'{dot}role' is user or assistant. Change it.", param=f"{dot}role")
    parts = await _parts(here, fields.get("content"), f"{dot}content")
    return NewMessage(fields["role"], parts, metadata_of(fields) or {})


async def _parts(here: Services, content: Any, where: str) -> tuple[Part, ...]:
    if isinstance(content, str):
        content = [{"type": "text", "text": content}]
    if not isinstance(content, list) or not content:
        raise InvalidValue(
            f"'{where}' must be a text, or a list of texts and images. Say what you want in it.",
            param=where,
            code="missing_required_parameter" if content is None else "invalid_type",
        )
    texts = (part.get("text") for part in content if isinstance(part, dict))
    if sum(len(text) for text in texts if isinstance(text, str)) > MAX_TALK:
        raise InvalidValue(
            f"A message holds at most {MAX_TALK:,} characters. Send it in several.",
            param=where,
            code="string_above_max_length",
        )
    if sum(isinstance(part, dict) and part.get("type") != "text" for part in content) > MAX_IMAGES:
        raise InvalidValue(f"A message holds at most {MAX_IMAGES} images. Send fewer.", param=where)
    return tuple([await _part(here, part, f"{where}[{number}]") for number, part in enumerate(content)])


async def _part(here: Services, part: Any, where: str) -> Part:
    kind = part.get("type") if isinstance(part, dict) else None
    if kind == "text" and isinstance(text := part.get("text"), str):
        check(f"{where}.text", text, Rule(str, 1, 256_000))
        return Part(text=text)
    image = part.get(kind) if kind in ("image_file", "image_url") else None
    if not isinstance(image, dict):
        raise InvalidValue(f"'{where}' is nothing that is read here. Send text, image_file or image_url.", param=where)
    detail = image.get("detail") or "auto"
    if detail not in ("auto", "low", "high"):
        raise InvalidValue("'detail' is auto, low or high. Change it.", param=f"{where}.{kind}.detail")
    if kind == "image_file":
        file_id = image.get("file_id")
        await _check_purpose(here, file_id, f"{where}.image_file")
        await read_reference(stored_of(here), {"file_id": file_id}, f"{where}.image_file")
        return Part(file=str(file_id), detail=detail)
    sent = await read_reference(stored_of(here), {"image_url": image.get("url")}, f"{where}.image_url")
    return Part(file=await _kept(here, sent), detail=detail)


async def _check_purpose(here: Services, file_id: Any, where: str) -> None:
    if not isinstance(file_id, str) or not file_id.startswith("file-"):
        return
    purpose = (await here.files.file(file_id)).purpose
    if purpose not in _PURPOSES:
        raise InvalidValue(
            f"The file '{file_id[:80]}' has the purpose '{purpose}'. Upload it with the purpose 'vision'.",
            param=f"{where}.file_id",
        )


# -- runs --------------------------------------------------------------------------------------------------------------


def asked_of(given: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a run that its answer repeats. Raises InvalidValue."""
    choice = given.get("tool_choice", "auto")
    if choice not in ("auto", "none", "required", {"type": "image_generation"}):
        raise InvalidValue(
            '\'tool_choice\' is auto, none, required or {"type": "image_generation"}. Change it.', param="tool_choice"
        )
    return {
        "tool_choice": choice,
        "parallel_tool_calls": given.get("parallel_tool_calls", True),
        "max_completion_tokens": given.get("max_completion_tokens"),
        "truncation_strategy": {"type": "auto", "last_messages": _last(given.get("truncation_strategy"))},
        **options_of(given),
    }


def _last(given: Any) -> int | None:
    """How many of the latest messages count; None for all that fit."""
    if given is None or given in ({"type": "auto"}, {"type": "auto", "last_messages": None}):
        return None
    last = given.get("last_messages") if isinstance(given, dict) and given.get("type") == "last_messages" else None
    if not isinstance(last, int) or isinstance(last, bool) or last < 1:
        raise InvalidValue(
            "'truncation_strategy' has the type auto, or last_messages with 'last_messages', a number from 1. Change it.",
            param="truncation_strategy",
        )
    return last
