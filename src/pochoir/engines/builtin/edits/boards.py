"""Several images in one: collages, rows, before and after, mood boards; and a logo in a corner. Every image stays whole
or nearly so: rows are justified, as photo albums do, and no more than a tenth of an image is cropped away.
"""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image, ImageChops, ImageOps

from pochoir.engines.builtin.edits.pictures import flat
from pochoir.engines.builtin.edits.recolour import main_colour
from pochoir.engines.builtin.edits.scenery import pasted, soft_shadow
from pochoir.engines.builtin.edits.shape import corners_cut, cropped, extended

Size = tuple[int, int]
Box = tuple[int, int, int, int]
_PAPER = "#f6f3ec"
_GUTTER = 0.018
"""Width of the gaps, as a share of the shorter edge."""


def board(kind: str, images: Sequence[Image.Image], size: Size) -> Image.Image:
    """`kind` grid, row, before or mood: every image on one sheet of `size`, in reading order."""
    gap = max(2, round(min(size) * _GUTTER))
    inside = (gap, gap, size[0] - gap, size[1] - gap)
    swatches: list[str] = []
    if kind == "mood":
        swatches = list(dict.fromkeys(c for image in images if (c := main_colour(image))))[:6]
        foot = round(size[1] * 0.16) if swatches else 0
        inside = (gap, gap, size[0] - gap, size[1] - gap - foot)
    rows = [len(images)] if kind in {"row", "before"} else _rows([i.width / i.height for i in images], inside)
    out = Image.new("RGBA", size, _PAPER)
    for image, box in zip(images, _boxes(images, rows, inside, gap), strict=True):
        _laid(out, image, box, gap * 0.6)
    if swatches:
        _swatches(out, swatches, (gap, inside[3] + gap, size[0] - gap, size[1] - gap), gap)
    return out


def _rows(aspects: Sequence[float], inside: Box) -> list[int]:
    """How many images each row holds, so that rows of a common height fill the sheet best."""
    width, height = inside[2] - inside[0], inside[3] - inside[1]
    best, score = [len(aspects)], float("inf")
    for count in range(1, len(aspects) + 1):
        each, over = divmod(len(aspects), count)
        rows = [each + (k < over) for k in range(count)]
        tall, at = 0.0, 0
        for number in rows:
            tall += width / sum(aspects[at : at + number])
            at += number
        off = max(tall / height, height / tall)
        if off < score:
            best, score = rows, off
    return best


def _boxes(images: Sequence[Image.Image], rows: Sequence[int], inside: Box, gap: int) -> list[Box]:
    """Where each image goes: rows as tall as their images ask for, stretched alike so that the sheet is filled."""
    width, height = inside[2] - inside[0], inside[3] - inside[1]
    aspects = [min(max(i.width / i.height, 0.4), 3.0) for i in images]
    sums, at = list[float](), 0
    for number in rows:
        sums.append(sum(aspects[at : at + number]))
        at += number
    natural = [(width - gap * (n - 1)) / s for n, s in zip(rows, sums, strict=True)]
    scale = (height - gap * (len(rows) - 1)) / sum(natural)
    found, at, y = list[Box](), 0, float(inside[1])
    for number, total, own in zip(rows, sums, natural, strict=True):
        tall, x = own * scale, float(inside[0])
        for aspect in aspects[at : at + number]:
            wide = (width - gap * (number - 1)) * aspect / total
            found.append((round(x), round(y), round(x + wide), round(y + tall)))
            x += wide + gap
        at, y = at + number, y + tall + gap
    return found


def _laid(out: Image.Image, image: Image.Image, box: Box, radius: float) -> None:
    """An image in its box: cropped by up to a tenth, else whole with its surroundings carried on."""
    size = (max(1, box[2] - box[0]), max(1, box[3] - box[1]))
    image = flat(image).convert("RGBA")
    kept = min(image.width / image.height, size[0] / size[1]) / max(image.width / image.height, size[0] / size[1])
    shown = cropped(image, size) if kept > 0.9 else extended(image, size)
    out.alpha_composite(corners_cut(shown, radius), box[:2])


def _swatches(out: Image.Image, colours: Sequence[str], box: Box, gap: int) -> None:
    wide = (box[2] - box[0] - gap * (len(colours) - 1)) / len(colours)
    for k, colour in enumerate(colours):
        x = box[0] + k * (wide + gap)
        chip = Image.new("RGBA", (max(1, round(wide)), max(1, box[3] - box[1])), colour)
        out.alpha_composite(corners_cut(chip, gap * 0.6), (round(x), box[1]))


def corner(size: Size, shown: Size, spot: frozenset[str], margin: int) -> tuple[int, int]:
    """The upper left pixel of something of size `shown` at a spot of a picture; at the lower right by default."""
    spare = (size[0] - shown[0], size[1] - shown[1])
    if "middle" in spot or not spot:
        start = (spare[0] // 2, spare[1] // 2) if "middle" in spot else (spare[0] - margin, spare[1] - margin)
    else:
        start = (spare[0] // 2, spare[1] // 2) if len(spot) == 1 else (spare[0] - margin, spare[1] - margin)
    x = margin if "left" in spot else spare[0] - margin if "right" in spot else start[0]
    y = margin if "top" in spot else spare[1] - margin if "bottom" in spot else start[1]
    return x, y


def logo_on(image: Image.Image, logo: Image.Image, spot: frozenset[str], *, watermark: bool) -> Image.Image:
    """A logo at a spot with a margin. As a watermark it is larger, in the middle, and nine tenths are see-through."""
    out = image.convert("RGBA").copy()
    share = 0.5 if watermark and not spot else 0.2
    edge = min(image.size)
    shown = ImageOps.contain(logo.convert("RGBA"), (round(image.width * share * 1.2), round(edge * share)))
    if watermark:
        at = corner(image.size, shown.size, spot or frozenset({"middle"}), round(edge * 0.04))
        for colour, seen, down in (("#000000", 0.14, 1), ("#ffffff", 0.42, 0)):
            pale = Image.new("RGBA", shown.size, colour)
            pale.putalpha(shown.getchannel("A").point([round(v * seen) for v in range(256)]))
            pasted(out, pale, (at[0] + down, at[1] + down))
        return out
    at = corner(image.size, shown.size, spot, round(edge * 0.045))
    pad = max(2, edge // 90)
    pasted(out, soft_shadow(shown, pad / 2, 0.25, pad), (at[0] - pad, at[1] - pad + pad // 3))
    pasted(out, shown, at)
    return out


def printed_on(image: Image.Image, logo: Image.Image, subject: Box | None) -> Image.Image:
    """A logo on the middle of the subject (of the picture where there is none), with the shade that lies on it."""
    out = image.convert("RGBA").copy()
    left, top, right, bottom = subject or (0, 0, *image.size)
    shown = ImageOps.contain(
        logo.convert("RGBA"), (max(1, round((right - left) * 0.6)), max(1, round((bottom - top) * 0.3)))
    )
    at = (round((left + right - shown.width) / 2), round(top + (bottom - top) * 0.56 - shown.height / 2))
    under = out.crop((*at, at[0] + shown.width, at[1] + shown.height)).convert("L")
    low, high = (int(v) for v in under.getextrema())  # type: ignore[arg-type]
    light = under.point([round(255 - 70 * (high - min(max(v, low), high)) / max(1, high - low)) for v in range(256)])
    printed = ImageChops.multiply(shown.convert("RGB"), Image.merge("RGB", (light, light, light))).convert("RGBA")
    printed.putalpha(shown.getchannel("A"))
    pasted(out, printed, at)
    return out
