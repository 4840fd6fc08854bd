"""What was said in a realtime session: its items in order, images by their ids, and what of it a response goes on from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pochoir.domain.errors import Conflict, InvalidValue, NotFound
from pochoir.features.conversations.service import Line, Turn
from pochoir.openai_api.references import MAX_IMAGES, Stored
from pochoir.openai_api.response_data import CALL
from pochoir.openai_api.responses_asked import MAX_TALK, Earlier, Said, Sent, read_item

MAX_ITEMS = 1_000
MAX_ID = 64
ROOT = "root"
"""Stands for the place before the first item."""
_MESSAGE = frozenset({"id", "object", "type", "status", "role", "content"})
_CALL = frozenset({"id", "object", "type", "status", "result", "revised_prompt", "action", "size", "pochoir"}) | {
    "output_format",
    "quality",
    "background",
}
_PARTS: Mapping[str, frozenset[str]] = {
    "input_text": frozenset({"type", "text"}),
    "input_image": frozenset({"type", "image_url", "file_id", "detail"}),
    "output_text": frozenset({"type", "text"}),
}
_SPOKEN: Mapping[str, tuple[str, ...]] = {
    "user": ("input_text", "input_image"),
    "system": ("input_text",),
    "assistant": ("output_text",),
}
"""What a message of each role is made of."""
NO_AUDIO = "Audio is neither taken nor given here. Send text and images."


def no_audio(param: str) -> InvalidValue:
    return InvalidValue(NO_AUDIO, param=param, code="audio_not_supported")


def only(given: Mapping[str, Any], known: frozenset[str], where: str = "") -> None:
    """Raise InvalidValue for a field that is not known. `where` is the way to it, with a dot at its end."""
    for name in given:
        if name not in known:
            raise InvalidValue(
                f"'{where}{name[:60]}' is not known here. Leave it out.",
                param=f"{where}{name[:60]}",
                code="unknown_parameter",
            )


@dataclass
class Item:
    """One item. `shown`: as clients see it, without the bytes of images. `images`: ids of what is in it.

    `answer`: a response of this session made it; a drawing that has not come holds neither words nor images. `asked`:
    the response that was to answer it.
    """

    id: str
    shown: dict[str, Any]
    line: Line | None = None
    images: tuple[str, ...] = ()
    answer: bool = False
    asked: str = ""

    @property
    def length(self) -> int:
        return len(self.line.text) + len(self.line.drawn) if self.line is not None else 0


@dataclass
class Talk:
    """The items of a session, at most `most` of them."""

    most: int = MAX_ITEMS
    items: list[Item] = field(default_factory=list)
    done: set[str] = field(default_factory=set)
    """Responses that came to their end."""
    latest: str = ""

    def room(self, items: int = 1, length: int = 0) -> None:
        """Raise Conflict when so many more do not fit."""
        if len(self.items) + items > self.most or sum(item.length for item in self.items) + length > MAX_TALK:
            raise Conflict(
                f"A session holds {self.most:,} items and {MAX_TALK:,} characters, and this one is full. Delete items, or "
                "open another session.",
                code="conversation_full",
            )

    def add(self, item: Item, after: str | None = None) -> str | None:
        """Put an item in, at the end unless it is said after which one. Returns the id of the one before it."""
        if any(known.id == item.id for known in self.items):
            raise Conflict(
                f"There is an item '{item.id}' already. Choose another id, or none.",
                param="item.id",
                code="item_exists",
            )
        self.room(1, item.length)
        place = len(self.items) if after is None else 0 if after == ROOT else self._place(after, "previous_item_id") + 1
        self.items.insert(place, item)
        return self.items[place - 1].id if place else None

    def find(self, item_id: str, param: str = "item_id") -> Item:
        return self.items[self._place(item_id, param)]

    def delete(self, item_id: str) -> None:
        del self.items[self._place(item_id, "item_id")]

    def _place(self, item_id: str, param: str) -> int:
        for place, item in enumerate(self.items):
            if item.id == item_id:
                return place
        raise NotFound(
            f"There is no item '{item_id[:MAX_ID]}' in this session. Send the id of one that is.",
            param=param,
            code="item_not_found",
        )

    def put(self, item: Item) -> str | None:
        """Add what a response says: room was made for it. Returns the id of the one before it."""
        self.items.append(item)
        return self.before(item)

    def holds(self, item: Item) -> bool:
        return any(known is item for known in self.items)

    def before(self, item: Item) -> str | None:
        place = next(place for place, known in enumerate(self.items) if known is item)
        return self.items[place - 1].id if place else None

    async def context(self, stored: Stored, response: str | None, *, plain: bool) -> tuple[Turn, Said]:
        """What was said before, and what this response is to answer, with the images that go in.

        Those are the session's last drawing and what clients put in after it. `plain`: words are drawn as they are, so
        that what a failed or cancelled response was to answer is left out, unless it is tried again. `response` is None
        for one beside the conversation, which answers nothing in it.
        """
        new = [item for item in self.items if not item.answer and not item.asked]
        if plain and not any(item.line and item.line.text for item in new) and self.latest not in self.done:
            new += [item for item in self.items if item.asked and item.asked == self.latest]
        told = [item for item in self.items if not plain or item.answer or item.asked in self.done or _among(item, new)]
        images: list[str] = []
        for item in told:
            images = [*([] if item.answer and item.images else images), *item.images]
        said = Said(_lines(new if plain else told), await _sent(images, stored), named=True)
        if response is not None:
            for item in new:
                item.asked = response
            self.latest = response
        return Turn("", talk=tuple(_lines([item for item in told if plain and not _among(item, new)]))), said


def _among(item: Item, items: Sequence[Item]) -> bool:
    return any(known is item for known in items)


def _lines(items: Sequence[Item]) -> list[Line]:
    return [item.line for item in items if item.line is not None]


async def _sent(images: Sequence[str], stored: Stored) -> list[Sent]:
    if len(images) > MAX_IMAGES:
        raise InvalidValue(
            f"{len(images)} images would go in; at most {MAX_IMAGES} do. Delete some of their items.",
            param="conversation",
        )
    return [Sent(await stored.image(image, "conversation"), image) for image in images]


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads items as clients send them."""

    stored: Stored
    earlier: Earlier

    async def kept(self, item: Any, new_id: str) -> Item:
        """An item for the session; images that came as data are put into the library. `new_id` if it has none."""
        said = await self._said(item, "item")
        images = [sent.id or (await self.stored.library.upload(sent.image.data)).id for sent in said.images]
        item_id = item.get("id") or new_id
        shown = {"id": item_id, "object": "realtime.item", "type": item["type"], "status": "completed"}
        if item["type"] == CALL:
            shown |= {"result": None, "revised_prompt": item.get("revised_prompt")}
        else:
            ids = iter(images)
            shown |= {"role": item["role"], "content": [_shown(part, ids) for part in item["content"]]}
        return Item(item_id, shown, said.talk[0], tuple(images))

    async def given(self, items: Any, talk: Talk) -> Said:
        """What a response's own input says: items, and references to those of the session."""
        if not isinstance(items, list):
            raise InvalidValue("'input' must be a list of items. Change it.", param="input", code="invalid_type")
        said = Said(named=True)
        for place, item in enumerate(items):
            where = f"input[{place}]"
            if isinstance(item, dict) and item.get("type") == "item_reference":
                only(item, frozenset({"type", "id"}), f"{where}.")
                known = talk.find(str(item.get("id")), f"{where}.id")
                said.talk += _lines([known])
                said.images += await _sent(known.images, self.stored)
            else:
                found = await self._said(item, where)
                said.talk += found.talk
                said.images += found.images
        if len(said.images) > MAX_IMAGES:
            raise InvalidValue(f"At most {MAX_IMAGES} images go in. Send fewer.", param="input")
        return said

    async def _said(self, item: Any, where: str) -> Said:
        _check(item, where)
        return await read_item(item, where, self.stored, self.earlier)


def _shown(part: Mapping[str, Any], images: Any) -> dict[str, Any]:
    if part["type"] != "input_image":
        return {"type": part["type"], "text": part["text"]}
    return {"type": "input_image", "file_id": next(images), "detail": part.get("detail") or "auto"}


def _check(item: Any, where: str) -> None:
    """The shape of an item; what it leads to is read by others."""
    kind = item.get("type") if isinstance(item, dict) else None
    if kind not in ("message", CALL):
        raise InvalidValue(
            f"'{where}.type' can be 'message' or '{CALL}' here. Change it.",
            param=f"{where}.type" if isinstance(item, dict) else where,
        )
    only(item, _CALL if kind == CALL else _MESSAGE, f"{where}.")
    item_id = item.get("id")
    if item_id is not None and not (isinstance(item_id, str) and 1 <= len(item_id) <= MAX_ID and item_id != ROOT):
        raise InvalidValue(f"'{where}.id' is a text of 1 to {MAX_ID} characters. Change it.", param=f"{where}.id")
    if kind == "message":
        _check_message(item, where)


def _check_message(item: Mapping[str, Any], where: str) -> None:
    parts = _SPOKEN.get(str(item.get("role")))
    if parts is None:
        raise InvalidValue(f"'{where}.role' is user, assistant or system. Change it.", param=f"{where}.role")
    content = item.get("content")
    if not isinstance(content, list) or not content:
        raise InvalidValue(
            f"'{where}.content' must be a list of parts. Change it.", param=f"{where}.content", code="invalid_type"
        )
    for place, part in enumerate(content):
        inner = f"{where}.content[{place}]"
        kind = part.get("type") if isinstance(part, dict) else None
        if kind in ("input_audio", "output_audio"):
            raise no_audio(inner)
        if kind not in parts:
            raise InvalidValue(
                f"'{inner}.type' can be {' or '.join(parts)} in a message of the role {item['role']}. Change it.",
                param=f"{inner}.type",
            )
        only(part, _PARTS[kind], f"{inner}.")
        if part.get("detail") not in (None, "auto", "low", "high"):
            raise InvalidValue("'detail' is auto, low or high. Change it.", param=f"{inner}.detail")
