"""The directory finds, filters and sorts; names resolve to what they mean today."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

import pochoir
from pochoir.domain.errors import InvalidValue, ModelNotFound
from pochoir.features.catalog.cards import BrokenCard, load_cards
from pochoir.features.catalog.directory import Directory, DirectoryQuery, search
from pochoir.features.catalog.service import CatalogService
from pochoir.features.metering import pricing

CARDS = load_cards(Path(pochoir.__file__).parent / "features/catalog/cards")
TODAY = date(2026, 11, 23)
ALL = Directory(CARDS, TODAY, pricing)


def ids(**query: object) -> list[str]:
    return [row.card.id for row in ALL.search(DirectoryQuery(**query))]  # type: ignore[arg-type]


def test_text_finds_every_word() -> None:
    assert "gpt-image-1-mini" in ids(text="OPENAI mini")
    assert all("openai" in row.words for row in ALL.search(DirectoryQuery(text="openai")))
    assert ids(text="no such model anywhere") == []


def test_filters_narrow_down() -> None:
    for row in ALL.search(DirectoryQuery(abilities=frozenset({"edit", "transparency"}))):
        assert row.card.abilities.edit
        assert row.card.abilities.transparency
    assert ids(abilities=frozenset({"open_weights"}))
    assert set(ids(status="shut down", provider="openai")) == {"dall-e-2", "dall-e-3", "gpt-image-1"}


def test_max_price_is_for_a_medium_square() -> None:
    assert "gpt-image-1-mini" in ids(max_price=8448)
    assert "gpt-image-1-mini" not in ids(max_price=8447)
    assert all(row.price is not None for row in ALL.search(DirectoryQuery(max_price=10**9)))


def test_from_is_the_lowest_cell() -> None:
    row = next(row for row in ALL.rows if row.card.id == "gpt-image-1-mini")
    assert (row.price_from, row.from_words) == (272 * 8, "From $0.002176 / image")
    assert next(row for row in ALL.rows if row.card.id == "pochoir-sketch").from_words == "free"


def test_orders_put_the_unknown_last() -> None:
    prices = [row.price for row in ALL.search(DirectoryQuery(sort="price"))]
    known = [price for price in prices if price is not None]
    assert known == sorted(known)
    assert prices[: len(known)] == known
    days = [row.card.released for row in ALL.search(DirectoryQuery(sort="released")) if row.card.released]
    assert days == sorted(days, reverse=True)
    scores = [row.score for row in ALL.search(DirectoryQuery(sort="score")) if row.score is not None]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > Decimal(1000)


def test_wrong_names_are_refused() -> None:
    with pytest.raises(InvalidValue, match="Choose among"):
        ids(abilities=frozenset({"sing"}))
    with pytest.raises(InvalidValue, match="Choose among"):
        ids(sort="luck")


def test_further_cards_come_after() -> None:
    more = Directory(CARDS[:2], TODAY, pricing).with_cards(CARDS[2:4], TODAY, pricing)
    assert [row.card.id for row in more.rows] == [card.id for card in CARDS[:4]]
    assert search(CARDS[:4], DirectoryQuery(sort="name"), TODAY, pricing) == more.search(DirectoryQuery())


@pytest.mark.parametrize("name", ["gpt-image-2-2026-04-21", "gpt-image-2@2026-04-21"])
async def test_a_dated_name_pins_its_snapshot(name: str) -> None:
    found = await CatalogService(CARDS).resolve(name, TODAY)
    assert (found.card.id, found.snapshot) == ("gpt-image-2", "gpt-image-2-2026-04-21")


async def test_resolving_what_dies_and_what_is_dead() -> None:
    catalog = CatalogService(CARDS)
    assert "1 December 2026" in (await catalog.resolve("gpt-image-1-mini", TODAY)).notes[0]
    with pytest.raises(ModelNotFound, match=r"23 October 2026.*gpt-image-2\.6-sunburst"):
        await catalog.resolve("gpt-image-1", TODAY)
    assert (await catalog.card("gpt-image-1")).name == "GPT Image 1"
    with pytest.raises(ModelNotFound, match="Did you mean gpt-image-2"):
        await catalog.resolve("gpt-imag-2", TODAY)
    with pytest.raises(ModelNotFound, match="no snapshot"):
        await catalog.resolve("gpt-image-2@1999-01-01", TODAY)


CARD = 'family = "F"\nprovider = "P"\n[[models]]\nid = "m"\nname = "M"\nsummary = "S."\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (CARD + "released = 5.5\n", r"two\.toml: 'released' of m2?"),
        (CARD + 'colour = "red"\n', r"two\.toml: 'colour' of m"),
        ("= broken", r"two\.toml is no TOML"),
        (CARD, r"two\.toml: the id 'm' stands in two cards"),
    ],
)
def test_a_broken_card_names_its_file_and_field(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "one.toml").write_text(CARD, encoding="utf-8")
    assert [card.provider for card in load_cards(tmp_path)] == ["P"]
    (tmp_path / "two.toml").write_text(text, encoding="utf-8")
    with pytest.raises(BrokenCard, match=said):
        load_cards(tmp_path)
