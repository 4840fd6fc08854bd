"""The last look before type is set: what is really behind it decides its colour, and whether it needs a plate."""

from __future__ import annotations

import io

from pochoir.engines.builtin import lettering
from pochoir.engines.builtin.colours import contrast, luminance, readable
from pochoir.engines.builtin.paint import Lettered, Sheet, rect
from pochoir.engines.builtin.render import render

_EDGE = 176
"""Pixels of the longer edge of the small proof."""


def settle(sheet: Sheet, behind: str, *, glow: bool = False) -> list[str]:
    """Markup of all type. `behind` is the document's inside without type; empty for a transparent picture."""
    waiting = [t for t in sheet.texts if isinstance(t, Lettered)]
    proof = _Proof(sheet, behind) if waiting and behind else None
    out: list[str] = []
    for text in sheet.texts:
        if isinstance(text, str):
            out.append(text)
        else:
            out.append(_set(text, proof.colours(text) if proof else text.on, glow))
    return out


def _set(text: Lettered, on: tuple[str, ...], glow: bool) -> str:
    colour = readable(on, text.wanted) if on else text.wanted
    under = ""
    if on and min(contrast(colour, c) for c in on) < 4.5:
        plate = "#fffdf8" if sum(luminance(c) for c in on) / len(on) > 0.3 else "#15141c"
        colour = readable([plate], text.wanted, 7.0)
        left, top, right, low = text.box
        pad = text.block.size * 0.34
        under = rect(left - pad, top - pad, right - left + 2 * pad, low - top + 2 * pad, plate, pad * 0.7, 0.93)
    drawn = lettering.draw(text.block, text.x, text.y, colour, text.align)
    if glow and not under:
        under = "".join(
            f'<g stroke="{colour}" stroke-width="{width}" stroke-linejoin="round" opacity="{seen}">{drawn}</g>'
            for width, seen in ((150, 0.1), (70, 0.2))
        )
    return under + drawn


class _Proof:
    """The picture so far, small."""

    def __init__(self, sheet: Sheet, behind: str) -> None:
        from PIL import Image

        scale = _EDGE / max(sheet.width, sheet.height)
        self._scale = scale
        size = (max(1, round(sheet.width * scale)), max(1, round(sheet.height * scale)))
        svg = (
            '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
            f'width="{size[0]}" height="{size[1]}" viewBox="0 0 {sheet.width} {sheet.height}">{behind}</svg>'
        )
        self._picture = Image.open(io.BytesIO(render(svg))).convert("RGB")

    def colours(self, text: Lettered) -> tuple[str, ...]:
        """The darkest and lightest colours behind a text, and some between; a few stray pixels do not count."""
        scale, pad = self._scale, text.block.size * 0.04
        x0, y0, x1, y1 = text.box
        width, height = self._picture.size
        box = (
            min(max(int((x0 - pad) * scale), 0), width - 1), min(max(int((y0 - pad) * scale), 0), height - 1),
            max(min(round((x1 + pad) * scale), width), 1), max(min(round((y1 + pad) * scale), height), 1),
        )  # fmt: skip
        part = self._picture.crop((box[0], box[1], max(box[2], box[0] + 1), max(box[3], box[1] + 1)))
        found = part.getcolors(part.width * part.height) or []
        named = [(count, "#" + bytes(pixel).hex()) for count, pixel in found if isinstance(pixel, tuple)]
        ranked = sorted((luminance(colour), count, colour) for count, colour in named)
        total, seen = sum(n for _, n, _ in ranked), 0
        marks, picked = [0.006, 0.25, 0.5, 0.75, 0.994], list[str]()
        for _, count, colour in ranked:
            seen += count
            while marks and seen >= marks[0] * total:
                picked.append(colour)
                marks.pop(0)
        return tuple(dict.fromkeys(picked))
