"""Last thoughts about what was read: senses that hang on their company, and which unknown words get a card. Pure."""

# ruff: noqa: E501 - tables read better in long lines
from __future__ import annotations

from dataclasses import replace

from pochoir.engines.builtin import archive
from pochoir.engines.builtin.grammar import AND, CONTAINS, GROUPS, PAIRS, PLACE_STARTS, STOPS
from pochoir.engines.builtin.lexicon import colour_value
from pochoir.engines.builtin.nouns import REVIEWED
from pochoir.engines.builtin.scene import Relation, Thing
from pochoir.engines.builtin.words import NUMBERS

_DRINKS = frozenset(["wine-bottle", "bottle-with-popping-cork", "cheese-wedge", "cocktail-glass"])
_DESK = frozenset({"keyboard", "laptop", "desktop-computer", "tablet"})


def few_cards(things: list[Thing], relations: list[Relation]) -> tuple[list[Thing], list[Relation]]:
    """A card for an unknown word stands only where it leads the prompt or has a place beside something drawn."""
    tied = {k for r in relations for k in (r.first, r.second)}
    keep = [k for k, t in enumerate(things) if t.piece or k == 0 or k in tied]
    number = {k: n for n, k in enumerate(keep)}
    kept = [replace(r, first=number[r.first], second=number[r.second]) for r in relations]
    return [things[k] for k in keep], kept


def senses_of(things: list[Thing]) -> list[Thing]:
    """Words whose sense hangs on their company: a mouse beside a keyboard, glasses beside wine."""
    pieces = {t.piece for t in things}
    changed = []
    for thing in things:
        piece = thing.piece
        if thing.word == "glasses" and pieces & _DRINKS:
            piece = "wine-glass"
        elif thing.word in {"mouse", "maus", "souris", "ratón", "mouse pad"} and pieces & _DESK:
            piece = "computer-mouse"
        elif thing.word in {"shirt", "shirts"} and "tee" in pieces:
            piece = "tee"
        elif thing.word in {"screen", "monitor"} and "smartphone" in pieces:
            continue
        changed.append(replace(thing, piece=piece))
    return changed if len(changed) == len(things) else things


MAX_DRAWN = 150
"""Drawings in one picture. More are shown in proportion: nobody counts them, and each costs time."""


def bounded(things: list[Thing]) -> tuple[list[Thing], list[str]]:
    """Things whose counts stay within MAX_DRAWN together, and a note when they had to be fewer."""
    total = sum(t.count for t in things)
    if total <= MAX_DRAWN:
        return things, []
    fewer = [replace(t, count=max(1, t.count * MAX_DRAWN // total)) for t in things]
    return fewer, [f"{total} things were asked for: {sum(t.count for t in fewer)} are drawn."]


def many_of(phrase: str, piece: str | None, language: str) -> int:
    """A plural without a number, or a group, is three, where one drawing is one thing."""
    if phrase in GROUPS:
        return 3
    one = phrase[:-3] + "y" if phrase.endswith("ies") else phrase.removesuffix("s")
    plural = language in {"en", "es", "fr", "pt", "de", "nl"} and one != phrase and not phrase.endswith("ss")
    listed = archive.nouns()
    if not plural or piece is None or piece in PAIRS or (language == "en" and phrase in listed):
        return 1
    return 3 if (listed.get(one) or REVIEWED.get(one)) == piece else 1


_PROPS = {
    "cafe": "coffee croissant", "kitchen": "fruit-bowl teapot", "room": "sofa floor-lamp potted-plant", "desk": "laptop coffee", "gym": "dumbbell water-bottle",
    "stage": "microphone", "party": "birthday-cake balloon", "christmas": "christmas-tree wrapped-gift", "halloween": "jack-o-lantern", "beach": "palm-tree beach-with-umbrella",
    "street": "bicycle", "sea": "sailboat",
}  # fmt: skip
"""What makes a place that would else stand empty."""


def props_of(setting: str | None, without: list[str]) -> list[Thing]:
    """Things for a place of which no thing was named."""
    names = _PROPS.get(setting or "", "").split()
    shown = [(name.replace("-", " "), name) for name in names]
    return [Thing(word, name) for word, name in shown if not any(w in word or word in w for w in without)]


def with_squares(tokens: list[str]) -> list[str]:
    """`a red square` is a thing, `a square photo` a format: where a colour or a number stands before it and its noun
    phrase ends, `shape` is put behind."""
    out = list[str]()
    for k, word in enumerate(tokens):
        out.append(word)
        after = tokens[k + 1] if k + 1 < len(tokens) else "."
        before = tokens[k - 1] if k else ""
        ends = after in STOPS | AND | CONTAINS | {"to", "at"} or after in PLACE_STARTS
        if word in {"square", "squares"} and ends and (colour_value(before) or before in NUMBERS or before.isdecimal()):
            out[-1:] = ["square", "shapes" if word == "squares" else "shape"]
    return out
