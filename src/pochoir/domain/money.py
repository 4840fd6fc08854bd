"""Money: integer micro-dollars, usage in raw amounts, quotes before and charges after. No rounding but in `micro_usd`."""

from __future__ import annotations

from dataclasses import dataclass, fields
from decimal import ROUND_HALF_UP, Decimal
from typing import NewType

MicroUSD = NewType("MicroUSD", int)
"""One millionth of a US dollar. A price of 5 USD per million tokens is 5 micro-dollars a token."""

ZERO = MicroUSD(0)


def micro_usd(amount: Decimal) -> MicroUSD:
    """Round an exact amount of micro-dollars half up to a whole one. Called once per quote line or charge line."""
    return MicroUSD(int(amount.quantize(Decimal(1), rounding=ROUND_HALF_UP)))


def dollars(amount: int, *, places: int | None = None) -> str:
    """Write micro-dollars for a person: `$1.50`, `$0.0053`, `free`.

    Without `places`, at least two decimals are shown and at most six, as many as the amount needs.
    """
    if amount == 0 and places is None:
        return "free"
    sign = "-" if amount < 0 else ""
    whole, micro = divmod(abs(amount), 1_000_000)
    if places is not None:
        value = (Decimal(abs(amount)) / 1_000_000).quantize(Decimal(10) ** -places, rounding=ROUND_HALF_UP)
        return f"{sign}${value:,}"
    decimals = f"{micro:06d}".rstrip("0").ljust(2, "0")
    return f"{sign}${whole:,}.{decimals}"


@dataclass(frozen=True, slots=True)
class Usage:
    """Raw amounts that are billed. Tokens are counts; the others serve models billed by the picture.

    `reference_megapixels`: of all images that went in, begun ones, where that is what is billed.
    """

    text_in: int = 0
    cached_text_in: int = 0
    image_in: int = 0
    cached_image_in: int = 0
    text_out: int = 0
    image_out: int = 0
    images: int = 0
    references: int = 0
    reference_megapixels: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(**{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)})

    def times(self, factor: int) -> Usage:
        return Usage(**{f.name: getattr(self, f.name) * factor for f in fields(self)})

    def as_dict(self) -> dict[str, int]:
        """The amounts that are not zero, for the ledger and for pages."""
        return {f.name: value for f in fields(self) if (value := getattr(self, f.name))}


@dataclass(frozen=True, slots=True)
class QuoteLine:
    """One part of a price: what it is for, how many units, at which unit price (micro-dollars a unit), the amount."""

    label: str
    units: int
    unit_microusd: Decimal
    amount: MicroUSD
    exact: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class Quote:
    """The price known before. `exact` is true when no line is an estimate; `basis` names the price's date and source."""

    model: str
    lines: tuple[QuoteLine, ...]
    usage: Usage
    basis: str
    unknown: str = ""
    """Not empty when no price is known: the sentence that says so. The total is then zero and means nothing."""

    @property
    def total(self) -> MicroUSD:
        return MicroUSD(sum(line.amount for line in self.lines))

    @property
    def exact(self) -> bool:
        return not self.unknown and all(line.exact for line in self.lines)

    @property
    def estimated(self) -> MicroUSD:
        """The part of the total that is an estimate."""
        return MicroUSD(sum(line.amount for line in self.lines if not line.exact))


@dataclass(frozen=True, slots=True)
class Charge:
    """The price booked after, from the usage that the engine reported and the price in force that day."""

    lines: tuple[QuoteLine, ...]
    usage: Usage
    basis: str
    unknown: str = ""

    @property
    def total(self) -> MicroUSD:
        return MicroUSD(sum(line.amount for line in self.lines))
