"""What a month of work costs on a model: the code of quotes, with what the model cannot do mapped and said. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from pochoir.domain.catalog import Card
from pochoir.domain.errors import InvalidValue
from pochoir.domain.images import ImageRequest, Incoming, Size
from pochoir.domain.money import MicroUSD, Quote, Usage, dollars
from pochoir.features.images import abilities
from pochoir.features.metering.pricing import SQUARE, Work, image_price, month

COMMON_SIZES = ("1024x1024", "1536x1024", "1024x1536", "1920x1080", "1080x1920", "2048x2048")
"""Sizes that are offered where a model makes any."""
MOST_IMAGES, MOST_REFERENCES = 10_000_000, 16
"""Images whose price is asked for, and images that go in for each."""


@dataclass(frozen=True, slots=True)
class Side:
    """One model's month: `request` is the work as this model can do it, `notes` say what was mapped."""

    card: Card
    quote: Quote
    request: ImageRequest
    notes: tuple[str, ...]
    gone: bool = False
    """Shut down: the figure is that of its last price."""
    partial: bool = False
    """A part of the price is not published: the figure is the least that it can be."""

    @property
    def total(self) -> MicroUSD | None:
        return None if self.quote.unknown else self.quote.total

    @property
    def assumed(self) -> str:
        """Size and quality that are priced, for a person."""
        size = self.request.size or SQUARE
        return f"{size.width} × {size.height}" + (f", {self.request.quality}" if self.request.quality else "")


@dataclass(frozen=True, slots=True)
class Cell:
    """The price of one image of a size and a quality; `price` None: the model cannot make it or nothing is published."""

    price: MicroUSD | None
    exact: bool = True
    why: str = ""


@dataclass(frozen=True, slots=True)
class Grid:
    """Prices of every size (rows) and quality (columns) of one model."""

    card: Card
    qualities: tuple[str, ...]
    cells: Mapping[str, tuple[Cell, ...]]

    def row(self, size: str) -> tuple[Cell, ...]:
        return self.cells.get(size, (Cell(None, why="not made"),) * len(self.qualities))


def side_of(card: Card, work: Work, today: date) -> Side:
    """The month on one model: the work as it can do it, the quote, and one sentence for each mapping."""
    asked = ImageRequest(card.id, work.prompt, size=work.size, quality=work.quality)
    adapted, notes = abilities.adapt(card, asked)
    request = abilities.settle(card, adapted)
    try:
        abilities.check(card, adapted, Incoming(work.references))
    except InvalidValue as error:
        return Side(card, Quote(card.id, (), Usage(), "", unknown=error.message), request, notes)
    quote = month(card, _work_of(work, request), today)
    unpriced = bool(
        work.references and quote.lines and not any(line.label == "Images in" and line.amount for line in quote.lines)
    )
    if unpriced:
        notes += (f"What images that go in cost on {card.name} is not published; they are not in this figure.",)
    return Side(card, quote, request, notes, card.status(today) == "shut down", unpriced)


def _work_of(work: Work, request: ImageRequest) -> Work:
    return replace(work, size=request.size, quality=request.quality)


def at_volume(side: Side, work: Work, images: int, today: date) -> MicroUSD | None:
    """The month of the same work at another number of images; None where no price is known."""
    if side.quote.unknown:
        return None
    return month(side.card, replace(_work_of(work, side.request), images=images), today).total


def sentence(sides: Sequence[Side]) -> str:
    """Which is cheaper and by how much; what cannot be said is said."""
    known = [(side.total, side) for side in sides if side.total is not None]
    if len(known) < 2:
        if not known:
            return "Neither can be priced for this work."
        return f"Only {known[0][1].card.name} can be priced for this work: {amount(known[0][1])} a month."
    (low, cheap), (high, dear) = sorted(known, key=lambda pair: pair[0])[:: len(known) - 1]
    if low == high:
        return f"Both cost the same: {amount(cheap)} a month."
    if not low:
        return f"{cheap.card.name} is free; {dear.card.name} costs {amount(dear)} a month."
    if cheap.partial or dear.partial:
        return f"{cheap.card.name} comes to {amount(cheap)} a month, {dear.card.name} to {amount(dear)}."
    about = "" if cheap.quote.exact and dear.quote.exact else "about "
    percent = (high - low) * 100 / high
    share = f"{percent:.0f}%" if percent >= 1 else "less than 1%"
    return f"{cheap.card.name} costs {about}{short(high - low)} less a month: {share} less than {dear.card.name}."


def amount(side: Side) -> str:
    """The total with how sure it is: `about $42.40`, `at least $80`."""
    return ("at least " if side.partial else "" if side.quote.exact else "about ") + short(side.quote.total)


def short(value: int) -> str:
    """Dollars as a person reads them at a glance: `$1,250`, `$12.40`, `$0.0053`, `$0`."""
    if not value:
        return "$0"
    if value >= 1_000_000_000 or value % 1_000_000 == 0:
        return dollars(value, places=0)
    return dollars(value, places=2) if value >= 1_000_000 else dollars(value, places=None if value < 10_000 else 3)


def sizes_of(*cards: Card) -> list[str]:
    """Every size that one of the cards lists, and the common ones that its rule allows, small ones first."""
    found: set[str] = set()
    for card in cards:
        can = card.abilities
        found.update(size for size in can.sizes if "x" in size)
        if can.free_sizes is not None or not can.sizes:
            common = COMMON_SIZES if can.free_sizes is not None else COMMON_SIZES[:1]
            found.update(size for size in common if not abilities.size_problem(can, Size.parse(size)))
    return sorted(found, key=lambda text: ((size := Size.parse(text)).pixels, size.height))


def price_grid(card: Card, sizes: Sequence[str], today: date) -> Grid:
    """What one image costs, for each of the sizes that the card makes."""
    can = card.abilities
    levels: tuple[str | None, ...] = tuple(q for q in can.qualities if q != "auto") or (None,)
    named = _sizes_by_quality(card, today)
    cells = {}
    for text in sizes:
        size = Size.parse(text)
        if not abilities.size_problem(can, size):
            cells[text] = tuple(
                _cell(image_price(card, today, level, size))
                if _fits(named, level, text)
                else Cell(None, why="not made")
                for level in levels
            )
    return Grid(card, tuple(level or "" for level in levels), cells)


def _sizes_by_quality(card: Card, today: date) -> Mapping[str, set[str]]:
    """The sizes that the price list or the token table names for each quality."""
    named = {level: set(row) for level, row in (card.tokens.table if card.tokens else {}).items()}
    price = card.price_on(today)
    for row in price.per_image if price else ():
        if row.quality and row.size:
            named.setdefault(row.quality, set()).add(row.size)
    return named


def _fits(named: Mapping[str, set[str]], level: str | None, size: str) -> bool:
    """False where a size belongs to other qualities only: some models' qualities are sizes (1K, 2K, 4K)."""
    own = named.get(level or "", set())
    return not own or size in own or all(size not in sizes for sizes in named.values())


def _cell(quote: Quote) -> Cell:
    if quote.unknown:
        return Cell(None, why=quote.unknown)
    note = next((line.note for line in quote.lines if line.note), "")
    return Cell(quote.total, quote.exact, note)
