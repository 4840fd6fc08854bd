"""Watches providers' own batches until they end, and takes their answers: each read as often as need be, charged once.

A part that was being sent when the process died is looked for by its id, which the provider's batch carries.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from pochoir.domain.errors import EngineError, PochoirError, StorageFull, Unavailable
from pochoir.engines.base import BatchReply, BatchStanding
from pochoir.features.batches import store
from pochoir.features.batches.batch import Line, Lines, Part, key_of
from pochoir.features.batches.parts import INSTEAD, LOOKS, Parts
from pochoir.features.images.deferred import Deferred, Door
from pochoir.infra.clock import Clock
from pochoir.infra.db import Database

_LOG = structlog.get_logger("pochoir.batches")
GRACE = timedelta(days=2)
"""How long after its time a batch is waited for that the provider does not end. Google ends its own after two days."""
UNANSWERED: Final = frozenset({"expired", "cancelled"})
"""Why a provider did not come to a request: see `engines.base.BatchReply`."""


class Following:
    """See the module's docstring."""

    def __init__(self, db: Database, clock: Clock, lines: Lines, deferred: Deferred, parts: Parts) -> None:
        self._db = db
        self._clock = clock
        self._lines = lines
        self._deferred = deferred
        self._parts = parts
        self._batch = parts.batch

    async def follow(self) -> None:
        """Watch what was sent until it has ended, and take its answers. Returns early when the server goes down."""
        await self._parts.take_back_unsent()
        parts = await self._parts.open()
        done = await asyncio.gather(*(self._follow(part) for part in parts), return_exceptions=True)
        for problem in done:
            if isinstance(problem, BaseException):
                raise problem

    async def _follow(self, part: Part) -> None:
        pause, most, growth = LOOKS
        asked_to_stop = False
        while not self._parts.stopping:
            try:
                door = await self._deferred.door(part.model, begun=True)
                if part.remote is None:
                    part = await self._found(part, door)
                if part.state == "ended":
                    return
                if part.remote is not None:
                    standing = await door.standing(part.remote)
                    if standing.ended:
                        return await self._take(part, door, standing)
                    if not asked_to_stop and await self._must_stop(door):
                        await door.batches.cancel(part.remote, door.credentials)
                        asked_to_stop, pause = True, LOOKS[0]
            except (StorageFull, Unavailable):
                raise
            except PochoirError as error:
                _LOG.warning("a provider's batch cannot be looked at", part=part.id, reason=error.message)
            if self._clock.now() > datetime.fromisoformat(self._batch.expires) + GRACE:
                return await self._lost(part)
            await self._parts.pause(pause)
            pause = min(pause * growth, most)

    async def _must_stop(self, door: Door) -> bool:
        """Whether the provider is asked to end it now. Where that would lose answers, what is only late is waited for."""
        if not self._parts.must_end or self._parts.stopping:
            return False
        if door.batches.keeps_answers or self._clock.stamp() < self._batch.expires:
            return True
        async with self._db.reading() as conn:
            batch = await store.one(conn, self._batch.id)
        return batch is not None and batch.state == "cancelling"

    async def _found(self, part: Part, door: Door) -> Part:
        """The batch of a part that was being sent: looked for, and begun again only when it is not there."""
        remote = await door.batches.find(part.id, door.credentials)
        if remote is not None:
            return await self._parts.stands(part, remote)
        if self._parts.must_end:
            await self._parts.take_back(part, "The batch ended before this was sent.")
            return replace(part, state="ended")
        return await self._parts.begin(part, door)

    async def _take(self, part: Part, door: Door, standing: BatchStanding) -> None:
        for file in standing.files:
            async for reply in door.batches.replies(file, door.credentials):
                await self._one(part, reply)
        await self._unanswered(part, door, standing)
        await self._parts.change(part, state="ended")
        for done in (*standing.files, part.file):
            if done is not None:
                await self._forget(door, done)

    async def _one(self, part: Part, reply: BatchReply) -> None:
        line = await self._line(part, reply.name)
        if line is None:
            return
        try:
            if not reply.status:
                return await self._not_answered(line, reply.problem)
            answer = await self._lines.finished(key_of(self._batch, line), reply)
        except (StorageFull, Unavailable):
            raise
        except PochoirError as error:
            return await self._parts.answered(line, error)
        async with self._db.transaction() as conn:
            await store.answered(conn, self._batch.id, line, self._clock.new_id("req"), answer)

    async def _line(self, part: Part, name: str) -> Line | None:
        """The line of that name, if it still waits for its answer."""
        if not name.isdecimal():
            return None
        async with self._db.reading() as conn:
            found = await store.handed(conn, part, after=int(name) - 1, limit=1)
        return found[0] if found and found[0].number == int(name) else None

    async def _not_answered(self, line: Line, problem: str) -> None:
        if problem not in UNANSWERED:
            error = EngineError(f'The provider did not answer this request: "{problem}". {INSTEAD}')
            return await self._parts.answered(line, error)
        async with self._db.transaction() as conn:
            told = f"The provider did not come to this request: its batch was {problem}."
            await self._deferred.end(key_of(self._batch, line), told)
            await store.mark(conn, self._batch.id, line, store.LEFT)

    async def _unanswered(self, part: Part, door: Door, standing: BatchStanding) -> None:
        """Lines that stand in none of the provider's files."""
        async for line in self._parts.of(part):
            if standing.unclear or standing.state == "completed":
                await self._parts.answered(line, _lost(door.title), maybe_charged=True)
            elif standing.problem:
                refusal = EngineError(
                    f'{door.title} did not take the batch: "{standing.problem}". {INSTEAD}',
                    code="provider_batch_failed",
                )
                await self._parts.answered(line, refusal)
            else:
                await self._not_answered(line, standing.state)

    async def _lost(self, part: Part) -> None:
        async for line in self._parts.of(part):
            await self._parts.answered(line, _lost("The provider"), maybe_charged=True)
        await self._parts.change(part, state="ended")

    async def _forget(self, door: Door, file: str) -> None:
        """Our requests and images need not lie there any longer. A file that cannot be deleted goes by itself later."""
        try:
            await door.batches.forget(file, door.credentials)
        except PochoirError as error:
            _LOG.info("a file stays at the provider", file=file, reason=error.message)


def _lost(title: str) -> EngineError:
    return EngineError(
        f"{title} ended the batch without a word on this request, which may have been charged. Look there before you "
        "send it again.",
        code="may_have_been_charged",
        may_have_been_charged=True,
    )
