"""The prompts of marketing and product teams: each gives a picture that says something, the same every time."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from pochoir.engines.builtin import archive
from pochoir.engines.builtin.compose import compose
from pochoir.engines.builtin.report import report
from pochoir.engines.builtin.understand import understand

FILE = Path(__file__).parents[1] / "fixtures/prompts.txt"
LINES = FILE.read_text(encoding="utf-8").splitlines()
PROMPTS = [line.replace("\\n", "\n") for line in LINES if line.strip() and not line.startswith("#")]
FOREIGN = LINES[LINES.index("# group: other languages") + 1 :]


def test_there_are_two_hundred_and_forty_are_not_english() -> None:
    assert len(set(PROMPTS)) == len(PROMPTS) >= 200
    assert len(FOREIGN) >= 40


@pytest.mark.parametrize("prompt", PROMPTS)
def test_each_prompt_is_drawn(prompt: str) -> None:
    scene = understand(prompt)
    svg = compose(scene, prompt, 240, 160, quality="low", transparent=False, seed=5)
    ElementTree.fromstring(svg)
    assert svg == compose(understand(prompt), prompt, 240, 160, quality="low", transparent=False, seed=5)
    assert all(t.piece is None or archive.has(t.piece) for t in scene.things)
    said = report(scene)
    for word in scene.unknown:
        assert word in said or len(scene.unknown) > 12


def test_most_prompts_are_understood() -> None:
    empty = [p for p in PROMPTS if (s := understand(p)).layout == "words" and not s.texts]
    cards = [p for p in PROMPTS if any(t.piece is None for t in understand(p).things)]
    assert len(empty) <= 2, empty
    assert len(cards) <= 2, cards


def test_quoted_texts_are_set_as_they_stand() -> None:
    for prompt in PROMPTS:
        scene = understand(prompt)
        svg = compose(scene, prompt, 400, 400, quality="low", transparent=False, seed=2)
        labels = " ".join(re.findall(r'aria-label="([^"]*)"', svg)) or svg
        for text in scene.texts[:2]:
            if scene.layout not in {"icon", "icons", "pattern", "avatar"}:
                assert text.text.replace("&", "&amp;") in labels, (prompt, text.text)
