"""Runs in the background: each begins at once, and those that a dead process left are taken up at the next start."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from pochoir.features.assistants import store
from pochoir.features.assistants.answering import Answering
from pochoir.features.assistants.assistant import Answerer, Stage, ThreadRun, Watch
from pochoir.infra.clock import Clock
from pochoir.infra.db import Database

_LOG = structlog.get_logger("pochoir.assistants")
STOP_SECONDS = 20.0
"""How long a stop waits for runs that are being answered."""


class RunWorker:
    """One instance a process, one process a data folder. `answerer` is asked for when the first run has work."""

    def __init__(self, db: Database, clock: Clock, answerer: Callable[[], Answerer]) -> None:
        self._db = db
        self._clock = clock
        self._answerer = answerer
        self._on = False
        self._resuming: asyncio.Task[None] | None = None
        self._running: dict[str, tuple[Answering, asyncio.Task[None]]] = {}

    def start(self) -> None:
        self._on = True
        self._resuming = asyncio.create_task(self._resume())

    async def stop(self) -> None:
        """Begin nothing more; wait a while for what is being answered."""
        self._on = False
        if self._resuming is not None:
            await asyncio.wait([self._resuming])
        tasks = [task for _, task in self._running.values()]
        if tasks:
            _, left = await asyncio.wait(tasks, timeout=STOP_SECONDS)
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    def begin(self, run: ThreadRun, watch: Watch | None = None) -> None:
        """Answer a run, or let somebody else watch who does. One that is not begun now is at the next start."""
        if run.id not in self._running and self._on:
            answering = Answering(self._db, self._clock, self._answerer(), run.id)
            self._running[run.id] = answering, asyncio.create_task(self._work(answering, run.id))
        if watch is None:
            return
        if run.id in self._running:
            self._running[run.id][0].watches.append(watch)
        else:
            watch(Stage("cut", run))

    def cancel(self, run: ThreadRun) -> None:
        """The run is to end; what waits to be decided stops at once."""
        if run.id in self._running:
            self._running[run.id][0].cancel(run)

    async def _resume(self) -> None:
        try:
            async with self._db.reading() as conn:
                left = await store.unfinished(conn)
        except Exception as error:  # noqa: BLE001 - new runs are answered all the same; the next start looks again
            _LOG.error("runs that were cut off cannot be looked for", exc_info=error)
            return
        for run in left:
            self.begin(run)

    async def _work(self, answering: Answering, run_id: str) -> None:
        try:
            await answering.work()
        except Exception as error:  # noqa: BLE001 - nobody awaits it; the next start takes the run up
            _LOG.error("a run stopped and will be taken up at the next start", run=run_id, exc_info=error)
        finally:
            self._running.pop(run_id, None)
