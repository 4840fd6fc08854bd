"""Strict masks on pictures whose every pixel is known."""

from __future__ import annotations

import io
import struct
import time
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import ExifTags, Image, ImageChops, ImageCms, ImageFilter

import pochoir
from pochoir.domain.errors import EngineError, InvalidImage, InvalidValue
from pochoir.domain.images import GeneratedImage, ImageInput, ImageRequest, ImageResult, Size
from pochoir.domain.money import Usage
from pochoir.engines.outcome import format_of
from pochoir.features.catalog.cards import load_cards
from pochoir.features.images import masks
from pochoir.features.images.written import with_mask
from pochoir.infra.sniff import check_image
from upstream.server import damaged

CARD = next(
    card for card in load_cards(Path(pochoir.__file__).parent / "features/catalog/cards") if card.id == "gpt-image-2"
)


def png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def given(image: Image.Image) -> ImageInput:
    return ImageInput(png(image), "image/png", Size(*image.size))


def noise(mode: str, size: tuple[int, int] = (192, 128)) -> Image.Image:
    """Every pixel differs from its neighbours, so any resampling or compression shows."""
    return Image.frombytes(mode, size, bytes((i * 7919 >> 3) & 255 for i in range(size[0] * size[1] * len(mode))))


def hole(size: tuple[int, int] = (192, 128)) -> Image.Image:
    """A mask that lets the right half change; a third of the protected part is half transparent."""
    mask = Image.new("RGBA", size, (0, 0, 0, 255))
    mask.paste((0, 0, 0, 1), (0, 0, size[0] // 3, size[1]))
    mask.paste((0, 0, 0, 0), (size[0] // 2, 0, *size))
    return mask


def answer(size: tuple[int, int] = (192, 128), mime: str = "image/png") -> GeneratedImage:
    out = io.BytesIO()
    Image.new("RGB", size, (250, 10, 10)).save(out, mime.partition("/")[2].upper())
    return GeneratedImage(out.getvalue(), mime, Size(*size))


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
@pytest.mark.parametrize("mime", ["image/png", "image/webp", "image/jpeg"])
@pytest.mark.parametrize("size", [(192, 128), (384, 256), (1536, 1024)])
def test_the_protected_half_is_the_originals_pixel_for_pixel(mode: str, mime: str, size: tuple[int, int]) -> None:
    before = noise(mode)
    kept = masks.keep(answer(size, mime), given(before), given(hole()))
    after = Image.open(io.BytesIO(kept.data))
    assert (kept.size, after.size) == (Size(192, 128), (192, 128))
    left = (0, 0, 96, 128)
    difference = ImageChops.difference(after.convert("RGBA").crop(left), before.convert("RGBA").crop(left))
    assert difference.getbbox(alpha_only=False) is None
    assert kept.mime == ("image/webp" if mime == "image/webp" else "image/png")
    assert kept.b64 is None


def test_the_editable_half_is_the_answers_but_for_a_soft_seam() -> None:
    kept = masks.keep(answer(), given(noise("RGB")), given(hole()))
    after = Image.open(io.BytesIO(kept.data)).convert("RGB")
    assert after.crop((102, 0, 192, 128)).getcolors() == [(90 * 128, (250, 10, 10))]


@pytest.mark.parametrize("width", [1, 3, 5, 9, 33])
def test_the_darkest_around_a_pixel_is_what_pillow_finds_slowly(width: int) -> None:
    spots = Image.effect_noise((200, 160), 200).point([0] * 21 + [255] * 235)
    framed = Image.new("L", (280, 240), 255)
    framed.paste(spots, (40, 40))
    slow = framed.filter(ImageFilter.MinFilter(width))
    assert ImageChops.difference(masks.eroded(framed, width), slow).getbbox() is None


def test_a_wide_seam_takes_hardly_longer_than_a_narrow_one() -> None:
    """Pillow's own filter looks at a hundred times as many pixels, and holds the whole process meanwhile."""
    image = Image.new("L", (1024, 1024), 255)

    def seconds(width: int) -> float:
        def once() -> float:
            began = time.process_time()
            masks.eroded(image, width)
            return time.process_time() - began

        return min(once() for _ in range(5))

    assert seconds(33) < 20 * seconds(3)


def test_a_profile_of_grey_does_not_come_with_the_answers_colours() -> None:
    grey = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    rgb, grey[16:20] = bytes(grey), b"GRAY"
    for mode, profile, kept in (("L", bytes(grey), None), ("RGB", rgb, rgb)):
        original = saved(noise(mode), icc_profile=profile)
        with Image.open(io.BytesIO(masks.keep(answer(), original, given(hole())).data)) as image:
            assert (image.mode, image.info.get("icc_profile")) == ("RGB", kept)


def test_an_answer_of_another_shape_is_not_bent_into_place() -> None:
    with pytest.raises(EngineError, match="1024x1024, another shape than the image's 192x128") as caught:
        masks.keep(answer((1024, 1024)), given(noise("RGB")), given(hole()))
    assert caught.value.may_have_been_charged


def test_what_cannot_be_kept_is_refused_before_it_is_asked() -> None:
    request = ImageRequest("gpt-image-2", "x", references=(given(noise("RGB")),), mask=given(hole()), strict_mask=True)
    assert masks.fitted(request, CARD).size == Size(1536, 1024)
    for change, param in (
        ({"mask": None}, "strict_mask"),
        ({"references": ()}, "strict_mask"),
        ({"size": Size(1024, 1024)}, "size"),
        ({"output_format": "jpeg"}, "output_format"),
        ({"output_compression": 80}, "output_compression"),
    ):
        with pytest.raises(InvalidValue) as caught:
            masks.fitted(replace(request, **change), CARD)
        assert caught.value.param == param
        assert caught.value.message.endswith((".", "out."))


def saved(image: Image.Image, kind: str = "PNG", **options: Any) -> ImageInput:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return check_image(out.getvalue(), 1 << 20, 1 << 20)


def turned(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    return exif


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_whatever_holds_eight_bits_a_colour_can_be_kept(mode: str) -> None:
    masks.check(saved(noise("RGB").convert(mode)), given(hole()))
    masks.check(saved(noise("RGB"), "JPEG", exif=turned(1)), given(hole()))
    masks.check(saved(noise("RGB"), "WEBP"), given(hole()))


def deep(channels: int) -> ImageInput:
    """A PNG of 16 bits a colour, which Pillow reads and, but for grey, does not write."""
    kind = {1: 0, 3: 2, 4: 6}[channels]
    rows = (b"\0" + bytes(range(16)) * channels) * 8
    head = struct.pack(">IIBBBBB", 8, 8, 16, kind, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n"
    for name, body in ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")):
        data += struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
    return check_image(data, 1 << 20, 1 << 20)


@pytest.mark.parametrize(
    ("original", "says"),
    [
        (deep(1), "8 bits a colour"),
        (deep(3), "8 bits a colour"),
        (deep(4), "8 bits a colour"),
        (saved(noise("RGB").convert("CMYK"), "JPEG"), "in RGB"),
        *((saved(noise("RGB"), "JPEG", exif=turned(way)), "Save it upright") for way in range(2, 9)),
        (saved(noise("RGB"), "PNG", exif=turned(6)), "Save it upright"),
        (ImageInput(damaged(png(noise("RGB"))), "image/png", Size(192, 128)), "Save it again"),
    ],
)
def test_an_image_whose_pixels_could_not_stay_as_they_are_is_refused(original: ImageInput, says: str) -> None:
    with pytest.raises(InvalidImage, match=says) as caught:
        masks.check(original, given(hole()))
    assert caught.value.param == "image"


def test_a_mask_that_is_damaged_inside_is_refused() -> None:
    mask = ImageInput(damaged(png(hole())), "image/png", Size(192, 128))
    with pytest.raises(InvalidImage, match=r"The mask cannot be read .* Save it again") as caught:
        masks.check(given(noise("RGB")), mask)
    assert caught.value.param == "mask"


@pytest.mark.parametrize(
    ("mime", "asked", "written", "told"),
    [
        ("image/png", "png", "png", ""),
        ("image/webp", None, "webp", ""),
        ("image/jpeg", "png", "png", "given as png"),
        ("image/jpeg", "webp", "png", "given as png"),
        ("image/webp", "png", "webp", "given as webp"),
        ("image/jpeg", None, "png", "given as png"),
    ],
)
async def test_the_format_that_is_told_is_that_of_the_bytes(mime: str, asked: Any, written: str, told: str) -> None:
    request = ImageRequest("m", "x", references=(given(noise("RGB")),), mask=given(hole()), strict_mask=True)
    made = ImageResult((answer(mime=mime),), Usage(), "snap", Size(192, 128), output_format=format_of(mime))
    kept, problem = await with_mask(replace(request, output_format=asked), made)
    assert problem is None
    assert kept.output_format == written
    assert Image.open(io.BytesIO(kept.images[0].data)).format == written.upper()
    assert told in kept.notes[-1]
    assert len(kept.notes) == (2 if told else 1)


async def test_an_answer_that_cannot_be_read_is_given_as_it_came() -> None:
    request = ImageRequest("m", "x", references=(given(noise("RGB")),), mask=given(hole()), strict_mask=True)
    broken = replace(answer(), data=damaged(answer().data))
    made = ImageResult((broken,), Usage(), "snap", Size(192, 128))
    kept, problem = await with_mask(request, made)
    assert kept == made
    assert problem is not None
    assert (problem.code, problem.may_have_been_charged) == ("mask_not_kept", True)
    assert "stored as it came" in problem.message
