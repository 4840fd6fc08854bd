"""Typesetting: measures, breaks and fits text, and draws it as outlines. No font is needed where the SVG is shown."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

from pochoir.engines.builtin import archive

FACES = ("round", "poster", "serif", "clean", "hand")


@dataclass(frozen=True, slots=True)
class Block:
    """Set lines: face, size in pixels, leading in pixels, and the widths of the lines."""

    lines: tuple[str, ...]
    face: str
    size: float
    leading: float
    widths: tuple[float, ...]

    @property
    def width(self) -> float:
        return max(self.widths, default=0.0)

    @property
    def height(self) -> float:
        return self.capital + self.leading * (len(self.lines) - 1)

    @property
    def capital(self) -> float:
        return float(archive.face(self.face)["capital"]) / 1000 * self.size


def covers(text: str, face: str) -> bool:
    """Whether a face has every character."""
    glyphs = archive.face(face)["glyphs"]
    return all(c in glyphs or c.isspace() for c in text)


def settable(text: str) -> tuple[str, str]:
    """The text without characters that no face has, and those characters."""
    glyphs = archive.face("clean")["glyphs"]
    missing = "".join(dict.fromkeys(c for c in text if c not in glyphs and not c.isspace() and c not in "️‍"))
    kept = " ".join("".join(c for c in text if c in glyphs or c.isspace()).split())
    return kept, missing


def face_for(text: str, wanted: str) -> str:
    return wanted if covers(text, wanted) else "clean"


def measure(text: str, face: str, size: float) -> float:
    """Width in pixels, with kerning."""
    data = archive.face(face)
    glyphs, kern = data["glyphs"], data["kern"]
    total = sum(glyphs[c][0] if c in glyphs else 260 for c in text)
    total += sum(kern.get(a + b, 0) for a, b in itertools.pairwise(text))
    return float(total) * size / 1000


def fit(text: str, wanted: str, width: float, height: float, *, most: float, lines: int = 4) -> Block:
    """The largest setting of a text in a box, in at most `lines` lines (more when the text is long)."""
    face = face_for(text, wanted)
    words = text.split() or [text]
    best: Block | None = None
    for count in range(1, min(len(words), max(lines, len(text) // 28)) + 1):
        broken = _break(words, count, face)
        widest = max(measure(line, face, 1000) for line in broken) or 1.0
        capital = float(archive.face(face)["capital"]) / 1000
        ratio = 1.12 if face != "poster" else 1.16
        size = min(most, width / widest * 1000, height / (capital + ratio * (len(broken) - 1)))
        if best is None or size > best.size * 1.04:
            widths = tuple(measure(line, face, size) for line in broken)
            best = Block(tuple(broken), face, size, ratio * size, widths)
    assert best is not None  # there is always one line
    return best


def _break(words: list[str], count: int, face: str) -> list[str]:
    """Break into `count` lines, as even as can be: the smallest widest line, found by bisection."""
    sizes = [measure(w, face, 1000) for w in words]
    low, high = max(sizes), sum(sizes) + 300 * len(words)
    for _ in range(18):
        middle = (low + high) / 2
        if len(_greedy(words, sizes, middle)) > count:
            low = middle
        else:
            high = middle
    return _greedy(words, sizes, high)


def _greedy(words: list[str], sizes: list[float], limit: float) -> list[str]:
    lines: list[str] = []
    room = -1.0
    for word, size in zip(words, sizes, strict=True):
        if lines and size + 260 <= room:
            lines[-1] += " " + word
            room -= size + 260
        else:
            lines.append(word)
            room = limit - size
    return lines


def draw(block: Block, x: float, y: float, colour: str, align: str = "middle") -> str:
    """Outlines of a block; `y` is the top of the first line's capitals. The words stand in the group's label."""
    out = []
    for number, (line, width) in enumerate(zip(block.lines, block.widths, strict=True)):
        left = x - {"start": 0.0, "middle": width / 2, "end": width}[align]
        base = y + block.capital + number * block.leading
        out.append(_line(line, block.face, block.size, left, base))
    label = quoteattr(" ".join(block.lines))
    return f'<g fill="{colour}" aria-label={label}>{"".join(out)}</g>'


def _line(text: str, face: str, size: float, x: float, base: float) -> str:
    data = archive.face(face)
    glyphs, kern = data["glyphs"], data["kern"]
    at, out, previous = 0, [], ""
    for c in text:
        at += kern.get(previous + c, 0)
        advance, outline = glyphs.get(c, (260, ""))
        if outline:
            out.append(f'<path transform="translate({at})" d="{outline}"/>')
        at += advance
        previous = c
    return f'<g transform="translate({x:.2f} {base:.2f}) scale({size / 1000:.5f})">{"".join(out)}</g>'
