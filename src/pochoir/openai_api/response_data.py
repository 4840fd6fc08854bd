"""A response as OpenAI writes it: the object, its items, and the events of a stream."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
import pybase64

from pochoir.domain.images import GeneratedImage, ImageResult
from pochoir.domain.money import Usage
from pochoir.engines.base import PartialImage
from pochoir.features.images.artifact import Made


def whole(
    response_id: str, created: int, model: str, echo: Mapping[str, Any], *, status: str = "completed", **more: Any
) -> dict[str, Any]:
    """The response object; `more` fills or replaces fields."""
    return {
        "id": response_id,
        "object": "response",
        "created_at": created,
        "status": status,
        "background": False,
        "error": None,
        "incomplete_details": None,
        "model": model,
        "output": [],
        "previous_response_id": None,
        "store": True,
        "text": {"format": {"type": "text"}},
        "truncation": "disabled",
        **echo,
        **more,
    }


def usage_data(usage: Usage) -> dict[str, Any]:
    """The image model's tokens. What a connected language model uses is billed by its own server and not known here."""
    given = usage.text_in + usage.cached_text_in + usage.image_in + usage.cached_image_in
    made = usage.text_out + usage.image_out
    return {
        "input_tokens": given,
        "input_tokens_details": {
            "cached_tokens": usage.cached_text_in + usage.cached_image_in,
            "cache_write_tokens": 0,
        },
        "output_tokens": made,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": given + made,
    }


def call_item(made: Made, prompt: str, action: str) -> dict[str, Any]:
    """The item of a finished image. Its id leads back to the stored image."""
    image, result = made.result.images[0], made.result
    item = {
        "id": call_id(made.artifacts[0].id),
        "type": "image_generation_call",
        "status": "completed",
        "result": _base64(image),
        "revised_prompt": image.revised_prompt or prompt,
        "action": action,
        "size": str(image.size),
        "output_format": result.output_format,
    }
    return item | _known(result)


def _known(result: ImageResult) -> dict[str, Any]:
    found = {"quality": result.quality, "background": result.background}
    return {name: value for name, value in found.items() if value is not None}


def _base64(image: GeneratedImage) -> str:
    return bytes(image.b64).decode() if image.b64 is not None else pybase64.b64encode_as_string(image.data)


def call_id(artifact: str) -> str:
    return f"ig_{artifact.removeprefix('img_')}"


def message_item(item_id: str, text: str) -> dict[str, Any]:
    return {
        "id": item_id,
        "type": "message",
        "role": "assistant",
        "status": "completed",
        "content": [{"type": "output_text", "text": text, "annotations": [], "logprobs": []}],
    }


# -- events ----------------------------------------------------------------------------------------------------------


@dataclass
class Events:
    """Numbers the events of one stream and writes them."""

    number: int = 0
    call: str = ""
    """The id of the image call that is under way; it becomes the image's own id only when that is stored."""
    items: list[dict[str, Any]] = field(default_factory=list)

    def event(self, kind: str, **data: Any) -> bytes:
        body = {"type": f"response.{kind}", "sequence_number": self.number, **data}
        self.number += 1
        return b"event: response." + kind.encode() + b"\ndata: " + orjson.dumps(body) + b"\n\n"

    def begin_call(self, call: str) -> Iterator[bytes]:
        self.call = call
        place = {"output_index": len(self.items), "item_id": call}
        item = {"id": call, "type": "image_generation_call", "status": "in_progress", "result": None}
        yield self.event("output_item.added", output_index=len(self.items), item=item)
        yield self.event("image_generation_call.in_progress", **place)
        yield self.event("image_generation_call.generating", **place)

    def partial(self, partial: PartialImage) -> bytes:
        return self.event(
            "image_generation_call.partial_image",
            output_index=len(self.items),
            item_id=self.call,
            partial_image_index=partial.index,
            partial_image_b64=_base64(partial.image),
            size=str(partial.image.size),
        )

    def end_call(self, item: dict[str, Any]) -> Iterator[bytes]:
        yield self.event("image_generation_call.completed", output_index=len(self.items), item_id=self.call)
        yield self.event("output_item.done", output_index=len(self.items), item=item)
        self.items.append(item)

    def message(self, item: dict[str, Any]) -> Iterator[bytes]:
        index, item_id, part = len(self.items), item["id"], item["content"][0]
        place = {"output_index": index, "item_id": item_id, "content_index": 0}
        empty = {**part, "text": ""}
        yield self.event("output_item.added", output_index=index, item={**item, "status": "in_progress", "content": []})
        yield self.event("content_part.added", **place, part=empty)
        yield self.event("output_text.delta", **place, delta=part["text"], logprobs=[])
        yield self.event("output_text.done", **place, text=part["text"], logprobs=[])
        yield self.event("content_part.done", **place, part=part)
        yield self.event("output_item.done", output_index=index, item=item)
        self.items.append(item)


def input_items(items: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "object": "list",
        "data": list(items),
        "has_more": False,
        "first_id": items[0]["id"] if items else "",
        "last_id": items[-1]["id"] if items else "",
    }
