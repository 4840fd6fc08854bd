"""Works on batches in the background, so many at a time, and goes on after a crash where it stopped.

Every step is a change of state in the table: a batch is validated (again, if that was cut off), its lines are answered
(answering.py), its results are written (results.py).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

import structlog

from pochoir.domain.errors import NotFound, StorageFull
from pochoir.features.batches import store
from pochoir.features.batches.answering import Answering
from pochoir.features.batches.batch import Batch, Images, Lines, State
from pochoir.features.batches.following import Following
from pochoir.features.batches.handing_on import HandingOn
from pochoir.features.batches.inputs import Inputs
from pochoir.features.batches.parts import Parts
from pochoir.features.batches.results import Results
from pochoir.features.batches.scan import Scan, scan
from pochoir.features.files.service import FilesService
from pochoir.features.images.deferred import Deferred
from pochoir.infra.clock import Clock
from pochoir.infra.db import Database

_LOG = structlog.get_logger("pochoir.batches")
BATCHES = 4
"""Batches worked on at the same time; the others wait in the order in which they came."""
TICK_SECONDS = 60.0
"""How often files whose time is over are looked for, and batches that had trouble are tried again."""
STOP_SECONDS = 20.0
"""How long a stop waits for lines that are being answered."""
ROOM = 64 * 1024 * 1024
"""Bytes that must be free before a batch that found the disk full goes on: each line may cost money."""
_WRITTEN = 500


class BatchWorker:
    """See the module's docstring. One instance a process, one process a data folder."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        files: FilesService,
        library: Images,
        lines: Callable[[], Lines],
        inputs: Inputs,
        at_once: int,
        deferred: Deferred | None = None,
    ) -> None:
        self._db = db
        self._clock = clock
        self._files = files
        self._library = library
        self._lines = lines
        self._inputs = inputs
        self._at_once = at_once
        self._deferred = deferred
        self._elsewhere: set[str] = set()
        self._awake = asyncio.Event()
        self._stopping = asyncio.Event()
        self._cancelled: set[str] = set()
        self._full = False
        self._resting: dict[str, float] = {}
        self._running: dict[str, asyncio.Task[None]] = {}
        self._supervisor: asyncio.Task[None] | None = None

    # -- starting and stopping ---------------------------------------------------------------------------------------

    def start(self) -> None:
        self._stopping.clear()
        self._supervisor = asyncio.create_task(self._supervise())

    def wake(self) -> None:
        """There is something new to do."""
        self._awake.set()

    def cancelled(self, batch_id: str) -> None:
        """Begin no more lines of this batch."""
        self._cancelled.add(batch_id)
        self.wake()

    async def stop(self) -> None:
        if self._supervisor is None:
            return
        self._stopping.set()
        self.wake()
        await self._supervisor
        self._supervisor = None
        if self._running:
            _, left = await asyncio.wait(self._running.values(), timeout=STOP_SECONDS)
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    async def _supervise(self) -> None:
        loop = asyncio.get_running_loop()
        while not self._stopping.is_set():
            self._awake.clear()
            try:
                await self._files.sweep()
                async with self._db.reading() as conn:
                    todo = await store.unfinished(conn)
            except Exception as error:  # noqa: BLE001 - it looks again at the next tick; the log says why not now
                _LOG.error("batches cannot be looked for", exc_info=error)
                todo = []
            for batch_id in todo:
                rested = self._resting.get(batch_id, 0.0) <= loop.time()
                if rested and batch_id not in self._running and self._busy() < BATCHES:
                    self._running[batch_id] = asyncio.create_task(self._run(batch_id))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TICK_SECONDS):
                    await self._awake.wait()

    def _busy(self) -> int:
        """Batches that are worked on here, not only waited for."""
        return len(self._running.keys() - self._elsewhere)

    async def _run(self, batch_id: str) -> None:
        """Work on one batch until it is finished; after trouble it rests a while."""
        try:
            if self._full:
                await asyncio.to_thread(self._look_for_room)
                self._full = False
            await self._work(batch_id)
            self._resting.pop(batch_id, None)
        except Exception as error:  # noqa: BLE001 - the batch is tried again; its log says why it stopped
            self._full = self._full or isinstance(error, StorageFull)
            self._resting[batch_id] = asyncio.get_running_loop().time() + TICK_SECONDS
            _LOG.error("a batch stopped and will be tried again", batch=batch_id, exc_info=error)
        finally:
            self._running.pop(batch_id, None)
            self._cancelled.discard(batch_id)
            self.wake()

    def _look_for_room(self) -> None:
        """Raises StorageFull."""
        blob = self._files.begin()
        try:
            piece = bytes(1 << 20)
            for _ in range(ROOM // len(piece)):
                blob.write(piece)
        finally:
            blob.discard()

    # -- the way of a batch ------------------------------------------------------------------------------------------

    async def _work(self, batch_id: str) -> None:
        batch = await self._load(batch_id)
        if batch.state == "validating" and self._clock.stamp() >= batch.expires:
            return await self._end(batch, "expired")
        if batch.state == "validating":
            batch = await self._validate(batch)
        if batch.state == "in_progress":
            if not self._must_end(batch):
                await self._answer(batch)
            if self._stopping.is_set():
                return
            async with self._db.transaction() as conn:
                await store.move(conn, batch.id, "finalizing", self._clock.stamp(), of=("in_progress",))
            batch = await self._load(batch_id)
        if batch.state in {"finalizing", "cancelling"}:
            await self._finish(batch)

    async def _answer(self, batch: Batch) -> None:
        """What a provider's own batch can answer goes there; the rest is answered here meanwhile."""
        parts = self._parts(batch, lambda: self._must_end(batch))
        if parts is None or self._deferred is None:
            return await self._answering(batch).answer_all(self._at_once)
        await HandingOn(self._db, self._clock, self._files, self._lines(), self._deferred, parts).hand_on()
        following = asyncio.create_task(self._follow(parts))
        try:
            await self._answering(batch).answer_all(self._at_once)
            self._elsewhere.add(batch.id)
            self.wake()
            await following
        finally:
            self._elsewhere.discard(batch.id)
            following.cancel()
            await asyncio.wait({following})

    async def _load(self, batch_id: str) -> Batch:
        async with self._db.reading() as conn:
            batch = await store.one(conn, batch_id)
        if batch is None:
            raise LookupError(f"batch {batch_id} is gone")
        return batch

    async def _validate(self, batch: Batch) -> Batch:
        """Take the lines over into the table, all of them or none."""
        found = await self._scan(batch)
        async with self._db.transaction() as conn:
            await store.drop_lines(conn, batch.id)
        if found.errors:
            await self._end(batch, "failed", errors=found.errors)
            return await self._load(batch.id)
        for start in range(0, len(found.lines), _WRITTEN):
            async with self._db.transaction() as conn:
                await store.add_lines(conn, batch.id, found.lines[start : start + _WRITTEN])
            await asyncio.sleep(0)
        async with self._db.transaction() as conn:
            await store.move(
                conn,
                batch.id,
                "in_progress",
                self._clock.stamp(),
                of=("validating",),
                total=len(found.lines),
                model=found.model,
            )
        return await self._load(batch.id)

    async def _scan(self, batch: Batch) -> Scan:
        try:
            path = self._files.path(await self._files.file(batch.input_file))
        except NotFound as error:
            found = Scan()
            found.wrong("file_not_found", error.message, param="input_file_id")
            return found
        return await asyncio.to_thread(scan, path, batch.endpoint)

    async def _finish(self, batch: Batch) -> None:
        """Write the results. Lines that a dead process had begun are answered first: they may have been charged."""
        if "in_progress" in batch.times:
            await self._follow(self._parts(batch, lambda: True))
            await self._answering(batch).settle(self._at_once)
        if self._stopping.is_set():
            return
        async with self._db.transaction() as conn:
            if "in_progress" not in batch.times:
                await store.drop_lines(conn, batch.id)
            await store.choose_files(conn, batch.id, self._files.new_id(), self._files.new_id())
        batch = await self._load(batch.id)
        results = Results(self._db, self._clock, self._files, self._library, self._lines())
        output, error = await results.write(batch)
        left = batch.total - batch.completed - batch.failed
        to: State = "cancelled" if batch.state == "cancelling" else "expired" if left else "completed"
        await self._end(batch, to, output_file=output, error_file=error)

    async def _end(self, batch: Batch, to: State, **more: Any) -> None:
        """The last change of state: nothing reads the input file any more, nor what its lines name."""
        await self._inputs.let_go(batch.id)
        async with self._db.transaction() as conn:
            if await store.move(conn, batch.id, to, self._clock.stamp(), of=(batch.state,), **more):
                await self._files.release(batch.input_file)

    def _must_end(self, batch: Batch) -> bool:
        return self._stopping.is_set() or batch.id in self._cancelled or self._clock.stamp() >= batch.expires

    async def _follow(self, parts: Parts | None) -> None:
        if parts is not None and self._deferred is not None:
            await Following(self._db, self._clock, self._lines(), self._deferred, parts).follow()

    def _parts(self, batch: Batch, must_end: Callable[[], bool]) -> Parts | None:
        if self._deferred is None:
            return None
        return Parts(self._db, self._clock, self._lines(), self._deferred, batch, must_end, self._stopping)

    def _answering(self, batch: Batch) -> Answering:
        return Answering(
            self._db, self._clock, self._files, self._lines(), batch, lambda: self._must_end(batch), self._stopping
        )
