"""The type of a picture: a headline with what follows it, lines and buttons at the foot, and pictures of words alone."""

from __future__ import annotations

from pochoir.engines.builtin import lettering
from pochoir.engines.builtin.colours import readable
from pochoir.engines.builtin.lettering import Block
from pochoir.engines.builtin.paint import Lettered, Sheet, rect
from pochoir.engines.builtin.palettes import Palette
from pochoir.engines.builtin.parts import face_of
from pochoir.engines.builtin.scene import Scene
from pochoir.engines.builtin.studio import Stand

LEAST = 0.026
"""Smallest size of type, in shares of the picture's shorter edge."""
_LONG = 40


def weight(text: str) -> float:
    """Length in Latin letters: a Chinese or Japanese character, or a Korean syllable, takes two."""
    return sum(2.0 if c > "\u2e80" else 1.0 for c in text)


def headline(sheet: Sheet, scene: Scene, palette: Palette, stand: Stand, seed: int, texts: list[str]) -> float:
    """Set the first text at the top, the second under it, further ones at the foot; returns where the top ones end."""
    face, on = face_of(scene, seed), stand.top or (palette.wall,)
    colour = readable(on, palette.deep)
    for grow in (1.0, 0.8, 0.64, 0.5, 0.4):
        top, y = _top(sheet, face, texts[:2], grow)
        foot = _foot(sheet, texts[2:], sheet.height * 0.945, grow)
        if y < (foot[-1][2] if foot else sheet.height * 0.94) - sheet.unit * 0.04:
            break
    sheet.foot = min((at - block.size * 0.4 for block, _, at in foot), default=0.0)
    sheet.texts += [Lettered(block, sheet.width / 2, at, colour, on) for block, at in top]
    sheet.texts += [_pill(block, x, at, palette) for block, x, at in foot]
    return y


def _top(sheet: Sheet, face: str, texts: list[str], grow: float) -> tuple[list[tuple[Block, float]], float]:
    """The headline and the line under it, each with its top; and where they end. `grow` under 1 is for a lot of text."""
    w, h, u = sheet.width, sheet.height, sheet.unit
    least = u * LEAST * grow
    long = weight(texts[0])
    share = 0.2 if long < _LONG else 0.3 if long < 120 else 0.38
    block = fitted(texts[0], face, w * 0.86, h * share * grow, most=u * 0.17, least=least * 1.3)
    found, y = [(block, h * 0.065)], h * 0.065 + block.height
    if len(texts) > 1:
        y += max(depth(block), block.size * 0.12) + u * 0.022 + block.size * 0.07
        wanted = {"hand": "hand", "serif": "serif"}.get(face, "clean")
        share = 0.075 if weight(texts[1]) < 60 else 0.12
        most = min(max(block.size * 0.46, u * 0.034), u * 0.066)
        line = lettering.fit(texts[1], wanted, w * 0.8, h * share * grow, most=most, lines=2, least=least)
        found.append((line, y))
        y += line.height
    return found, y


def _foot(sheet: Sheet, texts: list[str], foot: float, grow: float = 1.0) -> list[tuple[Block, float, float]]:
    """Buttons at the foot, each with its middle and top: side by side where all fit, else the last one lowest."""
    w, h, u = sheet.width, sheet.height, sheet.unit
    made = []
    for text in texts:
        share = (0.045 if weight(text) < 50 else 0.08) * grow
        made.append(lettering.fit(text, "clean", w * 0.76, h * share, most=u * 0.042, lines=1, least=u * LEAST * grow))
    wide = [block.width + block.size * 2 for block in made]
    if len(made) > 1 and sum(wide) < w * 0.9 and all(len(block.lines) == 1 for block in made):
        order = range(len(made) - 1, -1, -1) if made[0].level else range(len(made))
        x, row = (w - sum(wide)) / 2, []
        low = foot - max(block.height for block in made)
        for k in order:
            row.append((made[k], x + wide[k] / 2, low))
            x += wide[k]
        return row
    found = []
    for block in reversed(made):
        foot -= block.height
        found.append((block, w / 2, foot))
        foot -= block.size * 0.55 + u * 0.032
    return found


def fitted(text: str, face: str, width: float, height: float, *, most: float, least: float, lines: int = 4) -> Block:
    """A headline as large as its box allows; a long word that keeps it small is set in the narrow face."""
    block = lettering.fit(text, face, width, height, most=most, lines=lines, least=least)
    if block.size < min(most, height) * 0.55 and face != "poster" and block.width > width * 0.94:
        narrow = lettering.fit(text, "poster", width, height, most=most, lines=lines, least=least)
        if narrow.size > block.size * 1.12:
            return narrow
    return block


def depth(block: Block) -> float:
    """Pixels that the last line's descenders hang under the block's height."""
    last = block.set[-1]
    return min(max(-last.low, 0.0), 230.0) / 1000 * block.size


def banner(sheet: Sheet, scene: Scene, palette: Palette, stand: Stand, seed: int, texts: list[str]) -> bool:
    """Type on one side of a wide picture; True when that is the left one. The last of three or more texts is a button."""
    w, h, u = sheet.width, sheet.height, sheet.unit
    left = seed % 2 == 0
    on = stand.top or (palette.wall,)
    colour = readable(on, palette.deep)
    block = fitted(texts[0], face_of(scene, seed), w * 0.45, h * 0.46, most=u * 0.2, least=u * LEAST * 1.4)
    most = max(min(block.size * 0.46, u * 0.07), u * 0.045)
    rest = [lettering.fit(t, "clean", w * 0.43, h * 0.13, most=most, lines=2, least=u * LEAST) for t in texts[1:]]
    gaps = [depth(b) + u * 0.035 for b in [block, *rest[:-1]]] if rest else []
    tall = block.height + sum(b.height for b in rest) + sum(gaps)
    y = h * 0.47 - tall / 2
    x, align = (w * 0.07, "start") if left else (w * 0.93, "end")
    if left and block.level:
        x, align = x + max(b.width for b in [block, *rest]), "end"
    sheet.texts.append(Lettered(block, x, y, colour, on, align))
    y += block.height
    for line, gap in zip(rest, gaps, strict=True):
        y += gap
        sheet.texts.append(Lettered(line, x, y, colour, on, align))
        y += line.height
    return left


def words(sheet: Sheet, texts: list[str], face: str, wanted: str, on: tuple[str, ...]) -> None:
    """Texts alone, large, flush at the side where their script begins."""
    w, h, u = sheet.width, sheet.height, sheet.unit
    colour = readable(on, wanted)
    room = h * (0.6 if len(texts) == 1 else 0.5)
    block = fitted(texts[0], face, w * 0.82, room, most=u * 0.21, least=u * LEAST * 1.3, lines=6)
    most = max(block.size * 0.45, u * 0.05)
    rest = [
        lettering.fit(t, "clean", w * 0.8, h * 0.09, most=min(most, u * 0.07), lines=2, least=u * LEAST)
        for t in texts[1:]
    ]
    gaps = [depth(b) + u * 0.04 for b in [block, *rest[:-1]]] if rest else []
    y = h * 0.48 - (block.height + sum(b.height for b in rest) + sum(gaps)) / 2
    for line, gap in zip([block, *rest], [0.0, *gaps], strict=True):
        y += gap
        x, align = (w * 0.91, "end") if block.level else (w * 0.09, "start")
        sheet.texts.append(Lettered(line, x, y, colour, on, align))
        y += line.height


def left_over(sheet: Sheet, scene: Scene, palette: Palette, texts: list[str]) -> None:
    """Texts that a layout has no place for: small at the foot, so that no quoted text is missing."""
    drawn = "".join([*sheet.back, *sheet.things, *sheet.front, *(t for t in sheet.texts if isinstance(t, str))])
    said = [lettering.words_of(t.block) for t in sheet.texts if isinstance(t, Lettered)]
    waiting = [t for t in texts if lettering.label(t) not in drawn and lettering.spoken(t) not in said]
    if waiting and scene.layout != "pattern":
        sheet.texts += [_pill(block, x, at, palette) for block, x, at in _foot(sheet, waiting, sheet.height * 0.95)]


def _pill(block: Block, x: float, y: float, palette: Palette) -> str:
    pad = block.size * 0.62
    colour = readable([palette.deep], palette.second)
    tall = block.height + pad * 1.24
    back = rect(
        x - block.width / 2 - pad, y - pad * 0.62, block.width + 2 * pad, tall, palette.deep, min(tall / 2, pad * 1.4)
    )
    return back + lettering.draw(block, x, y, colour)
