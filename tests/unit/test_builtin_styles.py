"""Style words as treatments: each is drawn otherwise, stays repeatable, free of fonts, and keeps type readable."""

from __future__ import annotations

import io
import itertools
import random
import re
from xml.etree import ElementTree

import pytest
from PIL import Image

from pochoir.engines.builtin import archive
from pochoir.engines.builtin.colours import HEX, contrast, lch, mix
from pochoir.engines.builtin.compose import compose
from pochoir.engines.builtin.illustrate import Job, illustrate
from pochoir.engines.builtin.lettering import fit
from pochoir.engines.builtin.paint import Lettered, Sheet, rect
from pochoir.engines.builtin.proof import settle
from pochoir.engines.builtin.styles import TREATMENTS
from pochoir.engines.builtin.understand import understand

WORDS = {
    "outline": "line art", "sketch": "hand-drawn", "pencil": "pencil sketch", "comic": "comic style",
    "papercut": "paper cut",
    "watercolour": "watercolour", "print": "risograph", "neon": "neon sign", "blueprint": "blueprint",
    "isometric": "isometric",
    "duotone": "duotone", "mono": "black and white", "full": "3d glossy", "pixel": "pixel art",
}  # fmt: skip


def svg_of(prompt: str, *, quality: str = "medium", transparent: bool = False, seed: int = 3) -> str:
    return compose(understand(prompt), prompt, 320, 320, quality=quality, transparent=transparent, seed=seed)


def test_every_treatment_has_its_word() -> None:
    assert set(WORDS) == set(TREATMENTS)
    for name, word in WORDS.items():
        assert name in understand(f"a red mug on a table, {word}").styles


@pytest.mark.parametrize("prompt", ["a red mug", 'poster "Hello" with a dog in the park', "icon of a heart"])
def test_styles_differ_and_repeat(prompt: str) -> None:
    made = {}
    for name, word in WORDS.items():
        asked = f"{prompt}, {word}"
        made[name] = svg_of(asked)
        assert svg_of(asked) == made[name]
        tags = {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(made[name]).iter()}
        assert not tags & {"text", "script", "foreignObject"}
        assert name == "full" or "filter" not in tags, "soft shadows are for the fuller drawings alone: they cost time"
    assert len(set(made.values())) == len(made)


@pytest.mark.parametrize("word", WORDS.values())
def test_transparent_styles_keep_their_corner_clear(word: str) -> None:
    data, _ = illustrate(Job(f"a red mug, {word}", 128, 128, "low", True, "png", None, 1))
    picture = Image.open(io.BytesIO(data)).convert("RGBA")
    assert picture.getpixel((0, 0))[3] == 0  # type: ignore[index]
    assert max(picture.getchannel("A").tobytes()) > 220


def test_black_and_white_has_no_colour() -> None:
    body = re.sub(r"<metadata>.*?</metadata>", "", svg_of("a parrot in the garden, black and white"))
    assert max(lch(c)[1] for c in HEX.findall(body)) < 0.01


def test_pixel_art_is_made_of_squares() -> None:
    data, _ = illustrate(Job("a dragon, pixel art", 352, 352, "medium", False, "png", None, 1))
    picture = Image.open(io.BytesIO(data)).convert("RGB")
    assert len(picture.getcolors(352 * 352) or []) <= 48
    small = picture.resize((88, 88), Image.Resampling.NEAREST)
    assert small.resize((352, 352), Image.Resampling.NEAREST).tobytes() == picture.tobytes()


def test_type_gets_a_veil_only_where_nothing_else_would_read() -> None:
    sheet = Sheet(400, 400, 1, random.Random(1))
    sheet.texts.append(Lettered(fit("Sale", "round", 300, 90, most=80), 200, 60, "#2b2b2b", ()))
    calm, split = rect(0, 0, 400, 400, "#f4f0e8"), rect(0, 0, 200, 400, "#ffffff") + rect(200, 0, 200, 400, "#101010")
    assert "<rect" not in "".join(settle(sheet, calm))
    veil, drawn = settle(sheet, split)
    tone, seen = HEX.findall(veil)[0], max(float(o) for o in re.findall(r'stop-opacity="([\d.]+)"', veil))
    for behind in ("#ffffff", "#101010"):
        assert contrast(HEX.findall(drawn)[0], mix(behind, tone, seen)) >= 4.5


@pytest.mark.parametrize("style", ["", ", watercolour", ", line art", ", risograph", ", duotone", ", paper cut"])
def test_patterns_tile_without_a_seam(style: str) -> None:
    prompt = f"seamless pattern of lemons and cats{style}"
    data, _ = illustrate(Job(prompt, 240, 240, "medium", False, "png", None, 4))
    tile = Image.open(io.BytesIO(data)).convert("L")
    rows = [tile.crop((0, y, 240, y + 1)).tobytes() for y in range(240)]
    columns = [tile.crop((x, 0, x + 1, 240)).tobytes() for x in range(240)]
    for lines in (rows, columns):
        steps = [sum(abs(a - b) for a, b in zip(one, two, strict=True)) for one, two in itertools.pairwise(lines)]
        seam = sum(abs(a - b) for a, b in zip(lines[-1], lines[0], strict=True))
        assert seam <= max(steps)


def test_a_mock_up_wears_the_colour_asked_for() -> None:
    scene = understand("T-shirt mock-up with a tiger, black shirt")
    assert (scene.mock, [(t.piece, t.colour_word) for t in scene.things]) == ("tee", [("tiger", ""), ("tee", "black")])


def test_neon_keeps_a_place_that_was_asked_for() -> None:
    empty, city = svg_of("neon style"), svg_of("a city at night, neon style")
    assert city.count("<rect") > empty.count("<rect") + 20


def test_high_quality_and_3d_take_the_fuller_drawings() -> None:
    flat = svg_of("a cat and a rocket")
    for rich in (svg_of("a cat and a rocket", quality="high"), svg_of("a cat and a rocket, 3d")):
        assert rich.count("Gradient id=") > flat.count("Gradient id=") + 20
    assert "filter" not in svg_of("a cat and a rocket, flat design", quality="high")


def test_recoloured_and_many_things_stay_flat() -> None:
    assert "feGaussianBlur" not in svg_of("a blue cat", quality="high")
    assert "feGaussianBlur" not in svg_of("twelve cats", quality="high")
    big = compose(understand("a cat"), "", 4096, 4096, quality="high", transparent=False, seed=3)
    assert "feGaussianBlur" not in big, "too slow on so many pixels"


def test_every_fuller_drawing_and_line_icon_is_of_a_flat_one() -> None:
    for names in archive.restyled().values():
        assert len(names) > 250
        assert all(archive.has(name) for name in names)
    for name in archive.restyled()[archive.FULLER]:
        body = archive.fuller(name) or ""
        ElementTree.fromstring(f'<svg xmlns:xlink="http://www.w3.org/1999/xlink">{body}</svg>')


@pytest.mark.parametrize(
    "prompt", ["line icons: rocket, lock, heart", "outline icon of a rocket", "an icon of a rocket, line art"]
)
def test_line_icons_are_strokes_of_even_width(prompt: str) -> None:
    svg = svg_of(prompt)
    assert (archive.line("rocket") or "none") in svg
    assert 'stroke-width="1.6"' in svg
    assert "Tabler Icons" in svg


def test_line_icons_fall_back_to_lines_of_the_drawing() -> None:
    assert archive.line("t-rex") is None
    assert 'stroke-linejoin="round"' in svg_of("line icon of a dinosaur")
