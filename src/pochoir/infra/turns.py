"""Turns at what takes memory: how many big answers are held at once, however many requests wait for theirs.

Who reads a big answer takes a place. Who passes it on (the API) begins a `Hold` first: the place is then kept until the
answer has gone out. Nobody can keep everybody else waiting: a place comes back `STALLED` seconds after it was taken, or
`PATIENCE` seconds after its answer began to go out.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar

PATIENCE = 1.25
"""Seconds that an answer may keep its place while it goes out."""
STALLED = 10.0
"""Seconds after which a place comes back from an answer that is still being read and stored."""


class Place:
    """One place. `release` gives it back, once."""

    def __init__(self, turns: Turns, seconds: float) -> None:
        self.turns = turns
        self.taken = True
        self._end = asyncio.get_running_loop().call_later(seconds, self.release)

    def release(self) -> None:
        if self.taken:
            self.taken = False
            self._end.cancel()
            self.turns.free()


class Hold:
    """The places of one request. `release` gives all of them back, once; after it, places last only as long as a read."""

    def __init__(self) -> None:
        self._places: list[Place] = []
        self._over = False

    def release(self) -> None:
        self._over = True
        while self._places:
            self._places.pop().release()

    def release_in(self, seconds: float = PATIENCE) -> None:
        """Give the places back at the latest after so many seconds."""
        asyncio.get_running_loop().call_later(seconds, self.release)

    def has(self, turns: Turns) -> bool:
        return any(place.taken and place.turns is turns for place in self._places)

    def keep(self, place: Place) -> bool:
        """Whether the place is kept from now on; a hold that is over keeps nothing."""
        if not self._over:
            self._places.append(place)
        return not self._over


_HOLD: ContextVar[Hold | None] = ContextVar("hold", default=None)


def begin() -> Hold:
    """From now on the places that this task takes are kept in the returned hold."""
    hold = Hold()
    _HOLD.set(hold)
    return hold


class Turns:
    """So many places; who comes later waits in order. One instance belongs to one event loop."""

    def __init__(self, places: int, stalled: float = STALLED) -> None:
        self._places = asyncio.Semaphore(places)
        self._stalled = stalled

    @property
    def full(self) -> bool:
        """Whether whoever comes now has to wait."""
        return self._places.locked()

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """A place for the block, or until the task's hold is released."""
        hold = _HOLD.get()
        if hold is not None and hold.has(self):
            yield
            return
        await self._places.acquire()
        place = Place(self, self._stalled)
        kept = hold is not None and hold.keep(place)
        try:
            yield
        finally:
            if not kept:
                place.release()

    def free(self) -> None:
        """A place is there again. Only `Place` calls this."""
        self._places.release()
