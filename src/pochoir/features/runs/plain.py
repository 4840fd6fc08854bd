"""Typed values as plain JSON: `plain` for rows that are shown, `packed` for the journal, which gives back the same."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

_DECIMAL, _DATE, _INTEGER, _OBJECT = "$decimal", "$date", "$integer", "$object"
_TAGS = frozenset({_DECIMAL, _DATE, _INTEGER, _OBJECT})
_LONG = 2**63
"""JSON holds whole numbers below this here."""


def plain(value: Any) -> Any:
    """`value` with nothing in it that JSON cannot hold: exact fractions become texts, days their ISO form.

    Inputs of a run are read back to the same by `inputs_of`, which knows their types.
    """
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, int | Decimal) and not -_LONG < value < _LONG:
        return str(value)
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else str(value)
    if isinstance(value, date):
        return value.isoformat()
    return value


def packed(value: Any) -> Any:
    """`value` as JSON from which `unpacked` makes the same, types included. Only tuples come back as lists."""
    if isinstance(value, Mapping):
        inner = {key: packed(item) for key, item in value.items()}
        return {_OBJECT: inner} if _TAGS & inner.keys() else inner
    if isinstance(value, list | tuple):
        return [packed(item) for item in value]
    if isinstance(value, Decimal):
        return {_DECIMAL: str(value)}
    if isinstance(value, date):
        return {_DATE: value.isoformat()}
    if isinstance(value, int) and not -_LONG < value < _LONG:
        return {_INTEGER: str(value)}
    return value


def unpacked(value: Any) -> Any:
    """What was packed. What the journal of an earlier version holds has no tags and comes back as it is."""
    if isinstance(value, list):
        return [unpacked(item) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1 and (tag := next(iter(value))) in _TAGS:
        return _untagged(tag, value[tag])
    return {key: unpacked(item) for key, item in value.items()}


def _untagged(tag: str, inner: Any) -> Any:
    if tag == _DECIMAL:
        return Decimal(inner)
    if tag == _DATE:
        return date.fromisoformat(inner)
    if tag == _INTEGER:
        return int(inner)
    return {key: unpacked(item) for key, item in inner.items()}
