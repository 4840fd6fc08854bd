"""Pixel art: the picture drawn small, in few colours, and shown in large squares. The one style that is a raster."""

from __future__ import annotations

import base64
import io

from pochoir.engines.builtin.render import render

SQUARES = 88
"""Squares along the shorter edge."""


def pixelated(inside: str, width: float, height: float) -> str:
    """A document's inside as one image of SQUARES squares along its shorter edge, in at most 48 colours."""
    from PIL import Image

    scale = SQUARES / min(width, height)
    columns, rows = max(1, round(width * scale)), max(1, round(height * scale))
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'width="{columns * 3}" height="{rows * 3}" viewBox="0 0 {width} {height}">{inside}</svg>'
    )
    large = Image.open(io.BytesIO(render(svg))).convert("RGBA")
    small = large.resize((columns, rows), Image.Resampling.BOX)
    alpha = small.getchannel("A").point(lambda a: 255 if a > 110 else 0)
    few = small.convert("RGB").quantize(48, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).convert("RGBA")
    few.putalpha(alpha)
    packed = io.BytesIO()
    few.save(packed, "PNG", compress_level=9)
    data = base64.b64encode(packed.getvalue()).decode()
    return (
        f'<image width="{width}" height="{height}" preserveAspectRatio="none" image-rendering="optimizeSpeed" '
        f'style="image-rendering:pixelated" href="data:image/png;base64,{data}"/>'
    )
