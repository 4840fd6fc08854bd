"""Succession rules: what a name means on which day, and what may not be set."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

import pochoir
from pochoir.domain.errors import Conflict, InvalidValue, ModelNotFound, NotFound
from pochoir.features.catalog.cards import load_cards
from pochoir.features.catalog.service import CatalogService
from pochoir.features.successions.service import SuccessionsService
from pochoir.infra.clock import Clock
from pochoir.infra.db import Database

CARDS = load_cards(Path(pochoir.__file__).parent / "features/catalog/cards")
TODAY = date(2026, 11, 23)


@pytest.fixture
def rules(db: Database, clock: Clock) -> SuccessionsService:
    return SuccessionsService(db, clock)


@pytest.fixture
def catalog(rules: SuccessionsService) -> CatalogService:
    return CatalogService(CARDS, rules=rules.rules)


async def test_a_dead_model_is_refused_without_a_rule_and_answered_with_one(
    rules: SuccessionsService, catalog: CatalogService
) -> None:
    with pytest.raises(ModelNotFound, match="gpt-image-2"):
        await catalog.resolve("gpt-image-1", TODAY)
    await rules.put("gpt-image-1", "gpt-image-2", at_once=False)
    found = await catalog.resolve("gpt-image-1", TODAY)
    assert (found.card.id, found.ruled) == ("gpt-image-2", True)
    assert found.notes == (
        "GPT Image 1 was shut down on 23 October 2026; your rule sends its requests to gpt-image-2.",
    )
    await rules.remove("gpt-image-1")
    with pytest.raises(ModelNotFound):
        await catalog.resolve("gpt-image-1", TODAY)


async def test_a_rule_waits_for_the_last_day_unless_it_is_told_not_to(
    rules: SuccessionsService, catalog: CatalogService
) -> None:
    await rules.put("gpt-image-1-mini", "gpt-image-2", at_once=False)
    found = await catalog.resolve("gpt-image-1-mini", TODAY)
    assert (found.card.id, found.ruled) == ("gpt-image-1-mini", False)
    assert found.notes[0].endswith("From then on your rule sends its requests to gpt-image-2.")
    assert (await catalog.resolve("gpt-image-1-mini", date(2026, 12, 1))).card.id == "gpt-image-2"
    await rules.put("gpt-image-1-mini", "gpt-image-2", at_once=True)
    assert (await catalog.resolve("gpt-image-1-mini", TODAY)).card.id == "gpt-image-2"


async def test_snapshots_and_aliases_of_a_model_follow_its_rule(
    rules: SuccessionsService, catalog: CatalogService
) -> None:
    await rules.put("gpt-image-1.5", "gpt-image-2", at_once=True)
    assert (await catalog.resolve("gpt-image-1.5-2025-12-16", TODAY)).card.id == "gpt-image-2"


async def test_a_name_of_ones_own_means_a_model(rules: SuccessionsService, catalog: CatalogService) -> None:
    await rules.put("house-style", "pochoir-sketch@2026-11-23", at_once=False)
    found = await catalog.resolve("house-style", TODAY)
    assert (found.card.id, found.snapshot) == ("pochoir-sketch", "pochoir-sketch@2026-11-23")


async def test_rules_follow_one_another_but_never_in_a_circle(
    rules: SuccessionsService, catalog: CatalogService
) -> None:
    await rules.put("gpt-image-1", "gpt-image-1-mini", at_once=False)
    await rules.put("gpt-image-1-mini", "gpt-image-2", at_once=True)
    found = await catalog.resolve("gpt-image-1", TODAY)
    assert (found.card.id, len(found.notes)) == ("gpt-image-2", 2)
    with pytest.raises(InvalidValue, match="back to gpt-image-2"):
        await rules.put("gpt-image-2", "gpt-image-1", at_once=True)
    with pytest.raises(InvalidValue, match="back to x"):
        await rules.put("x", "x", at_once=True)


async def test_a_new_name_replaces_no_rule(rules: SuccessionsService) -> None:
    await rules.put("house-style", "gpt-image-2", at_once=False, new=True)
    with pytest.raises(Conflict, match="means gpt-image-2 already"):
        await rules.put(" house-style ", "pochoir-sketch", at_once=False, new=True)
    await rules.put("house-style", "pochoir-sketch", at_once=False)
    assert (await rules.rules())["house-style"].model == "pochoir-sketch"


@pytest.mark.parametrize("name", ["", "  ", "two words", "<b>", "x" * 101])
async def test_names_that_no_program_sends_are_refused(rules: SuccessionsService, name: str) -> None:
    with pytest.raises(InvalidValue, match="Change it"):
        await rules.put(name, "gpt-image-2", at_once=False)


async def test_a_rule_that_is_gone_is_said(rules: SuccessionsService) -> None:
    with pytest.raises(NotFound, match="Reload"):
        await rules.remove("house-style")
