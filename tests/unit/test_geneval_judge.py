"""GenEval's judge: takes and refuses pictures made by hand, and a fixed sample of prompts passes."""

from __future__ import annotations

import io
import random
from typing import Any

import numpy as np
import pytest
from bench.geneval import DATA, draw, lines, wrong
from bench.sight import terms
from bench.sight.classes import DRAWINGS, drawings_of
from bench.sight.judge import Judge, places
from bench.sight.look import Picture
from bench.sight.pixels import areas, decode, joined, to_lab
from PIL import Image

from pochoir.engines.builtin import archive

SIZE = 400


def stamp(page: Image.Image, name: str, x: int, y: int, height: int, *, hue: str = "", flip: bool = False) -> None:
    """Paste a drawing of the archive, with `hue` in one colour for its largest area."""
    import resvg

    piece = archive.piece(name)
    body = piece.body.replace(piece.colours[0][0], hue) if hue else piece.body
    x0, y0, x1, y1 = piece.box
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{height * piece.aspect:.0f}" height="{height}" '
        f'viewBox="{x0} {y0} {x1 - x0} {y1 - y0}">{body}</svg>'
    )
    tree = resvg.usvg.Tree.from_str(svg, resvg.usvg.Options.default())
    shown = Image.open(io.BytesIO(resvg.render(tree, (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)))).convert("RGBA")
    shown = shown.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if flip else shown
    page.alpha_composite(shown, (x, y))


def page() -> Image.Image:
    return Image.new("RGBA", (SIZE, SIZE), "#d8e4ea")


def judge(made: Image.Image) -> Judge:
    return Judge(Picture(np.asarray(made.convert("RGB"))))


def asks(*wanted: dict[str, Any], exclude: int = 0) -> dict[str, Any]:
    line: dict[str, Any] = {"include": [{"count": 1, **w} for w in wanted]}
    if exclude:
        line["exclude"] = [{"class": wanted[0]["class"], "count": exclude}]
    return line


def test_the_list_is_the_public_one() -> None:
    tags = [line["tag"] for line in lines()]
    assert len(tags) == 553
    assert {tag: tags.count(tag) for tag in set(tags)} == {
        "single_object": 80, "two_object": 99, "counting": 80, "colors": 94, "position": 100, "color_attr": 100,
    }  # fmt: skip
    assert (DATA.parent / "LICENSE").is_file()


def test_every_class_of_the_list_has_a_drawing() -> None:
    assert {w["class"] for line in lines() for w in line["include"]} <= set(DRAWINGS)
    assert not [name for name in DRAWINGS if not drawings_of(name)]


def test_finds_what_is_there_and_nothing_else() -> None:
    made = page()
    stamp(made, "umbrella", 40, 60, 120)
    stamp(made, "umbrella", 220, 200, 90, flip=True)
    found = judge(made)
    assert len(found.find("umbrella")) == 2
    assert found.judge(asks({"class": "umbrella", "count": 2}, exclude=3)).holds
    assert not found.judge(asks({"class": "umbrella", "count": 3}, exclude=4)).holds
    assert not found.judge(asks({"class": "umbrella", "count": 1}, exclude=2)).holds
    assert not found.judge(asks({"class": "kite"})).holds
    assert not found.judge(asks({"class": "orange"})).holds


def test_an_empty_picture_holds_nothing() -> None:
    found = judge(page())
    assert not [name for name in DRAWINGS if found.find(name)]


def test_a_plain_circle_is_no_orange() -> None:
    made = page()
    made.alpha_composite(Image.new("RGBA", (120, 120), "#ff8000"), (100, 100))
    dot = np.asarray(made).copy()
    y, x = np.mgrid[:SIZE, :SIZE]
    dot[(y - 300) ** 2 + (x - 300) ** 2 < 60**2] = (255, 128, 0, 255)
    assert not judge(Image.fromarray(dot)).find("orange")


def test_finds_a_thing_that_is_partly_hidden_but_no_half_of_one() -> None:
    made = page()
    stamp(made, "sofa", 60, 120, 160)
    hidden = made.copy()
    hidden.alpha_composite(Image.new("RGBA", (36, 200), "#d03030"), (60, 100))
    assert judge(hidden).find("couch")
    hidden.alpha_composite(Image.new("RGBA", (160, 200), "#d03030"), (60, 100))
    assert not judge(hidden).find("couch")


def test_names_the_colour_of_a_thing() -> None:
    made = page()
    stamp(made, "umbrella", 40, 60, 120, hue="#8b4fd0")
    found = judge(made)
    assert found.judge(asks({"class": "umbrella", "color": "purple"})).holds
    assert not found.judge(asks({"class": "umbrella", "color": "blue"})).holds


@pytest.mark.parametrize(
    ("value", "term"),
    [("#e5383b", "red"), ("#f77f00", "orange"), ("#2fa84f", "green"), ("#2b6fe8", "blue"), ("#8b4fd0", "purple"),
     ("#f06ba8", "pink"), ("#8a5a3b", "brown"), ("#26262b", "black"), ("#fafaf7", "white"), ("#808080", "gray")],
)  # fmt: skip
def test_colour_terms(value: str, term: str) -> None:
    rgb = np.array([[[int(value[k : k + 2], 16) for k in (1, 3, 5)]]], np.uint8)
    assert terms.dominant(to_lab(rgb)[0]) == term


def test_places_are_those_of_geneval() -> None:
    here = (0.0, 0.0, 10.0, 10.0)
    assert places((30.0, 0.0, 40.0, 10.0), here) == {"right of"}
    assert places((0.0, -30.0, 10.0, -20.0), here) == {"above"}
    assert places((30.0, 30.0, 40.0, 40.0), here) == {"right of", "below"}
    assert places((1.0, 0.0, 11.0, 10.0), here) == set()


def test_position_is_judged_from_the_picture() -> None:
    made = page()
    stamp(made, "umbrella", 30, 40, 110)
    stamp(made, "kite", 240, 200, 130)
    found = judge(made)
    assert found.judge(asks({"class": "umbrella"}, {"class": "kite", "position": ["right of", 0]})).holds
    assert not found.judge(asks({"class": "umbrella"}, {"class": "kite", "position": ["left of", 0]})).holds


def test_areas_are_numbered_by_connection() -> None:
    rgb = np.zeros((4, 5, 3), np.uint8)
    rgb[:, 2] = 255
    assert len(np.unique(areas(*joined(to_lab(rgb), 2.0)))) == 3


@pytest.mark.parametrize("line", lines(12), ids=lambda line: line["prompt"])
def test_a_sample_of_prompts_is_fulfilled_and_wrong_lines_are_not(line: dict[str, Any]) -> None:
    found = Judge(Picture(decode(draw(line["prompt"], 512))))
    assert found.judge(line).holds
    assert [why for why, other in wrong(line, random.Random(1)) if found.judge(other).holds] == []
