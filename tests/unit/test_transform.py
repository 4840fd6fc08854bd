"""Pixel operations on real files."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from pochoir.domain.errors import InvalidImage, InvalidValue
from pochoir.domain.images import Size
from pochoir.features.images.transform import thumbnail, transform


def png(width: int = 60, height: int = 40, mode: str = "RGBA") -> bytes:
    image = Image.new(mode, (width, height), (200, 30, 30, 255)[: len(mode)])
    image.putpixel((0, 0), (0, 0, 255, 0)[: len(mode)])
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("arguments", "size"),
    [
        ({"width": 30}, Size(30, 20)),
        ({"height": 80}, Size(120, 80)),
        ({"width": 50, "height": 50}, Size(50, 50)),
        ({"width": 50, "height": 50, "fit": "contain"}, Size(50, 50)),
        ({"width": 10, "height": 90, "fit": "stretch"}, Size(10, 90)),
    ],
)
def test_resize(arguments: dict[str, object], size: Size) -> None:
    picture = transform(png(), "resize", arguments)
    assert picture.size == size
    with Image.open(io.BytesIO(picture.data)) as image:
        assert image.size == (size.width, size.height)


def test_crop_takes_the_corner_that_is_named() -> None:
    picture = transform(png(), "crop", {"width": 1, "height": 1, "position": "top left"})
    with Image.open(io.BytesIO(picture.data)) as image:
        assert image.getpixel((0, 0)) == (0, 0, 255, 0)


def test_jpeg_puts_transparency_on_white() -> None:
    picture = transform(png(), "format", {"format": "jpeg", "quality": 100})
    assert picture.mime == "image/jpeg"
    with Image.open(
        io.BytesIO(transform(png(), "crop", {"width": 1, "height": 1, "position": "top left", "format": "jpeg"}).data)
    ) as image:
        pixel = image.getpixel((0, 0))
    assert isinstance(pixel, tuple)
    assert min(pixel) > 240


def test_watermark_changes_the_named_corner_only() -> None:
    plain = png(400, 300, "RGB")
    marked = transform(plain, "watermark", {"text": "ACME", "position": "bottom right", "opacity": 1})
    with Image.open(io.BytesIO(plain)) as before, Image.open(io.BytesIO(marked.data)) as after:
        top = (0, 0, 400, 150)
        assert before.crop(top).tobytes() == after.crop(top).tobytes()
        assert before.tobytes() != after.tobytes()


def test_thumbnail_of_svg() -> None:
    svg = (
        b'<svg xmlns="http://www.w3.org/2000/svg" width="300" height="100">'
        b'<rect width="300" height="100" fill="red"/></svg>'
    )
    small = thumbnail(svg, 60)
    assert small.mime == "image/webp"
    assert small.size == Size(60, 20)


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        ("crop", {"width": 9999 // 2, "height": 10}),
        ("resize", {}),
        ("resize", {"width": -5}),
        ("watermark", {"text": " "}),
        ("twirl", {}),
        ("format", {"format": "bmp"}),
        ("format", {"wibble": 1}),
    ],
)
def test_what_cannot_be_done_is_refused(operation: str, arguments: dict[str, object]) -> None:
    with pytest.raises(InvalidValue):
        transform(png(), operation, arguments)


@pytest.mark.parametrize(
    ("width", "height", "arguments"),
    [
        (800, 400, {"height": 8192}),
        (20_000, 2, {"height": 8192}),
        (2, 20_000, {"width": 100}),
        (3, 2, {"height": 8192}),
    ],
)
def test_a_side_that_follows_from_the_other_is_bounded_as_well(
    width: int, height: int, arguments: dict[str, object]
) -> None:
    [given] = arguments
    with pytest.raises(InvalidValue, match=f"8,192 pixels a side .* Choose a smaller {given}, or say both") as caught:
        transform(png(width, height, "L"), "resize", arguments)
    assert caught.value.param == given


def test_the_largest_that_can_be_made_can_be_shown() -> None:
    largest = transform(png(8, 4, "L"), "resize", {"width": 8192})
    assert largest.size == Size(8192, 4096)
    assert thumbnail(largest.data, 128).size == Size(128, 64)


@pytest.mark.parametrize(("width", "name"), [(16_384, "webp"), (65_501, "webp"), (65_501, "jpeg")])
def test_a_format_that_is_too_small_for_an_image_says_which_is_not(width: int, name: str) -> None:
    wide = png(width, 1, "L")
    with pytest.raises(
        InvalidValue, match=rf"{name.upper()} file cannot hold .* {width}x1 .* Use png, or make it smaller"
    ):
        transform(wide, "format", {"format": name})
    assert transform(wide, "format", {"format": "png"}).size == Size(width, 1)


@pytest.mark.parametrize("data", [b"", b"no image at all", png()[:60], b"<svg this is not"])
def test_unreadable_bytes_say_so(data: bytes) -> None:
    with pytest.raises(InvalidImage):
        transform(data, "format", {"format": "png"})


@pytest.mark.parametrize(
    "svg",
    [
        b'<svg xmlns="http://www.w3.org/2000/svg" width="0" height="1"/>',
        b"<?xml version='1.0'?><html></html>",
        b'<?xml version="1.0"?><!DOCTYPE s [<!ENTITY a "aaaa">]><svg xmlns="http://www.w3.org/2000/svg"/>',
        b'<svg xmlns="http://www.w3.org/2000/svg" width="99999" height="99999"/>',
    ],
)
def test_hostile_svg_is_refused(svg: bytes) -> None:
    with pytest.raises(InvalidImage):
        thumbnail(svg, 64)
