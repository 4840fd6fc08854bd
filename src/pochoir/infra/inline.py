"""SQLite in the event loop's own thread, behind SQLAlchemy's asynchronous connection.

A statement here takes 20 to 60 millionths of a second and a commit does not wait for the disk (WAL, synchronous=NORMAL).
Handing each to a thread and back costs five times that, so none is handed over. Nothing here may wait: the pool has no
upper bound, and a locked file is reported after `BUSY_MS`, for the caller to wait without blocking the loop.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from sqlalchemy import create_engine, event, make_url
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.pool import AsyncAdaptedQueuePool

BUSY_MS = 20
READ_ONLY = "pochoir_read_only"
"""The execution option of a connection that takes no lock for writing."""


class InlineSQLite(SQLiteDialect_pysqlite):
    """Python's own driver, called asynchronous so that SQLAlchemy's asynchronous classes take it."""

    driver = "inline"
    is_async = True
    supports_statement_cache = True


class InlineConnection(AsyncConnection):
    """A connection whose statements run where they stand. What stores use of it is here; the rest is inherited."""

    @property
    def raw(self) -> Connection:
        """The open connection underneath. Raises TypeError before it is started."""
        if self.sync_connection is None:
            raise TypeError("The connection is not open. Start it first.")
        return self.sync_connection

    @property
    def driver(self) -> sqlite3.Connection:
        """The driver's own connection."""
        driver = self.raw.connection.dbapi_connection
        if not isinstance(driver, sqlite3.Connection):
            raise TypeError("The connection is closed. Start it again.")
        return driver

    async def execute(self, statement: Any, parameters: Any = None, *, execution_options: Any = None) -> Any:
        return self.raw.execute(statement, parameters, execution_options=execution_options)

    async def exec_driver_sql(self, statement: str, parameters: Any = None, execution_options: Any = None) -> Any:
        return self.raw.exec_driver_sql(statement, parameters, execution_options)


class InlineEngine(AsyncEngine):
    def connect(self) -> InlineConnection:
        return InlineConnection(self)


def inline_engine(url: str, **options: Any) -> InlineEngine:
    """An engine for a SQLite URL, whichever driver it names. `options` go to SQLAlchemy's `create_engine`."""
    registry.register("sqlite.inline", __name__, InlineSQLite.__name__)
    inline = make_url(url).set(drivername="sqlite+inline")
    engine = create_engine(inline, poolclass=AsyncAdaptedQueuePool, pool_size=8, max_overflow=-1, **options)
    prepare(engine, BUSY_MS)
    return InlineEngine(engine)


def prepare(engine: Any, busy_ms: int) -> None:
    """Set the pragmas of every new connection, and begin transactions as they are meant: to read, or to write.

    `busy_ms`: milliseconds that a statement waits, blocking, for a file that another process has locked.
    """

    def connected(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=NORMAL",
            "foreign_keys=ON",
            f"busy_timeout={busy_ms}",
            "cache_size=-8000",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", _begun)


def _begun(conn: Connection) -> None:
    read_only = conn.get_execution_options().get(READ_ONLY, False)
    begin = "BEGIN" if read_only else "BEGIN IMMEDIATE"
    driver = conn.connection.dbapi_connection
    assert isinstance(driver, sqlite3.Connection)
    try:
        driver.execute(begin)  # SQLAlchemy's own way takes five times as long, in every request
    except sqlite3.Error as error:
        raise DBAPIError.instance(begin, None, error, sqlite3.Error, dialect=conn.dialect) from error
