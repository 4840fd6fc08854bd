"""Markup of drawings made over: as lines, in mapped colours, with gradients, as silhouettes. Text work on our own SVG."""

# ruff: noqa: E501 - outlines read better in long lines

from __future__ import annotations

import re
from collections.abc import Callable

from pochoir.engines.builtin.colours import HEX, from_lch, lch, lighter, luminance

_SHAPE = re.compile(r"<(path|rect|circle|ellipse|polygon|polyline|line)\b([^>]*?)(/?)>")
_FILL = re.compile(r'\sfill="([^"]*)"')
_STROKE = re.compile(r'\sstroke="([^"]*)"')
_WIDTH = re.compile(r'\sstroke-width="([\d.]+)"')
_PAINT = re.compile(
    r'\s(?:fill|stroke|stroke-width|opacity|fill-opacity|stroke-opacity|mask|clip-path|filter|stroke-linecap)="[^"]*"'
)


def mapped(markup: str, change: Callable[[str], str]) -> str:
    """Every colour of a markup changed; each is asked for once."""
    known: dict[str, str] = {}

    def swap(match: re.Match[str]) -> str:
        found = match[0].lower()
        if found not in known:
            known[found] = change(found)
        return known[found]

    return HEX.sub(swap, markup)


def lined(markup: str, ink: str, paper: str, width: float, *, solid: bool = True) -> str:
    """A drawing as lines of `width` on filled paper; what is nearly black stays solid (eyes, tyres) unless not `solid`."""

    def shape(match: re.Match[str]) -> str:
        tag, rest, end = match.groups()
        fill = _FILL.search(rest)
        own = _STROKE.search(rest)
        colour = fill[1] if fill else ""
        if own and own[1] != "none":
            return f"<{tag}{_STROKE.sub(f' stroke={chr(34)}{ink}{chr(34)}', rest)}{end}>"
        rest = _PAINT.sub("", rest)
        if colour == "none":
            return f'<{tag}{rest} fill="none"{end}>'
        dark = solid and HEX.fullmatch(colour) is not None and luminance(colour) < 0.035
        return f'<{tag}{rest} fill="{ink if dark else paper}"{end}>'

    body = re.sub(r"<g\b[^>]*>", lambda m: _PAINT.sub("", m[0]), _SHAPE.sub(shape, markup))
    return f'<g fill="{paper}" stroke="{ink}" stroke-width="{width:.3f}" stroke-linejoin="round">{body}</g>'


def glowing(markup: str, width: float, dark: str) -> str:
    """A drawing as neon tubes: bright lines in its own colours, each with a glow around it."""
    plain = _tubes(markup, None)
    solid = _tubes(markup, dark)
    join = 'stroke-linejoin="round" stroke-linecap="round"'
    return (
        f'<g fill="{dark}" stroke="none">{_PAINT.sub("", markup)}</g>'
        f'<g {join} stroke-width="{width * 6:.3f}" opacity="0.13">{plain}</g>'
        f'<g {join} stroke-width="{width * 3.2:.3f}" opacity="0.26">{plain}</g>'
        f'<g {join} stroke-width="{width:.3f}">{solid}</g>'
    )


def _tubes(markup: str, dark: str | None) -> str:
    def shape(match: re.Match[str]) -> str:
        tag, rest, end = match.groups()
        fill, own = _FILL.search(rest), _STROKE.search(rest)
        colour = own[1] if own and own[1] != "none" else fill[1] if fill else "#ffffff"
        colour = bright(colour) if HEX.fullmatch(colour) else "#8df0ff"
        inner = "none" if dark is None or (fill and fill[1] == "none") else dark
        seen = ' fill-opacity="0.55"' if inner != "none" else ""
        return f'<{tag}{_PAINT.sub("", rest)} fill="{inner}"{seen} stroke="{colour}"{end}>'

    return re.sub(r"<g\b[^>]*>", lambda m: _PAINT.sub("", m[0]), _SHAPE.sub(shape, markup))


def bright(colour: str) -> str:
    """A colour as a neon tube shows it."""
    light, chroma, hue = lch(colour)
    if chroma < 0.04:
        return "#7df3ff" if light < 0.6 else "#fff6e8"
    return from_lch(max(0.78, min(light, 0.86)), max(chroma, 0.19), hue)


def silhouette(markup: str, colour: str, grow: float = 0.0) -> str:
    """The drawing's outline filled with one colour, `grow` units wider all round."""

    def shape(match: re.Match[str]) -> str:
        tag, rest, end = match.groups()
        fill, own, wide = _FILL.search(rest), _STROKE.search(rest), _WIDTH.search(rest)
        plain = _PAINT.sub("", rest)
        if own and own[1] != "none":
            inner = "none" if fill and fill[1] == "none" else colour
            width = float(wide[1]) if wide else 1.0
            return f'<{tag}{plain} fill="{inner}" stroke="{colour}" stroke-width="{width + grow * 2:.3f}"{end}>'
        return f"<{tag}{plain}{end}>"

    body = re.sub(r"<g\b[^>]*>", lambda m: _PAINT.sub("", m[0]), _SHAPE.sub(shape, markup))
    stroke = f' stroke="{colour}" stroke-width="{grow * 2:.3f}" stroke-linejoin="round"' if grow else ""
    return f'<g fill="{colour}"{stroke}>{body}</g>'


def modelled(markup: str, gradient: Callable[[str, str], str], depth: float = 0.085) -> str:
    """Every flat colour as a gradient from lit to shaded."""
    known: dict[str, str] = {}

    def fill(match: re.Match[str]) -> str:
        colour = match[1].lower()
        if not HEX.fullmatch(colour):
            return match[0]
        if colour not in known:
            light = lch(colour)[0]
            known[colour] = gradient(
                lighter(colour, depth if light < 0.88 else 0.02), lighter(colour, -depth if light > 0.3 else -0.02)
            )
        return f' fill="{known[colour]}"'

    return _FILL.sub(fill, markup)


def stacked(markup: str, dx: float, dy: float, tone: str, seen: float) -> str:
    """Every shape with a hard shadow under it, as cut paper lies on paper."""

    def shape(match: re.Match[str]) -> str:
        rest = match[2]
        fill = _FILL.search(rest)
        if match[3] != "/" or (fill and fill[1] == "none"):
            return match[0]
        if "transform=" in rest:
            return match[0]
        under = f'<{match[1]}{_PAINT.sub("", rest)} fill="{tone}" fill-opacity="{seen}" transform="translate({dx:.3f} {dy:.3f})"/>'
        return under + match[0]

    return _SHAPE.sub(shape, markup)
