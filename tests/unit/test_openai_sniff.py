"""Images are known by their bytes; what is no image, cut off or too big is refused in words."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from PIL import Image

from pochoir.domain.errors import InvalidImage, PochoirError, TooLarge
from pochoir.domain.images import Size
from pochoir.infra import malloc
from pochoir.infra.sniff import check_image, has_alpha, sniff

BIG = 50_000_000


def picture(kind: str, size: tuple[int, int] = (37, 21), mode: str = "RGB", **options: object) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, "red").save(out, kind, **options)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "mime"),
    [
        (picture("PNG"), "image/png"),
        (picture("PNG", mode="1"), "image/png"),
        (picture("JPEG"), "image/jpeg"),
        (picture("JPEG", progressive=True), "image/jpeg"),
        (picture("WEBP"), "image/webp"),
        (picture("WEBP", lossless=True), "image/webp"),
        (picture("WEBP", mode="RGBA"), "image/webp"),
        (picture("GIF"), "image/gif"),
        (picture("AVIF"), "image/avif"),
        (b'<svg xmlns="http://www.w3.org/2000/svg" width="37" height="21px"/>', "image/svg+xml"),
        (b'<?xml version="1.0"?>\n<svg viewBox="0 0 37 21"></svg>', "image/svg+xml"),
    ],
)
def test_kind_and_size_are_read_from_the_header(data: bytes, mime: str) -> None:
    assert sniff(data) == (mime, Size(37, 21))
    assert sniff(memoryview(data)) == (mime, Size(37, 21))


def test_a_jpeg_with_a_big_thumbnail_in_front_is_measured() -> None:
    exif = b"Exif\0\0" + b"\0" * 60_000
    assert sniff(picture("JPEG", exif=exif)) == ("image/jpeg", Size(37, 21))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_every_cut_is_refused_and_never_raises_anything_else(kind: str) -> None:
    data = picture(kind)
    for end in range(len(data) - 4):
        with pytest.raises(PochoirError, match=r"\.$"):
            check_image(data[:end], BIG, BIG)
    assert check_image(data, BIG, BIG).size == Size(37, 21)


def huge_png(width: int, height: int) -> bytes:
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    whole = struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    return b"\x89PNG\r\n\x1a\n" + whole + b"\0\0\0\0IEND\xaeB`\x82"


@pytest.mark.parametrize(
    ("data", "error", "words"),
    [
        (b"", InvalidImage, "The file is empty"),
        (b"just some words in a file", InvalidImage, "not an image, whatever its name says"),
        (b"%PDF-1.7 and so on", InvalidImage, "a PDF document"),
        (b"  <!DOCTYPE html><p>no</p>", InvalidImage, "a web page"),
        (picture("GIF"), InvalidImage, "a GIF. Save it as PNG"),
        (picture("TIFF"), InvalidImage, "a TIFF image"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", InvalidImage, "HEIC"),
        (huge_png(20_000, 15_000), InvalidImage, "300 megapixels; at most 100"),
        (b"\x89PNG\r\n\x1a\n" + b"not really a png at all, just the signature", InvalidImage, "damaged"),
        (picture("PNG") + b"\0" * 60_000_000, TooLarge, "47.7 MB are allowed"),
    ],
)
def test_what_cannot_go_in_is_refused_in_words(data: bytes, error: type[PochoirError], words: str) -> None:
    with pytest.raises(error, match=words) as caught:
        check_image(data, BIG, 100_000_000, name="mask")
    assert caught.value.param == "mask"
    assert caught.value.message.endswith(".")


def test_alpha_is_seen_in_the_header() -> None:
    assert has_alpha(picture("PNG", mode="RGBA"))
    assert has_alpha(picture("PNG", mode="LA"))
    assert not has_alpha(picture("PNG"))
    for lossless in (True, False):
        out = io.BytesIO()
        Image.new("RGBA", (8, 8), (255, 0, 0, 40)).save(out, "WEBP", lossless=lossless)
        assert has_alpha(out.getvalue())
    assert not has_alpha(picture("JPEG"))


def test_tuning_the_allocator_says_whether_it_did() -> None:
    assert malloc.tune() is malloc.tune()
