"""Pixel operations on real files."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image, ImageCms

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


PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def profile_of(data: bytes) -> bytes | None:
    with Image.open(io.BytesIO(data)) as image:
        return image.info.get("icc_profile")


def saved(image: Image.Image, name: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, name, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("name", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("output", ["png", "jpeg", "webp"])
@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        ("resize", {"width": 30}),
        ("resize", {"width": 30, "height": 30, "fit": "contain"}),
        ("resize", {"width": 30, "height": 30, "fit": "stretch"}),
        ("crop", {"width": 30, "height": 30}),
        ("watermark", {"text": "ACME"}),
        ("format", {}),
    ],
)
def test_colours_keep_their_profile(name: str, output: str, operation: str, arguments: dict[str, object]) -> None:
    photo = saved(Image.new("RGB", (60, 40), (200, 30, 30)), name, icc_profile=PROFILE)
    assert profile_of(transform(photo, operation, {**arguments, "format": output}).data) == PROFILE
    assert profile_of(thumbnail(photo, 16).data) == PROFILE


@pytest.mark.parametrize("output", ["png", "jpeg", "webp"])
def test_a_profile_for_other_colours_is_left_out(output: str) -> None:
    """A profile says at its byte 16 which colours it is for; the rest of it is of no account here."""
    printed, grey = (PROFILE[:16] + space + PROFILE[20:] for space in (b"CMYK", b"GRAY"))
    cyan = saved(Image.new("CMYK", (60, 40), (255, 0, 0, 0)), "JPEG", icc_profile=printed)
    assert profile_of(transform(cyan, "format", {"format": output}).data) is None
    assert profile_of(thumbnail(cyan, 16).data) is None
    shades = saved(Image.new("L", (60, 40), 90), "PNG", icc_profile=grey)
    assert profile_of(transform(shades, "format", {"format": output}).data) == (None if output == "webp" else grey)


@pytest.mark.parametrize("output", ["png", "jpeg", "webp"])
def test_grey_of_sixteen_bits_stays_the_grey_that_it_is(output: str) -> None:
    grey = Image.new("I;16", (64, 8))
    for x in range(64):
        for y in range(8):
            grey.putpixel((x, y), x * 1024)
    data = saved(grey, "PNG")
    for made in (transform(data, "format", {"format": output, "quality": 100}).data, thumbnail(data, 64).data):
        with Image.open(io.BytesIO(made)) as image:
            shades = [image.convert("L").getpixel((x, 4)) for x in (0, 16, 32, 48, 63)]
        assert shades == pytest.approx([0, 63, 127, 191, 251], abs=4)


@pytest.mark.parametrize(("mode", "scale"), [("L", 1), ("I;16", 257)])
def test_a_clear_shade_of_grey_stays_clear_and_is_white_in_jpeg(mode: str, scale: int) -> None:
    data = saved(Image.new(mode, (8, 8), scale * 90), "PNG", transparency=scale * 90)
    for output in ("png", "webp", "jpeg"):
        with Image.open(io.BytesIO(transform(data, "format", {"format": output}).data)) as image:
            shown = image.convert("RGBA")
        assert shown.getchannel("A").getextrema() == ((255, 255) if output == "jpeg" else (0, 0))
        assert output != "jpeg" or shown.getpixel((4, 4)) == (255, 255, 255, 255)


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
