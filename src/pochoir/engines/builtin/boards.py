"""Layouts of identity and sequence: a logo with its wordmark, and a storyboard whose panels are pictures of their own."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

from pochoir.engines.builtin import lettering
from pochoir.engines.builtin.colours import lch, lighter, mix, readable
from pochoir.engines.builtin.paint import Lettered, Sheet, circle, rect
from pochoir.engines.builtin.palettes import Palette
from pochoir.engines.builtin.parts import centred, face_of, ink, pieces_of, texts_of
from pochoir.engines.builtin.scene import Scene


def lay_logo(sheet: Sheet, scene: Scene, palette: Palette, seed: int, prompt: str) -> None:
    """A mark on a plain ground: in a ring, on a badge, or bare; the name under or beside it."""
    w, h, u = sheet.width, sheet.height, sheet.unit
    paper = palette.wall if lch(palette.wall)[0] < 0.5 or scene.backdrop else mix(palette.wall, "#ffffff", 0.72)
    sheet.back.append(rect(0, 0, w, h, paper))
    texts = texts_of(scene)
    pieces = pieces_of(scene, palette)[:2]
    kind = seed % 3
    wide = bool(texts) and w > h * 1.4
    size = u * (0.46 if texts else 0.6)
    x, y = (w * 0.27, h / 2) if wide else (w / 2, h * (0.4 if texts else 0.5))
    badge = mix(palette.accent, palette.wall, 0.12)
    if pieces and kind == 0:
        sheet.things.append(circle(x, y, size / 2, badge))
    elif pieces and kind == 1:
        sheet.things.append(circle(x, y, size / 2, readable([paper], palette.deep)))
        sheet.things.append(circle(x, y, size * 0.475, paper))
    elif pieces:
        sheet.things.append(rect(x - size / 2, y - size / 2, size, size, badge, size * 0.3))
    inner = size * (0.64 if kind < 2 else 0.7)
    for k, piece in enumerate(pieces):
        shift = (k - (len(pieces) - 1) / 2) * inner * 0.5
        sheet.things.append(ink(sheet, centred(piece, k, x + shift, y, inner if len(pieces) == 1 else inner * 0.62)))
    if not texts:
        return
    face = (
        face_of(scene, seed)
        if set(scene.styles) & {"luxury", "minimal", "playful"}
        else ("round", "serif", "clean")[kind]
    )
    colour = readable([paper], palette.deep)
    if wide:
        block = lettering.fit(texts[0], face, w * 0.44, h * 0.4, most=u * 0.22, lines=2)
        sheet.texts.append(Lettered(block, w * 0.49, h / 2 - block.height / 2, colour, (paper,), "start"))
        return
    top = h * (0.7 if pieces else 0.42)
    block = lettering.fit(texts[0], face, w * 0.76, h * (0.15 if len(texts) < 3 else 0.09), most=u * 0.13, lines=2)
    sheet.texts.append(Lettered(block, w / 2, top, colour, (paper,)))
    if len(texts) > 1:
        line = lettering.fit(texts[1], "clean", w * 0.7, h * 0.05, most=u * 0.04, lines=1)
        sheet.texts.append(Lettered(line, w / 2, top + block.height + u * 0.04, colour, (paper,)))


Painter = Callable[[Sheet, Scene, Palette, int, str], None]


def lay_storyboard(sheet: Sheet, scene: Scene, palette: Palette, seed: int, prompt: str, painter: Painter) -> None:
    """Numbered panels in a grid, left to right and down; each is drawn by `painter` in a window of its own.

    A storyboard of one moment is that picture.
    """
    if not scene.panels:
        painter(sheet, scene, palette, seed, prompt)
        return
    w, h, u = sheet.width, sheet.height, sheet.unit
    paper = mix(palette.wall, "#ffffff", 0.6)
    sheet.back.append(rect(0, 0, w, h, paper))
    count = len(scene.panels)
    columns = min(range(1, count + 1), key=lambda c: (_waste(c, count, w, h), c))
    rows = math.ceil(count / columns)
    gap = u * 0.035
    pw, ph = (w - gap * (columns + 1)) / columns, (h - gap * (rows + 1)) / rows
    for number, panel in enumerate(scene.panels):
        row, column = divmod(number, columns)
        here = min(columns, count - row * columns)
        x = gap + column * (pw + gap) + (columns - here) * (pw + gap) / 2
        y = gap + row * (ph + gap)
        small = Sheet(pw, ph, sheet.finish, random.Random(seed + number), seed=seed, defs=sheet.defs, count=sheet.count)  # noqa: S311
        small.thing, small.flat, small.shadows = sheet.thing, sheet.flat, sheet.shadows
        painter(small, panel, palette, seed, prompt)
        sheet.count = small.count
        name = sheet.name()
        sheet.defs.append(f'<clipPath id="{name}">{rect(x, y, pw, ph, "#ffffff", u * 0.018)}</clipPath>')
        window = f'<g clip-path="url(#{name})"><g transform="translate({x:.1f} {y:.1f})">'
        sheet.back.append(rect(x + u * 0.004, y + u * 0.008, pw, ph, "#1d1a2b", u * 0.018, 0.16))
        sheet.back.append(f"{window}{''.join(small.back)}</g></g>")
        sheet.things.append(f"{window}{''.join(small.things)}{''.join(small.front)}</g></g>")
        r = u * 0.026
        sheet.things.append(circle(x + r * 1.5, y + r * 1.5, r, lighter(palette.accent, -0.05)))
        block = lettering.fit(str(number + 1), "round", r * 1.4, r * 1.1, most=r * 1.5, lines=1)
        colour = readable([lighter(palette.accent, -0.05)], "#ffffff")
        sheet.things.append(lettering.draw(block, x + r * 1.5, y + r * 1.5 - block.height / 2, colour))


def _waste(columns: int, count: int, w: float, h: float) -> float:
    """How far panels of so many columns are from 4:3, and how many places stay empty."""
    rows = math.ceil(count / columns)
    return abs(math.log((w / columns) / (h / rows) / 1.25)) + 0.3 * (rows * columns - count)
