"""The price of one image on a card: by size and quality, the lowest, and the one that models are compared by.

Money is worked out by metering, which stands above the catalogue; so it is passed in: `PriceList` is what its module
`pricing` offers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from pochoir.domain.catalog import Card
from pochoir.domain.images import Size
from pochoir.domain.money import MicroUSD, Quote

SQUARE = Size(1024, 1024)
_USUAL = (SQUARE, Size(1024, 1536), Size(1536, 1024))


class PriceList(Protocol):
    """Gives the price of one image going out, on a day, as a quote with one line; `unknown` where there is none."""

    def image_price(self, card: Card, day: date, quality: str | None = None, size: Size | None = None) -> Quote: ...


@dataclass(frozen=True, slots=True)
class Cell:
    """One image of a size and quality (None: the model has no such choice); `amount` is None where no price is known."""

    size: Size
    quality: str | None
    amount: MicroUSD | None
    exact: bool


def sizes_of(card: Card) -> tuple[Size, ...]:
    """The sizes that a card lists; the three usual ones for a model with free sizes or none listed."""
    return tuple(Size.parse(size) for size in card.abilities.sizes if "x" in size) or _USUAL


def cell(card: Card, day: date, prices: PriceList, size: Size, quality: str | None) -> Cell:
    quote = prices.image_price(card, day, quality, size)
    return Cell(size, quality, None if quote.unknown else quote.total, quote.exact)


def cells(card: Card, day: date, prices: PriceList) -> list[Cell]:
    """Every size of the card at every quality."""
    qualities: Sequence[str | None] = card.abilities.qualities or (None,)
    return [cell(card, day, prices, size, quality) for quality in qualities for size in sizes_of(card)]


def cheapest(card: Card, day: date, prices: PriceList) -> Cell | None:
    """The cell with the lowest known price: the "from" of a directory."""
    known = [found for found in cells(card, day, prices) if found.amount is not None]
    return min(known, key=lambda found: found.amount or 0, default=None)


def reference(card: Card, day: date, prices: PriceList) -> Cell:
    """A square of 1024 pixels at medium quality, or at the model's default where it has no medium."""
    can = card.abilities
    quality = "medium" if "medium" in can.qualities else can.default_quality
    return cell(card, day, prices, SQUARE, quality if quality in can.qualities else None)
