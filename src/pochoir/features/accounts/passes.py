"""Passes: what a program hands to a browser in the place of its key. Sealed, good for some minutes, stored nowhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from pochoir.domain.errors import InvalidValue, NotSignedIn
from pochoir.infra.clock import Clock
from pochoir.infra.secrets import Sealer

OURS = "ek_"
LONGEST = 7_200
"""Seconds."""
MAX_CONTENT = 4_000
"""Characters of what a pass carries: all of it must fit into one header."""


@dataclass(frozen=True, slots=True)
class Pass:
    """`key`: the id of the key that it stands for; None where none was needed. `content` is its maker's business."""

    key: str | None
    content: Mapping[str, Any]


class Passes:
    def __init__(self, sealer: Sealer, clock: Clock) -> None:
        self._sealer = sealer
        self._clock = clock

    def issue(self, made: Pass, seconds: int) -> tuple[str, int]:
        """The pass in letters that a header may hold, and when it ends (seconds since 1970). Raises InvalidValue."""
        now = self._now()
        text = orjson.dumps({"key": made.key, "until": now + seconds, "content": dict(made.content)}).decode()
        if len(text) > MAX_CONTENT:
            raise InvalidValue(
                f"What goes with a client secret has at most {MAX_CONTENT:,} characters. Send longer instructions with "
                "session.update.",
                param="session",
            )
        return OURS + self._sealer.ticket(text, now).rstrip("="), now + seconds

    def read(self, value: str) -> Pass:
        """Raises NotSignedIn when it is forged, damaged or over."""
        ticket = value.removeprefix(OURS)
        now = self._now()
        text = self._sealer.holder(ticket + "=" * (-len(ticket) % 4), now, LONGEST)
        found = _content(text) if text is not None else None
        if found is None or found["until"] < now:
            raise NotSignedIn(
                "This client secret is not valid any more. Ask /v1/realtime/client_secrets for a new one."
            )
        return Pass(found["key"], found["content"])

    def _now(self) -> int:
        return int(self._clock.now().timestamp())


def _content(text: str) -> dict[str, Any] | None:
    """What was sealed as a pass; None for what this installation sealed for something else."""
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return found if isinstance(found, dict) and {"key", "until", "content"} <= set(found) else None
