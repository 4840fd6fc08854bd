"""The filters that templates may use, each bounded in what it can make, and how values read inside a text."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from types import MappingProxyType
from typing import Any

from jinja2 import Undefined

MAX_OUTPUT = 32_000
"""Characters that a template may give: as long as the longest prompt."""


class TooLong(Exception):
    """A template would give more than MAX_OUTPUT characters."""


def as_text(value: Any) -> str:
    """A value inside a text: nothing for None, yes or no, lists with commas."""
    if isinstance(value, Undefined):
        return str(value)  # StrictUndefined raises here
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        text = value
    elif isinstance(value, list | tuple):
        text = join(value)
    elif isinstance(value, Mapping):
        text = ", ".join(f"{key}: {as_text(item)}" for key, item in value.items())
    elif isinstance(value, int | float | Decimal | date):
        text = str(value)
    else:
        text = json.dumps(value, ensure_ascii=False, default=str)
    if len(text) > MAX_OUTPUT:
        raise TooLong
    return text


def join(value: Any, separator: Any = ", ") -> str:
    if not isinstance(value, list | tuple):
        return as_text(value)
    between, parts, length = as_text(separator), [], 0
    for item in value:
        parts.append(as_text(item))
        length += len(parts[-1]) + len(between)
        if length > MAX_OUTPUT + len(between):
            raise TooLong
    return between.join(parts)


def replace(value: Any, old: Any, new: Any) -> str:
    text, before, after = as_text(value), as_text(old), as_text(new)
    if not before:
        return text
    if len(text) + text.count(before) * (len(after) - len(before)) > MAX_OUTPUT:
        raise TooLong
    return text.replace(before, after)


def default(value: Any, other: Any = "", also_empty: bool = True) -> Any:
    """`other` when there is no value; an empty one counts as none unless `also_empty` is false."""
    if isinstance(value, Undefined) or value is None:
        return other
    empty = isinstance(value, str | list | tuple) and not value
    return other if also_empty and empty else value


def length(value: Any) -> int:
    if isinstance(value, str | list | tuple | Mapping):
        return len(value)
    raise ValueError("'length' works with texts and lists")


def first(value: Any) -> Any:
    return value[0] if isinstance(value, str | list | tuple) and value else None


def last(value: Any) -> Any:
    return value[-1] if isinstance(value, str | list | tuple) and value else None


def rounded(value: Any, places: int = 0) -> Any:
    """Round half up, to 0 to 6 places; whole numbers come back as such."""
    if not isinstance(places, int) or not 0 <= places <= 6:
        raise ValueError("'round' takes 0 to 6 places")
    number = Decimal(str(value))
    if not number.is_finite() or abs(number) > 10**15:
        raise ValueError("'round' works with ordinary numbers")
    number = number.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    return int(number) if places == 0 else number


def truncate(value: Any, most: int = 255) -> str:
    """The text cut to `most` characters at a word's end, with an ellipsis when something was cut."""
    text = as_text(value)
    if not isinstance(most, int) or most < 1:
        raise ValueError("'truncate' takes a length of 1 or more")
    if len(text) <= most:
        return text
    cut = text[: max(1, most - 1)]
    return (cut.rsplit(" ", 1)[0] if " " in cut else cut).rstrip() + "…"


FILTERS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {
        "upper": lambda value: as_text(value).upper(),
        "lower": lambda value: as_text(value).lower(),
        "title": lambda value: as_text(value).title(),
        "trim": lambda value: as_text(value).strip(),
        "join": join,
        "default": default,
        "length": length,
        "replace": replace,
        "first": first,
        "last": last,
        "round": rounded,
        "truncate": truncate,
    }
)
