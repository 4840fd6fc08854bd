"""The background of a scene: chooses the painter, adds weather in front, and the finish of the quality asked for."""

# ruff: noqa: E501, SIM905 - outlines and word lists read better in long lines
from __future__ import annotations

from dataclasses import replace

from pochoir.engines.builtin.interiors import INDOORS
from pochoir.engines.builtin.landscapes import OUTDOORS
from pochoir.engines.builtin.paint import Sheet, circle, path, rect, scatter
from pochoir.engines.builtin.palettes import Palette
from pochoir.engines.builtin.scene import Scene
from pochoir.engines.builtin.studio import ARRANGEMENTS, Stand, studio
from pochoir.engines.builtin.textures import grain

_NATURE = frozenset(
    """dog cat fox-seated rabbit wolf-seated bear-seated lion-seated frog-seated raccoon-seated pig cow horse ewe ram goat bear elephant lion tiger zebra giraffe deer kangaroo house houses hut house-with-garden deciduous-tree evergreen-tree tent
    owl hedgehog squirrel chipmunk raccoon skunk badger monkey gorilla llama rooster chicken duck goose turkey snail frog turtle bicycle tractor windmill sunflower tulip snowman-without-snow
    poodle guide-dog black-cat unicorn dragon t-rex sauropod rhinoceros hippopotamus two-hump-camel moose bison ox beaver otter sloth campfire bench deer honeybee lady-beetle butterfly
    man-standing woman-standing person-standing child boy girl person-running person-biking woman-running castle""".split()
)
_ROADS = frozenset(
    "automobile taxi bus delivery-truck racing-car police-car ambulance fire-engine sport-utility-vehicle pickup-truck motorcycle motor-scooter minibus trolleybus kick-scooter traffic-light stop-sign fire-hydrant parking-meter".split()
)
_SKY = frozenset(
    "balloon bird airplane helicopter kite dove eagle parachute small-airplane rainbow drone cloud sun".split()
)
_SPACE = frozenset(
    "rocket astronaut ringed-planet flying-saucer satellite alien man-astronaut woman-astronaut shooting-star full-moon crescent-moon comet".split()
)
_WATER = frozenset(
    "fish tropical-fish octopus shark dolphin whale spouting-whale blowfish jellyfish squid crab lobster shrimp coral diving-mask".split()
)
_SEA = frozenset("sailboat speedboat ship passenger-ship ferry motor-boat canoe seal person-surfing surfboard".split())


_HOME = frozenset("sofa bed armchair floor-lamp table-lamp bookshelf rug television mirror pillow blanket".split())


def setting_of(scene: Scene) -> str:
    """The setting asked for, else one that suits the things, else a studio."""
    if scene.setting:
        return scene.setting
    if scene.backdrop or scene.palette or {"pastel", "minimal", "luxury"} & set(scene.styles):
        return "studio"
    if scene.layout != "scene":
        return "snow" if scene.weather == "snow" and scene.layout in {"card", "banner", "poster"} else "studio"
    if scene.weather == "snow" or (scene.season == "winter"):
        return "snow"
    pieces = [t.piece for t in scene.things if t.piece]
    if len(pieces) > 1 and any(p in _HOME for p in pieces):
        return "room"
    for group, name in (
        (_SPACE, "space"),
        (_WATER, "underwater"),
        (_SEA, "sea"),
        (_ROADS, "city"),
        (_SKY, "sky"),
        (_NATURE, "garden"),
    ):
        if pieces and pieces[0] in group and (name != "sky" or all(p in _SKY for p in pieces)):
            return name
    return "garden" if scene.time or scene.season or scene.weather else "studio"


def paint(
    sheet: Sheet, scene: Scene, palette: Palette, seed: int, *, headline: bool, ground: float | None = None
) -> Stand:
    """Paint the back of the sheet; returns where things stand and which colours type meets."""
    setting = setting_of(scene)
    sheet.quiet = headline
    sheet.stand_kind = "studio" if setting not in OUTDOORS and setting not in INDOORS else "place"
    scene = scene if headline else _lit(scene, setting, seed)
    if setting in OUTDOORS:
        stand = OUTDOORS[setting](sheet, scene)
    elif setting in INDOORS:
        stand = INDOORS[setting](sheet, scene, palette)
    else:
        kinds = ("disc", "sweep", "split") if headline or scene.layout in {"card", "banner", "poster"} else ARRANGEMENTS
        if "minimal" in scene.styles:
            kinds = ("sweep", "disc", "podium")
        kind = "podium" if "podium" in scene.styles else kinds[seed % len(kinds)]
        if kind in {"podium", "arch"} and sum(t.count for t in scene.things) > 1:
            kind = "sweep"
        stand = studio(sheet, palette, kind, low=headline, ground=ground)
    if seed % 2 and sheet.stand_kind == "place":
        turn = f'<g transform="matrix(-1 0 0 1 {sheet.width:.1f} 0)">'
        sheet.back[:] = [f"{turn}{part}</g>" for part in sheet.back]
    weather(sheet, scene)
    sheet.ground = stand.y
    return stand


def _lit(scene: Scene, setting: str, seed: int) -> Scene:
    """The hour, where none was said: mostly day, sometimes early or late, so that variants differ in light."""
    if (
        scene.time
        or scene.weather
        or setting not in {"garden", "beach", "sea", "mountains", "desert", "forest", "city"}
    ):
        return scene
    hour = {3: "sunrise", 6: "sunset"}.get(seed % 7)
    return replace(scene, time=hour) if hour else scene


def weather(sheet: Sheet, scene: Scene) -> None:
    """Rain, snow and fog, in front of things."""
    w, h, u, chance = sheet.width, sheet.height, sheet.unit, sheet.chance
    if scene.weather == "snow" or (setting_of(scene) == "snow"):
        for x, y in scatter(sheet, 40 + 30 * sheet.finish, 0, 0, w, h):
            sheet.front.append(circle(x, y, u * chance.uniform(0.002, 0.0062), "#ffffff", chance.uniform(0.6, 0.95)))
    elif scene.weather == "rain":
        d = "".join(
            f"M{x:.1f} {y:.1f}l{-u * 0.01:.1f} {u * 0.045:.1f}"
            for x, y in scatter(sheet, 70 + 30 * sheet.finish, 0, 0, w, h)
        )
        sheet.front.append(
            path(d, "none", 0.55, f' stroke="#eaf4ff" stroke-width="{u * 0.0026:.2f}" stroke-linecap="round"')
        )
    elif scene.weather == "fog":
        fill = sheet.vertical([(0, "#eef2f4"), (0.6, "#eef2f4"), (1, "#eef2f4")], [0, 0.55, 0.2])
        sheet.front.append(rect(0, 0, w, h, fill))
    elif scene.season == "autumn" and scene.layout in {"scene", "card", "poster"}:
        for x, y in scatter(sheet, 10 + 5 * sheet.finish, 0, 0, w, h * 0.92):
            s, turn = u * chance.uniform(0.008, 0.014), chance.uniform(0, 360)
            leaf = path(
                f"M0 {-s:.1f}Q{s:.1f} 0 0 {s:.1f}Q{-s:.1f} 0 0 {-s:.1f}Z",
                chance.choice(("#d9662b", "#f2b84b", "#b8492a")),
                0.9,
            )
            sheet.back.append(f'<g transform="translate({x:.1f} {y:.1f}) rotate({turn:.0f})">{leaf}</g>')


def finish(sheet: Sheet) -> str:
    """High finish: a vignette and a fine grain over everything but the type."""
    if sheet.finish < 2:
        return ""
    w, h = sheet.width, sheet.height
    edge = sheet.radial([(0.62, "#14101f"), (1, "#14101f")], [0, 0.11], 'cx=".5" cy=".46" r=".78"')
    return rect(0, 0, w, h, edge) + grain(sheet, 0.032)
