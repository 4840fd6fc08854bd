"""Small SVG parts: gradients, hills, scatter, shadows. Each returns markup; ids are given by a Sheet, so none clashes."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from pochoir.engines.builtin.lettering import Block

_ID = re.compile(r'\bid="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Lettered:
    """Type to be set at the end: its colour, and a plate under it, are chosen by what is then behind it."""

    block: Block
    x: float
    y: float
    wanted: str
    on: tuple[str, ...]
    """What should be behind, for a transparent picture."""
    align: str = "middle"

    @property
    def box(self) -> tuple[float, float, float, float]:
        left = {"start": self.x, "middle": self.x - self.block.width / 2, "end": self.x - self.block.width}[self.align]
        return left, self.y, left + self.block.width, self.y + self.block.height


@dataclass(slots=True)
class Sheet:
    """The drawing that grows: definitions, layers, the finish asked for, and where chance comes from."""

    width: float
    height: float
    finish: int
    """0 low (flat), 1 medium (light and shadow), 2 high (also texture, vignette and more detail)."""
    chance: random.Random
    defs: list[str] = field(default_factory=list)
    back: list[str] = field(default_factory=list)
    things: list[str] = field(default_factory=list)
    front: list[str] = field(default_factory=list)
    texts: list[str | Lettered] = field(default_factory=list)
    count: int = 0
    seed: int = 0
    thing: Callable[[Sheet, str, float], str] | None = None
    """The style's way to draw a drawing: (sheet, markup in its units, pixels a unit) -> markup."""
    flat: bool = False
    """No gradients behind, for styles of cut or printed shapes."""
    shadows: bool = True
    tiles: bool = True
    """Whether icons stand on tiles: not in styles of lines."""
    stand_kind: str = ""
    ground: float = 0.0
    """Where things stand, once the background is painted."""
    extent: tuple[float, float, float, float] | None = None
    """Box of the things put, in pixels."""
    view: float = 32.0
    """Units of the square of the drawing that is being inked."""
    modelled: int = 0
    """Drawings that got costly light so far."""
    rich: bool = False
    """Drawings in their fuller form, where they have one and are not recoloured."""
    lines: str = ""
    """Ink of line icons, where the picture is made of them."""
    sources: set[str] = field(default_factory=set)
    """Sources of what was drawn, for the credits."""
    quiet: bool = False
    """Nothing lively in the upper third: a headline goes there."""
    foot: float = 0.0
    """Where buttons at the foot begin, in pixels from the top; 0 when there are none."""

    @property
    def unit(self) -> float:
        return min(self.width, self.height)

    def name(self) -> str:
        self.count += 1
        return f"p{self.count}"

    def vertical(self, stops: Sequence[tuple[float, str]], opacity: Sequence[float] | None = None) -> str:
        """A gradient from top to bottom; with low finish its middle colour. Returns a fill value."""
        if (self.finish == 0 or self.flat) and opacity is None:
            return stops[len(stops) // 2][1] if len(stops) > 2 else stops[0][1]
        return self._gradient('linearGradient x1="0" y1="0" x2="0" y2="1"', "linearGradient", stops, opacity)

    def across(self, stops: Sequence[tuple[float, str]], opacity: Sequence[float] | None = None) -> str:
        if self.flat and opacity is None:
            return stops[len(stops) // 2][1]
        return self._gradient('linearGradient x1="0" y1="0" x2="1" y2="0"', "linearGradient", stops, opacity)

    def radial(
        self,
        stops: Sequence[tuple[float, str]],
        opacity: Sequence[float] | None = None,
        at: str = 'cx=".5" cy=".5" r=".5"',
    ) -> str:
        return self._gradient(f"radialGradient {at}", "radialGradient", stops, opacity)

    def _gradient(
        self, head: str, tag: str, stops: Sequence[tuple[float, str]], opacity: Sequence[float] | None
    ) -> str:
        name = self.name()
        parts = []
        for k, (offset, colour) in enumerate(stops):
            seen = f' stop-opacity="{opacity[k]:g}"' if opacity is not None else ""
            parts.append(f'<stop offset="{offset:g}" stop-color="{colour}"{seen}/>')
        self.defs.append(f"<{head.replace(tag, f'{tag} id={chr(34)}{name}{chr(34)}', 1)}>{''.join(parts)}</{tag}>")
        return f"url(#{name})"

    def unique(self, body: str) -> str:
        """A drawing's markup with ids of its own."""
        found = set(_ID.findall(body))
        if not found:
            return body
        prefix = self.name()
        for old in sorted(found, key=len, reverse=True):
            body = body.replace(f'id="{old}"', f'id="{prefix}-{old}"').replace(f"url(#{old})", f"url(#{prefix}-{old})")
            body = body.replace(f'href="#{old}"', f'href="#{prefix}-{old}"')
        return body


def rect(x: float, y: float, w: float, h: float, fill: str, radius: float = 0, opacity: float = 1) -> str:
    rounded = f' rx="{radius:.1f}"' if radius else ""
    seen = f' fill-opacity="{opacity:.3g}"' if opacity < 1 else ""
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}"{rounded} fill="{fill}"{seen}/>'


def circle(x: float, y: float, r: float, fill: str, opacity: float = 1) -> str:
    seen = f' fill-opacity="{opacity:.3g}"' if opacity < 1 else ""
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}" fill="{fill}"{seen}/>'


def ellipse(x: float, y: float, rx: float, ry: float, fill: str, opacity: float = 1) -> str:
    seen = f' fill-opacity="{opacity:.3g}"' if opacity < 1 else ""
    return f'<ellipse cx="{x:.1f}" cy="{y:.1f}" rx="{rx:.1f}" ry="{ry:.1f}" fill="{fill}"{seen}/>'


def path(d: str, fill: str, opacity: float = 1, extra: str = "") -> str:
    kind = "opacity" if "stroke" in extra else "fill-opacity"
    seen = f' {kind}="{opacity:.3g}"' if opacity < 1 else ""
    return f'<path d="{d}" fill="{fill}"{seen}{extra}/>'


def polygon(points: Sequence[tuple[float, float]], fill: str, opacity: float = 1) -> str:
    return path("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + "Z", fill, opacity)


def hills(sheet: Sheet, y: float, swing: float, fill: str, waves: int = 2, opacity: float = 1) -> str:
    """A soft ridge across the sheet, filled down to the bottom."""
    step = sheet.width / waves
    shift = sheet.chance.uniform(-0.5, 0)
    d = f"M{shift * step:.1f} {y:.1f}"
    for k in range(waves + 1):
        lift = swing * (1 if k % 2 else -1) * sheet.chance.uniform(0.6, 1.2)
        x0 = (k + shift) * step
        d += f"C{x0 + step * 0.35:.1f} {y + lift:.1f} {x0 + step * 0.65:.1f} {y + lift:.1f} {x0 + step:.1f} {y:.1f}"
    return path(f"{d}V{sheet.height:.1f}H{shift * step:.1f}Z", fill, opacity)


def scatter(sheet: Sheet, count: int, x0: float, y0: float, x1: float, y1: float) -> list[tuple[float, float]]:
    """Points spread evenly enough: each the farthest of five tries from those before it."""
    points: list[tuple[float, float]] = []
    for _ in range(count):
        tries = [(sheet.chance.uniform(x0, x1), sheet.chance.uniform(y0, y1)) for _ in range(4)]
        points.append(
            max(tries, key=lambda p: min(((p[0] - q[0]) ** 2 + (p[1] - q[1]) ** 2 for q in points[-24:]), default=0.0))
        )
    return points


def cloud(x: float, y: float, size: float, fill: str, opacity: float = 1) -> str:
    d = (
        f"M{x - size:.1f} {y:.1f}a{size * 0.36:.1f} {size * 0.36:.1f} 0 0 1 {size * 0.34:.1f} {-size * 0.42:.1f}"
        f"a{size * 0.5:.1f} {size * 0.5:.1f} 0 0 1 {size * 0.92:.1f} {-size * 0.1:.1f}"
        f"a{size * 0.34:.1f} {size * 0.34:.1f} 0 0 1 {size * 0.5:.1f} {size * 0.52:.1f}Z"
    )
    return path(d, fill, opacity)


def ground_shadow(sheet: Sheet, x: float, y: float, width: float, strength: float = 1.0, tone: str = "#1d1a2b") -> str:
    """A contact shadow: wide and soft, and a darker core where the thing touches."""
    if sheet.finish == 0:
        return ellipse(x, y, width * 0.5, width * 0.07, tone, 0.16 * strength)
    wide = sheet.radial([(0, tone), (0.55, tone), (1, tone)], [0.30 * strength, 0.15 * strength, 0])
    core = sheet.radial([(0, tone), (1, tone)], [0.42 * strength, 0])
    return ellipse(x + width * 0.05, y, width * 0.66, width * 0.12, wide) + ellipse(
        x, y, width * 0.48, width * 0.045, core
    )
