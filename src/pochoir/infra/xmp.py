"""Standard metadata (XMP) put into PNG, JPEG and WebP files by moving bytes: pixels are neither decoded nor changed.

Sources: XMP specification part 3 (JPEG, PNG), the WebP container specification (RFC 9649), IPTC Photo Metadata 2025.1.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator, Set
from dataclasses import dataclass
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from pochoir.domain.images import Size

SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
LONGEST = 6_000
"""Characters of a prompt that are written: a JPEG's segment holds 65,502 bytes, a character up to six of them."""
_MOST = 1 << 20
"""Bytes of a packet of others that is read."""
_JPEG_NAME = b"http://ns.adobe.com/xap/1.0/\0"
_JPEG_MOST = 0xFFFF - 2
_PNG_NAME = b"XML:com.adobe.xmp\0"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_SPACES = {
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
}
_END = re.compile(rb"</(?:[\w.-]+:)?RDF\s*>")
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


def embed(data: bytes, mime: str, about: About, size: Size) -> bytes:
    """The same image with the metadata, joined to what it came with. Unchanged when it is of another kind or malformed."""
    put_into = _KINDS.get(mime)
    try:
        return put_into(data, about, size) if put_into is not None else data
    except (struct.error, IndexError, ValueError, zlib.error):
        return data


def _packet(theirs: bytes, about: About) -> bytes:
    """An XMP packet with the fields of IPTC Photo Metadata 2025.1 for generated images.

    `theirs`: one that the image came with. It keeps all that it says; it is left out where it cannot be read.
    """
    known = _named(theirs)
    if known is not None and (ends := [found.start() for found in _END.finditer(theirs)]):
        return theirs[: ends[-1]] + _description(about, known).encode() + theirs[ends[-1] :]
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{_RDF}">\n'
        f'{_description(about, set())}</rdf:RDF></x:xmpmeta>\n<?xpacket end="r"?>'
    ).encode()


def _named(packet: bytes) -> set[str] | None:
    """The full names of all that a packet says; None when it is none."""
    if not packet or b"<!ENTITY" in packet:
        return None
    try:
        root = ElementTree.fromstring(packet.strip(b" \t\r\n\0"))  # noqa: S314 - entities are not read
    except (ElementTree.ParseError, ValueError, LookupError):
        return None
    return {name for item in root.iter() for name in (item.tag, *item.attrib)}


def _description(about: About, known: Set[str]) -> str:
    """The fields that are not `known`, as one description: what is said twice in a packet counts for nothing."""
    lines = [
        f"<{prefix}:{name}>{text}</{prefix}:{name}>"
        for prefix, name, text in _fields(about)
        if f"{{{_SPACES[prefix]}}}{name}" not in known
    ]
    spaces = " ".join(f'xmlns:{prefix}="{space}"' for prefix, space in _SPACES.items())
    body = "\n".join(lines)
    return f'<rdf:Description rdf:about="" xmlns:rdf="{_RDF}" {spaces}>\n{body}\n</rdf:Description>' if lines else ""


def _fields(about: About) -> Iterator[tuple[str, str, str]]:
    """Prefix, name and content of each field that is not empty."""
    prompt = _clean(about.prompt)
    if len(prompt) > LONGEST:
        prompt = prompt[: LONGEST - 1] + "…"
    fields = (
        ("xmp", "CreatorTool", about.software),
        ("xmp", "CreateDate", about.created),
        ("Iptc4xmpExt", "DigitalSourceType", about.source_type and SOURCE_TYPES + about.source_type),
        ("Iptc4xmpExt", "AISystemUsed", about.model),
        ("Iptc4xmpExt", "AISystemVersionUsed", about.snapshot),
        ("Iptc4xmpExt", "AIPromptInformation", prompt),
    )
    yield from ((prefix, name, _escaped(text)) for prefix, name, text in fields if text)
    if prompt:
        yield "dc", "description", f'<rdf:Alt><rdf:li xml:lang="x-default">{_escaped(prompt)}</rdf:li></rdf:Alt>'


def _escaped(text: str) -> str:
    """A carriage return is written as a reference: as it is, it would be read as a line feed."""
    return escape(_clean(text), {"\r": "&#13;"})


def _clean(text: str) -> str:
    """Without what XML 1.0 does not allow."""
    return "".join(
        letter
        if letter in "\t\n\r" or (letter >= " " and not "\ud800" <= letter <= "\udfff" and letter not in "\ufffe\uffff")
        else " "
        for letter in text
    )


def _into_png(data: bytes, about: About, _: Size) -> bytes:
    if data[12:16] != b"IHDR":
        return data
    at, kept, theirs = 33, list[bytes](), b""
    while at + 12 <= len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4])
        if data[at + 4 : at + 8] == b"iTXt" and data.startswith(_PNG_NAME, at + 8):
            theirs = theirs or _png_text(data[at + 8 + len(_PNG_NAME) : end - 4])
        else:
            kept.append(data[at:end])
        at = end
    body = b"iTXt" + _PNG_NAME + b"\0\0\0\0" + _packet(theirs, about)
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return b"".join((data[:33], chunk, *kept, data[at:]))


def _png_text(body: bytes) -> bytes:
    """The text of an iTXt chunk from behind its name. Raises zlib.error and ValueError for what is none."""
    _, _, text = body[2:].split(b"\0", 2)
    return zlib.decompressobj().decompress(text, _MOST) if body[0] else text


def _into_jpeg(data: bytes, about: About, _: Size) -> bytes:
    """After JFIF and Exif, which want to be first. What is too long for a segment goes out as it came."""
    if data[:2] != b"\xff\xd8":
        return data
    at, first, others, theirs = 2, list[bytes](), list[bytes](), b""
    while at + 4 <= len(data) and data[at] == 0xFF and 0xC0 <= data[at + 1] <= 0xFE and data[at + 1] != 0xDA:
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4])
        if data[at + 1] == 0xE1 and data.startswith(_JPEG_NAME, at + 4):
            theirs = theirs or data[at + 4 + len(_JPEG_NAME) : end]
        elif data[at + 1] in {0xE0, 0xE1} and not others:
            first.append(data[at:end])
        else:
            others.append(data[at:end])
        at = end
    body = _JPEG_NAME + _packet(theirs, about)
    if len(body) > _JPEG_MOST:
        return data
    segment = b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body
    return b"".join((data[:2], *first, segment, *others, data[at:]))


def _into_webp(data: bytes, about: About, size: Size) -> bytes:
    """With the extended header that metadata needs; RIFF counts its bytes, so what lies after it is left out."""
    if data[8:12] != b"WEBP":
        return data
    chunks, theirs = list[bytes](), b""
    at, end = 12, min(len(data), 8 + int.from_bytes(data[4:8], "little"))
    while at + 8 <= end:
        kind, length = _CHUNK.unpack_from(data, at)
        if kind == b"XMP ":
            theirs = theirs or data[at + 8 : at + 8 + length]
        else:
            chunks.append(_webp_chunk(kind, data[at + 8 : min(end, at + 8 + length)]))
        at += 8 + length + length % 2
    kind, first = chunks[0][:4], chunks[0]
    if kind == b"VP8X":
        chunks[0] = first[:8] + bytes([first[8] | 0x04]) + first[9:]
    elif kind in {b"VP8 ", b"VP8L"}:
        alpha = 0x10 if kind == b"VP8L" and first[12] & 0x10 else 0
        edges = (size.width - 1).to_bytes(3, "little") + (size.height - 1).to_bytes(3, "little")
        chunks.insert(0, _webp_chunk(b"VP8X", bytes([0x04 | alpha, 0, 0, 0]) + edges))
    else:
        return data
    body = b"".join((*chunks, _webp_chunk(b"XMP ", _packet(theirs, about))))
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def _webp_chunk(kind: bytes, body: bytes) -> bytes:
    return _CHUNK.pack(kind, len(body)) + body + b"\0" * (len(body) % 2)


_KINDS = {"image/png": _into_png, "image/jpeg": _into_jpeg, "image/webp": _into_webp}
