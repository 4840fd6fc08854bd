"""The script of a character, and the order in which a line's parts stand: left to right, right to left, or both. Pure."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections import Counter
from functools import cache

_RANGES = """
0041 005A Latn|0061 007A Latn|00AA 00AA Latn|00BA 00BA Latn|00C0 00D6 Latn|00D8 00F6 Latn|00F8 02B8 Latn|0370 03FF Grek
0400 052F Cyrl|0531 058F Armn|0590 05FF Hebr|0600 06FF Arab|0700 074F Syrc|0750 077F Arab|0780 07BF Thaa|08A0 08FF Arab
0900 097F Deva|0980 09FF Beng|0A00 0A7F Guru|0A80 0AFF Gujr|0B00 0B7F Orya|0B80 0BFF Taml|0C00 0C7F Telu|0C80 0CFF Knda
0D00 0D7F Mlym|0D80 0DFF Sinh|0E00 0E7F Thai|0E80 0EFF Laoo|0F00 0FFF Tibt|1000 109F Mymr|10A0 10FF Geor|1100 11FF Hang
1200 139F Ethi|13A0 13FF Cher|1780 17FF Khmr|1800 18AF Mong|1C90 1CBF Geor|1E00 1EFF Latn|1F00 1FFF Grek|2C60 2C7F Latn
2E80 2FDF Hani|3005 3007 Hani|3041 3096 Kana|309D 309F Kana|30A1 30FA Kana|30FC 30FF Kana|3105 312F Bopo|3131 318E Hang
31F0 31FF Kana|3400 4DBF Hani|4E00 9FFF Hani|A720 A7FF Latn|AC00 D7A3 Hang|F900 FAFF Hani|FB00 FB06 Latn|FB13 FB17 Armn
FB1D FB4F Hebr|FB50 FDFF Arab|FE70 FEFE Arab|FF21 FF3A Latn|FF41 FF5A Latn|FF66 FF9F Kana|20000 3134F Hani
"""
_TABLE = sorted(
    (int(first, 16), int(last, 16), script)
    for first, last, script in (entry.split() for entry in _RANGES.replace("\n", "|").split("|") if entry)
)
_STARTS = [row[0] for row in _TABLE]
COMMON = "Zyyy"
RIGHT_TO_LEFT = frozenset({"Arab", "Hebr", "Syrc", "Thaa"})


@cache
def script_of(char: str) -> str:
    """ISO 15924 code of a character's script; COMMON for digits, punctuation and marks that go with any."""
    row = bisect_right(_STARTS, ord(char)) - 1
    if row >= 0 and ord(char) <= _TABLE[row][1] and char not in "।॥":
        return _TABLE[row][2]
    return COMMON


def main_script(text: str) -> str:
    """The script that most of a text is in; a few Latin words inside another script do not count."""
    counted = Counter(script_of(c) for c in text)
    del counted[COMMON]
    if counted["Kana"]:
        counted["Kana"] += counted.pop("Hani", 0)
    for script in ("Kana", "Hani", "Hang"):
        if script in counted:
            counted[script] *= 2
    others = {s: n for s, n in counted.items() if s != "Latn" and n * 2 >= counted["Latn"]}
    if others:
        return max(others, key=lambda s: others[s])
    return "Latn"


def base_level(text: str) -> int:
    """1 when the first letter with a direction goes right to left, else 0."""
    for char in text:
        kind = unicodedata.bidirectional(char)
        if kind in {"R", "AL", "L"}:
            return int(kind != "L")
    return 0


def levels(text: str, base: int) -> list[int]:
    """The embedding level of every character: the Unicode algorithm's rules W1-W7, N0-N2, I1, I2, without embeddings."""
    kinds = [unicodedata.bidirectional(c) or "L" for c in text]
    start = "R" if base else "L"
    if "R" not in kinds and "AL" not in kinds and not base:
        return [0] * len(kinds)
    _weak(kinds, start)
    _brackets(text, kinds, start)
    _neutral(kinds, start)
    out = []
    for kind in kinds:
        if kind == "R":
            out.append(1 if base <= 1 else 3)
        elif kind in {"EN", "AN"}:
            out.append(2)
        else:
            out.append(2 if base else 0)
    return out


def _weak(kinds: list[str], start: str) -> None:
    """Marks take the kind before them; numbers take their signs with them."""
    last = start
    for k, kind in enumerate(kinds):
        if kind == "NSM":
            kinds[k] = kinds[k - 1] if k else start
        elif kind == "EN" and last == "AL":
            kinds[k] = "AN"
        if kinds[k] in {"L", "R", "AL"}:
            last = kinds[k]
    kinds[:] = ["R" if kind == "AL" else kind for kind in kinds]
    _signs(kinds)
    last = start
    for k, kind in enumerate(kinds):
        if kind in {"ES", "ET", "CS", "B", "S", "WS", "BN"}:
            kinds[k] = "ON"
        elif kind == "EN" and last == "L":
            kinds[k] = "L"
        if kinds[k] in {"L", "R"}:
            last = kinds[k]


def _signs(kinds: list[str]) -> None:
    """Separators between digits, and signs beside them, belong to the number."""
    for k in range(1, len(kinds) - 1):
        around = {kinds[k - 1], kinds[k + 1]}
        if (kinds[k] in {"ES", "CS"} and around == {"EN"}) or (kinds[k] == "CS" and around == {"AN"}):
            kinds[k] = kinds[k - 1]
    for order in (range(len(kinds)), range(len(kinds) - 1, -1, -1)):
        before = ""
        for k in order:
            if kinds[k] == "ET" and before == "EN":
                kinds[k] = before
            before = kinds[k]


_PAIRS = {")": "(", "]": "[", "}": "{", "»": "«", "›": "‹", "”": "“"}


def _brackets(text: str, kinds: list[str], start: str) -> None:
    """A pair of brackets has the line's direction when its inside has some of it, else that of inside and before."""
    opened: list[tuple[str, int]] = []
    for end, char in enumerate(text):
        if char in _PAIRS.values() and kinds[end] == "ON":
            opened.append((char, end))
        elif char in _PAIRS and _PAIRS[char] in [c for c, _ in opened]:
            while opened[-1][0] != _PAIRS[char]:
                opened.pop()
            begin = opened.pop()[1]
            inside = {"L" if k == "L" else "R" for k in kinds[begin + 1 : end] if k in {"L", "R", "EN", "AN"}}
            before = next((k for k in reversed(kinds[:begin]) if k in {"L", "R", "EN", "AN"}), start)
            other = "R" if start == "L" else "L"
            if start in inside:
                kinds[begin] = kinds[end] = start
            elif other in inside:
                kinds[begin] = kinds[end] = other if ("L" if before == "L" else "R") == other else start


def _neutral(kinds: list[str], start: str) -> None:
    """What has no direction takes that of both its neighbours, or the line's."""
    k = 0
    while k < len(kinds):
        if kinds[k] in {"L", "R", "EN", "AN"}:
            k += 1
            continue
        end = k
        while end < len(kinds) and kinds[end] not in {"L", "R", "EN", "AN"}:
            end += 1
        before = ("L" if kinds[k - 1] == "L" else "R") if k else start
        after = ("L" if kinds[end] == "L" else "R") if end < len(kinds) else start
        kinds[k:end] = [before if before == after else start] * (end - k)
        k = end


def visual(found: list[int]) -> list[int]:
    """Indices of runs in the order they stand from left to right, by their levels (rule L2)."""
    order = list(range(len(found)))
    for level in range(max(found, default=0), 0, -1):
        k = 0
        while k < len(order):
            end = k
            while end < len(order) and found[order[end]] >= level:
                end += 1
            order[k:end] = reversed(order[k:end])
            k = max(end, k + 1)
    return order
