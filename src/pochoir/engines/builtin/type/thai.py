"""Thai is written without spaces between words: found by a list of words, as few as cover a text."""

from __future__ import annotations

from functools import lru_cache

from pochoir.engines.builtin import archive

_LONGEST = 18
_UNKNOWN = 2.6
"""Cost of a letter that belongs to no known word, in words."""
_MARKS = frozenset("ะาำๅๆฯฺัิีึืุู็่้๊๋์ํ๎")
"""Signs that no word begins with."""


@lru_cache(maxsize=256)
def words(text: str) -> tuple[str, ...]:
    """A stretch of Thai letters as words; letters that no listed word explains stay with each other."""
    known = archive.thai_words()
    best: list[tuple[float, int, bool]] = [(0.0, 0, True)]
    for end in range(1, len(text) + 1):
        cost, start = best[end - 1][0] + _UNKNOWN, end - 1
        listed = False
        for begin in range(max(0, end - _LONGEST), end):
            if text[begin:end] in known and text[end : end + 1] not in _MARKS and best[begin][0] + 1 <= cost:
                cost, start, listed = best[begin][0] + 1, begin, True
        best.append((cost, start, listed))
    out: list[str] = []
    end, joined = len(text), False
    while end:
        _, start, listed = best[end]
        part = text[start:end]
        if joined and not listed:
            out[-1] = part + out[-1]
        else:
            out.append(part)
        joined, end = not listed, start
    return tuple(reversed(out))
