"""Files by id: kept as blobs in a folder of their own, so that deleting one can never take an image away.

Bytes come in pieces through `begin` and are whole on disk before their row is written; a row is gone before its bytes
are. So a process that dies leaves at most bytes without a row, which the next start takes away.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from pochoir.domain.errors import Conflict, InvalidValue, NotFound, TooLarge
from pochoir.domain.images import ImageInput
from pochoir.features.files import store
from pochoir.features.files.file import BATCH_SECONDS, MAX_FILE, MAX_SECONDS, MIN_SECONDS, File, FilePage, Purpose
from pochoir.features.images.library import MAX_UPLOAD
from pochoir.features.images.transform import MAX_PIXELS
from pochoir.infra.blobs import Blobs, NewBlob
from pochoir.infra.clock import Clock
from pochoir.infra.db import Database
from pochoir.infra.fetching import Fetcher
from pochoir.infra.sniff import check_image

MAX_FILENAME = 255
_SWEEP = 500
"""Expired files deleted in one go."""


class FilesService:
    """`add` and `delete` must not be called with a transaction open: they wait for each other.

    `fetcher` reads what is behind a link; None where links are not followed.
    """

    def __init__(self, db: Database, clock: Clock, blobs: Blobs, fetcher: Fetcher | None = None) -> None:
        self.fetcher = fetcher
        self._db = db
        self._clock = clock
        self._blobs = blobs
        self._changing = asyncio.Lock()

    # -- adding ------------------------------------------------------------------------------------------------------

    def new_id(self) -> str:
        return self._clock.new_id("file").replace("_", "-", 1)

    def begin(self) -> NewBlob:
        """Begin to write a file's bytes; pass it to `add`, or discard it. Blocks: call from a thread."""
        return self._blobs.new()

    async def add(
        self, blob: NewBlob, *, filename: str, purpose: Purpose, seconds: int | None = None, file_id: str | None = None
    ) -> File:
        """Keep bytes as a file. `seconds`: how long. With a `file_id` that is known, the file that has it is returned.

        Raises TooLarge, InvalidImage for a file of purpose `vision` that is no image, InvalidValue for its life.
        """
        try:
            self._check(blob, purpose, seconds)
            await asyncio.to_thread(blob.flush)
            async with self._changing:
                if file_id is not None and (known := await self._find(file_id)) is not None:
                    return known
                name = await asyncio.to_thread(blob.keep)
                try:
                    if purpose == "vision":
                        await self._image(name, "file")
                    return await self._record(name, blob.size, filename, purpose, seconds, file_id)
                except BaseException:
                    await asyncio.shield(self._drop_bytes(name))
                    raise
        finally:
            await asyncio.to_thread(blob.discard)

    @staticmethod
    def _check(blob: NewBlob, purpose: Purpose, seconds: int | None) -> None:
        if blob.size == 0:
            raise InvalidValue("The file is empty. Send one that has something in it.", param="file")
        limit = MAX_UPLOAD if purpose == "vision" else MAX_FILE
        if blob.size > limit and purpose != "batch_output":
            raise TooLarge(
                f"The file has {blob.size / 1_048_576:,.1f} MB; {limit >> 20} MB are allowed for the purpose "
                f"'{purpose}'. Send a smaller one.",
                param="file",
            )
        check_seconds(seconds, "expires_after")

    async def _record(
        self, blob: str, size: int, filename: str, purpose: Purpose, seconds: int | None, file_id: str | None
    ) -> File:
        if seconds is None and purpose == "batch":
            seconds = BATCH_SECONDS
        file = File(
            id=file_id or self.new_id(),
            blob=blob,
            bytes=size,
            filename=filename.replace("\0", "")[:MAX_FILENAME] or "upload",
            purpose=purpose,
            created=self._clock.stamp(),
            expires=None if seconds is None else self._stamp_in(seconds),
        )
        async with self._db.transaction() as conn:
            await store.add(conn, file)
        return file

    def _stamp_in(self, seconds: int) -> str:
        later = self._clock.now() + timedelta(seconds=seconds)
        return later.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    # -- reading -----------------------------------------------------------------------------------------------------

    async def file(self, file_id: str) -> File:
        """Raises NotFound when there is none, or its time is over."""
        found = await self._find(file_id)
        if found is None:
            raise _not_found(file_id)
        return found

    async def _find(self, file_id: str) -> File | None:
        async with self._db.reading() as conn:
            found = await store.one(conn, file_id)
        over = found is not None and found.expires is not None and found.expires <= self._clock.stamp()
        return None if found is None or (over and not found.holds) else found

    async def page(
        self, *, purpose: str | None = None, after: str | None = None, limit: int = 10_000, newest: bool = True
    ) -> FilePage:
        """`limit` files after the one with the id `after`, newest first unless told otherwise."""
        async with self._db.reading() as conn:
            found = await store.page(
                conn, now=self._clock.stamp(), purpose=purpose, after=after, limit=limit + 1, newest=newest
            )
        return FilePage(tuple(found[:limit]), len(found) > limit)

    def path(self, file: File) -> Path:
        """Where the bytes are. Raises NotFound when they are gone from the data folder."""
        path = self._blobs.path(file.blob)
        if not path.exists():
            raise NotFound("This file's bytes are gone from the data folder. Restore them from a backup.")
        return path

    async def image(self, file_id: str, name: str = "file") -> ImageInput:
        """A file as an image that goes in; `name` is the field that a complaint names. Raises NotFound, InvalidImage."""
        file = await self.file(file_id)
        if file.bytes > MAX_UPLOAD:
            raise TooLarge(f"The file '{file.id}' has more than 50 MB. Send a smaller image.", param=name)
        return await self._image(file.blob, name)

    async def _image(self, blob: str, name: str) -> ImageInput:
        data = await asyncio.to_thread(self._blobs.get, blob)
        return await asyncio.to_thread(check_image, data, MAX_UPLOAD, MAX_PIXELS, name=name)

    # -- holding and deleting ----------------------------------------------------------------------------------------

    async def hold(self, file_id: str) -> None:
        """Keep a file from being deleted until it is released as often. Joins the caller's transaction.

        Raises NotFound.
        """
        async with self._db.transaction() as conn:
            if not await store.hold(conn, file_id, 1):
                raise _not_found(file_id)

    async def release(self, file_id: str) -> None:
        async with self._db.transaction() as conn:
            await store.hold(conn, file_id, -1)

    async def hold_all(self, file_ids: Sequence[str]) -> set[str]:
        """Hold those that are there; says which. Some hundreds at most. Joins the caller's transaction."""
        async with self._db.transaction() as conn:
            there = await store.there(conn, file_ids, self._clock.stamp())
            await store.hold_all(conn, there, 1)
        return set(there)

    async def release_all(self, file_ids: Sequence[str]) -> None:
        async with self._db.transaction() as conn:
            await store.hold_all(conn, file_ids, -1)

    async def delete(self, file_id: str) -> None:
        """Raises NotFound; Conflict while a batch reads the file."""
        await self._delete(await self.file(file_id))

    async def _delete(self, file: File) -> None:
        async with self._changing:
            async with self._db.transaction() as conn:
                if not await store.remove(conn, file.id):
                    raise Conflict(f"A batch still reads '{file.id}'. Cancel the batch first, or wait for its end.")
            await self._drop_bytes(file.blob)

    async def _drop_bytes(self, blob: str) -> None:
        async with self._db.reading() as conn:
            if await store.count_of_blob(conn, blob):
                return
        await asyncio.to_thread(self._blobs.delete, blob)

    async def sweep(self) -> int:
        """Delete files whose time is over; returns how many."""
        async with self._db.reading() as conn:
            over = await store.expired(conn, self._clock.stamp(), _SWEEP)
        for file_id in over:
            async with self._db.reading() as conn:
                file = await store.one(conn, file_id)
            if file is not None and not file.holds:
                with contextlib.suppress(Conflict):  # a batch began to read it a moment ago
                    await self._delete(file)
        return len(over)

    async def recover(self) -> int:
        """At start: take away what a dead process left half written, or without a row. Returns how many."""
        async with self._db.reading() as conn:
            known = await store.blobs(conn)
        return await asyncio.to_thread(self._take_away_all_but, known)

    def _take_away_all_but(self, known: set[str]) -> int:
        left = [name for name in self._blobs.names() if name not in known]
        for name in left:
            self._blobs.delete(name)
        return len(left) + self._blobs.sweep(alone=True)


def _not_found(file_id: str) -> NotFound:
    return NotFound(f"There is no file '{file_id[:80]}'. Upload it, or list the files there are.", param="id")


def check_seconds(seconds: int | None, name: str) -> None:
    """Raise InvalidValue when a life is shorter than an hour or longer than 30 days."""
    if seconds is not None and not MIN_SECONDS <= seconds <= MAX_SECONDS:
        raise InvalidValue(
            f"'{name}' can be {MIN_SECONDS:,} to {MAX_SECONDS:,} seconds (an hour to 30 days), not {seconds:,}. Change it.",
            param=f"{name}.seconds",
        )
