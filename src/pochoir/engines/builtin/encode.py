"""The rendered PNG in the format asked for, with the credits of its art in its metadata; SVG stays as it is."""

from __future__ import annotations

import io
import zlib
from xml.sax.saxutils import escape

MIME = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp", "svg": "image/svg+xml"}


def encode(png: bytes, output_format: str, compression: int | None, credit: str = "") -> bytes:
    """Turn PNG bytes into `png`, `jpeg` or `webp`. `compression` is the API's 0..100, taken as quality; PNG ignores it.

    `credit` goes where each format keeps such a line: PNG's iTXt, JPEG's comment, WebP's XMP.
    """
    if output_format == "png":
        return _with_text(png, credit) if credit else png
    from PIL import Image

    picture = Image.open(io.BytesIO(png))
    packed = io.BytesIO()
    quality = 92 if compression is None else max(1, compression)
    if output_format == "jpeg":
        flat = Image.new("RGB", picture.size, "#ffffff")
        flat.paste(picture, mask=picture.getchannel("A"))
        flat.save(packed, "JPEG", quality=quality, subsampling=0 if quality > 85 else 2, comment=credit)
    else:
        picture.save(packed, "WEBP", quality=quality, method=2, xmp=_xmp(credit) if credit else b"")
    return packed.getvalue()


HEADER = 33
"""Bytes of a PNG's signature and first chunk."""


def _with_text(png: bytes, credit: str) -> bytes:
    """A PNG with a Copyright text behind its header (PNG specification, 11.3.3.4)."""
    body = b"iTXt" + b"Copyright\0\0\0\0\0" + credit.encode()
    return png[:HEADER] + (len(body) - 4).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big") + png[HEADER:]


def _xmp(credit: str) -> bytes:
    """The smallest XMP packet with a credit line (Photoshop namespace, as IPTC names it)."""
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/">'
        f"<photoshop:Credit>{escape(credit)}</photoshop:Credit></rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()
