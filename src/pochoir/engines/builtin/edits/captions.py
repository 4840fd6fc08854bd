"""Texts set onto a picture that came in, in colours that can be read on what is really there; and badges."""
# ruff: noqa: E501 - measures read better in long lines

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from PIL import Image

from pochoir.engines.builtin import lettering
from pochoir.engines.builtin.colours import contrast, from_lch, lch, luminance, readable
from pochoir.engines.builtin.edits.asked import Caption
from pochoir.engines.builtin.edits.pictures import flat
from pochoir.engines.builtin.edits.recolour import main_colour
from pochoir.engines.builtin.edits.scenery import as_markup, drawn, new_sheet
from pochoir.engines.builtin.headlines import LEAST, fitted, weight
from pochoir.engines.builtin.paint import Lettered, Sheet, circle, rect
from pochoir.engines.builtin.proof import settle

Box = tuple[int, int, int, int]


def lettered(
    image: Image.Image,
    captions: Sequence[Caption],
    quality: str,
    seed: int,
    box: Box | None = None,
    on: str = "",
    avoid: Box | None = None,
) -> Image.Image:
    """The picture with its texts, within `box` (pixels; all of it by default), on a veil where it is too lively.

    `on` names the colour of a plain ground that is known, such as the white foot of an instant print. A text that
    names no place keeps clear of `avoid` (pixels) where it can.
    """
    sheet = new_sheet(image.size, quality, seed)
    area = box or (0, 0, *image.size)
    badges = [c for c in captions if c.badge]
    plain = [c for c in captions if not c.badge]
    taken: dict[frozenset[str], float] = {}
    for k, caption in enumerate(plain):
        spot = caption.spot or _free(k, len(plain), image, avoid, alone=box is not None)
        _text(sheet, image, caption, spot, area, taken, headline=k == 0, on=on)
    out = image.convert("RGBA").copy()
    crowded = any(not c.spot or "top" in c.spot for c in plain)
    marks = "".join(_badge(sheet, caption, k, area, image, low=crowded) for k, caption in enumerate(badges))
    if marks:
        out.alpha_composite(drawn(sheet, marks))
    if sheet.texts:
        out.alpha_composite(drawn(sheet, "".join(settle(sheet, as_markup(sheet, out)))))
    return out


def _free(number: int, count: int, image: Image.Image, avoid: Box | None, *, alone: bool) -> frozenset[str]:
    """Where a text goes that names no place: the first at the top, the next under it, the last of three at the foot.

    A single one goes to the foot, or to the top when there is more room over the subject.
    """
    if alone:
        return frozenset({"middle"})
    if count == 1:
        roomier = avoid is not None and avoid[1] > image.height - avoid[3]
        return frozenset({"top" if roomier else "bottom"})
    return frozenset({"bottom" if number >= 2 and number == count - 1 else "top"})


def _text(
    sheet: Sheet, image: Image.Image, caption: Caption, spot: frozenset[str], area: Box,
    taken: dict[frozenset[str], float], *, headline: bool, on: str,
) -> None:  # fmt: skip
    left, top, right, bottom = area
    w, h = right - left, bottom - top
    u = min(w, h)
    narrow = bool(spot & {"left", "right"}) and not spot & {"top", "bottom"}
    wide = w * (0.42 if narrow else 0.86)
    tall = h * (0.56 if narrow or "middle" in spot else 0.2 if headline else 0.11)
    tall = tall if weight(caption.text) < 60 else min(tall * 1.7, h * 0.6)
    most, least = u * (0.15 if headline else 0.075), min(sheet.unit * LEAST, u * 0.16)
    if on:
        tall, most = h * 0.62, h * 0.4
    face = "round" if headline else "clean"
    block = fitted(caption.text, face, wide, tall, most=max(most, least), least=least)
    margin = u * 0.06
    gap = taken.get(spot, 0.0)
    if "top" in spot:
        y = top + margin + gap
    elif "middle" in spot or narrow:
        y = top + (h - block.height) / 2 + gap
    else:
        y = bottom - margin - block.height - block.size * 0.2 - gap
    taken[spot] = gap + block.height + block.size * 0.5
    x, align = left + w / 2, "middle"
    if "left" in spot:
        x, align = left + margin, "start"
    elif "right" in spot:
        x, align = right - margin, "end"
    text = Lettered(block, x, y, caption.colour or "", (on,) if on else (), align)
    sheet.texts.append(text if text.wanted else replace(text, wanted=_ink(image, text)))


def _ink(image: Image.Image, text: Lettered) -> str:
    """White on what is dark; on what is light a deep shade of its own hue."""
    left, top, right, bottom = (round(v) for v in text.box)
    box = (max(0, left), max(0, top), min(image.width, right), min(image.height, bottom))
    if box[2] <= box[0] or box[3] <= box[1]:
        return "#ffffff"
    pixel = flat(image.crop(box)).resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    assert isinstance(pixel, tuple)
    mean = "#" + bytes(int(v) for v in pixel).hex()
    if luminance(mean) < 0.32:
        return "#ffffff"
    _, chroma, hue = lch(mean)
    return from_lch(0.26, min(chroma, 0.07) + 0.01, hue)


def _badge(sheet: Sheet, caption: Caption, number: int, area: Box, image: Image.Image, *, low: bool) -> str:
    """A text in a round burst, or in a pill when it is long; at the upper right (lower when `low`) unless told."""
    left, top, right, bottom = area
    u = min(right - left, bottom - top)
    short = weight(caption.text) <= 16
    fill = caption.colour or _standing_out(main_colour(image))
    ink = readable([fill], "#ffffff" if contrast(fill, "#ffffff") > 3 else "#1d1a2b")
    size = u * (0.13 if short else 0.2)
    block = lettering.fit(caption.text, "round", size * (1.5 if short else 3.0), size * (1.1 if short else 0.9), most=size * 0.8, lines=3 if short else 2, least=u * LEAST)  # fmt: skip
    half_w = half_h = math.hypot(block.width, block.height) / 2 + block.size * 0.34
    if not short:
        half_w, half_h = block.width / 2 + block.size * 0.8, block.height / 2 + block.size * 0.5
    margin = u * 0.045
    spot = caption.spot or frozenset({"bottom" if low else "top", "right"})
    x = left + margin + half_w if "left" in spot else right - margin - half_w
    if not spot & {"left", "right"}:
        x = (left + right) / 2
    y = bottom - margin - half_h if "bottom" in spot else top + margin + half_h
    if not spot & {"top", "bottom"} or "middle" in spot:
        y = (top + bottom) / 2
    y += number * half_h * 2.2 * (-1 if "bottom" in spot else 1) if not caption.spot else 0
    shape = _burst(x, y, half_w, fill) if short else rect(x - half_w, y - half_h, half_w * 2, half_h * 2, fill, half_h)
    shade = _burst(x, y + u * 0.008, half_w, "#1d1a2b", 0.22) if short else ""
    return shade + shape + lettering.draw(block, x, y - block.height / 2, ink)


def _burst(x: float, y: float, radius: float, fill: str, opacity: float = 1) -> str:
    """A seal with a softly scalloped edge."""
    lobes = 20
    dots = "".join(
        circle(x + radius * 0.98 * math.cos(k * math.tau / lobes), y + radius * 0.98 * math.sin(k * math.tau / lobes), radius * 0.155, fill)
        for k in range(lobes)
    )  # fmt: skip
    return f'<g opacity="{opacity:g}">{circle(x, y, radius, fill)}{dots}</g>'


def _standing_out(found: str | None) -> str:
    """The badge colour that is furthest from the picture's main colour, of a few that designers use."""
    choices = ("#d7263d", "#1b7f5c", "#1f4fbf", "#f2b705")
    if found is None:
        return choices[0]
    near = [tuple(int(c[k : k + 2], 16) for k in (1, 3, 5)) for c in (found, *choices)]
    far = [sum((a - b) ** 2 for a, b in zip(near[0], other, strict=True)) for other in near[1:]]
    return choices[far.index(max(far))]
