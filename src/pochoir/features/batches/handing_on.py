"""Hands lines of a batch to the providers' own batches, at their batch price; following.py takes the answers back.

Lines of one model go together as a part. Every step is written down before and after: nothing was sent while a part is
`filling`; while it is `sending` the provider's batch is looked for by the part's id, which it carries, before it is begun
again; once `sent` it is watched until it ends, and its answers are read again after a crash, each charged once.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

import structlog

from pochoir.domain.errors import EngineNotReady, PochoirError, StorageFull, Unavailable
from pochoir.features.batches import store
from pochoir.features.batches.batch import ByProvider, Line, Lines, Part, key_of
from pochoir.features.batches.parts import INSTEAD, LOOKS, Parts, passing
from pochoir.features.batches.scan import body_of
from pochoir.features.files.service import FilesService
from pochoir.features.images.deferred import Deferred, Door, Ready
from pochoir.infra.blobs import NewBlob
from pochoir.infra.clock import Clock
from pochoir.infra.db import Database

_LOG = structlog.get_logger("pochoir.batches")
UPLOADS = 10
"""Tries, in some five minutes, after which lines that need not go there are answered one by one."""
PAUSES = (1.0, 4.0, 15.0)
"""Seconds before a line is made ready again that the database, the image store or the moderation held up."""
TOGETHER = 3
"""Lines in a row that are held up: then it is not the lines, and the batch rests."""
_PAGE = 100


class _HeldUp(Exception):
    """A line could not be made ready, also later. `error` says by what."""

    def __init__(self, error: Unavailable) -> None:
        super().__init__(error.message)
        self.error = error


@dataclass(slots=True)
class _Open:
    """A part that is being filled, and its input file."""

    part: Part
    door: Door
    blob: NewBlob
    lines: int = 0


class HandingOn:
    """See the module's docstring."""

    def __init__(
        self, db: Database, clock: Clock, files: FilesService, lines: Lines, deferred: Deferred, parts: Parts
    ) -> None:
        self._db = db
        self._clock = clock
        self._files = files
        self._lines = lines
        self._deferred = deferred
        self._parts = parts
        self._batch = parts.batch
        self._provider: ByProvider = parts.batch.provider

    async def hand_on(self) -> None:
        """Send what waits and can be answered there; the rest keeps waiting, or is refused where nothing else will do."""
        await self._parts.take_back_unsent()
        if not self._wanted():
            return
        path = self._files.path(await self._files.file(self._batch.input_file))
        filling: dict[tuple[str, str], _Open] = {}
        try:
            resting = await self._fill(path, filling)
            for opened in filling.values():
                if not self._parts.must_end and self._wanted():
                    await self._send(opened)
        finally:
            for opened in filling.values():
                await asyncio.to_thread(opened.blob.discard)
        await self._parts.take_back_unsent()
        if resting is not None and not self._parts.must_end and self._wanted():
            raise resting

    async def _fill(self, path: Path, filling: dict[tuple[str, str], _Open]) -> Unavailable | None:
        """Put what waits into parts. Gives the reason where so much was held up that the batch has to rest.

        A line that is held up while others go is refused: what is wrong is its own.
        """
        held: list[tuple[Line, Unavailable]] = []
        gone = False
        async with contextlib.aclosing(self._waiting()) as todo:
            async for line in todo:
                if self._parts.must_end or not self._wanted():
                    return None
                try:
                    await self._put(path, line, filling)
                except _HeldUp as problem:
                    held.append((line, problem.error))
                    if len(held) == TOGETHER:
                        return problem.error
                    continue
                gone = True
                await self._refuse(held)
        if held and not gone:
            return held[-1][1]
        await self._refuse(held)
        return None

    async def _refuse(self, held: list[tuple[Line, Unavailable]]) -> None:
        while held:
            await self._parts.answered(*held.pop())

    def _wanted(self) -> bool:
        return self._provider != "no"

    async def _waiting(self) -> AsyncGenerator[Line]:
        after = 0
        while True:
            async with self._db.reading() as conn:
                found = await store.in_states(conn, self._batch.id, (store.WAITING,), after=after, limit=_PAGE)
            for line in found:
                yield line
            if len(found) < _PAGE:
                return
            after = found[-1].number

    async def _put(self, path: Path, line: Line, filling: dict[tuple[str, str], _Open]) -> None:
        """Put a line into the part of its model. What is wrong with it is said on its usual way.

        What is wrong here and may go by is raised: no line pays the normal price for that.
        """
        only = self._provider == "only"
        try:
            ready = await self._ready(path, line)
            if ready is None:
                if only:
                    raise EngineNotReady(f"No provider's batch can answer this request. {INSTEAD}", code="no_batch")
                return
            opened = filling.get((ready.model, ready.target))
            row = await self._row(opened, ready, line)
            if opened is not None and self._is_full(opened, row):
                del filling[ready.model, ready.target]
                await self._send(opened)
                opened = None
            if opened is None:
                filling[ready.model, ready.target] = opened = await self._open(ready)
            async with self._db.transaction() as conn:
                await self._deferred.begin(ready)
                await store.hand(conn, self._batch.id, line, opened.part.id)
        except (StorageFull, Unavailable, _HeldUp):
            raise
        except Exception as error:  # noqa: BLE001 - one line that breaks must not keep the others from going
            told = error if isinstance(error, PochoirError) else self._broken(line, error)
            if only:
                await self._parts.answered(line, told)
            return
        await asyncio.to_thread(opened.blob.write, row)
        opened.lines += 1

    def _broken(self, line: Line, error: Exception) -> PochoirError:
        _LOG.error("a line broke", batch=self._batch.id, line=line.number, exc_info=error)
        return PochoirError("Something broke on the server. Its log says more.")

    async def _ready(self, path: Path, line: Line) -> Ready | None:
        body, key = await asyncio.to_thread(body_of, path, line), key_of(self._batch, line)
        for pause in PAUSES:
            try:
                return await self._lines.ready(self._batch.endpoint, body, key, self._batch.api_key)
            except Unavailable as error:
                _LOG.warning("a line is held up", batch=self._batch.id, line=line.number, reason=error.message)
                await self._parts.pause(pause)
        try:
            return await self._lines.ready(self._batch.endpoint, body, key, self._batch.api_key)
        except Unavailable as error:
            raise _HeldUp(error) from error

    async def _row(self, opened: _Open | None, ready: Ready, line: Line) -> bytes:
        door = opened.door if opened is not None else await self._deferred.door(ready.model)
        return await asyncio.to_thread(door.line, ready, str(line.number))

    def _is_full(self, opened: _Open, row: bytes) -> bool:
        batches = opened.door.batches
        return opened.lines >= batches.max_lines or opened.blob.size + len(row) > batches.max_bytes

    async def _open(self, ready: Ready) -> _Open:
        part = Part(self._clock.new_id("part"), self._batch.id, ready.model, ready.target)
        door, blob = await self._deferred.door(ready.model), await asyncio.to_thread(self._files.begin)
        async with self._db.transaction() as conn:
            await store.add_part(conn, part)
        return _Open(part, door, blob)

    async def _send(self, opened: _Open) -> None:
        """Upload a part and begin its batch. A server without batches is not asked again for this one."""
        part, door = opened.part, opened.door
        await asyncio.to_thread(opened.blob.flush)
        await self._parts.change(part, state="sending")
        try:
            file = await self._uploaded(opened)
        except PochoirError as error:
            return await self._parts.refuse(part, error)
        finally:
            await asyncio.to_thread(opened.blob.discard)
        if file is None:
            return await self._has_none(part, door)
        if not file:
            return await self._parts.take_back(part, "The provider could not be asked.")
        part = await self._parts.change(part, file=file)
        await self._parts.begin(part, door)

    async def _uploaded(self, opened: _Open) -> str | None:
        """The provider's name of the input file: None where there are no batches, empty when our batch ended first.

        Where the normal price will do as well, a provider that keeps failing is given up.
        """
        door, (pause, most, growth) = opened.door, LOOKS
        tries = 0
        while not self._parts.must_end:
            tries += 1
            try:
                return await door.batches.upload(opened.blob.path, door.credentials)
            except PochoirError as error:
                if not passing(error):
                    raise
                if tries >= UPLOADS and self._provider == "auto":
                    return None
                _LOG.warning("a provider takes no file", part=opened.part.id, reason=error.message)
            await self._parts.pause(pause)
            pause = min(pause * growth, most)
        return ""

    async def _has_none(self, part: Part, door: Door) -> None:
        message = f"{door.title} has no batches at the address that is connected. {INSTEAD}"
        if self._provider == "only":
            return await self._parts.refuse(part, EngineNotReady(message, code="no_batch"))
        _LOG.info("lines are answered one by one", batch=self._batch.id, reason=message)
        await self._parts.take_back(part, message)
        self._provider = "no"
        async with self._db.transaction() as conn:
            await store.set_provider(conn, self._batch.id, "no")
