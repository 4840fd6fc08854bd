"""Size and shape: pixels, ratios, words such as square or landscape, and platforms that have a usual shape."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache

from pochoir.features.tools.rules.reading import Reading
from pochoir.features.tools.rules.words import FOLDER, english

MARK = "\x02"
"""Stands in the prompt where each of several steps names its own platform."""
SQUARE, LANDSCAPE, PORTRAIT = "1024x1024", "1536x1024", "1024x1536"
_NAMES = {SQUARE: "square", LANDSCAPE: "landscape", PORTRAIT: "portrait"}
_PIXELS = re.compile(
    r"(?<![\w.])(\d{2,5}) ?(?:px|pixels?)? ?(?:x|×|\*|by|mal|par|por|per|op|na) ?(\d{2,5})"
    r" ?(?:px|pixels?|pikseli|píxeles|ピクセル|像素)?(?!\w)",
    re.IGNORECASE,
)
_RATIO = re.compile(r"(?<![\d:])(\d{1,2}) ?[:：/] ?(\d{1,2})(?![\d:])(?! ?(?:am|pm|uhr|h))", re.IGNORECASE)
_RATIOS = {
    (1, 1): SQUARE,
    (3, 2): LANDSCAPE,
    (2, 3): PORTRAIT,
    (16, 9): "1536x864",
    (9, 16): "864x1536",
    (4, 3): "1280x960",
    (3, 4): "960x1280",
    (4, 5): "1024x1280",
    (5, 4): "1280x1024",
    (21, 9): "1792x768",
    (2, 1): "1536x768",
    (1, 2): "768x1536",
}
_NAMED = (("full hd", "1920x1080"), ("1080p", "1920x1080"), ("4k", "3840x2160"), ("a4", PORTRAIT), ("a3", PORTRAIT))


@dataclass(frozen=True, slots=True)
class Shape:
    """A size that was said. `name` is what it was called; `platform` when it came from a place where images go."""

    size: str
    name: str
    platform: str = ""
    at: int = -1


def read_shapes(reading: Reading) -> list[Shape]:
    """Every different size that was said, in order; empty when none was. Size words leave the prompt, platforms stay."""
    found = _shapes(reading)
    if len(found) > 1 and (match := reading.find("sizes")):
        reading.take(match.start(), match.end())
    return found


def _shapes(reading: Reading) -> list[Shape]:
    exact = _exact(reading)
    platforms = _platforms(reading)
    if len({shape.size for shape in platforms}) > 1:
        _mark(reading, platforms)
        _words(reading)
        return _different(platforms)
    words = _words(reading)
    if exact:
        _tell_contradiction(reading, exact, words)
        return _different(exact)
    if words and platforms and _joined(reading.text, words[0], platforms[0]):
        both = sorted((*words, *platforms), key=lambda shape: shape.at)
        one, other = words[0], platforms[0]
        if one.at < other.at:
            reading.take(one.at + len(one.name), other.at + len(other.name))
        else:
            reading.take(other.at, one.at)
        return _different(both)
    return _different(words or platforms)


def _joined(text: str, one: Shape, other: Shape) -> bool:
    """`square and story`: a word for a shape and a place stand side by side, so both are wanted."""
    first, second = sorted((one, other), key=lambda shape: shape.at)
    between = text[first.at + len(first.name) : second.at]
    return (
        re.fullmatch(r"\s*(?:,|/|\+|&|and|und|et|y|e|en|i|plus|as well as)\s*(?:an?\s+|one\s+)?", between, re.I)
        is not None
    )


def _tell_contradiction(reading: Reading, exact: list[Shape], words: list[Shape]) -> None:
    """Say which one was taken where `square` stands beside 16:9."""
    for shape in words:
        other = next((one for one in exact if _form(one.size) != _form(shape.size)), None)
        if other and all(_form(one.size) != _form(shape.size) for one in exact):
            text = f"'{shape.name}' and '{other.name}' contradict each other; {other.name} is taken."
            reading.assumed("steps.make.with.size", text)


def _form(size: str) -> str:
    width, height = (int(part) for part in size.split("x"))
    return "square" if width == height else "landscape" if width > height else "portrait"


def _different(shapes: list[Shape]) -> list[Shape]:
    found: dict[str, Shape] = {}
    for shape in shapes:
        found.setdefault(shape.size, shape)
    return list(found.values())


def _exact(reading: Reading) -> list[Shape]:
    found = []
    for match in _PIXELS.finditer(reading.open):
        width, height = int(match[1]), int(match[2])
        if not (64 <= width <= 4096 and 64 <= height <= 4096):
            reading.left_out.append(f"A size of {width}x{height} cannot be made; edges are 64 to 4096 pixels.")
            reading.take(match.start(), match.end())
            continue
        reading.take(match.start(), match.end())
        found.append(Shape(f"{width}x{height}", f"{width}x{height}"))
    for match in _RATIO.finditer(reading.open):
        ratio = (int(match[1]), int(match[2]))
        if ratio in _RATIOS:
            reading.take(match.start(), match.end())
            found.append(Shape(_RATIOS[ratio], f"{ratio[0]}:{ratio[1]}"))
    for name, size in _NAMED:
        if named := re.search(rf"(?<!\w){name}(?!\w)", reading.open, re.IGNORECASE):
            reading.take(named.start(), named.end())
            found.append(Shape(size, name))
    return found


def _words(reading: Reading) -> list[Shape]:
    found: list[tuple[int, Shape]] = []
    tables = [reading.words] if reading.words.language == "en" else [reading.words, english()]
    for table in tables:
        for name, size in (("square", SQUARE), ("landscape", LANDSCAPE), ("portrait", PORTRAIT)):
            pattern = table.pattern(name)
            while pattern and (said := pattern.search(reading.open)):
                reading.take(said.start(), said.end())
                found.append((said.start(), Shape(size, said[0], at=said.start())))
    return [shape for _, shape in sorted(found, key=lambda item: item[0])]


def _platforms(reading: Reading) -> list[Shape]:
    found: list[tuple[int, Shape]] = []
    looked = reading.open
    for pattern, size in _patterns():
        for match in pattern.finditer(looked):
            if match[0].strip():
                found.append(
                    (
                        match.start(),
                        Shape(
                            size,
                            match[0].strip(),
                            match[0].strip(),
                            match.start() + len(match[0]) - len(match[0].lstrip()),
                        ),
                    )
                )
                looked = looked[: match.start()] + "\x1f" * len(match[0]) + looked[match.end() :]
    return [shape for _, shape in sorted(found, key=lambda item: item[0])]


def _mark(reading: Reading, platforms: list[Shape]) -> None:
    """Put a mark in the prompt where the platforms stand, so that each step names its own."""
    for number, shape in enumerate(platforms):
        reading.take(shape.at, shape.at + len(shape.platform), "" if number else MARK)


@lru_cache(maxsize=1)
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    sizes = {name: size for size, name in _NAMES.items()}
    found = tomllib.loads((FOLDER / "platforms.toml").read_text(encoding="utf-8"))["platforms"]
    return tuple(
        (
            re.compile(rf"(?<!\w)(?:{''.join(entry['words'].split(chr(10)))})(?!\w)", re.IGNORECASE),
            sizes[entry["shape"]],
        )
        for entry in found
    )


def name_of(size: str) -> str:
    """`square` for 1024x1024, and so on; other sizes by their pixels."""
    return _NAMES.get(size, size)
