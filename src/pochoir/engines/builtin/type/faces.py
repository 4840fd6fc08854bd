"""The typefaces: which sets which script in which manner, loaded when first used, drawn as outlines by HarfBuzz."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

from pochoir.engines.builtin import archive

MANNERS = ("round", "poster", "serif", "clean", "hand")
"""The manners a layout asks for; each script has a face for each, or the nearest it has."""

_TABLE = """
Latn: fredoka nunito | anton fira | fraunces alegreya | inter | caveat nunito
Cyrl: nunito | fira | alegreya | inter | caveat
Grek: rounded | fira | alegreya | inter | rounded
Arab: lalezar cairo | lalezar cairo | amiri cairo | cairo | amiri cairo
Hebr: fredoka heebo | secular heebo | frank heebo | heebo | fredoka heebo
Deva: baloo | khand mukta | rozha mukta | mukta | baloo
Thai: mitr | kanit | trirong | kanit | mitr
Hang: jua noto-kr | black-han noto-kr | noto-kr | noto-kr | jua noto-kr
Kana: rounded noto-jp | noto-jp | noto-jp | noto-jp | rounded noto-jp
Hani: noto-sc noto-jp noto-tc
Beng: bengali
Taml: tamil
Telu: telugu
Geor: georgian
Armn: armenian
"""
CHAINS: Mapping[tuple[str, str], tuple[str, ...]] = MappingProxyType(
    {
        (script, manner): tuple((parts[k] if k < len(parts) else parts[0]).split())
        for script, _, rest in (line.partition(":") for line in _TABLE.strip().splitlines())
        for parts in [rest.split("|")]
        for k, manner in enumerate(MANNERS)
    }
)
LAST = ("inter", "noto-jp", "noto-sc", "noto-tc", "noto-kr", "fira")
"""Tried for a character when no face of its script has it."""


class Drawn(NamedTuple):
    """A glyph as SVG path data, y down, and the box of its ink, y up, from its origin on the baseline."""

    path: str
    left: float
    top: float
    right: float
    low: float


class Face:
    """One typeface; measures in thousandths of the type size."""

    def __init__(self, name: str) -> None:
        import uharfbuzz

        self.name = name
        self.font: Any = uharfbuzz.Font(uharfbuzz.Face(archive.face_data(name)))
        self._scale = 1000 / self.font.face.upem
        self._has: dict[str, bool] = {}
        self._drawn: dict[int, Drawn] = {}
        self.capital = self._height("H", 700.0)
        self._pen = _pen(uharfbuzz)

    def _height(self, char: str, otherwise: float) -> float:
        glyph = self.font.get_nominal_glyph(ord(char))
        extents = self.font.get_glyph_extents(glyph) if glyph else None
        return float(extents.y_bearing * self._scale) if extents else otherwise

    def has(self, char: str) -> bool:
        if char not in self._has:
            self._has[char] = bool(self.font.get_nominal_glyph(ord(char)))
        return self._has[char]

    def shape(self, text: str, script: str, level: int) -> list[tuple[int, float, float, float]]:
        """Glyph, advance, and offsets right and up of each glyph, from left to right."""
        import uharfbuzz

        buffer = uharfbuzz.Buffer()
        buffer.add_str(text)
        buffer.direction, buffer.language = ("rtl" if level % 2 else "ltr"), "und"
        buffer.script = {"Kana": "Hira", "Zyyy": "Latn"}.get(script, script)
        uharfbuzz.shape(self.font, buffer, {"kern": True, "liga": True, "palt": script in {"Kana", "Hani"}})
        k = self._scale
        return [
            (info.codepoint, spot.x_advance * k, spot.x_offset * k, spot.y_offset * k)
            for info, spot in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True)
        ]

    def outline(self, glyph: int) -> Drawn:
        """A glyph's outline and the box of its ink."""
        if glyph not in self._drawn:
            parts: list[str] = []
            self.font.draw_glyph(glyph, self._pen, (parts, self._scale))
            extents = self.font.get_glyph_extents(glyph)
            box = (extents.x_bearing, extents.y_bearing, extents.width, extents.height) if extents else (0, 0, 0, 0)
            left, top, wide, high = (float(v) * self._scale for v in box)
            self._drawn[glyph] = Drawn("".join(parts), left, top, left + wide, top + high)
        return self._drawn[glyph]


@cache
def load(name: str) -> Face:
    """A face of the archive, read once."""
    return Face(name)


@cache
def _pen(harfbuzz: Any) -> Any:
    """What turns a glyph's strokes into path data, rounded to tenths."""

    def points(data: tuple[list[str], float], letter: str, *values: float) -> None:
        parts, k = data
        pairs = (f"{round(v * k * (-1 if n % 2 else 1), 1) + 0.0:g}" for n, v in enumerate(values))
        parts.append(letter + " ".join(pairs))

    pen = harfbuzz.DrawFuncs()
    pen.set_move_to_func(lambda x, y, data: points(data, "M", x, y))
    pen.set_line_to_func(lambda x, y, data: points(data, "L", x, y))
    pen.set_quadratic_to_func(lambda a, b, x, y, data: points(data, "Q", a, b, x, y))
    pen.set_cubic_to_func(lambda a, b, c, d, x, y, data: points(data, "C", a, b, c, d, x, y))
    pen.set_close_path_func(lambda data: data[0].append("Z"))
    return pen
