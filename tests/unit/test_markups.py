"""Which files can be laid on an image as its markup: a PNG, as large as the image is shown, that lets it through."""

from __future__ import annotations

import io
import struct
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import ExifTags, Image, ImageChops, ImageOps, ImageStat

from pochoir.domain.errors import InvalidImage, InvalidValue
from pochoir.domain.images import ImageInput, ImageRequest, Size
from pochoir.engines.replay import request_hash
from pochoir.features.images import markups
from pochoir.features.images.written import fingerprint_of
from pochoir.infra.sniff import check_image

WIDE = (48, 32)


def taken(image: Image.Image, kind: str = "PNG", **options: Any) -> ImageInput:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return check_image(out.getvalue(), 1 << 24, 1 << 24)


def notes(size: tuple[int, int] = WIDE, *, spots: int = 1, alpha: int = 0) -> Image.Image:
    """A layer that is covered but for `spots` pixels in its last row."""
    image = Image.new("RGBA", size, (200, 0, 0, 255))
    for x in range(spots):
        image.putpixel((x, size[1] - 1), (0, 0, 0, alpha))
    return image


def turned(orientation: int, kind: str = "JPEG") -> ImageInput:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    return taken(Image.new("RGB", WIDE), kind, exif=exif)


FIRST = taken(Image.new("RGB", WIDE))


def grey_with_a_clear_shade(shade: int) -> ImageInput:
    return taken(Image.new("L", WIDE, 7), transparency=shade)


@pytest.mark.parametrize(
    "markup",
    [
        taken(notes()),
        taken(notes(alpha=254)),
        taken(Image.new("RGBA", WIDE)),
        taken(notes().convert("LA")),
        taken(notes().quantize(8)),
        grey_with_a_clear_shade(7),
        taken(Image.new("RGB", WIDE, (1, 2, 3)), transparency=(1, 2, 3)),
    ],
)
def test_every_kind_of_png_that_lets_something_through(markup: ImageInput) -> None:
    markups.check(markup, FIRST)


@pytest.mark.parametrize(
    "markup",
    [
        taken(notes(spots=0)),
        taken(notes(spots=0).convert("LA")),
        taken(notes(spots=0).convert("RGB")),
        taken(notes(spots=0).convert("RGB").quantize(8)),
        grey_with_a_clear_shade(9),
    ],
)
def test_a_layer_that_hides_the_image_is_refused_whatever_its_header_says(markup: ImageInput) -> None:
    with pytest.raises(InvalidImage, match=r"no transparent pixels.*send that as PNG\.$") as caught:
        markups.check(markup, FIRST)
    assert (caught.value.param, caught.value.code) == ("markup", "invalid_image_file")


@pytest.mark.parametrize("kind", ["WEBP", "JPEG"])
def test_other_files_are_refused_by_name(kind: str) -> None:
    image = notes() if kind == "WEBP" else notes().convert("RGB")
    with pytest.raises(InvalidImage, match=f"is a {kind.lower()} file.*PNG and send that") as caught:
        markups.check(taken(image, kind), FIRST)
    assert caught.value.param == "markup"


def test_a_damaged_layer_is_refused_in_words() -> None:
    whole = taken(notes((300, 300), spots=200)).data
    at = whole.index(b"IDAT") + 4
    data = whole[:at] + b"\0" * 40 + whole[at + 40 :]
    broken = ImageInput(data, "image/png", Size(300, 300))
    with pytest.raises(
        InvalidImage, match=r"The markup cannot be read .* Save it again as PNG and send that\.$"
    ) as caught:
        markups.check(broken, taken(Image.new("RGB", (300, 300))))
    assert caught.value.param == "markup"


@given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 60), st.integers(1, 60))
@example(20, 30, 30, 20)
def test_only_the_images_own_size_will_do(width: int, height: int, wide: int, high: int) -> None:
    first, markup = taken(Image.new("RGB", (width, height))), taken(Image.new("RGBA", (wide, high)))
    if (width, height) == (wide, high):
        markups.check(markup, first)
        return
    with pytest.raises(InvalidValue, match=f"is {wide}x{high} and the image {width}x{height}") as caught:
        markups.check(markup, first)
    assert caught.value.param == "markup"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_it_is_as_large_as_the_image_is_shown(kind: str, orientation: int) -> None:
    photo = turned(orientation, kind)
    shown = ImageOps.exif_transpose(Image.open(io.BytesIO(photo.data))).size
    assert markups.shown_size(photo) == Size(*shown)
    markups.check(taken(notes(shown)), photo)
    with pytest.raises(InvalidValue, match=f"and the image {shown[0]}x{shown[1]}"):
        markups.check(taken(notes(shown[::-1])), photo)


def half_gone(whole: ImageInput) -> ImageInput:
    """Cut off in its pixels, with an end mark that belongs to a thumbnail which the camera put into the header."""
    thumb = taken(Image.new("RGB", (16, 16)), "JPEG").data
    start = b"\xff\xd8\xff\xe2" + struct.pack(">H", len(thumb) + 2) + thumb
    return check_image(start + whole.data[2 : len(whole.data) // 2], 1 << 24, 1 << 24)


def test_a_photo_that_cannot_be_turned_is_refused_in_words() -> None:
    noise = Image.effect_noise((400, 300), 90).convert("RGB")
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    whole = taken(noise, "JPEG", exif=exif)
    mask = taken(Image.new("RGBA", (300, 400)))
    assert markups.upright(whole, mask) is not None
    with pytest.raises(InvalidImage, match=r"The image cannot be read .* Save it again") as caught:
        markups.upright(half_gone(whole), mask)
    assert caught.value.param == "image"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_is_turned_upright_with_its_mask(kind: str, orientation: int) -> None:
    photo = turned(orientation, kind)
    shown = ImageOps.exif_transpose(Image.open(io.BytesIO(photo.data))).convert("RGB")
    mask = notes(shown.size)
    found = markups.upright(photo, taken(mask))
    if orientation == 1:
        assert found is None
        return
    assert found is not None
    image, layer = found
    opened = Image.open(io.BytesIO(image.data))
    assert (image.mime, image.size, dict(opened.getexif())) == (photo.mime, Size(*shown.size), {})
    assert max(ImageStat.Stat(ImageChops.difference(opened.convert("RGB"), shown)).mean) < 6
    assert layer.data == taken(mask).data
    if orientation >= 5:
        stored = mask.transpose(BACK[orientation])
        _, turned_too = markups.upright(photo, taken(stored)) or (None, None)
        assert turned_too is not None
        assert Image.open(io.BytesIO(turned_too.data)).convert("RGBA").tobytes() == mask.convert("RGBA").tobytes()
    with pytest.raises(InvalidValue, match=r"the image .* Make them the same width and height\.$") as caught:
        markups.upright(photo, taken(notes((7, 9))))
    assert caught.value.param == "mask"


BACK = {
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
"""From how a photo is shown to how it is stored."""


def orientation_tag(kind: int, count: int, value: bytes) -> bytes:
    """EXIF with nothing but an orientation, of whatever type."""
    entry = struct.pack("<HHI4s", 0x112, kind, count, value)
    return b"Exif\0\0II*\0" + struct.pack("<IH", 8, 1) + entry + struct.pack("<I", 0)


@pytest.mark.parametrize(
    "exif",
    [
        orientation_tag(2, 2, b"6\0\0\0"),
        orientation_tag(7, 4, b"\6\0\0\0"),
        orientation_tag(3, 1, b"\x09\0\0\0"),
        orientation_tag(3, 1, b"\0\0\0\0"),
        b"Exif\0\0not a TIFF header",
    ],
)
def test_an_orientation_that_means_nothing_turns_nothing(exif: bytes) -> None:
    assert markups.shown_size(taken(Image.new("RGB", WIDE), "JPEG", exif=exif)) == Size(*WIDE)


@pytest.mark.filterwarnings("ignore::UserWarning")
@given(st.binary(max_size=60))
def test_whatever_stands_in_the_exif_an_image_has_a_size(junk: bytes) -> None:
    photo = taken(Image.new("RGB", WIDE), "JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0" + junk)
    assert markups.shown_size(photo) in {Size(*WIDE), Size(*WIDE[::-1])}


def test_requests_without_one_keep_the_names_that_they_had() -> None:
    """Keys and recordings from before there were markups are found again; two markups are two requests."""
    picture = ImageInput(b"abc", "image/png", Size(1, 1))
    plain = ImageRequest("gpt-image-2.5-flare", "A fox", references=(picture,), mask=picture)
    assert fingerprint_of(plain) == "736dc922639307d035a5e49a309a80a6fc264967cf7f6081a9a86e62d8a1a62b"
    assert request_hash(plain) == "8b21e385e5894c411be6f825c1905b34"
    drawn = [replace(plain, mask=None, markup=replace(picture, data=data)) for data in (b"abc", b"def")]
    for name in (fingerprint_of, request_hash):
        assert len({name(request) for request in (plain, replace(plain, mask=None), *drawn)}) == 4
