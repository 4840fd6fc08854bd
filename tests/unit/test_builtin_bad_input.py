"""Odd and hostile prompts: a sensible picture of bounded work or a clear refusal, never a crash."""

from __future__ import annotations

import io
from xml.etree import ElementTree

import pytest
from bench.prompts import BAD
from PIL import Image

from pochoir.engines.builtin.compose import compose
from pochoir.engines.builtin.illustrate import Job, illustrate
from pochoir.engines.builtin.understand import MAX_COUNT, MAX_THINGS, understand

ELEMENTS = 6000
"""Shapes of the heaviest picture: the whole vocabulary of a prompt, sixty times each, stays under it."""


def svg_of(prompt: str, quality: str = "medium") -> str:
    return compose(understand(prompt), prompt, 512, 512, quality=quality, transparent=False, seed=1)


@pytest.mark.parametrize("quality", ["low", "medium", "high"])
@pytest.mark.parametrize("name", BAD)
def test_every_bad_prompt_becomes_a_whole_picture(name: str, quality: str) -> None:
    data, said = illustrate(Job(BAD[name], 96, 96, quality, False, "png", None, 1))
    picture = Image.open(io.BytesIO(data))
    picture.load()
    assert picture.size == (96, 96)
    assert len(set(picture.convert("RGB").resize((24, 24)).get_flattened_data())) > 3, "not one flat colour"
    assert 3 < len(said) < 4000


@pytest.mark.parametrize("name", BAD)
def test_the_work_is_bounded_and_the_document_is_clean(name: str) -> None:
    root = ElementTree.fromstring(svg_of(BAD[name], "high"))
    tags = [element.tag.rpartition("}")[2] for element in root.iter()]
    assert len(tags) < ELEMENTS
    assert not set(tags) & {"script", "foreignObject", "text", "a", "style", "iframe", "object", "set", "animate"}
    for element in root.iter():
        for attribute, value in element.attrib.items():
            assert not attribute.lower().startswith("on")
            if attribute.rpartition("}")[2] in {"href", "src"}:
                assert value.startswith(("#", "data:image/png;base64,"))
            assert "url(" not in value or "url(#" in value


def test_hostile_markup_is_not_in_the_document() -> None:
    for name in ("markup", "markup in quotes", "entities"):
        drawn = svg_of(BAD[name])
        assert "<script" not in drawn
        assert "onload" not in drawn
        assert "&xxe;" not in drawn
        assert "href='file" not in drawn


def test_nonsense_is_said_to_be_not_understood() -> None:
    _, said = illustrate(Job(BAD["nonsense"], 64, 64, "low", False, "png", None, 1))
    assert "Not understood" in said or "No drawing" in said


def test_contradictory_counts_end_in_one_count_a_thing() -> None:
    things = understand("two three cats and no cats, five cats").things
    assert {t.piece for t in things} == {"cat"}
    assert 1 <= sum(t.count for t in things) <= 10


def test_things_and_counts_are_bounded() -> None:
    scene = understand(BAD["forty things"])
    assert 20 <= len(scene.things) <= MAX_THINGS
    assert sum(t.count for t in understand("999 cats, 888 dogs, 777 cows").things) <= 3 * MAX_COUNT


def test_a_long_prompt_is_read_from_its_start_and_says_so() -> None:
    scene = understand("a red fox in the forest. " + "and then something else happened " * 1000)
    assert scene.things[0].piece == "fox-seated"
    assert any("very long" in note for note in scene.notes)


def test_control_and_invisible_characters_change_nothing() -> None:
    plain, noisy = understand("a red car"), understand("a\u200b \u202ered\x07 \ufeffcar\x00")
    assert [(t.piece, t.colour) for t in noisy.things] == [(t.piece, t.colour) for t in plain.things]


def test_only_a_quoted_text_is_set_as_type() -> None:
    scene = understand('"Hello there"')
    assert (scene.layout, [w.text for w in scene.texts]) == ("words", ["Hello there"])
