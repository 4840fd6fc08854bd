"""Standard metadata (XMP) put into PNG, JPEG and WebP files by moving bytes: pixels are neither decoded nor changed.

Sources: XMP specification part 3 (JPEG, PNG), the WebP container specification (RFC 9649), IPTC Photo Metadata 2025.1.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from pochoir.domain.images import Size

SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
LONGEST = 6_000
"""Characters of a prompt that are written: a JPEG's segment holds 65,502 bytes, a character up to six of them."""
_JPEG_NAME = b"http://ns.adobe.com/xap/1.0/\0"
_PNG_NAME = b"XML:com.adobe.xmp"
_CHUNK = struct.Struct("<4sI")


@dataclass(frozen=True, slots=True)
class About:
    """What the metadata says. `source_type` is a term of IPTC's list of digital source types, or empty."""

    software: str
    created: str
    prompt: str = ""
    model: str = ""
    snapshot: str = ""
    source_type: str = ""


def packet(about: About) -> bytes:
    """An XMP packet with the fields of IPTC Photo Metadata 2025.1 for generated images."""
    prompt = _clean(about.prompt)
    if len(prompt) > LONGEST:
        prompt = prompt[: LONGEST - 1] + "…"
    source = about.source_type and SOURCE_TYPES + about.source_type
    fields: Sequence[tuple[str, str]] = (
        ("xmp:CreatorTool", about.software),
        ("xmp:CreateDate", about.created),
        ("Iptc4xmpExt:DigitalSourceType", source),
        ("Iptc4xmpExt:AISystemUsed", about.model),
        ("Iptc4xmpExt:AISystemVersionUsed", about.snapshot),
        ("Iptc4xmpExt:AIPromptInformation", prompt),
    )
    lines = [f"<{name}>{escape(_clean(text))}</{name}>" for name, text in fields if text]
    if prompt:
        text = f'<rdf:Alt><rdf:li xml:lang="x-default">{escape(prompt)}</rdf:li></rdf:Alt>'
        lines.append(f"<dc:description>{text}</dc:description>")
    body = "\n".join(lines)
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
        '<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">\n'
        f'{body}\n</rdf:Description></rdf:RDF></x:xmpmeta>\n<?xpacket end="r"?>'
    ).encode()


def embed(data: bytes, mime: str, packet: bytes, size: Size) -> bytes:
    """The same image with the packet in it. Unchanged when it has one already, or is of another kind, or malformed."""
    if _PNG_NAME in data or _JPEG_NAME in data:
        return data
    if mime == "image/png" and data[12:16] == b"IHDR":
        return data[:33] + _png_chunk(packet) + data[33:]
    if mime == "image/jpeg" and data[:2] == b"\xff\xd8":
        return _into_jpeg(data, packet)
    if mime == "image/webp" and data[8:12] == b"WEBP":
        return _into_webp(data, packet, size)
    return data


def _clean(text: str) -> str:
    """Without what XML 1.0 does not allow."""
    return "".join(
        letter if letter >= " " and not "\ud800" <= letter <= "\udfff" and letter not in "\ufffe\uffff" else " "
        for letter in text
    )


def _png_chunk(packet: bytes) -> bytes:
    body = b"iTXt" + _PNG_NAME + b"\0\0\0\0\0" + packet
    return struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))


def _into_jpeg(data: bytes, packet: bytes) -> bytes:
    at = 2
    while data[at : at + 2] in {b"\xff\xe0", b"\xff\xe1"}:  # after JFIF and Exif, which want to be first
        at += 2 + int.from_bytes(data[at + 2 : at + 4])
    body = _JPEG_NAME + packet
    return data[:at] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + data[at:]


def _into_webp(data: bytes, packet: bytes, size: Size) -> bytes:
    """With the extended header that metadata needs; RIFF counts its bytes, so what lies after it is left out."""
    end = 8 + int.from_bytes(data[4:8], "little")
    chunks = data[12:end]
    kind = chunks[:4]
    if kind == b"VP8X":
        chunks = chunks[:8] + bytes([chunks[8] | 0x04]) + chunks[9:]
    elif kind in {b"VP8 ", b"VP8L"}:
        alpha = 0x10 if kind == b"VP8L" and chunks[12] & 0x10 else 0
        edges = (size.width - 1).to_bytes(3, "little") + (size.height - 1).to_bytes(3, "little")
        chunks = _CHUNK.pack(b"VP8X", 10) + bytes([0x04 | alpha, 0, 0, 0]) + edges + chunks
    else:
        return data
    chunks += b"\0" * (len(chunks) % 2) + _CHUNK.pack(b"XMP ", len(packet)) + packet + b"\0" * (len(packet) % 2)
    return b"RIFF" + struct.pack("<I", len(chunks) + 4) + b"WEBP" + chunks
