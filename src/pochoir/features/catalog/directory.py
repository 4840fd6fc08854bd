"""The directory of models: search, filter and sort. Pure; the prices of a day are worked out once, then only looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from pochoir.domain.catalog import Card, Status
from pochoir.domain.errors import InvalidValue
from pochoir.domain.money import MicroUSD, dollars
from pochoir.features.catalog.pricelist import PriceList, cheapest, reference

Ability = Literal["text_to_image", "edit", "mask", "transparency", "free_sizes", "open_weights"]
Sort = Literal["name", "price", "released", "score"]

ABILITIES: Mapping[str, Callable[[Card], bool]] = {
    "text_to_image": lambda card: card.abilities.text_to_image is True,
    "edit": lambda card: card.abilities.edit is True,
    "mask": lambda card: card.abilities.mask in {"hint", "exact"},
    "transparency": lambda card: card.abilities.transparency is True,
    "free_sizes": lambda card: card.abilities.free_sizes is not None,
    "open_weights": lambda card: card.open_weights is True,
}
SORTS: tuple[Sort, ...] = ("name", "price", "released", "score")
BOARD = "text to image"
"""Models are sorted by their newest score on a board with these words in its name."""


@dataclass(frozen=True, slots=True)
class DirectoryQuery:
    """What is looked for. `max_price`: micro-dollars for a square of 1024 px at medium quality; unknown ones fall out."""

    text: str = ""
    abilities: frozenset[str] = frozenset()
    provider: str | None = None
    status: Status | None = None
    max_price: int | None = None
    sort: Sort = "name"


@dataclass(frozen=True, slots=True)
class Row:
    """One model in the list. Prices are micro-dollars an image, None where not known; `price` is the one sorted by."""

    card: Card
    status: Status
    price_from: MicroUSD | None
    price: MicroUSD | None
    exact: bool
    score: Decimal | None
    words: str

    @property
    def from_words(self) -> str:
        """`From $0.005 / image`, `free`, or that no price is known."""
        if self.price_from is None:
            return "no price known"
        return "free" if self.price_from == 0 else f"From {dollars(self.price_from)} / image"


class Directory:
    """The rows of some cards on one day. Cheap to search, dearer to make: keep it for the day."""

    def __init__(self, cards: Iterable[Card], today: date, prices: PriceList) -> None:
        self.rows = tuple(_row(card, today, prices) for card in cards)

    def with_cards(self, cards: Iterable[Card], today: date, prices: PriceList) -> Directory:
        """A directory with further cards after its own; the known rows are not worked out again."""
        more = Directory(cards, today, prices)
        more.rows = (*self.rows, *more.rows)
        return more

    def providers(self) -> list[str]:
        return sorted({row.card.provider for row in self.rows}, key=str.casefold)

    def search(self, query: DirectoryQuery) -> list[Row]:
        """The rows that fit all of the query, sorted, unknown values last. Raises InvalidValue for a wrong name."""
        if unknown := query.abilities - ABILITIES.keys():
            raise InvalidValue(
                f"'{min(unknown)}' is no ability. Choose among {', '.join(ABILITIES)}.", param="abilities"
            )
        if query.sort not in SORTS:
            raise InvalidValue(f"'{query.sort}' is no order. Choose among {', '.join(SORTS)}.", param="sort")
        words = query.text.casefold().split()
        found = [row for row in self.rows if _fits(row, query, words)]
        return sorted(found, key=_order(query.sort))


def search(cards: Iterable[Card], query: DirectoryQuery, today: date, prices: PriceList) -> list[Row]:
    """Search some cards once."""
    return Directory(cards, today, prices).search(query)


def _row(card: Card, today: date, prices: PriceList) -> Row:
    low, usual = cheapest(card, today, prices), reference(card, today, prices)
    scores = [score for score in card.scores if BOARD in score.board.casefold()]
    newest = max(scores, key=lambda score: score.day, default=None)
    words = " ".join((card.id, card.name, card.provider, card.family, card.summary, *card.aliases, *card.use_cases))
    return Row(
        card,
        card.status(today),
        low.amount if low else None,
        usual.amount,
        usual.exact,
        newest.value if newest else None,
        words.casefold(),
    )


def _fits(row: Row, query: DirectoryQuery, words: list[str]) -> bool:
    return (
        (query.provider is None or row.card.provider.casefold() == query.provider.casefold())
        and (query.status is None or row.status == query.status)
        and (query.max_price is None or (row.price is not None and row.price <= query.max_price))
        and all(ABILITIES[name](row.card) for name in query.abilities)
        and all(word in row.words for word in words)
    )


def _order(sort: Sort) -> Callable[[Row], tuple[bool, Decimal | int, str]]:
    def key(row: Row) -> tuple[bool, Decimal | int, str]:
        value: Decimal | int | None = 0
        if sort == "price":
            value = row.price
        elif sort == "released":
            value = -row.card.released.toordinal() if row.card.released else None
        elif sort == "score":
            value = -row.score if row.score is not None else None
        return value is None, value or 0, row.card.name.casefold()

    return key
