"""One row of a table as people write it: a line for each column, or a JSON object."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

HOW = "Write a line for each column, such as name: Tom, or a JSON object."


def from_text(text: str) -> dict[str, Any]:
    """The cells by column; those of lines are texts. Raises ValueError for a text that is neither lines nor an object."""
    if text.lstrip().startswith("{"):
        try:
            return dict(json.loads(text))
        except RecursionError:
            raise ValueError("nested too deeply") from None
    row: dict[str, Any] = {}
    for line in filter(str.strip, text.splitlines()):
        column, colon, cell = (part.strip() for part in line.partition(":"))
        if not colon or not column or column in row:
            raise ValueError("no line of a row")
        row[column] = cell
    return row


def to_text(row: object) -> str:
    """A row as `from_text` reads it back: lines where they can say it; a text stays as it is, nothing is empty."""
    if not isinstance(row, Mapping):
        return "" if row is None else str(row)
    lines = "\n".join(f"{column}: {cell}" for column, cell in row.items())
    try:
        if from_text(lines) == row:
            return lines
    except ValueError:
        pass
    return json.dumps(row, ensure_ascii=False, default=str)
