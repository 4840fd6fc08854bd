"""Built settings: streets and rooms, table tops and stages. Each painter returns where things stand."""

# ruff: noqa: E501 - outlines and word lists read better in long lines
from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from pochoir.engines.builtin.colours import lighter, mix
from pochoir.engines.builtin.landscapes import dim, sky, time_of
from pochoir.engines.builtin.paint import Sheet, circle, ellipse, path, polygon, rect, scatter
from pochoir.engines.builtin.palettes import Palette
from pochoir.engines.builtin.scene import Scene
from pochoir.engines.builtin.studio import Stand


def _down(sheet: Sheet) -> float:
    """How far what hangs on a wall moves down to keep clear of a headline."""
    return sheet.height * 0.21 if sheet.quiet else 0.0


_LIT = ("#ffd98a", "#ffe9b8", "#ffc46b")


def _skyline(sheet: Sheet, scene: Scene, horizon: float, tones: tuple[str, ...], tallest: float) -> None:
    """Rows of buildings, the far ones paler; windows are lit at night."""
    w, u, chance = sheet.width, sheet.unit, sheet.chance
    night = time_of(scene) in {"night", "sunset"}
    for row, tone in enumerate(tones):
        x = -u * 0.03
        while x < w:
            bw = u * chance.uniform(0.075, 0.15)
            bh = u * chance.uniform(0.35, 1.0) * tallest * (1 - 0.26 * row)
            sheet.back.append(rect(x, horizon - bh, bw, bh + 4, tone))
            if chance.random() < 0.25:
                sheet.back.append(rect(x + bw * 0.46, horizon - bh - u * 0.04, bw * 0.07, u * 0.04, tone))
            if sheet.finish and row:
                _windows(sheet, x, horizon - bh, bw, bh, tone, night)
            x += bw + u * chance.choice((0, 0.004, 0.012))


def _windows(sheet: Sheet, x: float, y: float, bw: float, bh: float, tone: str, night: bool) -> None:
    u, chance = sheet.unit, sheet.chance
    step = u * 0.026
    d, lit = "", ""
    rows, columns = int((bh - step) / step), max(1, int((bw - step * 0.6) / (step * 0.8)))
    for r in range(min(rows, 24)):
        for c in range(columns):
            spot = f"M{x + step * 0.45 + c * step * 0.8:.1f} {y + step * 0.6 + r * step:.1f}h{step * 0.4:.1f}v{step * 0.52:.1f}h{-step * 0.4:.1f}Z"
            if night and chance.random() < 0.45:
                lit += spot
            elif not night or chance.random() < 0.3:
                d += spot
    if d:
        sheet.back.append(path(d, lighter(tone, 0.07 if not night else 0.04)))
    if lit:
        sheet.back.append(path(lit, chance.choice(_LIT), 0.9))


def city(sheet: Sheet, scene: Scene, palette: Palette) -> Stand:
    w, h = sheet.width, sheet.height
    horizon = h * 0.7
    top = sky(sheet, scene, horizon, clouds=time_of(scene) != "night")
    time = time_of(scene)
    base = dim("#7f9bc0", time)
    air = {"night": "#2c3b78", "sunset": "#f2a088"}.get(time, "#d3e4f2")
    _skyline(sheet, scene, horizon, (mix(base, air, 0.62), mix(base, air, 0.25)), 0.52)
    road = dim("#8b93a1", time)
    sheet.back.append(rect(0, horizon, w, h * 0.06, lighter(road, 0.12)))
    sheet.back.append(rect(0, horizon + h * 0.06, w, h, sheet.vertical([(0, road), (1, lighter(road, -0.07))])))
    for k in range(7):
        sheet.back.append(rect(w * (k / 6.5) - w * 0.03, h * 0.935, w * 0.07, h * 0.009, "#fff4cf", 0, 0.85))
    return Stand(h * 0.87, top, (road,), horizon, tone="#0d0f1c")


def street(sheet: Sheet, scene: Scene, palette: Palette) -> Stand:
    w, h, u, time = sheet.width, sheet.height, sheet.unit, time_of(scene)
    horizon = h * 0.72
    top = sky(sheet, scene, horizon)
    walls = ("#f2b8a0", "#f6d98f", "#a9d3c4", "#b9c8ea", "#e9b7c6", "#d9d3c4")
    x, k, shift = 0.0, 0, sheet.chance.randrange(6)
    while x < w:
        bw, bh = u * sheet.chance.uniform(0.2, 0.28), u * sheet.chance.uniform(0.36, 0.52)
        tone = dim(walls[(k + shift) % 6], time)
        sheet.back.append(rect(x, horizon - bh, bw, bh + 2, tone))
        sheet.back.append(rect(x - u * 0.004, horizon - bh, bw + u * 0.008, u * 0.02, lighter(tone, -0.1)))
        glass = "#ffdf94" if time in {"night", "sunset"} else "#e9f6fb"
        for r in range(2):
            for c in range(2):
                sheet.back.append(
                    rect(
                        x + bw * (0.16 + 0.42 * c),
                        horizon - bh + u * (0.05 + 0.11 * r),
                        bw * 0.26,
                        u * 0.075,
                        glass,
                        u * 0.004,
                    )
                )
        sheet.back.append(rect(x + bw * 0.08, horizon - u * 0.13, bw * 0.84, u * 0.022, lighter(tone, -0.14)))
        sheet.back.append(rect(x + bw * 0.14, horizon - u * 0.108, bw * 0.4, u * 0.108, glass))
        sheet.back.append(rect(x + bw * 0.64, horizon - u * 0.108, bw * 0.22, u * 0.108, lighter(tone, -0.2)))
        x, k = x + bw, k + 1
    road = dim("#9aa1ad", time)
    sheet.back.append(rect(0, horizon, w, h * 0.05, dim("#d7d9de", time)))
    sheet.back.append(rect(0, horizon + h * 0.05, w, h, sheet.vertical([(0, road), (1, lighter(road, -0.06))])))
    return Stand(h * 0.87, top, (road,), horizon, tone="#15161f")


def _wall(sheet: Sheet, scene: Scene, colour: str, horizon: float) -> str:
    night = scene.time == "night"
    wall = mix(colour, "#1c2140", 0.55) if night else colour
    sheet.back.append(
        rect(0, 0, sheet.width, horizon + 2, sheet.vertical([(0, lighter(wall, -0.025)), (1, lighter(wall, 0.02))]))
    )
    if sheet.finish:
        glow = sheet.radial(
            [(0, "#fff6df"), (1, "#fff6df")], [0.5 if not night else 0.22, 0], 'cx=".25" cy=".2" r=".7"'
        )
        sheet.back.append(rect(0, 0, sheet.width, horizon, glow))
    return wall


def _top(sheet: Sheet, horizon: float, colour: str, *, planks: bool = False, veins: bool = False) -> Stand:
    """A table top that reaches the lower edge, with a lit front edge."""
    w, h, u = sheet.width, sheet.height, sheet.unit
    fill = sheet.vertical([(0, lighter(colour, 0.05)), (1, lighter(colour, -0.05))])
    sheet.back.append(rect(0, horizon, w, h - horizon, fill))
    sheet.back.append(rect(0, horizon, w, u * 0.006, "#ffffff", 0, 0.35))
    if planks:
        for k in range(1, 9):
            x = w * (k / 9)
            sheet.back.append(
                polygon(
                    [
                        (w / 2 + (x - w / 2) * 0.8, horizon),
                        (w / 2 + (x - w / 2) * 0.8 + u * 0.003, horizon),
                        (w / 2 + (x - w / 2) * 1.5, h),
                        (w / 2 + (x - w / 2) * 1.5 - u * 0.005, h),
                    ],
                    lighter(colour, -0.1),
                    0.7,
                )
            )
        for x, y in scatter(sheet, 14 * sheet.finish, 0, horizon + u * 0.02, w, h):
            sheet.back.append(
                rect(x, y, u * 0.003, u * sheet.chance.uniform(0.02, 0.06), lighter(colour, -0.07), 0, 0.6)
            )
    if veins:
        for _ in range(4 + 3 * sheet.finish):
            x, y = sheet.chance.uniform(-0.1, 1) * w, sheet.chance.uniform(horizon, h)
            d = f"M{x:.1f} {y:.1f}q{u * 0.1:.1f} {u * sheet.chance.uniform(-0.05, 0.05):.1f} {u * 0.18:.1f} {u * 0.01:.1f}t{u * 0.2:.1f} {u * sheet.chance.uniform(-0.04, 0.04):.1f}"
            sheet.back.append(
                path(d, "none", 0.5, f' stroke="{lighter(colour, -0.12)}" stroke-width="{u * 0.003:.2f}"')
            )
    return Stand(horizon + (h - horizon) * 0.52, (), (colour,), horizon, tone="#2a1a10")


def _window(sheet: Sheet, x: float, y: float, bw: float, bh: float, night: bool) -> None:
    u = sheet.unit
    sheet.back.append(rect(x, y, bw, bh, "#fbfaf6", u * 0.008))
    glass = (
        sheet.vertical([(0, "#1d2a5e"), (1, "#46579c")]) if night else sheet.vertical([(0, "#a9dcf5"), (1, "#e6f6fb")])
    )
    sheet.back.append(rect(x + u * 0.012, y + u * 0.012, bw - u * 0.024, bh - u * 0.024, glass))
    sheet.back.append(
        ellipse(x + bw * 0.3, y + bh - u * 0.012, bw * 0.24, bh * 0.16, "#8cc98a" if not night else "#2b4a5e")
    )
    sheet.back.append(rect(x + bw / 2 - u * 0.005, y, u * 0.01, bh, "#fbfaf6"))
    sheet.back.append(rect(x, y + bh / 2 - u * 0.005, bw, u * 0.01, "#fbfaf6"))
    sheet.back.append(rect(x - u * 0.012, y + bh, bw + u * 0.024, u * 0.014, "#f1ede4", u * 0.004))


def kitchen(sheet: Sheet, scene: Scene, palette: Palette) -> Stand:
    w, h, u = sheet.width, sheet.height, sheet.unit
    horizon = h * 0.68
    wall = _wall(sheet, scene, "#f3ece0", horizon)
    line = lighter(wall, -0.045)
    for k in range(1, 7):
        sheet.back.append(rect(0, horizon - u * 0.055 * k, w, u * 0.0025, line))
    for k in range(int(w / (u * 0.11)) + 1):
        for r in range(6):
            sheet.back.append(
                rect(k * u * 0.11 + (r % 2) * u * 0.055, horizon - u * 0.055 * (r + 1), u * 0.0025, u * 0.055, line)
            )
    _window(sheet, w * 0.07, h * 0.09 + _down(sheet), u * 0.27, u * 0.25, scene.time == "night")
    shelf = h * 0.26 + _down(sheet)
    sheet.back.append(rect(w * 0.6, shelf, w * 0.34, u * 0.016, "#b98a5c", u * 0.004))
    for k, tone in enumerate(("#e58f6b", "#8fb8a8", "#f2c879", "#d9dfe6")):
        x = w * (0.63 + 0.072 * k)
        tall = u * (0.06 + 0.018 * (k % 3))
        sheet.back.append(rect(x, shelf - tall, u * 0.048, tall, mix(tone, wall, 0.15), u * 0.01))
        sheet.back.append(
            rect(x + u * 0.006, shelf - tall - u * 0.012, u * 0.036, u * 0.014, lighter(tone, -0.1), u * 0.004)
        )
    stand = _top(sheet, horizon, "#d9b48a", planks=True)
    return Stand(stand.y, (wall,), stand.bottom, horizon, stand.tone)


def desk(sheet: Sheet, scene: Scene, palette: Palette) -> Stand:
    w, h, u = sheet.width, sheet.height, sheet.unit
    horizon = h * 0.68
    wall = _wall(sheet, scene, "#e6edf1", horizon)
    _window(sheet, w * 0.66, h * 0.08 + _down(sheet), u * 0.26, u * 0.32, scene.time == "night")
    for k, (tone, tilt) in enumerate((("#ffd166", -4), ("#8ecae6", 3), ("#f4a6b5", -2))):
        x, y = w * 0.08 + u * 0.095 * k, h * 0.14 + _down(sheet) + u * 0.02 * (k % 2)
        sheet.back.append(f'<g transform="rotate({tilt} {x:.1f} {y:.1f})">{rect(x, y, u * 0.075, u * 0.075, tone)}</g>')
    sheet.back.append(rect(w * 0.08, h * 0.32 + _down(sheet), u * 0.3, u * 0.014, "#c99b6d", u * 0.004))
    for k, tone in enumerate(("#3c8d82", "#e4572e", "#5b7fd6", "#f2b84b", "#8b6fc4")):
        tall = u * (0.07 + 0.012 * (k % 3))
        sheet.back.append(
            rect(
                w * 0.08 + u * (0.02 + 0.03 * k), h * 0.32 + _down(sheet) - tall, u * 0.025, tall, mix(tone, wall, 0.2)
            )
        )
    stand = _top(sheet, horizon, "#d8b184", planks=True)
    return Stand(stand.y, (wall,), stand.bottom, horizon, stand.tone)


def room(sheet: Sheet, scene: Scene, palette: Palette) -> Stand:
    w, h, u = sheet.width, sheet.height, sheet.unit
    horizon = h * 0.74
    wall = _wall(sheet, scene, mix(palette.wall, "#f4eadc", 0.45), horizon)
    _window(sheet, w * 0.07, h * 0.1 + _down(sheet), u * 0.25, u * 0.34, scene.time == "night")
    for k, tone in enumerate((palette.accent, mix(palette.accent, palette.deep, 0.5))):
        x, y = w * 0.66 + u * 0.15 * k, h * (0.15 + 0.03 * k) + _down(sheet)
        sheet.back.append(rect(x, y, u * 0.125, u * 0.16, "#fbf7ef", u * 0.004))
        sheet.back.append(rect(x + u * 0.014, y + u * 0.014, u * 0.097, u * 0.132, mix(tone, wall, 0.55)))
        sheet.back.append(circle(x + u * 0.0625, y + u * (0.075 + 0.02 * k), u * 0.028, mix(tone, "#ffffff", 0.2)))
    floor = "#c99f74"
    sheet.back.append(
        rect(0, horizon, w, h - horizon, sheet.vertical([(0, lighter(floor, 0.02)), (1, lighter(floor, -0.06))]))
    )
    sheet.back.append(rect(0, horizon - u * 0.022, w, u * 0.022, lighter(wall, 0.04)))
    sheet.back.append(ellipse(w / 2, h * 0.9, w * 0.42, h * 0.075, mix(palette.accent, "#f7efe4", 0.45)))
    sheet.back.append(ellipse(w / 2, h * 0.9, w * 0.37, h * 0.062, mix(palette.accent, "#f7efe4", 0.68)))
    return Stand(h * 0.9, (wall,), (floor,), horizon, tone="#2a1a10")


def cafe(sheet: Sheet, scene: Scene, palette: Palette) -> Stand:
    w, h, u = sheet.width, sheet.height, sheet.unit
    horizon = h * 0.68
    wall = _wall(sheet, scene, "#e9d3b8", horizon)
    sheet.back.append(rect(0, horizon - u * 0.2, w, u * 0.2, "#7c5a43", 0, 0.9))
    for k in range(int(w / (u * 0.09)) + 1):
        sheet.back.append(rect(k * u * 0.09, horizon - u * 0.2, u * 0.003, u * 0.2, "#6a4a36"))
    sheet.back.append(rect(w * 0.6, h * 0.12 + _down(sheet), u * 0.32, u * 0.22, "#3a3f3b", u * 0.008))
    for k, long in enumerate((0.2, 0.24, 0.16, 0.21)):
        sheet.back.append(
            rect(
                w * 0.6 + u * 0.03,
                h * 0.12 + _down(sheet) + u * (0.035 + 0.042 * k),
                u * long,
                u * 0.009,
                "#f1ead9",
                u * 0.004,
                0.75,
            )
        )
    for k in range(0 if sheet.quiet else 3):
        x = w * (0.12 + 0.17 * k)
        sheet.back.append(rect(x, 0, u * 0.003, h * 0.13, "#3b2c25"))
        if sheet.finish:
            sheet.back.append(circle(x, h * 0.155, u * 0.13, sheet.radial([(0, "#fff0c2"), (1, "#fff0c2")], [0.6, 0])))
        sheet.back.append(
            path(f"M{x - u * 0.04:.1f} {h * 0.15:.1f}a{u * 0.04:.1f} {u * 0.04:.1f} 0 0 1 {u * 0.08:.1f} 0Z", "#3b2c25")
        )
        sheet.back.append(ellipse(x, h * 0.15, u * 0.03, u * 0.009, "#ffe9ad"))
    stand = _top(sheet, horizon, "#a8744a", planks=True)
    return Stand(stand.y, (wall,), stand.bottom, horizon, stand.tone)


def gym(sheet: Sheet, scene: Scene, palette: Palette) -> Stand:
    w, h, u = sheet.width, sheet.height, sheet.unit
    horizon = h * 0.74
    wall = _wall(sheet, scene, "#d3dbe3", horizon)
    sheet.back.append(rect(0, h * 0.3 + _down(sheet) * 0.2, w, u * 0.05, "#f25f4c"))
    sheet.back.append(
        rect(
            w * 0.06, h * 0.4, w * 0.3, horizon - h * 0.43, sheet.vertical([(0, "#eef4f8"), (1, "#c9d6df")]), u * 0.006
        )
    )
    rack = horizon - u * 0.14
    sheet.back.append(rect(w * 0.62, rack, w * 0.32, u * 0.014, "#3b4252"))
    sheet.back.append(rect(w * 0.64, rack, u * 0.014, u * 0.14, "#3b4252"))
    sheet.back.append(rect(w * 0.91, rack, u * 0.014, u * 0.14, "#3b4252"))
    for k in range(4):
        x = w * (0.645 + 0.075 * k)
        sheet.back.append(rect(x, rack - u * 0.022, u * 0.05, u * 0.01, "#8b94a3"))
        for side in (0, 0.042):
            sheet.back.append(rect(x + u * side, rack - u * 0.036, u * 0.013, u * 0.036, "#2b303c", u * 0.003))
    floor = "#aab4bf"
    sheet.back.append(
        rect(0, horizon, w, h - horizon, sheet.vertical([(0, lighter(floor, 0.05)), (1, lighter(floor, -0.05))]))
    )
    return Stand(h * 0.88, (wall,), (floor,), horizon, tone="#0f1115")


def stage(sheet: Sheet, scene: Scene, palette: Palette) -> Stand:
    w, h, u = sheet.width, sheet.height, sheet.unit
    sheet.back.append(rect(0, 0, w, h, sheet.vertical([(0, "#170f2e"), (0.7, "#3a1c5c"), (1, "#241240")])))
    horizon = h * 0.74
    for x, colour in ((0.12, "#ff4fa0"), (0.5, "#ffe27a"), (0.88, "#44d7ff")):
        beam = sheet.vertical([(0, colour), (1, colour)], [0.2 if sheet.quiet else 0.6, 0.16 if sheet.quiet else 0.02])
        aim = 0.5 + (x - 0.5) * 0.25
        sheet.back.append(
            polygon(
                [
                    (w * x - u * 0.02, 0),
                    (w * x + u * 0.02, 0),
                    (w * aim + u * 0.2, h * 0.86),
                    (w * aim - u * 0.2, h * 0.86),
                ],
                beam,
            )
        )
    sheet.back.append(rect(0, horizon, w, h - horizon, sheet.vertical([(0, "#57307d"), (1, "#2b1650")])))
    sheet.back.append(ellipse(w / 2, h * 0.87, w * 0.36, h * 0.06, "#fff0d0", 0.32))
    for side in (0, 1):
        x = w * side
        turn = 1 if side == 0 else -1
        sheet.back.append(
            path(
                f"M{x:.1f} 0h{turn * w * 0.14:.1f}q{-turn * w * 0.01:.1f} {h * 0.42:.1f} {-turn * w * 0.09:.1f} {horizon + h * 0.04:.1f}H{x:.1f}Z",
                "#a3203f",
            )
        )
        sheet.back.append(
            path(
                f"M{x:.1f} 0h{turn * w * 0.06:.1f}q{-turn * w * 0.01:.1f} {h * 0.42:.1f} {-turn * w * 0.035:.1f} {horizon + h * 0.04:.1f}H{x:.1f}Z",
                "#7e1630",
            )
        )
    return Stand(h * 0.87, ("#170f2e", "#2a1648"), ("#3a1c5c",), horizon, tone="#080412")


def christmas(sheet: Sheet, scene: Scene, palette: Palette) -> Stand:
    w, h, u = sheet.width, sheet.height, sheet.unit
    horizon = h * 0.72
    sheet.back.append(rect(0, 0, w, h, sheet.vertical([(0, "#0f3d34"), (1, "#1d5c4a")])))
    if sheet.finish:
        sheet.back.append(circle(w / 2, h * 0.45, u * 0.6, sheet.radial([(0, "#ffe7a8"), (1, "#ffe7a8")], [0.32, 0])))
    for x, y in scatter(sheet, 18 + 14 * sheet.finish, 0, h * 0.1, w, horizon):
        sheet.back.append(circle(x, y, u * sheet.chance.uniform(0.002, 0.007), "#fff6d8", 0.8))
    drop = u * 0.06
    d = "M0 0"
    for _ in range(4):
        d += f"q{w / 8:.1f} {drop:.1f} {w / 4:.1f} 0"
    sheet.back.append(path(d, "none", 1, f' stroke="#0a2b25" stroke-width="{u * 0.006:.1f}"'))
    for k in range(20):
        t = (k % 5 + 0.5) / 5
        x, y = (k // 5 + t) * w / 4, 2 * t * (1 - t) * drop
        sheet.back.append(circle(x, y + u * 0.014, u * 0.012, ("#ff5b5b", "#ffd166", "#6ee7b7", "#8ec5ff")[k % 4]))
    sheet.back.append(ellipse(w / 2, h * 1.12, w * 0.8, h * 0.38, sheet.vertical([(0, "#ffffff"), (1, "#d9e8f2")])))
    return Stand(h * 0.87, ("#0f3d34", "#15493e"), ("#f2f7fa",), horizon, tone="#10302a")


def halloween(sheet: Sheet, scene: Scene, palette: Palette) -> Stand:
    w, h, u = sheet.width, sheet.height, sheet.unit
    sheet.back.append(rect(0, 0, w, h, sheet.vertical([(0, "#23103f"), (0.6, "#5b2a6e"), (1, "#f08030")])))
    sheet.back.append(circle(w * 0.76, h * (0.46 if sheet.quiet else 0.26), u * 0.13, "#ffdf9a"))
    for x, y, s in ((0.2, 0.2, 1.0), (0.36, 0.32, 0.6), (0.6, 0.14, 0.7)):
        a = u * 0.05 * s
        sheet.back.append(
            path(
                f"M{w * x:.1f} {h * y:.1f}q{a * 0.5:.1f} {-a:.1f} {a:.1f} {-a * 0.2:.1f}q{a * 0.4:.1f} {-a * 0.5:.1f} {a * 0.3:.1f} {a * 0.5:.1f}q{-a * 0.8:.1f} {-a * 0.2:.1f} {-a * 1.3:.1f} {a * 0.5:.1f}q{-a * 0.5:.1f} {-a * 0.7:.1f} {-a * 1.3:.1f} {-a * 0.5:.1f}q{-a * 0.1:.1f} {-a:.1f} {a * 0.3:.1f} {-a * 0.5:.1f}q{a * 0.5:.1f} {-a * 0.8:.1f} {a:.1f} {a * 0.2:.1f}Z",
                "#160a28",
            )
        )
    for x in (0.06, 0.94):
        d = f"M{w * x - u * 0.02:.1f} {h * 0.82:.1f}v{-u * 0.4:.1f}l{-u * 0.07:.1f} {-u * 0.08:.1f}l{u * 0.07:.1f} {u * 0.04:.1f}l{u * 0.02:.1f} {-u * 0.14:.1f}l{u * 0.02:.1f} {u * 0.14:.1f}l{u * 0.08:.1f} {-u * 0.07:.1f}l{-u * 0.08:.1f} {u * 0.12:.1f}v{u * 0.4:.1f}Z"
        sheet.back.append(path(d, "#160a28"))
    sheet.back.append(ellipse(w / 2, h * 1.16, w * 0.8, h * 0.42, sheet.vertical([(0, "#34204f"), (1, "#1a0e2c")])))
    return Stand(h * 0.87, ("#23103f", "#351a52"), ("#2b1a45",), h * 0.76, tone="#08040f")


def wood(sheet: Sheet, scene: Scene, palette: Palette) -> Stand:
    horizon = sheet.height * 0.64
    wall = _wall(sheet, scene, mix(palette.wall, "#f2e7d8", 0.4), horizon)
    stand = _top(sheet, horizon, "#b98452", planks=True)
    return Stand(stand.y, (wall,), stand.bottom, horizon, stand.tone)


def marble(sheet: Sheet, scene: Scene, palette: Palette) -> Stand:
    horizon = sheet.height * 0.64
    wall = _wall(sheet, scene, palette.wall, horizon)
    stand = _top(sheet, horizon, "#eef0f2", veins=True)
    return Stand(stand.y, (wall,), stand.bottom, horizon, "#26303a")


def party(sheet: Sheet, scene: Scene, palette: Palette) -> Stand:
    w, h, u, chance = sheet.width, sheet.height, sheet.unit, sheet.chance
    horizon = h * 0.74
    sheet.back.append(rect(0, 0, w, h, sheet.vertical([(0, palette.wall), (1, mix(palette.wall, palette.floor, 0.6))])))
    tones = (palette.accent, palette.deep, "#ffd166", "#6cc5e8", "#f78fb3", "#7bd389")
    for k in range(9):
        x = w * k / 8
        y = h * (0.33 if sheet.quiet else 0.03) + u * 0.05 * (1 - ((k - 4) / 4) ** 2)
        sheet.back.append(polygon([(x - u * 0.045, y), (x + u * 0.045, y), (x, y + u * 0.085)], tones[k % 6], 0.92))
    for x, y in scatter(sheet, 26 + 22 * sheet.finish, 0, h * (0.36 if sheet.quiet else 0.14), w, h * 0.98):
        turn = chance.uniform(0, 180)
        sheet.back.append(
            f'<g transform="rotate({turn:.0f} {x:.1f} {y:.1f})">{rect(x, y, u * 0.012, u * 0.02, chance.choice(tones), u * 0.003, 0.75)}</g>'
        )
    sheet.back.append(
        ellipse(
            w / 2,
            h * 1.14,
            w * 0.85,
            h * 0.38,
            sheet.vertical([(0, lighter(palette.floor, 0.02)), (1, lighter(palette.floor, -0.04))]),
        )
    )
    return Stand(h * 0.87, (palette.wall,), (palette.floor,), horizon)


INDOORS: Mapping[str, Callable[[Sheet, Scene, Palette], Stand]] = MappingProxyType(
    {
        "city": city, "street": street, "kitchen": kitchen, "desk": desk, "room": room, "cafe": cafe, "gym": gym, "stage": stage,
        "christmas": christmas, "halloween": halloween, "wood": wood, "marble": marble, "party": party,
    }
)  # fmt: skip
