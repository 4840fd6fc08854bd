"""The last look before type is set: what is really behind it decides its colour, and whether it needs a veil."""

from __future__ import annotations

import io
from collections.abc import Sequence

from pochoir.engines.builtin import lettering
from pochoir.engines.builtin.colours import contrast, from_lch, lch, luminance, mix, readable
from pochoir.engines.builtin.paint import Lettered, Sheet, rect
from pochoir.engines.builtin.render import render

_ENOUGH = 4.8
"""WCAG asks 4.5 of text; a little more, as the proof is small."""
_PLENTY = 7.0
"""Under this, light type is white: thin lines behind it are paler than the small proof shows."""
_EDGE = 288
"""Pixels of the longer edge of the small proof."""


def settle(sheet: Sheet, behind: str, *, glow: bool = False) -> list[str]:
    """Markup of all type. `behind` is the document's inside without type; empty for a transparent picture."""
    waiting = [t for t in sheet.texts if isinstance(t, Lettered)]
    proof = _Proof(sheet, behind) if waiting and behind else None
    out: list[str] = []
    for group in _neighbours(waiting):
        on = [proof.colours(t) if proof else t.on for t in group]
        colours, under = _colours(sheet, group, on, drawn=proof is not None)
        out.append(under)
        for text, colour in zip(group, colours, strict=True):
            drawn = lettering.draw(text.block, text.x, text.y, colour, text.align)
            out.append((_halo(drawn, colour) if glow and not under else "") + drawn)
    return out + [t for t in sheet.texts if isinstance(t, str)]


def _neighbours(texts: list[Lettered]) -> list[list[Lettered]]:
    """Texts that stand close under each other, together: they get one colour, and one ground when they need one."""
    groups: list[list[Lettered]] = []
    for text in texts:
        if groups and 0 <= text.y - groups[-1][-1].box[3] < groups[-1][-1].block.size * 1.2:
            groups[-1].append(text)
        else:
            groups.append([text])
    return groups


def _worst(colour: str, on: Sequence[str]) -> float:
    return min(contrast(colour, other) for other in on)


def _colours(sheet: Sheet, group: list[Lettered], on: list[tuple[str, ...]], *, drawn: bool) -> tuple[list[str], str]:
    """A colour for each text, and what must be drawn under them so that all can be read."""
    every = [c for found in on for c in found]
    wanted = group[0].wanted
    if not every:
        return [t.wanted for t in group], ""
    colour = readable(every, wanted, _ENOUGH)
    if luminance(colour) > 0.75 and _worst(colour, every) < _PLENTY:
        colour = "#ffffff"
    if _worst(colour, every) >= _ENOUGH:
        return [colour] * len(group), ""
    if not drawn:
        return [colour] * len(group), ""
    tone, seen, colour = _veil(every, wanted)
    return [colour] * len(group), _veiled(sheet, group, tone, seen)


def _veil(on: list[str], wanted: str) -> tuple[str, float, str]:
    """The thinnest veil in the picture's hue, dark or light, on which type can be read: tone, opacity, type's colour."""
    mean = on[0]
    for k, colour in enumerate(on[1:], start=2):
        mean = mix(mean, colour, 1 / k)
    _, chroma, hue = lch(mean)
    tones = (from_lch(0.2, min(chroma, 0.07), hue), from_lch(0.97, min(chroma, 0.03), hue))
    best = ("", 1.0, "")
    for tone in tones:
        for step in range(5, 20):
            veiled = [mix(colour, tone, step / 20) for colour in on]
            colour = readable(veiled, wanted, _ENOUGH)
            if step / 20 < best[1] and _worst(colour, veiled) >= _ENOUGH:
                best = (tone, step / 20, colour)
    return best if best[0] else (tones[0], 0.96, "#ffffff")


def _veiled(sheet: Sheet, group: list[Lettered], tone: str, seen: float) -> str:
    """The veil as markup: even behind the type, fading out above and below; to the edge when type is near it."""
    size = max(t.block.size for t in group)
    top = min(t.box[1] for t in group) - size * 0.25
    low = max(t.box[3] + t.block.size * 0.3 for t in group)
    fade = max(size * 0.9, sheet.height * 0.06)
    start, end = (0.0 if top < sheet.height * 0.16 else top - fade), min(low + fade, sheet.height)
    tall = end - start
    stops = [((max(top, 0) - start) / tall, seen), ((low - start) / tall, seen), (1.0, 0.0)]
    if start > 0:
        stops = [(0.0, 0.0), *stops]
    name = sheet.name()
    marks = "".join(f'<stop offset="{at:.4f}" stop-color="{tone}" stop-opacity="{o:.3g}"/>' for at, o in stops)
    return f'<defs><linearGradient id="{name}" x1="0" y1="0" x2="0" y2="1">{marks}</linearGradient></defs>' + rect(
        0, start, sheet.width, tall, f"url(#{name})"
    )


def _halo(drawn: str, colour: str) -> str:
    """The glow of neon letters."""
    return "".join(
        f'<g stroke="{colour}" stroke-width="{width}" stroke-linejoin="round" opacity="{seen}">{drawn}</g>'
        for width, seen in ((150, 0.1), (70, 0.2))
    )


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
        scale, pad = self._scale, text.block.size * 0.08
        x0, y0, x1, y1 = text.box
        y1 += text.block.size * 0.2
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
        marks, picked = [0.004, 0.25, 0.5, 0.75, 0.996], list[str]()
        for _, count, colour in ranked:
            seen += count
            while marks and seen >= marks[0] * total:
                picked.append(colour)
                marks.pop(0)
        return tuple(dict.fromkeys(picked))
