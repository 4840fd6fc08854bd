"""The offline builder on descriptions written without sight of the rules: half to learn from, half only measured."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

import pochoir
from fixtures.descriptions.score import Figures, load, score
from pochoir.features.catalog.cards import load_cards
from pochoir.features.tools.builders import FirstModel
from pochoir.features.tools.rules.builder import RulesBuilder
from pochoir.steps import registry

CARDS = {card.id: card for card in load_cards(Path(pochoir.__file__).parent / "features/catalog/cards")}
RULES = RulesBuilder(
    CARDS,
    registry.load().types,
    FirstModel(CARDS["pochoir-sketch"], CARDS["gpt-image-2"], ready=False),
    lambda: date(2026, 11, 23),
)
FLOOR = 0.9
DEFAULTS = frozenset({"pochoir-sketch", "gpt-image-2"})
"""The model of a tool that names none: the built-in one, or one that takes images in."""


def figures(half: str) -> Figures:
    return score(load(half), RULES.draft, DEFAULTS)


def test_open_half(capsys: pytest.CaptureFixture[str]) -> None:
    found = figures("open")
    with capsys.disabled():
        print(f"\noffline builder, open half: properties {found.properties}, whole cases {found.cases}")
    assert found.properties.ratio >= FLOOR


def test_held_half_is_only_measured(capsys: pytest.CaptureFixture[str]) -> None:
    found = figures("held")
    with capsys.disabled():
        print(f"\noffline builder, held half: properties {found.properties}, whole cases {found.cases}")
    assert found.properties.of > 0


SECOND_FLOOR = 0.7


def test_second_set(capsys: pytest.CaptureFixture[str]) -> None:
    found = figures("second")
    with capsys.disabled():
        print(f"\noffline builder, second set: properties {found.properties}, whole cases {found.cases}")
    assert found.properties.ratio >= SECOND_FLOOR


def test_second_set_is_whole() -> None:
    second = load("second")
    assert len(second) >= 40
    assert len({case.language for case in second}) >= 9
    assert not {case.text for case in second} & {case.text for half in ("open", "held") for case in load(half)}
