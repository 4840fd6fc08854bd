"""Paid calls of runs that are with a provider: a stop begins no other and waits for these, or they would be paid again."""

from __future__ import annotations

import asyncio

from pochoir.features.runs.signals import until

STOP_SECONDS = 20.0
"""How long a stop waits."""


class Sending:
    """Which calls are sent, by their keys. One in a process."""

    def __init__(self) -> None:
        self._sent: set[str] = set()
        self._none_left = asyncio.Event()
        self._stopping = False

    def check(self) -> None:
        """Raises CancelledError once a stop has begun: the run is cut off there, and the next start goes on with it."""
        if self._stopping:
            raise asyncio.CancelledError

    def send(self, key: str) -> None:
        """To be called right before a call is sent. Raises as `check` does."""
        self.check()
        self._sent.add(key)

    def back(self, key: str) -> None:
        """The call is not with the provider any more: what it gave is in the journal, or it failed for the moment."""
        self._sent.discard(key)
        if not self._sent:
            self._none_left.set()

    async def stop(self) -> None:
        """Let no further call be sent, and wait a while for those that are."""
        self._stopping = True
        self._none_left.clear()
        if self._sent:
            await until(self._none_left, STOP_SECONDS)
