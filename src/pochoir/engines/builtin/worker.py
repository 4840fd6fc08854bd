"""The illustrator's own process: jobs come in on standard input, pictures go out on standard output, until input ends.

Drawing holds the interpreter's lock, so the server draws elsewhere. When the server dies, however it dies, its end of
the pipe closes and this process ends: no orphan stays.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any, BinaryIO

from pochoir.engines.builtin.illustrate import Job, illustrate


def write_frame(out: BinaryIO, head: dict[str, Any], body: bytes = b"") -> None:
    """Two big-endian lengths (4 bytes each), a JSON head, a body."""
    text = json.dumps(head).encode()
    out.write(len(text).to_bytes(4, "big") + len(body).to_bytes(4, "big") + text)
    out.write(body)
    out.flush()


def read_frame(source: BinaryIO) -> tuple[dict[str, Any], bytes] | None:
    """The next frame; None when the other side is gone."""
    lengths = source.read(8)
    if len(lengths) < 8:
        return None
    text, body = int.from_bytes(lengths[:4], "big"), int.from_bytes(lengths[4:], "big")
    data = source.read(text + body)
    if len(data) < text + body:
        return None
    return json.loads(data[:text]), data[text:]


def main() -> None:
    """Answer jobs until the input ends."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    source = sys.stdin.buffer
    while (frame := read_frame(source)) is not None:
        try:
            data, said = illustrate(Job(**frame[0]))
        except Exception as error:  # noqa: BLE001 - the other side raises it as an error of ours
            write_frame(out, {"error": f"{type(error).__name__}: {error}"})
        else:
            write_frame(out, {"said": said}, data)


if __name__ == "__main__":
    main()
