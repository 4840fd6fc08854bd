"""Palettes that hold together: wall, floor, accent and deep tone; chosen by style, season and seed."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pochoir.engines.builtin.colours import from_lch, lch, lighter, mix, pastel
from pochoir.engines.builtin.scene import Scene


@dataclass(frozen=True, slots=True)
class Palette:
    """`wall` behind, `floor` under, `accent` for shapes, `second` for smaller shapes, `deep` for type."""

    name: str
    wall: str
    floor: str
    accent: str
    second: str
    deep: str


def _read(text: str) -> tuple[Palette, ...]:
    return tuple(Palette(*line.split()) for line in text.strip().splitlines())


PASTEL = _read("""
peach #ffe3d3 #fbcdb5 #f7a98b #fff3e6 #7a3b2a
mint #d8f3e6 #b9e4d0 #8ccfb3 #f3fbe9 #1f5a47
lilac #e8def8 #d3c3ef #b59de3 #fbe9f4 #4a3477
sky #d9edfb #b9daf3 #8dbfe8 #fdf3dc #1f4a73
butter #fff2c9 #fbe09b #f5c65b #fde3d8 #75531a
blush #fde0e6 #f8c3cf #ee9bb0 #e6f0fb #7c2c45
sage #e4ecdc #cbd9bd #a5bb90 #fbf0dd #3f5331
aqua #d5f2f2 #b0e2e3 #7fcace #ffe9dd #175a5f
""")
VIVID = _read("""
tangerine #ffb238 #ff8a3d #ff5d3d #ffe27a #4f1d06
cobalt #4f7cff #3157d8 #ffd23f #9db8ff #0d1c55
magenta #ff6fae #ef3f8f #ffd166 #ffb6d9 #55082f
emerald #3ccf91 #1fa971 #ffe066 #a4f0cd #06402a
violet #8f6bff #6c45e0 #ff9ecd #c9b8ff #220e63
lagoon #2bc4d8 #0f9db4 #ffcf5c #a5eef7 #053a45
""")
DARK = _read("""
midnight #232a45 #171c30 #6d7fd6 #39446e #f4f1e8
plum #3a2340 #28162d #c26fb8 #5a3762 #fbeef7
pine #1f3a35 #142824 #58b394 #31584f #eef7f1
ink #2b2d33 #1b1c20 #c9a45c #43464f #f6f1e4
""")
LUXURY = _read("""
onyx #2a2724 #1a1816 #c9a45c #3f3a34 #f3e8d0
ivory #f4ede1 #e6dac6 #c9a76a #fbf7ef #4a3a20
emeraude #1d3b33 #12261f #c9a45c #2e5a4e #f3ead2
rosewood #4a2530 #321820 #d9a98f #683745 #fbeae2
""")
NATURAL = _read("""
linen #f3ebdf #e0d2bd #b79f7c #d9dfc8 #4f4029
moss #e3e6d3 #c8cfae #8f9d6b #f3e6cf #3c4526
clay #f2dccb #e2bc9f #c9825a #f5eee0 #5f3620
oat #f6efe4 #e5d8c4 #a8b59a #efd9c3 #4b3f30
""")
RETRO = _read("""
diner #f7e1b5 #f2b872 #d95d39 #3f8f8a #3b2418
vinyl #f3d9a4 #e09f3e #9e2a2b #335c67 #2b1711
disco #f6c6a5 #ef8354 #7d4f9e #2d9cdb #2d1840
""")
NEON = _read("""
arcade #1b1140 #120a2c #ff3d9a #29e6ff #f9f3ff
grid #0f1b3d #0a122b #28e0b9 #ff4fd8 #eefcff
""")
MONO = _read("""
silver #f1f1f1 #dcdcdc #9a9a9a #ffffff #1f1f1f
graphite #d8d8d8 #bebebe #6f6f6f #f3f3f3 #171717
""")
MINIMAL = _read("""
paper #f7f5f1 #eae6df #d2ccc2 #fdfcfa #2f2c28
mist #f1f4f6 #e1e7eb #c3ced6 #fbfcfd #27313a
shell #f9f1ec #efe2d9 #dcc6b8 #fffaf6 #3f2e26
""")
SEASONS = {
    "winter": _read("frost #e3f0fa #cbe0f1 #8fb8dc #ffffff #1d3f60\nspruce #dfeae6 #c1d6cd #47806b #c8413b #183a2e"),
    "autumn": _read("maple #fde6cb #f2bd85 #d9662b #f7d27a #5c2a10\nharvest #f6e0bf #e3ae6a #a8522d #c99a3b #4a2210"),
    "spring": _read("blossom #ffe6ee #d9eec2 #f59ab5 #fff6c9 #5a2a3c\nmeadow #eaf7d6 #c3e3a0 #f7c948 #fbdbe8 #33511f"),
    "summer": _read(
        "lemonade #fff1b0 #ffd36b #ff8a5c #8be0e6 #6b3410\npoolside #cff3fb #8fdcf0 #ff7f6b #fff0a8 #0d4a5e"
    ),
}


def from_colours(colours: tuple[str, ...], name: str = "yours") -> Palette:
    """A palette around given colours: the first is the wall."""
    wall = colours[0]
    light, chroma, hue = lch(wall)
    accent = colours[1] if len(colours) > 1 else from_lch(min(max(light - 0.2, 0.35), 0.8), max(chroma, 0.06), hue)
    second = colours[2] if len(colours) > 2 else lighter(wall, 0.05 if light < 0.9 else -0.03)
    deep = from_lch(0.28, min(chroma, 0.08), hue) if light > 0.6 else from_lch(0.97, 0.01, hue)
    return Palette(name, wall, lighter(wall, -0.06), accent, second, deep)


def choose(scene: Scene, seed: int) -> Palette:
    """The palette that the prompt asks for; the seed picks within the family, so that neighbours differ."""
    styles = scene.styles
    if "duotone" in styles:
        return MINIMAL[0]
    if scene.backdrop:
        chosen = pastel(scene.backdrop) if "pastel" in styles else scene.backdrop
        if lch(chosen)[1] > 0.12 and not scene.backdrop_word.startswith("#"):
            chosen = mix(chosen, "#ffffff", 0.2)
        return from_colours((chosen, *scene.palette), scene.backdrop_word)
    if scene.palette and not scene.things:
        return from_colours(scene.palette)
    if scene.palette:
        return from_colours((pastel(scene.palette[0]), *scene.palette[1:]) if "pastel" in styles else scene.palette)
    family: tuple[Palette, ...] = PASTEL
    for style, group in (
        ("romantic", (PASTEL[0], PASTEL[5])),
        ("pastel", PASTEL), ("neon", NEON), ("mono", MONO), ("luxury", LUXURY), ("dark", DARK), ("vivid", VIVID),
        ("retro", RETRO), ("natural", NATURAL), ("minimal", MINIMAL),
    ):  # fmt: skip
        if style in styles:
            family = group
            break
    else:
        if scene.season in SEASONS:
            family = SEASONS[scene.season]
        elif scene.time == "night":
            family = DARK
    picked = family[seed % len(family)]
    return _deeper(picked) if any(t.colour and lch(t.colour)[0] > 0.9 for t in scene.things) else picked


def _deeper(palette: Palette) -> Palette:
    """The same hues with a wall and a floor that white things stand out from."""

    def lowered(colour: str, most: float) -> str:
        light, chroma, hue = lch(colour)
        return colour if light <= most else from_lch(most, max(chroma, min(chroma * 2, 0.085)), hue)

    wall, floor, second = lowered(palette.wall, 0.715), lowered(palette.floor, 0.66), lowered(palette.second, 0.8)
    return replace(palette, wall=wall, floor=floor, second=second)


def gentle(palette: Palette) -> Palette:
    """The same palette, a step calmer: for pictures with many things."""
    return Palette(palette.name, mix(palette.wall, "#ffffff", 0.35), mix(palette.floor, "#ffffff", 0.25), palette.accent,
                   palette.second, palette.deep)  # fmt: skip
