"""Reads the type of a finished poster: which pixels are text, how they stand out, and what they spell.

Independent of the illustrator's own measures: texts come from the prompt by a reader of its own, text pixels from two
renderings (with and without the type), spelling from shapes that Pillow (FreeType, HarfBuzz, FriBidi) draws.
"""

from __future__ import annotations

import io
import re
import unicodedata
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from pochoir.engines.builtin import archive
from pochoir.engines.builtin.render import render

SVG = "{http://www.w3.org/2000/svg}"
MARGIN = 0.03
"""Share of the shorter edge that must stay free of text at every edge."""
CONTRAST = 4.5
CALM = 0.985
"""Share of the pixels around a text against which it must stand out."""
ALIKE = 0.8
"""Least overlap of a line's pixels with the shape of the expected words; a part of a letter too much or too few is none."""
EM = 160

Mask = np.ndarray[Any, np.dtype[np.bool_]]
Pixels = np.ndarray[Any, np.dtype[np.float64]]

ElementTree.register_namespace("", "http://www.w3.org/2000/svg")
ElementTree.register_namespace("xlink", "http://www.w3.org/1999/xlink")


@dataclass(frozen=True, slots=True)
class Text:
    """One text found in a picture: its lines' pixels from the top, and all of them together."""

    lines: tuple[Mask, ...]
    whole: Mask


def quoted(prompt: str) -> list[str]:
    """The texts between quotation marks, in order."""
    found = re.findall(r"[“„]([^“”]+)[”“]|«\s?([^»]+?)\s?»|「([^」]+)」", prompt)
    return [next(part for part in parts if part) for parts in found]


def pixels(svg: str) -> Image.Image:
    return Image.open(io.BytesIO(render(svg)))


def texts(svg: str, picture: Image.Image) -> list[Text]:
    """Every text of a picture: what changes when the type is taken out, told apart by where each line's outlines lie."""
    root = ElementTree.fromstring(svg)
    parents = {child: parent for parent in root.iter() for child in parent}
    groups = [g for g in root.iter(f"{SVG}g") if "aria-label" in g.attrib and "stroke" not in parents[g].attrib]
    outlines = [[_alone(root, line) for line in group.findall(f"{SVG}g")] for group in groups]
    for group in [g for g in root.iter(f"{SVG}g") if "aria-label" in g.attrib]:
        parents[group].remove(group)
    bare = pixels(ElementTree.tostring(root, encoding="unicode"))
    both = (np.asarray(p.convert("RGB")).astype(int) for p in (picture, bare))
    changed = np.abs(next(both) - next(both)).max(axis=2) > 16
    found = []
    for lines in outlines:
        seen = tuple(changed & (line > 100) for line in lines)
        found.append(Text(seen, np.logical_or.reduce(seen)))
    return found


def _alone(root: ElementTree.Element, line: ElementTree.Element) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Coverage, 0 to 255, of one line's outlines."""
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{root.get("width")}" height="{root.get("height")}">'
    drawn = pixels(f"{head}{ElementTree.tostring(line, encoding='unicode')}</svg>")
    return np.asarray(drawn.getchannel("A"))


def inside(text: Text) -> bool:
    """Whether every pixel keeps clear of the edges."""
    high, wide = text.whole.shape
    rows, columns = np.nonzero(text.whole)
    if not len(rows):
        return False
    free = MARGIN * min(high, wide)
    return bool(
        rows.min() >= free and columns.min() >= free and rows.max() < high - free and columns.max() < wide - free
    )


def contrast(text: Text, picture: Image.Image) -> float:
    """WCAG's ratio between a text and the pixels just around it: what all but the calmest share of those reach."""
    light = _luminance(np.asarray(picture.convert("RGB")) / 255)
    worst = 21.0
    for line in text.lines:
        if not line.any():
            return 1.0
        core = _grown(line, -1) if _grown(line, -1).sum() > 40 else line
        ring = _grown(line, max(4, round(_tall(line) * 0.09))) & ~_grown(text.whole, 2)
        ink = float(np.median(light[core]))
        around = light[ring]
        ratios = (np.maximum(around, ink) + 0.05) / (np.minimum(around, ink) + 0.05)
        worst = min(worst, float(np.quantile(ratios, 1 - CALM)))
    return worst


def _luminance(rgb: Pixels) -> Pixels:
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    luminance: Pixels = linear @ np.array([0.2126, 0.7152, 0.0722])
    return luminance


def _tall(mask: Mask) -> int:
    rows = np.nonzero(mask.any(axis=1))[0]
    return int(rows.max() - rows.min() + 1)


def _grown(mask: Mask, by: int) -> Mask:
    """A mask grown by some pixels, or shrunk by a negative number of them, with a square brush."""
    out, work = mask, ~mask if by < 0 else mask
    for axis in (0, 1):
        summed = work.copy()
        for step in range(1, abs(by) + 1):
            for way in (step, -step):
                summed |= np.roll(work, way, axis)
        work = summed
    out = ~work if by < 0 else work
    return out


@cache
def fonts() -> dict[str, ImageFont.FreeTypeFont]:
    """Every font file of the archive, opened by FreeType."""
    folder = Path(archive.__file__).parent / "art"
    return {
        path.name[5:-6]: ImageFont.truetype(
            io.BytesIO(zlib.decompress(path.read_bytes())), EM, layout_engine=ImageFont.Layout.RAQM
        )
        for path in sorted(folder.glob("face-*.ttf.z"))
    }


@cache
def _letters(face: str) -> frozenset[int]:
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

    data = (Path(archive.__file__).parent / f"art/face-{face}.ttf.z").read_bytes()
    return frozenset(TTFont(io.BytesIO(zlib.decompress(data)), lazy=True).getBestCmap())


@cache
def _box(text: str, face: str, *, tight: bool) -> tuple[float, float, float, float]:
    """The box of a line's ink, by its shaping alone."""
    return fonts()[face].getbbox(text, direction=_direction(text), features=["palt"] if tight else None)


@cache
def _shape(text: str, face: str, *, tight: bool) -> Mask | None:
    """The ink of a line as FreeType draws it, cut to its box; None when there is none."""
    font, way = fonts()[face], _direction(text)
    features = ["palt"] if tight else None
    box = _box(text, face, tight=tight)
    page = Image.new("L", (int(box[2] - box[0]) + 40, int(box[3] - box[1]) + 40))
    ImageDraw.Draw(page).text((20 - box[0], 20 - box[1]), text, 255, font, direction=way, features=features)
    return _cut(np.asarray(page) > 127)


def _direction(text: str) -> str:
    kinds = [unicodedata.bidirectional(c) for c in text]
    return "rtl" if next((k for k in kinds if k in {"L", "R", "AL"}), "L") in {"R", "AL"} else "ltr"


def _cut(mask: Mask) -> Mask | None:
    rows, columns = np.nonzero(mask.any(axis=1))[0], np.nonzero(mask.any(axis=0))[0]
    return mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] if len(rows) else None


def likeness(line: Mask, words: str, face: str) -> float:
    """Overlap (intersection over union) of a line's pixels with the shape of words, at the line's height; 0 to 1."""
    ink, best = _cut(line), 0.0
    if ink is None:
        return 0.0
    for tight in (False, True) if any(c > "\u2e80" for c in words) else (False,):
        high, wide = ink.shape
        left, top, right, low = _box(words, face, tight=tight)
        if low <= top or abs(wide / high / max((right - left) / (low - top), 0.01) - 1) > 0.06:
            continue
        shape = _shape(words, face, tight=tight)
        if shape is None:
            continue
        fitted = Image.fromarray((shape * 255).astype(np.uint8)).resize((wide, high), Image.Resampling.BOX)
        drawn = np.asarray(fitted) > 127
        if not _grown(drawn ^ ink, -max(1, round(high * 0.022))).any():
            best = max(best, float((drawn & ink).sum() / max((drawn | ink).sum(), 1)))
    return best


def spelled(text: Text, expected: str) -> float:
    """The least likeness of a text's lines to the expected words, for the face and the line breaks that fit best."""
    words = " ".join(unicodedata.normalize("NFC", expected).split())
    way = _direction(words)
    best = 0.0
    for face in fonts():
        if all(ord(c) in _letters(face) for c in words if not c.isspace()):
            best = max(best, _follow(text.lines, words, face, way))
            if best > 0.93:
                break
    return best


def _follow(lines: tuple[Mask, ...], words: str, face: str, way: str) -> float:
    """Likeness of the lines to consecutive stretches of the words that use them all up."""
    if not lines:
        return 0.0 if words.strip() else 1.0
    best = 0.0
    for end in _ends(words, last=len(lines) == 1):
        part = words[:end].strip()
        alike = likeness(lines[0], part if _direction(part) == way else _turned(part, way), face)
        if alike > max(best, 0.6):
            rest = _follow(lines[1:], words[end:].strip(), face, way) if len(lines) > 1 else 1.0
            best = max(best, min(alike, rest))
    return best


def _turned(part: str, way: str) -> str:
    """A line whose own first letter has the other direction, marked with the direction of the whole text."""
    return ("\u200f" if way == "rtl" else "\u200e") + part


def _ends(words: str, *, last: bool) -> Iterator[int]:
    """Where a line may have ended: anywhere between two characters, and at the end only for the last line."""
    if last:
        yield len(words)
    else:
        yield from range(1, len(words))
