"""Text to placed glyphs: each part in the face that has its letters, joined and ordered as its script asks."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from pochoir.engines.builtin import archive
from pochoir.engines.builtin.type.faces import CHAINS, LAST, load
from pochoir.engines.builtin.type.scripts import COMMON, base_level, levels, main_script, script_of, visual

BOX = "\0box"
"""The face of a character that no face has: a box stands for it."""
EMOJI = "\0emoji"
"""The face of an emoji: its drawing in the archive stands for it."""
_SILENT = frozenset("\u00ad\u061c\u200b\u200e\u200f\u2060\ufeff")
_UNSEEN = frozenset({"Cc", "Co", "Cs", "Cn"})
_JOINERS = "\u200c\u200d"
_AID = frozenset(_JOINERS + "\ufe0e\ufe0f\u20e3")
"""Signs that only shape their neighbours."""
_EMOJI = re.compile(
    "[\U0001f1e6-\U0001f1ff]{2}|[\u00a9\u00ae\u203c-\u3299\U0001f000-\U0001faff]\ufe0f?[\U0001f3fb-\U0001f3ff]?"
    "(?:\u200d[\u2640-\u27ff\U0001f000-\U0001faff]\ufe0f?[\U0001f3fb-\U0001f3ff]?)*"
)
_STACK = re.compile(
    "([\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]{3})[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]+"
)
"""More accents on one letter than a script uses: they would climb out of the picture."""
_TONE = re.compile("[\U0001f3fb-\U0001f3ff]")
_INSIDE = "\ue000"
"""First of the private characters that stand for emoji between here and the lines."""
EMOJI_EDGE = 1000.0
_EMOJI_FOOT = -130.0
_SWASH = 40.0
"""What ink may reach over a line's ends before it counts as width."""


@dataclass(frozen=True, slots=True)
class Glyph:
    """A glyph of a face (or the box, or an emoji's drawing) at a place, in thousandths of the size, y up."""

    face: str
    glyph: int | str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Line:
    """A set line: glyphs from left to right, its advance, and its ink above and below the baseline."""

    glyphs: tuple[Glyph, ...]
    width: float
    top: float
    low: float


def clean(text: str) -> tuple[str, str]:
    """A text composed, its spaces single, without silent and private characters; and its emoji that have no drawing."""
    dropped: list[str] = []

    def take(match: re.Match[str]) -> str:
        if _plain(match[0]) or emoji(match[0]):
            return match[0]
        dropped.append(match[0])
        return ""

    text = "".join(
        c for c in unicodedata.normalize("NFC", text) if unicodedata.category(c) not in _UNSEEN or c.isspace()
    )
    text = "".join(c for c in _EMOJI.sub(take, text) if c not in _SILENT)
    return " ".join(_STACK.sub(r"\1", text).split()), "".join(dict.fromkeys(dropped))


def spoken(text: str) -> str:
    """The text as a label says it: emoji by their names."""
    return _EMOJI.sub(lambda m: m[0] if _plain(m[0]) else (emoji(m[0]) or "").replace("-", " "), text)


def _plain(found: str) -> bool:
    """Whether what could be an emoji is a letter or sign of a face, such as \u00a9 or \u3042."""
    return not found.endswith("\ufe0f") and all(covered(c) for c in found)


def _packed(text: str) -> str:
    """The text with each emoji as one private character."""
    return _EMOJI.sub(
        lambda m: m[0] if _plain(m[0]) else chr(ord(_INSIDE) + archive.names().index(emoji(m[0]) or "")), text
    )


def _inside(char: str) -> bool:
    return "\ue000" <= char <= "\uf8ff"


def _named(char: str) -> str:
    return archive.names()[ord(char) - ord(_INSIDE)]


def emoji(text: str) -> str | None:
    """The archive's drawing of an emoji; a skin tone that it lacks is left out."""
    for tried in (text, _TONE.sub("", text), text.split("\u200d", maxsplit=1)[0]):
        name = archive.emoji().get("-".join(f"{ord(c):x}" for c in tried if c != "\ufe0f"))
        if name:
            return name
    return None


def covered(char: str) -> bool:
    """Whether any face has a character."""
    return _face_of(char, "clean") != BOX


def missing(text: str) -> str:
    """Characters of a clean text that no face has, each once."""
    text = _packed(text)
    found = zip(text, _faces(text, "clean", primary(text, "clean")), strict=True)
    return "".join(dict.fromkeys(c for c, face in found if face == BOX and c not in _AID and not c.isspace()))


@lru_cache(maxsize=512)
def primary(text: str, manner: str) -> str:
    """The face that sets most of a text: the first of its script's that has all its letters, else the one that has most."""
    return _of_script(text, main_script(text), manner)


def _of_script(text: str, script: str, manner: str) -> str:
    letters = [c for c in text if script_of(c) == script or {script, script_of(c)} == {"Kana", "Hani"}]
    if script == "Hani" and any(script_of(c) == "Kana" for c in letters):
        script = "Kana"
    chain = CHAINS.get((script, manner), CHAINS["Latn", manner])
    if script == "Latn":
        chain = (*chain, "inter")
    scores = [sum(load(name).has(c) for c in letters) for name in chain]
    return chain[scores.index(max(scores))]


@lru_cache(maxsize=4096)
def _face_of(char: str, manner: str, *wanted: str) -> str:
    """The face for a character: one of those wanted, else one of its script's, else any."""
    if _inside(char):
        return EMOJI
    script = script_of(char)
    chain = CHAINS.get((script, manner), ()) + CHAINS.get((script, "clean"), ())
    for name in dict.fromkeys(wanted + chain + LAST):
        if load(name).has(char):
            return name
    return BOX


def _faces(text: str, manner: str, first: str) -> list[str]:
    """A face for every character; a mark goes with its letter, and each script keeps to one face."""
    others = {s: _of_script(text, s, manner) for s in {script_of(c) for c in text} if (s, manner) in CHAINS}
    found: list[str] = []
    for k, char in enumerate(text):
        mark = char in _AID or unicodedata.category(char) in {"Mn", "Mc", "Me"} or char == " "
        if mark and k and found[-1] not in {BOX, EMOJI} and (char in _AID or char == " " or load(found[-1]).has(char)):
            found.append(found[-1])
        else:
            found.append(_face_of(char, manner, first, others.get(script_of(char), first)))
    return found


def _runs(text: str, manner: str, first: str, base: int) -> Iterator[tuple[str, str, str, int]]:
    """Text, face, script and level of each run, in the order they stand."""
    faces, found = _faces(text, manner, first), levels(text, base)
    script = main_script(text)
    runs: list[tuple[str, str, str, int]] = []
    for char, face, level in zip(text, faces, found, strict=True):
        own = script_of(char)
        if runs and runs[-1][1] == face and runs[-1][3] == level and face not in {BOX, EMOJI}:
            before, _, kind, _ = runs[-1]
            if kind == COMMON or own in {COMMON, kind}:
                runs[-1] = (before + char, face, own if kind == COMMON else kind, level)
                continue
        runs.append((char, face, own, level))
    for k in visual([run[3] for run in runs]):
        part, face, kind, level = runs[k]
        yield part, face, script if kind == COMMON else kind, level


@lru_cache(maxsize=2048)
def set_line(text: str, manner: str, first: str, base: int) -> Line:
    """Shape one line of a clean text. `first` is the main face of the whole text, `base` its direction (see direction)."""
    glyphs: list[Glyph] = []
    at = top = low = first_ink = last_ink = 0.0
    for part, face, script, level in _runs(_packed(text), manner, first, base):
        if face == BOX:
            if unicodedata.category(part) not in {"Mn", "Mc", "Me", "Cf"} and part not in _AID:
                glyphs.append(Glyph(BOX, "", at, 0.0))
                at, top = at + 640.0, max(top, 700.0)
        elif face == EMOJI:
            glyphs.append(Glyph(EMOJI, _named(part), at + 40, _EMOJI_FOOT))
            at, top, low = at + EMOJI_EDGE + 80, max(top, EMOJI_EDGE + _EMOJI_FOOT), min(low, _EMOJI_FOOT)
        else:
            drawn = load(face)
            for glyph, advance, right, up in drawn.shape(part, script, level):
                ink = drawn.outline(glyph)
                if ink.path:
                    glyphs.append(Glyph(face, glyph, at + right, up))
                    top, low = max(top, ink.top + up), min(low, ink.low + up)
                    first_ink, last_ink = min(first_ink, at + right + ink.left), max(last_ink, at + right + ink.right)
                at += advance
    shift = -first_ink if first_ink < -_SWASH else 0.0
    width = max(at, last_ink if last_ink > at + _SWASH else at) + shift
    return Line(tuple(replace(g, x=g.x + shift) for g in glyphs) if shift else tuple(glyphs), width, top, low)


def direction(text: str) -> int:
    """1 when a text runs right to left, else 0."""
    return base_level(text)
