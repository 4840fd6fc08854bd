"""What a request for a response asks: the talk, images that go in, the image tool's settings. From JSON, checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pochoir.domain.errors import InvalidValue
from pochoir.domain.images import ImageInput
from pochoir.features.conversations.service import Line
from pochoir.openai_api.references import MAX_IMAGES, Stored, checked_mask, read_reference

TOOL_FIELDS = frozenset(
    {
        "model",
        "size",
        "quality",
        "background",
        "output_format",
        "output_compression",
        "moderation",
        "input_fidelity",
        "partial_images",
    }
)
"""Fields of the image tool that are fields of an images request as well."""
_ROLES = {"user": "user", "assistant": "assistant", "system": "system", "developer": "system"}
MAX_TALK = 400_000
"""Characters of all that was said."""


@dataclass
class Said:
    """What the input says, read item by item."""

    talk: list[Line] = field(default_factory=list)
    images: list[ImageInput] = field(default_factory=list)
    earlier: list[str] = field(default_factory=list)
    """Ids of images of earlier calls, named again."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """`tool` is None when no image may be drawn. `forced`: one must be. `action` is auto, generate or edit."""

    model: str
    said: Said
    tool: Mapping[str, Any] | None
    forced: bool
    action: str
    mask: ImageInput | None
    stream: bool
    store: bool
    previous: str | None
    echo: Mapping[str, Any]


async def read(fields: Mapping[str, Any], stored: Stored) -> Wanted:
    """Raises InvalidValue with the field's name for whatever does not fit."""
    given = {name: value for name, value in fields.items() if value is not None}
    if given.get("background"):
        raise InvalidValue("Responses are made at once here. Leave 'background' out.", param="background")
    said = await _said(given.get("input"), stored)
    instructions = _text(given, "instructions")
    if instructions:
        said.talk.insert(0, Line("system", instructions))
    if sum(len(line.text) for line in said.talk) > MAX_TALK:
        raise InvalidValue(f"The input has more than {MAX_TALK:,} characters. Shorten it.", param="input")
    tools = given.get("tools", [])
    tool = _tool(tools)
    choice = given.get("tool_choice", "auto")
    forced = choice == "required" or (isinstance(choice, dict) and choice.get("type") == "image_generation")
    if forced and tool is None:
        raise InvalidValue("The tool image_generation is forced but not among the tools. Add it.", param="tool_choice")
    action = str((tool or {}).get("action", "auto"))
    if action not in {"auto", "generate", "edit"}:
        raise InvalidValue("'action' is auto, generate or edit. Change it.", param="tools[0].action")
    mask = (tool or {}).get("input_image_mask")
    return Wanted(
        model=_text(given, "model"),
        said=said,
        tool=None if choice == "none" else tool,
        forced=forced,
        action=action,
        mask=None if mask is None else checked_mask(await read_reference(stored, mask, "tools[0].input_image_mask")),
        stream=_flag(given, "stream", default=False),
        store=_flag(given, "store", default=True),
        previous=_text(given, "previous_response_id") or None,
        echo={"tools": tools, "tool_choice": choice, **_echo(given, instructions)},
    )


def _echo(given: Mapping[str, Any], instructions: str) -> dict[str, Any]:
    metadata = given.get("metadata", {})
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise InvalidValue("'metadata' is an object of texts. Change it.", param="metadata", code="invalid_type")
    return {
        "instructions": instructions or None,
        "metadata": metadata,
        "temperature": given.get("temperature", 1.0),
        "top_p": given.get("top_p", 1.0),
        "parallel_tool_calls": bool(given.get("parallel_tool_calls", True)),
    }


def _text(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name, "")
    if not isinstance(value, str):
        raise InvalidValue(f"'{name}' must be a string. Change it.", param=name, code="invalid_type")
    return value


def _flag(given: Mapping[str, Any], name: str, *, default: bool) -> bool:
    value = given.get(name, default)
    if not isinstance(value, bool):
        raise InvalidValue(f"'{name}' must be true or false. Change it.", param=name, code="invalid_type")
    return value


def _tool(tools: Any) -> Mapping[str, Any] | None:
    """The image tool; any other tool is refused, since nothing here could run it."""
    if not isinstance(tools, list) or not all(isinstance(tool, dict) for tool in tools):
        raise InvalidValue("'tools' must be a list of objects. Change it.", param="tools", code="invalid_type")
    found = None
    for number, tool in enumerate(tools):
        if tool.get("type") != "image_generation":
            raise InvalidValue(
                f"The tool '{str(tool.get('type'))[:40]}' is not run here, only image_generation. Leave it out.",
                param=f"tools[{number}].type",
            )
        found = tool
    for name in found or ():
        if name not in TOOL_FIELDS | {"type", "action", "input_image_mask"}:
            raise InvalidValue(
                f"The tool image_generation does not take '{name[:40]}'. Leave it out.",
                param=f"tools[0].{name}",
                code="unknown_parameter",
            )
    return found


# -- the input -------------------------------------------------------------------------------------------------------


async def _said(given: Any, stored: Stored) -> Said:
    said = Said()
    if isinstance(given, str):
        said.talk.append(Line("user", given))
        return said
    if not isinstance(given, list) or not given:
        raise InvalidValue(
            "The field 'input' is missing. Say in it what you want: a text, or a list of messages.",
            param="input",
            code="missing_required_parameter",
        )
    for number, item in enumerate(given):
        await _item(said, item, f"input[{number}]", stored)
    return said


async def _item(said: Said, item: Any, where: str, stored: Stored) -> None:
    kind = item.get("type", "message") if isinstance(item, dict) else None
    if kind == "image_generation_call" or (kind == "item_reference" and str(item.get("id", "")).startswith("ig_")):
        said.earlier.append("img_" + str(item.get("id", "")).removeprefix("ig_"))
    elif kind == "message":
        role = _ROLES.get(str(item.get("role", "")))
        if role is None:
            raise InvalidValue(f"'{where}.role' is user, assistant, system or developer. Change it.", param=where)
        await _content(said, role, item.get("content"), where, stored)
    elif kind not in {"reasoning", "item_reference"}:
        raise InvalidValue(f"'{where}' is nothing that is read here. Send messages and images.", param=where)


async def _content(said: Said, role: str, content: Any, where: str, stored: Stored) -> None:
    if isinstance(content, str):
        said.talk.append(Line(role, content))
        return
    if not isinstance(content, list):
        raise InvalidValue(f"'{where}.content' must be a text or a list. Change it.", param=where, code="invalid_type")
    for place, part in enumerate(content):
        kind = part.get("type") if isinstance(part, dict) else None
        if kind in {"input_text", "output_text", "text"} and isinstance(part.get("text"), str):
            said.talk.append(Line(role, part["text"]))
        elif kind == "input_image":
            named = {name: part.get(name) for name in ("image_url", "file_id")}
            said.images.append(await read_reference(stored, named, f"{where}.content[{place}]"))
            if len(said.images) > MAX_IMAGES:
                raise InvalidValue(f"At most {MAX_IMAGES} images go in. Send fewer.", param=where)
        else:
            raise InvalidValue(
                f"'{where}.content[{place}]' is nothing that is read here. Send input_text or input_image.", param=where
            )
