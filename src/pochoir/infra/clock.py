"""Time and chance, passed in so that tests can hold them still."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from pochoir.domain.ids import make_id


@dataclass(frozen=True, slots=True)
class Clock:
    """`now_ns` gives nanoseconds since 1970; `entropy` gives that many random bytes."""

    now_ns: Callable[[], int] = time.time_ns
    entropy: Callable[[int], bytes] = os.urandom

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.now_ns() / 1e9, tz=UTC)

    def stamp(self) -> str:
        """ISO 8601 in UTC with milliseconds: the form in which every time is stored."""
        return self.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def today(self) -> date:
        return self.now().date()

    def new_id(self, prefix: str) -> str:
        [made] = self.new_ids(prefix, 1)
        return made

    def new_ids(self, prefix: str, count: int) -> list[str]:
        """Ids of one moment in rising order, for what is one after the other and made together."""
        now = self.now_ns() // 1_000_000
        return sorted(make_id(prefix, now, self.entropy(10)) for _ in range(count))
