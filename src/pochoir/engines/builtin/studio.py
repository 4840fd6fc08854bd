"""Studio backdrops: sweeps, podiums, arches, discs and colour blocks in a palette, with light as gradients."""

# ruff: noqa: E501 - outlines and word lists read better in long lines
from __future__ import annotations

from dataclasses import dataclass

from pochoir.engines.builtin.colours import lch, lighter, mix
from pochoir.engines.builtin.paint import Sheet, circle, ellipse, path, rect
from pochoir.engines.builtin.palettes import Palette

ARRANGEMENTS = ("podium", "disc", "sweep", "arch", "split", "blocks")


@dataclass(frozen=True, slots=True)
class Stand:
    """Where things stand: `y` in pixels, the colours behind a headline at the top and behind a line at the bottom."""

    y: float
    top: tuple[str, ...]
    bottom: tuple[str, ...]
    horizon: float
    tone: str = "#1d1a2b"


def studio(
    sheet: Sheet, palette: Palette, arrangement: str, *, low: bool = False, ground: float | None = None
) -> Stand:
    """Paint a studio. `low` keeps the ground low, for a headline above; `ground` says where things will stand."""
    w, h, u = sheet.width, sheet.height, sheet.unit
    horizon = h * (0.70 if not low else 0.76)
    if ground is not None:
        horizon = ground - h * 0.115
    y = horizon + h * 0.115
    _sweep(sheet, palette, horizon)
    light = mix(palette.wall, "#ffffff", _glow(palette))
    shape = mix(palette.wall, palette.accent, 0.42)
    if arrangement == "podium":
        y = _podium(sheet, palette, y)
    elif arrangement == "disc":
        r = u * 0.34
        cy = y - r * 0.98
        fill = sheet.vertical([(0, lighter(shape, 0.05)), (1, shape)])
        sheet.back.append(circle(w / 2, cy, r, fill))
        if sheet.finish:
            sheet.back.append(circle(w / 2 - u * 0.30, cy - r * 0.62, u * 0.05, palette.second, 0.9))
            sheet.back.append(circle(w / 2 + u * 0.34, cy - r * 0.2, u * 0.024, palette.accent, 0.9))
    elif arrangement == "arch":
        aw = u * 0.56
        ah = min(u * 0.66, y * 0.9)
        base = horizon + h * 0.02
        fill = sheet.vertical([(0, lighter(shape, 0.02)), (1, lighter(shape, 0.07))])
        sheet.back.append(_arch(w / 2, base, aw, ah, fill))
        if sheet.finish:
            sheet.back.append(_arch(w / 2, base, aw * 0.8, ah * 0.88, mix(shape, palette.floor, 0.55)))
    elif arrangement == "split":
        fill = sheet.vertical([(0, shape), (1, lighter(shape, 0.05))])
        sheet.back.append(path(f"M{w * 0.56:.1f} 0H{w:.1f}V{horizon:.1f}H{w * 0.38:.1f}Z", fill, 0.9))
        sheet.back.append(
            rect(0, horizon, w, h - horizon, sheet.vertical([(0, palette.floor), (1, lighter(palette.floor, 0.03))]))
        )
    elif arrangement == "blocks":
        _blocks(sheet, palette, horizon, shape)
    if sheet.finish == 2:
        _window_light(sheet, horizon)
    return Stand(
        y,
        (palette.wall, light if sheet.finish else palette.wall),
        (palette.floor, lighter(palette.floor, -0.03)),
        horizon,
    )


def _glow(palette: Palette) -> float:
    """How strongly the light falls on a wall: a dark one keeps its depth."""
    return 0.5 if lch(palette.wall)[0] > 0.72 else 0.1


def _sweep(sheet: Sheet, palette: Palette, horizon: float) -> None:
    """A seamless sweep: wall and floor melt into each other, light falls from the upper left."""
    w, h = sheet.width, sheet.height
    if sheet.finish == 0:
        sheet.back.append(rect(0, 0, w, h, palette.wall))
        sheet.back.append(rect(0, horizon, w, h - horizon, palette.floor))
        return
    bend = horizon / h
    fill = sheet.vertical([
        (0, palette.wall), (bend - 0.16, mix(palette.wall, palette.floor, 0.18)), (bend + 0.03, palette.floor), (1, lighter(palette.floor, 0.015)),
    ])  # fmt: skip
    sheet.back.append(rect(0, 0, w, h, fill))
    glow = sheet.radial([(0, "#ffffff"), (1, "#ffffff")], [_glow(palette), 0], 'cx=".36" cy=".24" r=".66"')
    sheet.back.append(rect(0, 0, w, h, glow))


def _podium(sheet: Sheet, palette: Palette, y: float) -> float:
    """Two round steps; things stand on the upper one."""
    w, u = sheet.width, sheet.unit
    top = mix(palette.second, palette.accent, 0.22)
    side = mix(palette.floor, palette.accent, 0.55)
    for rx, lift, tall in ((u * 0.42, 0.055, 0.05), (u * 0.33, 0.0, 0.055)):
        cy = y + u * lift
        ry = rx * 0.19
        body = f"M{w / 2 - rx:.1f} {cy:.1f}v{u * tall:.1f}a{rx:.1f} {ry:.1f} 0 0 0 {2 * rx:.1f} 0v{-u * tall:.1f}Z"
        if sheet.finish and lift:
            soft = sheet.radial([(0, "#1d1a2b"), (0.7, "#1d1a2b"), (1, "#1d1a2b")], [0.3, 0.16, 0])
            sheet.back.append(ellipse(w / 2 + u * 0.03, cy + u * tall, rx * 1.2, ry * 1.5, soft))
        fill = (
            side
            if sheet.finish == 0
            else sheet.across([(0, lighter(side, 0.06)), (0.45, side), (1, lighter(side, -0.08))])
        )
        sheet.back.append(path(body, fill))
        face = top if sheet.finish == 0 else sheet.across([(0, lighter(top, 0.03)), (1, lighter(top, -0.035))])
        sheet.back.append(ellipse(w / 2, cy, rx, ry, face))
    return y + u * 0.012


def _arch(x: float, base: float, width: float, height: float, fill: str) -> str:
    r = width / 2
    return path(
        f"M{x - r:.1f} {base:.1f}V{base - height + r:.1f}a{r:.1f} {r:.1f} 0 0 1 {width:.1f} 0V{base:.1f}Z", fill
    )


def _blocks(sheet: Sheet, palette: Palette, horizon: float, shape: str) -> None:
    """Steps and a ball at the sides, cut by the frame: depth without noise."""
    w, u = sheet.width, sheet.unit
    y = horizon + sheet.height * 0.05
    left, right = mix(palette.wall, palette.accent, 0.55), mix(palette.second, palette.accent, 0.3)
    for x, bw, bh, fill in (
        (w * 0.02, u * 0.2, u * 0.34, shape), (w * 0.02 + u * 0.12, u * 0.16, u * 0.18, left),
        (w * 0.98 - u * 0.2, u * 0.2, u * 0.24, right),
    ):  # fmt: skip
        if sheet.finish:
            soft = sheet.radial([(0, "#1d1a2b"), (1, "#1d1a2b")], [0.26, 0])
            sheet.back.append(ellipse(x + bw * 0.56, y, bw * 0.72, bw * 0.13, soft))
        face = fill if sheet.finish == 0 else sheet.across([(0, lighter(fill, 0.04)), (1, lighter(fill, -0.05))])
        sheet.back.append(rect(x, y - bh, bw, bh, face, radius=u * 0.012))
    ball = sheet.radial(
        [(0, lighter(palette.accent, 0.1)), (1, lighter(palette.accent, -0.05))], [1, 1], 'cx=".35" cy=".3" r=".8"'
    )
    sheet.back.append(
        circle(w * 0.98 - u * 0.1, y - u * 0.24 - u * 0.062, u * 0.062, ball if sheet.finish else palette.accent)
    )


def _window_light(sheet: Sheet, horizon: float) -> None:
    """High finish: slanting light of a window on the wall."""
    w, h = sheet.width, sheet.height
    fill = sheet.across([(0, "#ffffff"), (1, "#ffffff")], [0.20, 0.02])
    for k in range(2):
        x = w * (0.06 + 0.17 * k)
        d = f"M{x:.1f} 0h{w * 0.13:.1f}L{x + w * 0.13 + h * 0.24:.1f} {horizon:.1f}h{-w * 0.13:.1f}Z"
        sheet.back.append(path(d, fill))
