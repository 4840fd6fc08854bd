"""Plots as SVG without style attributes: shapes carry classes, the stylesheet gives the colour."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

WIDTH, HEIGHT, BASE = 720, 200, 168


@dataclass(frozen=True, slots=True)
class Bar:
    """One column: what stands below it, its height, and the sentence shown on hovering. `tick`: print the label."""

    label: str
    value: int
    title: str
    tick: bool = True


def bars(items: Sequence[Bar], name: str, scale: Callable[[int], str]) -> Markup:
    """A column plot. `scale` writes a value at the axis; `name` is read out to those who cannot see it."""
    top = nice_top(max((item.value for item in items), default=0))
    step = WIDTH / max(1, len(items))
    parts = [
        f'<svg class="plot" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(name)}">',
        *(_line(top * part // 2, top, scale) for part in (0, 1, 2)),
    ]
    for position, item in enumerate(items):
        height = round(item.value / top * (BASE - 16), 1) if top else 0
        left, wide = round(position * step + step * 0.14, 1), round(step * 0.72, 1)
        parts.append(f'<g class="plot-bar"><title>{escape(item.title)}</title>')
        parts.append(f'<rect class="plot-hit" x="{position * step:.1f}" y="0" width="{step:.1f}" height="{BASE}"/>')
        parts.append(f'<rect x="{left}" y="{BASE - height:.1f}" width="{wide}" height="{height}"/>')
        if item.tick:
            middle = round(position * step + step / 2, 1)
            parts.append(f'<text class="plot-tick" x="{middle}" y="{HEIGHT - 10}">{escape(item.label)}</text>')
        parts.append("</g>")
    return Markup("".join([*parts, "</svg>"]))  # noqa: S704  every text above is escaped


def _line(value: int, top: int, scale: Callable[[int], str]) -> str:
    y = round(BASE - (value / top * (BASE - 16) if top else 0), 1)
    label = escape(scale(value)) if value or not top else ""
    return (
        f'<line class="plot-line" x1="0" x2="{WIDTH}" y1="{y}" y2="{y}"/>'
        f'<text class="plot-scale" x="{WIDTH}" y="{y - 4}">{label}</text>'
    )


def nice_top(value: int) -> int:
    """The next of 1, 2, 4, 5 or 10 times a power of ten that is not below the value; even, so that it halves."""
    if value <= 0:
        return 0
    power = 1
    while power * 10 < value:
        power *= 10
    return max(2, next(factor * power for factor in (1, 2, 4, 5, 6, 8, 10) if factor * power >= value))
