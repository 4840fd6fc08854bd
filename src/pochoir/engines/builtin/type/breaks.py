"""Where a text may break, how bad each break is, and the most even lines. Widths come from outside."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pochoir.engines.builtin.type import thai
from pochoir.engines.builtin.type.scripts import script_of

_NO_START = frozenset(
    "、。，．・：；？！゛゜ヽヾゝゞ々ー）］｝〕〉》」』】’”…‥％℃ぁぃぅぇぉっゃゅょゎゕゖァィゥェォッャュョヮヵヶ,.!?:;)]}%›»~〜～·"
)
_NO_END = frozenset("（［｛〔〈《「『【‘“([{‹«¥￥$＄#＃@＠")
_STOPS = frozenset("。，、！？；：,.!?;:—…·")
_DENSE = frozenset({"Kana", "Hani"})
_LITTLE = """a an the of to in on at by for and or & und der die das den dem des ein eine mit im am zu le la les de du
et à un une el los las y en con il lo i di da e o os as do um uma в и на с о к у"""
_SMALL = frozenset(_LITTLE.split())
_THAI = re.compile("[\u0e01-\u0e3a\u0e40-\u0e4e]+")
_AFTER = re.compile(r"(?<=[\w.)][-–—/|·])(?=\w)")


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch without a break inside: whether a space stands before it, and how bad it is to begin a line with it."""

    text: str
    space: bool
    cost: float


def parts(text: str) -> list[Part]:
    """All stretches of a text, in order."""
    out: list[Part] = []
    japanese = any(script_of(c) == "Kana" for c in text)
    before = ""
    for word in text.split():
        for number, piece in enumerate(_split(word)):
            for place, (stretch, cost) in enumerate(_dense(piece, japanese=japanese)):
                if place:
                    out.append(Part(stretch, False, cost))
                elif number:
                    out.append(Part(stretch, False, 0.35))
                else:
                    out.append(Part(stretch, bool(out), _between(before, word)))
        before = word
    return out or [Part(text, False, 0.0)]


def _between(before: str, word: str) -> float:
    """Cost of a break at a space: small words belong to the next, a stop is a good end, a lone sign none."""
    if not before:
        return 0.0
    if before in {"&", "+"} or word[0] in _NO_START or word[0] == "ๆ":
        return 0.6
    if before.lower() in _SMALL:
        return 0.32
    if len(word) == 1 and not word.isalnum():
        return 0.3
    if before[-1].isdecimal() and len(before) < 6:
        return 0.2
    return 0.0 if before[-1] in _STOPS else 0.08


def _split(word: str) -> list[str]:
    """A word cut after hyphens, dashes and slashes, but no address and no range of numbers."""
    if "://" in word or "@" in word or len(word) < 8:
        return [word]
    return _AFTER.split(word)


def _dense(word: str, *, japanese: bool) -> list[tuple[str, float]]:
    """Stretches of a word in a script without spaces, with the cost of a break before each."""
    if _THAI.search(word):
        return _thai(word)
    if not any(script_of(c) in _DENSE for c in word):
        return [(word, 0.0)]
    out: list[tuple[str, float]] = [(word[0], 0.0)]
    since = 1
    for a, b in itertools.pairwise(word):
        cost = _japanese(a, b) if japanese else _chinese(a, b, since)
        if cost is None:
            out[-1] = (out[-1][0] + b, out[-1][1])
        else:
            out.append((b, cost))
        since = 0 if a in _STOPS else since + 1
    return out


def _thai(word: str) -> list[tuple[str, float]]:
    """The words of a stretch of Thai; one of one or two letters, and a sign, stays with what is before it."""
    found: list[str] = []
    at = 0
    for match in _THAI.finditer(word):
        found += [word[at : match.start()]] if match.start() > at else []
        found += thai.words(match[0])
        at = match.end()
    found += [word[at:]] if at < len(word) else []
    out: list[tuple[str, float]] = []
    for part in found:
        if out and (len(part) < 3 or not part[0].isalnum()):
            out[-1] = (out[-1][0] + part, out[-1][1])
        else:
            out.append((part, 0.22 if out else 0.0))
    return out


def _never(a: str, b: str) -> bool:
    both = {script_of(a), script_of(b)}
    if b in _NO_START or a in _NO_END:
        return True
    return not both & _DENSE or (both & _DENSE != both and (a.isdecimal() or b.isdecimal()))


def _japanese(a: str, b: str) -> float | None:
    if _never(a, b):
        return None
    if a in _STOPS or a in "」』）】":
        return 0.0
    kinds = (_kana(a), _kana(b))
    if kinds[0] == kinds[1] == "katakana":
        return 1.0
    if kinds[0] == "hiragana":
        return {"hiragana": 0.55, "katakana": 0.12, "kanji": 0.12}.get(kinds[1], 0.2)
    if kinds == ("kanji", "kanji"):
        return 0.6
    return 0.9 if kinds[1] == "hiragana" else 0.3


def _kana(char: str) -> str:
    if "\u3041" <= char <= "\u309f":
        return "hiragana"
    if "\u30a0" <= char <= "\u30ff":
        return "katakana"
    return "kanji" if script_of(char) == "Hani" else "other"


def _chinese(a: str, b: str, since: int) -> float | None:
    """Most words have two characters: a break after an even number since the last stop is rather one between words."""
    if _never(a, b):
        return None
    if a in _STOPS or a in "」』）】》":
        return 0.0
    if a in "的了和与在是":
        return 0.15
    return 0.25 if since % 2 == 0 else 0.5


def broken(found: Sequence[Part], limit: int) -> list[Part]:
    """The same stretches with those of more than `limit` characters cut, for words that no line could hold."""
    out: list[Part] = []
    for part in found:
        if len(part.text) <= limit:
            out.append(part)
            continue
        pieces = [part.text[k : k + limit] for k in range(0, len(part.text), limit)]
        out += [Part(p, part.space and not k, part.cost if not k else 0.8) for k, p in enumerate(pieces)]
    return out


def join(found: Sequence[Part]) -> str:
    return "".join((" " if part.space and k else "") + part.text for k, part in enumerate(found))


def balance(
    found: Sequence[Part], count: int, measure: Callable[[str], float], space: float, looser: Sequence[float] = (1.04,)
) -> list[tuple[list[str], float]]:
    """Break into at most `count` lines: even lines with good breaks, none wider than `looser` times the least width.

    One setting for each factor of `looser`, without repeats: its lines, and the mean cost of its breaks.
    """
    sizes = [measure(part.text) for part in found]
    low, high = max(sizes), sum(sizes) + space * len(found)
    if count == 1:
        return [([join(found)], 0.0)]
    for _ in range(16):
        middle = (low + high) / 2
        if _greedy(found, sizes, space, middle) > count:
            low = middle
        else:
            high = middle
    out: dict[tuple[int, ...], tuple[list[str], float]] = {}
    for factor in looser:
        starts = _even(found, sizes, space, high * factor + 1)
        lines = [join(found[a:b]) for a, b in zip(starts, [*starts[1:], len(found)], strict=True)]
        out[tuple(starts)] = (lines, sum(found[s].cost for s in starts[1:]) / max(len(starts) - 1, 1))
    return list(out.values())


def _greedy(found: Sequence[Part], sizes: Sequence[float], space: float, limit: float) -> int:
    lines, room = 1, limit
    for k, (part, size) in enumerate(zip(found, sizes, strict=True)):
        need = size + (space if part.space and room < limit else 0.0)
        if k and need > room:
            lines, room = lines + 1, limit - size
        else:
            room -= need
    return lines


def _even(found: Sequence[Part], sizes: Sequence[float], space: float, limit: float) -> list[int]:
    """Starts of the lines, none wider than the limit: least squared slack and break costs together."""
    best: list[tuple[float, int]] = [(0.0, 0)]
    for end in range(1, len(found) + 1):
        width, lowest = 0.0, (1e9, end - 1)
        for start in range(end - 1, -1, -1):
            width += sizes[start] + (space if start + 1 < end and found[start + 1].space else 0.0)
            if width > limit and start < end - 1:
                break
            cost = best[start][0] + (1 - width / limit) ** 2 + (found[start].cost * 0.5 if start else 0.0)
            lowest = min(lowest, (cost, start))
        best.append(lowest)
    starts, at = [], len(found)
    while at:
        at = best[at][1]
        starts.append(at)
    return starts[::-1]
