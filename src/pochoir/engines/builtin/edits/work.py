"""The steps of an edit, each of which changes the picture on the desk and says what it could not do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from PIL import Image, ImageChops

from pochoir.domain.errors import BeyondModel
from pochoir.engines.builtin.colours import luminance, mix
from pochoir.engines.builtin.edits import boards, masks, mockups, recolour, scenery, shape, treatments
from pochoir.engines.builtin.edits.additions import added
from pochoir.engines.builtin.edits.captions import lettered
from pochoir.engines.builtin.edits.cutout import Cut
from pochoir.engines.builtin.edits.desk import Desk
from pochoir.engines.builtin.scene import Thing, Words

Box = tuple[int, int, int, int]


# what the picture becomes -------------------------------------------------------------------------------------------


def printed(desk: Desk) -> None:
    """A logo printed on the first image's subject, before that goes anywhere."""
    if desk.asked.logo is None or "subject" not in desk.asked.logo or len(desk.inputs) < 2:
        return
    first, found = desk.inputs[0], desk.cut()
    box = None
    if found is not None:
        scale = first.image.width / found.source[0]
        box = (
            round(found.box[0] * scale),
            round(found.box[1] * scale),
            round(found.box[2] * scale),
            round(found.box[3] * scale),
        )
    made = boards.printed_on(first.image, desk.alone(1), box)
    desk.inputs = (replace(first, image=made), *desk.inputs[1:])
    desk.cuts.pop(0, None)
    desk.picture = made


def cut(desk: Desk) -> None:
    """The subject on nothing, where it was."""
    found = desk.cut()
    if found is None:
        raise BeyondModel(
            "This picture's background is not plain, so Sketch cannot tell the subject from it. Send one with a plain or "
            "softly shaded background, or a mask that marks the background.",
            param="image",
        )
    sheet = Image.new("RGBA", found.source)
    sheet.paste(found.image, found.box[:2])
    desk.picture = sheet


def scene(desk: Desk) -> None:
    """Subjects in a new scene; on a plain colour where only that was asked for."""
    asked = desk.asked
    if asked.scene.backdrop and asked.plain and len(desk.inputs) == 1 and desk.cut() is not None:
        return _on_colour(desk, "#ffffff" if luminance(asked.scene.backdrop) > 0.93 else asked.scene.backdrop)
    wanted, mine, numbers = asked.scene, [k for k, _ in asked.mine], [n for _, n in asked.mine]
    for number in _unnamed(desk, numbers):
        mine.append(len(wanted.things))
        numbers.append(number)
        wanted = replace(wanted, things=(*wanted.things, Thing("image", f"{scenery.MINE}{number}")))
    if asked.headed:
        roles = ("headline", *["line"] * 20)
        texts = tuple(Words(c.text, role) for c, role in zip(asked.captions, roles, strict=False))  # type: ignore[arg-type]
        wanted, desk.lettered = replace(wanted, texts=texts), True
    layout = "scene" if wanted.layout in {"words", "mockup", "pattern", "sticker"} else wanted.layout
    subjects = [desk.subject(n) for n in numbers]
    made = scenery.stage(
        replace(wanted, layout=layout), subjects, mine, desk.size, desk.job.quality, desk.seed, desk.job.stage
    )
    desk.picture, desk.sources, desk.moved = made.image, desk.sources | made.sources, True


def _on_colour(desk: Desk, colour: str) -> None:
    """The subject where it was, on one even colour, with a soft shadow where it stands."""
    found = desk.cut()
    assert found is not None
    area = Image.new("L", found.source)
    area.paste(found.image.getchannel("A"), found.box[:2])
    sheet = Image.alpha_composite(Image.new("RGBA", found.source, colour), treatments.shadow_under(area, 0.28))
    sheet.alpha_composite(found.image, found.box[:2])
    desk.picture = sheet


def _unnamed(desk: Desk, named: list[int]) -> list[int]:
    """The images that the words do not name and that stand in the scene all the same; a logo is put on later."""
    logo = {1} if desk.asked.logo is not None else set[int]()
    missing = [n for n in range(len(desk.inputs)) if n not in named and n not in logo]
    if len(named) > 1:
        missing = []
    elif named and len(desk.inputs) == 1:
        missing = [n for n in missing if n == 0]
    return missing[:8]


def board(desk: Desk) -> None:
    """All images on one sheet."""
    images = [o.image for o in desk.inputs]
    desk.picture, desk.moved = boards.board(desk.asked.board, images, desk.size), True


def mock_up(desk: Desk) -> None:
    """The image shown on a thing."""
    desk.picture, used = mockups.shown_on(
        desk.asked.scene, desk.asked.host, desk.inputs[0].image, desk.cut(), desk.size, desk.job.quality, desk.seed
    )
    desk.sources, desk.moved = desk.sources | used, True


def pattern(desk: Desk) -> None:
    """A seamless tile of the subject, on the asked colour or a pale tint of the subject's own."""
    motif = desk.alone()
    ground = desk.asked.scene.backdrop or mix(recolour.main_colour(motif) or "#e8e4da", "#ffffff", 0.8)
    desk.picture, desk.moved = mockups.pattern(motif, desk.size, ground, desk.seed), True


BASES: Mapping[str, Callable[[Desk], None]] = MappingProxyType(
    {"cut": cut, "scene": scene, "board": board, "mock": mock_up, "pattern": pattern}
)


def inside(desk: Desk, area: Image.Image) -> None:
    """New content for the part that a mask opens."""
    asked, picture = desk.asked, desk.picture
    if asked.fill:
        desk.picture = Image.new("RGBA", picture.size, asked.fill)
    elif asked.erase:
        desk.picture = masks.healed(picture, area)
    elif asked.base == "cut":
        desk.picture = Image.new("RGBA", picture.size)
    elif asked.base == "scene":
        bare = replace(asked.scene, things=(), texts=(), relations=())
        desk.picture = scenery.background(bare, picture.size, desk.job.quality, desk.seed)


def _drawn(desk: Desk) -> list[int]:
    """The things to be drawn: those that are not an image that came in."""
    own = {k for k, _ in desk.asked.mine}
    return [k for k in range(len(desk.asked.scene.things)) if k not in own]


# colours, things, treatments ----------------------------------------------------------------------------------------


def swapped(desk: Desk) -> None:
    """Colours changed. The subject's main colour is meant where none is named."""
    for swap in desk.asked.swaps:
        area = desk.area or (_subject_area(desk) if swap.source is None else None)
        if swap.both and swap.source:
            done = _exchanged(desk.picture, swap.source, swap.target, area)
        else:
            done = recolour.swap(desk.picture, swap.target, swap.source, area)
        if done is None:
            desk.say(f"The picture shows no such colour to change to {swap.word}.")
        else:
            desk.picture = done


def _exchanged(image: Image.Image, one: str, two: str, area: Image.Image | None) -> Image.Image | None:
    """Two colours change places: where the first was, the second is, and the other way round."""
    first, second = recolour.swap(image, two, one, area), recolour.swap(image, one, two, area)
    if first is None or second is None:
        return first or second
    changed = ImageChops.difference(image.convert("RGB"), second.convert("RGB")).convert("L")
    return Image.composite(second, first, changed.point(lambda v: min(255, v * 8)))


def _subject_area(desk: Desk) -> Image.Image | None:
    """Where the subject is, 255 there; None when the picture is all there is."""
    found = desk.standing()
    if found is None or found.source != desk.picture.size:
        return None
    area = Image.new("L", desk.picture.size)
    area.paste(found.image.getchannel("A"), found.box[:2])
    return area


def added_to(desk: Desk) -> None:
    """Things drawn into the picture as it is, or into a mask's area."""
    asked = desk.asked
    if not (asked.add or (desk.area is not None and _drawn(desk))):
        return
    area = masks.box_of(desk.area) if desk.area is not None else None
    mine = [k for k, _ in asked.mine]
    desk.picture, used = added(
        desk.picture, asked.scene, mine, desk.standing(), desk.job.quality, desk.seed, spot=asked.spot, area=area
    )
    desk.sources |= used


def treated(desk: Desk) -> None:
    """Sticker, duotone and the named treatments."""
    asked = desk.asked
    if asked.sticker:
        cut_image = desk.alone() if not desk.moved else desk.picture
        if desk.cut() is None and not desk.moved:
            cut_image = shape.corners_cut(cut_image, min(cut_image.size) * 0.12)
        desk.picture, desk.moved = treatments.sticker(cut_image, desk.picture.size), True
    for name in asked.treatments:
        if name == "blur-ground":
            _background_blurred(desk)
        elif name == "shadow":
            _shadowed(desk)
        elif name == "silhouette" and (area := _subject_area(desk)) is not None:
            desk.picture = Image.composite(treatments.treat(desk.picture, name), desk.picture, area)
        else:
            desk.picture = treatments.treat(desk.picture, name)
            desk.moved = desk.moved or name in {"mirror", "flip"}
    if asked.duotone is not None:
        dark, light = (
            (*asked.duotone, "#1b2f5c", "#ffd9a0")[:2] if len(asked.duotone) != 1 else (asked.duotone[0], "#fff4e0")
        )
        desk.picture = recolour.duotone(desk.picture, dark, light)


def _background_blurred(desk: Desk) -> None:
    area = _subject_area(desk)
    if area is None:
        desk.say("The subject could not be told from its background, so all but the middle was blurred.")
        area = Image.radial_gradient("L").point(lambda v: 255 - min(255, max(0, (v - 90) * 4)))
        area = area.resize(desk.picture.size, Image.Resampling.BICUBIC)
    desk.picture = treatments.background_blurred(desk.picture, area)


def _shadowed(desk: Desk) -> None:
    area = _subject_area(desk)
    found = desk.standing()
    if area is None or found is None:
        desk.say("The subject could not be told from its background, so it got no shadow.")
        return
    under = Image.alpha_composite(desk.picture, treatments.shadow_under(area))
    desk.picture = Image.composite(desk.picture, under, area) if desk.asked.base != "cut" else _over(under, found)


def _over(under: Image.Image, found: Cut) -> Image.Image:
    """The cut subject over its shadow, on nothing."""
    under.alpha_composite(found.image, found.box[:2])
    return under


# shape, texts, frame ------------------------------------------------------------------------------------------------


def shaped(desk: Desk) -> None:
    """Turned; then in the size that was asked for: cropped when that was said, else with nothing lost."""
    asked = desk.asked
    if asked.turn:
        desk.picture, desk.moved = shape.turned(desk.picture, asked.turn), True
        if not desk.job.width and not asked.shape and not asked.extend:
            desk.size = desk.picture.size
    if desk.picture.size == desk.size:
        return
    ratio = (desk.picture.width * desk.size[1]) / (desk.picture.height * desk.size[0])
    found = desk.standing()
    if 0.985 < ratio < 1.015:
        desk.picture = desk.picture.resize(desk.size, Image.Resampling.LANCZOS)
    elif asked.crop or asked.frame == "round":
        desk.picture = shape.cropped(desk.picture, desk.size, found.box if found else None)
    else:
        desk.picture = shape.extended(desk.picture, desk.size, asked.sides)
    desk.moved = True


def finished(desk: Desk) -> None:
    """Logo, texts and frame. Texts of an instant print stand on its foot."""
    asked = desk.asked
    if asked.logo is not None and "subject" not in asked.logo and len(desk.inputs) > 1:
        desk.picture = boards.logo_on(desk.picture, desk.alone(1), asked.logo, watermark=asked.watermark)
    captions = asked.captions if desk.area is None and not desk.lettered else ()
    if asked.frame == "polaroid":
        desk.picture, foot = shape.instant(desk.picture, asked.frame_colour)
        if captions:
            desk.picture = lettered(
                desk.picture, captions, desk.job.quality, desk.seed, foot, on=asked.frame_colour or "#fffdf8"
            )
        return
    if captions:
        captioned(desk)
    if asked.frame == "frame":
        desk.picture = shape.framed(desk.picture, asked.frame_colour)
    elif asked.frame == "rounded":
        desk.picture = shape.corners_cut(desk.picture, min(desk.picture.size) * 0.08)
    elif asked.frame == "round":
        desk.picture = shape.in_a_circle(desk.picture)


def captioned(desk: Desk, box: Box | None = None) -> None:
    """The quoted texts, within a box where one is given."""
    found = desk.standing()
    avoid = found.box if found is not None and found.source == desk.picture.size else None
    desk.picture = lettered(desk.picture, desk.asked.captions, desk.job.quality, desk.seed, box, avoid=avoid)
