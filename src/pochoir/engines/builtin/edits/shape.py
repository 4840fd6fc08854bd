"""A picture in another shape: extended beyond its edges, cropped around what it shows, turned, framed."""

from __future__ import annotations

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

from pochoir.engines.builtin.edits.cutout import ground_of
from pochoir.engines.builtin.edits.pictures import flat, transparent_share

Size = tuple[int, int]
Box = tuple[int, int, int, int]

_PAPER = "#fffdf8"
_MIRRORED = 0.5
"""Share of the picture that is mirrored beyond an edge before it repeats."""


def extended(image: Image.Image, size: Size, sides: frozenset[str] = frozenset()) -> Image.Image:
    """The whole picture within `size` (pixels), with its surroundings carried on.

    It goes to the edge that no side in `sides` names: to grow at the left is to stand at the right. Transparent stays
    transparent; a plain background goes on as it is; anything else is mirrored and more and more out of focus.
    """
    shown = ImageOps.contain(image, size, Image.Resampling.LANCZOS)
    x = _start(size[0] - shown.width, "left" in sides, "right" in sides)
    y = _start(size[1] - shown.height, "top" in sides, "bottom" in sides)
    if shown.size == size:
        return shown
    if transparent_share(shown) > 0.01:
        out = Image.new("RGBA", size)
        out.paste(shown, (x, y))
        return out
    rgb = flat(shown)
    ground = ground_of(rgb)
    if ground.share > 0.97 and ground.rough < 2:
        out = _edges_drawn_out(ground.surface, size, (x, y))
        out.paste(rgb, (x, y), _softly(rgb.size, size))
    else:
        out = _out_of_focus(_carried_on(rgb, size, (x, y)), (x, y, x + shown.width, y + shown.height))
        out.paste(rgb, (x, y))
    return out.convert("RGBA")


def _start(room: int, before: bool, after: bool) -> int:
    """Pixels of new room before the picture, of `room` in all."""
    if before == after:
        return room // 2
    return room if before else 0


def _edges_drawn_out(surface: Image.Image, size: Size, at: tuple[int, int]) -> Image.Image:
    """A plain background's surface with its edges drawn out to `size`."""
    (x, y), (w, h) = at, surface.size
    tall = Image.new("RGB", (w, size[1]))
    tall.paste(surface.crop((0, 0, w, 1)).resize((w, size[1])), (0, 0))
    tall.paste(surface.crop((0, h - 1, w, h)).resize((w, max(1, size[1] - y - h))), (0, y + h))
    tall.paste(surface, (0, y))
    out = tall.crop((0, 0, 1, size[1])).resize(size)
    out.paste(tall.crop((w - 1, 0, w, size[1])).resize((max(1, size[0] - x - w), size[1])), (x + w, 0))
    out.paste(tall, (x, 0))
    return out


def _carried_on(rgb: Image.Image, size: Size, at: tuple[int, int]) -> Image.Image:
    """The picture mirrored at its edges as often as it takes."""
    (x, y), (w, h) = at, rgb.size
    across = Image.new("RGB", (size[0], h))
    for k in range(-(x // w) - 1, (size[0] - x) // w + 1):
        across.paste(rgb if k % 2 == 0 else ImageOps.mirror(rgb), (x + k * w, 0))
    out = Image.new("RGB", size)
    for k in range(-(y // h) - 1, (size[1] - y) // h + 1):
        out.paste(across if k % 2 == 0 else ImageOps.flip(across), (0, y + k * h))
    return out


def _out_of_focus(image: Image.Image, box: Box) -> Image.Image:
    """Blurred more the further it is from the box, in four steps that run into each other."""
    edge = min(image.size)
    away = Image.new("L", image.size, 255)
    away.paste(0, box)
    reach = max(2, round(edge * 0.05))
    out = image
    for step in range(1, 4):
        soft = image.filter(ImageFilter.GaussianBlur(edge * 0.006 * 2**step))
        inner = tuple(v + (-reach if k < 2 else reach) * (step - 1) for k, v in enumerate(box))
        mask = Image.new("L", image.size, 255)
        mask.paste(0, (max(0, inner[0]), max(0, inner[1]), min(image.width, inner[2]), min(image.height, inner[3])))
        out = Image.composite(soft, out, mask.filter(ImageFilter.GaussianBlur(reach / 3)))
    return Image.composite(out, image, away)


def _softly(shown: Size, size: Size) -> Image.Image:
    """A mask that lets a picture run into its plain surroundings at the edges that were extended."""
    seam = max(1, min(shown) // 60)
    mask = Image.new("L", shown, 255)
    pen = ImageDraw.Draw(mask)
    for step in range(seam):
        value = round(255 * (step + 0.5) / seam)
        if size[0] > shown[0]:
            pen.line((step, 0, step, shown[1]), fill=value)
            pen.line((shown[0] - 1 - step, 0, shown[0] - 1 - step, shown[1]), fill=value)
        if size[1] > shown[1]:
            pen.line((0, step, shown[0], step), fill=value)
            pen.line((0, shown[1] - 1 - step, shown[0], shown[1] - 1 - step), fill=value)
    return mask


def cropped(image: Image.Image, size: Size, around: Box | None = None) -> Image.Image:
    """As much of the picture as `size` has room for, around the middle of `around` (a box in pixels)."""
    middle = (0.5, 0.5)
    if around is not None:
        scale = max(size[0] / image.width, size[1] / image.height)
        spare = image.width * scale - size[0], image.height * scale - size[1]
        centre = (around[0] + around[2]) / 2 * scale, (around[1] + around[3]) / 2 * scale
        middle = (
            min(max((centre[0] - size[0] / 2) / spare[0], 0), 1) if spare[0] > 0.5 else 0.5,
            min(max((centre[1] - size[1] / 2) / spare[1], 0), 1) if spare[1] > 0.5 else 0.5,
        )
    return ImageOps.fit(image, size, Image.Resampling.LANCZOS, centering=middle)


def turned(image: Image.Image, degrees: int) -> Image.Image:
    """Turned clockwise by 90, 180 or 270 degrees, without loss."""
    ways = {90: Image.Transpose.ROTATE_270, 180: Image.Transpose.ROTATE_180, 270: Image.Transpose.ROTATE_90}
    return image.transpose(ways[degrees % 360]) if degrees % 360 in ways else image


def corners_cut(image: Image.Image, radius: float) -> Image.Image:
    """The picture with round corners of `radius` pixels, on nothing."""
    large = Image.new("L", (image.width * 2, image.height * 2))
    ImageDraw.Draw(large).rounded_rectangle((0, 0, large.width - 1, large.height - 1), radius * 2, fill=255)
    mask = large.resize(image.size, Image.Resampling.BOX)
    out = image.convert("RGBA")
    out.putalpha(ImageChops.darker(out.getchannel("A"), mask))
    return out


def in_a_circle(image: Image.Image, around: Box | None = None) -> Image.Image:
    """A round picture as large as its shorter edge, in a picture of the same size, on nothing."""
    edge = min(image.size)
    disc = corners_cut(cropped(image, (edge, edge), around), edge / 2)
    out = Image.new("RGBA", image.size)
    out.paste(disc, ((image.width - edge) // 2, (image.height - edge) // 2))
    return out


def framed(image: Image.Image, colour: str | None) -> Image.Image:
    """Behind a mat in a moulding, as on a wall; the whole keeps the picture's size."""
    w, h = image.size
    bar, mat = max(3, round(min(w, h) * 0.035)), max(3, round(min(w, h) * 0.055))
    tone = colour or "#2a2622"
    out = Image.new("RGBA", (w, h), tone)
    pen = ImageDraw.Draw(out)
    lights = ImageChops.add(Image.new("RGB", (1, 1), tone), Image.new("RGB", (1, 1), (38, 38, 38))).getpixel((0, 0))
    for step in range(max(1, bar // 5)):
        pen.rectangle((step, step, w - 1 - step, h - 1 - step), outline=lights)
    pen.rectangle((bar, bar, w - 1 - bar, h - 1 - bar), fill=_PAPER)
    for step in range(max(2, bar // 3)):
        shade = round(214 + 38 * step / max(2, bar // 3))
        pen.rectangle((bar + step, bar + step, w - 1 - bar, h - 1 - bar), outline=(shade, shade, shade - 4, 255))
        pen.rectangle((bar + step + 1, bar + step + 1, w - 1 - bar, h - 1 - bar), fill=_PAPER)
    inner = bar + mat
    room = (max(1, w - 2 * inner), max(1, h - 2 * inner))
    shown = ImageOps.contain(Image.alpha_composite(Image.new("RGBA", image.size, _PAPER), image), room)
    x, y = (w - shown.width) // 2, (h - shown.height) // 2
    pen.rectangle((x - 2, y - 2, x + shown.width + 1, y + shown.height + 1), fill="#d9d4c8")
    out.paste(shown, (x, y))
    return out


def instant(image: Image.Image, colour: str | None = None) -> tuple[Image.Image, Box]:
    """An instant print: narrow white edges and a wide one at the foot, whose box is given back for a caption."""
    edge = round(min(image.size) * 0.055)
    foot = round(min(image.size) * 0.2)
    w, h = image.size
    room = (max(1, w - 2 * edge), max(1, h - edge - foot))
    scale = max(room[0] / w, room[1] / h)
    size = (min(room[0], round(w * scale)), min(room[1], round(h * scale)))
    shown = cropped(image, size)
    out = Image.new("RGBA", (w, h), colour or _PAPER)
    x = (w - shown.width) // 2
    out.paste(flat(shown), (x, edge))
    line = ImageDraw.Draw(out)
    line.rectangle((x, edge, x + shown.width - 1, edge + shown.height - 1), outline="#00000022")
    return out, (edge, edge + shown.height, w - edge, h)
