"""Turns at what takes memory: how many big answers are held at once, however many requests wait for theirs.

Who reads a big answer takes a place. Who passes it on (the API) begins a `Hold` first: the place is then kept until the
answer has gone out, or for `PATIENCE` seconds, so that slow readers cannot keep everybody else waiting.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar

PATIENCE = 1.25
"""Seconds that an answer may keep its place while it goes out."""


class Hold:
    """The places of one request. `release` gives all of them back, once; after it, places last only as long as a read."""

    def __init__(self) -> None:
        self._taken: list[Turns] = []
        self._over = False

    def release(self) -> None:
        self._over = True
        while self._taken:
            self._taken.pop().release()

    def release_in(self, seconds: float = PATIENCE) -> None:
        """Give the places back at the latest after so many seconds."""
        asyncio.get_running_loop().call_later(seconds, self.release)

    def keeps(self, turns: Turns) -> bool:
        return turns in self._taken

    def keep(self, turns: Turns) -> bool:
        """Whether the place is kept from now on; a hold that is over keeps nothing."""
        if not self._over:
            self._taken.append(turns)
        return not self._over


_HOLD: ContextVar[Hold | None] = ContextVar("hold", default=None)


def begin() -> Hold:
    """From now on the places that this task takes are kept in the returned hold."""
    hold = Hold()
    _HOLD.set(hold)
    return hold


class Turns:
    """So many places; who comes later waits in order. One instance belongs to one event loop."""

    def __init__(self, places: int) -> None:
        self._places = asyncio.Semaphore(places)

    @property
    def full(self) -> bool:
        """Whether whoever comes now has to wait."""
        return self._places.locked()

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """A place for the block, or until the task's hold is released."""
        hold = _HOLD.get()
        if hold is not None and hold.keeps(self):
            yield
            return
        await self._places.acquire()
        if hold is not None and hold.keep(self):
            yield
            return
        try:
            yield
        finally:
            self.release()

    def release(self) -> None:
        self._places.release()
