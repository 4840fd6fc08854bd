"""New scenes around what was cut out: the composer's own backgrounds and things, with the subject in their midst."""

from __future__ import annotations

import io
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from PIL import Image, ImageEnhance, ImageFilter

from pochoir.engines.builtin import archive
from pochoir.engines.builtin.archive import Piece
from pochoir.engines.builtin.arrange import Placed, columns, natural, place
from pochoir.engines.builtin.backgrounds import finish, paint, setting_of
from pochoir.engines.builtin.colours import lch
from pochoir.engines.builtin.headlines import headline, left_over
from pochoir.engines.builtin.paint import Sheet, ground_shadow
from pochoir.engines.builtin.palettes import Palette, choose
from pochoir.engines.builtin.parts import drawing, ink, texts_of
from pochoir.engines.builtin.proof import settle
from pochoir.engines.builtin.render import render
from pochoir.engines.builtin.scene import Scene, Thing
from pochoir.engines.builtin.styles import Treatment, chosen

FINISH = {"low": 0, "medium": 1, "high": 2}
MINE = "yours-"
"""Start of the names of pieces that came in as images."""


@dataclass(frozen=True, slots=True)
class Subject:
    """An image that came in, ready to be placed: cut out, or whole in a frame."""

    image: Image.Image
    cut: bool

    @property
    def aspect(self) -> float:
        return self.image.width / self.image.height

    def tone(self) -> str:
        """Its mean colour."""
        small = self.image.resize((24, 24), Image.Resampling.BOX).convert("RGBa").resize((1, 1), Image.Resampling.BOX)
        pixel = small.convert("RGBA").getpixel((0, 0))
        assert isinstance(pixel, tuple)
        return "#" + bytes(int(v) for v in pixel[:3]).hex()


@dataclass(frozen=True, slots=True)
class Staged:
    """A finished scene and where in it things stand."""

    image: Image.Image
    sources: frozenset[str]


def svg_of(sheet: Sheet, inside: str) -> str:
    """A document of a sheet's size."""
    w, h = round(sheet.width), round(sheet.height)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'width="{w}" height="{h}" viewBox="0 0 {w} {h}"><defs>{"".join(sheet.defs)}</defs>{inside}</svg>'
    )


def drawn(sheet: Sheet, inside: str) -> Image.Image:
    """Markup as pixels with alpha."""
    return Image.open(io.BytesIO(render(svg_of(sheet, inside)))).convert("RGBA")


def new_sheet(size: tuple[int, int], quality: str, seed: int, treatment: Treatment | None = None) -> Sheet:
    sheet = Sheet(size[0], size[1], FINISH[quality], random.Random(seed), seed=seed)  # noqa: S311 - repeatable by design
    if treatment:
        sheet.thing, sheet.flat, sheet.shadows = treatment.thing, treatment.flat, treatment.shadows
    return sheet


def background(scene: Scene, size: tuple[int, int], quality: str, seed: int, tone: str = "") -> Image.Image:
    """The place alone, without things."""
    treatment = chosen(scene)
    sheet = new_sheet(size, quality, seed, treatment)
    palette = palette_for(scene, seed, tone)
    paint(sheet, scene, palette, seed, headline=False)
    if treatment and treatment.back:
        treatment.back(sheet, scene, palette)
    return drawn(sheet, "".join([*sheet.back, *sheet.front]) + finish(sheet))


def palette_for(scene: Scene, seed: int, tone: str) -> Palette:
    """The palette of the scene; where nothing settles it, one from whose wall the subject stands out."""
    if not tone or scene.backdrop or scene.palette:
        return choose(scene, seed)
    light, chroma, hue = lch(tone)
    best, score = choose(scene, seed), -1.0
    for step in range(4):
        palette = choose(scene, seed + step)
        wall, colour, turn = lch(palette.wall)
        apart = abs(wall - light) + min(chroma, colour) * abs((turn - hue + 180) % 360 - 180) / 90 - 0.04 * step
        if apart > score:
            best, score = palette, apart
    return best


def stage(
    scene: Scene, subjects: Sequence[Subject], mine: Sequence[int], size: tuple[int, int], quality: str, seed: int,
    part: str = "all",
) -> Staged:  # fmt: skip
    """Place subjects and the scene's things on its background.

    `mine[k]` is the thing of the scene that subject `k` stands for. `part` stops early: at "background", at "things".
    """
    treatment = chosen(scene)
    sheet = new_sheet(size, quality, seed, treatment)
    palette = palette_for(scene, seed, subjects[0].tone() if subjects else "")
    texts = texts_of(scene)
    w, h, u = sheet.width, sheet.height, sheet.unit
    pieces = _pieces(scene, subjects, mine, palette)
    things = _grown(scene.things, mine)
    made = columns(things, pieces, scene.relations)
    alone = len(things) == 1 and len(subjects) == 1
    wide, tall = w * (0.72 if alone else 0.86), h * (0.6 if alone else 0.62)
    studio = setting_of(scene) == "studio"
    guess = place(made, wide, tall, w / 2, 0)
    top = min(i.y - i.height for i in guess)
    ground = min(max(h * 0.55 - top / 2, h * 0.7), h * 0.86) if studio and not texts else None
    stand = paint(sheet, scene, palette, seed, headline=bool(texts), ground=ground)
    end = headline(sheet, scene, palette, stand, seed, texts) + u * 0.03 if texts else h * 0.08
    if treatment and treatment.back:
        treatment.back(sheet, scene, palette)
    foot = max(min(stand.y, h * 0.88), end + u * 0.2)
    if not studio:
        foot = min(max(foot, h * 0.8), h * 0.88)
    if sheet.foot:
        foot = min(foot, sheet.foot - u * 0.03)
    drift = (0.0, -0.04, 0.045, 0.0)[seed % 4] if alone and not texts and not studio else 0.0
    items = place(made, wide, min(tall, foot - end - u * 0.02), w * (0.5 + drift), foot)
    left_over(sheet, scene, palette, texts)
    numbers = {k: number for number, k in enumerate(mine)}
    picture = drawn(sheet, "".join(sheet.back))
    if part != "background":
        picture = _with_things(sheet, picture, items, subjects, numbers, stand.tone)
    if part == "all":
        picture = _lettered(sheet, picture, "".join(sheet.front) + finish(sheet))
    return Staged(picture, frozenset(sheet.sources))


def _pieces(scene: Scene, subjects: Sequence[Subject], mine: Sequence[int], palette: Palette) -> list[Piece]:
    """A drawing for each thing; for a subject a box of its shape."""
    found = []
    for k, thing in enumerate(scene.things):
        if k in mine:
            aspect = subjects[mine.index(k)].aspect
            found.append(Piece(f"{MINE}{k}", "yours", 100, (0, 0, 100 * aspect, 100), (), ""))
        else:
            found.append(drawing(thing, palette))
    return found


def _grown(things: Sequence[Thing], mine: Sequence[int]) -> tuple[Thing, ...]:
    """Subjects are the main thing: as tall as what is around them, or nearly."""
    others = [natural(t.piece, t.grow) for k, t in enumerate(things) if k not in mine]
    tall = max([0.9, *(0.8 * n for n in others)])
    base = natural(None, 1.0)
    return tuple(
        replace(t, piece=f"{MINE}{k}", grow=tall / base, count=1) if k in mine else t for k, t in enumerate(things)
    )


def _with_things(
    sheet: Sheet, picture: Image.Image, items: Sequence[Placed], subjects: Sequence[Subject], numbers: dict[int, int],
    tone: str,
) -> Image.Image:  # fmt: skip
    """Things back to front; drawings that follow each other are drawn together."""
    shadows = [
        ground_shadow(sheet, i.x, i.y - i.height * 0.012, i.width * 0.94, 1.0, tone)
        for i in items
        if sheet.shadows and not i.floats
    ]
    waiting = list(shadows)
    for item in items:
        if item.thing not in numbers:
            waiting.append(ink(sheet, item))
            continue
        if waiting:
            picture.alpha_composite(drawn(sheet, "".join(waiting)))
            waiting.clear()
        _paste(picture, subjects[numbers[item.thing]], item)
    if waiting:
        picture.alpha_composite(drawn(sheet, "".join(waiting)))
    return picture


def _paste(picture: Image.Image, subject: Subject, item: Placed) -> None:
    size = (max(1, round(item.width)), max(1, round(item.height)))
    shown = scaled(subject.image, size)
    pasted(picture, shown, (round(item.x - size[0] / 2), round(item.y - size[1])))


def scaled(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Resized without a dark or light rim: on premultiplied colours; a little sharper when it grew."""
    out = image.convert("RGBa").resize(size, Image.Resampling.LANCZOS).convert("RGBA")
    if size[0] > image.width * 1.3:
        alpha = out.getchannel("A")
        out = ImageEnhance.Sharpness(out.convert("RGB")).enhance(1.5).convert("RGBA")
        out.putalpha(alpha)
    return out


def pasted(picture: Image.Image, shown: Image.Image, at: tuple[int, int]) -> None:
    """Lay an image over another; what stands out is cut off."""
    x, y = at
    box = (max(0, -x), max(0, -y), min(shown.width, picture.width - x), min(shown.height, picture.height - y))
    if box[2] > box[0] and box[3] > box[1]:
        picture.alpha_composite(shown.crop(box), (max(0, x), max(0, y)))


def soft_shadow(shown: Image.Image, radius: float, strength: float, pad: int) -> Image.Image:
    """A blurred shadow of an image, `pad` pixels larger on each side."""
    mask = Image.new("L", (shown.width + 2 * pad, shown.height + 2 * pad))
    mask.paste(shown.getchannel("A"), (pad, pad))
    mask = mask.filter(ImageFilter.GaussianBlur(radius)).point(lambda v: round(v * strength))
    out = Image.new("RGBA", mask.size, "#1d1a2b")
    out.putalpha(mask)
    return out


def _lettered(sheet: Sheet, picture: Image.Image, over: str) -> Image.Image:
    """What lies over everything, and the type, in colours that can be read on what is really there."""
    if over:
        picture.alpha_composite(drawn(sheet, over))
    if sheet.texts:
        picture.alpha_composite(drawn(sheet, "".join(settle(sheet, as_markup(sheet, picture)))))
    return picture


def as_markup(sheet: Sheet, picture: Image.Image) -> str:
    """A small copy of a picture as markup of the sheet's size, for the proof of type."""
    import base64

    small = picture.convert("RGB")
    small.thumbnail((288, 288))
    packed = io.BytesIO()
    small.save(packed, "PNG", compress_level=1)
    data = base64.b64encode(packed.getvalue()).decode()
    return (
        f'<image width="{sheet.width}" height="{sheet.height}" preserveAspectRatio="none" '
        f'href="data:image/png;base64,{data}"/>'
    )


def credit_of(sources: frozenset[str]) -> str:
    """The credit line of the drawings used; empty when none was."""
    credits = sorted({archive.credit(name) for name in sources if name != "yours"})
    return f"Art: {'; '.join(credits)}." if credits else ""


def framed_photo(image: Image.Image) -> Image.Image:
    """A whole picture as a print: a white border, softly rounded, for what cannot be cut out."""
    edge = max(4, round(min(image.size) * 0.045))
    paper = Image.new("RGBA", (image.width + 2 * edge, image.height + 2 * edge), "#ffffff")
    paper.alpha_composite(image.convert("RGBA"), (edge, edge))
    return paper
