"""The eleven basic colour terms, by the nearest named colour in CIELAB.

The named colours are those of CSS Color 4 in the usual families of that list (pinks, reds, oranges …), and what people
called dark, light, bright or pale forms of a term in the XKCD colour survey (Munroe, 2010; its results are CC0).
"""

from __future__ import annotations

import numpy as np

from bench.sight.pixels import Floats, to_lab

_FAMILIES = {
    "pink": "c71585 ff1493 db7093 ff69b4 ffb6c1 ffc0cb",
    "red": "8b0000 ff0000 b22222 dc143c cd5c5c",
    "orange": "ff4500 ff6347 ff8c00 ff7f50 ffa500",
    "yellow": "ffd700 ffff00 f0e68c eee8aa bdb76b fffacd ffefd5 fafad2",
    "brown": "800000 a52a2a 8b4513 a0522d d2691e b8860b cd853f bc8f8f daa520 f4a460 d2b48c deb887 f5deb3",
    "green": "006400 008000 556b2f 228b22 2e8b57 808000 6b8e23 3cb371 32cd32 00ff00 00ff7f 00fa9a 8fbc8f 66cdaa 9acd32 "
    "7cfc00 7fff00 90ee90 adff2f 98fb98",
    "blue": "191970 000080 00008b 0000cd 0000ff 4169e1 4682b4 1e90ff 00bfff 6495ed 87ceeb 87cefa b0c4de add8e6 b0e0e6 "
    "008080 008b8b 20b2aa 5f9ea0 00ced1 48d1cc 40e0d0 00ffff e0ffff",
    "purple": "4b0082 800080 8b008b 9400d3 483d8b 8a2be2 9932cc ff00ff 6a5acd 7b68ee ba55d3 9370db da70d6 ee82ee dda0dd "
    "d8bfd8 e6e6fa 663399",
    "white": "ffffff fffafa f5fffa f0fff0 f5f5f5 fff5ee f0f8ff f8f8ff fffaf0 fffff0 faebd7 f0ffff",
    "gray": "696969 808080 a9a9a9 c0c0c0 d3d3d3 dcdcdc 708090 778899",
    "black": "000000 2f4f4f 1a1a1a 262626",
}
_SURVEY = {
    "pink": "ff81c0 cb416b ffd1df ff028d",
    "red": "e50000 840000 ff474c d9544d",
    "orange": "f97306 c65102 fdaa48 ff5b00",
    "yellow": "ffff14 d5b60a fffe7a ffff84 fec615 ffdf22",
    "brown": "653700 341c02 ad8150 b1916e 7f5112",
    "green": "15b01a 033500 96f97b c7fdb5 01ff07",
    "blue": "0343df 00035b 95d0fc d0fefe 0165fc",
    "purple": "7e1e9c 35063e bf77f6 b790d4 be03fd",
    "white": "ffffff ffffe4",
    "gray": "929591 d8dcd6 7d7f7c",
    "black": "000000",
}
TERMS = tuple(_FAMILIES)


def _table() -> tuple[Floats, list[int]]:
    values = [(n, word) for n, term in enumerate(TERMS) for word in (_FAMILIES[term] + " " + _SURVEY[term]).split()]
    rgb = np.array([[int(word[k : k + 2], 16) for k in (0, 2, 4)] for _, word in values], np.uint8)
    return to_lab(rgb[None])[0], [number for number, _ in values]


def shares(colours: Floats) -> dict[str, float]:
    """Basic term -> share of the CIELAB colours given (n by 3) that it names."""
    if not len(colours):
        return {}
    named, family = _table()
    nearest = ((colours[:, None] - named[None]) ** 2).sum(-1).argmin(1)
    counts = np.bincount(np.array(family)[nearest], minlength=len(TERMS)) / len(colours)
    return {term: float(counts[k]) for k, term in enumerate(TERMS) if counts[k]}


def dominant(colours: Floats) -> str:
    """The term that names most of the colours; empty when there are none."""
    found = shares(colours)
    return max(found, key=lambda term: found[term]) if found else ""
