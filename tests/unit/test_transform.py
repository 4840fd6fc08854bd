"""Pixel operations on real files."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import ExifTags, Image, ImageChops, ImageCms

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


@pytest.mark.parametrize("text", ["日本語", "Привет", "עברית", "ไทย", "© Müller – 한국"])
def test_a_watermark_is_set_in_letters_of_every_script(text: str) -> None:
    """A box stands for what a typeface lacks: the same words with another character in them would look the same."""
    plain = png(400, 300, "RGB")
    marks = {transform(plain, "watermark", {"text": one}).data for one in (text, text[::-1], text[1:] + text[0])}
    assert len(marks) == 3


@pytest.mark.parametrize("position", ["top left", "center", "bottom right", "left", "bottom"])
@pytest.mark.parametrize("text", ["ACME " * 40, "x" * 200, "No copies. " * 11])
@pytest.mark.parametrize(("width", "height"), [(300, 200), (2000, 40), (40, 900)])
def test_a_long_watermark_is_made_smaller_until_it_fits(text: str, position: str, width: int, height: int) -> None:
    plain = saved(Image.new("RGB", (width, height), "green"), "PNG")
    marked = transform(plain, "watermark", {"text": text, "position": position, "opacity": 1})
    with Image.open(io.BytesIO(marked.data)) as image:
        ink = ImageChops.difference(image.convert("RGB"), Image.new("RGB", image.size, "green")).getbbox()
    assert ink is not None
    assert ink[0] > 0
    assert ink[1] > 0
    assert ink[2] < width
    assert ink[3] < height


def test_what_no_typeface_has_is_said_and_the_rest_of_a_watermark_is_set() -> None:
    plain = png(400, 300, "RGB")
    marked = transform(plain, "watermark", {"text": "a\U00012000b\u202e"})
    [note] = marked.notes
    assert note.startswith("No typeface here has \U00012000, U+202E, so the watermark lacks it.")
    assert marked.data != transform(plain, "watermark", {"text": "x\U00012000y\u202e"}).data, "the letters are there"
    assert transform(plain, "watermark", {"text": "Approved"}).notes == ()


def test_a_watermark_of_which_no_typeface_has_anything_is_refused() -> None:
    with pytest.raises(InvalidValue, match=r"No typeface here has \U00012000\. Say the text") as caught:
        transform(png(), "watermark", {"text": "\U00012000 \U00012000"})
    assert caught.value.param == "text"


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "PA"])
def test_what_is_clear_stays_clear_under_a_watermark(mode: str) -> None:
    image = Image.new("RGBA", (200, 100), (0, 0, 0, 0))
    image.paste((255, 0, 0, 255), (50, 20, 150, 80))
    data = saved(image.quantize(8) if mode[0] == "P" else image.convert(mode), "PNG")
    for operation, arguments in (("watermark", {"text": "hi"}), ("resize", {"width": 100}), ("format", {})):
        with Image.open(io.BytesIO(transform(data, operation, arguments).data)) as made:
            shown = made.convert("RGBA").getchannel("A")
        assert (shown.getpixel((1, 1)), shown.getpixel((made.width // 2, made.height // 2))) == (0, 255)


@pytest.mark.parametrize(("mode", "made"), [("P", "RGB"), ("1", "L")])
def test_palettes_and_black_and_white_are_mixed_when_they_are_made_smaller(mode: str, made: str) -> None:
    lines = Image.new("L", (400, 400), 255)
    for y in range(0, 400, 4):
        lines.paste(0, (0, y, 400, y + 2))
    data = saved(lines.convert("RGB").quantize(2) if mode == "P" else lines.convert(mode), "PNG")
    for small in (transform(data, "resize", {"width": 50}), thumbnail(data, 50)):
        with Image.open(io.BytesIO(small.data)) as image:
            assert small.mime == "image/webp" or image.mode == made
            lightest = image.convert("L").crop((5, 5, 45, 45)).getextrema()
        assert lightest == pytest.approx((127, 127), abs=8)


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
    ("right", "wrong"),
    [(b"\x01\x0e\x00\x02", b"\x01\x00\x00\x02"), (b"\x00\x02\x00\x05", b"\x00\x02\x00\x01")],
)
def test_a_turned_photo_with_broken_details_says_so(right: bytes, wrong: bytes) -> None:
    """Its width is a word, its latitude no number: Pillow stumbles when it writes that of the photo it has turned."""
    exif = Image.Exif()
    exif.endian = ">"
    exif[ExifTags.Base.Orientation] = 6
    exif[ExifTags.Base.ImageDescription] = "hello"
    exif[ExifTags.Base.GPSInfo] = {1: "N", 2: (1.0, 2.0, 3.0)}
    whole = saved(Image.new("RGB", (60, 40), "green"), "JPEG", exif=exif)
    assert transform(whole, "format", {}).size == Size(40, 60)
    assert whole.count(right) == 1
    with pytest.raises(InvalidImage, match=r"The image cannot be read .* Save it again"):
        transform(whole.replace(right, wrong), "format", {})


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
