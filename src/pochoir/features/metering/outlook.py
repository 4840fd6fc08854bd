"""What a month of work costs on several models, side by side: totals, a plot's points, every size and quality.

All from `pricing.month`, the code that quotes and charges.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from pochoir.domain.catalog import Card
from pochoir.domain.errors import InvalidValue
from pochoir.domain.images import Size
from pochoir.domain.money import MicroUSD, Quote
from pochoir.features.catalog.pricelist import sizes_of
from pochoir.features.metering.pricing import Work, month

MOST_IMAGES = 10_000_000


@dataclass(frozen=True, slots=True)
class Series:
    """The points of one model's line: images a month, and micro-dollars. Empty where no price is known."""

    model: str
    points: tuple[tuple[int, MicroUSD], ...]


@dataclass(frozen=True, slots=True)
class TableRow:
    """The month at another size and quality; an amount is None where the model cannot do it or no price is known."""

    size: Size
    quality: str | None
    amounts: tuple[MicroUSD | None, ...]
    exact: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Outlook:
    """One entry for each card, in the order given."""

    work: Work
    months: tuple[Quote, ...]
    series: tuple[Series, ...]
    table: tuple[TableRow, ...]


def outlook(cards: Sequence[Card], work: Work, day: date, *, steps: int = 10) -> Outlook:
    """A month of the same work on each card. Raises InvalidValue for amounts out of range.

    A quality that a model has not is taken as its own default for the month's total, never in the table.
    """
    if not 0 <= work.images <= MOST_IMAGES:
        raise InvalidValue(f"Images a month go from 0 to {MOST_IMAGES:,}. Enter a number in between.", param="images")
    if not 0 <= work.references <= 100:
        raise InvalidValue("References an image go from 0 to 100. Enter a number in between.", param="references")
    volumes = sorted({work.images * step // steps for step in range(steps + 1)})
    return Outlook(
        work,
        tuple(month(card, _fit(card, work), day) for card in cards),
        tuple(_series(card, _fit(card, work), volumes, day) for card in cards),
        _table(cards, work, day),
    )


def _fit(card: Card, work: Work) -> Work:
    return work if work.quality in (None, *card.abilities.qualities) else replace(work, quality=None)


def _series(card: Card, work: Work, volumes: Sequence[int], day: date) -> Series:
    quotes = [(images, month(card, replace(work, images=images), day)) for images in volumes]
    return Series(card.id, tuple((images, quote.total) for images, quote in quotes if not quote.unknown))


def _table(cards: Sequence[Card], work: Work, day: date) -> tuple[TableRow, ...]:
    sizes = sorted({size for card in cards for size in sizes_of(card)}, key=lambda size: (size.pixels, size))
    named = dict.fromkeys(name for card in cards for name in card.abilities.qualities)
    qualities: Sequence[str | None] = list(named) or (None,)
    rows = []
    for quality in qualities:
        for size in sizes:
            found = [_cell(card, replace(work, size=size, quality=quality), day) for card in cards]
            if any(amount is not None for amount, _ in found):
                rows.append(TableRow(size, quality, tuple(f[0] for f in found), tuple(f[1] for f in found)))
    return tuple(rows)


def _cell(card: Card, work: Work, day: date) -> tuple[MicroUSD | None, bool]:
    can, size = card.abilities, work.size
    fits = size is None or size in sizes_of(card) or bool(can.free_sizes and not can.free_sizes.problem(size))
    if not fits or (can.qualities and work.quality not in (None, *can.qualities)):
        return None, False
    quote = month(card, work if can.qualities else replace(work, quality=None), day)
    return (None, False) if quote.unknown else (quote.total, quote.exact)
