"""Runs as programs see them: begin one, look, list, cancel. The work itself is the worker's (worker.py)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from pochoir.domain.errors import Conflict, InvalidRequest, NotFound
from pochoir.features.assistants import store
from pochoir.features.assistants.assistant import (
    RUN_SECONDS,
    Answerer,
    Asked,
    NewMessage,
    NewRun,
    Page,
    State,
    ThreadRun,
    Watch,
)
from pochoir.features.assistants.threads import Threads
from pochoir.features.assistants.worker import RunWorker
from pochoir.infra.clock import Clock
from pochoir.infra.db import Database


class ThreadRuns:
    def __init__(self, db: Database, clock: Clock, threads: Threads, answerer: Callable[[], Answerer]) -> None:
        self._db = db
        self._clock = clock
        self._threads = threads
        self._worker = RunWorker(db, clock, answerer)

    async def begin(
        self,
        thread_id: str,
        wanted: NewRun,
        messages: Sequence[NewMessage] = (),
        *,
        watch: Watch | None = None,
    ) -> ThreadRun:
        """Put the messages into the thread and begin a run. With a key that is known, its run is returned.

        Raises NotFound, InvalidRequest while another run is active, Conflict when the key was used for something else.
        """
        async with self._db.transaction() as conn:
            if (known := await self.known(wanted)) is not None:
                return self._watched(known, watch)
            await self._threads.thread(thread_id)
            if (other := await store.active_run(conn, thread_id)) is not None:
                raise InvalidRequest(
                    f"Thread {thread_id} already has an active run {other}. Wait for its end, or cancel it."
                )
            await self._threads.add(thread_id, messages)
            run = self._new(thread_id, wanted)
            await store.add_run(conn, run)
        self._worker.begin(run, watch)
        return run

    async def begin_thread(
        self,
        wanted: NewRun,
        messages: Sequence[NewMessage],
        metadata: Mapping[str, str],
        *,
        watch: Watch | None = None,
    ) -> ThreadRun:
        """Begin a thread and a run in it, both or neither."""
        async with self._db.transaction() as conn:
            if (known := await self.known(wanted)) is not None:
                return self._watched(known, watch)
            thread = await self._threads.create(metadata, messages)
            run = self._new(thread.id, wanted)
            await store.add_run(conn, run)
        self._worker.begin(run, watch)
        return run

    async def known(self, wanted: NewRun) -> ThreadRun | None:
        """The run that has this key, where it has one. Raises Conflict when it was asked for something else."""
        if wanted.key is None:
            return None
        async with self._db.reading() as conn:
            found = await store.run_with_key(conn, wanted.key)
        if found is not None and found.wanted.fingerprint != wanted.fingerprint:
            raise Conflict("This key was used for another run. Send a new key with a new run.", param="key")
        return found

    def _watched(self, run: ThreadRun, watch: Watch | None) -> ThreadRun:
        if run.active:
            self._worker.begin(run, watch)
        return run

    def _new(self, thread_id: str, wanted: NewRun) -> ThreadRun:
        later = self._clock.now() + timedelta(seconds=RUN_SECONDS)
        return ThreadRun(
            id=self._clock.new_id("run"),
            thread=thread_id,
            state="queued",
            created=self._clock.stamp(),
            expires=later.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            wanted=wanted,
            metadata=dict(wanted.metadata),
        )

    async def run(self, thread_id: str, run_id: str) -> ThreadRun:
        async with self._db.reading() as conn:
            found = await store.run(conn, run_id, thread=thread_id)
        if found is None:
            raise NotFound(
                f"There is no run '{run_id[:80]}' in the thread '{thread_id[:80]}'. List the thread's runs.",
                param="run_id",
            )
        return found

    async def page(self, thread_id: str, asked: Asked) -> Page[ThreadRun]:
        await self._threads.thread(thread_id)
        async with self._db.reading() as conn:
            found = await store.page(conn, store.runs, asked, thread=thread_id)
        if found is None:
            raise NotFound("There is no such run in this thread. Begin without 'after' and 'before'.", param="after")
        return Page(tuple(store.to_run(values) for values in found[0]), found[1])

    async def change(self, thread_id: str, run_id: str, metadata: Mapping[str, str]) -> ThreadRun:
        async with self._db.transaction() as conn:
            run = replace(await self.run(thread_id, run_id), metadata=dict(metadata))
            await store.put_run(conn, run)
        return run

    async def cancel(self, thread_id: str, run_id: str) -> ThreadRun:
        """Draw nothing more; an image that is being drawn is waited for and kept. Raises InvalidRequest when it is over."""
        async with self._db.transaction() as conn:
            run = await self.run(thread_id, run_id)
            if not run.active:
                raise InvalidRequest(f"Cannot cancel run with status '{run.state}'. Look at its result instead.")
            to: State = "cancelled" if run.state == "queued" else "cancelling"
            if run.state == to:
                return run
            run = replace(run, state=to, times={**run.times, to: self._clock.stamp()})
            await store.put_run(conn, run)
        self._worker.cancel(run)
        return run

    def start(self) -> None:
        self._worker.start()

    async def stop(self) -> None:
        await self._worker.stop()
