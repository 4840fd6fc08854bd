"""The pixel work of edits: what changes, changes as asked; what is not meant stays."""

from __future__ import annotations

from typing import cast

import pytest
from PIL import Image, ImageChops, ImageDraw, ImageStat

from pochoir.engines.builtin.edits.recolour import duotone, main_colour, swap
from pochoir.engines.builtin.edits.treatments import NAMES, background_blurred, shadow_under, sticker, treat

Pixel = tuple[int, int, int, int]


def at(image: Image.Image, x: int, y: int) -> Pixel:
    return cast("Pixel", image.convert("RGBA").getpixel((x, y)))


def changed(before: Image.Image, after: Image.Image) -> tuple[int, int, int, int] | None:
    return ImageChops.difference(before.convert("RGB"), after.convert("RGB")).getbbox()


def product(body: str = "#d83a34", ground: str = "#f4f4f2", size: tuple[int, int] = (400, 400)) -> Image.Image:
    """A shaded box with a blue label on a plain ground."""
    image = Image.new("RGBA", size, ground)
    w, h = size
    box = (w // 4, h // 4, 3 * w // 4, 3 * h // 4)
    pen = ImageDraw.Draw(image)
    pen.rectangle(box, fill=body)
    pen.rectangle((w * 3 // 8, h * 3 // 8, w * 5 // 8, h // 2), fill="#2456c8")
    shade = Image.linear_gradient("L").resize((box[2] - box[0], box[3] - box[1])).point(lambda v: v // 4)
    image.paste(Image.new("RGBA", shade.size, "#000000"), box[:2], shade)
    return image


# -- colours ---------------------------------------------------------------------------------------------------------


def test_a_named_colour_becomes_another_and_keeps_its_shade() -> None:
    before = product()
    after = swap(before, "#2fa84f", "#e5383b")
    assert after is not None
    top, low = at(after, 110, 110), at(after, 110, 290)
    assert top[1] > top[0] + 60
    assert top[1] > top[2] + 40
    assert low[1] < top[1], "the shaded end stays darker"
    assert at(after, 200, 170) == at(before, 200, 170), "the label keeps its blue"
    assert at(after, 10, 10) == at(before, 10, 10)


def test_without_a_named_colour_the_main_one_of_the_area_changes() -> None:
    before = product()
    area = Image.new("L", before.size)
    area.paste(255, (100, 100, 300, 300))
    after = swap(before, "#2b6fe8", None, area)
    assert after is not None
    assert at(after, 110, 110)[2] > 180
    assert changed(before, after) == (100, 100, 300, 300)


@pytest.mark.parametrize(("source", "target", "channel"), [("#fafaf7", "#e5383b", 0), ("#26262b", "#2b6fe8", 2)])
def test_white_and_black_take_colours_too(source: str, target: str, channel: int) -> None:
    body = "#f2f2f2" if source == "#fafaf7" else "#222226"
    ground = "#2fa84f"
    after = swap(product(body, ground), target, source)
    assert after is not None
    pixel = at(after, 110, 110)
    assert pixel[channel] == max(pixel[:3])
    assert max(pixel[:3]) - min(pixel[:3]) > 60
    assert at(after, 5, 5) == at(product(body, ground), 5, 5)


def test_a_colour_that_is_not_there_is_told() -> None:
    assert swap(product("#d83a34"), "#2fa84f", "#8b4fd0") is None


def test_a_colour_becomes_white() -> None:
    after = swap(product(), "#fafaf7", "#e5383b")
    assert after is not None
    assert min(at(after, 110, 105)[:3]) > 225


def test_transparency_stays() -> None:
    before = product()
    before.putalpha(Image.linear_gradient("L").resize(before.size))
    after = swap(before, "#2fa84f", "#e5383b")
    assert after is not None
    assert after.getchannel("A").tobytes() == before.getchannel("A").tobytes()


def test_the_main_colour_is_no_grey_when_there_is_a_real_one() -> None:
    area = Image.new("L", (400, 400))
    area.paste(255, (90, 90, 310, 310))
    found = main_colour(product(), area)
    assert found is not None
    assert int(found[1:3], 16) > 2 * int(found[3:5], 16)
    assert main_colour(Image.new("RGBA", (50, 50))) is None


def test_a_duotone_has_two_ends_and_what_lies_between() -> None:
    after = duotone(product(), "#ffd166", "#1b2f5c")
    red, green, blue = after.convert("RGB").split()
    assert at(after, 10, 10)[:3] == (255, 209, 102), "the lights"
    dark = [channel.getextrema()[0] for channel in (red, green, blue)]
    assert dark == [0x1B, 0x2F, 0x5C]
    assert ImageStat.Stat(ImageChops.subtract(blue, red)).mean[0] < 60


# -- treatments ------------------------------------------------------------------------------------------------------


def cut(size: tuple[int, int] = (200, 200)) -> Image.Image:
    """A red disc cut out."""
    image = Image.new("RGBA", size)
    ImageDraw.Draw(image).ellipse((0, 0, size[0] - 1, size[1] - 1), fill="#d83a34")
    return image


@pytest.mark.parametrize("name", sorted(NAMES))
def test_every_treatment_changes_the_picture_and_keeps_size_and_alpha(name: str) -> None:
    before = product(size=(320, 240))
    before.putalpha(Image.linear_gradient("L").resize((320, 240)))
    before.paste((10, 200, 90, 255), (0, 0, 40, 30))
    after = treat(before, name)
    assert after.size == before.size
    assert after.mode == "RGBA"
    assert changed(before, after) is not None
    if name not in {"mirror", "flip"}:
        assert after.getchannel("A").tobytes() == before.getchannel("A").tobytes()
    assert treat(before, name).tobytes() == after.tobytes()


def test_tones_do_what_they_are_called() -> None:
    before = product()

    def mean(image: Image.Image) -> list[float]:
        return ImageStat.Stat(image.convert("RGB")).mean

    grey = treat(before, "mono").convert("RGB").split()
    assert grey[0].tobytes() == grey[1].tobytes() == grey[2].tobytes()
    assert sum(mean(treat(before, "bright"))) > sum(mean(before)) > sum(mean(treat(before, "dark")))
    assert mean(treat(before, "warm"))[0] - mean(treat(before, "warm"))[2] > mean(before)[0] - mean(before)[2]
    assert mean(treat(before, "cool"))[0] - mean(treat(before, "cool"))[2] < mean(before)[0] - mean(before)[2]
    assert at(treat(treat(before, "invert"), "invert"), 200, 200) == at(before, 200, 200)
    assert at(treat(before, "vignette"), 200, 30)[0] > at(treat(before, "vignette"), 2, 2)[0] + 40
    assert len(treat(before, "posterise").getcolors(100_000) or []) <= 10


def test_a_sticker_has_an_even_white_rim_on_nothing() -> None:
    made = sticker(cut(), (500, 500))
    assert at(made, 3, 3)[3] == 0
    middle = [at(made, x, 250) for x in range(500)]
    red = [x for x, p in enumerate(middle) if p[0] > 180 and p[1] < 90 and p[3] > 250]
    white = [x for x, p in enumerate(middle) if min(p[:3]) > 240 and p[3] > 250]
    assert abs((red[0] + red[-1]) - 499) <= 3
    left = [x for x in white if x < red[0]]
    right = [x for x in white if x > red[-1]]
    assert abs(len(left) - len(right)) <= 2
    assert 8 <= len(left) <= 26
    assert at(sticker(cut(), (500, 500), "#ffe066"), left[3], 250)[:3] == (255, 224, 102)


def test_only_the_background_is_blurred() -> None:
    before = product()
    pen = ImageDraw.Draw(before)
    for x in range(0, 400, 8):
        pen.line((x, 0, x, 90), fill="#202020", width=3)
    subject = Image.new("L", before.size)
    subject.paste(255, (100, 100, 301, 301))
    after = background_blurred(before, subject)
    inside = (100, 100, 301, 301)
    assert changed(before.crop(inside), after.crop(inside)) is None
    lines = [at(after, x, 40)[0] for x in range(100, 140)]
    assert max(lines) - min(lines) < 40
    assert at(after, 200, 85)[1] > 60, "the subject's red does not bleed out"


def test_a_contact_shadow_lies_under_the_foot() -> None:
    subject = Image.new("L", (400, 400))
    subject.paste(255, (150, 100, 250, 300))
    shadow = shadow_under(subject).getchannel("A")
    assert cast("int", shadow.getpixel((200, 300))) > 60
    assert shadow.getpixel((200, 120)) == 0
    assert shadow.getpixel((20, 300)) == 0
