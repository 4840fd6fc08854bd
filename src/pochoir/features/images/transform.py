"""Pixel operations on stored images: resize, crop, format, watermark, thumbnail. Bytes in, bytes out; blocks."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from PIL import Image, ImageOps
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pochoir.domain.errors import InvalidImage, InvalidValue
from pochoir.domain.faults import reason
from pochoir.domain.images import Size
from pochoir.features.images.opening import fitting, opened, profile_of
from pochoir.features.images.watermark import marked, unset
from pochoir.infra.svg import render

MAX_PIXELS = 100_000_000
"""Pixels of an image that may be decoded here; Pillow's own bomb guard stands a little above it."""

MAX_EDGE = 8192
"""Pixels of a side that may be asked for, and that a side may get which follows from the other."""

_FORMATS = {"png": "PNG", "jpeg": "JPEG", "webp": "WEBP"}
_MIMES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}
_MODES = {"PNG": ("RGB", "RGBA", "L"), "JPEG": ("RGB", "L"), "WEBP": ("RGB", "RGBA")}
Fit = Literal["cover", "contain", "stretch"]
Draw = Callable[[bytes], bytes]
"""From an SVG to PNG bytes."""


class Arguments(BaseModel):
    """Arguments of all operations; sizes in pixels, opacity from 0 to 1."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    width: int | None = Field(default=None, ge=1, le=MAX_EDGE)
    height: int | None = Field(default=None, ge=1, le=MAX_EDGE)
    fit: Fit = "cover"
    format: Literal["png", "jpeg", "webp"] | None = None
    quality: int = Field(default=90, ge=1, le=100)
    text: str = Field(default="", max_length=200)
    position: str = "bottom right"
    opacity: float = Field(default=0.6, ge=0, le=1)


@dataclass(frozen=True, slots=True)
class Picture:
    """Encoded bytes with what they are. `notes` say what could not be done as it was asked."""

    data: bytes
    mime: str
    size: Size
    notes: tuple[str, ...] = ()


def transform(data: bytes, operation: str, arguments: Mapping[str, Any], draw: Draw = render) -> Picture:
    """Apply one operation. Raises InvalidValue for what cannot be done and InvalidImage for bytes that cannot be read."""
    given = {name: value for name, value in arguments.items() if value is not None}
    try:
        wanted = Arguments.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InvalidValue(f"{operation}: '{place}' does not fit: {reason(first)}. Change it.", param=place) from error
    image = decode(data, draw=draw)
    source, profile = image.format or "PNG", profile_of(image)
    note = ""
    if operation == "resize":
        image = _resize(image, wanted)
    elif operation == "crop":
        image = _crop(image, wanted)
    elif operation == "watermark":
        image = marked(image, wanted.text, _anchor(wanted.position), wanted.opacity)
        note = unset(wanted.text)
    elif operation != "format":
        raise InvalidValue(
            f"There is no operation '{operation}'. Use resize, crop, format or watermark.", param="operation"
        )
    picture = encode(image, _FORMATS[wanted.format] if wanted.format else source, wanted.quality, profile)
    return replace(picture, notes=(note,)) if note else picture


def decode(data: bytes, edge: int = 0, draw: Draw = render) -> Image.Image:
    """Open an image upright, with its pixels loaded; SVG is rendered, by `draw`. Raises InvalidImage.

    `edge`: so many pixels a side are enough; a JPEG is then not decoded at its whole size.
    """
    if data[:400].lstrip().startswith((b"<svg", b"<?xml")):
        data = draw(data)
    with opened(data) as image:
        if image.width * image.height > MAX_PIXELS:
            raise InvalidImage(
                f"The image has {image.width * image.height:,} pixels; {MAX_PIXELS:,} is the most. Make it smaller."
            )
        name = image.format
        if edge:
            share = 2 * edge / max(image.size)
            image.draft(None, (math.ceil(image.width * share), math.ceil(image.height * share)))
        image.load()
        ImageOps.exif_transpose(image, in_place=True)
        shown = _in_eight_bits(image)
        shown.format = name
        return shown


def _in_eight_bits(image: Image.Image) -> Image.Image:
    """In 8 bits a colour, which can be mixed: Pillow scales palettes and bare black and white by leaving pixels out.

    Grey of 16 bits is scaled: Pillow's own conversion cuts it off, so that nearly all of it becomes white.
    """
    if image.mode in {"P", "PA", "1"}:
        plain = "L" if image.mode == "1" else "RGB"
        return image.convert("RGBA" if image.has_transparency_data else plain)
    if not image.mode.startswith("I"):
        return image
    grey = image.convert("I").point(lambda value: value * (1 / 257)).convert("L")
    if "transparency" in grey.info:
        grey.info["transparency"] //= 257
    return grey


def encode(image: Image.Image, name: str, quality: int = 90, profile: bytes | None = None) -> Picture:
    """Encode as PNG, JPEG (transparency on white) or WebP; other formats become PNG. `profile`: the ICC profile."""
    name = name if name in _MIMES else "PNG"
    clear, fits = image.has_transparency_data, image.mode in _MODES[name]
    if name == "JPEG" and (clear or not fits):
        rgba = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB")
    elif not fits:
        image = image.convert("RGBA" if clear else "RGB")
    buffer = io.BytesIO()
    options: dict[str, Any] = {"compress_level": 3} if name == "PNG" else {"quality": quality}
    if name == "WEBP":
        options["method"] = 2
    options["icc_profile"] = fitting(profile, image.mode)
    try:
        image.save(buffer, name, **options)
    except (OSError, ValueError) as error:
        raise InvalidValue(
            f"A {name} file cannot hold this image of {image.width}x{image.height} ({error}). Use png, or make it "
            "smaller: WebP takes up to 16,383 pixels a side, JPEG up to 65,500.",
            param="format",
        ) from error
    return Picture(buffer.getvalue(), _MIMES[name], Size(image.width, image.height))


def thumbnail(data: bytes, edge: int, draw: Draw = render) -> Picture:
    """A WebP that fits into `edge` x `edge` pixels."""
    image = decode(data, edge, draw)
    profile = profile_of(image)
    image.thumbnail((edge, edge))
    return encode(image, "WEBP", 82, profile)


def _target(image: Image.Image, wanted: Arguments) -> tuple[int, int]:
    if wanted.width is None and wanted.height is None:
        raise InvalidValue("Say a width or a height in pixels.", param="width")
    width = wanted.width or max(1, round(image.width * (wanted.height or 1) / image.height))
    height = wanted.height or max(1, round(image.height * (wanted.width or 1) / image.width))
    return width, height


def _bounded(image: Image.Image, wanted: Arguments) -> tuple[int, int]:
    """The target of a resize. The side that was left open grows with the other one, and may grow too long."""
    width, height = _target(image, wanted)
    if max(width, height) > MAX_EDGE or width * height > MAX_PIXELS:
        given, value = ("width", width) if wanted.width else ("height", height)
        raise InvalidValue(
            f"A {given} of {value:,} would make this image {width:,}x{height:,}; {MAX_EDGE:,} pixels a side and "
            f"{MAX_PIXELS:,} in all are the most. Choose a smaller {given}, or say both.",
            param=given,
        )
    return width, height


def _anchor(position: str) -> tuple[float, float]:
    """Read `top left`, `center`, `bottom right` … as shares of the free width and height."""
    words = set(position.lower().split())
    across = 0.0 if "left" in words else 1.0 if "right" in words else 0.5
    down = 0.0 if "top" in words else 1.0 if "bottom" in words else 0.5
    return across, down


def _resize(image: Image.Image, wanted: Arguments) -> Image.Image:
    target = _bounded(image, wanted)
    if wanted.fit == "stretch":
        return image.resize(target, Image.Resampling.LANCZOS)
    if wanted.fit == "contain":
        return ImageOps.pad(image.convert("RGBA"), target, Image.Resampling.LANCZOS, color=(0, 0, 0, 0))
    return ImageOps.fit(image, target, Image.Resampling.LANCZOS)


def _crop(image: Image.Image, wanted: Arguments) -> Image.Image:
    width, height = _target(image, wanted)
    if width > image.width or height > image.height:
        raise InvalidValue(
            f"A crop of {width}x{height} does not fit into an image of {image.width}x{image.height}. Choose a smaller one.",
            param="width",
        )
    across, down = _anchor(wanted.position)
    left, top = round((image.width - width) * across), round((image.height - height) * down)
    return image.crop((left, top, left + width, top + height))
