"""One process per data folder and database: locks that are let go of when the process ends, however it ends.

A start settles what a dead process left. Done while another one lives, it would end that one's work.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO

from sqlalchemy import Connection, Engine, NullPool, create_engine, text
from sqlalchemy.exc import DBAPIError

from pochoir.domain.errors import Conflict, StorageFull, Unavailable

PATIENCE = 5.0
"""Seconds in which a database notices that a process which held it is dead."""
LOOK_SECONDS = 5.0
"""How often it is looked whether the database still holds the lock."""
_LOG = logging.getLogger("pochoir.database")
_ALIVE = text("SELECT 1")
_SOLE = text("SELECT pg_try_advisory_lock(hashtext('pochoir server'))")


class DataLock:
    """Holds `<folder>/lock` from `take` to `release`. The file names the process; it is never deleted."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "lock"
        self._file: IO[str] | None = None

    def take(self) -> DataLock:
        """Lock the folder. Raises Conflict when another process has it, StorageFull when it cannot be written."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            file = self.path.open("a+", encoding="ascii")
        except OSError as error:
            raise StorageFull(
                f"The data folder {self.path.parent} cannot be written ({error.strerror}). "
                "Make it writable or choose another with --data."
            ) from error
        if not _try_lock(file):
            file.seek(0)
            owner = file.read().strip()
            file.close()
            who = f"process {owner}" if owner else "another process"
            raise Conflict(
                f"The data folder {self.path.parent} is in use by {who}. "
                "Stop that one first, or choose another folder with --data."
            )
        file.seek(0)
        file.truncate()
        file.write(f"{os.getpid()}\n")
        file.flush()
        self._file = file
        return self

    def release(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def __enter__(self) -> DataLock:
        return self.take()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


@contextmanager
def database_lock(url: str, patience: float = PATIENCE) -> Iterator[None]:
    """Hold a PostgreSQL database for this process; does nothing for SQLite, whose file lies in the locked folder.

    The lock is the connection's: it goes with it. Raises Conflict when another server has it, Unavailable when the
    database cannot be asked.
    """
    if not url.startswith("postgresql"):
        yield
        return
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    try:
        connection = engine.connect()
    except DBAPIError as error:
        reason = str(error.orig).strip().partition("\n")[0]
        raise Unavailable(
            f"The database cannot be reached ({reason}). Start it, or correct POCHOIR_DATABASE_URL."
        ) from error
    until = time.monotonic() + patience
    while not connection.execute(_SOLE).scalar():
        if time.monotonic() > until:
            connection.close()
            raise Conflict(
                "Another Pochoir server uses this database. Stop that one first, or choose another database with "
                "POCHOIR_DATABASE_URL."
            )
        time.sleep(0.1)
    over = threading.Event()
    holder = threading.Thread(target=_hold, args=(engine, connection, over), name="database-lock", daemon=True)
    holder.start()
    try:
        yield
    finally:
        over.set()
        holder.join(PATIENCE)


def _hold(engine: Engine, connection: Connection, over: threading.Event) -> None:
    """Take the lock again when the database was restarted; where somebody else was faster, stop this process."""
    held: Connection | None = connection
    while not over.wait(LOOK_SECONDS):
        try:
            if held is None:
                held = engine.connect()
                if not held.execute(_SOLE).scalar():
                    _LOG.error("another server has taken the database, so this one stops")
                    os.kill(os.getpid(), signal.SIGTERM)
                    break
            held.execute(_ALIVE)
        except DBAPIError:
            held = None  # it is away; so is the lock
    if held is not None:
        held.close()


if sys.platform == "win32":
    import msvcrt

    def _try_lock(file: IO[str]) -> bool:
        """Lock one byte far behind the text, so that others can still read who holds it."""
        file.seek(1_000_000)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try_lock(file: IO[str]) -> bool:
        try:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
