"""Treatments of a whole picture, each by its name: tone, dots, lines, turns; and stickers. RGBA in, RGBA out, no chance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from PIL import Image, ImageChops, ImageEnhance, ImageFilter, ImageOps

from pochoir.engines.builtin.colours import rgb
from pochoir.engines.builtin.edits.regions import painted, regions

Rgb = Image.Image


def treat(image: Image.Image, name: str) -> Image.Image:
    """A treatment of `NAMES`. Alpha stays, but for those that turn the picture over."""
    if name in _TURNS:
        return image.transpose(_TURNS[name])
    out = _TONES[name](image.convert("RGB")).convert("RGBA")
    out.putalpha(image.getchannel("A"))
    return out


def background_blurred(image: Image.Image, subject: Image.Image) -> Image.Image:
    """Everything but the subject (L, 255 where it is) out of focus, without a rim of the subject's colours around it."""
    radius = max(3.0, min(image.size) / 45)
    wide = subject.filter(ImageFilter.MaxFilter(5))
    behind = image.convert("RGB")
    behind.putalpha(ImageChops.invert(wide))
    spread = behind.convert("RGBa").filter(ImageFilter.GaussianBlur(radius)).convert("RGBA")
    filled = Image.composite(spread.convert("RGB"), image.convert("RGB"), spread.getchannel("A").point(_seen))
    soft = filled.filter(ImageFilter.GaussianBlur(radius))
    out = Image.composite(image.convert("RGB"), soft, subject).convert("RGBA")
    out.putalpha(image.getchannel("A"))
    return out


def _seen(value: int) -> int:
    return 255 if value > 2 else 0


def sticker(cut: Image.Image, size: tuple[int, int], rim: str = "#ffffff", share: float = 0.8) -> Image.Image:
    """A cut-out as a die-cut sticker on nothing: a smooth even rim around it, a soft shadow under it."""
    edge = min(size)
    width = max(3, round(edge * 0.02))
    room = (round(size[0] * share), round(size[1] * share))
    shown = _scaled(cut, room)
    pad = width * 3
    alpha = Image.new("L", (shown.width + 2 * pad, shown.height + 2 * pad))
    alpha.paste(shown.getchannel("A"), (pad, pad))
    grown = _grown(alpha, width)
    out = Image.new("RGBA", size)
    x, y = (size[0] - grown.width) // 2, (size[1] - grown.height) // 2
    shade = grown.filter(ImageFilter.GaussianBlur(width * 0.8)).point(lambda v: round(v * 0.34))
    for colour, mask, down in (("#1d1a2b", shade, width * 0.45), (rim, grown, 0.0)):
        layer = Image.new("RGBA", size)
        layer.paste(Image.new("RGBA", mask.size, colour), (x, y + round(down)), mask)
        out.alpha_composite(layer)
    layer = Image.new("RGBA", size)
    layer.paste(shown, (x + pad, y + pad))
    out.alpha_composite(layer)
    return out


def _grown(alpha: Image.Image, width: int) -> Image.Image:
    """A mask grown by `width` with round corners; holes in which a rim would leave next to nothing are closed."""
    grown = alpha
    for _ in range(3):
        grown = grown.filter(ImageFilter.GaussianBlur(width * 0.62)).point(lambda v: max(0, min(255, (v - 10) * 12)))
    open_ = regions(grown.point(lambda v: 255 if v < 235 else 0))
    holes = [r for r in open_ if not r.border and r.area < (5 * width) ** 2]
    if holes:
        grown = ImageChops.lighter(grown, painted(grown.size, holes).filter(ImageFilter.MaxFilter(5)))
    return grown.filter(ImageFilter.GaussianBlur(max(0.7, width * 0.08)))


def _scaled(image: Image.Image, room: tuple[int, int]) -> Image.Image:
    """As large as fits, on premultiplied colours, so that no rim appears."""
    scale = min(room[0] / image.width, room[1] / image.height)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.convert("RGBa").resize(size, Image.Resampling.LANCZOS).convert("RGBA")


def shadow_under(subject: Image.Image, strength: float = 0.4) -> Image.Image:
    """A soft contact shadow where a subject (L, 255 where it is) stands, as a layer of its size to lie under it."""
    box = subject.getbbox() or (0, 0, *subject.size)
    foot = subject.crop((0, box[3] - max(2, (box[3] - box[1]) // 14), subject.width, box[3]))
    left, _, right, _ = foot.point(lambda v: 255 if v > 90 else 0).getbbox() or (box[0], 0, box[2], 0)
    wide, edge = right - left, min(subject.size)
    tall = max(4, round(min(wide * 0.11, edge * 0.05)))
    mask = Image.new("L", subject.size)
    for grow, seen in ((1.16, 0.4), (1.0, 0.75), (0.86, 1.0)):
        spot = _ellipse((max(1, round(wide * grow)), max(1, round(tall * grow))), round(255 * strength * seen))
        layer = Image.new("L", subject.size)
        layer.paste(spot, (round((left + right - spot.width) / 2), round(box[3] - spot.height * 0.6)))
        mask = ImageChops.lighter(mask, layer.filter(ImageFilter.GaussianBlur(max(1.5, edge / 130 * grow**3))))
    out = Image.new("RGBA", subject.size, "#1d1a2b")
    out.putalpha(mask)
    return out


def _ellipse(size: tuple[int, int], value: int) -> Image.Image:
    round_ = Image.radial_gradient("L").point(lambda v: value if v < 182 else 0)
    return round_.crop((37, 37, 219, 219)).resize(size, Image.Resampling.BILINEAR)


def _sepia(image: Rgb) -> Rgb:
    return ImageOps.colorize(ImageOps.autocontrast(image.convert("L"), cutoff=0.5), "#2a1a0f", "#f7ead2", "#a98258")


def _faded(image: Rgb) -> Rgb:
    """An old print: less colour, lifted shadows, yellowed paper."""
    calm = ImageEnhance.Color(image).enhance(0.62)
    red, green, blue = calm.split()
    return Image.merge("RGB", (red.point(_lift(34, 250)), green.point(_lift(30, 240)), blue.point(_lift(44, 216))))


def _lift(low: int, high: int) -> Callable[[int], int]:
    return lambda v: round(low + v * (high - low) / 255)


def _mono(image: Rgb) -> Rgb:
    return ImageOps.autocontrast(image.convert("L"), cutoff=0.3).convert("RGB")


def _posterised(image: Rgb) -> Rgb:
    small = image.copy()
    small.thumbnail((600, 600), Image.Resampling.BOX)
    few = small.filter(ImageFilter.MedianFilter(7)).quantize(10, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    calm = few.convert("RGB").filter(ImageFilter.ModeFilter(7))
    large = calm.resize(image.size, Image.Resampling.BICUBIC)
    return large.quantize(palette=few, dither=Image.Dither.NONE).convert("RGB")


def _pixels(image: Rgb) -> Rgb:
    block = max(4, min(image.size) // 56)
    small = image.resize((max(1, image.width // block), max(1, image.height // block)), Image.Resampling.BOX)
    few = small.quantize(32, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).convert("RGB")
    return few.resize(image.size, Image.Resampling.NEAREST)


def _halftone(image: Rgb) -> Rgb:
    """Black dots at 45 degrees on white, larger where it is darker: the picture against a tile of thresholds."""
    cell = max(6, min(image.size) // 80)
    tile = Image.radial_gradient("L").crop((38, 38, 218, 218)).resize((cell, cell), Image.Resampling.BILINEAR)
    screen = Image.new("L", image.size)
    for row, y in enumerate(range(-cell, image.height + cell, max(1, cell // 2))):
        for x in range(-cell, image.width + cell, cell):
            layer_at = (x + (cell // 2 if row % 2 else 0), y)
            screen.paste(ImageChops.lighter(tile.point(_inverse), _patch(screen, layer_at, cell)), layer_at)
    grey = ImageOps.autocontrast(image.convert("L").filter(ImageFilter.BoxBlur(cell / 3)), cutoff=0.5)
    grey = grey.point([round(255 * (0.1 + 0.86 * (v / 255) ** 0.62)) for v in range(256)])
    dots = ImageChops.add(grey, screen.point(_inverse), 1, -128).point(lambda v: max(0, min(255, 128 + (v - 128) * 6)))
    return ImageOps.colorize(dots, "#17171c", "#fffdf8")


def _inverse(value: int) -> int:
    return 255 - value


def _patch(screen: Image.Image, at: tuple[int, int], cell: int) -> Image.Image:
    return screen.crop((at[0], at[1], at[0] + cell, at[1] + cell))


def _pencil(image: Rgb) -> Rgb:
    """Lines where tones change: the grey picture divided by its own blur (a colour dodge)."""
    grey = image.convert("L").filter(ImageFilter.GaussianBlur(min(image.size) / 1400))
    soft = ImageChops.invert(grey).filter(ImageFilter.GaussianBlur(min(image.size) / 90))
    lines = ImageChops.invert(ImageChops.subtract(ImageChops.invert(soft), grey))
    toned = ImageChops.multiply(lines.point(lambda v: max(0, 255 - (255 - v) * 5)), grey.point(_lift(205, 255)))
    return ImageOps.colorize(toned, "#2b2a30", "#fdfcf8")


def _warmer(red: float, blue: float) -> Callable[[Rgb], Rgb]:
    def made(image: Rgb) -> Rgb:
        r, g, b = image.split()
        return Image.merge("RGB", (r.point(lambda v: min(255, v * red)), g, b.point(lambda v: min(255, v * blue))))

    return made


def _curve(gamma: float) -> Callable[[Rgb], Rgb]:
    return lambda image: image.point([round(255 * (v / 255) ** gamma) for v in range(256)] * 3)


def _vignette(image: Rgb) -> Rgb:
    fall = Image.radial_gradient("L").point(lambda v: round(255 - max(0, v - 96) * 0.95))
    return ImageChops.multiply(image, fall.resize(image.size, Image.Resampling.BICUBIC).convert("RGB"))


def _blurred(image: Rgb) -> Rgb:
    return image.filter(ImageFilter.GaussianBlur(min(image.size) / 64))


def _sharper(image: Rgb) -> Rgb:
    return image.filter(ImageFilter.UnsharpMask(radius=max(1.0, min(image.size) / 500), percent=110, threshold=2))


def _silhouette(image: Rgb) -> Rgb:
    return Image.new("RGB", image.size, rgb("#17171c"))


_TURNS: Mapping[str, Image.Transpose] = MappingProxyType(
    {"mirror": Image.Transpose.FLIP_LEFT_RIGHT, "flip": Image.Transpose.FLIP_TOP_BOTTOM}
)
_TONES: Mapping[str, Callable[[Rgb], Rgb]] = MappingProxyType(
    {
        "mono": _mono,
        "sepia": _sepia,
        "faded": _faded,
        "posterise": _posterised,
        "halftone": _halftone,
        "pixelate": _pixels,
        "pencil": _pencil,
        "invert": ImageOps.invert,
        "blur": _blurred,
        "sharpen": _sharper,
        "bright": _curve(0.72),
        "dark": _curve(1.4),
        "contrast": lambda image: ImageEnhance.Contrast(image).enhance(1.35),
        "vivid": lambda image: ImageEnhance.Color(image).enhance(1.55),
        "muted": lambda image: ImageEnhance.Color(image).enhance(0.5),
        "warm": _warmer(1.1, 0.86),
        "cool": _warmer(0.88, 1.1),
        "vignette": _vignette,
        "silhouette": _silhouette,
    }
)
NAMES = frozenset({*_TURNS, *_TONES})
