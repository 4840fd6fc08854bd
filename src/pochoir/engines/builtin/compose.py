"""A Scene to SVG: chooses the layout, paints the background, places the things and sets the type. Deterministic by seed."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from pochoir.engines.builtin import archive, lettering
from pochoir.engines.builtin.archive import Piece
from pochoir.engines.builtin.arrange import Placed, columns, place
from pochoir.engines.builtin.backgrounds import finish, paint, setting_of
from pochoir.engines.builtin.colours import contrast, lighter, mix, readable, recolour
from pochoir.engines.builtin.nouns import FLYING
from pochoir.engines.builtin.paint import Sheet, circle, ground_shadow, rect, scatter
from pochoir.engines.builtin.palettes import Palette, choose
from pochoir.engines.builtin.scene import Layout, Scene, Thing
from pochoir.engines.builtin.studio import Stand

FINISH = {"low": 0, "medium": 1, "high": 2}
STAGES = ("background", "things", "all")


def compose(scene: Scene, prompt: str, width: int, height: int, *, quality: str, transparent: bool, seed: int, stage: str = "all") -> str:
    """Draw a scene as an SVG document of `width` by `height` pixels. `stage` stops early, for partial images."""
    sheet = Sheet(width, height, FINISH[quality], random.Random(seed))  # noqa: S311 - repeatable by design
    palette = choose(scene, seed)
    _LAYOUTS[scene.layout](sheet, scene, palette, seed, prompt)
    layers = {"background": sheet.back, "things": sheet.back + sheet.things, "all": sheet.back + sheet.things + sheet.front}[stage]
    if transparent:
        layers = [] if stage == "background" else sheet.things
    grain = finish(sheet) if stage == "all" and not transparent else ""
    texts = sheet.texts if stage == "all" else []
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}"><metadata>Made with Pochoir Sketch. {_credits(scene)}</metadata>'
        f"<defs>{''.join(sheet.defs)}</defs>{''.join(layers)}{grain}{''.join(texts)}</svg>"
    )


def _credits(scene: Scene) -> str:
    used = {archive.piece(t.piece).source for t in scene.things if t.piece}
    return "Art: " + "; ".join(archive.CREDITS[name] for name in sorted(used)) + "." if used else ""


def _drawing(thing: Thing, palette: Palette) -> Piece:
    """A thing's drawing in its colour; a labelled card for what we have no drawing of."""
    if thing.piece is None:
        return _card_piece(thing, palette)
    piece = archive.piece(thing.piece)
    if thing.colour:
        return replace(piece, body=recolour(piece.body, piece.colours, thing.colour))
    return piece


def _card_piece(thing: Thing, palette: Palette) -> Piece:
    """A framed card with the word on it."""
    paper = mix(palette.second, "#ffffff", 0.6)
    if contrast(paper, "#17171c") < 7:
        paper = "#fdfbf6"
    colour = thing.colour or palette.accent
    text, _ = lettering.settable(thing.word)
    body = rect(6, 22, 116, 84, lighter(colour, -0.06), 12) + rect(6, 18, 116, 84, colour, 12) + rect(12, 24, 104, 72, paper, 8)
    body += circle(102, 37, 6, mix(colour, paper, 0.4)) + rect(20, 34, 22, 4, mix(colour, paper, 0.4), 2)
    if text:
        block = lettering.fit(text, "round", 90, 34, most=26, lines=2)
        body += lettering.draw(block, 64, 62 - block.height / 2, readable([paper], palette.deep))
    return Piece(f"card:{thing.word}", "pochoir", 128, (6, 18, 122, 106), ((colour, 0.4),), body)


def _ink(sheet: Sheet, item: Placed) -> str:
    """A placed drawing as markup."""
    piece = item.piece
    scale = item.height / max(piece.box[3] - piece.box[1], 0.1)
    turn = -1 if item.flip else 1
    middle = (piece.box[0] + piece.box[2]) / 2
    return (
        f'<g transform="translate({item.x:.2f} {item.y:.2f}) scale({turn * scale:.5f} {scale:.5f}) '
        f'translate({-middle:.3f} {-piece.box[3]:.3f})">{sheet.unique(piece.body)}</g>'
    )


def _put(sheet: Sheet, items: list[Placed], stand: Stand, *, shadows: bool = True) -> None:
    """Draw placed things back to front; what stands on the ground casts a shadow."""
    water = stand.tone in {"#0a3350"}
    for item in items:
        if shadows and not item.floats:
            sheet.back.append(ground_shadow(sheet, item.x, item.y - item.height * 0.012, item.width * 0.94, 0.5 if water else 1.0, stand.tone))
    sheet.things.extend(_ink(sheet, item) for item in items)


def _pieces(scene: Scene, palette: Palette) -> list[Piece]:
    return [_drawing(t, palette) for t in scene.things]


def _text_of(scene: Scene) -> list[str]:
    found = [lettering.settable(w.text)[0] for w in scene.texts]
    return [t for t in found if t]


def _face(scene: Scene, seed: int) -> str:
    styles = set(scene.styles)
    if styles & {"luxury", "minimal"}:
        return "serif" if "luxury" in styles else "clean"
    if styles & {"playful"}:
        return "round"
    if styles & {"natural", "warm"}:
        return "serif"
    if styles & {"vivid", "neon", "retro"}:
        return "poster"
    if scene.layout == "card" or setting_of(scene) in {"christmas", "party"}:
        return ("hand", "serif", "round")[seed % 3]
    return ("round", "poster", "serif", "clean")[seed % 4] if scene.layout in {"poster", "banner"} else "round"


def _headline(sheet: Sheet, scene: Scene, palette: Palette, stand: Stand, seed: int, texts: list[str]) -> float:
    """Set the first text at the top, further ones below the things; returns where the headline ends."""
    w, h, u = sheet.width, sheet.height, sheet.unit
    face = _face(scene, seed)
    block = lettering.fit(texts[0], face, w * 0.86, h * (0.2 if len(texts[0]) < 40 else 0.3), most=u * 0.17)
    top = h * 0.065
    colour = readable(stand.top or (palette.wall,), palette.deep)
    sheet.texts.append(_plain(sheet, block, w / 2, top, colour, stand.top or (palette.wall,)))
    y = top + block.height
    if len(texts) > 1:
        y += u * 0.03
        line = lettering.fit(texts[1], "clean" if face != "hand" else "hand", w * 0.8, h * 0.06, most=block.size * 0.45, lines=2)
        sheet.texts.append(_plain(sheet, line, w / 2, y, colour, stand.top or (palette.wall,)))
        y += line.height
    foot = h * 0.945
    for text in reversed(texts[2:5]):
        small = lettering.fit(text, "clean", w * 0.8, h * 0.045, most=u * 0.045, lines=1)
        foot -= small.height
        sheet.texts.append(_pill(small, w / 2, foot, palette))
        foot -= u * 0.045
    return y


def _plain(sheet: Sheet, block: lettering.Block, x: float, y: float, colour: str, on: tuple[str, ...], align: str = "middle") -> str:
    """Type on the background; a quiet plate goes under it where the background's colours are too far apart."""
    drawn = lettering.draw(block, x, y, colour, align)
    if min(contrast(colour, c) for c in on) >= 4.5 and len(sheet.back) < 400:
        return drawn
    plate = "#ffffff" if contrast(colour, "#ffffff") >= contrast(colour, "#17171c") else "#17171c"
    pad = block.size * 0.3
    left = {"start": x, "middle": x - block.width / 2, "end": x - block.width}[align]
    return rect(left - pad, y - pad, block.width + 2 * pad, block.height + 2 * pad, plate, pad * 0.6, 0.85) + drawn


def _pill(block: lettering.Block, x: float, y: float, palette: Palette) -> str:
    pad = block.size * 0.62
    colour = readable([palette.deep], palette.second)
    back = rect(x - block.width / 2 - pad, y - pad * 0.62, block.width + 2 * pad, block.height + pad * 1.24, palette.deep, (block.height + pad * 1.24) / 2)
    return back + lettering.draw(block, x, y, colour)


def _sky_things(scene: Scene) -> set[int]:
    """Things that hang in the air beside others that stand: their place is above, not in the row."""
    tied = {i for r in scene.relations for i in (r.first, r.second)}
    up = {k for k, t in enumerate(scene.things) if t.piece in FLYING and k not in tied}
    return up if len(up) < len(scene.things) else set()


def _lay_scene(sheet: Sheet, scene: Scene, palette: Palette, seed: int, prompt: str) -> None:
    w, h, u = sheet.width, sheet.height, sheet.unit
    texts = _text_of(scene)
    stand = paint(sheet, scene, palette, seed, headline=bool(texts))
    end = _headline(sheet, scene, palette, stand, seed, texts) if texts else h * 0.09
    if not scene.things:
        return
    pieces = _pieces(scene, palette)
    up = _sky_things(scene)
    ground = stand.y if len(texts) < 3 else min(stand.y, h * 0.82)
    room = ground - end - u * 0.05
    standing = [k for k in range(len(scene.things)) if k not in up]
    things = tuple(scene.things[k] for k in standing)
    number = {k: n for n, k in enumerate(standing)}
    relations = tuple(replace(r, first=number[r.first], second=number[r.second]) for r in scene.relations if r.first in number and r.second in number)
    made = columns(things, [pieces[k] for k in standing], relations)
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
        items = place(made, w * (share if single else 0.84), tall, w / 2, ground)
    if single and seed % 2 and items[0].piece.aspect > 1.05 and not scene.things[0].colour:
        items = [replace(items[0], flip=True)]
    _put(sheet, items, stand)
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
        sheet.things.append(_ink(sheet, Placed(k, pieces[k], x, y, size, floats=True)))


def _lay_product(sheet: Sheet, scene: Scene, palette: Palette, seed: int, prompt: str) -> None:
    w, h, u = sheet.width, sheet.height, sheet.unit
    texts = _text_of(scene)
    made = columns(scene.things, _pieces(scene, palette), scene.relations)
    single = len(made) == 1 and len(made[0].items) == 1
    wide = min(w * (0.7 if single else 0.82), u * (0.74 if single else 1.6))
    guess = place(made, wide, h * 0.56, w / 2, 0)
    ground = min(max(h * 0.56 - min(i.y - i.height for i in guess) / 2, h * 0.68), h * 0.83) if not texts else None
    stand = paint(sheet, scene, palette, seed, headline=bool(texts), ground=ground)
    end = _headline(sheet, scene, palette, stand, seed, texts) if texts else h * 0.1
    items = place(made, wide, min(stand.y - end - u * 0.04, h * 0.58), w / 2, stand.y)
    items = [replace(i, floats=False) if i.y > stand.y - 2 else i for i in items]
    if single and seed % 2:
        items = [replace(items[0], flip=True)]
    _put(sheet, items, stand)
    if sheet.finish and single:
        _reflection(sheet, items[0], stand)


def _reflection(sheet: Sheet, item: Placed, stand: Stand) -> None:
    """A faint mirror image on the studio floor."""
    name = sheet.name()
    fade = sheet.vertical([(0, "#ffffff"), (1, "#ffffff")], [0.16, 0])
    box = (item.x - item.width, item.y, item.width * 2, item.height * 0.22)
    sheet.defs.append(f'<mask id="{name}" maskUnits="userSpaceOnUse" x="{box[0]:.1f}" y="{box[1]:.1f}" width="{box[2]:.1f}" height="{box[3]:.1f}">{rect(*box, fade)}</mask>')
    ink = _ink(sheet, replace(item, y=0.0))
    sheet.back.append(f'<g mask="url(#{name})"><g transform="translate(0 {item.y - item.height * 0.02:.2f}) scale(1 -1)">{ink}</g></g>')


def _lay_poster(sheet: Sheet, scene: Scene, palette: Palette, seed: int, prompt: str) -> None:
    if not _text_of(scene) and not scene.things and not scene.setting:
        _lay_words(sheet, scene, palette, seed, prompt)
    else:
        _lay_scene(sheet, scene, palette, seed, prompt)


def _lay_banner(sheet: Sheet, scene: Scene, palette: Palette, seed: int, prompt: str) -> None:
    """Type on one side, things on the other; upright formats fall back to type above things."""
    w, h, u = sheet.width, sheet.height, sheet.unit
    texts = _text_of(scene)
    if not texts or w < h * 1.15 or not scene.things:
        _lay_poster(sheet, scene, palette, seed, prompt)
        return
    stand = paint(sheet, scene, palette, 1 if setting_of(scene) == "studio" else seed, headline=True)
    left = seed % 2 == 0
    face = _face(scene, seed)
    block = lettering.fit(texts[0], face, w * 0.44, h * 0.46, most=u * 0.2, lines=4)
    small = lettering.fit(texts[1], "clean", w * 0.42, h * 0.08, most=block.size * 0.42, lines=2) if len(texts) > 1 else None
    tall = block.height + (small.height + u * 0.05 if small else 0)
    x, align, y = (w * 0.07, "start", h * 0.46 - tall / 2) if left else (w * 0.93, "end", h * 0.46 - tall / 2)
    on = stand.top or (palette.wall,)
    colour = readable(on, palette.deep)
    sheet.texts.append(_plain(sheet, block, x, y, colour, on, align))
    if small:
        sheet.texts.append(_plain(sheet, small, x, y + block.height + u * 0.05, colour, on, align))
    made = columns(scene.things, _pieces(scene, palette), scene.relations)
    items = place(made, w * 0.38, min(h * 0.66, stand.y - h * 0.1), w * (0.74 if left else 0.26), stand.y)
    _put(sheet, items, stand)


def _tile(sheet: Sheet, x: float, y: float, size: float, palette: Palette, fill: str | None = None) -> str:
    """A rounded app tile with a soft shadow and light from above."""
    colour = fill or palette.accent
    face = sheet.vertical([(0, lighter(colour, 0.05)), (1, lighter(colour, -0.05))])
    out = rect(x + size * 0.012, y + size * 0.03, size, size, "#1d1a2b", size * 0.225, 0.14) if sheet.finish else ""
    out += rect(x, y, size, size, face, size * 0.225)
    if sheet.finish:
        out += rect(x, y, size, size * 0.5, sheet.vertical([(0, "#ffffff"), (1, "#ffffff")], [0.22, 0]), size * 0.225)
    return out


def _centred(piece: Piece, index: int, x: float, y: float, size: float) -> Placed:
    """A drawing centred in a square of `size`."""
    height = min(size, size / piece.aspect)
    return Placed(index, piece, x, y + height / 2, height, floats=True)


def _lay_icon(sheet: Sheet, scene: Scene, palette: Palette, seed: int, prompt: str) -> None:
    w, h, u = sheet.width, sheet.height, sheet.unit
    sheet.back.append(rect(0, 0, w, h, sheet.vertical([(0, mix(palette.wall, "#ffffff", 0.45)), (1, palette.wall)])))
    size = u * 0.68
    tile = mix(palette.wall, palette.accent, (0.35, 0.75, 0.2)[seed % 3])
    sheet.things.append(_tile(sheet, w / 2 - size / 2, h / 2 - size / 2, size, palette, tile))
    pieces = _pieces(scene, palette)[:2]
    for k, piece in enumerate(pieces):
        shift = (k - (len(pieces) - 1) / 2) * size * 0.34
        sheet.things.append(_ink(sheet, _centred(piece, k, w / 2 + shift, h / 2, size * (0.62 if len(pieces) == 1 else 0.42))))


def _lay_icons(sheet: Sheet, scene: Scene, palette: Palette, seed: int, prompt: str) -> None:
    """A grid of tiles in related colours, one thing each."""
    w, h = sheet.width, sheet.height
    sheet.back.append(rect(0, 0, w, h, sheet.vertical([(0, mix(palette.wall, "#ffffff", 0.55)), (1, mix(palette.wall, "#ffffff", 0.2))])))
    spots = [k for k, t in enumerate(scene.things) for _ in range(min(t.count, 12))][:36]
    pieces = _pieces(scene, palette)
    rows = max(1, round((len(spots) * h / w) ** 0.5))
    per = -(-len(spots) // rows)
    cell = min(w * 0.88 / per, h * 0.88 / rows)
    tones = [mix(palette.wall, palette.accent, s) for s in (0.55, 0.25, 0.8)] + [mix(palette.second, palette.accent, 0.2), palette.floor]
    for n, k in enumerate(spots):
        row, column = divmod(n, per)
        here = min(per, len(spots) - row * per)
        x, y = w / 2 + (column - (here - 1) / 2) * cell, h / 2 + (row - (rows - 1) / 2) * cell
        sheet.things.append(_tile(sheet, x - cell * 0.42, y - cell * 0.42, cell * 0.84, palette, tones[(n + row) % 5]))
        sheet.things.append(_ink(sheet, _centred(pieces[k], k, x, y, cell * 0.52)))


def _lay_sticker(sheet: Sheet, scene: Scene, palette: Palette, seed: int, prompt: str) -> None:
    """Things with a white die-cut rim and a soft shadow."""
    w, h, u = sheet.width, sheet.height, sheet.unit
    sheet.back.append(rect(0, 0, w, h, sheet.vertical([(0, mix(palette.wall, palette.accent, 0.25)), (1, mix(palette.wall, palette.accent, 0.4))])))
    texts = _text_of(scene)
    made = columns(scene.things, _pieces(scene, palette), scene.relations)
    items = place(made, w * 0.72, h * (0.5 if texts else 0.62), w / 2, h * (0.66 if texts else 0.82))
    top, low = min(i.y - i.height for i in items), max(i.y for i in items)
    if not texts:
        items = [replace(i, y=i.y + h / 2 - (top + low) / 2) for i in items]
    for item in items:
        scale = item.height / (item.piece.box[3] - item.piece.box[1])
        ink = _ink(sheet, item)
        rim = u * 0.04 / scale
        for colour, dx, dy, seen in (("#1d1a2b", 0.006, 0.012, 0.22), ("#ffffff", 0.0, 0.0, 1.0)):
            sheet.things.append(f'<g opacity="{seen}" transform="translate({u * dx:.1f} {u * dy:.1f})">{_rim(ink, colour, rim)}</g>')
        sheet.things.append(ink)
    if texts:
        block = lettering.fit(texts[0], "round", w * 0.8, h * 0.14, most=u * 0.13, lines=2)
        sheet.things.append(f'<g stroke="#fff" stroke-width="330" stroke-linejoin="round">{lettering.draw(block, w / 2, h * 0.76, "#ffffff")}</g>')
        sheet.things.append(lettering.draw(block, w / 2, h * 0.76, readable(["#ffffff"], palette.deep)))


def _rim(ink: str, colour: str, width: float) -> str:
    """The same drawing in one colour with a wide stroke: its silhouette, grown."""
    import re

    plain = re.sub(r'\s(fill|stroke|stroke-width|opacity|fill-opacity|stroke-opacity|mask|clip-path|stroke-linecap)="[^"]*"', "", ink)
    return f'<g fill="{colour}" stroke="{colour}" stroke-width="{width:.2f}" stroke-linejoin="round">{plain}</g>'


def _lay_pattern(sheet: Sheet, scene: Scene, palette: Palette, seed: int, prompt: str) -> None:
    """A seamless tile: a half-drop grid that repeats exactly at the edges."""
    w, h = sheet.width, sheet.height
    sheet.back.append(rect(0, 0, w, h, palette.wall))
    pieces = _pieces(scene, palette)
    across = 4 if len(pieces) < 5 else 6
    cell = w / across
    down = max(2, round(h / cell))
    step = h / down
    dot = mix(palette.wall, palette.accent, 0.5)
    for column in range(across):
        for row in range(-1, down + 1):
            x, y = (column + 0.5) * cell, (row + 0.5 + 0.5 * (column % 2)) * step
            k = (column * 3 + row % down * (2 if len(pieces) > 2 else 1)) % len(pieces)
            size = min(cell, step) * 0.56
            turn = (-14, 10, 0, 16, -8)[(column + 2 * (row % down)) % 5]
            ink = _ink(sheet, _centred(pieces[k], k, 0, 0, size))
            sheet.things.append(f'<g transform="translate({x:.1f} {y:.1f}) rotate({turn})">{ink}</g>')
            if sheet.finish:
                sheet.back.append(circle(x, y + step / 2, cell * 0.03, dot))
                sheet.back.append(circle(x - cell / 2, y + step * 0.25, cell * 0.018, palette.second))


def _lay_avatar(sheet: Sheet, scene: Scene, palette: Palette, seed: int, prompt: str) -> None:
    w, h, u = sheet.width, sheet.height, sheet.unit
    tone = mix(palette.wall, palette.accent, 0.5)
    sheet.back.append(rect(0, 0, w, h, sheet.vertical([(0, mix(palette.wall, "#ffffff", 0.4)), (1, palette.wall)])))
    sheet.things.append(circle(w / 2, h / 2, u * 0.42, sheet.vertical([(0, lighter(tone, 0.06)), (1, lighter(tone, -0.03))])))
    if sheet.finish:
        sheet.things.append(circle(w / 2 - u * 0.12, h / 2 - u * 0.16, u * 0.3, sheet.radial([(0, "#ffffff"), (1, "#ffffff")], [0.35, 0])))
    piece = _pieces(scene, palette)[0]
    faces = {"cat": "cat-face", "dog": "dog-face", "tiger": "tiger-face", "rabbit": "rabbit-face", "horse": "horse-face", "pig": "pig-face", "monkey": "monkey-face", "cow": "cow-face", "dragon": "dragon-face", "mouse": "mouse-face"}
    faces |= {f"{name}-seated": name for name in ("fox", "bear", "panda", "koala", "lion", "wolf", "frog", "hamster", "polar-bear", "raccoon")}
    thing = scene.things[0]
    if thing.piece in faces:
        piece = _drawing(replace(thing, piece=faces[thing.piece]), palette)
    sheet.things.append(_ink(sheet, _centred(piece, 0, w / 2, h / 2, u * 0.52)))


_SCREENS = {
    "smartphone": (36, 8, 92, 120, 7), "tablet": (19, 23, 109, 105, 4), "t-shirt": (44, 46, 84, 92, 0), "mug": (30, 46, 74, 92, 0),
    "tote-bag": (36, 60, 92, 112, 0), "hoodie": (44, 54, 84, 76, 0), "laptop": (30, 30, 98, 74, 0),
}  # fmt: skip


def _lay_mockup(sheet: Sheet, scene: Scene, palette: Palette, seed: int, prompt: str) -> None:
    """A design shown on a phone, a bag, a mug, a shirt; on a phone by default."""
    w, h, u = sheet.width, sheet.height, sheet.unit
    mock = scene.mock if scene.mock in _SCREENS else "smartphone"
    stand = paint(sheet, replace(scene, texts=()), palette, seed, headline=False)
    own = next((t for t in scene.things if t.piece == mock), Thing(mock, mock))
    holder = _drawing(own, palette)
    item = place(columns((own,), [holder], ()), u * 0.62, min(h * 0.68, stand.y - h * 0.08), w / 2, stand.y)[0]
    _put(sheet, [replace(item, floats=False)], stand)
    scale = item.height / (holder.box[3] - holder.box[1])
    middle = (holder.box[0] + holder.box[2]) / 2
    area = _SCREENS[mock] if holder.view == 128 else tuple(v * holder.view / 128 for v in _SCREENS[mock])
    x0, y0 = item.x + (area[0] - middle) * scale, item.y + (area[1] - holder.box[3]) * scale
    aw, ah = (area[2] - area[0]) * scale, (area[3] - area[1]) * scale
    if area[4]:
        sheet.things.append(rect(x0, y0, aw, ah, sheet.vertical([(0, mix(palette.wall, "#ffffff", 0.5)), (1, mix(palette.wall, palette.accent, 0.4))]), area[4] * scale))
    texts = _text_of(scene)
    drawn = [t for t in scene.things if t.piece != mock][:1]
    for thing in drawn:
        piece = _drawing(thing, palette)
        sheet.things.append(_ink(sheet, _centred(piece, 0, x0 + aw / 2, y0 + ah * (0.5 if not texts else 0.56), min(aw * 0.74, ah * 0.6))))
    if texts:
        on = mix(palette.wall, "#ffffff", 0.5) if area[4] else (holder.colours[0][0] if holder.colours else "#ffffff")
        block = lettering.fit(texts[0], "round", aw * 0.84, ah * (0.22 if drawn else 0.6), most=aw * 0.3, lines=4)
        sheet.things.append(lettering.draw(block, x0 + aw / 2, y0 + (ah * 0.1 if drawn else ah / 2 - block.height / 2), readable([on], palette.deep)))


def _lay_words(sheet: Sheet, scene: Scene, palette: Palette, seed: int, prompt: str) -> None:
    """No thing was named: the words themselves, set large on calm shapes."""
    w, h, u, chance = sheet.width, sheet.height, sheet.unit, sheet.chance
    sheet.back.append(rect(0, 0, w, h, sheet.vertical([(0, palette.wall), (1, mix(palette.wall, palette.floor, 0.55))])))
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
    texts = _text_of(scene) or [t for t in [lettering.settable(" ".join(prompt.split()[:14]))[0]] if t]
    if not texts:
        return
    first = texts[0] if len(texts[0]) <= 160 else texts[0][:158].rsplit(" ", 1)[0] + " …"
    first = first if scene.texts else first[:1].upper() + first[1:]
    block = lettering.fit(first, _face(scene, seed) if scene.texts else ("serif", "round", "clean")[seed % 3], w * 0.8, h * 0.5, most=u * 0.15, lines=6)
    on = (palette.wall, mix(palette.wall, palette.accent, 0.38))
    colour = readable(on, palette.deep)
    y = h * 0.47 - block.height / 2
    sheet.texts.append(_plain(sheet, block, w * 0.09, y, colour, on, "start"))
    for text in texts[1:4]:
        y += block.height + u * 0.05
        block = lettering.fit(text, "clean", w * 0.8, h * 0.07, most=u * 0.05, lines=2)
        sheet.texts.append(_plain(sheet, block, w * 0.09, y, colour, on, "start"))


_LAYOUTS: Mapping[Layout, Callable[[Sheet, Scene, Palette, int, str], None]] = MappingProxyType(
    {
        "scene": _lay_scene, "product": _lay_product, "poster": _lay_poster, "card": _lay_poster, "banner": _lay_banner, "icon": _lay_icon,
        "icons": _lay_icons, "sticker": _lay_sticker, "pattern": _lay_pattern, "avatar": _lay_avatar, "mockup": _lay_mockup, "words": _lay_words,
    }
)  # fmt: skip
