"""What bytes are: kind and size of an image read from its header, without decoding a pixel.

`sniff` answers for whatever comes back from engines; `check_image` guards whatever people and programs send in.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable

from pochoir.domain.errors import InvalidImage, TooLarge
from pochoir.domain.images import ImageInput, Size

ACCEPTED = ("image/png", "image/jpeg", "image/webp")
"""What engines take in; the limit of OpenAI's edits route."""

_PNG = b"\x89PNG\r\n\x1a\n"
_OTHERS = (
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"II*\x00", "a TIFF image"),
    (b"MM\x00*", "a TIFF image"),
    (b"BM", "a BMP image"),
    (b"8BPS", "a Photoshop document"),
    (b"<!doctype html", "a web page"),
    (b"<html", "a web page"),
    (b"{", "JSON text"),
)
_SVG_TAG = re.compile(rb"<svg\b[^>]*>", re.IGNORECASE)
_SVG_EDGE = re.compile(rb"""\s(width|height)\s*=\s*["']\s*([0-9.]+)(?:px)?\s*["']""", re.IGNORECASE)
_SVG_VIEW = re.compile(rb"""\sviewBox\s*=\s*["']\s*[-0-9.]+[\s,]+[-0-9.]+[\s,]+([0-9.]+)[\s,]+([0-9.]+)""")


def sniff(data: bytes | memoryview) -> tuple[str, Size] | None:
    """The media type and the size in pixels, or None when the bytes are no image known here or end in their header."""
    head = bytes(data[:64])
    try:
        for matches, mime, measure in _KINDS:
            if matches(head):
                size = measure(data)
                return (mime, size) if size and size.width and size.height else None
    except (struct.error, IndexError, ValueError, OverflowError):
        return None
    return None


def check_image(data: bytes, max_bytes: int, max_pixels: int, *, name: str = "image") -> ImageInput:
    """An image that may go in, sniffed and bounded. `name` is the field that a complaint names.

    Raises InvalidImage or TooLarge with a sentence that ends in what to do. The media type that a sender claims is of no
    account: the bytes decide.
    """
    if not data:
        raise InvalidImage("The file is empty. Choose a PNG, JPEG or WebP image.", param=name)
    if len(data) > max_bytes:
        raise TooLarge(
            f"The image has {_megabytes(len(data))} MB; {_megabytes(max_bytes)} MB are allowed. Make it smaller.",
            param=name,
        )
    found = sniff(data)
    if found is None:
        raise InvalidImage(_complaint(data), param=name)
    mime, size = found
    if mime not in ACCEPTED:
        raise InvalidImage(f"This is {_KIND_NAMES[mime]}. Save it as PNG, JPEG or WebP and send that.", param=name)
    if size.pixels > max_pixels:
        raise InvalidImage(
            f"The image is {size}, {size.pixels / 1_000_000:,.0f} megapixels; at most {max_pixels / 1_000_000:,.0f} are "
            "allowed. Scale it down.",
            param=name,
        )
    if not _whole(data, mime):
        raise InvalidImage("The image is cut off before its end. Send the whole file.", param=name)
    return ImageInput(data, mime, size)


def has_alpha(data: bytes) -> bool:
    """Whether a PNG or WebP says in its header that it has transparent pixels, as a mask must."""
    if data.startswith(_PNG):
        return data[25] in {4, 6} or b"tRNS" in data[33:4096]
    if data[8:12] == b"WEBP":
        kind = data[12:16]
        return bool(data[20] & 0x10) if kind == b"VP8X" else kind == b"VP8L" and bool(data[24] & 0x10)
    return False


def _megabytes(count: int) -> str:
    return f"{count / 1_048_576:.1f}".removesuffix(".0")


def _complaint(data: bytes) -> str:
    head = data[:64].lstrip().lower()
    if any(matches(data[:64]) for matches, _, _ in _KINDS):
        return "The image is damaged or cut off within its header. Send the whole file, or save it anew."
    if data[4:12] in {b"ftypheic", b"ftypheix", b"ftypmif1"}:
        return "This is a HEIC photo, which models do not take. Save it as JPEG and send that."
    for start, what in _OTHERS:
        if head.startswith(start.lower()):
            return f"This is {what}, not an image that models take. Send a PNG, JPEG or WebP."
    return "This file is not an image, whatever its name says. Send a PNG, JPEG or WebP."


def _png(data: bytes | memoryview) -> Size | None:
    head = bytes(data[8:33])
    if head[4:8] != b"IHDR" or struct.unpack(">I", head[21:25])[0] != zlib.crc32(head[4:21]):
        return None
    return Size(*struct.unpack(">II", head[8:16]))


def _jpeg(data: bytes | memoryview) -> Size | None:
    at = 2
    while at + 9 <= len(data):
        if data[at] != 0xFF:
            return None
        marker = data[at + 1]
        if marker == 0xFF or 0xD0 <= marker <= 0xD8 or marker == 0x01:
            at += 1 if marker == 0xFF else 2
            continue
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            height, width = struct.unpack(">HH", bytes(data[at + 5 : at + 9]))
            return Size(width, height)
        if marker in {0xD9, 0xDA}:
            return None
        at += 2 + int(struct.unpack(">H", bytes(data[at + 2 : at + 4]))[0])
    return None


def _webp(data: bytes | memoryview) -> Size | None:
    kind, body = bytes(data[12:16]), bytes(data[20:30])
    if kind == b"VP8X":
        return Size(1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little"))
    if kind == b"VP8L" and body[0] == 0x2F:
        bits = int.from_bytes(body[1:5], "little")
        return Size((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    if kind == b"VP8 " and body[3:6] == b"\x9d\x01\x2a":
        width, height = struct.unpack("<HH", body[6:10])
        return Size(width & 0x3FFF, height & 0x3FFF)
    return None


def _gif(data: bytes | memoryview) -> Size | None:
    return Size(*struct.unpack("<HH", bytes(data[6:10])))


def _avif(data: bytes | memoryview) -> Size | None:
    """The `ispe` box (image spatial extents) carries the size; it stands in the first few kilobytes."""
    head = bytes(data[:8192])
    at = head.find(b"ispe")
    return Size(*struct.unpack(">II", head[at + 8 : at + 16])) if at > 0 else None


def _svg(data: bytes | memoryview) -> Size | None:
    tag = _SVG_TAG.search(bytes(data[:4096]))
    if tag is None:
        return None
    edges = {name.lower(): float(value) for name, value in _SVG_EDGE.findall(tag[0])}
    if len(edges) < 2:
        view = _SVG_VIEW.search(tag[0])
        if view is None:
            return None
        edges = {b"width": float(view[1]), b"height": float(view[2])}
    return Size(round(edges[b"width"]), round(edges[b"height"]))


def _is_svg(head: bytes) -> bool:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return text.startswith((b"<svg", b"<?xml")) or (text.startswith(b"<!--") and b"<svg" in text)


def _whole(data: bytes, mime: str) -> bool:
    """Whether the file's own structure reaches its end; trailing bytes do no harm."""
    if mime == "image/png":
        at = 8
        while at + 12 <= len(data):
            length, kind = struct.unpack(">I4s", data[at : at + 8])
            if kind == b"IEND":
                return True
            at += 12 + length
        return False
    if mime == "image/jpeg":
        return data.rfind(b"\xff\xd9") > 0
    return 8 + int.from_bytes(data[4:8], "little") <= len(data) + 1


_KINDS: tuple[tuple[Callable[[bytes], bool], str, Callable[[bytes | memoryview], Size | None]], ...] = (
    (lambda head: head.startswith(_PNG), "image/png", _png),
    (lambda head: head.startswith(b"\xff\xd8\xff"), "image/jpeg", _jpeg),
    (lambda head: head.startswith(b"RIFF") and head[8:12] == b"WEBP", "image/webp", _webp),
    (lambda head: head.startswith((b"GIF87a", b"GIF89a")), "image/gif", _gif),
    (lambda head: head[4:12] in {b"ftypavif", b"ftypavis"}, "image/avif", _avif),
    (_is_svg, "image/svg+xml", _svg),
)
_KIND_NAMES = {"image/gif": "a GIF", "image/avif": "an AVIF image", "image/svg+xml": "an SVG drawing"}
