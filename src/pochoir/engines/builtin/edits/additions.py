"""Things drawn into a picture that came in: beside, on, in front of or behind its subject, at a spot, or in a mask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PIL import Image

from pochoir.engines.builtin.archive import Piece
from pochoir.engines.builtin.arrange import Placed, columns, place
from pochoir.engines.builtin.backgrounds import weather
from pochoir.engines.builtin.edits.cutout import Cut
from pochoir.engines.builtin.edits.scenery import drawn, new_sheet, palette_for, pasted, scaled
from pochoir.engines.builtin.nouns import FLYING
from pochoir.engines.builtin.paint import Sheet, ground_shadow
from pochoir.engines.builtin.parts import drawing, ink
from pochoir.engines.builtin.scene import Relation, Scene
from pochoir.engines.builtin.styles import chosen

Box = tuple[float, float, float, float]
_WORN = frozenset(
    {"sun-hat", "top-hat", "womans-hat", "witch-hat", "billed-cap", "crown", "graduation-cap", "party-hat"}
)
"""What goes onto the subject's head when nothing else is said."""
_BESIDE = frozenset({"left", "right", "next", "between"})


def added(
    picture: Image.Image, scene: Scene, mine: Sequence[int], subject: Cut | None, quality: str, seed: int, *,
    spot: frozenset[str] = frozenset(), area: Box | None = None,
) -> tuple[Image.Image, frozenset[str]]:  # fmt: skip
    """The picture with the scene's things (all but `mine`) and its weather; and the sources of what was drawn.

    Things go where a relation to the subject puts them, else to `spot`, else into `area` (a mask's box, pixels), else
    to the roomier side of the subject, on its ground.
    """
    sheet = new_sheet(picture.size, quality, seed, chosen(scene))
    palette = palette_for(scene, seed, "")
    pieces = [drawing(thing, palette) for thing in scene.things]
    box = _subject_box(subject, picture.size)
    behind, before = list[str](), list[str]()
    for where, things in _groups(scene, mine).items():
        if area is not None or where == "free":
            room = area or (_at(spot, picture.size) if spot else _free(box, picture.size, scene, things, subject))
        else:
            room = _by(where, box, picture.size)
        grounded = area is None and not spot and where in {"free", *_BESIDE}
        marks = [_inked(sheet, item, shadow=grounded) for item in _fitted(scene, things, pieces, room)]
        (behind if where == "behind" and subject is not None and area is None else before).extend(marks)
    out = picture.convert("RGBA").copy()
    if behind and subject is not None:
        out.alpha_composite(drawn(sheet, "".join(behind)))
        _again(out, subject, box)
    if before:
        out.alpha_composite(drawn(sheet, "".join(before)))
    if scene.weather:
        sheet.back.clear()
        weather(sheet, scene)
        out.alpha_composite(drawn(sheet, "".join([*sheet.back, *sheet.front])))
    return out, frozenset(sheet.sources)


def _groups(scene: Scene, mine: Sequence[int]) -> dict[str, list[int]]:
    """The things to be drawn by where they stand to the subject; "free" where nothing says so.

    What has a relation to a drawn thing goes where that one goes.
    """
    where = dict.fromkeys((k for k in range(len(scene.things)) if k not in mine), "free")
    for relation in scene.relations:
        if relation.first in where and relation.second in mine:
            where[relation.first] = relation.place
        elif relation.first in mine and relation.second in where:
            where[relation.second] = _OTHER_WAY.get(relation.place, "next")
    for relation in scene.relations:
        if relation.first in where and relation.second in where and where[relation.first] == "free":
            where[relation.first] = where[relation.second]
    for k, place_ in where.items():
        if place_ == "free" and scene.things[k].piece in _WORN:
            where[k] = "on"
    groups: dict[str, list[int]] = {}
    for k, name in where.items():
        groups.setdefault(name, []).append(k)
    return groups


_OTHER_WAY = {
    "on": "under", "under": "on", "above": "under", "below": "above", "left": "right", "right": "left", "behind": "front",
    "front": "behind", "inside": "behind", "holding": "holding",
}  # fmt: skip
"""The subject stands `place` a thing: where the thing then is."""


def _subject_box(subject: Cut | None, size: tuple[int, int]) -> Box:
    """The subject's box in pixels of the picture; a middle part of the picture where there is no subject."""
    w, h = size
    if subject is None:
        return w * 0.25, h * 0.25, w * 0.75, h * 0.85
    x, y = w / subject.source[0], h / subject.source[1]
    return subject.box[0] * x, subject.box[1] * y, subject.box[2] * x, subject.box[3] * y


def _by(where: str, box: Box, size: tuple[int, int]) -> Box:
    """The room that a relation to the subject gives."""
    (left, top, right, bottom), (w, h) = box, size
    wide, tall, edge = right - left, bottom - top, min(size) * 0.03
    least = min(size) * 0.24
    if where in {"on", "above"}:
        foot = top + tall * (0.1 if where == "on" else -0.03)
        foot = max(foot, edge + least)
        return left + wide * 0.12, max(edge, foot - max(least, tall * 0.5)), right - wide * 0.12, foot
    if where in _BESIDE:
        to_left = where == "left" or (where != "right" and left > w - right)
        start, end = (edge, left - edge) if to_left else (right + edge, w - edge)
        if end - start < w * 0.16:
            start, end = (edge, w * 0.34) if to_left else (w * 0.66, w - edge)
        return start, top + tall * 0.1, end, min(bottom, h - edge)
    if where in {"under", "below"}:
        head = min(bottom - tall * 0.04, h - edge - least)
        return left, head, right, h - edge
    if where == "behind":
        return (
            max(edge, left - wide * 0.4),
            max(edge, top - tall * 0.22),
            min(w - edge, right + wide * 0.4),
            bottom - tall * 0.04,
        )
    return left + wide * 0.2, top + tall * 0.52, right - wide * 0.2, min(bottom + tall * 0.03, h - edge)


def _at(spot: frozenset[str], size: tuple[int, int]) -> Box:
    """The room at a spot of the picture: a corner, a strip along an edge, or the middle."""
    (w, h), edge = size, min(size) * 0.045
    left = edge if "left" in spot else w - edge - w * 0.3 if "right" in spot else w * 0.14
    right = edge + w * 0.3 if "left" in spot else w - edge if "right" in spot else w * 0.86
    top = edge if "top" in spot else h - edge - h * 0.3 if "bottom" in spot else h * 0.28
    bottom = edge + h * 0.3 if "top" in spot else h - edge if "bottom" in spot else h * 0.72
    return left, top, right, bottom


def _free(box: Box, size: tuple[int, int], scene: Scene, things: Sequence[int], subject: Cut | None) -> Box:
    """Room beside the subject, on its ground; above it for what flies; the lower right where there is no subject."""
    (w, h), edge = size, min(size) * 0.04
    if all(scene.things[k].piece in FLYING for k in things):
        return edge, edge, w - edge, max(box[1] - edge, h * 0.26)
    if subject is None:
        return w * 0.62, h * 0.55, w - edge, h - edge
    return _by("next", box, size)


def _fitted(scene: Scene, things: Sequence[int], pieces: Sequence[Piece], room: Box) -> list[Placed]:
    """The things in a room, as large as it allows, on its floor."""
    index = {k: n for n, k in enumerate(things)}
    relations = tuple(
        Relation(index[r.first], r.place, index[r.second])
        for r in scene.relations
        if r.first in index and r.second in index
    )
    chosen_things = tuple(scene.things[k] for k in things)
    made = columns(chosen_things, [pieces[k] for k in things], relations)
    left, top, right, bottom = room
    items = place(made, max(1.0, right - left), max(1.0, bottom - top), (left + right) / 2, bottom)
    low = max(i.y for i in items)
    return [replace(i, y=i.y + min(0.0, bottom - low)) for i in items]


def _inked(sheet: Sheet, item: Placed, *, shadow: bool) -> str:
    under = ""
    if shadow and sheet.shadows and not item.floats:
        under = ground_shadow(sheet, item.x, item.y - item.height * 0.012, item.width * 0.94, 0.8)
    return under + ink(sheet, item)


def _again(out: Image.Image, subject: Cut, box: Box) -> None:
    """The subject once more, over what was drawn behind it."""
    size = (max(1, round(box[2] - box[0])), max(1, round(box[3] - box[1])))
    pasted(out, scaled(subject.image, size), (round(box[0]), round(box[1])))
