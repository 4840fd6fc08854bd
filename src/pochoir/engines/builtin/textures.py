"""Surfaces laid over drawings and sheets: halftone dots, hatching, paper grain, blotches, rays, bricks, grids."""
# ruff: noqa: E501 - outlines read better in long lines

from __future__ import annotations

import base64
import io
import math
import random
from functools import cache

from pochoir.engines.builtin.paint import Sheet, circle, path, rect
from pochoir.engines.builtin.strokes import silhouette


def _pattern(sheet: Sheet, size: float, inner: str, turn: float = 0.0) -> str:
    name = sheet.name()
    sheet.defs.append(
        f'<pattern id="{name}" width="{size:.2f}" height="{size:.2f}" patternUnits="userSpaceOnUse"'
        + (f' patternTransform="rotate({turn:g})"' if turn else "")
        + f">{inner}</pattern>"
    )
    return f"url(#{name})"


def _mask(sheet: Sheet, inner: str, box: tuple[float, float, float, float]) -> str:
    name = sheet.name()
    x, y, w, h = box
    sheet.defs.append(
        f'<mask id="{name}" maskUnits="userSpaceOnUse" x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}">{inner}</mask>'
    )
    return name


def _dot(x: float, y: float, r: float) -> str:
    return f"M{x - r:.1f} {y:.1f}a{r:.2f} {r:.2f} 0 1 0 {2 * r:.2f} 0a{r:.2f} {r:.2f} 0 1 0 {-2 * r:.2f} 0Z"


def dots(sheet: Sheet, colour: str, size: float, seen: float) -> str:
    """Halftone dots, `size` of the shorter edge apart, that grow towards the foot of the sheet. One path: patterns are slow."""
    cell, w, h = max(sheet.unit * size, 6.0), sheet.width, sheet.height
    d = ""
    for row in range(int(h * 0.45 / cell), int(h / cell) + 2):
        y = row * cell * 0.87
        r = cell * 0.42 * min(1.0, max(0.0, (y / h - 0.38) / 0.62))
        if r > cell * 0.06:
            d += "".join(_dot((k + 0.5 * (row % 2)) * cell, y, r) for k in range(int(w / cell) + 2))
    return path(d, colour, seen) if d else ""


def toned(sheet: Sheet, body: str, scale: float, ink: str) -> str:
    """Halftone on a drawing's shaded side."""
    if sheet.finish == 0 or sheet.modelled >= 6:
        return ""
    sheet.modelled += 1
    view, d = sheet.view, ""
    cell = max(sheet.unit * 0.0145 / scale, view / 44)
    for row in range(int(view / cell) + 1):
        for k in range(int(view / cell) + 1):
            x, y = (k + 0.5 * (row % 2)) * cell, row * cell
            r = cell * 0.5 * min(1.0, ((x + y) / view - 0.85) / 1.0)
            if r > cell * 0.08:
                d += f"M{x - r:.2f} {y:.2f}a{r:.2f} {r:.2f} 0 1 0 {2 * r:.2f} 0a{r:.2f} {r:.2f} 0 1 0 {-2 * r:.2f} 0Z"
    return _clipped(sheet, body, path(d, ink, 0.5))


def hatched(sheet: Sheet, body: str, scale: float) -> str:
    """Pencil strokes on a drawing's shaded side."""
    if sheet.modelled >= 8:
        return ""
    sheet.modelled += 1
    view = sheet.view
    cell = max(sheet.unit * 0.009 / scale, view / 60)
    d = "".join(
        f"M{view * 0.35 + k * cell:.2f} {view:.2f}L{view * 0.35 + k * cell + view * 0.5:.2f} {view * (0.1 + 0.3 * (k % 3 == 1)):.2f}"
        for k in range(int(-view * 0.1 / cell), int(view * 0.7 / cell))
    )
    lines = path(d, "none", 0.55, f' stroke="#55555c" stroke-width="{cell * 0.3:.3f}"')
    return _clipped(sheet, body, lines)


def _clipped(sheet: Sheet, body: str, inner: str) -> str:
    """Markup inside a drawing's silhouette only."""
    view = sheet.view
    name = _mask(sheet, silhouette(body, "#ffffff"), (0, 0, view, view))
    return f'<g mask="url(#{name})">{inner}</g>'


def volume(sheet: Sheet, body: str, strength: float = 1.0) -> str:
    """Light from the upper left and a shaded foot, inside a drawing's silhouette."""
    view = sheet.view
    name = _mask(sheet, silhouette(body, "#ffffff"), (-view * 0.1, -view * 0.1, view * 1.2, view * 1.2))
    lit, dark = sheet.name(), sheet.name()
    sheet.defs.append(
        f'<radialGradient id="{lit}" gradientUnits="userSpaceOnUse" cx="{view * 0.3:g}" cy="{view * 0.2:g}" r="{view * 0.55:g}">'
        f'<stop offset="0" stop-color="#ffffff" stop-opacity="{0.5 * strength:g}"/><stop offset="0.35" stop-color="#ffffff" stop-opacity="{0.16 * strength:g}"/>'
        '<stop offset="1" stop-color="#ffffff" stop-opacity="0"/></radialGradient>'
        f'<linearGradient id="{dark}" gradientUnits="userSpaceOnUse" x1="{view * 0.25:g}" y1="0" x2="{view * 0.75:g}" y2="{view:g}">'
        f'<stop offset="0.45" stop-color="#20123c" stop-opacity="0"/><stop offset="1" stop-color="#20123c" stop-opacity="{0.36 * strength:g}"/></linearGradient>'
    )
    whole = (-view * 0.1, -view * 0.1, view * 1.2, view * 1.2)
    return f'<g mask="url(#{name})">{rect(*whole, f"url(#{dark})")}{rect(*whole, f"url(#{lit})")}</g>'


def rays(sheet: Sheet, x: float, y: float, colour: str, count: int = 14) -> str:
    """A sunburst."""
    far, d = math.hypot(sheet.width, sheet.height), ""
    for k in range(count):
        a, b = 2 * math.pi * k / count, 2 * math.pi * (k + 0.5) / count
        d += f"M{x:.1f} {y:.1f}L{x + far * math.cos(a):.1f} {y + far * math.sin(a):.1f}L{x + far * math.cos(b):.1f} {y + far * math.sin(b):.1f}Z"
    return path(d, colour)


def bricks(sheet: Sheet, colour: str) -> str:
    s = sheet.unit * 0.07
    line = f'<path d="M0 0H{s:.1f}M0 {s / 2:.1f}H{s:.1f}M{s * 0.25:.1f} 0V{s / 2:.1f}M{s * 0.75:.1f} {s / 2:.1f}V{s:.1f}" stroke="{colour}" stroke-width="{s * 0.045:.2f}" fill="none"/>'
    return rect(0, 0, sheet.width, sheet.height, _pattern(sheet, s, line))


def grid(sheet: Sheet, colour: str) -> str:
    """Fine and bold lines of graph paper."""
    s = sheet.unit * 0.025
    fine = f'<path d="M0 0H{s:.2f}M0 0V{s:.2f}" stroke="{colour}" stroke-width="{s * 0.05:.2f}"/>'
    bold = f'<path d="M0 0H{s * 5:.2f}M0 0V{s * 5:.2f}" stroke="{colour}" stroke-width="{s * 0.09:.2f}"/>'
    w, h = sheet.width, sheet.height
    return rect(0, 0, w, h, _pattern(sheet, s, fine), 0, 0.2) + rect(0, 0, w, h, _pattern(sheet, s * 5, bold), 0, 0.26)


def blot(sheet: Sheet, x: float, y: float, r: float, colour: str, seen: float) -> str:
    """A wash of water colour: an uneven round patch with a darker rim."""
    points = []
    phases = [sheet.chance.uniform(0, 6.28) for _ in range(4)]
    for k in range(64):
        turn = 2 * math.pi * k / 64
        swing = sum(math.sin((n + 2) * turn + p) / (n + 2) for n, p in enumerate(phases)) * 0.17
        reach = r * (1 + swing + 0.025 * math.sin(23 * turn + phases[0]))
        points.append(f"{x + reach * 1.12 * math.cos(turn):.1f} {y + reach * 0.92 * math.sin(turn):.1f}")
    d = "M" + "L".join(points) + "Z"
    return path(d, colour, seen) + path(
        d, "none", seen * 0.8, f' stroke="{colour}" stroke-width="{sheet.unit * 0.005:.2f}" stroke-linejoin="round"'
    )


def blotches(sheet: Sheet, seen: float, count: int = 16) -> str:
    """Where the paint is thinner: soft white patches."""
    fill = sheet.radial([(0, "#ffffff"), (0.5, "#ffffff"), (1, "#ffffff")], [seen, seen * 0.6, 0])
    spots = [(sheet.chance.random() * sheet.width, sheet.chance.random() * sheet.height) for _ in range(count)]
    return "".join(circle(x, y, sheet.unit * sheet.chance.uniform(0.07, 0.19), fill) for x, y in spots)


@cache
def noise() -> str:
    """A small grey noise tile as PNG data, the same on every machine."""
    from PIL import Image

    tile = random.Random(20261123).randbytes(96 * 96)  # noqa: S311 - a texture, not a secret
    packed = io.BytesIO()
    Image.frombytes("L", (96, 96), tile).save(packed, "PNG", compress_level=9)
    return base64.b64encode(packed.getvalue()).decode()


def grain(sheet: Sheet, seen: float) -> str:
    """Paper grain over the whole sheet; none on very large ones, where it could not be seen and would cost a second."""
    if sheet.width * sheet.height > 5_000_000:
        return ""
    fill = _pattern(sheet, 96, f'<image width="96" height="96" href="data:image/png;base64,{noise()}"/>')
    return rect(0, 0, sheet.width, sheet.height, fill, 0, seen)
