"""The database: SQLite by default, PostgreSQL by URL. One place for transactions and migrations.

`transaction()` joins the one that the same task already has open, so services compose into one commit without knowing
it; the outermost block commits. Child tasks never join. A transaction must not be held across a call to an engine.
Both databases behave alike: writers take turns, readers see one moment and wait for nobody.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import MetaData, create_engine, event, text
from sqlalchemy.engine import Connection, Engine, ExceptionContext, RootTransaction
from sqlalchemy.exc import ArgumentError, DatabaseError, DataError, DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from pochoir.domain.errors import Conflict, InvalidValue, StorageFull, Unavailable
from pochoir.infra.inline import READ_ONLY, InlineConnection, InlineEngine, inline_engine

metadata = MetaData()
"""Tables are declared in the store.py that owns them and created by the migrations, never by `create_all`."""

WAIT_SECONDS = 15.0
"""How long a writer waits for its turn."""
_RETRY_SECONDS = 0.02
_MIGRATIONS = Path(__file__).parent / "migrations"
_TURN = text(
    f"SELECT set_config('lock_timeout', '{WAIT_SECONDS:.0f}s', true), pg_advisory_xact_lock(hashtext('pochoir'))"
)
"""On PostgreSQL the turn holds for other processes too; it ends with the transaction."""
_SNAPSHOT = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
_NUL = "A text holds a NUL character, which the database neither keeps nor finds. Leave it out."
_UNSTORABLE = (
    "A value cannot be stored: a number is too large, a text holds half a character, or lists are nested too deeply. "
    "Change it."
)
_BUSY = "The database is busy or away and nothing was changed. Try again in a moment."

_open: ContextVar[tuple[asyncio.Task[Any] | None, AsyncConnection] | None] = ContextVar(
    "open_transaction", default=None
)


class Database:
    """Hands out transactions. `url` is a SQLAlchemy URL (`sqlite:///…`, `postgresql+psycopg://…`)."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.is_sqlite = url.startswith("sqlite")
        self._writer = asyncio.Lock()
        self._writing: InlineConnection | None = None
        json: dict[str, Any] = {"json_serializer": _json, "json_deserializer": orjson.loads}
        self.engine: AsyncEngine = (
            inline_engine(url, **json)
            if self.is_sqlite
            else create_async_engine(url, pool_size=8, max_overflow=24, **json)
        )
        event.listen(self.engine.sync_engine, "handle_error", _unstorable)

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
            async with self._begun(read_only=read_only) as conn:
                token = _open.set((task, conn))
                try:
                    yield conn
                finally:
                    _open.reset(token)
        except OperationalError as error:
            raise _storage_error(error) from error
        except DataError as error:
            said = str(error.orig)
            if "NUL" not in said and r"\u0000" not in said:
                raise
            raise InvalidValue(_NUL) from error

    @asynccontextmanager
    async def _begun(self, *, read_only: bool) -> AsyncIterator[AsyncConnection]:
        if not isinstance(self.engine, InlineEngine):
            async with self._turn(read_only=read_only), self.engine.connect() as conn:
                if read_only:
                    await conn.execution_options(**_SNAPSHOT)
                async with conn.begin():
                    if not read_only:
                        await conn.execute(_TURN)
                    yield conn
            return
        if read_only:
            await asyncio.sleep(0)  # statements do not yield; who reads again and again must let the others go on
        async with self._turn(read_only=read_only):
            inline = await self._opened(self.engine, read_only=read_only)
            try:
                with await _begin(inline.raw):
                    yield inline
            finally:
                if read_only:
                    inline.raw.close()

    async def _opened(self, engine: InlineEngine, *, read_only: bool) -> InlineConnection:
        """A connection; the one that writes is kept: only one at a time may, and opening it costs more than using it."""
        kept = self._writing
        if not read_only and kept is not None and not kept.raw.closed and not kept.raw.invalidated:
            return kept
        inline = engine.connect()
        await inline.start()
        inline.raw.execution_options(**{READ_ONLY: read_only})
        if not read_only:
            self._writing = inline
        return inline

    @asynccontextmanager
    async def _turn(self, *, read_only: bool) -> AsyncIterator[None]:
        """There is one writer at a time: they queue here in order, instead of each polling for the database's lock."""
        if read_only:
            yield
            return
        await self._take_turn()
        try:
            yield
        finally:
            self._writer.release()

    async def _take_turn(self) -> None:
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                await self._writer.acquire()
        except TimeoutError as error:
            raise Unavailable(_BUSY) from error

    async def close(self) -> None:
        if self._writing is not None:
            self._writing.raw.close()
            self._writing = None
        await self.engine.dispose()


async def _begin(raw: Connection) -> RootTransaction:
    """Begin; while another process writes to the file, wait for it without holding up the loop."""
    until = asyncio.get_running_loop().time() + WAIT_SECONDS
    while True:
        try:
            return raw.begin()
        except OperationalError as error:
            if "locked" not in str(error.orig) or asyncio.get_running_loop().time() > until:
                raise
        await asyncio.sleep(_RETRY_SECONDS)


def _unstorable(context: ExceptionContext) -> None:
    """What a statement cannot carry is told to whom it came from; drivers and `_json` tell it by these two."""
    if isinstance(context.original_exception, OverflowError | UnicodeEncodeError):
        raise InvalidValue(_UNSTORABLE)


def _json(value: Any) -> str:
    try:
        return orjson.dumps(value).decode()
    except TypeError as error:
        if any(reason in str(error) for reason in ("64-bit", "UTF-8", "Recursion")):
            raise OverflowError(str(error)) from error
        raise


def _storage_error(error: OperationalError) -> Exception:
    said = str(error.orig).lower()
    if "disk is full" in said or "disk full" in said or "no space" in said:
        return StorageFull("The disk is full and nothing was changed. Free some space, then try again.")
    if "readonly" in said or "read-only" in said:
        return StorageFull("The data folder is read-only and nothing was changed. Make it writable, then try again.")
    if "locked" in said or "lock timeout" in said or "connection" in said:
        return Unavailable(_BUSY)
    return error


def plain_engine(url: str, **options: Any) -> Engine:
    """An engine that blocks. Raises InvalidValue for an address that cannot be read."""
    try:
        return create_engine(url, **options)
    except (ArgumentError, ValueError) as error:
        raise InvalidValue(
            "POCHOIR_DATABASE_URL cannot be read. Write it as postgresql+psycopg://user:password@host:port/name.",
            param="database_url",
        ) from error


def unreachable(error: DBAPIError, *, is_file: bool) -> Unavailable:
    """What to say when no connection can be made."""
    reason = str(error.orig).strip().partition("\n")[0]
    lies = "Look at the data folder, or choose another with --data."
    hint = lies if is_file else "Start it, or correct POCHOIR_DATABASE_URL."
    return Unavailable(f"The database cannot be reached ({reason}). {hint}")


def migrate(url: str) -> None:
    """Bring the schema of the database up to date. Synchronous: call it before the event loop starts.

    Where it is, the migration tool is not even loaded. Raises Conflict when a newer version made the database or it is
    none, and Unavailable when it cannot be reached.
    """
    try:
        _migrate(url)
    except DatabaseError as error:
        said = str(error.orig)
        if "not a database" in said or "malformed" in said:
            raise Conflict(
                f"{url.removeprefix('sqlite:///')} is no database, or it is damaged. Restore it from a backup, or move it "
                "away to begin anew."
            ) from error
        if not isinstance(error, OperationalError):
            raise
        known = _storage_error(error)
        raise (
            known if isinstance(known, StorageFull) else unreachable(error, is_file=url.startswith("sqlite"))
        ) from error


def _migrate(url: str) -> None:
    at = _revision(url)
    latest = max(path.stem for path in (_MIGRATIONS / "versions").glob("[0-9]*.py")).partition("_")[0]
    if at == latest:
        return
    if at is not None and at > latest:
        raise Conflict(
            f"This database was made by a newer Pochoir (schema {at}, here {latest}). Start that version again, or use "
            "another data folder."
        )
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["url"] = url
    command.upgrade(config, "head")


def _revision(url: str) -> str | None:
    """The revision that the database is at; None when it has none, or cannot say."""
    engine = plain_engine(url)
    try:
        with connected(engine) as conn:
            found = conn.execute(text("SELECT version_num FROM alembic_version")).scalar()
    except DBAPIError:
        return None
    finally:
        engine.dispose()
    return str(found)


def connected(engine: Engine) -> Connection:
    """A connection. Raises Unavailable with what to do where there is no database."""
    try:
        return engine.connect()
    except DBAPIError as error:
        raise unreachable(error, is_file=engine.dialect.name == "sqlite") from error


def sqlite_version() -> str:
    return sqlite3.sqlite_version
