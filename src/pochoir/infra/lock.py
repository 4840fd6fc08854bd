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
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO

from sqlalchemy import Connection, Engine, NullPool, text
from sqlalchemy.exc import DBAPIError

from pochoir.domain.errors import Conflict, StorageFull
from pochoir.infra.db import connected, plain_engine

PATIENCE = 5.0
"""Seconds in which a database notices that a process which held it is dead."""
LOOKS = 3
LOOK_PAUSE = 0.01
"""How often a folder's lock is tried, and the seconds between."""
LOOK_SECONDS = 5.0
"""How often it is looked whether the database still holds the lock."""
_LOG = logging.getLogger("pochoir.database")
_ALIVE = text("SELECT 1")
_SOLE = text("SELECT pg_try_advisory_lock(hashtext('pochoir server'))")


@dataclass(frozen=True, slots=True)
class Served:
    """Where the process that holds a folder can be asked, and the id by which it says that it is the one."""

    link: str
    id: str


class DataLock:
    """Holds `<folder>/lock` from `take` to `release`. The file names the process, and where it serves; it is never
    deleted. Who takes the lock empties it, so that it tells of nobody who is gone."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "lock"
        self._file: IO[bytes] | None = None

    def take(self) -> DataLock:
        """Lock the folder. Raises Conflict when another process has it, StorageFull when it cannot be written."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            file = self.path.open("a+b", buffering=0)
        except OSError as error:
            raise self._unwritten(error) from error
        if not _locked(file):
            owner = _lines(file)[:1]
            file.close()
            who = f"process {owner[0]}" if owner else "another process"
            raise Conflict(
                f"The data folder {self.path.parent} is in use by {who}. "
                "Stop that one first, or choose another folder with --data."
            )
        try:
            file.truncate(0)
            file.write(_owner())
        except OSError as error:
            file.close()
            raise self._unwritten(error) from error
        self._file = file
        return self

    def tell(self, served: Served | None) -> None:
        """Write down where this process serves; None: it does no more. Raises StorageFull."""
        assert self._file is not None, "the lock is not taken"
        try:
            self._file.truncate(len(_owner()))
            if served is not None:
                self._file.write(f"{served.link}\n{served.id}\n".encode())
        except OSError as error:
            raise self._unwritten(error) from error

    def served(self) -> Served | None:
        """Where the process that holds the folder serves. None when it does not, or when nobody holds the folder."""
        try:
            self.take()
        except Conflict:
            with self.path.open("rb") as file:
                _, *told = _lines(file) or [""]
            return Served(*told) if len(told) == 2 else None
        self.release()
        return None

    def _unwritten(self, error: OSError) -> StorageFull:
        return StorageFull(
            f"The data folder {self.path.parent} cannot be written ({error.strerror}). "
            "Make room, make it writable, or choose another with --data."
        )

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


def _locked(file: IO[bytes]) -> bool:
    """Lock it. Tried thrice: a command that looks who serves holds it too, for a moment."""
    for _ in range(LOOKS):
        if _try_lock(file):
            return True
        time.sleep(LOOK_PAUSE)
    return False


def _owner() -> bytes:
    return f"{os.getpid()}\n".encode()


def _lines(file: IO[bytes]) -> list[str]:
    file.seek(0)
    return file.read().decode("utf-8", "replace").splitlines()


@contextmanager
def database_lock(url: str, patience: float = PATIENCE) -> Iterator[None]:
    """Hold a PostgreSQL database for this process; does nothing for SQLite, whose file lies in the locked folder.

    The lock is the connection's: it goes with it. Raises Conflict when another server has it, Unavailable when the
    database cannot be asked.
    """
    if not url.startswith("postgresql"):
        yield
        return
    engine = plain_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    connection = connected(engine)
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

    def _try_lock(file: IO[bytes]) -> bool:
        """Lock one byte far behind the text, so that others can still read who holds it."""
        file.seek(1_000_000)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try_lock(file: IO[bytes]) -> bool:
        try:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
