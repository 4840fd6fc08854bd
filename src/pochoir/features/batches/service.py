"""Batches as programs see them: begin one, look, list, cancel. The work itself is the worker's (worker.py)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from pochoir.domain.errors import Conflict, InvalidValue, NotFound
from pochoir.features.batches import store
from pochoir.features.batches.batch import FINISHED, WINDOW_SECONDS, Batch, BatchPage, ByProvider, Images, Lines
from pochoir.features.batches.inputs import Inputs
from pochoir.features.batches.worker import BatchWorker
from pochoir.features.files.service import FilesService, check_seconds
from pochoir.features.images.deferred import Deferred
from pochoir.infra.clock import Clock
from pochoir.infra.db import Database

MAX_PAIRS, MAX_NAME, MAX_TEXT = 16, 64, 512
"""Of metadata: pairs, characters of a name, characters of a text (OpenAI's limits)."""


class BatchesService:
    """`lines` gives what answers the requests; it is asked for when the first batch has work. `at_once`: lines of a batch
    that are answered at the same time. `deferred` reaches the providers' own batches.
    """

    def __init__(
        self,
        db: Database,
        clock: Clock,
        files: FilesService,
        library: Images,
        lines: Callable[[], Lines],
        at_once: int = 4,
        deferred: Deferred | None = None,
    ) -> None:
        self._db = db
        self._clock = clock
        self._files = files
        self._inputs = Inputs(db, files, lines)
        self._worker = BatchWorker(db, clock, files, library, lines, self._inputs, at_once, deferred)

    async def create(
        self,
        endpoint: str,
        input_file: str,
        *,
        metadata: Mapping[str, str] | None = None,
        output_seconds: int | None = None,
        key: str | None = None,
        api_key: str | None = None,
        provider: ByProvider = "auto",
    ) -> Batch:
        """Begin a batch, which the budget of `api_key` pays too. With a `key` that is known, its batch is returned.

        `provider`: whether requests go into the provider's own batches, at its batch price.

        Raises InvalidValue for a file that is not there or has another purpose, and for metadata that is too much.
        """
        check_seconds(output_seconds, "output_expires_after")
        check_metadata(metadata or {})
        later = self._clock.now() + timedelta(seconds=WINDOW_SECONDS)
        batch = Batch(
            id=self._clock.new_id("batch"),
            key=key,
            endpoint=endpoint,
            input_file=input_file,
            state="validating",
            created=self._clock.stamp(),
            expires=later.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            metadata=dict(metadata or {}),
            output_seconds=output_seconds,
            api_key=api_key,
            provider=provider,
        )
        named = await self._inputs.named(endpoint, input_file)
        async with self._db.transaction() as conn:
            if key is not None and (known := await store.with_key(conn, key)) is not None:
                return _same(known, batch)
            await self._take(input_file)
            await store.add(conn, batch)
            await self._inputs.hold(batch.id, named)
        self._worker.wake()
        return batch

    async def _take(self, file_id: str) -> None:
        """Hold the input file, so that it stays while the batch reads it. Raises InvalidValue."""
        try:
            file = await self._files.file(file_id)
            await self._files.hold(file_id)
        except NotFound as error:
            raise InvalidValue(error.message, param="input_file_id") from error
        if file.purpose != "batch":
            raise InvalidValue(
                f"The file '{file.id}' has the purpose '{file.purpose}'. Upload it with the purpose 'batch'.",
                param="input_file_id",
            )

    async def batch(self, batch_id: str) -> Batch:
        async with self._db.reading() as conn:
            found = await store.one(conn, batch_id)
        if found is None:
            raise NotFound(f"There is no batch '{batch_id[:80]}'. List the batches there are.", param="batch_id")
        return found

    async def page(self, *, after: str | None = None, limit: int = 20) -> BatchPage:
        """`limit` batches after the one with the id `after`, newest first."""
        async with self._db.reading() as conn:
            found = await store.page(conn, after=after, limit=limit + 1)
        return BatchPage(tuple(found[:limit]), len(found) > limit)

    async def cancel(self, batch_id: str) -> Batch:
        """Begin no more lines; those that are being answered are, and kept. Raises Conflict when it is too late."""
        async with self._db.transaction() as conn:
            batch = await self.batch(batch_id)
            if batch.state in FINISHED or batch.state == "finalizing":
                raise Conflict(f"This batch is {batch.state}, so there is nothing left to cancel. Look at its results.")
            await store.move(conn, batch_id, "cancelling", self._clock.stamp(), of=("validating", "in_progress"))
        self._worker.cancelled(batch_id)
        return await self.batch(batch_id)

    async def at_work_since(self) -> str | None:
        """When the oldest batch was made whose results are not written yet (ISO 8601); None when all are."""
        async with self._db.reading() as conn:
            return await store.oldest_unfinished(conn)

    def start(self) -> None:
        """Work on what is there and on what comes, in the background, until `stop`."""
        self._worker.start()

    async def stop(self) -> None:
        """Begin nothing more, and wait a while for the lines that are being answered."""
        await self._worker.stop()


_ASKED = ("endpoint", "input_file", "metadata", "output_seconds", "provider")
"""What a client asks of a batch."""


def _same(known: Batch, asked: Batch) -> Batch:
    if any(getattr(known, name) != getattr(asked, name) for name in _ASKED):
        raise Conflict("This key was used for another batch. Send a new key with a new batch.", param="key")
    return known


def check_metadata(metadata: Mapping[str, str]) -> None:
    """Raise InvalidValue for more than OpenAI takes."""
    if len(metadata) > MAX_PAIRS or any(
        len(name) > MAX_NAME or len(text) > MAX_TEXT for name, text in metadata.items()
    ):
        raise InvalidValue(
            f"'metadata' can hold {MAX_PAIRS} texts of {MAX_TEXT} characters, under names of {MAX_NAME}. Shorten it.",
            param="metadata",
        )
