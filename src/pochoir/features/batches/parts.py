"""The parts of a batch that go into providers' own batches: what is written down of them, and how one is begun."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from typing import Any

import structlog

from pochoir.domain.errors import EngineError, EngineNotReady, PochoirError
from pochoir.features.batches import store
from pochoir.features.batches.batch import Batch, Line, Lines, Part, key_of
from pochoir.features.images.deferred import Deferred, Door
from pochoir.infra.clock import Clock
from pochoir.infra.db import Database

_LOG = structlog.get_logger("pochoir.batches")
LOOKS = (1.0, 60.0, 1.5)
"""Seconds between looks at a provider's batch: at first, at most, and by how much they grow."""
INSTEAD = "Send it again with 'provider_batch': false to have it at once, at the normal price."
_PAGE = 100


class Parts:
    """`must_end` says whether the batch is over; `stopping` is set when the server goes down."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        lines: Lines,
        deferred: Deferred,
        batch: Batch,
        must_end: Callable[[], bool],
        stopping: asyncio.Event,
    ) -> None:
        self._db = db
        self._clock = clock
        self._lines = lines
        self._deferred = deferred
        self._must_end = must_end
        self._stopping = stopping
        self.batch = batch

    @property
    def must_end(self) -> bool:
        return self._must_end()

    @property
    def stopping(self) -> bool:
        return self._stopping.is_set()

    async def open(self) -> list[Part]:
        """Parts that have not ended."""
        async with self._db.reading() as conn:
            return await store.open_parts(conn, self.batch.id)

    async def begin(self, part: Part, door: Door) -> Part:
        """Begin the provider's batch. Where that ends unclear the part stays `sending`, to be looked for."""
        assert part.file is not None
        try:
            remote = await door.batches.submit(part.file, part.target, part.id, door.credentials)
        except PochoirError as error:
            if passing(error):
                _LOG.warning("whether a provider's batch stands is not known", part=part.id, reason=error.message)
                return part
            await self.refuse(part, error)
            return replace(part, state="ended")
        return await self.stands(part, remote)

    async def stands(self, part: Part, remote: str) -> Part:
        """The provider's batch is there: written down and its requests counted, both at once."""
        async with self._db.transaction() as conn:
            await store.change_part(conn, part.id, remote=remote, state="sent")
            await store.count_handed(conn, part)
        return replace(part, remote=remote, state="sent")

    async def change(self, part: Part, **values: Any) -> Part:
        async with self._db.transaction() as conn:
            await store.change_part(conn, part.id, **values)
        return replace(part, **values)

    async def of(self, part: Part) -> AsyncGenerator[Line]:
        while True:
            async with self._db.reading() as conn:
                found = await store.handed(conn, part, limit=_PAGE)
            for line in found:
                yield line
            if not found:
                return

    async def answered(self, line: Line, error: PochoirError, *, maybe_charged: bool = False) -> None:
        """The line ends with an error, and its attempt with it."""
        answer = self._lines.refusal(error)
        async with self._db.transaction() as conn:
            await self._deferred.end(key_of(self.batch, line), error.message, maybe_charged=maybe_charged)
            await store.answered(conn, self.batch.id, line, self._clock.new_id("req"), answer)

    async def refuse(self, part: Part, error: PochoirError) -> None:
        async for line in self.of(part):
            await self.answered(line, error)
        await self.change(part, state="ended")

    async def take_back(self, part: Part, why: str) -> None:
        """Nothing of the part was begun over there: its lines wait again."""
        async for line in self.of(part):
            async with self._db.transaction() as conn:
                await self._deferred.end(key_of(self.batch, line), why)
                await store.mark(conn, self.batch.id, line, store.WAITING)
        await self.change(part, state="ended")

    async def take_back_unsent(self) -> None:
        for part in await self.open():
            if part.file is None:
                await self.take_back(part, "It was not sent.")

    async def pause(self, seconds: float) -> None:
        """Wait, but not longer than the server goes on; the end of the batch is looked for every second."""
        ended = self._must_end()
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while (left := until - loop.time()) > 0 and not self._stopping.is_set() and self._must_end() == ended:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(left, 1.0)):
                    await self._stopping.wait()


def passing(error: PochoirError) -> bool:
    """Whether it may go by: the provider is busy, broken or cannot be reached."""
    lasting = isinstance(error, EngineNotReady) or error.code == "provider_limit_reached"
    return isinstance(error, EngineError) and not lasting
