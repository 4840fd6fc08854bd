"""Edits by the built-in illustrator: what instructions are read as, and what is then seen in the pixels."""
# ruff: noqa: E501 - tables read better in long lines

from __future__ import annotations

import io
import time
import zlib
from contextlib import suppress
from typing import Any, cast

import pytest
from bench import photos
from PIL import Image, ImageChops, ImageDraw, ImageStat

from pochoir.domain.errors import BeyondModel, InvalidImage
from pochoir.engines.builtin.edits.ask import read
from pochoir.engines.builtin.edits.desk import EditJob
from pochoir.engines.builtin.edits.edit import edit
from pochoir.engines.builtin.illustrate import Job, seed_of

SMALL = (512, 512)
BOTTLE = photos.packed(photos.bottle(SMALL))
VASE = photos.packed(photos.vase(SMALL))
JAR = photos.packed(photos.jar(SMALL), "JPEG")
LOGO = photos.packed(photos.logo(256))
MEADOW = photos.packed(photos.meadow((600, 400)), "JPEG")
BALL = photos.packed(photos.ball((400, 300)))


def made(
    prompt: str, *images: bytes, size: tuple[int, int] = (0, 0), mask: bytes | None = None, **more: Any
) -> tuple[Image.Image, str]:
    """The edited picture as RGBA, and what was said."""
    seed = seed_of(prompt, *size)
    job = Job(prompt, *size, more.get("quality", "low"), more.get("transparent", False), more.get("output_format", "png"), None, more.get("seed", seed))  # fmt: skip
    data, said, told = edit(EditJob(job, images, mask))
    picture = Image.open(io.BytesIO(data))
    assert picture.size == told
    return picture.convert("RGBA"), said


def of(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGBA")


def at(image: Image.Image, x: float, y: float) -> tuple[int, int, int, int]:
    """The pixel at shares of the width and the height."""
    return cast("tuple[int, int, int, int]", image.getpixel((int(x * image.width), int(y * image.height))))


def alike(one: Image.Image, other: Image.Image, box: tuple[int, int, int, int] | None = None) -> float:
    """Mean difference of the colours, 0..255."""
    found = ImageChops.difference(one.convert("RGB").crop(box), other.convert("RGB").crop(box))
    return sum(ImageStat.Stat(found).mean) / 3


def mask_with(size: tuple[int, int], box: tuple[int, int, int, int]) -> bytes:
    mask = Image.new("RGBA", size, "#000000")
    mask.paste((0, 0, 0, 0), box)
    return photos.packed(mask)


# -- reading -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("prompt", "images", "expected"),
    [
        ("remove the background", 1, {"base": "cut"}),
        ("Please cut out the product", 1, {"base": "cut"}),
        ("Hintergrund entfernen", 1, {"base": "cut"}),
        ("Stelle das Produkt frei", 1, {"base": "cut"}),
        ("enlève l'arrière-plan", 1, {"base": "cut"}),
        ("quita el fondo", 1, {"base": "cut"}),
        ("rimuovi lo sfondo", 1, {"base": "cut"}),
        ("remova o fundo", 1, {"base": "cut"}),
        ("背景を削除して", 1, {"base": "cut"}),
        ("去除背景", 1, {"base": "cut"}),
        ("replace the background with a beach at sunset", 1, {"base": "scene", "setting": "beach", "time": "sunset"}),
        ("Ersetze den Hintergrund durch einen Wald", 1, {"base": "scene", "setting": "forest"}),
        ("Mets-le sur une plage", 1, {"base": "scene", "setting": "beach"}),
        ("put it in a kitchen", 1, {"base": "scene", "setting": "kitchen"}),
        ("on a pink background", 1, {"base": "scene"}),
        ("turn it into a sticker", 1, {"base": "keep", "sticker": True}),
        ("make it black and white", 1, {"base": "keep", "treatments": ("mono",)}),
        ("noir et blanc", 1, {"treatments": ("mono",)}),
        ("a duotone in navy and orange", 1, {"base": "keep"}),
        ("extend to 16:9", 1, {"shape": (16, 9), "extend": True}),
        ("crop to a square", 1, {"shape": (1, 1), "crop": True}),
        ("make a collage", 3, {"base": "board", "board": "grid"}),
        ("before and after", 2, {"base": "board", "board": "before"}),
        ("a mockup on a t-shirt", 1, {"base": "mock", "host": "tee"}),
        ("print it on a mug", 1, {"base": "mock", "host": "mug"}),
        ("a seamless pattern of it", 1, {"base": "pattern"}),
        ("put the logo in the top left corner", 2, {"base": "keep", "logo": frozenset({"top", "left"})}),
        ("put the logo on the bottle", 2, {"base": "keep", "logo": frozenset({"subject"})}),
        ("add a cat next to it", 1, {"base": "keep", "add": True}),
        ("rotate it by 90 degrees clockwise", 1, {"turn": 90}),
        ("polaroid", 1, {"frame": "polaroid"}),
    ],
)
def test_instructions_are_read(prompt: str, images: int, expected: dict[str, Any]) -> None:
    asked = read(prompt, images)
    found = {name: getattr(asked if hasattr(asked, name) else asked.scene, name) for name in expected}
    assert found == expected
    assert asked.refused == ()


@pytest.mark.parametrize(
    "prompt",
    ["make her smile", "turn this into an oil painting", "change her hair colour", "make him look younger", "restore this old photo", "remove the person on the left", "wearing a red dress", "笑顔にして"],
)  # fmt: skip
def test_what_would_repaint_a_photo_is_refused_in_words(prompt: str) -> None:
    with pytest.raises(BeyondModel) as caught:
        made(prompt, MEADOW)
    assert caught.value.param == "prompt"
    assert "does not repaint" in caught.value.message
    assert "Ask for one of these." in caught.value.message


def test_a_half_that_can_be_done_is_done_and_the_rest_is_said() -> None:
    picture, said = made("make it black and white and make her smile", MEADOW)
    grey = picture.convert("RGB").split()
    assert grey[0].tobytes() == grey[2].tobytes()
    assert "Left out: “make her smile”" in said


# -- what the picture becomes ------------------------------------------------------------------------------------------


def test_a_plain_background_goes_and_the_subject_stays_as_it_was() -> None:
    before, (after, _) = of(BOTTLE), made("remove the background", BOTTLE)
    assert after.size == before.size
    assert [at(after, x, y)[3] for x, y in ((0.05, 0.05), (0.95, 0.5), (0.2, 0.8))] == [0, 0, 0]
    assert at(after, 0.5, 0.6) == at(before, 0.5, 0.6)
    seen = sum(after.getchannel("A").histogram()[128:]) / (512 * 512)
    assert 0.08 < seen < 0.2


def test_a_lively_background_cannot_be_cut_out_and_it_says_so() -> None:
    with pytest.raises(BeyondModel, match="not plain"):
        made("remove the background", MEADOW)


def test_transparent_background_as_a_field_cuts_out() -> None:
    after, _ = made("", BOTTLE, transparent=True)
    assert at(after, 0.05, 0.05)[3] == 0


def test_a_new_scene_has_the_subject_in_it_and_none_of_the_old_ground() -> None:
    after, said = made("replace the background with a beach", BOTTLE, size=(1024, 1024))
    assert "beach" in said
    greens = sum(1 for p in _pixels(after) if p[1] > p[0] + 30 and p[1] > p[2] + 15 and p[1] < 150)
    assert greens > 60, "the bottle is there"
    assert sum(1 for p in _pixels(after) if max(p[:3]) - min(p[:3]) < 8 and 200 < p[0] < 240) < 600


def test_one_colour_behind_is_exactly_that_colour() -> None:
    after, _ = made("change the background to #ffcc00", VASE)
    assert at(after, 0.03, 0.03)[:3] == at(after, 0.97, 0.3)[:3] == (255, 204, 0)
    white, _ = made("white background", JAR)
    assert at(white, 0.03, 0.03)[:3] == (255, 255, 255)
    assert at(after, 0.5, 0.6) == at(of(VASE), 0.5, 0.6), "the subject stays where and as it was"


def test_every_image_is_seen_in_a_scene_and_on_a_board() -> None:
    for prompt in ("the bottle and the vase in a garden", "make a collage", "mood board", "side by side"):
        after, _ = made(prompt, BOTTLE, VASE)
        small = _pixels(after, 96)
        assert any(p[2] > 120 and p[2] > p[0] + 50 and p[2] > p[1] + 30 for p in small), f"{prompt}: no blue vase"
        assert any(p[1] > p[0] + 25 and p[1] > p[2] + 10 and p[1] < 150 for p in small), f"{prompt}: no green bottle"


def _pixels(image: Image.Image, edge: int = 128) -> list[tuple[int, ...]]:
    small = image.convert("RGB").resize((edge, edge), Image.Resampling.BOX)
    data = small.tobytes()
    return [tuple(data[k : k + 3]) for k in range(0, len(data), 3)]


def test_a_pattern_is_seamless() -> None:
    tile, _ = made("a seamless pattern of it", VASE, size=(600, 600))
    twice = Image.new("RGBA", (1200, 600))
    twice.paste(tile, (0, 0))
    twice.paste(tile, (600, 0))
    rows = twice.convert("RGB")
    seam = alike(rows.crop((599, 0, 600, 600)), rows.crop((600, 0, 601, 600)))
    inner = alike(rows.crop((298, 0, 299, 600)), rows.crop((299, 0, 300, 600)))
    assert seam < max(3 * inner, 6)


def test_a_mock_up_shows_the_image_on_the_thing() -> None:
    plain, _ = made("a mockup on a t-shirt", LOGO, size=(800, 800))
    greens = [p for p in _pixels(plain) if p[1] > p[0] + 40 and p[1] > p[2] + 10 and p[1] < 190]
    assert len(greens) > 60


# -- colours, things, texts --------------------------------------------------------------------------------------------


def test_a_colour_is_changed_and_the_rest_is_not() -> None:
    before, (after, _) = of(BALL), made("make the ball blue", BALL)
    assert at(after, 0.5, 0.62)[2] > at(after, 0.5, 0.62)[0] + 60
    assert alike(before, after, (0, 0, 400, 60)) < 1


def test_a_colour_that_is_not_there_is_said() -> None:
    _, said = made("change the purple to yellow", BALL)
    assert "no such colour" in said


@pytest.mark.parametrize(("where", "box"), [("left", (0, 0, 200, 512)), ("right", (312, 0, 512, 512))])
def test_things_go_where_they_are_asked_for(where: str, box: tuple[int, int, int, int]) -> None:
    before, (after, said) = of(BOTTLE), made(f"add a cat to the {where} of the bottle", BOTTLE)
    assert "1 × cat" in said
    other = (312, 0, 512, 512) if where == "left" else (0, 0, 200, 512)
    assert alike(before, after, box) > 4
    assert alike(before, after, other) < 1


def test_things_behind_are_hidden_by_the_subject() -> None:
    before, (after, _) = of(BOTTLE), made("add a house behind the bottle", BOTTLE)
    assert alike(before, after, (244, 300, 268, 400)) < 2
    assert alike(before, after, (120, 200, 190, 420)) > 8


def test_a_text_is_set_where_it_is_asked_for_and_can_be_read() -> None:
    before, (after, _) = of(MEADOW), made('add the text "Open day" at the top', MEADOW)
    assert alike(before, after, (0, 0, 600, 130)) > 6
    assert alike(before, after, (0, 260, 600, 400)) < 1


def test_a_badge_is_a_badge() -> None:
    before, (after, _) = of(JAR), made('add a badge "-30%"', JAR)
    changed = (
        ImageChops.difference(before.convert("RGB"), after.convert("RGB"))
        .convert("L")
        .point(lambda v: 255 if v > 40 else 0)
    )
    left, top, right, bottom = changed.getbbox() or (0, 0, 0, 0)
    assert 0.85 < (right - left) / (bottom - top) < 1.15, "it is round"


# -- shape, frame ------------------------------------------------------------------------------------------------------


def test_extending_keeps_every_pixel_of_the_picture() -> None:
    before, (after, _) = of(BOTTLE), made("extend to 16:9", BOTTLE)
    assert after.size == (910, 512)
    left = (910 - 512) // 2
    assert alike(before.crop((40, 0, 472, 512)), after.crop((left + 40, 0, left + 472, 512))) < 0.5
    assert [p for p in _pixels(after.crop((0, 0, left, 512))) if p[1] > p[0] + 20] == [], "no second bottle"


def test_extending_to_one_side_leaves_the_picture_at_the_other() -> None:
    before, (after, _) = of(MEADOW), made("extend the image to the left", MEADOW)
    assert after.width > before.width
    assert alike(before, after.crop((after.width - 600, 0, after.width, 400))) < 0.5


def test_a_size_alone_is_work_enough_and_nothing_is_cut_off() -> None:
    after, _ = made("", BOTTLE, size=(1024, 512))
    assert after.size == (1024, 512)
    assert alike(of(BOTTLE), after.crop((256, 0, 768, 512))) < 1.5


def test_cropping_keeps_the_subject_in_the_middle() -> None:
    wide = Image.new("RGB", (900, 300), "#eeeeee")
    ImageDraw.Draw(wide).ellipse((40, 60, 220, 240), fill="#2040c0")
    after, _ = made("crop to a square", photos.packed(wide))
    assert after.size == (300, 300)
    assert at(after, 0.45, 0.5)[:3] == (32, 64, 192)


def test_frames_and_turns() -> None:
    turned, _ = made("rotate it by 90 degrees clockwise", MEADOW)
    assert turned.size == (400, 600)
    assert alike(turned, of(MEADOW).transpose(Image.Transpose.ROTATE_270)) == 0
    rounded, _ = made("rounded corners", MEADOW)
    assert at(rounded, 0, 0)[3] == 0
    assert at(rounded, 0.5, 0.01)[3] == 255
    disc, _ = made("round avatar", MEADOW)
    assert at(disc, 0.02, 0.5)[3] == 0
    assert at(disc, 0.5, 0.5)[3] == 255
    framed, _ = made("frame it in red", MEADOW)
    assert framed.size == (600, 400)
    assert at(framed, 0.01, 0.5)[0] > 150


# -- masks -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "prompt",
    ["a parrot", "a beach", "remove it", "fill it with red", '"SALE"', "make it black and white", "remove the background", "make the green purple"],
)  # fmt: skip
def test_what_a_mask_protects_comes_back_pixel_for_pixel(prompt: str) -> None:
    box = (60, 40, 320, 300)
    noisy = photos.bottle(SMALL)
    before = of(photos.packed(noisy))
    after, _ = made(prompt, photos.packed(noisy), mask=mask_with(SMALL, box))
    inside = Image.new("L", SMALL)
    inside.paste(255, box)
    changed = ImageChops.difference(before, after)
    for channel in changed.split():
        outside = channel.copy()
        outside.paste(0, mask=inside)
        assert outside.getextrema() == (0, 0)
    assert any(c.getextrema()[1] for c in changed.split()), "something changed inside"


def test_a_mask_works_for_webp_too_and_for_images_with_a_colour_profile() -> None:
    after, _ = made("fill it with red", VASE, mask=mask_with(SMALL, (10, 10, 90, 90)), output_format="webp")
    before = of(VASE)
    assert alike(before, after, (100, 0, 512, 512)) == 0
    assert at(after, 0.1, 0.1)[0] > 180


# -- bad input ---------------------------------------------------------------------------------------------------------


def _png_that_claims(width: int, height: int) -> bytes:
    """A PNG whose header promises more than its file holds."""
    head = b"IHDR" + width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x02\0\0\0"
    return b"\x89PNG\r\n\x1a\n" + (13).to_bytes(4, "big") + head + zlib.crc32(head).to_bytes(4, "big")


@pytest.mark.parametrize(
    "data",
    [b"", b"nonsense", BOTTLE[:2000], JAR[:300], _png_that_claims(30000, 30000), _png_that_claims(2**31 - 1, 1), b"<svg xmlns='http://www.w3.org/2000/svg'><image href='file:///etc/passwd'/></svg>", b"GIF89a" + b"\0" * 40],
    ids=["empty", "nonsense", "half a PNG", "half a JPEG", "a bomb", "a wide bomb", "an SVG", "a GIF"],
)  # fmt: skip
def test_bytes_that_are_no_usable_image_are_refused(data: bytes) -> None:
    with pytest.raises(InvalidImage) as caught:
        made("remove the background", data)
    assert caught.value.message.endswith(".")


@pytest.mark.parametrize(
    "prompt",
    ["", "?", "zzz qqq", "a" * 32_000, "remove the background " * 1500, "\u0000\u200b\ufffd", "ꙮ" * 50, "{{ prompt }}", "<script>alert(1)</script>", "add 9999 cats", "put it left of it right of it under it", '"' * 300, "extend to 99:1", "rotate it by 90 degrees" * 50],
)  # fmt: skip
@pytest.mark.parametrize("image", [BOTTLE, MEADOW], ids=["plain", "lively"])
def test_any_instruction_gives_a_picture_or_a_refusal_soon(prompt: str, image: bytes) -> None:
    start = time.process_time()
    with suppress(BeyondModel):
        picture, said = made(prompt, image)
        assert max(picture.size) <= 4096
        assert said
    assert time.process_time() - start < 20, "a loop without end, not a slow machine"


@pytest.mark.parametrize("size", [(1, 1), (1, 700), (3000, 2), (64, 64)])
def test_tiny_and_thin_images(size: tuple[int, int]) -> None:
    data = photos.packed(Image.new("RGB", size, "#808080"))
    for prompt in ("make it black and white", "polaroid", "put it on a beach", 'add the text "Hi"', "make a collage"):
        picture, _ = made(prompt, data)
        assert min(picture.size) >= 1


def test_the_same_request_gives_the_same_bytes() -> None:
    job = Job("put it on a beach and add a cat", 512, 512, "medium", False, "png", None, 5)
    first, again = (edit(EditJob(job, (BOTTLE,)))[0] for _ in range(2))
    assert first == again
    other = edit(EditJob(Job("put it on a beach and add a cat", 512, 512, "medium", False, "png", None, 6), (BOTTLE,)))
    assert other[0] != first, "another seed is another variant"


def test_words_that_say_nothing_give_a_picture_and_the_truth() -> None:
    picture, said = made("make it pretty", BOTTLE)
    assert alike(picture.resize(SMALL), of(BOTTLE)) > 5
    assert "What should change was not understood" in said


@pytest.mark.parametrize(
    ("prompt", "texts"),
    [("Add the word HELLO", ["HELLO"]), ("add a caption saying good morning at the top", ["good morning"]), ('write "Hi"', ["Hi"]), ("put 20% OFF on a badge", [])],
)  # fmt: skip
def test_texts_without_quotation_marks(prompt: str, texts: list[str]) -> None:
    assert [caption.text for caption in read(prompt, 1).captions] == texts


@pytest.mark.parametrize(("prompt", "shape"), [("make it square", (1, 1)), ("Make the square blue", None), ("recolor the red square to purple", None), ("crop to a square", (1, 1)), ("square", (1, 1))])  # fmt: skip
def test_a_square_is_a_format_or_a_thing(prompt: str, shape: tuple[int, int] | None) -> None:
    assert read(prompt, 1).shape == shape
