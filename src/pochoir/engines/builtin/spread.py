"""Several colours for one noun: `two bottles, one red one blue`, `a red and a blue bottle`, `red and green balloons`.

Pure, on tokens. Each part becomes `count colour`; what stays without a colour keeps none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pochoir.engines.builtin import words
from pochoir.engines.builtin.grammar import STOPS

_JOINS = frozenset({",", "and", "und", "et", "y", "e", "en", "plus", "with", "-", ":", "、", "和", "&"})
_OTHERS = frozenset(
    {"the", "other", "another", "second", "third", "a", "an", "autre", "l'autre", "otro", "otra", "andere", "altro"}
)
_AND = frozenset({"and", "und", "et", "y", "e", "en"})
_ARTICLES = frozenset({"a", "an", "one", "ein", "eine", "einen", "un", "une", "una", "um", "uma"})


@dataclass(frozen=True, slots=True)
class Part:
    """So many in this colour. `counted` says that a number or an article stood before it."""

    count: int
    colour: str
    counted: bool


def colours_from(tokens: Sequence[str], at: int, colour_of: Callable[[str], str | None]) -> tuple[list[Part], int]:
    """A list of two or more colours from `at`, joined by commas or `and`; and the index behind it."""
    parts: list[Part] = []
    position = end = at
    joined = False
    while position < len(tokens) and len(parts) < 12:
        count, counted, before = 1, False, position
        while position < len(tokens) and (tokens[position] in _JOINS or tokens[position] in _OTHERS):
            counted = counted or tokens[position] in _ARTICLES or tokens[position] in {"other", "another"}
            position += 1
        if position < len(tokens) and (tokens[position] in words.NUMBERS or tokens[position].isdecimal()):
            number = tokens[position]
            count, counted = max(1, int(number)) if number.isdecimal() else words.NUMBERS[number], True
            position += 1
        if position < len(tokens) and tokens[position] in {"is", "are", "in", "ist", "est", "es"}:
            position += 1
        if parts and position == before:
            break
        for size in (2, 1):
            name = " ".join(tokens[position : position + size])
            if position + size <= len(tokens) and colour_of(name):
                joined = joined or bool(parts)
                parts.append(Part(count, name, counted))
                position += size
                end = position
                break
        else:
            break
    return (parts, end) if joined else (parts[:1], end)


def shares(parts: Sequence[Part], count: int) -> list[Part]:
    """The parts of a count: as they were said, the uncounted ones as even as can be."""
    if parts[0].count > 1 and not any(p.counted for p in parts[1:]):
        count, parts = parts[0].count, [Part(1, p.colour, False) for p in parts]
    said = sum(p.count for p in parts)
    if any(p.counted and p.count > 1 for p in parts) or count <= said:
        return list(parts)
    each, more = divmod(count, len(parts))
    return [Part(each + (k < more), p.colour, True) for k, p in enumerate(parts)]


def says_colours(phrase: str, tokens: Sequence[str], at: int, colour_of: Callable[[str], str | None]) -> bool:
    """Whether it is the word for a palette beside colours or a style: `palette of red and blue`, `a pastel palette`."""
    if phrase not in words.PALETTE_WORDS:
        return False
    before, after = tokens[max(0, at - 1) : at], tokens[at + 1 : at + 4]
    after = after[: next((k for k, token in enumerate(after) if token in STOPS or token in _AND), 3)]
    if not any(colour_of(token) or token in words.STYLES for token in (*before, *after)):
        return False
    return len(set(tokens) - STOPS - _ARTICLES - {"of"}) > 2
