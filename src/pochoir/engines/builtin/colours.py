"""Colours: names in several languages, hex, OKLab arithmetic (Björn Ottosson, 2020), contrast (WCAG 2.2), recolouring."""

# ruff: noqa: E501 - outlines and word lists read better in long lines
from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

HEX = re.compile(r"#(?:[0-9a-fA-F]{6}|[0-9a-fA-F]{3})\b")

NAMES: Mapping[str, str] = MappingProxyType(
    {
        name: value
        for line in """
#e5383b red czerwony czerwona czerwone czerwonego красная красное красную röd röda rött rød røde 빨간 빨간색 rot rote roter rotes roten rouge rouges rojo roja rojos rojas rosso rossa rossi rosse vermelho vermelha vermelhos rood rode 赤い 赤 红色 红 红色的 красный
#f77f00 orange orangefarben naranja arancione laranja oranje オレンジ色 橙色
#fdd01f yellow żółty żółta żółte жёлтый желтый жёлтая желтая gul gula gult gule 노란 노란색 gelb gelbe gelber gelbes gelben jaune jaunes amarillo amarilla amarillos amarillas giallo gialla gialli gialle amarelo amarela geel gele 黄色い 黄色 黄色的
#2fa84f green zielony zielona zielone зелёный зеленый зелёная grön gröna grønt 초록 초록색 녹색 grün grüne grüner grünes grünen vert verte verts vertes verde verdes verdi groen groene 緑 緑の 緑色 绿色 绿 绿色的
#2b6fe8 blue niebieski niebieska niebieskie синий синяя синем синее blå blått 파란 파란색 blau blaue blauer blaues blauen bleu bleue bleus bleues azul azules azzurro azzurra blu azuis blauw blauwe 青い 青 青色 蓝色 蓝 蓝色的
#8b4fd0 purple violet lila violett violette violetter morado morada viola roxo roxa paars 紫 紫色
#f06ba8 pink różowy różowa розовый розовая 분홍 분홍색 rosa rose rosas roze ピンク ピンクの 粉色 粉红色
#8a5a3b brown braun braune brauner braunes brun brune marrón marrone marrom bruin 茶色 茶色い 棕色
#26262b black czarny czarna czarne чёрный черный чёрная черная svart svarta sort sorte 검은 검은색 까만 schwarz schwarze schwarzer schwarzes schwarzen noir noire noirs noires negro negra negros negras nero nera neri nere preto preta zwart zwarte 黒い 黒 黑色 黑
#fafaf7 white biały biała białe белый белая белое vit vita vitt hvid hvide 하얀 흰 흰색 weiß weiss weiße weißer weißes weißen blanc blanche blancs blanches blanco blanca blancos blancas bianco bianca bianchi bianche branco branca wit witte 白い 白 白色
#9aa0a8 gray grey grau graue grauer graues gris grises grigio grigia cinza grijs 灰色
#12a5a5 teal petrol turquesa turchese
#33c7c1 turquoise türkis
#1fc3e0 cyan aqua
#1b2f5c navy navy-blue marineblau dunkelblau
#86c8f0 sky-blue light-blue hellblau baby-blue himmelblau celeste
#9be3c3 mint mint-green minze menta menthe mintgrün mintfarben mint-coloured
#8fae86 sage sage-green salbei
#6b7a3a olive-green khaki
#b7d339 lime-green chartreuse
#d62890 magenta fuchsia
#7a1f35 burgundy maroon bordeaux
#c1121f crimson scarlet
#ff7f6b coral-coloured salmon lachs
#ffb48a peach-coloured peachy apricot
#c7b3f0 lavender-coloured lilac flieder lavendel
#e6d3b8 beige sand-coloured cream creme crema crème ivory
#d9a441 golden gold goldene goldener goldenes dorado dorada doré dorée dorato oro dourado ゴールド 金色
#c3c9d1 silver silbern silberne silver-coloured plateado argento argenté prata
#b87445 bronze copper kupfer
#5b5bd6 indigo
#36454f charcoal anthracite anthrazit
#e2725b terracotta rust
#d8a0a6 dusty-rose mauve
#e1ad01 mustard mustard-yellow senfgelb
#0b6e4f emerald forest-green dark-green dunkelgrün
#a4d96c light-green hellgrün
#a31621 dark-red dunkelrot
#1d3f8a dark-blue royal-blue cobalt
#ffb3d1 light-pink hellrosa
#5a3a22 dark-brown chocolate-brown
#c98a4b tan caramel
""".strip().splitlines()
        for value, *names in [line.split()]
        for name in names
    }
)
"""Word (spaces written as hyphens) -> hex."""

Lab = tuple[float, float, float]


def rgb(colour: str) -> tuple[int, int, int]:
    """Read `#rgb` or `#rrggbb`."""
    digits = colour.lstrip("#")
    if len(digits) == 3:
        digits = "".join(d * 2 for d in digits)
    return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)


def _linear(channel: int) -> float:
    value = channel / 255
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def _channel(value: float) -> int:
    value = min(max(value, 0.0), 1.0)
    value = 12.92 * value if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055
    return round(value * 255)


def lch(colour: str) -> Lab:
    """Lightness 0..1, chroma (0..about 0.32), hue in degrees."""
    r, g, b = (_linear(c) for c in rgb(colour))
    long = (0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b) ** (1 / 3)
    medium = (0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b) ** (1 / 3)
    short = (0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b) ** (1 / 3)
    light = 0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short
    a = 1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short
    bb = 0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short
    return light, math.hypot(a, bb), math.degrees(math.atan2(bb, a)) % 360


def from_lch(light: float, chroma: float, hue: float) -> str:
    """The nearest hex, clipped channel by channel after chroma is lowered until it fits."""
    for _ in range(12):
        linear = _to_linear(light, chroma, hue)
        if all(-0.002 <= c <= 1.002 for c in linear):
            break
        chroma *= 0.86
    return "#" + "".join(f"{_channel(c):02x}" for c in _to_linear(light, chroma, hue))


def _to_linear(light: float, chroma: float, hue: float) -> tuple[float, float, float]:
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (light + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (light - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (light - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )


def mix(first: str, second: str, share: float) -> str:
    """`share` of the second colour in the first."""
    pairs = zip(rgb(first), rgb(second), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def lighter(colour: str, by: float) -> str:
    """Move the lightness by -1..1, keeping hue."""
    light, chroma, hue = lch(colour)
    return from_lch(min(max(light + by, 0.0), 1.0), chroma, hue)


def pastel(colour: str) -> str:
    """The pastel of a colour, for walls and floors."""
    light, chroma, hue = lch(colour)
    return from_lch(max(0.9, min(light, 0.94)), min(chroma, 0.062), hue)


def luminance(colour: str) -> float:
    r, g, b = (_linear(c) for c in rgb(colour))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(first: str, second: str) -> float:
    """WCAG's contrast ratio, 1..21."""
    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def readable(on: Sequence[str], wanted: str, at_least: float = 4.5) -> str:
    """`wanted` when it stands out from every colour of `on`, else its darker or lighter self, else near black or white."""
    light, chroma, hue = lch(wanted)
    if max(luminance(c) for c in on) < 0.16:
        wanted = wanted if light > 0.93 else "#fff8ea"
    tries = [wanted] + [
        from_lch(step, chroma * 0.9, hue)
        for step in sorted((k / 20 for k in range(3, 20)), key=lambda v: abs(v - light))
    ]
    tries += ["#17171c", "#ffffff"]
    good = [c for c in tries if min(contrast(c, other) for other in on) >= at_least]
    return good[0] if good else max(("#111114", "#ffffff"), key=lambda c: min(contrast(c, o) for o in on))


_GLASS = frozenset({"#26c9fc", "#aeddff", "#83cbff", "#8cd0ff", "#9bd5ff"})


def body_colour(areas: Sequence[tuple[str, float]]) -> str:
    """The colour of a drawing's body: the largest, but no window glass, and rather a real colour than grey or near black."""
    solid = [(c, a) for c, a in areas if c not in _GLASS or a > 0.6] or list(areas)
    largest = max(a for _, a in solid)
    vivid = [(c, a) for c, a in solid if lch(c)[1] > 0.07 and lch(c)[0] > 0.32 and a > 0.55 * largest]
    return (vivid or solid)[0][0]


def recolour(body: str, areas: Sequence[tuple[str, float]], target: str, mains: Sequence[str] = ()) -> str:
    """Give a drawing's body another colour; outlines, eyes, leaves and other details stay.

    `areas` are the drawing's flat colours by share of area. The body is the largest one and its shades, or those of
    `mains` when its parts have several colours; other large areas are then parts of their own, and stay.
    """
    if not areas:
        return body
    bases = mains or (body_colour(areas),)
    others = {c for c, share in areas if share > 0.1 and c not in mains} if mains else set()
    own: dict[str, str] = {}
    for found in {c.lower() for c in HEX.findall(body)} - others:
        base = next((b for b in bases if found == b), None) or next((b for b in bases if _shade_of(found, b)), None)
        if base is not None:
            own[found] = base
    swapped = _shades(own, bases[0], target) if own else {}
    return HEX.sub(lambda m: swapped.get(m[0].lower(), m[0]), body)


def _shade_of(found: str, base: str) -> bool:
    """Whether a colour is the base in more or less light."""
    light, chroma, hue = lch(base)
    own_light, own_chroma, own_hue = lch(found)
    if chroma > 0.05:
        turn = abs((own_hue - hue + 180) % 360 - 180)
        return own_chroma > 0.03 and turn < 34 and own_light > 0.22 and abs(own_light - light) < 0.36
    return own_chroma < 0.05 and abs(own_light - light) < 0.3 and (own_light > 0.3 or light < 0.45)


def _shades(own: Mapping[str, str], first: str, target: str) -> dict[str, str]:
    """The target in the light that each colour has beside the first base; `own` says whose shade each is.

    Colours that could be told apart stay so, also near white and near black, where there is little room. Orange and
    yellow get softer shadows: in deep ones they would be brown.
    """
    to_light, to_chroma, to_hue = lch(target)
    to_light = min(max(to_light, 0.3), 0.965)
    edge = to_light < 0.35 or to_light > 0.93
    turns_brown = 45 < to_hue < 115 and to_chroma > 0.1 and to_light > 0.65
    widest = max(abs(lch(found)[0] - lch(first)[0]) for found in own)
    strength = min(0.95 if edge else 0.3 if turns_brown else 0.75, 0.25 / max(widest, 0.01))
    lights = _apart({found: (lch(found)[0] - lch(first)[0]) * strength for found in own}, to_light)
    made = {}
    for found, base in own.items():
        chroma, own_chroma = lch(base)[1], lch(found)[1]
        scale = min(max(own_chroma / chroma, 0.5), 1.25) if chroma > 0.05 else 1.0
        made[found] = from_lch(lights[found], to_chroma * scale, to_hue)
    return made


_GAP = 0.035
"""A step of lightness that an eye sees beside another."""


def _apart(steps: Mapping[str, float], light: float) -> dict[str, float]:
    """Lightness of each colour: `light` plus its step, but at least a visible step from the next lighter or darker one."""
    up = sorted((found for found in steps if steps[found] > 0), key=lambda f: (steps[f], f))
    down = sorted((found for found in steps if steps[found] <= 0), key=lambda f: (-steps[f], f))
    light = max(min(light, 0.995 - _GAP * min(len(up), 2)), 0.945 if light > 0.93 else 0.0)
    light = max(light, 0.15 + _GAP * min(len(down), 4)) if light < 0.35 else light
    made: dict[str, float] = {}
    for way, order, room in ((1, up, 0.995 - light), (-1, down, light - 0.14)):
        gap = min(_GAP, room / max(len(order), 1), 0.3 / len(steps))
        last, before = light, ""
        for number, found in enumerate(order):
            value = light + min(abs(steps[found]), room - gap * (len(order) - 1 - number)) * way
            if (before or way > 0 or steps[found] < 0) and not (before and _alike(found, before)):
                value = max(value, last + gap) if way > 0 else min(value, last - gap)
            made[found] = min(max(value, 0.12), 0.995)
            last, before = made[found], found
    return made


def _alike(first: str, second: str) -> bool:
    """Whether two colours are hard to tell apart."""
    (light, chroma, hue), (other, other_chroma, other_hue) = lch(first), lch(second)
    turn = math.radians(hue - other_hue)
    apart = chroma**2 + other_chroma**2 - 2 * chroma * other_chroma * math.cos(turn)
    return math.sqrt((light - other) ** 2 + max(apart, 0.0)) < 0.025
