"""Outdoor settings: sky by time of day, ground by place, weather and season on top. Each painter returns where things stand."""

# ruff: noqa: E501 - outlines and word lists read better in long lines
from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType

from pochoir.engines.builtin.colours import lighter, mix
from pochoir.engines.builtin.paint import Sheet, circle, cloud, ellipse, hills, path, polygon, rect, scatter
from pochoir.engines.builtin.scene import Scene
from pochoir.engines.builtin.studio import Stand

_SKIES = {
    "day": ("#8fd0f5", "#d9f1fb", "#f6fbf4"),
    "night": ("#0d1538", "#1f2c61", "#3b4a86"),
    "sunset": ("#4f4a8f", "#f27d72", "#ffd08a"),
    "sunrise": ("#8db4e8", "#fbc7b8", "#fff0c9"),
    "grey": ("#9fb2c4", "#c4d0da", "#e3e9ec"),
}


def time_of(scene: Scene) -> str:
    if scene.time:
        return scene.time
    return "grey" if scene.weather in {"rain", "fog"} else "day"


def dim(colour: str, time: str) -> str:
    """A ground colour in the light of the time of day."""
    tint, share = {
        "night": ("#111a44", 0.62),
        "sunset": ("#6b3a66", 0.30),
        "sunrise": ("#f3b9a0", 0.18),
        "grey": ("#8796a5", 0.32),
    }.get(time, ("#ffffff", 0.0))
    return mix(colour, tint, share)


def sky(sheet: Sheet, scene: Scene, horizon: float, *, clouds: bool = True) -> tuple[str, ...]:
    """Paint the sky; returns the colours behind a headline."""
    time = time_of(scene)
    top, middle, low = _SKIES[time]
    w, u, chance = sheet.width, sheet.unit, sheet.chance
    sheet.back.append(
        rect(0, 0, w, horizon + sheet.height * 0.12, sheet.vertical([(0, top), (0.6, middle), (0.9, low)]))
    )
    x = w * (0.78 if chance.random() < 0.5 else 0.2)
    sun = max(horizon * 0.24, sheet.height * 0.42 - u * 0.03) if sheet.quiet else horizon * 0.24
    if time == "night":
        for sx, sy in scatter(sheet, 26 if sheet.finish == 0 else 60, 0, 0, w, horizon * 0.8):
            sheet.back.append(
                circle(sx, sy, u * chance.choice((0.0012, 0.002, 0.003)), "#ffffff", chance.uniform(0.5, 0.95))
            )
        if sheet.finish:
            sheet.back.append(circle(x, sun, u * 0.2, sheet.radial([(0, "#fdf6d8"), (1, "#fdf6d8")], [0.28, 0])))
        sheet.back.append(circle(x, sun, u * 0.062, "#fdf3cf"))
        sheet.back.append(circle(x + u * 0.024, sun - u * 0.01, u * 0.05, mix(top, middle, 0.3)))
    elif time in {"sunset", "sunrise"}:
        sun_y = horizon - u * 0.05
        if sheet.finish:
            sheet.back.append(circle(x, sun_y, u * 0.42, sheet.radial([(0, "#fff3c4"), (1, "#ffd58a")], [0.75, 0])))
        sheet.back.append(circle(x, sun_y, u * 0.085, "#fff1c1"))
    elif time == "day":
        if sheet.finish:
            sheet.back.append(circle(x, sun, u * 0.3, sheet.radial([(0, "#fffbe6"), (1, "#fffbe6")], [0.8, 0])))
        sheet.back.append(circle(x, sun, u * 0.06, "#fff3bf"))
    if clouds:
        tint = {"night": "#5567a8", "sunset": "#ffc4a8", "grey": "#f1f4f6"}.get(time, "#ffffff")
        for cx, cy in scatter(
            sheet,
            3 + sheet.finish,
            w * 0.08,
            horizon * (0.66 if sheet.quiet else 0.12),
            w * 0.95,
            horizon * (0.82 if sheet.quiet else 0.62),
        ):
            sheet.back.append(cloud(cx, cy, u * chance.uniform(0.06, 0.12), tint, 0.22 if time == "night" else 0.75))
    return (top, mix(top, middle, 0.6))


def _land(sheet: Sheet, scene: Scene, far: str, middle: str, near: str, horizon: float) -> Stand:
    time = time_of(scene)
    h = sheet.height
    colours = [dim(c, time) for c in (far, middle, near)]
    sheet.back.append(hills(sheet, horizon, h * 0.035, mix(colours[0], _SKIES[time][2], 0.35), 3))
    sheet.back.append(hills(sheet, horizon + h * 0.045, h * 0.03, colours[1], 2))
    fill = sheet.vertical([(0, lighter(colours[2], 0.03)), (1, lighter(colours[2], -0.05))])
    sheet.back.append(hills(sheet, horizon + h * 0.12, h * 0.018, fill, 2))
    return Stand(h * 0.86, (), (colours[2],), horizon, tone="#10241a" if time != "night" else "#05070f")


def _tree(sheet: Sheet, x: float, y: float, size: float, leaf: str, trunk: str, pointed: bool) -> str:
    if pointed:
        out = rect(x - size * 0.04, y - size * 0.2, size * 0.08, size * 0.2, trunk)
        for k in range(3):
            half, top = size * (0.3 - 0.06 * k), y - size * (0.15 + 0.24 * k)
            out += polygon([(x - half, top), (x + half, top), (x, top - size * 0.42)], lighter(leaf, 0.025 * k))
        return out
    out = rect(x - size * 0.05, y - size * 0.45, size * 0.1, size * 0.45, trunk, radius=size * 0.02)
    out += circle(x, y - size * 0.68, size * 0.32, leaf)
    return out + circle(x - size * 0.09, y - size * 0.76, size * 0.19, lighter(leaf, 0.045))


def _trees(
    sheet: Sheet, count: int, y: float, low: float, high: float, leaves: tuple[str, ...], pointed: float
) -> None:
    """A row of trees, the middle kept open for what matters."""
    w, chance = sheet.width, sheet.chance
    places = sorted(chance.uniform(0, 0.36) if k % 2 else chance.uniform(0.64, 1) for k in range(count))
    for x in places:
        size = chance.uniform(low, high)
        leaf = chance.choice(leaves)
        sheet.back.append(
            _tree(
                sheet,
                x * w,
                y + chance.uniform(-0.01, 0.02) * sheet.height,
                size,
                leaf,
                mix(leaf, "#5a3a22", 0.75),
                chance.random() < pointed,
            )
        )


def garden(sheet: Sheet, scene: Scene) -> Stand:
    h, u, time = sheet.height, sheet.unit, time_of(scene)
    horizon = h * 0.62
    top = sky(sheet, scene, horizon)
    greens = {
        "autumn": ("#e7b566", "#d9964a", "#c7a24a"),
        "winter": ("#e6eef5", "#dbe7f1", "#f4f8fb"),
        "spring": ("#b9e07c", "#9bd25f", "#86c84e"),
    }
    far, middle, near = greens.get(
        scene.season or ("winter" if scene.weather == "snow" else ""), ("#a5d977", "#86c95c", "#72b94b")
    )
    stand = _land(sheet, scene, far, middle, near, horizon)
    leaves = {
        "autumn": ("#d9662b", "#e39a2f", "#b8492a"),
        "spring": ("#f3a6bd", "#8bc763", "#f7c1d0"),
        "winter": ("#9fc0c9", "#b8d3da"),
    }
    chosen = leaves.get(scene.season or "", ("#4f9d4a", "#5fae52", "#3f8a4d"))
    _trees(
        sheet,
        4 + sheet.finish,
        horizon + h * 0.075,
        u * 0.13,
        u * 0.24,
        tuple(dim(c, time) for c in chosen),
        0.0 if scene.season != "winter" else 1.0,
    )
    if sheet.finish:
        blooms = {
            "autumn": ("#d9662b", "#f2b84b"),
            "winter": ("#ffffff",),
            "spring": ("#ffffff", "#f78fb3", "#ffe066"),
        }.get(scene.season or "", ("#ffffff", "#ffe066"))
        for x, y in scatter(sheet, 16 + 12 * sheet.finish, 0, horizon + h * 0.15, sheet.width, h):
            sheet.back.append(circle(x, y, u * 0.0045, dim(sheet.chance.choice(blooms), time), 0.9))
    return Stand(stand.y, top, stand.bottom, horizon, stand.tone)


def beach(sheet: Sheet, scene: Scene) -> Stand:
    w, h, u, time = sheet.width, sheet.height, sheet.unit, time_of(scene)
    horizon = h * 0.55
    top = sky(sheet, scene, horizon)
    water, sand = dim("#2ea3cf", time), dim("#f4dca6", time)
    sheet.back.append(
        rect(0, horizon, w, h * 0.16, sheet.vertical([(0, lighter(water, -0.05)), (1, lighter(water, 0.1))]))
    )
    for _k in range(6 * sheet.finish):
        x, y = sheet.chance.uniform(0, w), horizon + sheet.chance.uniform(0.012, 0.1) * h
        sheet.back.append(rect(x, y, u * sheet.chance.uniform(0.03, 0.09), u * 0.004, "#ffffff", u * 0.002, 0.55))
    sheet.back.append(hills(sheet, horizon + h * 0.135, h * 0.012, "#ffffff", 3, 0.75))
    fill = sheet.vertical([(0, lighter(sand, 0.02)), (1, lighter(sand, -0.05))])
    sheet.back.append(hills(sheet, horizon + h * 0.15, h * 0.012, fill, 3))
    if sheet.finish:
        for x, y in scatter(sheet, 24 * sheet.finish, 0, horizon + h * 0.2, w, h):
            sheet.back.append(ellipse(x, y, u * 0.004, u * 0.002, lighter(sand, -0.12), 0.7))
    return Stand(h * 0.86, top, (sand,), horizon, tone="#4a3413")


def sea(sheet: Sheet, scene: Scene) -> Stand:
    w, h, time = sheet.width, sheet.height, time_of(scene)
    horizon = h * 0.56
    top = sky(sheet, scene, horizon)
    water = dim("#2b8fc4", time)
    sheet.back.append(
        rect(0, horizon, w, h - horizon, sheet.vertical([(0, lighter(water, 0.04)), (1, lighter(water, -0.14))]))
    )
    for k in range(4):
        sheet.back.append(
            hills(sheet, horizon + h * (0.06 + 0.1 * k), h * 0.012, lighter(water, 0.06 - 0.05 * k), 5 - k, 0.6)
        )
    sheet.front.append(hills(sheet, h * 0.855, h * 0.012, lighter(water, -0.1), 4, 0.94))
    return Stand(h * 0.87, top, (lighter(water, -0.1),), horizon, tone="#08263a")


def forest(sheet: Sheet, scene: Scene) -> Stand:
    h, u, time = sheet.height, sheet.unit, time_of(scene)
    horizon = h * 0.64
    top = sky(sheet, scene, horizon, clouds=False)
    snow = scene.weather == "snow" or scene.season == "winter"
    base = {"autumn": ("#c9702f", "#dd9a3a", "#a8482a")}.get(scene.season or "", ("#2f7a52", "#3d8f5b", "#27684a"))
    leaves = tuple(dim(mix(c, "#dfeaf0", 0.35 if snow else 0), time) for c in base)
    pale = tuple(mix(c, _SKIES[time][2], 0.55) for c in leaves)
    for x in range(14):
        size = u * sheet.chance.uniform(0.3, 0.5)
        sheet.back.append(
            _tree(
                sheet, sheet.width * (x + 0.5) / 14, horizon + h * 0.02, size, sheet.chance.choice(pale), pale[0], True
            )
        )
    ground = ("#eaf2f8", "#dfeaf3", "#f5f9fc") if snow else ("#7fae62", "#5f9650", "#4f8447")
    stand = _land(sheet, scene, *ground, horizon)
    _trees(
        sheet,
        8 + 2 * sheet.finish,
        horizon + h * 0.09,
        u * 0.36,
        u * 0.62,
        leaves,
        0.85 if scene.season != "autumn" else 0.2,
    )
    return Stand(stand.y, (*top, mix(leaves[0], pale[0], 0.6)), stand.bottom, horizon, stand.tone)


def mountains(sheet: Sheet, scene: Scene) -> Stand:
    w, h, time = sheet.width, sheet.height, time_of(scene)
    horizon = h * 0.64
    top = sky(sheet, scene, horizon)
    rock = dim("#7b8fb0", time)
    for k, (tone, peaks) in enumerate(((mix(rock, _SKIES[time][2], 0.5), 4), (rock, 3))):
        step = w / peaks
        for p in range(peaks + 1):
            x, tall = (
                (p + sheet.chance.uniform(-0.35, 0.15)) * step,
                h * sheet.chance.uniform(0.22, 0.36) * (1 - 0.12 * k),
            )
            half = step * 0.72
            base = horizon + h * 0.05
            sheet.back.append(polygon([(x - half, base), (x, base - tall), (x + half, base)], tone))
            if sheet.finish:
                sheet.back.append(
                    polygon([(x, base - tall), (x + half, base), (x + half * 0.1, base)], lighter(tone, -0.06), 0.8)
                )
            cap = 0.3
            sheet.back.append(polygon([
                (x, base - tall), (x + half * cap, base - tall * (1 - cap)), (x + half * 0.1, base - tall * (1 - cap * 0.72)),
                (x - half * 0.05, base - tall * (1 - cap * 1.05)), (x - half * cap, base - tall * (1 - cap)),
            ], dim("#ffffff", time)))  # fmt: skip
    snow = scene.weather == "snow" or scene.season == "winter"
    ground = ("#e6eef6", "#dfe9f2", "#f3f7fb") if snow else ("#9cc57a", "#7fb164", "#6a9f55")
    stand = _land(sheet, scene, *ground, horizon)
    return Stand(stand.y, top, stand.bottom, horizon, stand.tone)


def desert(sheet: Sheet, scene: Scene) -> Stand:
    h, time = sheet.height, time_of(scene)
    horizon = h * 0.6
    top = sky(sheet, scene, horizon, clouds=False)
    tones = [dim(c, time) for c in ("#f0cf94", "#e6b873", "#dba55e")]
    for k, tone in enumerate(tones):
        fill = sheet.vertical([(0, lighter(tone, 0.03)), (1, lighter(tone, -0.04))])
        sheet.back.append(hills(sheet, horizon + h * (0.01 + 0.09 * k), h * (0.05 - 0.012 * k), fill, 2))
    return Stand(h * 0.86, top, (tones[2],), horizon, tone="#4a2a10")


def snow(sheet: Sheet, scene: Scene) -> Stand:
    h, u, time = sheet.height, sheet.unit, time_of(scene)
    horizon = h * 0.64
    top = sky(sheet, scene, horizon, clouds=False)
    stand = _land(sheet, scene, "#dbe8f3", "#e6eff7", "#f6fafd", horizon)
    trees = tuple(dim(c, time) for c in ("#6f9aa6", "#86b0b9", "#5d8894"))
    _trees(sheet, 6 + 2 * sheet.finish, horizon + h * 0.07, u * 0.16, u * 0.3, trees, 1.0)
    return Stand(stand.y, top, stand.bottom, horizon, stand.tone)


def heavens(sheet: Sheet, scene: Scene) -> Stand:
    w, h, u = sheet.width, sheet.height, sheet.unit
    top = sky(sheet, scene, h, clouds=True)
    tint = "#8fa0d8" if time_of(scene) == "night" else "#ffffff"
    for k in range(7):
        sheet.back.append(cloud(w * (k / 6) + u * 0.05, h * (0.97 + 0.03 * math.sin(k * 2.1)), u * 0.24, tint, 0.85))
    return Stand(h * 0.82, top, (tint,), h * 0.8, tone="#2a4a7a")


def space(sheet: Sheet, scene: Scene) -> Stand:
    w, h, u, chance = sheet.width, sheet.height, sheet.unit, sheet.chance
    sheet.back.append(rect(0, 0, w, h, sheet.vertical([(0, "#0b0a26"), (0.55, "#1d1650"), (1, "#3b2470")])))
    if sheet.finish:
        for x, y, colour in ((0.22, 0.3, "#c44fb0"), (0.8, 0.62, "#3f7be0")):
            sheet.back.append(circle(w * x, h * y, u * 0.5, sheet.radial([(0, colour), (1, colour)], [0.34, 0])))
    for x, y in scatter(sheet, 50 + 50 * sheet.finish, 0, 0, w, h):
        sheet.back.append(circle(x, y, u * chance.choice((0.001, 0.0016, 0.0028)), "#ffffff", chance.uniform(0.45, 1)))
    px, py, r = w * (0.84 if chance.random() < 0.5 else 0.15), h * (0.42 if sheet.quiet else 0.24), u * 0.1
    planet = sheet.radial([(0, "#ffd9a0"), (0.6, "#f08a5d"), (1, "#a13d63")], [1, 1, 1], 'cx=".35" cy=".3" r=".9"')
    sheet.back.append(circle(px, py, r, planet))
    ring = f'<ellipse cx="{px:.1f}" cy="{py:.1f}" rx="{r * 1.7:.1f}" ry="{r * 0.42:.1f}" fill="none" stroke="#ffe3b8" stroke-width="{r * 0.12:.1f}" opacity=".7" transform="rotate(-18 {px:.1f} {py:.1f})"/>'
    sheet.back.append(ring)
    ground = "#8f86b8"
    fill = sheet.vertical([(0, lighter(ground, 0.08)), (1, lighter(ground, -0.12))])
    sheet.back.append(ellipse(w / 2, h * 1.32, w * 0.95, h * 0.55, fill))
    for x, y, size in ((0.2, 0.9, 0.05), (0.76, 0.93, 0.07), (0.5, 0.965, 0.04)):
        sheet.back.append(ellipse(w * x, h * y, u * size, u * size * 0.3, lighter(ground, -0.09)))
    return Stand(h * 0.86, ("#0b0a26", "#17123f"), (ground,), h * 0.8, tone="#0a0820")


def underwater(sheet: Sheet, scene: Scene) -> Stand:
    w, h, u, chance = sheet.width, sheet.height, sheet.unit, sheet.chance
    sheet.back.append(rect(0, 0, w, h, sheet.vertical([(0, "#5fd0e6"), (0.5, "#1f8fc0"), (1, "#0e4f86")])))
    if sheet.finish:
        beam = sheet.vertical([(0, "#ffffff"), (1, "#ffffff")], [0.3, 0])
        for k in range(4):
            x = w * (0.1 + 0.24 * k)
            sheet.back.append(
                polygon([(x, 0), (x + w * 0.07, 0), (x + w * 0.02, h * 0.8), (x - w * 0.16, h * 0.8)], beam)
            )
    sheet.back.append(hills(sheet, h * 0.82, h * 0.02, "#d9c48f", 3))
    for x in (0.06, 0.13, 0.87, 0.95):
        for k in range(3):
            colour = chance.choice(("#2f9e6e", "#f2748f", "#f2a65a"))
            tall = h * chance.uniform(0.1, 0.24)
            x0 = w * x + (k - 1) * u * 0.025
            sheet.back.append(
                path(
                    f"M{x0:.1f} {h * 0.86:.1f}c{-u * 0.04:.1f} {-tall * 0.4:.1f} {u * 0.05:.1f} {-tall * 0.6:.1f} 0 {-tall:.1f}c{u * 0.06:.1f} {tall * 0.4:.1f} {-u * 0.01:.1f} {tall * 0.6:.1f} {u * 0.022:.1f} {tall:.1f}Z",
                    colour,
                    0.92,
                )
            )
    for x, y in scatter(sheet, 14 + 10 * sheet.finish, 0, h * 0.1, w, h * 0.8):
        r = u * chance.uniform(0.004, 0.012)
        sheet.back.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}" fill="#fff" fill-opacity=".18" stroke="#fff" stroke-opacity=".6" stroke-width="{u * 0.0016:.2f}"/>'
        )
    return Stand(h * 0.88, ("#5fd0e6", "#3fb0d3"), ("#d9c48f",), h * 0.82, tone="#0a3350")


OUTDOORS: Mapping[str, Callable[[Sheet, Scene], Stand]] = MappingProxyType(
    {
        "garden": garden, "beach": beach, "sea": sea, "forest": forest, "mountains": mountains, "desert": desert,
        "snow": snow, "sky": heavens, "space": space, "moon": space, "underwater": underwater,
    }
)  # fmt: skip
