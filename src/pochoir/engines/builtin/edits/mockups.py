"""An image that came in shown on things: on a phone's screen, printed on a mug or a shirt; and repeated as a pattern."""

from __future__ import annotations

from dataclasses import replace

from PIL import Image, ImageChops, ImageOps

from pochoir.engines.builtin.edits.cutout import Cut
from pochoir.engines.builtin.edits.pictures import flat
from pochoir.engines.builtin.edits.scenery import drawn, new_sheet, palette_for, pasted, scaled
from pochoir.engines.builtin.edits.shape import corners_cut, cropped
from pochoir.engines.builtin.goods import hold_up
from pochoir.engines.builtin.scene import Scene

_TURNS = (-14, 10, 0, 16, -8)


def shown_on(
    scene: Scene, host: str, image: Image.Image, subject: Cut | None, size: tuple[int, int], quality: str, seed: int
) -> tuple[Image.Image, frozenset[str]]:
    """A mock-up: `image` fills a screen, its `subject` is printed on cloth and china. Also the sources of the drawings.

    A print takes on the folds' light and shade of what it is printed on.
    """
    sheet = new_sheet(size, quality, seed)
    palette = palette_for(scene, seed, "")
    face = hold_up(sheet, replace(scene, mock=host), palette, seed)
    picture = drawn(sheet, "".join([*sheet.back, *sheet.things, *sheet.front]))
    if face.screen:
        room = (max(1, round(face.width)), max(1, round(face.height)))
        screen = corners_cut(cropped(flat(image).convert("RGBA"), room), face.radius)
        pasted(picture, screen, (round(face.x), round(face.y)))
        return picture, frozenset(sheet.sources)
    design = subject.image if subject is not None else image.convert("RGBA")
    inside = ImageOps.contain(design, (max(1, round(face.width * 0.9)), max(1, round(face.height * 0.86))))
    design = scaled(design, inside.size)
    at = (round(face.x + (face.width - design.width) / 2), round(face.y + (face.height - design.height) / 2))
    under = picture.crop((*at, at[0] + design.width, at[1] + design.height)).convert("RGB")
    shade = _shade(under)
    printed = ImageChops.multiply(design.convert("RGB"), shade).convert("RGBA")
    printed.putalpha(design.getchannel("A"))
    pasted(picture, printed, at)
    return picture, frozenset(sheet.sources)


def _shade(under: Image.Image) -> Image.Image:
    """Light and shade of a surface alone, white where it is brightest."""
    grey = under.convert("L")
    top = grey.getextrema()[1]
    light = grey.point([min(255, round(110 + 145 * v / max(1, int(top)))) for v in range(256)])  # type: ignore[arg-type]
    return Image.merge("RGB", (light, light, light))


def pattern(image: Image.Image, size: tuple[int, int], ground: str, seed: int) -> Image.Image:
    """A seamless tile: a half-drop repeat of an image on `ground`; what leaves at one edge comes in at the other."""
    aspect = image.width / image.height
    across = 6 if aspect < 0.7 else 4
    down = max(2, round(across * size[1] / size[0] * min(max(aspect, 0.6), 1.6)))
    cell = (size[0] / across, size[1] / down)
    room = (max(1, round(cell[0] * 0.8)), max(1, round(cell[1] * 0.8)))
    motif = scaled(image, ImageOps.contain(image, room).size)
    ways = [
        motif.convert("RGBa").rotate(turn, Image.Resampling.BICUBIC, expand=True).convert("RGBA") for turn in _TURNS
    ]
    out = Image.new("RGBA", size, ground)
    for column in range(across):
        for row in range(down):
            shown = ways[(column + 2 * row + seed) % len(ways)]
            x = round((column + 0.5) * cell[0] - shown.width / 2)
            y = round((row + 0.5 + 0.5 * (column % 2)) * cell[1] - shown.height / 2)
            for dx in (-size[0], 0, size[0]):
                for dy in (-size[1], 0, size[1]):
                    pasted(out, shown, (x + dx, y + dy))
    return out
