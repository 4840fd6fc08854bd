"""What is written down of a request: its fingerprint, its artifacts with their provenance, and its result as data."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

import orjson

from pochoir.domain.errors import EngineError, Refused
from pochoir.domain.images import ImageInput, ImageRequest, ImageResult, OutputFormat
from pochoir.domain.money import Charge
from pochoir.features.images import masks
from pochoir.features.images.artifact import Artifact, Attempt, Made, Payer, Prepared
from pochoir.features.images.fallback import Fallback
from pochoir.infra.blobs import name_of
from pochoir.infra.clock import Clock

OnSend = Callable[[], None]
OnDrawn = Callable[[Made], None]


@dataclass(frozen=True, slots=True)
class Ask:
    """Who asks and under which name; see `ImagesService.create`."""

    asker: str
    key: str | None
    run: str | None
    path: str | None
    repeats: int
    origins: tuple[str, ...]
    payer: Payer | None
    wanted: ImageRequest
    fallback: Fallback | None
    mask: str | None = None
    markup: str | None = None
    """The names of mask and markup, where the request does not hold them any more."""
    on_send: OnSend | None = None
    on_drawn: OnDrawn | None = None

    @property
    def api_key(self) -> str | None:
        return self.payer.api_key if self.payer is not None else None


def artifacts_of(
    clock: Clock,
    prepared: Prepared,
    ask: Ask,
    attempt: Attempt,
    engine: str,
    result: ImageResult,
) -> list[Artifact]:
    """The artifacts of what was made; their `blob` is empty until `stored` names it."""
    request, names = prepared.request, clock.new_ids("img", len(result.images))
    return [
        Artifact(
            id=name,
            blob="",
            mime=image.mime,
            size=image.size,
            bytes=len(image.data),
            created=clock.stamp(),
            origin="generated",
            attempt=attempt.id,
            run=ask.run,
            path=ask.path,
            model=prepared.card.id,
            snapshot=result.snapshot,
            provenance={
                "prompt": request.prompt,
                "revised_prompt": image.revised_prompt,
                "model": prepared.card.id,
                "snapshot": result.snapshot,
                "engine": engine,
                "quality": result.quality or request.quality,
                "size": str(image.size),
                "background": result.background or request.background,
                "seed": image.seed if image.seed is not None else request.seed,
                "position": position,
                "references": list(ask.origins) or [name_of(item.data) for item in request.references],
                "mask": _named(request.mask) or ask.mask,
                **({"markup": markup} if (markup := _named(request.markup) or ask.markup) else {}),
                "asker": ask.asker,
                "notes": [*prepared.notes, *result.notes],
            },
        )
        for position, (name, image) in enumerate(zip(names, result.images, strict=True))
    ]


def stored(artifact: Artifact, blob: str, signed: list[dict[str, str]]) -> Artifact:
    """The artifact with its bytes stored as `blob`; `signed`: the kept inputs that carry a signed manifest."""
    ingredients = {"ingredients": signed} if signed else {}
    return replace(artifact, blob=blob, provenance={**artifact.provenance, **ingredients})


async def with_mask(request: ImageRequest, result: ImageResult) -> tuple[ImageResult, EngineError | None]:
    """The result with a strict mask kept, in a lossless format; or as it came, with the reason why it could not be kept."""
    if not request.strict_mask or request.mask is None:
        return result, None
    original, mask = request.references[0], request.mask
    try:
        images = [await asyncio.to_thread(masks.keep, image, original, mask) for image in result.images]
    except EngineError as error:
        return result, error
    written: OutputFormat = "webp" if any(image.mime == "image/webp" for image in images) else "png"
    told = [
        "What the mask protects is the original's, pixel for pixel; the seam is soft inside the part that may change."
    ]
    if {request.output_format or written, result.output_format} != {written}:
        told.append(f"The image is given as {written}, which keeps every pixel.")
    kept = replace(result, images=tuple(images), size=original.size, output_format=written)
    return replace(kept, notes=(*result.notes, *told)), None


def refusal_of(attempt: Attempt) -> Refused:
    """The refusal with which an attempt ended."""
    told = (attempt.result or {}).get("refusal", {})
    return Refused(attempt.error, **told)


def result_data(
    result: ImageResult,
    charge: Charge,
    prepared: Prepared,
    refusal: Refused | None = None,
    unkept: EngineError | None = None,
) -> dict[str, Any]:
    return {
        "usage": asdict(result.usage),
        "usage_reported": result.usage_reported,
        "snapshot": result.snapshot,
        "size": str(result.size),
        "quality": result.quality or prepared.request.quality,
        "background": result.background,
        "output_format": result.output_format,
        "images": len(result.images),
        "charge_microusd": charge.total,
        "basis": charge.basis,
        "notes": [*prepared.notes, *result.notes],
        "instead_of": prepared.instead_of,
        **({"refusal": _told(refusal)} if refusal is not None else {}),
        **({"unkept": unkept.message} if unkept is not None else {}),
    }


ASKED = "asked:"
IDENTIFIERS = frozenset({"user", "safety_identifier"})
"""Who asks, in the client's words: passed to models that take it, dropped for the others. No image changes by it."""


def fingerprint_of(request: ImageRequest) -> str:
    """SHA-256 over everything that is asked, images by their own hash, without who asks."""
    fields = {
        "model": request.model,
        "snapshot": request.snapshot,
        "prompt": request.prompt.encode("utf-8", "replace").decode(),  # half a character is refused by the checks
        "n": request.n,
        "size": str(request.size),
        "quality": request.quality,
        "background": request.background,
        "output_format": request.output_format,
        "output_compression": request.output_compression,
        "input_fidelity": request.input_fidelity,
        "moderation": request.moderation,
        "seed": request.seed,
        "options": {name: value for name, value in request.options.items() if name not in IDENTIFIERS},
        "references": [name_of(image.data) for image in request.references],
        "mask": _named(request.mask),
        "strict_mask": request.strict_mask,
        **({"markup": _named(request.markup)} if request.markup else {}),
    }
    return hashlib.sha256(orjson.dumps(fields, option=orjson.OPT_SORT_KEYS)).hexdigest()


def asked_hash(request: ImageRequest) -> str:
    """The fingerprint of a request as it was asked for, before anything is filled in: under a key it must come again."""
    return f"{ASKED}{fingerprint_of(request)}"


def _named(image: ImageInput | None) -> str | None:
    return name_of(image.data) if image is not None else None


def _told(refusal: Refused) -> dict[str, Any]:
    return {
        "categories": list(refusal.categories),
        "stage": refusal.stage,
        "source": refusal.source,
        "code": refusal.code,
    }
