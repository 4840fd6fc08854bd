"""Writes the results of a batch: answers into one file, refusals and lines without an answer into another.

Lines are written one after the other, so memory holds the images of one. The files' ids are chosen before: done again
after a crash, the same two files come of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

from pochoir.domain.errors import NotFound
from pochoir.features.batches import store
from pochoir.features.batches.batch import Batch, Images, Lines, Outcome
from pochoir.features.files.service import FilesService
from pochoir.infra.blobs import NewBlob
from pochoir.infra.clock import Clock
from pochoir.infra.db import Database

_PAGE = 50
CANCELLED = ("batch_cancelled", "The batch was cancelled before this request was answered. Nothing was charged for it.")
EXPIRED = (
    "batch_expired",
    "The batch's time was over before this request was answered. Nothing was charged for it; send it again.",
)
GONE = ("image_gone", "This image was made and charged, but has been deleted since. Ask for it again.")


class Results:
    """See the module's docstring."""

    def __init__(self, db: Database, clock: Clock, files: FilesService, library: Images, lines: Lines) -> None:
        self._db = db
        self._clock = clock
        self._files = files
        self._library = library
        self._lines = lines

    async def write(self, batch: Batch) -> tuple[str | None, str | None]:
        """Write both files; their ids, None for one that would be empty."""
        good, bad = await asyncio.to_thread(self._files.begin), await asyncio.to_thread(self._files.begin)
        try:
            async for outcome in self._outcomes(batch):
                await self._line(outcome, good, bad)
            return (
                await self._keep(good, batch, batch.output_file, "output"),
                await self._keep(bad, batch, batch.error_file, "error"),
            )
        finally:
            await asyncio.to_thread(good.discard)
            await asyncio.to_thread(bad.discard)

    async def _outcomes(self, batch: Batch) -> AsyncIterator[Outcome]:
        code, message = CANCELLED if batch.state == "cancelling" else EXPIRED
        after = 0
        while True:
            async with self._db.reading() as conn:
                found = await store.outcomes(conn, batch.id, after=after, limit=_PAGE)
            if not found:
                return
            for outcome in found:
                yield outcome if outcome.status is not None else replace(outcome, code=code, message=message)
            after = found[-1].number

    async def _line(self, outcome: Outcome, good: NewBlob, bad: NewBlob) -> None:
        outcome = replace(outcome, request=outcome.request or self._clock.new_id("req"))
        try:
            images = [await self._library.data(image) for image in outcome.images]
        except NotFound:
            outcome, images = replace(outcome, status=None, images=(), code=GONE[0], message=GONE[1]), []
        answered = outcome.status is not None and outcome.status < 400
        await asyncio.to_thread(self._write, good if answered else bad, outcome, images)

    def _write(self, blob: NewBlob, outcome: Outcome, images: list[bytes]) -> None:
        for part in self._lines.written(outcome, images):
            blob.write(part)

    async def _keep(self, blob: NewBlob, batch: Batch, file_id: str | None, word: str) -> str | None:
        if not blob.size:
            return None
        file = await self._files.add(
            blob,
            filename=f"{batch.id}_{word}.jsonl",
            purpose="batch_output",
            seconds=batch.output_seconds,
            file_id=file_id,
        )
        return file.id
