"""A response as OpenAI writes it: the object, its items, and the events of a stream."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from pochoir.domain.images import ImageResult
from pochoir.domain.money import Usage
from pochoir.engines.base import PartialImage
from pochoir.features.conversations.author import Decision
from pochoir.features.conversations.service import Turn
from pochoir.features.images.artifact import Made
from pochoir.openai_api.answers import base64_text

CALL = "image_generation_call"


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


def usage_data(usage: Usage | None, decision: Decision) -> dict[str, Any] | None:
    """The image model's tokens and the language model's, as far as they are known."""
    usage = usage or Usage()
    cached = usage.cached_text_in + usage.cached_image_in
    given = usage.text_in + usage.image_in + cached + decision.given
    made = usage.text_out + usage.image_out + decision.made
    if not given + made:
        return None
    return {
        "input_tokens": given,
        "input_tokens_details": {"cached_tokens": cached, "cache_write_tokens": 0},
        "output_tokens": made,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": given + made,
    }


def call_item(call: str, made: Made, prompt: str, action: str) -> dict[str, Any]:
    """The item of a finished image."""
    image, result = made.result.images[0], made.result
    item = {
        "id": call,
        "type": CALL,
        "status": "completed",
        "result": base64_text(image),
        "revised_prompt": image.revised_prompt or prompt,
        "action": action,
        "size": str(image.size),
        "output_format": result.output_format,
    }
    return item | _known(result)


def partial_data(partial: PartialImage) -> dict[str, Any]:
    return {
        "partial_image_index": partial.index,
        "partial_image_b64": base64_text(partial.image),
        "size": str(partial.image.size),
    }


def _known(result: ImageResult) -> dict[str, Any]:
    found = {"quality": result.quality, "background": result.background}
    return {name: value for name, value in found.items() if value is not None}


def call_id(response: str) -> str:
    """The id of a response's image call. There is one at most, so each id leads to the other."""
    return f"ig_{response.removeprefix('resp_')}"


def response_of(call: str) -> str:
    return f"resp_{call.removeprefix('ig_')}"


def message_item(item_id: str, text: str, *, refused: bool = False, cut: bool = False) -> dict[str, Any]:
    words = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
    return {
        "id": item_id,
        "type": "message",
        "role": "assistant",
        "status": "incomplete" if cut else "completed",
        "content": [{"type": "refusal", "refusal": text} if refused else words],
    }


# -- events ----------------------------------------------------------------------------------------------------------


@dataclass
class Events:
    """Numbers the events of one stream and writes them."""

    number: int = 0
    call: str = ""
    """The id of the image call that is under way."""
    items: list[dict[str, Any]] = field(default_factory=list)

    def event(self, kind: str, **data: Any) -> bytes:
        if kind == "completed":  # the last one of a response, which is named after how it ended
            kind = data["response"]["status"]
        body = {"type": f"response.{kind}", "sequence_number": self.number, **data}
        self.number += 1
        return b"event: response." + kind.encode() + b"\ndata: " + orjson.dumps(body) + b"\n\n"

    def begin_call(self, call: str) -> Iterator[bytes]:
        self.call = call
        place = {"output_index": len(self.items), "item_id": call}
        item = {"id": call, "type": CALL, "status": "in_progress", "result": None}
        yield self.event("output_item.added", output_index=len(self.items), item=item)
        yield self.event("image_generation_call.in_progress", **place)
        yield self.event("image_generation_call.generating", **place)

    def partial(self, partial: PartialImage) -> bytes:
        return self.event(
            "image_generation_call.partial_image",
            output_index=len(self.items),
            item_id=self.call,
            **partial_data(partial),
        )

    def end_call(self, item: dict[str, Any]) -> Iterator[bytes]:
        yield self.event("image_generation_call.completed", output_index=len(self.items), item_id=self.call)
        yield self.event("output_item.done", output_index=len(self.items), item=item)
        self.items.append(item)

    def item(self, item: dict[str, Any]) -> Iterator[bytes]:
        """All events of an item that is there already."""
        if item["type"] == CALL:
            yield from self.begin_call(item["id"])
            yield from self.end_call(item)
        else:
            yield from self.message(item)

    def message(self, item: dict[str, Any]) -> Iterator[bytes]:
        index, item_id, part = len(self.items), item["id"], item["content"][0]
        place = {"output_index": index, "item_id": item_id, "content_index": 0}
        refused = part["type"] == "refusal"
        kind, name = ("refusal", "refusal") if refused else ("output_text", "text")
        more: dict[str, Any] = {} if refused else {"logprobs": []}
        empty = {**part, name: ""}
        yield self.event("output_item.added", output_index=index, item={**item, "status": "in_progress", "content": []})
        yield self.event("content_part.added", **place, part=empty)
        yield self.event(f"{kind}.delta", **place, delta=part[name], **more)
        yield self.event(f"{kind}.done", **place, **{name: part[name]}, **more)
        yield self.event("content_part.done", **place, part=part)
        yield self.event("output_item.done", output_index=index, item=item)
        self.items.append(item)


# -- what went in ----------------------------------------------------------------------------------------------------


def input_items(turn: Turn) -> list[dict[str, Any]]:
    """What had been said before the response was made, oldest first."""
    found: list[dict[str, Any]] = []
    for number, line in enumerate(turn.talk[: turn.given]):
        item_id = f"msg_{number}_{turn.id.removeprefix('resp_')}"
        if line.drawn:
            call = line.call or f"ig_{number}_{turn.id.removeprefix('resp_')}"
            found.append(
                {"id": call, "type": CALL, "status": "completed", "result": None, "revised_prompt": line.drawn}
            )
        if line.role == "assistant":
            found += [message_item(item_id, line.text)] if line.text else []
            continue
        content: list[dict[str, Any]] = [{"type": "input_text", "text": line.text}] if line.text else []
        content += [
            {"type": "input_image", "detail": "auto", **({"file_id": image} if image else {})} for image in line.images
        ]
        found.append({"id": item_id, "type": "message", "role": line.role, "status": "completed", "content": content})
    return found
