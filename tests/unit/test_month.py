"""What a month of work costs: the same figures as the quotes, with mappings and gaps said."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pochoir
from pochoir.domain.images import Size
from pochoir.features.catalog.cards import load_cards
from pochoir.features.images.month import at_volume, price_grid, sentence, side_of, sizes_of
from pochoir.features.metering.pricing import Work, month

CARDS = {card.id: card for card in load_cards(Path(pochoir.__file__).parent / "features/catalog/cards")}
TODAY = date(2026, 11, 23)
FULL, MINI = CARDS["gpt-image-1"], CARDS["gpt-image-1-mini"]
WORK = Work(1000, Size(1024, 1024), "high")


def test_a_month_on_two_models() -> None:
    sides = [side_of(card, WORK, TODAY) for card in (FULL, MINI)]
    outputs = [next(line.amount for line in side.quote.lines if line.label == "Images out") for side in sides]
    assert outputs == [4160 * 40 * 1000, 4160 * 8 * 1000]
    assert [side.total for side in sides] == [month(card, WORK, TODAY).total for card in (FULL, MINI)]
    assert sides[0].gone
    assert not sides[1].gone
    assert [at_volume(side, WORK, 0, TODAY) for side in sides] == [0, 0]
    assert sentence(sides).startswith("GPT Image 1 mini costs about $")


def test_what_a_model_cannot_do_is_mapped_and_said() -> None:
    side = side_of(MINI, Work(10, Size(1920, 1080), "max"), TODAY)
    assert (str(side.request.size), side.request.quality) == ("1536x1024", "high")
    assert len(side.notes) == 2


def test_a_price_of_references_that_nobody_publishes_is_no_exact_zero() -> None:
    card = CARDS["flux-2-klein-4b"]
    with_two = side_of(card, Work(10, Size(1024, 1024), references=2), TODAY)
    if with_two.partial:
        assert not with_two.quote.exact
        assert "not published" in " ".join(with_two.notes)
    else:
        assert any(line.label == "Images in" and line.amount for line in with_two.quote.lines)


def test_every_size_and_quality() -> None:
    grid = price_grid(FULL, sizes_of(FULL, MINI), TODAY)
    assert grid.qualities == ("low", "medium", "high")
    assert [cell.price for cell in grid.row("1024x1024")] == [272 * 40, 1056 * 40, 4160 * 40]
    assert all(cell.price is None for cell in grid.row("4096x4096"))


def test_every_model_has_a_month_or_a_reason() -> None:
    for card in CARDS.values():
        side = side_of(card, Work(100, references=1), TODAY)
        assert side.quote.unknown or side.total is not None
