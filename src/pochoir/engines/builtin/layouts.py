"""Layouts that show a place: scenes, product shots, posters, cards, banners, and pictures of words alone."""
# ruff: noqa: E501 - outlines read better in long lines

from __future__ import annotations

from dataclasses import replace

from pochoir.engines.builtin import lettering
from pochoir.engines.builtin.archive import Piece
from pochoir.engines.builtin.arrange import Placed, columns, place
from pochoir.engines.builtin.backgrounds import paint, setting_of
from pochoir.engines.builtin.colours import mix
from pochoir.engines.builtin.headlines import banner, headline, words
from pochoir.engines.builtin.nouns import FIXED, FLYING
from pochoir.engines.builtin.paint import Sheet, circle, rect, scatter
from pochoir.engines.builtin.palettes import Palette
from pochoir.engines.builtin.parts import face_of, ink, pieces_of, put, texts_of
from pochoir.engines.builtin.scene import Scene
from pochoir.engines.builtin.studio import Stand


def _sky_things(scene: Scene) -> set[int]:
    """Things that hang in the air beside others that stand: their place is above, not in the row."""
    tied = {i for r in scene.relations for i in (r.first, r.second)}
    up = {k for k, t in enumerate(scene.things) if t.piece in FLYING and k not in tied}
    return up if len(up) < len(scene.things) else set()


def lay_scene(sheet: Sheet, scene: Scene, palette: Palette, seed: int, prompt: str) -> None:
    texts = texts_of(scene)
    if setting_of(scene) == "studio" and scene.things and not texts and not _sky_things(scene):
        lay_product(sheet, scene, palette, seed, prompt)
        return
    w, h, u = sheet.width, sheet.height, sheet.unit
    stand = paint(sheet, scene, palette, seed, headline=bool(texts))
    end = headline(sheet, scene, palette, stand, seed, texts) + u * 0.025 if texts else h * 0.09
    if not scene.things:
        return
    pieces = pieces_of(scene, palette)
    up = _sky_things(scene)
    ground = max(min(stand.y, h * 0.82, sheet.foot - u * 0.035), end + u * 0.15) if sheet.foot else stand.y
    room = ground - end - u * 0.05
    standing = [k for k in range(len(scene.things)) if k not in up]
    things = tuple(scene.things[k] for k in standing)
    number = {k: n for n, k in enumerate(standing)}
    relations = tuple(
        replace(r, first=number[r.first], second=number[r.second])
        for r in scene.relations
        if r.first in number and r.second in number
    )
    made = columns(things, [pieces[k] for k in standing], relations)
    if (seed // 2) % 2 and not any(r.place in {"left", "right", "between"} for r in relations):
        made = made[::-1]
    single = len(made) == 1 and len(made[0].items) == 1
    all_air = all(i.floats for c in made for i in c.items) and all(t.piece in FLYING for t in things)
    share = 0.62 if single else 0.72
    tall = min(room * (0.98 if not up else 0.7), h * (0.54 if single else 0.6))
    if all_air:
        middle_y = end + (h - end) * 0.5
        items = place(made, w * share, tall, w / 2, middle_y + tall / 2)
        top = min(i.y - i.height for i in items)
        low = max(i.y for i in items)
        items = [replace(i, y=i.y + middle_y - (top + low) / 2) for i in items]
    else:
        drift = (0.0, -0.05, 0.055, 0.03, -0.03)[seed % 5] if single and not texts else 0.0
        size = (1.0, 0.92, 1.04, 0.96)[seed % 4]
        items = place(made, w * (share if single else 0.84) * min(size, 1.0), tall * size, w * (0.5 + drift), ground)
    if single and seed % 2 and items[0].piece.name not in FIXED:
        items = [replace(items[0], flip=True)]
    put(sheet, items, stand)
    _put_above(sheet, scene, pieces, sorted(up), end, min(i.y - i.height for i in items))


def _put_above(sheet: Sheet, scene: Scene, pieces: list[Piece], up: list[int], top: float, low: float) -> None:
    """Hang airborne things over the rest, spread across the width."""
    spots = [(k, n) for k in up for n in range(scene.things[k].count)]
    if not spots:
        return
    w, u = sheet.width, sheet.unit
    low = max(low, top + u * 0.12)
    rows = 1 if len(spots) <= 6 else 2 if len(spots) <= 16 else 3
    per = -(-len(spots) // rows)
    for number, (k, _) in enumerate(spots):
        row, column = divmod(number, per)
        here = min(per, len(spots) - row * per)
        size = min((low - top) / rows * 0.9, w * 0.8 / here, u * 0.17 * scene.things[k].grow)
        size = min(size, size / max(pieces[k].aspect, 1.0) * 1.1)
        x = w * (0.5 + (column - (here - 1) / 2) * min(0.84 / here, 0.26))
        lift = (low - top) * 0.16 * ((column * 5 + row) % 3 - 1) / rows
        y = top + (low - top) * (row + 0.5) / rows + size / 2 + lift * 0.6
        sheet.things.append(ink(sheet, Placed(k, pieces[k], x, y, size, floats=True)))


def lay_product(sheet: Sheet, scene: Scene, palette: Palette, seed: int, prompt: str) -> None:
    w, h, u = sheet.width, sheet.height, sheet.unit
    texts = texts_of(scene)
    made = columns(scene.things, pieces_of(scene, palette), scene.relations)
    single = len(made) == 1 and len(made[0].items) == 1
    wide = min(w * (0.7 if single else 0.82), u * (0.74 if single else 1.6))
    stacked = len(made) == 1 and not single and any(i.y > 0 for i in made[0].items)
    tall = h * (0.68 if stacked else 0.58)
    guess = place(made, wide, tall - h * 0.02, w / 2, 0)
    ground = min(max(h * 0.56 - min(i.y - i.height for i in guess) / 2, h * 0.68), h * 0.83) if not texts else None
    stand = paint(sheet, scene, palette, seed, headline=bool(texts), ground=ground)
    end = headline(sheet, scene, palette, stand, seed, texts) if texts else h * 0.1
    items = place(made, wide, min(stand.y - end - u * 0.04, tall), w / 2, stand.y)
    items = [replace(i, floats=False) if i.y > stand.y - 2 else i for i in items]
    if all(t.piece in FLYING for t in scene.things) and scene.layout == "scene":
        items = [replace(i, y=i.y - h * 0.06, floats=True) for i in items]
    if single and seed % 2 and items[0].piece.name not in FIXED:
        items = [replace(items[0], flip=True)]
    put(sheet, items, stand)
    if sheet.finish and single:
        _reflection(sheet, items[0], stand)


def _reflection(sheet: Sheet, item: Placed, stand: Stand) -> None:
    """A faint mirror image on the studio floor."""
    name = sheet.name()
    fade = sheet.vertical([(0, "#ffffff"), (1, "#ffffff")], [0.16, 0])
    box = (item.x - item.width, item.y, item.width * 2, item.height * 0.22)
    sheet.defs.append(
        f'<mask id="{name}" maskUnits="userSpaceOnUse" x="{box[0]:.1f}" y="{box[1]:.1f}" width="{box[2]:.1f}" height="{box[3]:.1f}">{rect(*box, fade)}</mask>'
    )
    shown = ink(sheet, replace(item, y=0.0))
    sheet.back.append(
        f'<g mask="url(#{name})"><g transform="translate(0 {item.y - item.height * 0.02:.2f}) scale(1 -1)">{shown}</g></g>'
    )


def lay_poster(sheet: Sheet, scene: Scene, palette: Palette, seed: int, prompt: str) -> None:
    if not scene.things and not scene.setting and not (scene.time or scene.weather or scene.season):
        lay_words(sheet, scene, palette, seed, prompt)
    else:
        lay_scene(sheet, scene, palette, seed, prompt)


def lay_banner(sheet: Sheet, scene: Scene, palette: Palette, seed: int, prompt: str) -> None:
    """Type on one side, things on the other; upright formats fall back to type above things."""
    w, h = sheet.width, sheet.height
    texts = texts_of(scene)
    if not texts or w < h * 1.15 or not scene.things:
        lay_poster(sheet, scene, palette, seed, prompt)
        return
    stand = paint(sheet, scene, palette, 1 if setting_of(scene) == "studio" else seed, headline=True)
    left = banner(sheet, scene, palette, stand, seed, texts)
    made = columns(scene.things, pieces_of(scene, palette), scene.relations)
    items = place(made, w * 0.38, min(h * 0.66, stand.y - h * 0.1), w * (0.74 if left else 0.26), stand.y)
    put(sheet, items, stand)


def lay_words(sheet: Sheet, scene: Scene, palette: Palette, seed: int, prompt: str) -> None:
    """No thing was named: the words themselves, set large on calm shapes."""
    w, h, u, chance = sheet.width, sheet.height, sheet.unit, sheet.chance
    sheet.back.append(
        rect(0, 0, w, h, sheet.vertical([(0, palette.wall), (1, mix(palette.wall, palette.floor, 0.55))]))
    )
    shape = mix(palette.wall, palette.accent, 0.38)
    if seed % 2:
        for k in range(5):
            r = u * (0.62 - 0.11 * k)
            sheet.back.append(circle(w * 0.92, h * 0.98, r, mix(palette.wall, palette.accent, 0.14 + 0.12 * k)))
        sheet.back.append(circle(w * 0.1, h * 0.1, u * 0.09, palette.second))
    else:
        sheet.back.append(circle(w * 0.82, h * 0.2, u * 0.3, shape))
        sheet.back.append(circle(w * 0.64, h * 0.33, u * 0.13, palette.second))
        sheet.back.append(rect(-u * 0.1, h * 0.8, w * 0.62, u * 0.5, mix(palette.wall, palette.accent, 0.55), u * 0.25))
        sheet.back.append(circle(w * 0.7, h * 0.9, u * 0.06, palette.accent))
    for x, y in scatter(sheet, 10 * sheet.finish, 0, 0, w, h):
        sheet.back.append(circle(x, y, u * chance.uniform(0.003, 0.007), palette.accent, 0.5))
    texts = texts_of(scene) or [t for t in [lettering.settable(" ".join(prompt.split()[:14])[:160])[0]] if t]
    if not texts:
        return
    first = texts[0] if scene.texts else texts[0][:1].upper() + texts[0][1:]
    face = face_of(scene, seed) if scene.texts else ("serif", "round", "clean")[seed % 3]
    on = (palette.wall, mix(palette.wall, palette.accent, 0.38))
    words(sheet, [first, *texts[1:]], face, palette.deep, on)
