"""The Thai words of the archive: those of PyThaiNLP's lists that are frequent or short."""

from __future__ import annotations

import re
import zipfile

_WORD = re.compile("[\u0e01-\u0e4e]{2,}")
FREQUENT = 20_000
SHORT = 7


def words(wheel: zipfile.ZipFile) -> list[str]:
    """Listed words: the most frequent of the Thai National Corpus, and all of up to seven letters."""
    listed = {w for w in _read(wheel, "words_th.txt").split("\n") if _WORD.fullmatch(w)}
    counted: dict[str, int] = {}
    for line in _read(wheel, "tnc_freq.txt").splitlines():
        word, _, number = line.partition("\t")
        if word in listed and number.isdigit():
            counted[word] = int(number)
    frequent = sorted(counted, key=lambda w: (-counted[w], w))[:FREQUENT]
    return sorted({*frequent, *(w for w in listed if len(w) <= SHORT)})


def _read(wheel: zipfile.ZipFile, name: str) -> str:
    return wheel.read(f"pythainlp/corpus/{name}").decode("utf-8").replace("\r", "")
