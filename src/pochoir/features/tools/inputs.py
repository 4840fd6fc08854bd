"""What a person or a program gave for a tool's inputs, read into values by the inputs' types, within bounds."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from pochoir.domain.errors import InvalidRequest
from pochoir.domain.storable import fault
from pochoir.domain.tools import Input, Spec
from pochoir.features.tools import rows

MAX_TEXT = 4_000
MAX_LONG_TEXT = 32_000
MAX_IMAGES = 16
MAX_COLUMNS = 200
YES = frozenset({"yes", "true", "on", "1", "ja", "oui", "sí", "si", "sì", "sim", "tak", "はい", "是"})
NO = frozenset({"no", "false", "off", "0", "", "nein", "non", "nee", "não", "nie", "いいえ", "否"})

_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")
"""A thousand in one country, one with three decimals in another."""
_NOTHING: Mapping[str, Any] = {"text": "", "long_text": "", "date": "", "boolean": False}


def inputs_of(spec: Spec, given: Mapping[str, Any]) -> dict[str, Any]:
    """Values for every input of the spec: typed, defaults for what was not sent, JSON-ready (numbers may be Decimal).

    What was sent empty stays empty. Raises InvalidRequest at the first that does not fit, `param` is its key.
    """
    known = {field.key for field in spec.inputs}
    for key in given:
        if key not in known:
            raise InvalidRequest(
                f"This tool has no input '{key}'. "
                + (f"Choose from {', '.join(sorted(known))}." if known else "It takes none."),
                param=str(key),
            )
    return {field.key: _value(field, given) for field in spec.inputs}


def fitting(spec: Spec, given: Mapping[str, Any]) -> dict[str, Any]:
    """What of the values for an earlier version of the spec fits this one, typed."""
    found = {}
    for field in spec.inputs:
        if field.key in given:
            with suppress(InvalidRequest):
                found[field.key] = _value(field, given)
    return found


def _value(field: Input, given: Mapping[str, Any]) -> Any:
    value = given.get(field.key)
    if value is None and (field.required or field.key not in given):
        value = field.default
    if not _is_empty(value):
        return _kept(field, typed(field, value))
    if field.required and field.type != "boolean":
        raise InvalidRequest(f"{field.label} is empty. {_ask(field)}", param=field.key)
    if field.type == "images" or (field.type == "choice" and field.several):
        return []
    return _NOTHING.get(field.type)


def _kept(field: Input, value: Any) -> Any:
    if words := fault(value):
        raise _wrong(field, f"it holds {words}, which cannot be stored", "Change it.")
    return value


def _is_empty(value: Any) -> bool:
    if isinstance(value, str):
        return not value.strip()
    return value is None or (isinstance(value, list | tuple) and not value)


def _ask(field: Input) -> str:
    if field.type == "choice":
        return f"Choose {_listed(field)}."
    return {"image": "Add an image.", "images": "Add at least one image.", "date": "Choose a day."}.get(
        field.type, "Fill it in."
    )


def typed(field: Input, value: Any) -> Any:
    """One value, read as the input's type. Raises InvalidRequest with a sentence that names the field."""
    return _READERS[field.type](field, value)


def _wrong(field: Input, problem: str, advice: str) -> InvalidRequest:
    return InvalidRequest(f"{field.label}: {problem}. {advice}", param=field.key)


def _text(field: Input, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal | date):
        raise _wrong(field, "a text is needed here", "Write one.")
    text, most = str(value), MAX_LONG_TEXT if field.type == "long_text" else MAX_TEXT
    if len(text) > most:
        raise _wrong(field, f"the text has {len(text):,} characters and {most:,} are the most", "Shorten it.")
    return text


def _number(field: Input, value: Any) -> int | Decimal:
    text = str(value).strip()
    try:
        if isinstance(value, bool):
            raise ValueError
        number = Decimal(text.replace(",", "."))
    except (InvalidOperation, ValueError):
        raise _wrong(field, f"'{_short(value)}' is not a number", "Write one in digits.") from None
    if _THOUSANDS.fullmatch(text):
        both = f"Write {text.replace(',', '')} or {number.normalize():f}."
        raise _wrong(field, f"'{text}' can be read in two ways", both)
    if not number.is_finite() or number.adjusted() > 15 or abs(number) > 10**15:
        raise _wrong(field, "this number cannot be used", "Write an ordinary one.")
    if field.minimum is not None and number < field.minimum:
        raise _wrong(field, f"{_short(value)} is below {field.minimum}", f"Choose {field.minimum} or more.")
    if field.maximum is not None and number > field.maximum:
        raise _wrong(field, f"{_short(value)} is above {field.maximum}", f"Choose {field.maximum} or less.")
    return int(number) if number == number.to_integral_value() else number


def _choice(field: Input, value: Any) -> str | list[str]:
    if not field.several:
        return _one_choice(field, value)
    if isinstance(value, str):
        whole = [choice for choice in field.choices if value in {choice.value, choice.label}]
        value = [value] if whole else [part.strip() for part in value.split(",") if part.strip()]
    if not isinstance(value, Sequence):
        raise _wrong(field, "a list is needed here", f"Choose {_listed(field)}.")
    return list(dict.fromkeys(_one_choice(field, item) for item in value))


def _one_choice(field: Input, value: Any) -> str:
    text = str(value).strip()
    for choice in field.choices:
        if text == choice.value:
            return choice.value
    for choice in field.choices:
        if text.casefold() in {choice.value.casefold(), (choice.label or "").casefold()}:
            return choice.value
    raise _wrong(field, f"'{_short(value)}' is not one of the choices", f"Choose {_listed(field)}.")


def _listed(field: Input) -> str:
    names = [choice.label or choice.value for choice in field.choices]
    shown = [*names[:7], "…"] if len(names) > 8 else names
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} or {shown[-1]}" if shown else "one"


def _boolean(field: Input, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word in YES:
        return True
    if word in NO:
        return False
    raise _wrong(field, f"'{_short(value)}' is neither yes nor no", "Choose yes or no.")


def _date(field: Input, value: Any) -> str:
    try:
        return date.fromisoformat(str(value).strip()).isoformat()
    except ValueError:
        raise _wrong(field, f"'{_short(value)}' is not a day", "Write it as 2026-11-23.") from None


def _image(field: Input, value: Any) -> dict[str, str]:
    if isinstance(value, list | tuple) and len(value) == 1:
        value = value[0]
    artifact = value.get("artifact") if isinstance(value, Mapping) else value
    if not isinstance(artifact, str) or not 1 <= len(artifact) <= 200:
        raise _wrong(field, "an image is needed here", "Add one.")
    return {"artifact": artifact}


def _images(field: Input, value: Any) -> list[dict[str, str]]:
    items = value if isinstance(value, list | tuple) else [value]
    if len(items) > MAX_IMAGES:
        raise _wrong(field, f"{len(items)} images are too many, {MAX_IMAGES} is the most", "Choose fewer.")
    return [_image(field, item) for item in items]


def _row(field: Input, value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        try:
            value = rows.from_text(value)
        except ValueError:
            raise _wrong(field, f"'{_short(value)}' is no row of a table", rows.HOW) from None
    if not isinstance(value, Mapping):
        raise _wrong(field, "a row of a table is needed here", rows.HOW)
    if len(value) > MAX_COLUMNS:
        raise _wrong(field, f"{len(value)} columns are too many, {MAX_COLUMNS} is the most", "Leave some out.")
    row = {str(name): item for name, item in value.items()}
    if any(isinstance(item, str) and len(item) > MAX_LONG_TEXT for item in row.values()):
        raise _wrong(field, f"a cell has more than {MAX_LONG_TEXT:,} characters", "Shorten it.")
    return row


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 40 else text[:39] + "…"


_READERS: Mapping[str, Any] = {
    "text": _text,
    "long_text": _text,
    "number": _number,
    "choice": _choice,
    "boolean": _boolean,
    "date": _date,
    "image": _image,
    "images": _images,
    "table_row": _row,
}
