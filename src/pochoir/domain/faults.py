"""What pydantic finds wrong with a value, in words for people: half a sentence, without a full stop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pochoir.domain.tools import KEY_PATTERN

EMPTY = frozenset({"missing", "string_too_short", "too_short"})
"""Kinds of faults that mean: there is nothing, where something is needed."""

_WORDS: Mapping[str, str] = {
    **dict.fromkeys(EMPTY, "it is empty"),
    "missing": "it is missing",
    "string_too_long": "it has more than {max_length:,} characters",
    "too_long": "it has more than {max_length:,} items",
    "greater_than_equal": "it must be {ge} or more",
    "less_than_equal": "it must be {le} or less",
    "greater_than": "it must be more than {gt}",
    "less_than": "it must be less than {lt}",
    "literal_error": "it must be {expected}",
    "extra_forbidden": "nothing of this name belongs here",
    "string_type": "a text is needed here",
    "string_unicode": "it holds half a character",
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float", "int_parsing_size"), "a whole number is needed here"),
    **dict.fromkeys(("decimal_type", "decimal_parsing", "finite_number"), "a number is needed here"),
    **dict.fromkeys(("bool_type", "bool_parsing"), "true or false is needed here"),
    **dict.fromkeys(("tuple_type", "list_type"), "a list is needed here"),
    **dict.fromkeys(
        ("dict_type", "model_type", "model_attributes_type"), "an object with names and values is needed here"
    ),
}
_PATTERNS: Mapping[str, str] = {
    KEY_PATTERN: "it must be small letters, digits and underscores, at most 40, with a letter first",
}


def reason(fault: Mapping[str, Any]) -> str:
    """The words for one of a ValidationError's `errors()`, which must have their context."""
    kind, context = str(fault["type"]), fault.get("ctx", {})
    if kind == "string_pattern_mismatch" and (words := _PATTERNS.get(context.get("pattern", ""))):
        return words
    if kind in _WORDS:
        return _WORDS[kind].format_map(context)
    said = str(fault["msg"]).removeprefix("Value error, ").rstrip(".")
    return said[:1].lower() + said[1:]
