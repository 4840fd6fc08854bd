"""What a value from outside must be to be stored as JSON in every database. Specs, inputs, prompts are looked at."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

MAX_DEPTH = 64
"""Lists and objects in one another."""
_WHOLE = range(-(2**63), 2**63)

Path = tuple[str | int, ...]


def fault(value: Any) -> str:
    """What in a value keeps it from being stored, in a few words; empty when nothing does."""
    found = first_fault(value)
    return found[1] if found else ""


def first_fault(value: Any) -> tuple[Path, str] | None:
    """The place of the first thing that cannot be stored, and what it is in a few words."""
    open_: list[tuple[Path, Any]] = [((), value)]
    while open_:
        path, item = open_.pop()
        if isinstance(item, Mapping | list | tuple):
            if len(path) >= MAX_DEPTH:
                return path[:3], f"more than {MAX_DEPTH} levels of lists and objects"
            inner = list(item.items()) if isinstance(item, Mapping) else list(enumerate(item))
            if words := next((words for key, _ in inner if (words := _of_one(key))), ""):
                return path, f"{words} in a name"
            open_ += [((*path, key), each) for key, each in reversed(inner)]
        elif words := _of_one(item):
            return path, words
    return None


def _of_one(value: Any) -> str:
    """The same for a value that is neither list nor object."""
    if value is None or isinstance(value, bool | date):
        return ""
    if isinstance(value, str):
        return _of_text(value)
    if isinstance(value, int | float | Decimal):
        return _of_number(value)
    return f"something of the kind '{type(value).__name__}'"


def _of_text(text: str) -> str:
    if "\0" in text:
        return "a NUL character"
    try:
        text.encode()
    except UnicodeEncodeError:
        return "half a character"
    return ""


def _of_number(number: int | float | Decimal) -> str:
    if isinstance(number, int):
        return "" if number in _WHOLE else "a number as large as this"
    if isinstance(number, Decimal):
        usable = number.is_finite() and number.adjusted() < 18
        return "" if usable else "a number as large as this"
    return "" if math.isfinite(number) else "inf or nan"
