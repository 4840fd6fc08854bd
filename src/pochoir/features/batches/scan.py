"""Reads a batch's input file line by line, says where each request stands, and what is wrong with it. Blocks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from pochoir.features.batches.batch import MAX_INPUT, MAX_LINE, MAX_LINES, Line

MAX_ERRORS = 100
"""After so many the rest of the file is not read."""
MAX_CUSTOM_ID = 512
_FIELDS = {"custom_id", "method", "url", "body"}


@dataclass(slots=True)
class Scan:
    """What was found. With `errors` (each `code`, `message`, `param`, `line`) no request is to be answered."""

    lines: list[Line] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)
    model: str = ""
    """The model that the first request names."""

    def wrong(self, code: str, message: str, *, param: str | None = None, line: int | None = None) -> None:
        self.errors.append({"code": code, "message": message, "param": param, "line": line})


def scan(path: Path, endpoint: str) -> Scan:
    """Check every line of the file for a batch of that endpoint."""
    found = Scan()
    if path.stat().st_size > MAX_INPUT:
        found.wrong("file_too_large", f"The file has more than {MAX_INPUT >> 20} MB. Split it into several batches.")
        return found
    seen: set[str] = set()
    with path.open("rb") as file:
        number, start = 0, 0
        while raw := file.readline(MAX_LINE + 1):
            number += 1
            if len(raw) > MAX_LINE:
                found.wrong("line_too_long", f"The line has more than {MAX_LINE >> 20} MB. {_AS_FILES}", line=number)
                return found
            if raw.strip():
                _line(found, seen, endpoint, raw, number, start)
            start += len(raw)
            if len(found.lines) > MAX_LINES:
                found.wrong(
                    "too_many_lines", f"The file has more than {MAX_LINES:,} requests. Split it into several batches."
                )
            if len(found.errors) >= MAX_ERRORS or len(found.lines) > MAX_LINES:
                return found
    if not found.lines and not found.errors:
        found.wrong("empty_file", "The file holds no request. Put one JSON object into each line.")
    return found


_AS_FILES = "Upload its images as files and name them by 'file_id'."


def _line(found: Scan, seen: set[str], endpoint: str, raw: bytes, number: int, start: int) -> None:
    data = _parsed(raw)
    if not isinstance(data, dict):
        found.wrong("invalid_json_line", "The line is no JSON object. Write one object into each line.", line=number)
        return
    custom_id, body = data.get("custom_id"), data.get("body")
    if not isinstance(custom_id, str) or not 1 <= len(custom_id) <= MAX_CUSTOM_ID or "\0" in custom_id:
        message = f"'custom_id' must be a text of 1 to {MAX_CUSTOM_ID} characters, none of them NUL. Give the line one."
        found.wrong("invalid_custom_id", message, param="custom_id", line=number)
    elif custom_id in seen:
        message = f"'{custom_id[:80]}' is the custom_id of an earlier line. Give every line another."
        found.wrong("duplicate_custom_id", message, param="custom_id", line=number)
    elif data.get("method") != "POST":
        found.wrong("invalid_method", "'method' must be 'POST'. Change it.", param="method", line=number)
    elif data.get("url") != endpoint:
        message = f"'url' must be the batch's endpoint, {endpoint}. Change it."
        found.wrong("invalid_url", message, param="url", line=number)
    elif not isinstance(body, dict):
        found.wrong("invalid_body", "'body' must be an object. Write the request into it.", param="body", line=number)
    elif unknown := set(data) - _FIELDS:
        name = min(unknown)
        found.wrong(
            "unknown_parameter", f"'{name[:80]}' is not known here. Leave it out.", param=name[:80], line=number
        )
    else:
        if not found.lines and isinstance(body.get("model"), str):
            found.model = body["model"][:200].replace("\0", "")
        seen.add(custom_id)
        found.lines.append(Line(number, custom_id, start, len(raw)))


def bodies_with(path: Path, word: bytes) -> Iterator[Mapping[str, Any]]:
    """The requests that hold this word, good or not: a pass over the file that looks into few lines, or none."""
    with path.open("rb") as file:
        while raw := file.readline(MAX_LINE + 1):
            data = _parsed(raw) if word in raw else None
            if isinstance(data, dict) and isinstance(data.get("body"), dict):
                yield data["body"]


def body_of(path: Path, line: Line) -> dict[str, Any]:
    """The request in a line that was found good."""
    with path.open("rb") as file:
        file.seek(line.start)
        body: dict[str, Any] = _parsed(file.read(line.length))["body"]
    return body


def _parsed(raw: bytes) -> Any:
    try:
        return orjson.loads(raw.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError:
        return None
