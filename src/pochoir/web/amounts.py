"""Numbers as people type them into forms."""

from __future__ import annotations

import re
from decimal import Decimal

from pochoir.domain.errors import InvalidValue
from pochoir.domain.money import MicroUSD, dollars, micro_usd

MOST = 1_000_000
"""Dollars a month: more is a slip of the finger."""
_DIGITS = 12
_WHOLE = re.compile(r"[0-9]{1,3}(,[0-9]{3})+|[0-9]+")
"""A comma stands between thousands only: elsewhere it may be meant as a decimal point."""
_AMOUNT = re.compile(rf"\$? ?((?:{_WHOLE.pattern})(\.[0-9]{{0,6}})?|\.[0-9]{{1,6}})")


def read_dollars(text: str) -> MicroUSD | None:
    """An amount as people write it: `50`, `$12.50`, `1,000`. None for an empty text. Raises InvalidValue."""
    if not text.strip().lstrip("$").strip():
        return None
    found = _AMOUNT.fullmatch(text.strip())
    amount = Decimal(found[1].replace(",", "")) if found else None
    if amount is None:
        raise InvalidValue(
            f"'{text[:40]}' is no amount in dollars. Write a number such as 50, 12.50 or 1,250.00: cents after a point, a "
            "comma between thousands only.",
            param="monthly",
        )
    if amount > MOST:
        raise InvalidValue(f"More than ${MOST:,} a month is taken for a slip. Write a smaller amount.", param="monthly")
    return micro_usd(amount * 1_000_000)


def write_dollars(amount: int) -> str:
    """An amount in full, as it can be typed again."""
    return dollars(amount) if amount else dollars(0, places=2)


def read_whole(text: str) -> int | None:
    """A whole number such as `60` or `1,000`; None for what is none."""
    plain = text.strip()
    return int(plain.replace(",", "")) if len(plain) <= _DIGITS and _WHOLE.fullmatch(plain) else None


def read_count(text: str, param: str) -> int | None:
    """A whole number; None for an empty text. Raises InvalidValue."""
    if not text.strip():
        return None
    count = read_whole(text)
    if count is None or count >= 10**9:
        raise InvalidValue(
            f"'{text[:40]}' is no whole number. Write one such as 60 or 1,000, or leave it empty.", param=param
        )
    return count
