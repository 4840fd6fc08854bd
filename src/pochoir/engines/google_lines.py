"""The lines of Google's batch files: requests as `{"key", "request"}`, answers as `{"key", "response" or "error"}`.

Google makes one image a line, so a request for several becomes several lines, and their answers are put together again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

import orjson

from pochoir.domain.errors import EngineError, PochoirError
from pochoir.domain.images import ImageRequest
from pochoir.engines import openai_wire as wire
from pochoir.engines.base import BatchReply
from pochoir.engines.google_errors import error_of
from pochoir.engines.google_wire import PICTURE, TITLE, body_of

_KEY = re.compile(r"(.*)\.(\d+)\.(\d+)")
_CANCELLED = 1
_HTTP: Final[Mapping[int, int]] = MappingProxyType(
    {3: 400, 4: 504, 5: 404, 6: 409, 7: 403, 8: 429, 9: 400, 10: 409, 11: 400, 12: 501, 14: 503, 16: 401}
)
"""google.rpc.Code to the HTTP status that goes with it; a line's error carries the one or the other."""


def rows(request: ImageRequest, name: str) -> Iterator[bytes]:
    """A request as lines of an input file."""
    for number in range(request.n):
        key = name if request.n == 1 else f"{name}.{number}.{request.n}"
        yield orjson.dumps({"key": key, "request": body_of(request, number)}) + b"\n"


class Gathered:
    """Puts the answers to one request together. Google writes them in the order asked, so few are held at a time."""

    def __init__(self) -> None:
        self._held: dict[str, dict[int, wire.Answer]] = {}

    def add(self, line: bytes) -> BatchReply | None:
        """Take a line of a results file; a reply once all its lines are here. Empty and unreadable lines are left out."""
        answer = wire.take_apart(line, PICTURE) if line.strip() else None
        if answer is None or not isinstance(key := answer.head.get("key"), str):
            return None
        several = _KEY.fullmatch(key)
        name, number, count = (several[1], int(several[2]), int(several[3])) if several else (key, 0, 1)
        images = self._held.setdefault(name, {})
        images[number] = answer
        return self._reply(name) if len(images) >= count else None

    def rest(self) -> Iterator[BatchReply]:
        """Once the file is read: replies of which a line is missing."""
        for name in list(self._held):
            yield self._reply(name)

    def _reply(self, name: str) -> BatchReply:
        images = self._held.pop(name)
        states = [_status(answer.head) for answer in images.values()]
        status = 200 if 200 in states else max(states)
        return BatchReply(name, status, images, "" if status else "cancelled")


def response_in(answer: wire.Answer, where_key: str) -> wire.Answer:
    """What a line answers. Raises what stands there instead."""
    status = _status(answer.head)
    if status == 200:
        return wire.inside(answer, answer.head["response"])
    raise _error(answer.head, status, where_key)


def _error(head: Mapping[str, Any], status: int, where_key: str) -> PochoirError:
    if not status:
        return EngineError(f"{TITLE} did not come to this image: its batch was cancelled. Ask for it again.")
    return error_of(status, orjson.dumps({"error": head.get("error")}), TITLE, where_key)


def _status(head: Mapping[str, Any]) -> int:
    """As HTTP would say it; 0 when the batch was cancelled before this line."""
    if isinstance(head.get("response"), dict):
        return 200
    error = head.get("error")
    code = error.get("code") if isinstance(error, dict) else None
    if code == _CANCELLED:
        return 0
    if not isinstance(code, int):
        return 500
    return code if code >= 400 else _HTTP.get(code, 500)
