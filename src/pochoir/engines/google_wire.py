"""The JSON of Google's Gemini API: a request as one call's body, an answer as images with their usage. Pure.

Source: Google's API reference, https://ai.google.dev/api/generate-content.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import pybase64

from pochoir.domain.images import ImageRequest, ImageResult, Size
from pochoir.domain.money import Usage
from pochoir.engines import openai_wire as wire
from pochoir.engines.google_errors import held_back
from pochoir.engines.outcome import differences, format_of

TITLE: Final = "Google"
PICTURE: Final = "data"
"""The field of an answer that holds a picture in base64."""
RATIOS = ("1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9", "1:4", "4:1", "1:8", "8:1")
"""The shapes that `imageConfig.aspectRatio` takes (Google's reference, AspectRatio); not every model takes all."""
TIERS = ("512", "1K", "2K", "4K")
"""What `imageConfig.imageSize` takes; our qualities are called the same."""
_UNSIZED = ("gemini-2.5",)
"""Models that make one size only and refuse `imageSize`."""


def model_of(request: ImageRequest) -> str:
    return f"models/{request.snapshot or request.model}"


def body_of(request: ImageRequest, number: int = 0) -> dict[str, Any]:
    """The JSON of one call: words and images as parts, shape and size tier as `imageConfig`. Pure.

    `number` counts the images of the request: each gets a seed of its own, so that they differ.
    """
    parts: list[dict[str, Any]] = [{"text": request.prompt}]
    parts += [
        {"inlineData": {"mimeType": image.mime, "data": pybase64.b64encode_as_string(image.data)}}
        for image in request.references
    ]
    settings: dict[str, Any] = {"responseModalities": ["TEXT", "IMAGE"]}
    image: dict[str, str] = {}
    if (ratio := request.options.get("aspect_ratio")) is not None:
        image["aspectRatio"] = str(ratio)
    elif request.size is not None:
        image["aspectRatio"] = ratio_of(request.size)
    if request.quality in TIERS and not request.model.startswith(_UNSIZED):
        image["imageSize"] = str(request.quality)
    if image:
        settings["imageConfig"] = image
    if request.seed is not None:
        settings["seed"] = (request.seed + number) & 0x7FFFFFFF
    return {"contents": [{"role": "user", "parts": parts}], "generationConfig": settings}


def ratio_of(size: Size) -> str:
    """The nearest shape that Google takes."""
    wanted = size.width / size.height

    def off(name: str) -> float:
        width, height = (int(part) for part in name.split(":"))
        return max(wanted * height / width, width / height / wanted)

    return min(RATIOS, key=off)


def result_of(request: ImageRequest, answer: wire.Answer | None, references: int) -> ImageResult:
    """An answer's images, words and usage; `references` is how many images went in. Raises what stands instead."""
    if answer is None:
        raise wire.unreadable(TITLE)
    images, words = [], []
    for part in _parts(answer.head):
        inline = part.get("inlineData")
        if isinstance(inline, dict) and (b64 := answer.base64_of(inline, PICTURE)) is not None:
            images.append(wire.image_of(wire.decode(b64, TITLE), TITLE, {}, b64))
        elif isinstance(part.get("text"), str):
            words.append(part["text"].strip())
    if not images:
        raise held_back(answer.head, " ".join(words), TITLE)
    usage = usage_of(answer.head.get("usageMetadata"), len(images), references)
    version = answer.head.get("modelVersion")
    return ImageResult(
        images=tuple(replace(image, revised_prompt=" ".join(words)[:2_000]) for image in images),
        usage=usage or Usage(images=len(images), references=references),
        snapshot=version if isinstance(version, str) and version else request.snapshot or request.model,
        size=images[0].size,
        quality=request.quality,
        output_format=format_of(images[0].mime),
        notes=differences(request, images, TITLE, ("output_compression",)),
        usage_reported=usage is not None,
    )


def usage_of(data: Any, images: int, references: int) -> Usage | None:
    """`usageMetadata` as raw amounts. Thoughts and words are text out; what has no modality counts as images out."""
    if not isinstance(data, dict) or not isinstance(data.get("totalTokenCount"), int):
        return None
    given = _by_modality(data.get("promptTokensDetails"))
    made = _by_modality(data.get("candidatesTokensDetails"))
    prompt, answer, thoughts = (_count(data, f"{n}TokenCount") for n in ("prompt", "candidates", "thoughts"))
    image_in = given.get("IMAGE", 0)
    text_out = made.get("TEXT", 0)
    return Usage(
        text_in=max(0, prompt - image_in),
        image_in=image_in,
        text_out=text_out + thoughts,
        image_out=max(0, answer - text_out),
        images=images,
        references=references,
    )


def _by_modality(details: Any) -> dict[str, int]:
    items = details if isinstance(details, list) else []
    return {str(item.get("modality")): _count(item, "tokenCount") for item in items if isinstance(item, dict)}


def _count(data: Mapping[str, Any], name: str) -> int:
    value = data.get(name)
    return value if isinstance(value, int) and value > 0 else 0


def _parts(head: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The parts of the first candidate that are results."""
    candidates = head.get("candidates")
    first = candidates[0] if isinstance(candidates, list) and candidates else {}
    content = first.get("content") if isinstance(first, dict) else None
    parts = content.get("parts") if isinstance(content, dict) else None
    found = parts if isinstance(parts, list) else []
    return [part for part in found if isinstance(part, dict) and not part.get("thought")]
