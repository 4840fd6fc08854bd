"""Small pieces of English for computed sentences: counts, lists, days, percentages. Knows no card."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

UNKNOWN = "not published"


def count(number: int, one: str, many: str | None = None) -> str:
    """`1 image`, `2,000 images`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def listed(words: Sequence[str], last: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def day(when: date) -> str:
    """`1 December 2026`."""
    return f"{when.day} {when:%B %Y}"


def on_day(when: date | None) -> str:
    """` on 1 December 2026`; nothing where the day is not known."""
    return f" on {day(when)}" if when else ""


def percent(part: Decimal | int, whole: Decimal | int) -> str:
    """How much less `part` is than `whole`, as `60%`; never `0%` or `100%` for two amounts that differ."""
    share = (1 - Decimal(part) / Decimal(whole)) * 100
    rounded = share.quantize(Decimal(1), rounding=ROUND_HALF_UP)
    if rounded in (0, 100) and share != rounded:
        rounded = share.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)
    return f"{rounded}%"


def usd(amount: Decimal) -> str:
    """`$5`, `$0.25`, `$0.625`: dollars as providers print them."""
    whole = amount.quantize(Decimal(1)) if amount == amount.to_integral() else amount.normalize()
    text = f"{whole:f}"
    return f"${text}0" if len(text.partition(".")[2]) == 1 else f"${text}"
