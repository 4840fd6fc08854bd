"""What a request for a response asks: the talk, images that go in, the image tool's settings. From JSON, checked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pochoir.domain.errors import InvalidValue
from pochoir.domain.images import ImageInput
from pochoir.features.batches.service import check_metadata
from pochoir.features.conversations.service import Line
from pochoir.openai_api.batches import read_metadata
from pochoir.openai_api.fields import RULES, Rule, check
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
_ELSEWHERE = {
    "background": "Responses are made at once here. Leave 'background' out.",
    "conversation": "Conversations are not kept here. Send 'previous_response_id' instead.",
    "prompt": "Stored prompts are not known here. Send 'instructions' and 'input' instead.",
}
"""Fields that would change the answer and are not known here."""
MAX_TALK = 400_000
"""Characters of all that was said; of instructions as well."""
MAX_ITEMS = 10_000
"""Items of one input."""
_MOST = {"temperature": 2, "top_p": 1}

Earlier = Callable[[str], Awaitable[str | None]]
"""From the id of an image call to the id of its image; None when nothing is known of it."""


@dataclass(frozen=True, slots=True)
class Sent:
    """An image of the input. `id` leads to it when it is stored here; else only its bytes are known."""

    image: ImageInput
    id: str = ""


@dataclass
class Said:
    """What the input says, read item by item."""

    talk: list[Line] = field(default_factory=list)
    images: list[Sent] = field(default_factory=list)
    named: bool = False
    """Whether it names images of earlier calls itself."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """`tool` is None when no image may be drawn. `forced`: one must be. `barred`: the client says that none may be.

    `action` is auto, generate or edit.

    `options` are for the language model; `echo` are fields that the answer repeats.
    """

    model: str
    said: Said
    tool: Mapping[str, Any] | None
    forced: bool
    action: str
    mask: ImageInput | None
    stream: bool
    store: bool
    previous: str | None
    options: Mapping[str, Any]
    echo: Mapping[str, Any]
    barred: bool = False


async def read(fields: Mapping[str, Any], stored: Stored, earlier: Earlier) -> Wanted:
    """Raises InvalidValue with the field's name for whatever does not fit."""
    given = {name: value for name, value in fields.items() if value is not None}
    for name, sentence in _ELSEWHERE.items():
        if given.get(name):
            raise InvalidValue(sentence, param=name)
    said = await _Reader(stored, earlier).input(given.get("input"))
    return await wanted_of(given, said, stored)


async def wanted_of(given: Mapping[str, Any], said: Said, stored: Stored) -> Wanted:
    """What is wanted of what was said, from the other fields (none of them null)."""
    instructions = _text(given, "instructions")
    check("instructions", instructions, Rule(str, high=MAX_TALK))
    check("model", _text(given, "model"), Rule(str, high=RULES["model"].high))
    metadata = read_metadata(given.get("metadata", {}))
    check_metadata(metadata)
    tool = read_tool(given.get("tools", []))
    where = "tools[0]"
    choice = given.get("tool_choice", "auto")
    forced = choice == "required" or (isinstance(choice, dict) and choice.get("type") == "image_generation")
    if not forced and choice not in ("auto", "none"):
        raise InvalidValue(
            '\'tool_choice\' is auto, none, required or {"type": "image_generation"}. Change it.', param="tool_choice"
        )
    if forced and tool is None:
        raise InvalidValue("The tool image_generation is forced but not among the tools. Add it.", param="tool_choice")
    action = (tool or {}).get("action") or "auto"
    if action not in ("auto", "generate", "edit"):
        raise InvalidValue("'action' is auto, generate or edit. Change it.", param=f"{where}.action")
    mask = (tool or {}).get("input_image_mask")
    check_mask_fits(action, mask, where)
    options = _options(given)
    return Wanted(
        model=_text(given, "model"),
        said=said,
        tool=None if choice == "none" else tool,
        forced=forced,
        action=action,
        mask=None if mask is None else checked_mask(await read_reference(stored, mask, f"{where}.input_image_mask")),
        stream=_flag(given, "stream", default=False),
        store=_flag(given, "store", default=True),
        previous=_text(given, "previous_response_id") or None,
        options=options,
        echo={
            "tools": given.get("tools", []),
            "tool_choice": choice,
            "instructions": instructions or None,
            "metadata": metadata,
            "temperature": options.get("temperature", 1.0),
            "top_p": options.get("top_p", 1.0),
            "max_output_tokens": options.get("max_tokens"),
            "parallel_tool_calls": _flag(given, "parallel_tool_calls", default=True),
        },
        barred=choice == "none",
    )


def nothing_but_drawing() -> InvalidValue:
    """For a request that tells an image model not to draw."""
    return InvalidValue(
        "'tool_choice' is none, and an image model can only draw. Leave it out, or name a language model.",
        param="tool_choice",
    )


def check_mask_fits(action: str, mask: Any, where: str) -> None:
    """`where` is the tool. A mask marks what may change of an image, and nothing of it is drawn anew."""
    if mask is not None and action == "generate":
        raise InvalidValue(
            "A mask lies on an image that goes in, and 'generate' begins without one. Leave one of them out.",
            param=f"{where}.action",
        )


def _options(given: Mapping[str, Any]) -> dict[str, Any]:
    """What is the language model's own business, by the names of chat completions."""
    found = {}
    for name, known, kind, unit in (
        ("temperature", "temperature", (int, float), "a number"),
        ("top_p", "top_p", (int, float), "a number"),
        ("max_output_tokens", "max_tokens", int, "an integer"),
    ):
        if name in given:
            if not isinstance(given[name], kind) or isinstance(given[name], bool):
                raise InvalidValue(f"'{name}' must be {unit}. Change it.", param=name, code="invalid_type")
            if given[name] < (1 if kind is int else 0) or given[name] > _MOST.get(name, given[name]):
                most = f"0 to {_MOST[name]}" if name in _MOST else "1 or more"
                raise InvalidValue(f"'{name}' can be {most}. Change it.", param=name)
            found[known] = given[name]
    shape = given.get("text", {})
    form = shape.get("format") if isinstance(shape, dict) else shape
    if form and not (isinstance(form, dict) and form.get("type") == "text"):
        raise InvalidValue("Answers are plain text here. Leave 'text.format' out.", param="text.format")
    return found


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


def read_tool(tools: Any) -> Mapping[str, Any] | None:
    """The image tool, of which there is one at most; any other tool is refused, since nothing here could run it."""
    if not isinstance(tools, list) or not all(isinstance(tool, dict) for tool in tools):
        raise InvalidValue("'tools' must be a list of objects. Change it.", param="tools", code="invalid_type")
    for number, tool in enumerate(tools):
        if tool.get("type") != "image_generation":
            raise InvalidValue(
                f"The tool '{str(tool.get('type'))[:40]}' is not run here, only image_generation. Leave it out.",
                param=f"tools[{number}].type",
            )
        for name in tool:
            if name not in TOOL_FIELDS | {"type", "action", "input_image_mask"}:
                raise InvalidValue(
                    f"The tool image_generation does not take '{name[:40]}'. Leave it out.",
                    param=f"tools[{number}].{name[:40]}",
                    code="unknown_parameter",
                )
    if len(tools) > 1:
        raise InvalidValue("There is one tool here, image_generation. Send it once.", param="tools")
    return tools[0] if tools else None


# -- the input -------------------------------------------------------------------------------------------------------


async def read_item(item: Mapping[str, Any], where: str, stored: Stored, earlier: Earlier) -> Said:
    """What one item says. `where` names it in complaints."""
    reader = _Reader(stored, earlier)
    await reader.item(item, where)
    return reader.said


class _Reader:
    """Reads the input item by item; images that it names are looked up at once."""

    def __init__(self, stored: Stored, earlier: Earlier) -> None:
        self._stored = stored
        self._earlier = earlier
        self.said = Said()

    async def input(self, given: Any) -> Said:
        if isinstance(given, str):
            self.said.talk.append(Line("user", given))
        elif isinstance(given, list) and given:
            if len(given) > MAX_ITEMS:
                raise InvalidValue(
                    f"{len(given):,} items are too many; at most {MAX_ITEMS:,} go in. Send fewer.",
                    param="input",
                    code="array_above_max_length",
                )
            for number, item in enumerate(given):
                await self.item(item, f"input[{number}]")
        else:
            raise InvalidValue(
                "The field 'input' is missing. Say in it what you want: a text, or a list of messages.",
                param="input",
                code="missing_required_parameter",
            )
        return self.said

    async def item(self, item: Any, where: str) -> None:
        kind = item.get("type", "message") if isinstance(item, dict) else None
        if kind == "image_generation_call" or (kind == "item_reference" and str(item.get("id", "")).startswith("ig_")):
            await self._call(item, where)
        elif kind == "message":
            role = _ROLES.get(str(item.get("role", "")))
            if role is None:
                raise InvalidValue(f"'{where}.role' is user, assistant, system or developer. Change it.", param=where)
            await self._content(role, item.get("content"), where)
        elif kind not in ("reasoning", "item_reference"):
            raise InvalidValue(f"'{where}' is nothing that is read here. Send messages and images.", param=where)

    async def _call(self, item: Mapping[str, Any], where: str) -> None:
        """An image of an earlier call: by its id when that is known here, else the bytes that came with it."""
        call = str(item.get("id", ""))
        sent = await self._still_here(call, where)
        if sent is None and isinstance(item.get("result"), str):
            # The media type does not count: it is found in the bytes.
            url = "data:image/png;base64," + item["result"]
            sent = Sent(await read_reference(self._stored, {"image_url": url}, f"{where}.result"))
        if sent is None:
            raise InvalidValue(
                f"There is no image '{call[:80]}' here any more. Leave it out, or send its 'result' with it.",
                param=f"{where}.id",
            )
        self.said.named = True
        self._add(sent, where)
        prompt = item.get("revised_prompt")
        drawn = prompt if isinstance(prompt, str) and prompt else "an image"
        self.said.talk.append(Line("assistant", "", drawn=drawn, call=call))

    async def _still_here(self, call: str, where: str) -> Sent | None:
        """The image of a call that is known here; None also when retention, or somebody, has taken it away since."""
        found = await self._earlier(call)
        if found is None:
            return None
        try:
            return Sent(await self._stored.image(found, where), found)
        except InvalidValue:
            return None

    def _add(self, sent: Sent, where: str) -> None:
        self.said.images.append(sent)
        if len(self.said.images) > MAX_IMAGES:
            raise InvalidValue(f"At most {MAX_IMAGES} images go in. Send fewer.", param=where)

    async def _content(self, role: str, content: Any, where: str) -> None:
        if isinstance(content, str):
            self.said.talk.append(Line(role, content))
            return
        if not isinstance(content, list):
            raise InvalidValue(
                f"'{where}.content' must be a text or a list. Change it.", param=where, code="invalid_type"
            )
        texts: list[str] = []
        images: list[str] = []
        for place, part in enumerate(content):
            kind = part.get("type") if isinstance(part, dict) else None
            if kind in ("input_text", "output_text", "text") and isinstance(part.get("text"), str):
                texts.append(part["text"])
            elif kind == "refusal" and isinstance(part.get("refusal"), str):
                texts.append(part["refusal"])
            elif kind == "input_image":
                named = {name: part.get(name) for name in ("image_url", "file_id")}
                sent = await read_reference(self._stored, named, f"{where}.content[{place}]")
                images.append(str(part.get("file_id") or ""))
                self._add(Sent(sent, images[-1]), where)
            else:
                raise InvalidValue(
                    f"'{where}.content[{place}]' is nothing that is read here. Send input_text or input_image.",
                    param=where,
                )
        self.said.talk.append(Line(role, "\n".join(texts), tuple(images)))
