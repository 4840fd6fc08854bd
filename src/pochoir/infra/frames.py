"""Frames between two processes over a pipe: two lengths, a JSON head, a body of bytes."""

from __future__ import annotations

import asyncio
import json
from typing import Any, BinaryIO


def packed(head: dict[str, Any], *body: bytes) -> list[bytes]:
    """A frame in parts: two big-endian lengths (4 bytes each), the head as JSON, the body."""
    text = json.dumps(head).encode()
    return [len(text).to_bytes(4, "big") + sum(map(len, body)).to_bytes(4, "big") + text, *body]


def write_frame(out: BinaryIO, head: dict[str, Any], *body: bytes) -> None:
    for part in packed(head, *body):
        out.write(part)
    out.flush()


def read_frame(source: BinaryIO) -> tuple[dict[str, Any], bytes] | None:
    """The next frame, or None when the other side has closed."""
    lengths = source.read(8)
    if len(lengths) < 8:
        return None
    text, body = int.from_bytes(lengths[:4], "big"), int.from_bytes(lengths[4:], "big")
    data = source.read(text + body)
    if len(data) < text + body:
        return None
    return json.loads(data[:text]), data[text:]


async def next_frame(source: asyncio.StreamReader) -> tuple[dict[str, Any], bytes] | None:
    """The same from a stream of the event loop."""
    try:
        lengths = await source.readexactly(8)
        text = await source.readexactly(int.from_bytes(lengths[:4], "big"))
        body = await source.readexactly(int.from_bytes(lengths[4:], "big"))
    except asyncio.IncompleteReadError:
        return None
    return json.loads(text), body


def parts_of(body: bytes, lengths: list[int]) -> list[bytes]:
    """A body cut into the parts it was made of."""
    found, at = [], 0
    for length in lengths:
        found.append(body[at : at + length])
        at += length
    return found
