"""Wake-up calls inside the process: who waits for a run is woken when something about it changed. Carries no data."""

from __future__ import annotations

import asyncio


class Signals:
    """`wait` returns at the next `touch` of the same name, or after `seconds`; look at the database after either."""

    def __init__(self) -> None:
        self._events: dict[str, asyncio.Event] = {}

    def touch(self, name: str) -> None:
        event = self._events.pop(name, None)
        if event is not None:
            event.set()

    def listen(self, name: str) -> asyncio.Event:
        """The event of the next `touch`. Take it before looking at the database, so that no change is missed."""
        return self._events.setdefault(name, asyncio.Event())


async def until(event: asyncio.Event, seconds: float) -> bool:
    """Wait for an event at most so long; whether it came."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True
