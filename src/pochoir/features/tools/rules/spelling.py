"""Slips of the keyboard in words for settings (`sqare`, `backgroud`): corrected before anything is read."""

from __future__ import annotations

import re
import unicodedata

from pochoir.features.tools.rules.words import Words

_QUOTED = re.compile(
    r"“[^”]*”|\"[^\"]*\"|„[^“”]*[“”]|«[^»]*»|「[^」]*」|(?<!\w)'[^'\n]*'(?!\w)|\{[^}]*\}|\[[^\]]*\]|<[^>]*>"
)
_WORD = re.compile(r"[^\W\d_]{4,}")
_LONG = 8
"""From this many letters on two slips are allowed, below it one."""


def correct(text: str, words: Words) -> tuple[str, list[tuple[str, str]]]:
    """The text with slips corrected, and each slip with what it was read as. Words in quotes and brackets stay."""
    known = {_folded(word): str(word) for word in words.table.get("spelling", ())}
    if not known:
        return text, []
    right = frozenset(map(_folded, words.table.get("spelled_right", ()))) | frozenset(words.table["functions"])
    kept = [match.span() for match in _QUOTED.finditer(text)]
    slips: list[tuple[str, str]] = []

    def fix(match: re.Match[str]) -> str:
        said = match[0]
        if any(start <= match.start() < end for start, end in kept):
            return said
        meant = _meant(said, known, right)
        if meant is None:
            return said
        meant = meant.capitalize() if said[0].isupper() else meant
        slips.append((said, meant))
        return meant

    return _WORD.sub(fix, text), slips


def _meant(said: str, known: dict[str, str], right: frozenset[str]) -> str | None:
    word = _folded(said)
    if word in known:
        meant = known[word]
        return meant if meant != said.lower() and not _accented(said) else None
    if word in right or any(word.startswith(name) or name.startswith(word) for name in known):
        return None
    most = 2 if len(word) >= _LONG else 1
    near = [name for name in known if name[0] == word[0] and abs(len(name) - len(word)) <= most]
    found = [(distance, name) for name in near if (distance := _distance(word, name, most)) <= most]
    return known[min(found)[1]] if found else None


def _folded(word: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", word.lower()) if not unicodedata.combining(c))


def _accented(word: str) -> bool:
    return _folded(word) != word.lower()


def _distance(one: str, other: str, most: int) -> int:
    """The optimal string alignment distance: letters added, lost, changed, or two neighbours swapped.

    Source: https://en.wikipedia.org/wiki/Damerau-Levenshtein_distance, the restricted variant. Gives `most` + 1 when
    the words are further apart than `most`.
    """
    before: list[int] = []
    row = list(range(len(other) + 1))
    for at, letter in enumerate(one, 1):
        after = [at]
        for place, wanted in enumerate(other, 1):
            cost = min(row[place] + 1, after[-1] + 1, row[place - 1] + (letter != wanted))
            if at > 1 and place > 1 and letter == other[place - 2] and one[at - 2] == wanted:
                cost = min(cost, before[place - 2] + 1)
            after.append(cost)
        if min(after) > most:
            return most + 1
        before, row = row, after
    return row[-1]
