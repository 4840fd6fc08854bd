"""Assistants as programs see them, with their threads and runs.

An assistant draws: its model makes images, or a connected language model decides what is drawn and said. What it answers
is put into the thread; images are kept in the library and named by their ids.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from pochoir.domain.errors import NotFound
from pochoir.features.assistants import store
from pochoir.features.assistants.assistant import Answerer, Asked, Assistant, Page
from pochoir.features.assistants.runs import ThreadRuns
from pochoir.features.assistants.threads import Threads
from pochoir.infra.clock import Clock
from pochoir.infra.db import Database


class AssistantsService:
    """`answerer` gives what answers runs; it is asked for when the first run has work."""

    def __init__(self, db: Database, clock: Clock, answerer: Callable[[], Answerer]) -> None:
        self._db = db
        self._clock = clock
        self.threads = Threads(db, clock)
        self.runs = ThreadRuns(db, clock, self.threads, answerer)

    async def create(self, fields: Mapping[str, Any]) -> Assistant:
        """`fields` are those of an assistant, by their names."""
        assistant = Assistant(id=self._clock.new_id("asst"), created=self._clock.stamp(), **fields)
        async with self._db.transaction() as conn:
            await store.add(conn, store.assistants, assistant)
        return assistant

    async def assistant(self, assistant_id: str) -> Assistant:
        async with self._db.reading() as conn:
            found = await store.assistant(conn, assistant_id)
        if found is None:
            raise NotFound(
                f"There is no assistant '{assistant_id[:80]}'. List the assistants there are, or create one.",
                param="assistant_id",
            )
        return found

    async def page(self, asked: Asked) -> Page[Assistant]:
        async with self._db.reading() as conn:
            found = await store.page(conn, store.assistants, asked)
        if found is None:
            raise NotFound("There is no such assistant. Begin without 'after' and 'before'.", param="after")
        return Page(tuple(store.to_assistant(values) for values in found[0]), found[1])

    async def change(self, assistant_id: str, fields: Mapping[str, Any]) -> Assistant:
        """Runs that have begun keep what they began with."""
        async with self._db.transaction() as conn:
            assistant = replace(await self.assistant(assistant_id), **fields)
            await store.put(conn, store.assistants, assistant)
        return assistant

    async def delete(self, assistant_id: str) -> None:
        """Its threads stay, with all that it said."""
        async with self._db.transaction() as conn:
            await self.assistant(assistant_id)
            await store.remove(conn, store.assistants, assistant_id)

    async def at_work_since(self) -> str | None:
        """When the oldest run was made that is not answered yet (ISO 8601); None when all are."""
        async with self._db.reading() as conn:
            return min((run.created for run in await store.unfinished(conn)), default=None)

    def start(self) -> None:
        """Answer what a dead process left and what comes, in the background, until `stop`."""
        self.runs.start()

    async def stop(self) -> None:
        """Begin nothing more, and wait a while for the runs that are being answered."""
        await self.runs.stop()
