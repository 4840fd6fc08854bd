"""A text over a picture, white with a soft shadow, in the typefaces that the illustrator sets. Blocks."""

from __future__ import annotations

import io
import math

from PIL import Image

from pochoir.domain.errors import InvalidValue
from pochoir.engines.builtin import lettering
from pochoir.engines.builtin.render import render

LEAST = 12
"""Pixels of the type on a small picture; on a larger one it is a `SHARE` of its shorter side. A long text gets less."""
SHARE = 24
MAX_EDGE = 8192
"""Pixels of the sheet that is drawn."""
_PAD = 0.4
"""Of the type's size, around it: what hangs under the last line, and ink that reaches over an end."""


def marked(image: Image.Image, text: str, anchor: tuple[float, float], opacity: float) -> Image.Image:
    """The picture with the text at `anchor`, shares of the free width and height. Long texts are broken and made smaller.

    Raises InvalidValue for an empty text, and for one of which no typeface has any character.
    """
    said, lacking = lettering.settable(text)
    if not set(said) - {*lacking, " "}:
        lead = f"No typeface here has {_shown(lacking)}. " if lacking else ""
        raise InvalidValue(f"{lead}Say the text of the watermark in words.", param="text")
    canvas = image.convert("RGBA")
    points = max(LEAST, min(canvas.size) // SHARE)
    margin = min(points, min(canvas.size) // 8)
    ink = _ink(said, (canvas.width - 2 * margin, canvas.height - 2 * margin), points, anchor[0])
    left = margin + round((canvas.width - 2 * margin - ink.width) * anchor[0])
    top = margin + round((canvas.height - 2 * margin - ink.height) * anchor[1])
    alpha = ink.getchannel("A").point([round(value * opacity) for value in range(256)])
    shade = Image.new("RGBA", ink.size, "black")
    shade.putalpha(alpha.point([value // 2 for value in range(256)]))
    ink.putalpha(alpha)
    off = max(1, points // 16)
    layer = Image.new("RGBA", canvas.size, (0, 0, 0, 0))
    layer.paste(shade, (left + off, top + off))
    layer.alpha_composite(ink, (left, top))
    together = Image.alpha_composite(canvas, layer)
    return together if image.has_transparency_data else together.convert("RGB")


def unset(text: str) -> str:
    """One sentence about the characters of a watermark that no typeface has; empty when all are set."""
    lacking = lettering.settable(text)[1]
    return f"No typeface here has {_shown(lacking)}, so the watermark lacks it. Write it in words." if lacking else ""


def _shown(chars: str) -> str:
    return ", ".join(char if char.isprintable() else f"U+{ord(char):04X}" for char in chars[:10])


def _ink(text: str, room: tuple[int, int], points: int, across: float) -> Image.Image:
    """The text in white, cropped to its ink, within the room."""
    width, height = (min(edge, MAX_EDGE - 2 * points) for edge in room)
    block = lettering.fit(text, "clean", width, max(1, height - points * _PAD), most=points, lines=1)
    pad = math.ceil(block.size * _PAD)
    edges = (math.ceil(block.width) + 2 * pad, math.ceil(block.height) + 2 * pad)
    align = "start" if across == 0 else "end" if across == 1 else "middle"
    drawn = lettering.draw(block, pad + block.width * across, pad, "#ffffff", align)
    sheet = f'<svg xmlns="http://www.w3.org/2000/svg" width="{edges[0]}" height="{edges[1]}">{drawn}</svg>'
    with Image.open(io.BytesIO(render(sheet))) as image:
        ink = image.convert("RGBA")
    found = ink.crop(ink.getchannel("A").getbbox())
    return found if found.width <= room[0] and found.height <= room[1] else found.crop((0, 0, *room))
