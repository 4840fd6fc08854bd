"""Styles as treatments of a composed sheet: line art, paper cut, watercolour, print, blueprint, neon and others.

A treatment changes each drawing (`thing`), the layers behind (`back`), and may lay something over everything (`over`).
All of it is SVG, so it stays sharp at any size; pixel art alone is a small raster (see pixels.py).
"""
# ruff: noqa: E501 - outlines read better in long lines

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pochoir.engines.builtin import textures
from pochoir.engines.builtin.colours import from_lch, lch, lighter, mix
from pochoir.engines.builtin.paint import Sheet, path, rect
from pochoir.engines.builtin.palettes import Palette
from pochoir.engines.builtin.scene import Scene
from pochoir.engines.builtin.strokes import bright, glowing, lined, mapped, modelled, silhouette, stacked

Thing = Callable[[Sheet, str, float], str]
"""(sheet, markup of a drawing in its own units, pixels a unit) -> markup."""
Back = Callable[[Sheet, Scene, Palette], None]


@dataclass(frozen=True, slots=True)
class Treatment:
    name: str
    thing: Thing | None = None
    back: Back | None = None
    over: Callable[[Sheet], str] | None = None
    shadows: bool = True
    flat: bool = False
    """No gradients in the background."""
    setting: str | None = None
    """The setting when none was asked for."""
    paper: str | None = None
    """The ground of patterns in this style: nothing else may break their tiling."""


def chosen(scene: Scene) -> Treatment | None:
    """The first style word that is a treatment."""
    return next((TREATMENTS[s] for s in scene.styles if s in TREATMENTS), None)


# line art ---------------------------------------------------------------------------------------------------------


def _line_thing(sheet: Sheet, body: str, scale: float) -> str:
    return lined(body, "#22222a", "#ffffff", sheet.unit * 0.0042 / scale)


def _line_back(sheet: Sheet, scene: Scene, palette: Palette) -> None:
    """White paper; what is behind as thin pale lines, and one soft blot of colour."""
    w, h, u = sheet.width, sheet.height, sheet.unit
    kept = [part for part in sheet.back if "url(#" not in part and "opacity" not in part][1:]
    fill = mix(palette.accent, "#ffffff", 0.62)
    sheet.back[:] = [rect(0, 0, w, h, "#fefdfb")]
    if sheet.stand_kind == "studio":
        blot = f"M{w * 0.5 - u * 0.3:.1f} {h * 0.62:.1f}c{-u * 0.12:.1f} {-u * 0.3:.1f} {u * 0.16:.1f} {-u * 0.46:.1f} {u * 0.38:.1f} {-u * 0.36:.1f}s{u * 0.3:.1f} {u * 0.3:.1f} {u * 0.12:.1f} {u * 0.44:.1f}s{-u * 0.4:.1f} {u * 0.14:.1f} {-u * 0.5:.1f} {-u * 0.08:.1f}Z"
        sheet.back.append(path(blot, fill, 0.75))
        y = sheet.ground or h * 0.8
        sheet.back.append(
            path(f"M{w * 0.12:.1f} {y:.1f}H{w * 0.7:.1f}M{w * 0.74:.1f} {y:.1f}H{w * 0.88:.1f}", "none", 1,
                 f' stroke="#22222a" stroke-width="{u * 0.0042:.2f}" stroke-linecap="round"')
        )  # fmt: skip
    else:
        sheet.back.append(lined("".join(kept), "#b9b6c0", "#fefdfb", u * 0.0024, solid=False))


def _sketch_thing(sheet: Sheet, body: str, scale: float) -> str:
    """Colour that missed its lines, as by hand."""
    d = sheet.unit * 0.009 / scale
    soft = mapped(body, lambda c: mix(c, "#ffffff", 0.34))
    lines = lined(body, "#2c2a33", "none", sheet.unit * 0.0036 / scale)
    return f'{silhouette(body, "#fffdf8")}<g transform="translate({d:.3f} {d * 0.7:.3f})">{soft}</g>{lines}'


def _pencil_thing(sheet: Sheet, body: str, scale: float) -> str:
    grey = mapped(body, lambda c: mix(_grey(c), "#ffffff", 0.5))
    lines = lined(body, "#4a4a50", "none", sheet.unit * 0.0028 / scale)
    shaken = f'<g opacity="0.5" transform="translate({sheet.unit * 0.003 / scale:.3f} {-sheet.unit * 0.002 / scale:.3f})">{lines}</g>'
    return f"{silhouette(body, '#ffffff')}{grey}{textures.hatched(sheet, body, scale)}{lines}{shaken}"


def _pencil_back(sheet: Sheet, scene: Scene, palette: Palette) -> None:
    _line_back(sheet, scene, Palette("graphite", "#ffffff", "#eeeeee", "#c9c9cc", "#dddddd", "#333338"))


def _comic_thing(sheet: Sheet, body: str, scale: float) -> str:
    """Thick outer line, thin inner lines, strong colours."""
    u = sheet.unit / scale
    strong = mapped(body, _stronger)
    return f'{silhouette(body, "#17151c", u * 0.0085)}<g stroke="#17151c" stroke-width="{u * 0.0032:.3f}" stroke-linejoin="round">{strong}</g>'


def _comic_back(sheet: Sheet, scene: Scene, palette: Palette) -> None:
    """Rays from the middle and dots, where there is no place to show."""
    w, h = sheet.width, sheet.height
    if sheet.stand_kind == "studio":
        wall = palette.wall if lch(palette.wall)[1] > 0.07 else mix(palette.wall, palette.accent, 0.6)
        sheet.back[:] = [rect(0, 0, w, h, wall), textures.rays(sheet, w / 2, h * 0.56, lighter(wall, 0.09))]
    sheet.back.append(textures.dots(sheet, lighter(palette.accent, -0.1), 0.026, 0.34))


# paper, paint, print ----------------------------------------------------------------------------------------------


def _paper_thing(sheet: Sheet, body: str, scale: float) -> str:
    u = sheet.unit / scale
    soft = "".join(
        f'<g opacity="0.15" transform="translate({u * 0.006:.3f} {u * (0.009 + 0.004 * k):.3f})">{silhouette(body, "#1d1420", u * 0.004 * k)}</g>'
        for k in range(2)
    )
    return f"{soft}{silhouette(body, '#fffaf2', u * 0.006)}{stacked(body, u * 0.0028, u * 0.0042, '#1d1420', 0.2)}"


def _paper_back(sheet: Sheet, scene: Scene, palette: Palette) -> None:
    """Each layer throws a shadow on the one below; nested sheets frame the picture."""
    w, h, u = sheet.width, sheet.height, sheet.unit
    first, rest = sheet.back[:1], [p for p in sheet.back[1:] if "url(#" not in p]
    layered = [stacked(p, 0, -u * 0.006, "#1d1420", 0.14) for p in rest]
    sheet.back[:] = [*first, *layered]
    if scene.texts:
        return
    tones = [
        mix(palette.accent, palette.wall, 0.25),
        mix(palette.accent, palette.wall, 0.55),
        mix(palette.wall, "#ffffff", 0.3),
    ]
    for k, tone in enumerate(tones):
        ring = _ring(sheet, w, h, u * (0.105 - 0.036 * k), 9 + 2 * k)
        for grow in (0.012, 0.007):
            sheet.back.append(
                f'<g transform="translate({u * 0.002:.1f} {u * grow:.1f})">{path(ring, "#1d1420", 0.13, EVEN)}</g>'
            )
        sheet.back.append(path(ring, tone, 1, EVEN))


EVEN = ' fill-rule="evenodd"'


def _ring(sheet: Sheet, w: float, h: float, inset: float, waves: int) -> str:
    """A sheet with a wavy hole."""
    points = []
    phase = sheet.chance.uniform(0, 6.28)
    for k in range(72):
        turn = 2 * math.pi * k / 72
        x, y = math.cos(turn), math.sin(turn)
        edge = max(abs(x), abs(y)) ** 0.72
        wave = 1 + 0.022 * math.sin(waves * turn + phase) + 0.016 * math.sin(5 * turn - phase)
        rx, ry = (w / 2 - inset) * wave / edge, (h / 2 - inset) * wave / edge
        points.append((w / 2 + x * rx, h / 2 + y * ry))
    inner = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + "Z"
    return f"M{-w:.1f} {-h:.1f}H{2 * w:.1f}V{2 * h:.1f}H{-w:.1f}Z{inner}"


def _water_thing(sheet: Sheet, body: str, scale: float) -> str:
    """Thin washes that do not quite meet, a darker rim where the water dried, white paper beneath."""
    u = sheet.unit / scale
    wash = mapped(body, _washed)
    copies = "".join(
        f'<g opacity="{seen}" transform="translate({dx * u:.3f} {dy * u:.3f}) rotate({turn} {x:.2f} {y:.2f})">{wash}</g>'
        for seen, dx, dy, turn, x, y in (
            (0.3, -0.005, 0.003, -1.1, 16, 16),
            (0.3, 0.005, -0.004, 0.9, 16, 16),
            (0.62, 0, 0, 0, 0, 0),
        )
    )
    rim = f'<g fill="none" stroke-width="{u * 0.0035:.3f}" opacity="0.32" stroke-linejoin="round">{_rims(body)}</g>'
    return f'<g opacity="0.9">{silhouette(body, "#fdfaf3", u * 0.003)}{copies}{rim}</g>'


def _rims(body: str) -> str:
    def shape(match: re.Match[str]) -> str:
        fill = match[2]
        colour = lighter(fill, -0.16) if fill.startswith("#") else "#665a55"
        return f'{match[1]}fill="none" stroke="{colour}"'

    return re.sub(r'(<(?:path|rect|circle|ellipse|polygon)\b[^>]*?)fill="(#[0-9a-fA-F]{3,6})"', shape, body)


def _water_back(sheet: Sheet, scene: Scene, palette: Palette) -> None:
    w, h, u = sheet.width, sheet.height, sheet.unit
    if sheet.stand_kind == "studio":
        tone, other = mix(palette.accent, palette.wall, 0.35), mix(palette.second, palette.accent, 0.45)
        washes = "".join(textures.blot(sheet, w * x, h * y, u * r, c, seen) for x, y, r, c, seen in (
            (0.5, 0.5, 0.4, tone, 0.34), (0.44, 0.46, 0.33, tone, 0.3), (0.6, 0.57, 0.3, other, 0.32), (0.5, 0.83, 0.3, tone, 0.26)))  # fmt: skip
        sheet.back[:] = [rect(0, 0, w, h, "#fbf8f1"), washes]
    else:
        made = "".join(p for p in sheet.back if 'opacity="0' not in p or "url(#" not in p)
        washed = mapped(made, _washed)
        sheet.defs[:] = [mapped(d, _washed) for d in sheet.defs]
        s = u * 0.006
        bled = f'<g opacity="0.3" transform="translate({s:.1f} {s:.1f})">{washed}</g>' if len(sheet.back) < 120 else ""
        sheet.back[:] = [rect(0, 0, w, h, "#fbf8f1"), f'<g opacity="{0.6 if bled else 0.72}">{washed}</g>{bled}']
    sheet.back.append(textures.blotches(sheet, 0.16 if scene.time == "night" else 0.42))


def _water_over(sheet: Sheet) -> str:
    edge = _ring(sheet, sheet.width, sheet.height, sheet.unit * 0.022, 17)
    texture = textures.grain(sheet, 0.08) if sheet.finish == 2 else ""
    return textures.blotches(sheet, 0.12, 7) + texture + path(edge, "#fbf8f1", 0.93, EVEN)


_INKS = ("#1f2f56", "#e4572e", "#2a8c82", "#f2b134", "#f29ca3", "#f6eedd", "#7fb7be", "#8a4f2d", "#4a6b3a")


def _inked(colour: str) -> str:
    """The nearest ink of a small print shop."""
    light, chroma, hue = lch(colour)
    if light > 0.9 and chroma < 0.06:
        return "#f6eedd"
    if light < 0.33:
        return _INKS[0]

    def far(ink: str) -> float:
        other_light, other_chroma, other_hue = lch(ink)
        turn = abs((other_hue - hue + 180) % 360 - 180) / 180
        return (light - other_light) ** 2 * 2.2 + (chroma - other_chroma) ** 2 * 5 + turn**2 * min(chroma, 0.14) * 14

    return min(_INKS, key=far)


def _print_thing(sheet: Sheet, body: str, scale: float) -> str:
    """A few inks, each a hair off its place, the paper showing at the edges."""
    u = sheet.unit / scale
    return (
        f'<g transform="translate({-u * 0.0065:.3f} {u * 0.004:.3f})" opacity="0.8">{silhouette(body, "#e4572e")}</g>'
        f'<g transform="translate({u * 0.004:.3f} {-u * 0.003:.3f})">{silhouette(body, "#f6eedd")}</g>{mapped(body, _inked)}'
        + textures.toned(sheet, body, scale, _INKS[0])
    )


def _print_back(sheet: Sheet, scene: Scene, palette: Palette) -> None:
    w, h = sheet.width, sheet.height
    if sheet.stand_kind == "studio":
        wall = ("#f2b134", "#f29ca3", "#7fb7be", "#f6eedd")[sheet.chance.randrange(4)]
        sheet.back[:] = [
            rect(0, 0, w, h, "#f6eedd"),
            textures.rays(sheet, w / 2, h * 0.8, mix(wall, "#f6eedd", 0.35 if wall != "#f6eedd" else 0)),
            rect(0, sheet.ground - h * 0.07 if sheet.ground else h * 0.78, w, h, mix(wall, "#e4572e", 0.5)),
        ]
    else:
        sheet.back[:] = [mapped(p, _inked) for p in sheet.back]
        sheet.defs[:] = [mapped(d, _inked) for d in sheet.defs]
    sheet.back.append(textures.dots(sheet, _INKS[0], 0.02, 0.24))


def _print_over(sheet: Sheet) -> str:
    m = sheet.unit * 0.022
    frame = f"M0 0H{sheet.width:.0f}V{sheet.height:.0f}H0ZM{m:.1f} {m:.1f}V{sheet.height - m:.1f}H{sheet.width - m:.1f}V{m:.1f}Z"
    texture = textures.grain(sheet, 0.1) if sheet.finish == 2 else ""
    return texture + path(frame, "#f6eedd", 1, EVEN)


# light and plans --------------------------------------------------------------------------------------------------


def _neon_thing(sheet: Sheet, body: str, scale: float) -> str:
    return glowing(body, sheet.unit * 0.0042 / scale, "#0b0a1e")


def _neon_back(sheet: Sheet, scene: Scene, palette: Palette) -> None:
    """A dark brick wall, lit from the tubes; a place that was asked for, by night."""
    w, h, u = sheet.width, sheet.height, sheet.unit
    if sheet.stand_kind == "place":
        for parts in (sheet.back, sheet.defs):
            parts[:] = [mapped(p, _after_dark) for p in parts]
        shine = sheet.radial([(0, palette.accent), (1, palette.accent)], [0.3, 0], 'cx=".5" cy=".7" r=".6"')
        sheet.back.append(rect(0, 0, w, h, shine))
        return
    glow = sheet.radial([(0, palette.accent), (1, palette.accent)], [0.34, 0], 'cx=".5" cy=".56" r=".6"')
    other = sheet.radial([(0, palette.second), (1, palette.second)], [0.2, 0], 'cx=".2" cy=".2" r=".6"')
    sheet.back[:] = [
        rect(0, 0, w, h, "#100d26"),
        textures.bricks(sheet, "#1b1738"),
        rect(0, 0, w, h, glow),
        rect(0, 0, w, h, other),
    ]
    if sheet.ground:
        floor = sheet.vertical([(0, "#0a0819"), (1, "#150f33")])
        sheet.back.append(rect(0, sheet.ground + u * 0.03, w, h, floor))
        sheet.back.append(rect(0, sheet.ground + u * 0.03, w, u * 0.0035, palette.accent, 0, 0.5))


def _after_dark(colour: str) -> str:
    """Dark things darker and bluer; what is lit (windows, stars, lamps) shines."""
    light, chroma, hue = lch(colour)
    if light > 0.84 and 60 < hue < 130 and chroma > 0.04:
        return bright(colour)
    return mix(from_lch(light * 0.52, min(chroma * 1.2, 0.14), hue), "#1a0f45", 0.3)


def _blue_thing(sheet: Sheet, body: str, scale: float) -> str:
    return lined(body, "#eaf4ff", "#1c4f9c", sheet.unit * 0.0032 / scale, solid=False)


def _blue_back(sheet: Sheet, scene: Scene, palette: Palette) -> None:
    kept = [part for part in sheet.back if "url(#" not in part and "opacity" not in part][1:]
    sheet.back[:] = [rect(0, 0, sheet.width, sheet.height, "#164488"), textures.grid(sheet, "#ffffff")]
    if sheet.stand_kind == "place":
        sheet.back.append(lined("".join(kept), "#7fa9e6", "#164488", sheet.unit * 0.002, solid=False))


def _blue_over(sheet: Sheet) -> str:
    """A drawing frame with a title block, and the measures of what is drawn."""
    w, h, u = sheet.width, sheet.height, sheet.unit
    m, line = u * 0.035, f' stroke="#dcebff" stroke-width="{u * 0.0022:.2f}"'
    x, y = w - m - u * 0.22, h - m - u * 0.075
    d = f"M{m:.1f} {m:.1f}H{w - m:.1f}V{h - m:.1f}H{m:.1f}Z"
    d += f"M{x:.1f} {h - m:.1f}V{y:.1f}H{w - m:.1f}M{x:.1f} {y + u * 0.0375:.1f}H{w - m:.1f}M{x + u * 0.13:.1f} {y:.1f}V{h - m:.1f}"
    if sheet.extent:
        x0, y0, x1, y1 = sheet.extent
        left, low, tick = x0 - u * 0.045, y1 + u * 0.045, u * 0.012
        if left > m * 1.3:
            d += f"M{left:.1f} {y0:.1f}V{y1:.1f}M{left - tick:.1f} {y0:.1f}h{2 * tick:.1f}M{left - tick:.1f} {y1:.1f}h{2 * tick:.1f}"
        if low < y - tick:
            d += f"M{x0:.1f} {low:.1f}H{x1:.1f}M{x0:.1f} {low - tick:.1f}v{2 * tick:.1f}M{x1:.1f} {low - tick:.1f}v{2 * tick:.1f}"
    return path(d, "none", 0.85, line)


# two colours, shape, volume ---------------------------------------------------------------------------------------


def _grey(colour: str) -> str:
    light = lch(colour)[0]
    return from_lch(light, 0.0, 0.0)


def _mono_thing(sheet: Sheet, body: str, scale: float) -> str:
    return mapped(body, _grey)


def _mono_back(sheet: Sheet, scene: Scene, palette: Palette) -> None:
    sheet.back[:] = [mapped(p, _grey) for p in sheet.back]
    sheet.defs[:] = [mapped(d, _grey) for d in sheet.defs]
    sheet.front[:] = [mapped(p, _grey) for p in sheet.front]


_PAIRS = (
    ("#1b1464", "#ff8a5c"),
    ("#12355b", "#f7d354"),
    ("#3b0f5c", "#4fe0c0"),
    ("#0b3954", "#ff6f91"),
    ("#4a1030", "#ffc1a1"),
)


def _pair(sheet: Sheet, scene: Scene) -> tuple[str, str]:
    asked = [c for c in (*scene.palette, scene.backdrop) if c]
    if len(asked) > 1:
        one, two = sorted(asked[:2], key=lambda c: lch(c)[0])
        one = from_lch(min(lch(one)[0], 0.29), *lch(one)[1:])
        two = from_lch(max(lch(two)[0], 0.87), *lch(two)[1:])
        return one, two
    return _PAIRS[sheet.seed % len(_PAIRS)]


def _duo_back(sheet: Sheet, scene: Scene, palette: Palette) -> None:
    """All that was drawn by its light, from the deep colour to the bright one."""
    dark, pale = _pair(sheet, scene)

    def tone(colour: str) -> str:
        light = min(max((lch(colour)[0] - 0.22) / 0.72, 0.0), 1.0)
        return mix(dark, pale, light**1.15)

    for parts in (sheet.back, sheet.defs, sheet.things, sheet.front):
        parts[:] = [mapped(p, tone) for p in parts]


def _iso_thing(sheet: Sheet, body: str, scale: float) -> str:
    """Cut from a thick board: the side shows behind, turned to the viewer's left."""
    step = sheet.unit * 0.0042 / scale
    side = mapped(body, lambda c: lighter(c, -0.17))
    deep = "".join(
        f'<g transform="translate({step * k:.3f} {-step * 0.58 * k:.3f})">{side}</g>' for k in range(9, 0, -3)
    )
    solid = "".join(
        f'<g transform="translate({step * k:.3f} {-step * 0.58 * k:.3f})">{silhouette(body, "#3a3550")}</g>'
        for k in (8, 7, 5, 4, 2, 1)
    )
    return f'<g transform="skewY(-7)" transform-origin="16 32"><g opacity="0.96">{solid}</g>{deep}{body}</g>'


def _iso_back(sheet: Sheet, scene: Scene, palette: Palette) -> None:
    """A slab with a grid, seen from above."""
    w, h, u = sheet.width, sheet.height, sheet.unit
    y, half = (sheet.ground or h * 0.78) - u * 0.02, min(w * 0.47, u * 0.62)
    top, left, right = (
        mix(palette.second, "#ffffff", 0.25),
        mix(palette.accent, palette.wall, 0.2),
        lighter(palette.accent, -0.08),
    )
    thick = u * 0.055
    tall = min(half * 0.42, max(h * 0.965 - y - thick, half * 0.16))
    sheet.back[:] = [
        rect(0, 0, w, h, sheet.vertical([(0, mix(palette.wall, "#ffffff", 0.35)), (1, palette.wall)])),
        path(
            f"M{w / 2 - half:.1f} {y:.1f}L{w / 2:.1f} {y + tall:.1f}v{thick:.1f}L{w / 2 - half:.1f} {y + thick:.1f}Z",
            left,
        ),
        path(
            f"M{w / 2 + half:.1f} {y:.1f}L{w / 2:.1f} {y + tall:.1f}v{thick:.1f}L{w / 2 + half:.1f} {y + thick:.1f}Z",
            right,
        ),
        path(
            f"M{w / 2 - half:.1f} {y:.1f}L{w / 2:.1f} {y - tall:.1f}L{w / 2 + half:.1f} {y:.1f}L{w / 2:.1f} {y + tall:.1f}Z",
            top,
        ),
    ]
    lines = ""
    for k in range(1, 6):
        s = k / 6
        lines += f"M{w / 2 - half * (1 - s):.1f} {y - tall * s:.1f}L{w / 2 + half * s:.1f} {y + tall * (1 - s):.1f}"
        lines += f"M{w / 2 + half * (1 - s):.1f} {y - tall * s:.1f}L{w / 2 - half * s:.1f} {y + tall * (1 - s):.1f}"
    sheet.back.append(path(lines, "none", 0.5, f' stroke="{left}" stroke-width="{u * 0.002:.2f}"'))


def _full_thing(sheet: Sheet, body: str, scale: float) -> str:
    """Modelled: every colour from lit to shaded, a highlight above, a darker foot."""
    made = modelled(body, lambda lit, dark: sheet.radial([(0, lit), (1, dark)], None, 'cx=".34" cy=".26" r=".86"'))
    sheet.modelled += 1
    return made + textures.volume(sheet, body) if sheet.modelled <= 12 else made


def _stronger(colour: str) -> str:
    light, chroma, hue = lch(colour)
    return from_lch(light, min(chroma * 1.25, 0.26), hue) if chroma > 0.03 else colour


def _washed(colour: str) -> str:
    light, chroma, hue = lch(colour)
    return from_lch(min(light * 0.88 + 0.115, 0.97), chroma, hue)


TREATMENTS: Mapping[str, Treatment] = MappingProxyType(
    {
        t.name: t
        for t in (
            Treatment("outline", _line_thing, _line_back, shadows=False, flat=True, paper="#fefdfb"),
            Treatment("sketch", _sketch_thing, _line_back, shadows=False, flat=True, paper="#fefdfb"),
            Treatment("pencil", _pencil_thing, _pencil_back, shadows=False, flat=True, paper="#fefdfb"),
            Treatment("comic", _comic_thing, _comic_back, shadows=False, flat=True),
            Treatment("papercut", _paper_thing, _paper_back, shadows=False, flat=True),
            Treatment("watercolour", _water_thing, _water_back, _water_over, shadows=False, paper="#fbf8f1"),
            Treatment("print", _print_thing, _print_back, _print_over, shadows=False, flat=True, paper="#f6eedd"),
            Treatment("neon", _neon_thing, _neon_back, shadows=False, setting="studio", paper="#100d26"),
            Treatment(
                "blueprint", _blue_thing, _blue_back, _blue_over, shadows=False, setting="studio", paper="#164488"
            ),
            Treatment("isometric", _iso_thing, _iso_back, shadows=False, setting="studio"),
            Treatment("duotone", None, _duo_back),
            Treatment("mono", _mono_thing, _mono_back),
            Treatment("full", _full_thing),
            Treatment("pixel", None, None, flat=True),
        )
    }
)
"""Style name (see words.STYLES) -> its treatment. Style names that are not here choose a palette only."""
