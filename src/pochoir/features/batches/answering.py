"""Answers the lines of one batch, a few at a time, each once.

A line is marked as begun before its request goes along the images' one path, under a key of its own, and its outcome is
written once. So after a crash what was made is found again, and what may have been charged is not sent again.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Sequence
from pathlib import Path
from typing import Any

import structlog

from pochoir.domain.errors import EngineError, NotFound, PochoirError, StorageFull
from pochoir.features.batches import store
from pochoir.features.batches.batch import Answer, Batch, Line, Lines, key_of
from pochoir.features.batches.scan import body_of
from pochoir.features.files.service import FilesService
from pochoir.features.images.pace import WAIT
from pochoir.infra.clock import Clock
from pochoir.infra.db import Database

_LOG = structlog.get_logger("pochoir.batches")
PAUSES = (1.0, 4.0, 15.0, 60.0, 120.0, 300.0, 600.0, 1200.0)
"""Seconds before a request is sent again that was certainly not charged: busy provider, busy database."""
LOOK_SECONDS = 1.0
"""How often a line that waits looks whether its batch has ended."""
_PAGE = 100


class Answering:
    """`must_end` says whether no more lines may begin; `stopping` is set when the server goes down."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        files: FilesService,
        lines: Lines,
        batch: Batch,
        must_end: Callable[[], bool],
        stopping: asyncio.Event,
    ) -> None:
        self._db = db
        self._clock = clock
        self._files = files
        self._lines = lines
        self._batch = batch
        self._must_end = must_end
        self._stopping = stopping

    async def answer_all(self, at_once: int) -> None:
        """Answer what waits, until there is nothing left or the batch must end."""
        path = self._files.path(await self._files.file(self._batch.input_file))
        await self._all(path, (store.WAITING, store.BEGUN), at_once, PAUSES, self._must_end)

    async def settle(self, at_once: int) -> None:
        """Answer what a dead process had begun, although the batch has ended: it may have been charged."""
        try:
            path = self._files.path(await self._files.file(self._batch.input_file))
        except NotFound:
            path = None
        await self._all(path, (store.BEGUN,), at_once, (), self._stopping.is_set)

    async def _all(
        self,
        path: Path | None,
        states: Sequence[str],
        at_once: int,
        pauses: Sequence[float],
        enough: Callable[[], bool],
    ) -> None:
        """One that cannot be written down stops others from beginning; those that have begun are not cut off."""
        places, trouble = asyncio.Semaphore(at_once), list[Exception]()

        async def one(line: Line) -> None:
            try:
                await self._line(path, line, pauses)
            except Exception as error:  # noqa: BLE001 - raised again below, when the others are done
                trouble.append(error)
            finally:
                places.release()

        async with asyncio.TaskGroup() as group, contextlib.aclosing(self._in(states)) as todo:
            async for line in todo:
                await places.acquire()
                if trouble or enough():
                    break
                group.create_task(one(line))
        if trouble:
            raise trouble[0]

    async def _in(self, states: Sequence[str]) -> AsyncGenerator[Line]:
        after = 0
        while True:
            async with self._db.reading() as conn:
                found = await store.in_states(conn, self._batch.id, states, after=after, limit=_PAGE)
            for line in found:
                yield line
            if len(found) < _PAGE:
                return
            after = found[-1].number

    async def _line(self, path: Path | None, line: Line, pauses: Sequence[float]) -> None:
        """Answer one line and write down what came of it. When the batch ends before it was sent, it waits again."""
        async with self._db.transaction() as conn:
            await store.mark(conn, self._batch.id, line, store.BEGUN)
        left = iter(pauses)
        while not isinstance(answer := await self._try(path, line), Answer):
            pause = 0.0 if answer.code == WAIT else next(left, None)
            if pause is None:
                answer = self._lines.refusal(answer)
                break
            await self._pause(answer, pause)
            if self._must_end():
                async with self._db.transaction() as conn:
                    await store.mark(conn, self._batch.id, line, store.WAITING)
                return
        async with self._db.transaction() as conn:
            await store.answered(conn, self._batch.id, line, self._clock.new_id("req"), answer)

    async def _try(self, path: Path | None, line: Line) -> Answer | PochoirError:
        """The answer; or an error after which it may be asked for again. Raises StorageFull."""
        try:
            body = await self._body(path, line)
            batch = self._batch
            return await self._lines.answer(batch.endpoint, body, key_of(batch, line), batch.api_key)
        except StorageFull:
            raise
        except PochoirError as error:
            return error if _worth_repeating(error) else self._lines.refusal(error)
        except Exception as error:  # noqa: BLE001 - one line that breaks must not end the others
            _LOG.error("a line broke", batch=self._batch.id, line=line.number, exc_info=error)
            return self._lines.refusal(PochoirError("Something broke on the server. Its log says more."))

    async def _body(self, path: Path | None, line: Line) -> dict[str, Any]:
        if path is None:
            raise NotFound(
                "This request was begun, and the file that holds it is gone from the data folder. It may have been "
                "charged: look for its image in the library before you send it again."
            )
        return await asyncio.to_thread(body_of, path, line)

    async def _pause(self, error: PochoirError, seconds: float) -> None:
        """Wait as long as the provider asked, and so many seconds at least; not longer than the batch goes on."""
        asked = error.retry_after if isinstance(error, EngineError) else None
        loop = asyncio.get_running_loop()
        until = loop.time() + max(seconds, asked or 0.0)
        while (left := until - loop.time()) > 0 and not self._must_end():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(left, LOOK_SECONDS)):
                    await self._stopping.wait()


def _worth_repeating(error: PochoirError) -> bool:
    """Busy for the moment, and certainly not charged."""
    charged = isinstance(error, EngineError) and error.may_have_been_charged
    return error.retryable and not charged and error.code != "provider_limit_reached"
