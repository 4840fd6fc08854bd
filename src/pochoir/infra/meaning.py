"""Texts as vectors, so that texts of like meaning lie close together: a small table of English word vectors, no download.

A text's vector is the mean of its words', rare words counting more (Arora and others 2017, "smooth inverse frequency"). A
word that is not in the table has a vector of its own by its hash: it is like itself and nothing else, in any language.
The table is built by art/words.py, which says from what.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterator
from functools import cache, lru_cache
from operator import mul
from pathlib import Path

from pochoir.domain.credits import Credit

FOLDER = Path(__file__).parent / "words"
SIZE = 64
"""Numbers of a vector, the weightiest first: the first 32 alone are a coarser vector."""
SMOOTH = 1e-3
"""From which share of all words on a word counts less than fully."""
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_WIDE = re.compile(r"[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")
_ENDINGS = (
    ("ies", "y"), ("'s", ""), ("’s", ""), ("es", "e"), ("es", ""), ("s", ""),
    ("ing", ""), ("ing", "e"), ("ied", "y"), ("ed", "e"), ("ed", ""), ("er", ""), ("ly", ""),
)  # fmt: skip
"""How a word is cut down that is not in the table, tried in this order."""


def vector_of(text: str) -> list[float]:
    """The text's vector: `SIZE` numbers of length 1 together."""
    total = [0.0] * SIZE
    for word in _words(text) or [text]:
        weight, direction = _direction(word)
        for place, value in enumerate(direction):
            total[place] += weight * value
    length = math.sqrt(sum(map(mul, total, total))) or 1.0
    return [value / length for value in total]


class Wanted:
    """What is looked for, to be held against many texts: each of its words against their nearest word."""

    def __init__(self, text: str) -> None:
        self._words = [(word, *_direction(word)) for word in dict.fromkeys(_words(text))]
        self._whole = sum(weight for _, weight, _ in self._words) or 1.0
        self._known: dict[tuple[str, str], float] = {}

    def closeness(self, text: str) -> float:
        """How near a text comes: 1 when it holds every word, 0 when it holds none like them."""
        words = _read(text)
        near = sum(weight * max((self._near(word, of, other) for other in words), default=0.0)
                   for word, weight, of in self._words)  # fmt: skip
        return near / self._whole

    def _near(self, word: str, of: tuple[float, ...], other: str) -> float:
        found = self._known.get((word, other))
        if found is None:
            both = _place(word, _table()[0]), _place(other, _table()[0])
            if word == other or (both[0] is not None and both[0] == both[1]):
                found = 1.0
            else:
                found = 0.0 if None in both else max(0.0, sum(map(mul, of, _direction(other)[1])))
            self._known[word, other] = found
        return found


def tokens(text: str) -> int:
    """How many words were read in a text."""
    return max(1, len(_words(text)))


def credits() -> tuple[Credit, ...]:
    """What the table is made of."""
    listed = json.loads((FOLDER / "sources.json").read_text(encoding="utf-8"))
    names = ("id", "title", "licence", "copyright", "package", "version", "home", "note")
    return tuple(
        Credit(
            **{name: source[name] for name in names},
            kind="words",
            text=(FOLDER / f"{source['licence']}.txt").read_text(encoding="utf-8"),
        )
        for source in listed
    )


@lru_cache(maxsize=50_000)
def _read(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_words(text)))


def _words(text: str) -> list[str]:
    return list(_split(text.lower()))


def _split(text: str) -> Iterator[str]:
    """Words; scripts that leave no room between words are cut into pairs of letters."""
    for word in _WORD.findall(text):
        if _WIDE.fullmatch(word) and len(word) > 2:
            yield from (word[place : place + 2] for place in range(len(word) - 1))
        else:
            yield word


@cache
def _table() -> tuple[dict[str, int], bytes]:
    words = (FOLDER / "words.txt").read_text(encoding="utf-8").split()
    return {word: number for number, word in enumerate(words)}, (FOLDER / "vectors.bin").read_bytes()


@lru_cache(maxsize=4096)
def _direction(word: str) -> tuple[float, tuple[float, ...]]:
    """A word's weight and its vector of length 1."""
    places, vectors = _table()
    place = _place(word, places)
    if place is None:
        digest = hashlib.blake2b(word.encode(), digest_size=SIZE).digest()
        values: tuple[int, ...] = tuple(byte - 128 for byte in digest)
        weight = 1.0
    else:
        values = tuple(memoryview(vectors).cast("b")[place * SIZE : (place + 1) * SIZE])
        share = 0.1 / (place + 2.7)  # Zipf's law, with Mandelbrot's shift
        weight = SMOOTH / (SMOOTH + share)
    length = math.sqrt(sum(map(mul, values, values))) or 1.0
    return weight, tuple(value / length for value in values)


def _place(word: str, places: dict[str, int]) -> int | None:
    """Where a word, or what it is a form of, stands in the table."""
    return next((places[form] for form in (word, *stems(word)) if form in places), None)


def stems(word: str) -> list[str]:
    """What a word may be a form of, the likeliest first."""
    found = [word[: -len(ending)] + instead for ending, instead in _ENDINGS if word.endswith(ending)]
    return [stem for stem in found if len(stem) > 2]
