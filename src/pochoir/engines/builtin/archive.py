"""The packed art: drawings, words and faces, read lazily from the package. Built by art/build.py; read only."""

from __future__ import annotations

import json
import lzma
import zlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

FULLER, LINES = "fluent-emoji", "tabler"
"""Sources of the fuller style and of the line icons."""


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


@cache
def sources() -> dict[str, dict[str, Any]]:
    """Id of a source -> what art/packages.toml says of it: title, kind, package, version, licence, copyright and so on."""
    return {source["id"]: source for source in _json("sources.json.xz")["sources"]}


def licences() -> dict[str, str]:
    """SPDX name of a licence -> its text."""
    texts: dict[str, str] = _json("sources.json.xz")["texts"]
    return texts


def credit(source: str) -> str:
    """The credit of a source of drawings, as a picture's metadata show it."""
    return str(sources()[source]["credit"])


def source_of(name: str) -> str:
    """The source of a drawing, without unpacking it. KeyError when there is none of that name."""
    return str(_index()[name][1])


@cache
def faces() -> dict[str, str]:
    """Every typeface packed -> its source."""
    index: dict[str, dict[str, str]] = _json("faces.json.xz")
    return {name: entry["source"] for name, entry in index.items()}


def size() -> int:
    """Bytes of the whole archive."""
    folder = files("pochoir.engines.builtin").joinpath("art")
    return sum(len(path.read_bytes()) for path in folder.iterdir())


def drawings_size() -> int:
    """Bytes of the drawings and their index."""
    return sum(len(_data(f"{name}{end}")) for name in ("pieces", "fuller") for end in (".bin", ".json.xz"))


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
def _fuller_index() -> dict[str, list[int]]:
    index: dict[str, list[int]] = _json("fuller.json.xz")
    return index


@cache
def _lines() -> dict[str, str]:
    shapes: dict[str, str] = _json("lines.json.xz")
    return shapes


@cache
def fuller(name: str) -> str | None:
    """A drawing's markup with light and shadow, in the same square as the flat one. None when there is none."""
    if name not in _fuller_index():
        return None
    start, length = _fuller_index()[name]
    data = _data("fuller.bin")
    dictionary = data[4 : 4 + int.from_bytes(data[:4], "big")]
    return zlib.decompressobj(-15, zdict=dictionary).decompress(data[start : start + length]).decode()


def line(name: str) -> str | None:
    """The shapes of a drawing's line icon, without paint, in a square of 24 units. None when there is none."""
    return _lines().get(name)


def restyled() -> dict[str, list[str]]:
    """Source of another style -> the drawings that it has."""
    return {FULLER: list(_fuller_index()), LINES: list(_lines())}


@cache
def words(language: str) -> dict[str, tuple[str, int]]:
    """Word or phrase in lower case -> name of a drawing, and how far the word is from it (0 label .. 9 last keyword)."""
    order = names()
    return {word: (order[number // 10], number % 10) for word, number in _json(f"words-{language}.json.xz").items()}


@cache
def nouns() -> dict[str, str]:
    """The reviewed English nouns: noun -> name of a drawing, empty where no drawing is right (art/nouns.tsv)."""
    table: dict[str, str] = _json("nouns.json.xz")
    return table


@cache
def foreign_nouns() -> dict[str, str]:
    """Reviewed nouns of other languages for our own drawings: noun -> name of a drawing (art/nouns-languages.tsv)."""
    table: dict[str, str] = _json("nouns-languages.json.xz")
    return table


def face_data(name: str) -> bytes:
    """A typeface, as a font file's bytes. FileNotFoundError when there is none of that name."""
    return zlib.decompress(_data(f"face-{name}.ttf.z"))


@cache
def emoji() -> dict[str, str]:
    """Code points of an emoji (hexadecimal, joined by hyphens, without U+FE0F) -> its drawing."""
    table: dict[str, str] = _json("emoji.json.xz")
    return table


@cache
def thai_words() -> frozenset[str]:
    """Thai words, by which lines of Thai are broken."""
    return frozenset(_json("thai.json.xz").split())
