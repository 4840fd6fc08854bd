"""Typesetting: measures, breaks and fits text in any script, and draws it as outlines, so that no font is needed."""

from __future__ import annotations

import itertools
import math
import re
from dataclasses import dataclass, replace
from xml.sax.saxutils import quoteattr

from pochoir.engines.builtin import archive
from pochoir.engines.builtin.type import breaks, shape
from pochoir.engines.builtin.type.faces import MANNERS, load
from pochoir.engines.builtin.type.scripts import main_script
from pochoir.engines.builtin.type.shape import Line, direction, set_line

FACES = MANNERS
_RATIO = {"poster": 1.16}
_SPACE = 260.0
_AIR = 90.0
"""Thousandths of the size that stay free between the ink of two lines."""
_MOST = 600
"""Characters that one block sets."""
_LOOSER = (1.03, 1.2, 1.5)
"""How much wider than the least a setting may be, for better breaks."""
_FOOT = 230.0
"""Thousandths under the baseline that an ordinary descender takes, and a block's height leaves out."""


@dataclass(frozen=True, slots=True)
class Block:
    """Set lines: face, size in pixels, leading in pixels, and the widths of the lines."""

    lines: tuple[str, ...]
    face: str
    size: float
    leading: float
    widths: tuple[float, ...]
    first: str = "inter"
    """The typeface of most of the text."""
    level: int = 0
    """1 when the text runs right to left."""
    text: str = ""
    """All that the lines say, as it was given."""

    @property
    def width(self) -> float:
        return max(self.widths, default=0.0)

    @property
    def height(self) -> float:
        """From the top of the first line to the last baseline, and further where letters hang deeper than Latin ones."""
        return self.capital + self.leading * (len(self.lines) - 1) + _over(self.set[-1]) / 1000 * self.size

    @property
    def capital(self) -> float:
        """Height of the first line above its baseline: its capitals, or what stands higher."""
        return _rise(self.set[0], self.first) / 1000 * self.size

    @property
    def set(self) -> list[Line]:
        return [set_line(line, self.face, self.first, self.level) for line in self.lines]


def _rise(line: Line, first: str) -> float:
    capital = load(first).capital
    return capital if line.top <= capital * 1.06 and first not in _TALL else max(line.top, capital * 0.9)


_TALL = frozenset({"noto-jp", "noto-kr", "noto-sc", "noto-tc", "rounded", "jua", "black-han"})


def _over(line: Line) -> float:
    return max(0.0, -line.low - _FOOT)


def covers(text: str, face: str) -> bool:
    """Whether the faces of a manner, or those that stand in for them, have every character."""
    return not settable(text)[1]


def settable(text: str) -> tuple[str, str]:
    """The text as it is set, and the characters that no face has: a box stands for each, an emoji is left out."""
    kept, dropped = shape.clean(text[: _MOST * 2])
    kept = kept if len(kept) <= _MOST else kept[: _MOST - 1].rstrip() + "…"
    return kept, shape.missing(kept) + dropped


def words_of(block: Block) -> str:
    """What a block says, in one line, without spaces between lines of a script that has none."""
    return spoken(block.text)


def spoken(text: str) -> str:
    """What a text says: emoji by their names."""
    return shape.spoken(shape.clean(text)[0])


def label(text: str) -> str:
    """The label of a group that shows a text, as it stands in the markup."""
    return f"aria-label={quoteattr(spoken(text))}"


def fit(
    text: str, wanted: str, width: float, height: float, *, most: float, lines: int = 4, least: float = 0.0
) -> Block:
    """The largest setting of a text in a box, in at most `lines` lines (more when the text is long).

    Under `least` pixels of size it rather outgrows the box's height; it never outgrows the width.
    """
    text = shape.clean(text[: _MOST * 2])[0]
    first, level = shape.primary(text, wanted), direction(text)
    found = breaks.parts(text)

    def measure(part: str) -> float:
        return set_line(part, wanted, first, level).width

    space = measure(" ") or _SPACE
    whole = sum(measure(p.text) + space * p.space for p in found)
    if least and max(measure(p.text) for p in found) * least / 1000 > width:
        em = max(measure(p.text) / len(p.text) for p in found)
        found = breaks.broken(found, max(4, int(width / least * 1000 / em)))
    natural = math.ceil(math.sqrt(whole * 1.2 * height / max(width, 1) / 1000)) + 1
    needed = math.ceil(whole * max(least, 1e-6) / 1000 / width * 1.25) if least else 1
    most_lines = min(len(found), max(lines, natural, needed), 40)
    counts = range(max(1, most_lines - 5 if most_lines > 9 else 1), most_lines + 1)
    best, score = None, 0.0
    for count in counts:
        for broken, cost in breaks.balance(found, count, measure, space, _LOOSER):
            block = replace(_block(broken, wanted, first, level, width, height, most, least), text=text)
            worth = block.size * (1 - min(0.5, cost * 0.4))
            if best is None or worth > score * 1.04 or best.size < least * 0.999 <= block.size:
                best, score = block, worth
    assert best is not None  # there is always one line
    return best


def _block(
    lines: list[str], manner: str, first: str, level: int, width: float, height: float, most: float, least: float
) -> Block:
    made = [set_line(line, manner, first, level) for line in lines]
    widest = max(line.width for line in made) or 1.0
    leading = _RATIO.get(manner, 1.12) * 1000 if main_script("".join(lines)) in {"Latn", "Cyrl", "Grek"} else 1180.0
    for above, below in itertools.pairwise(made):
        leading = max(leading, -above.low + below.top + _AIR)
    tall = _rise(made[0], first) + leading * (len(made) - 1) + _over(made[-1])
    size = min(most, width / widest * 1000, max(height / tall * 1000, least))
    widths = tuple(line.width * size / 1000 for line in made)
    return Block(tuple(lines), manner, size, leading * size / 1000, widths, first, level)


def draw(block: Block, x: float, y: float, colour: str, align: str = "middle") -> str:
    """Outlines of a block; `y` is the top of the first line. The words stand in the group's label.

    A text that runs right to left and starts at the left keeps its place, flush at its own right.
    """
    out = []
    left = x - {"start": 0.0, "middle": block.width / 2, "end": block.width}[align]
    for number, (line, width) in enumerate(zip(block.set, block.widths, strict=True)):
        spare = block.width - width
        shift = spare / 2 if align == "middle" else spare if align == "end" or block.level else 0.0
        base = y + block.capital + number * block.leading
        out.append(_line(line, block.size, left + shift, base))
    return f'<g fill="{colour}" {label(block.text)}>{"".join(out)}</g>'


def _line(line: Line, size: float, x: float, base: float) -> str:
    out = []
    for glyph in line.glyphs:
        place = f"translate({round(glyph.x, 1):g}" + (f" {round(-glyph.y, 1):g}" if glyph.y else "") + ")"
        if glyph.face == shape.BOX:
            out.append(f'<path transform="{place}" d="M60 0V-700H580V0ZM130 -70H510V-630H130Z" fill-rule="evenodd"/>')
        elif glyph.face == shape.EMOJI:
            out.append(_drawing(str(glyph.glyph), place))
        else:
            outline = load(glyph.face).outline(int(glyph.glyph)).path
            out.append(f'<path transform="{place}" d="{outline}"/>')
    return f'<g transform="translate({x:.2f} {base:.2f}) scale({size / 1000:.5f})">{"".join(out)}</g>'


_ID = re.compile(r'\bid="([^"]+)"')


def _drawing(name: str, place: str) -> str:
    """An emoji's drawing in a square of the type's size, standing a little under the baseline."""
    piece = archive.piece(name)
    body = piece.body
    for old in sorted(set(_ID.findall(body)), key=len, reverse=True):
        mine = f"t-{name}-{old}"
        body = body.replace(f'id="{old}"', f'id="{mine}"').replace(f"url(#{old})", f"url(#{mine})")
        body = body.replace(f'href="#{old}"', f'href="#{mine}"')
    return (
        f'<g transform="{place} translate(0 {-shape.EMOJI_EDGE:g}) scale({shape.EMOJI_EDGE / piece.view:.4f})" '
        f'stroke="none">{body}</g>'
    )
