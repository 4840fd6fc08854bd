"""The one seam to the SVG renderer (resvg) for drawings that came from elsewhere. Blocks: call from a thread.

A small SVG can be work for hours, and the renderer cannot be stopped: each is drawn in a process of its own, which opens no
files and is ended in time. What the illustrator wrote itself needs none of this (engines/builtin/render.py).
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from pochoir.domain.errors import InvalidImage
from pochoir.infra.svg_child import UNUSABLE

SECONDS = 10.0
_CHILD = Path(__file__).with_name("svg_child.py")


class TooSlow(InvalidImage):
    """The drawing was given up. It may have been the machine, so another try is worth it."""


def render(svg: bytes, seconds: float = SECONDS) -> bytes:
    """Draw an SVG at its own size to PNG bytes with alpha, without any file that it links to.

    Raises InvalidImage for what is no SVG, for sizes over 8,192 pixels a side, and for what takes too much; TooSlow for
    what takes too long.
    """
    command = [sys.executable, "-P", str(_CHILD)]  # -P: the files beside it have names of the standard library
    try:
        done = subprocess.run(command, input=svg, capture_output=True, timeout=seconds, check=False)  # noqa: S603
    except subprocess.TimeoutExpired as error:
        raise TooSlow(
            f"The SVG takes longer than {seconds:.0f} seconds to draw. Make it simpler, or save it as PNG."
        ) from error
    if done.returncode == UNUSABLE:
        raise InvalidImage(done.stdout.decode())
    if done.returncode:
        raise InvalidImage("The SVG is too much to draw. Make it simpler, or save it as PNG.")
    return done.stdout
