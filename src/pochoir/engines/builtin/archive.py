"""The packed art: drawings, words and faces, read lazily from the package. Built by art/build.py; read only."""

from __future__ import annotations

import json
import lzma
import zlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

CREDITS = {
    "fluent-emoji-flat": "Fluent Emoji by Microsoft, MIT licence",
    "pochoir": "The Pochoir authors, Apache-2.0",
}
"""Source of a drawing -> its credit, as shown in metadata and NOTICE."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A drawing: SVG inner markup in a square of `view` units; `box` is the inked part, in units."""

    name: str
    source: str
    view: float
    box: tuple[float, float, float, float]
    colours: tuple[tuple[str, float], ...]
    body: str

    @property
    def aspect(self) -> float:
        return max(self.box[2] - self.box[0], 0.1) / max(self.box[3] - self.box[1], 0.1)


def _data(name: str) -> bytes:
    return files("pochoir.engines.builtin").joinpath("art", name).read_bytes()


def _json(name: str) -> Any:
    return json.loads(lzma.decompress(_data(name)))


@cache
def _index() -> dict[str, list[Any]]:
    return {row[0]: row for row in _json("pieces.json.xz")}


@cache
def _blob() -> tuple[bytes, bytes]:
    data = _data("pieces.bin")
    return data, data[4 : 4 + int.from_bytes(data[:4], "big")]


def names() -> list[str]:
    """Every drawing's name, in the archive's order."""
    return list(_index())


def has(name: str) -> bool:
    return name in _index()


@cache
def piece(name: str) -> Piece:
    """Unpack one drawing. KeyError when there is none of that name."""
    _, source, view, start, length, box, colours = _index()[name]
    data, dictionary = _blob()
    body = zlib.decompressobj(-15, zdict=dictionary).decompress(data[start : start + length]).decode()
    x0, y0, x1, y1 = (v * view for v in box)
    return Piece(name, source, view, (x0, y0, x1, y1), tuple((c, a) for c, a in colours), body)


@cache
def words(language: str) -> dict[str, tuple[str, int]]:
    """Word or phrase in lower case -> name of a drawing, and how far the word is from it (0 label .. 9 last keyword)."""
    order = names()
    return {word: (order[number // 10], number % 10) for word, number in _json(f"words-{language}.json.xz").items()}


@cache
def face(name: str) -> dict[str, Any]:
    """A typeface: family, capital height, glyphs (advance and outline in thousandths of the size), kerning pairs."""
    loaded: dict[str, Any] = _json(f"face-{name}.json.xz")
    return loaded
