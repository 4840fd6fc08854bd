"""A circuit breaker for each connection: a provider that fails again and again is left alone for a while.

After `FAILURES` failures in a row that are the provider's own, nothing is sent for a pause; then one request may try.
When it is answered the connection is used again, else the next pause is twice as long, up to `LONGEST`. What a provider
refuses, the caller's mistakes and "slow down" are answers, not failures.
"""

from __future__ import annotations

import math
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, TypeVar

from pochoir.domain.errors import EngineError, EngineNotReady, EngineRateLimited, PochoirError, ProviderPaused

T = TypeVar("T")
FAILURES = 5
PAUSE, LONGEST = 30.0, 300.0
"""Seconds."""
State = Literal["closed", "open", "half open"]


@dataclass
class Circuit:
    """One connection: failures in a row, and until when (on the breaker's clock) nothing is sent. 0: it is used."""

    failures: int = 0
    until: float = 0.0
    pause: float = PAUSE
    probing: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """A connection as a page shows it. `seconds` until one request may try again; 0 when it may now."""

    state: State
    failures: int
    seconds: int


class Breaker:
    """`now` is seconds on a clock that never goes back. Kept in memory: a restart asks every provider anew."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._circuits: dict[str, Circuit] = {}

    def check(self, who: str, title: str) -> None:
        """Raises ProviderPaused, with the seconds to wait, while the connection is left alone."""
        circuit = self._circuits.get(who)
        if circuit is None or not circuit.until:
            return
        left = circuit.until - self._now()
        if left <= 0 and not circuit.probing:
            return
        seconds = max(1, math.ceil(left))
        raise ProviderPaused(
            f"{title} failed {circuit.failures} times in a row and is left alone for now. Try again in {seconds} "
            f"second{'s' if seconds > 1 else ''}, or choose another model.",
            retry_after=float(seconds),
        )

    @contextmanager
    def turn(self, who: str, title: str) -> Iterator[None]:
        """Around a request to the connection: only one is let through to try it out. Raises ProviderPaused."""
        self.check(who, title)
        circuit = self._circuits.get(who)
        if circuit is None or not circuit.until:
            yield
            return
        circuit.probing = True
        try:
            yield
        finally:
            circuit.probing = False

    async def watch(self, who: str, call: Awaitable[T]) -> T:
        """Wait for the provider's answer and count how it went. A call that is cut off from here says nothing."""
        try:
            result = await call
        except PochoirError as error:
            if is_providers(error):
                self._failed(who)
            else:
                self.reset(who)
            raise
        self.reset(who)
        return result

    def reset(self, who: str) -> None:
        """The provider answered: use it."""
        self._circuits.pop(who, None)

    def standing(self, who: str) -> Standing:
        circuit = self._circuits.get(who, Circuit())
        left = circuit.until - self._now()
        if not circuit.until:
            return Standing("closed", circuit.failures, 0)
        return Standing("open" if left > 0 else "half open", circuit.failures, max(0, math.ceil(left)))

    def _failed(self, who: str) -> None:
        circuit = self._circuits.setdefault(who, Circuit())
        circuit.failures += 1
        if circuit.until and self._now() < circuit.until:
            return  # it was sent before the pause began
        if circuit.until:
            circuit.pause = min(LONGEST, circuit.pause * 2)
        if circuit.until or circuit.failures >= FAILURES:
            circuit.until = self._now() + circuit.pause


def is_providers(error: PochoirError) -> bool:
    """Whether an error is the provider's own failure: it broke, did not answer, or answered nonsense."""
    return (
        isinstance(error, EngineError)
        and not isinstance(error, EngineRateLimited | EngineNotReady)
        and error.code != "provider_limit_reached"
    )
