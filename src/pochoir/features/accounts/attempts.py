"""Wrong passwords of the last minutes, so that nobody can go on guessing. Kept in memory: there is one server process."""

from __future__ import annotations

from collections import OrderedDict

from pochoir.domain.errors import TooManyAttempts
from pochoir.infra.clock import Clock

MOST = 10
MINUTES = 10
"""So many attempts in so many minutes are taken for one address from one place; guessing goes no faster than that."""

REMEMBERED = 10_000
"""Pairs that are kept at most; the oldest are forgotten first."""


class Attempts:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._of: OrderedDict[tuple[str, str], list[int]] = OrderedDict()

    def begin(self, email: str, place: str) -> None:
        """Count an attempt before its password is looked at. Raises TooManyAttempts with when to come back."""
        now = self._clock.now_ns()
        since = now - MINUTES * 60 * 1_000_000_000
        recent = [at for at in self._of.pop((email, place), ()) if at > since]
        self._of[email, place] = recent
        while len(self._of) > REMEMBERED:
            self._of.popitem(last=False)
        if len(recent) >= MOST:
            minutes = -(-(recent[0] - since) // 60_000_000_000)
            raise TooManyAttempts(
                f"There were too many attempts. Try again in {minutes} minute{'s' if minutes > 1 else ''}."
            )
        recent.append(now)

    def succeeded(self, email: str, place: str) -> None:
        self._of.pop((email, place), None)
