"""The database: SQLite by default, PostgreSQL by URL. One place for pragmas, transactions and migrations.

`transaction()` joins the one that the same task already has open, so services compose into one commit without knowing
it; the outermost block commits. Child tasks never join. A transaction must not be held across a call to an engine.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from sqlalchemy import MetaData, event
from sqlalchemy.engine import Connection
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from pochoir.domain.errors import StorageFull, Unavailable

metadata = MetaData()
"""Tables are declared in the store.py that owns them and created by the migrations, never by `create_all`."""

WAIT_SECONDS = 15.0
"""How long a writer waits for its turn."""
_BUSY = "The database is busy or away and nothing was changed. Try again in a moment."

_open: ContextVar[tuple[asyncio.Task[Any] | None, AsyncConnection] | None] = ContextVar(
    "open_transaction", default=None
)


class Database:
    """Hands out transactions. `url` is a SQLAlchemy async URL (`sqlite+aiosqlite:///…`, `postgresql+psycopg://…`)."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.is_sqlite = url.startswith("sqlite")
        self._writer = asyncio.Lock()
        self.engine: AsyncEngine = create_async_engine(url, pool_size=8, max_overflow=24)
        if self.is_sqlite:
            event.listen(self.engine.sync_engine, "connect", _sqlite_connect)
            event.listen(self.engine.sync_engine, "begin", _sqlite_begin)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that may write; commits at the end of the outermost block, rolls back on any exception."""
        async with self._connection(read_only=False) as conn:
            yield conn

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that only reads: it waits for no writer. Joins an open one."""
        async with self._connection(read_only=True) as conn:
            yield conn

    @asynccontextmanager
    async def _connection(self, *, read_only: bool) -> AsyncIterator[AsyncConnection]:
        task = asyncio.current_task()
        current = _open.get()
        if current is not None and current[0] is task:
            yield current[1]
            return
        try:
            async with self._turn(read_only=read_only), self.engine.connect() as raw:
                conn = await raw.execution_options(pochoir_read_only=read_only)
                async with conn.begin():
                    token = _open.set((task, conn))
                    try:
                        yield conn
                    finally:
                        _open.reset(token)
        except OperationalError as error:
            raise _storage_error(error) from error

    @asynccontextmanager
    async def _turn(self, *, read_only: bool) -> AsyncIterator[None]:
        """SQLite has one writer at a time: they queue here in order, instead of each polling for the file's lock."""
        if read_only or not self.is_sqlite:
            yield
            return
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                await self._writer.acquire()
        except TimeoutError as error:
            raise Unavailable(_BUSY) from error
        try:
            yield
        finally:
            self._writer.release()

    async def close(self) -> None:
        await self.engine.dispose()


def _storage_error(error: OperationalError) -> Exception:
    text = str(error.orig).lower()
    if "disk is full" in text or "disk full" in text or "no space" in text:
        return StorageFull("The disk is full and nothing was changed. Free some space, then try again.")
    if "readonly" in text or "read-only" in text:
        return StorageFull("The data folder is read-only and nothing was changed. Make it writable, then try again.")
    if "locked" in text or "connection" in text:
        return Unavailable(_BUSY)
    return error


def _sqlite_connect(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        "busy_timeout=15000",
        "cache_size=-8000",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _sqlite_begin(conn: Connection) -> None:
    read_only = conn.get_execution_options().get("pochoir_read_only", False)
    conn.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


def migrate(url: str) -> None:
    """Bring the schema of the database up to date. Synchronous: call it before the event loop starts."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["url"] = url.replace("+aiosqlite", "")
    command.upgrade(config, "head")


def sqlite_version() -> str:
    return sqlite3.sqlite_version
