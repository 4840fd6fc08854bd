"""Numbers as people type them into forms."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from pochoir.domain.errors import InvalidValue
from pochoir.domain.money import MicroUSD, micro_usd

MOST = 1_000_000
"""Dollars a month: more is a slip of the finger."""


def read_dollars(text: str) -> MicroUSD | None:
    """An amount as people write it: `50`, `$12.50`, `1,000`. None for an empty text. Raises InvalidValue."""
    plain = text.strip().lstrip("$").replace(",", "").strip()
    if not plain:
        return None
    try:
        amount = Decimal(plain)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or not 0 <= amount <= MOST:
        raise InvalidValue(
            f"'{text[:40]}' is no amount in dollars. Write a number such as 50 or 12.50.", param="monthly"
        )
    return micro_usd(amount * 1_000_000)


def read_count(text: str, param: str) -> int | None:
    """A whole number; None for an empty text. Raises InvalidValue."""
    plain = text.strip().replace(",", "")
    if not plain:
        return None
    if not (plain.isascii() and plain.isdecimal() and len(plain) <= 9):
        raise InvalidValue(f"'{text[:40]}' is no whole number. Write one such as 60, or leave it empty.", param=param)
    return int(plain)
