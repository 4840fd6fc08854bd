"""Layouts that are goods: icons, stickers, patterns, avatars and mock-ups."""
# ruff: noqa: E501 - outlines read better in long lines

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from pochoir.engines.builtin import lettering
from pochoir.engines.builtin.arrange import columns, place
from pochoir.engines.builtin.backgrounds import paint
from pochoir.engines.builtin.colours import lighter, mix, readable
from pochoir.engines.builtin.paint import Sheet, circle, rect
from pochoir.engines.builtin.palettes import Palette
from pochoir.engines.builtin.parts import centred, drawing, ink, pieces_of, put, texts_of
from pochoir.engines.builtin.scene import Scene, Thing


def _tile(sheet: Sheet, x: float, y: float, size: float, palette: Palette, fill: str | None = None) -> str:
    """A rounded app tile with a soft shadow and light from above."""
    if sheet.thing and not sheet.tiles:
        return ""
    colour = fill or palette.accent
    face = sheet.vertical([(0, lighter(colour, 0.05)), (1, lighter(colour, -0.05))])
    out = rect(x + size * 0.012, y + size * 0.03, size, size, "#1d1a2b", size * 0.225, 0.14) if sheet.finish else ""
    out += rect(x, y, size, size, face, size * 0.225)
    if sheet.finish:
        out += rect(x, y, size, size * 0.5, sheet.vertical([(0, "#ffffff"), (1, "#ffffff")], [0.22, 0]), size * 0.225)
    return out


def lay_icon(sheet: Sheet, scene: Scene, palette: Palette, seed: int, prompt: str) -> None:
    w, h, u = sheet.width, sheet.height, sheet.unit
    sheet.back.append(rect(0, 0, w, h, sheet.vertical([(0, mix(palette.wall, "#ffffff", 0.45)), (1, palette.wall)])))
    size = u * 0.68
    tile = mix(palette.wall, palette.accent, (0.35, 0.75, 0.2)[seed % 3])
    sheet.things.append(_tile(sheet, w / 2 - size / 2, h / 2 - size / 2, size, palette, tile))
    pieces = pieces_of(scene, palette)[:2]
    for k, piece in enumerate(pieces):
        shift = (k - (len(pieces) - 1) / 2) * size * 0.34
        sheet.things.append(
            ink(sheet, centred(piece, k, w / 2 + shift, h / 2, size * (0.62 if len(pieces) == 1 else 0.42)))
        )


def lay_icons(sheet: Sheet, scene: Scene, palette: Palette, seed: int, prompt: str) -> None:
    """A grid of tiles in related colours, one thing each."""
    w, h = sheet.width, sheet.height
    sheet.back.append(
        rect(
            0,
            0,
            w,
            h,
            sheet.vertical([(0, mix(palette.wall, "#ffffff", 0.55)), (1, mix(palette.wall, "#ffffff", 0.2))]),
        )
    )
    spots = [k for k, t in enumerate(scene.things) for _ in range(min(t.count, 12))][:36]
    pieces = pieces_of(scene, palette)
    rows = max(1, round((len(spots) * h / w) ** 0.5))
    per = -(-len(spots) // rows)
    cell = min(w * 0.88 / per, h * 0.88 / rows)
    tones = [mix(palette.wall, palette.accent, s) for s in (0.55, 0.25, 0.8)] + [
        mix(palette.second, palette.accent, 0.2),
        palette.floor,
    ]
    for n, k in enumerate(spots):
        row, column = divmod(n, per)
        here = min(per, len(spots) - row * per)
        x, y = w / 2 + (column - (here - 1) / 2) * cell, h / 2 + (row - (rows - 1) / 2) * cell
        sheet.things.append(_tile(sheet, x - cell * 0.42, y - cell * 0.42, cell * 0.84, palette, tones[(n + row) % 5]))
        sheet.things.append(ink(sheet, centred(pieces[k], k, x, y, cell * 0.52)))


def lay_sticker(sheet: Sheet, scene: Scene, palette: Palette, seed: int, prompt: str) -> None:
    """Things with a white die-cut rim and a soft shadow."""
    w, h, u = sheet.width, sheet.height, sheet.unit
    sheet.back.append(
        rect(
            0,
            0,
            w,
            h,
            sheet.vertical([(0, mix(palette.wall, palette.accent, 0.25)), (1, mix(palette.wall, palette.accent, 0.4))]),
        )
    )
    texts = texts_of(scene)
    made = columns(scene.things, pieces_of(scene, palette), scene.relations)
    items = place(made, w * 0.72, h * (0.5 if texts else 0.62), w / 2, h * (0.66 if texts else 0.82))
    top, low = min(i.y - i.height for i in items), max(i.y for i in items)
    if not texts:
        items = [replace(i, y=i.y + h / 2 - (top + low) / 2) for i in items]
    for item in items:
        scale = item.height / (item.piece.box[3] - item.piece.box[1])
        shown = ink(sheet, item)
        rim = u * 0.04 / scale
        for colour, dx, dy, seen in (("#1d1a2b", 0.006, 0.012, 0.22), ("#ffffff", 0.0, 0.0, 1.0)):
            sheet.things.append(
                f'<g opacity="{seen}" transform="translate({u * dx:.1f} {u * dy:.1f})">{_rim(shown, colour, rim)}</g>'
            )
        sheet.things.append(shown)
    if texts:
        block = lettering.fit(texts[0], "round", w * 0.8, h * 0.14, most=u * 0.13, lines=2)
        sheet.things.append(
            f'<g stroke="#fff" stroke-width="330" stroke-linejoin="round">{lettering.draw(block, w / 2, h * 0.76, "#ffffff")}</g>'
        )
        sheet.things.append(lettering.draw(block, w / 2, h * 0.76, readable(["#ffffff"], palette.deep)))


def _rim(shown: str, colour: str, width: float) -> str:
    """The same drawing in one colour with a wide stroke: its silhouette, grown."""
    plain = re.sub(
        r'\s(fill|stroke|stroke-width|opacity|fill-opacity|stroke-opacity|mask|clip-path|stroke-linecap)="[^"]*"',
        "",
        shown,
    )
    return f'<g fill="{colour}" stroke="{colour}" stroke-width="{width:.2f}" stroke-linejoin="round">{plain}</g>'


def lay_pattern(sheet: Sheet, scene: Scene, palette: Palette, seed: int, prompt: str) -> None:
    """A seamless tile: a half-drop grid that repeats exactly at the edges."""
    w, h = sheet.width, sheet.height
    sheet.back.append(rect(0, 0, w, h, palette.wall))
    pieces = pieces_of(scene, palette)
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
            shown = ink(sheet, centred(pieces[k], k, 0, 0, size))
            sheet.things.append(f'<g transform="translate({x:.1f} {y:.1f}) rotate({turn})">{shown}</g>')
            if sheet.finish:
                sheet.back.append(circle(x, y + step / 2, cell * 0.03, dot))
                sheet.back.append(circle(x - cell / 2, y + step * 0.25, cell * 0.018, palette.second))


def lay_avatar(sheet: Sheet, scene: Scene, palette: Palette, seed: int, prompt: str) -> None:
    w, h, u = sheet.width, sheet.height, sheet.unit
    tone = mix(palette.wall, palette.accent, 0.5)
    sheet.back.append(rect(0, 0, w, h, sheet.vertical([(0, mix(palette.wall, "#ffffff", 0.4)), (1, palette.wall)])))
    sheet.things.append(
        circle(w / 2, h / 2, u * 0.42, sheet.vertical([(0, lighter(tone, 0.06)), (1, lighter(tone, -0.03))]))
    )
    if sheet.finish:
        sheet.things.append(
            circle(
                w / 2 - u * 0.12, h / 2 - u * 0.16, u * 0.3, sheet.radial([(0, "#ffffff"), (1, "#ffffff")], [0.35, 0])
            )
        )
    piece = pieces_of(scene, palette)[0]
    faces = {
        "cat": "cat-face",
        "dog": "dog-face",
        "tiger": "tiger-face",
        "rabbit": "rabbit-face",
        "horse": "horse-face",
        "pig": "pig-face",
        "monkey": "monkey-face",
        "cow": "cow-face",
        "dragon": "dragon-face",
        "mouse": "mouse-face",
    }
    faces |= {
        f"{name}-seated": name
        for name in ("fox", "bear", "panda", "koala", "lion", "wolf", "frog", "hamster", "polar-bear", "raccoon")
    }
    thing = scene.things[0]
    if thing.piece in faces:
        piece = drawing(replace(thing, piece=faces[thing.piece]), palette)
    sheet.things.append(ink(sheet, centred(piece, 0, w / 2, h / 2, u * 0.52)))


_SCREENS = {
    "smartphone": (36, 8, 92, 120, 7), "tablet": (19, 23, 109, 105, 4), "tee": (38, 40, 90, 104, 0), "mug": (30, 46, 74, 92, 0),
    "tote-bag": (36, 60, 92, 112, 0), "hoodie": (36, 46, 92, 86, 0), "laptop": (20, 13, 108, 75, 1),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Face:
    """The part of a thing that shows a design: its upper left corner and size in pixels; a screen has round corners."""

    x: float
    y: float
    width: float
    height: float
    radius: float
    tone: str
    """The colour of what is printed on."""

    @property
    def screen(self) -> bool:
        return self.radius > 0


def hold_up(sheet: Sheet, scene: Scene, palette: Palette, seed: int) -> Face:
    """Draw the thing that shows a design, in its place; on a phone by default."""
    w, h, u = sheet.width, sheet.height, sheet.unit
    mock = mock_of(scene)
    stand = paint(sheet, replace(scene, texts=()), palette, seed, headline=False)
    own = next((t for t in scene.things if t.piece == mock), Thing(mock, mock))
    holder = drawing(own, palette)
    if mock == "tote-bag":
        holder = replace(holder, body=re.sub(r'<path fill="#e07a5f"[^>]*/>', "", holder.body))  # its own print
    item = place(columns((own,), [holder], ()), u * 0.62, min(h * 0.68, stand.y - h * 0.08), w / 2, stand.y)[0]
    put(sheet, [replace(item, floats=False)], stand)
    scale = item.height / (holder.box[3] - holder.box[1])
    middle = (holder.box[0] + holder.box[2]) / 2
    area = _SCREENS[mock] if holder.view == 128 else tuple(v * holder.view / 128 for v in _SCREENS[mock])
    x0, y0 = item.x + (area[0] - middle) * scale, item.y + (area[1] - holder.box[3]) * scale
    aw, ah = (area[2] - area[0]) * scale, (area[3] - area[1]) * scale
    tone = holder.colours[0][0] if holder.colours else "#ffffff"
    if area[4]:
        tone = mix(palette.wall, "#ffffff", 0.5)
        light = sheet.vertical([(0, tone), (1, mix(palette.wall, palette.accent, 0.4))])
        sheet.things.append(rect(x0, y0, aw, ah, light, area[4] * scale))
    return Face(x0, y0, aw, ah, area[4] * scale, tone)


def mock_of(scene: Scene) -> str:
    """What a mock-up is shown on."""
    return scene.mock if scene.mock in _SCREENS else "smartphone"


def lay_mockup(sheet: Sheet, scene: Scene, palette: Palette, seed: int, prompt: str) -> None:
    """A design shown on a phone, a bag, a mug, a shirt."""
    mock, face = mock_of(scene), hold_up(sheet, scene, palette, seed)
    x0, y0, aw, ah, screen = face.x, face.y, face.width, face.height, face.screen
    texts = texts_of(scene)
    drawn = [t for t in scene.things if t.piece != mock][:1]
    for thing in drawn:
        piece = drawing(thing, palette)
        sheet.things.append(
            ink(
                sheet,
                centred(
                    piece,
                    0,
                    x0 + aw / 2,
                    y0 + ah * (0.5 if not texts else 0.6 if screen else 0.36),
                    min(aw * 0.74, ah * 0.6) if texts or screen else min(aw * 0.86, ah * 0.78),
                ),
            )
        )
    if texts:
        block = lettering.fit(texts[0], "round", aw * 0.84, ah * (0.22 if drawn else 0.6), most=aw * 0.3, lines=4)
        sheet.things.append(
            lettering.draw(
                block,
                x0 + aw / 2,
                y0 + (ah / 2 - block.height / 2 if not drawn else ah * (0.1 if screen else 0.76)),
                readable([face.tone], palette.deep),
            )
        )
