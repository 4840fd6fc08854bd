"""Files and images that the lines of a batch name: they stay until it has ended.

A file is held, so that it is neither deleted nor expires. An image is kept by being mentioned: see images' retention.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Collection
from pathlib import Path

from pochoir.domain.errors import NotFound
from pochoir.features.batches import store
from pochoir.features.batches.batch import MAX_INPUT, Lines
from pochoir.features.batches.scan import bodies_with
from pochoir.features.files.service import FilesService
from pochoir.infra.db import Database

_ID = re.compile(r"(?:file-|img_)[0-9a-z]{26}")
_FIELD = b"file_id"
_PIECE = 500


class Inputs:
    def __init__(self, db: Database, files: FilesService, lines: Callable[[], Lines]) -> None:
        self._db = db
        self._files = files
        self._lines = lines

    async def named(self, endpoint: str, input_file: str) -> set[str]:
        """The ids that the lines of a file name; none of one that no batch will read, which is said elsewhere."""
        try:
            file = await self._files.file(input_file)
            path = self._files.path(file)
        except NotFound:
            return set()
        if file.purpose != "batch" or file.bytes > MAX_INPUT:
            return set()
        return await asyncio.to_thread(self._ids, endpoint, path)

    def _ids(self, endpoint: str, path: Path) -> set[str]:
        named = self._lines().named
        return {name for body in bodies_with(path, _FIELD) for name in named(endpoint, body) if _ID.fullmatch(name)}

    async def hold(self, batch_id: str, names: Collection[str]) -> None:
        """Hold what is there of these. Joins the caller's transaction, which begins the batch."""
        todo = sorted(names)
        async with self._db.transaction() as conn:
            for start in range(0, len(todo), _PIECE):
                piece = todo[start : start + _PIECE]
                held = await self._files.hold_all(piece)
                kept = [name for name in piece if name in held or name.startswith("img_")]
                await store.add_inputs(conn, batch_id, kept)
                await asyncio.sleep(0)

    async def let_go(self, batch_id: str) -> None:
        """The batch reads nothing more. Cut off, it is done again and goes on."""
        while True:
            async with self._db.transaction() as conn:
                piece = await store.inputs(conn, batch_id, _PIECE)
                await self._files.release_all(piece)
                await store.drop_inputs(conn, batch_id, piece)
            if len(piece) < _PIECE:
                return
