"""Plots as SVG without style attributes: shapes carry classes, the stylesheet gives the colour."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

WIDTH, HEIGHT, BASE, SCALE = 720, 200, 168, 76
"""Of a column plot. `SCALE` is what the figures at the axis take on the right: no column stands there."""


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
    step = (WIDTH - SCALE) / max(1, len(items))
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
            parts.append(_tick(item.label, position, len(items), step))
        parts.append("</g>")
    return Markup("".join([*parts, "</svg>"]))  # noqa: S704  every text above is escaped


def _tick(label: str, position: int, count: int, step: float) -> str:
    """The label below a column; the first and the last stay inside the plot, every other can be hidden on a phone."""
    end = ' data-end="left"' if position == 0 else ' data-end="right"' if position == count - 1 else ""
    x = 0 if position == 0 else WIDTH - SCALE if position == count - 1 else round(position * step + step / 2, 1)
    odd = " data-odd" if (count - 1 - position) // 7 % 2 else ""
    return f'<text class="plot-tick"{end}{odd} x="{x}" y="{HEIGHT - 8}">{escape(label)}</text>'


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


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a line plot: its name and its points (x, y), in the order of x."""

    label: str
    points: Sequence[tuple[int, int]]


_LEFT, _RIGHT, _TOP, _FLOOR, _TALL = 8, 632, 30, 252, 290


def lines(items: Sequence[Line], *, name: str, describe: str, mark: int, scale: Callable[[int], str]) -> Markup:
    """A line plot over a count. `mark` draws where the reader is; `describe` says in words what the lines show."""
    right = max((x for item in items for x, _ in item.points), default=1)
    top = nice_top(max((y for item in items for _, y in item.points), default=0)) or 1

    def across(x: float) -> float:
        return round(_LEFT + (_RIGHT - _LEFT) * x / right, 1)

    def down(y: float) -> float:
        return round(_FLOOR - (_FLOOR - _TOP) * y / top, 1)

    parts = [
        f'<svg class="plot plot-lines" viewBox="0 0 640 {_TALL}" role="img">',
        f"<title>{escape(name)}</title><desc>{escape(describe)}</desc>",
    ]
    for level in (0, top // 2, top):
        y, text = down(level), escape(scale(level)) if level else ""
        parts.append(f'<line class="plot-line" x1="0" x2="640" y1="{y}" y2="{y}"/>')
        parts.append(f'<text class="plot-scale plot-scale-left" x="0" y="{y - 6}">{text}</text>')
    for tick, anchor in ((right // 2, "middle"), (right, "end")):
        parts.append(f'<text class="plot-tick" data-at="{anchor}" x="{across(tick)}" y="{_TALL - 12}">{tick:,}</text>')
    here = across(mark)
    parts.append(f'<line class="plot-mark" x1="{here}" x2="{here}" y1="{_TOP - 6}" y2="{_FLOOR}"/>')
    for number, item in enumerate(items, 1):
        path = " ".join(f"{across(x)},{down(y)}" for x, y in item.points)
        parts.append(f'<polyline class="plot-path" data-series="{number}" points="{path}"/>')
        parts.append(_dot(item, number, mark, across, down))
    return Markup("".join([*parts, "</svg>"]))  # noqa: S704  every text above is escaped


def _dot(item: Line, number: int, mark: int, across: Callable[[float], float], down: Callable[[float], float]) -> str:
    """The point of a line at the mark, between its neighbours."""
    before = max((point for point in item.points if point[0] <= mark), default=item.points[0])
    after = min((point for point in item.points if point[0] >= mark), default=item.points[-1])
    width = after[0] - before[0]
    y = before[1] + (after[1] - before[1]) * (mark - before[0]) / width if width else before[1]
    return f'<circle class="plot-dot" data-series="{number}" cx="{across(mark)}" cy="{down(y)}" r="6"/>'


@dataclass(frozen=True, slots=True)
class Spot:
    """A point of a spot plot that leads somewhere: `across` 0 to 100, `height` a figure, `lit` unless filtered out, with
    its name beside it when `named`."""

    label: str
    href: str
    across: int
    height: int
    title: str
    lit: bool = True
    named: bool = False


def spots(items: Sequence[Spot], ticks: Sequence[tuple[int, str]], *, name: str) -> Markup:
    """A spot plot, the higher and the further left the better. `ticks` are (0 to 100, label) along the foot.

    Its links are for the pointer only: the page lists the same ones for the keyboard.
    """
    low = min(item.height for item in items) // 50 * 50
    top = -(-max(item.height for item in items) // 50) * 50
    wide, tall, left, head, foot = 1104, 236, 40, 16, 30

    def x(share: int) -> float:
        return round(left + 10 + (wide - left - 30) * share / 100, 1)

    def y(height: int) -> float:
        return round(tall - foot - (tall - foot - head) * (height - low) / ((top - low) or 1), 1)

    parts = [f'<svg class="plot plot-spots" viewBox="0 0 {wide} {tall}" role="img" aria-label="{escape(name)}">']
    for level in range(low, top + 1, 100 if top - low > 200 else 50):
        parts.append(f'<line class="plot-line" x1="{left}" x2="{wide}" y1="{y(level)}" y2="{y(level)}"/>')
        parts.append(f'<text class="plot-scale plot-scale-left" x="0" y="{y(level) + 4}">{level}</text>')
    for share, label in ticks:
        parts.append(f'<text class="plot-tick" x="{x(share)}" y="{tall - 8}">{escape(label)}</text>')
    for item in sorted(items, key=lambda item: (item.lit, item.named)):
        lit = "" if item.lit else ' data-off="true"'
        parts.append(
            f'<a class="plot-spot" tabindex="-1" href="{escape(item.href)}"{lit}><title>{escape(item.title)}</title>'
            f'<circle cx="{x(item.across)}" cy="{y(item.height)}" r="6.5"/>'
            + (_name(item, x(item.across), y(item.height), wide) if item.named else "")
            + "</a>"
        )
    return Markup("".join([*parts, "</svg>"]))  # noqa: S704  every text above is escaped


def _name(item: Spot, x: float, y: float, wide: int) -> str:
    """A spot's name: right of it, or left where the edge is near."""
    near = x > wide - 150
    end = ' data-at="end"' if near else ""
    return f'<text class="plot-name" x="{x - 12 if near else x + 12}" y="{y + 4}"{end}>{escape(item.label)}</text>'
