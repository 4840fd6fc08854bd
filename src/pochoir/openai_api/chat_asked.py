"""What a chat with an image model asks: the last message's text and images, and `image_config`, as an images request."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from pochoir.domain.catalog import Card
from pochoir.domain.errors import InvalidValue
from pochoir.domain.images import ImageInput, Size
from pochoir.features.images.abilities import nearest_size
from pochoir.openai_api.fields import Asked, read_fields
from pochoir.openai_api.references import MAX_IMAGES, Stored, read_reference

IMAGE_FIELDS = frozenset(
    {
        "size",
        "quality",
        "background",
        "output_format",
        "output_compression",
        "moderation",
        "input_fidelity",
        "n",
        "seed",
        "fallback",
        "fallback_even_if_charged",
    }
)
"""Fields of an images request that may stand in `image_config`, or beside the messages."""
EDGES = {"0.5K": 512, "1K": 1024, "2K": 2048, "4K": 4096}
"""`image_size`, as gateways name it: the edge in pixels of a square of that many."""
_RATIO = re.compile(r"([1-9]\d{0,2}):([1-9]\d{0,2})")


async def read(fields: Mapping[str, Any], stored: Stored, card: Card) -> Asked:
    """Raises InvalidValue with the field's name for whatever does not fit."""
    messages = fields.get("messages")
    if not isinstance(messages, list) or not all(isinstance(message, dict) for message in messages) or not messages:
        raise InvalidValue("'messages' must be a list of messages. Send at least one.", param="messages")
    modalities = fields.get("modalities") or ["image"]
    if not isinstance(modalities, list) or "image" not in modalities:
        raise InvalidValue(
            f"{card.name} answers with images. Put 'image' into 'modalities', or name a language model.",
            param="modalities",
        )
    users = [message for message in messages if message.get("role") == "user"]
    texts, images = await _content(users[-1].get("content") if users else None, stored)
    can = card.abilities
    if not images and can.edit is not False and can.max_references != 0:
        images = await _earlier(messages, stored)
    if not any(text.strip() for text in texts):
        raise InvalidValue("The last message has no text. Say what the image should show.", param="messages")
    if len(images) > MAX_IMAGES:
        raise InvalidValue(f"At most {MAX_IMAGES} images go in. Send fewer.", param="messages")
    config = fields.get("image_config") or {}
    if not isinstance(config, dict):
        raise InvalidValue("'image_config' must be an object. Change it.", param="image_config", code="invalid_type")
    given = {name: value for name, value in {**fields, **config}.items() if name in IMAGE_FIELDS}
    if given.get("size") is None:
        given["size"] = _size(config, card)
        if (edge := config.get("image_size")) is not None and given.get("quality") is None:
            given["quality"] = can.quality_for(Size(EDGES[edge], EDGES[edge]))
    return read_fields(
        {**given, "model": fields["model"], "prompt": "\n".join(texts)}, references=tuple(images[:MAX_IMAGES])
    )


def _size(config: Mapping[str, Any], card: Card) -> str | None:
    """The nearest size that the model makes to `aspect_ratio` and `image_size`; None when neither is given.

    Where a model's qualities say how large an image comes, `image_size` is its quality as well.
    """
    shape, edge = config.get("aspect_ratio"), config.get("image_size")
    if shape in (None, "auto") and edge is None:
        return None
    found = _RATIO.fullmatch(shape) if isinstance(shape, str) and shape != "auto" else None
    if found is None and shape not in (None, "auto"):
        raise InvalidValue(
            "'aspect_ratio' is a width and a height, such as 16:9. Change it.", param="image_config.aspect_ratio"
        )
    if edge is not None and (not isinstance(edge, str) or edge not in EDGES):
        raise InvalidValue(
            f"'image_size' can be {', '.join(EDGES)}. Change it, or send 'size'.", param="image_config.image_size"
        )
    width, height = map(int, found.groups()) if found else (1, 1)
    length = EDGES[edge or "1K"]
    scale = length / math.sqrt(width * height)
    wanted = Size(max(16, round(width * scale / 16) * 16), max(16, round(height * scale / 16) * 16))
    return str(nearest_size(card.abilities, wanted) or wanted)


async def _content(content: Any, stored: Stored) -> tuple[list[str], list[ImageInput]]:
    """The texts and the images of one message."""
    if isinstance(content, str):
        return [content], []
    texts: list[str] = []
    images: list[ImageInput] = []
    for place, part in enumerate(content if isinstance(content, list) else []):
        kind = part.get("type") if isinstance(part, dict) else None
        if kind == "text" and isinstance(part.get("text"), str):
            texts.append(part["text"])
        elif kind == "image_url":
            images.append(await _image(part, f"messages.content[{place}]", stored))
        else:
            raise InvalidValue("A message is made of 'text' and 'image_url' here. Change it.", param="messages")
    return texts, images


async def _image(part: Mapping[str, Any], where: str, stored: Stored) -> ImageInput:
    given = part.get("image_url")
    return await read_reference(stored, {"image_url": given.get("url") if isinstance(given, dict) else given}, where)


async def _earlier(messages: list[Any], stored: Stored) -> list[ImageInput]:
    """The images of the latest message that has some, an answer's or a user's: what is asked now is a change of them.

    Clients send an answer's image back as they keep it: in `images`, or as a part of its content.
    """
    for number in range(len(messages) - 1, -1, -1):
        message, where = messages[number], f"messages[{number}]"
        if message.get("role") not in ("assistant", "user"):
            continue
        images = message.get("images") if message["role"] == "assistant" else None
        if images:
            if not isinstance(images, list) or not all(isinstance(part, dict) for part in images):
                raise InvalidValue("'images' must be a list of objects. Change it.", param="messages")
            return [await _image(part, f"{where}.images", stored) for part in images]
        content = message.get("content")
        parts = content if isinstance(content, list) else []
        shown = [part for part in parts if isinstance(part, dict) and part.get("type") == "image_url"]
        if shown:
            return [await _image(part, f"{where}.content", stored) for part in shown]
    return []
