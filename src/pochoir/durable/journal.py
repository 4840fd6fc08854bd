"""What the journal holds: versioned JSON, errors included. Never pickle, so a journal can be read by any later version."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from pochoir.domain.errors import EngineError, InvalidSpec, PochoirError

JOURNAL_VERSION = 1


def done(value: Any) -> dict[str, Any]:
    """The entry of a step that gave a value."""
    return {"v": JOURNAL_VERSION, "ok": value}


def failed(error: PochoirError) -> dict[str, Any]:
    """The entry of a step that ended in one of our errors: it is raised again, the same, when the entry is read."""
    data: dict[str, Any] = {"kind": type(error).__name__, "message": error.message, "code": error.code}
    if error.param is not None:
        data["param"] = error.param
    if isinstance(error, EngineError):
        data |= {"may_have_been_charged": error.may_have_been_charged, "retry_after": error.retry_after}
    if isinstance(error, InvalidSpec):
        data["problems"] = list(error.problems)
    return {"v": JOURNAL_VERSION, "error": data}


def read(entry: Any) -> Any:
    """The value of an entry; raises the error that it holds."""
    if not isinstance(entry, dict) or entry.get("v") != JOURNAL_VERSION:
        raise PochoirError(
            "The journal of this work was written by another version of Pochoir. Go back to that version, or start again."
        )
    if "error" not in entry:
        return entry["ok"]
    raise _error(entry["error"])


def _error(data: dict[str, Any]) -> PochoirError:
    kinds = {kind.__name__: kind for kind in _tree(PochoirError)}
    kind = kinds.get(data["kind"], PochoirError)
    param, code = data.get("param"), data["code"]
    if issubclass(kind, InvalidSpec):
        return kind(data["problems"])
    if issubclass(kind, EngineError):
        return kind(
            data["message"],
            param=param,
            code=code,
            may_have_been_charged=data["may_have_been_charged"],
            retry_after=data["retry_after"],
        )
    return kind(data["message"], param=param, code=code)


def _tree(kind: type[PochoirError]) -> Iterator[type[PochoirError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _tree(child)


def dump(value: Any) -> str:
    """JSON of anything that the durable library stores, its own exceptions included (as their words)."""
    return orjson.dumps(value, default=_plain).decode()


def load(text: str | None) -> Any:
    if text is None:
        return None
    value = orjson.loads(text)
    if isinstance(value, dict) and value.get("exception") is True:
        return RuntimeError(f"{value['kind']}: {value['message']}")
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, BaseException):
        return {"exception": True, "kind": type(value).__name__, "message": str(value)}
    raise TypeError(f"{type(value).__name__} is not JSON")
