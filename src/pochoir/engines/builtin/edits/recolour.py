"""Colours of a picture changed: one for another with light and shade kept, and two tones. In CIELAB, on whole images."""

from __future__ import annotations

import math
from typing import Any

from PIL import Image, ImageChops, ImageFilter, ImageOps

from pochoir.engines.builtin.colours import lch, luminance, rgb
from pochoir.engines.builtin.edits.lab import bytes_of, evaluate, from_lab, lab_of, to_lab

Lab = tuple[int, int, int]
_GREY = 9.0
"""Chroma under which a colour counts as white, grey or black."""
_HUE = 34.0
"""Degrees of OKLab hue within which a colour of the picture is the one that was named: blue and purple are 39 apart."""


def main_colour(image: Image.Image, area: Image.Image | None = None) -> str | None:
    """The colour that makes up most of what is shown, rather a real colour than a grey. None for an empty picture."""
    found = _clusters(image, area)
    if not found:
        return None
    light, a, b = max(found, key=lambda c: c[1] * (0.25 + min(_chroma(c[0]), 60) / 60))[0]
    return _hex((light, a, b))


def swap(
    image: Image.Image, target: str, source: str | None = None, area: Image.Image | None = None
) -> Image.Image | None:
    """The picture (RGBA) with `source` (hex; the main colour when None) turned into `target`, within `area` (L).

    Shades stay shades: lightness is stretched so that the source's becomes the target's, chroma scaled the same way.
    None when the picture shows no such colour.
    """
    base = _found(image, source, area)
    if base is None:
        return None
    lab = to_lab(image.convert("RGB"))
    weight = _weight(lab, base)
    if area is not None:
        weight = ImageChops.multiply(weight, area)
    turned = from_lab(_turned(lab, base, lab_of(rgb(target))))
    out = Image.composite(turned, image.convert("RGB"), weight).convert("RGBA")
    out.putalpha(image.getchannel("A"))
    return out


def duotone(image: Image.Image, first: str, second: str) -> Image.Image:
    """Shadows in the darker of two colours, lights in the lighter; contrast is spread first so that both are reached."""
    dark, light = sorted((first, second), key=luminance)
    grey = ImageOps.autocontrast(image.convert("RGB").convert("L"), cutoff=1)
    out = ImageOps.colorize(grey, rgb(dark), rgb(light)).convert("RGBA")
    out.putalpha(image.getchannel("A"))
    return out


def _clusters(image: Image.Image, area: Image.Image | None) -> list[tuple[Lab, int]]:
    """The colours of a picture, each with how many pixels of a small copy it has."""
    small = image.convert("RGBA")
    small.thumbnail((128, 128), Image.Resampling.BOX)
    seen = small.getchannel("A").point(lambda v: 255 if v > 127 else 0)
    if area is not None:
        seen = ImageChops.darker(seen, area.resize(small.size, Image.Resampling.NEAREST))
    count = seen.histogram()[255]
    if not count:
        return []
    palette = small.convert("RGB").quantize(24, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    values = palette.getpalette() or []
    return [
        (lab_of((values[3 * k], values[3 * k + 1], values[3 * k + 2])), number)
        for k, number in enumerate(palette.histogram(seen)[: len(values) // 3])
        if number > count * 0.004
    ]


def _found(image: Image.Image, source: str | None, area: Image.Image | None) -> Lab | None:
    """The picture's own colour that was meant: the largest one of the named hue, or grey of the named lightness."""
    clusters = _clusters(image, area)
    if not clusters:
        return None
    if source is None:
        main = main_colour(image, area)
        return lab_of(rgb(main)) if main else None
    named = lab_of(rgb(source))
    near = [(c, n) for c, n in clusters if _same(c, named)]
    return max(near, key=lambda c: c[1] * (1 + _chroma(c[0]) / 40))[0] if near else None


def _same(found: Lab, named: Lab) -> bool:
    if _chroma(named) < _GREY:
        return _chroma(found) < 14 and abs(found[0] - named[0]) < 70
    if _chroma(found) < 14:
        return False
    (_, _, hue), (_, _, wanted) = lch(_hex(found)), lch(_hex(named))
    turn = abs((hue - wanted + 180) % 360 - 180)
    earthy = 20 < wanted < 100
    return turn < _HUE and (not earthy or abs(found[0] - named[0]) < 80)


def _chroma(colour: Lab) -> float:
    return math.hypot(colour[1] - 128, colour[2] - 128)


def _hex(colour: Lab) -> str:
    pixel = from_lab(Image.new("LAB", (1, 1), colour)).getpixel((0, 0))
    assert isinstance(pixel, tuple)
    return "#" + bytes(int(v) for v in pixel).hex()


def _weight(lab: Image.Image, base: Lab) -> Image.Image:
    """How much each pixel is of the base colour, 0..255, with soft edges: by hue for colours, by nearness for greys."""
    light, a, b = lab.split()
    strength = _chroma(base)

    def coloured(g: dict[str, Any]) -> Any:
        x, y = g["a"] - 128, g["b"] - 128
        chroma = (x * x + y * y + 0.01) ** 0.5
        cosine = (x * (base[1] - 128) + y * (base[2] - 128)) / (chroma * strength)
        near = g["min"](g["max"]((cosine - 0.72) / 0.16, 0), 1)
        vivid = g["min"](g["max"]((chroma - min(6, strength * 0.2)) / max(5, strength * 0.18), 0), 1)
        return bytes_of(near * vivid * 255, g)

    def grey(g: dict[str, Any]) -> Any:
        x, y = g["a"] - base[1], g["b"] - base[2]
        far = (x * x + y * y + ((g["light"] - base[0]) * 0.3) ** 2) ** 0.5
        return bytes_of((1 - (far - 14) / 10) * 255, g)

    weight = evaluate(coloured if strength >= _GREY else grey, light=light, a=a, b=b)
    return weight.filter(ImageFilter.MedianFilter(3))


def _turned(lab: Image.Image, base: Lab, to: Lab) -> Image.Image:
    """Every pixel moved as the base moves to the target."""
    light, a, b = lab.split()
    lower, upper = to[0] / max(base[0], 1), (255 - to[0]) / max(255 - base[0], 1)
    stretch = min(max(lower, 0.35), 1.25), min(max(upper, 0.35), 1.25)
    gain, strength = _chroma(to), _chroma(base)

    def lightness(g: dict[str, Any]) -> Any:
        step = g["light"] - base[0]
        return bytes_of(to[0] + g["min"](step, 0) * stretch[0] + g["max"](step, 0) * stretch[1], g)

    def along(goal: int) -> Any:
        def formula(g: dict[str, Any]) -> Any:
            if strength < _GREY:
                share = g["min"](g["max"]((g["light"] + 30) / max(base[0], 60), 0.35), 1)
                return bytes_of(128 + (goal - 128) * share, g)
            x, y = g["a"] - 128, g["b"] - 128
            own = g["min"]((x * x + y * y) ** 0.5 / strength, 1.25)
            return bytes_of(128 + (goal - 128) * own, g)

        return formula

    if gain < 3:
        flat = Image.new("L", lab.size, 128)
        return Image.merge("LAB", (evaluate(lightness, light=light), flat, flat))
    return Image.merge(
        "LAB",
        (evaluate(lightness, light=light), *(evaluate(along(goal), light=light, a=a, b=b) for goal in to[1:])),
    )
