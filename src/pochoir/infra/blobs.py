"""Blobs on local disk, named by the BLAKE3 hash of their bytes. A blob is whole or absent, never half written."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from blake3 import blake3

from pochoir.domain.errors import NotFound, StorageFull

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES}

YOUNG_SECONDS = 3600.0
"""How long bytes may wait for the row that refers to them."""


def name_of(data: bytes) -> str:
    """The name under which these bytes are kept: their BLAKE3 hash, 64 hexadecimal digits."""
    return blake3(data).hexdigest()


class BlobStore(Protocol):
    """Where the bytes of images are. All methods block: call them from a thread, at most `threads` at once."""

    threads: int

    def put(self, data: bytes) -> str:
        """Store bytes; their name is returned once they are safe. Idempotent. Raises StorageFull."""
        ...

    def get(self, name: str) -> bytes:
        """Raises NotFound, and Unavailable when the place is away."""
        ...

    def forget(self, name: str) -> bool:
        """Take a blob away that nothing refers to; False when it was put within the last hour, and may be wanted."""
        ...

    def send_waiting(self) -> int:
        """Send what waits for a place that was away; returns how many went."""
        ...

    def sweep(self) -> int:
        """At start: tidy up what a killed process left; returns how many. Raises Conflict when nothing can be stored."""
        ...


class Blobs:
    """`put` is idempotent and atomic (temporary file, then rename); `get` reads whole. Both block: call from a thread."""

    threads = max(2, os.cpu_count() or 2)
    """Threads that hash and write. More than there are processors only take turns, and hold up the one that answers."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._changing = threading.Lock()
        root.mkdir(parents=True, exist_ok=True)

    def path(self, name: str) -> Path:
        return self.root / name[:2] / name

    def put(self, data: bytes) -> str:
        """Store bytes; the name is returned once they are on disk. Raises StorageFull when they cannot be written."""
        name = name_of(data)
        target = self.path(name)
        with self._changing:
            if target.exists():
                os.utime(target)  # wanted anew: `forget` leaves it
                return name
        temporary = self.root / f".put-{secrets.token_hex(12)}"
        try:
            with temporary.open("xb", buffering=0) as file:
                left = memoryview(data)
                while left:
                    left = left[file.write(left) :]
                os.fsync(file.fileno())
            try:
                temporary.replace(target)
            except FileNotFoundError:
                target.parent.mkdir(exist_ok=True)
                temporary.replace(target)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise _told(error, "image") from error
        return name

    def new(self) -> NewBlob:
        """Begin a blob that comes in pieces, so that it need not fit into memory."""
        return NewBlob(self)

    def get(self, name: str) -> bytes:
        try:
            return self.path(name).read_bytes()
        except FileNotFoundError as error:
            raise NotFound("This image's file is gone from the data folder. Restore it from a backup.") from error

    def names(self) -> Iterator[str]:
        """Every blob that is kept, in no order."""
        return (path.name for path in self.root.glob("??/*"))

    def delete(self, name: str) -> None:
        """Take a blob away. The caller knows that nothing refers to it."""
        self.path(name).unlink(missing_ok=True)

    def forget(self, name: str) -> bool:
        """Take a blob away that nothing refers to; False when it was put within the last hour, and may be wanted."""
        with self._changing:
            path = self.path(name)
            try:
                if time.time() - path.stat().st_mtime < YOUNG_SECONDS:
                    return False
                path.unlink()
            except FileNotFoundError:
                return True
        return True

    def send_waiting(self) -> int:
        """Nothing ever waits here."""
        return 0

    def sweep(self, *, alone: bool = False) -> int:
        """Delete temporary files that a killed process left behind; returns how many.

        Those of the last hour stay, as a command may be writing them, unless nobody else writes here (`alone`).
        """
        old = time.time() - YOUNG_SECONDS
        left = [path for path in self.root.glob(".put-*") if alone or _changed(path) < old]
        for path in left:
            path.unlink(missing_ok=True)
        return len(left)


class NewBlob:
    """A blob in the making. Ends with `keep` or `discard`; until then it is a temporary file that a sweep takes away."""

    def __init__(self, blobs: Blobs) -> None:
        self.size = 0
        self._blobs = blobs
        self._hash = blake3()
        self._path = blobs.root / f".put-{secrets.token_hex(12)}"
        try:
            self._file = self._path.open("xb")
        except OSError as error:
            raise _told(error, "file") from error

    @property
    def path(self) -> Path:
        """Where the bytes lie until then; complete after `flush`."""
        return self._path

    def write(self, data: bytes | memoryview) -> None:
        """Append bytes. Raises StorageFull when they cannot be written."""
        try:
            self._file.write(data)
        except OSError as error:
            self.discard()
            raise _told(error, "file") from error
        self._hash.update(data)
        self.size += len(data)

    def flush(self) -> None:
        """Put the bytes on disk, so that `keep` is quick. Raises StorageFull when they cannot be written."""
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            self.discard()
            raise _told(error, "file") from error

    def keep(self) -> str:
        """Put the bytes on disk under their name, which is returned. Raises StorageFull when they cannot be written."""
        name = self._hash.hexdigest()
        target = self._blobs.path(name)
        self.flush()
        try:
            self._file.close()
            target.parent.mkdir(exist_ok=True)
            self._path.replace(target)
        except OSError as error:
            self.discard()
            raise _told(error, "file") from error
        return name

    def discard(self) -> None:
        """Forget the bytes. Does nothing after `keep`, or when called again."""
        with contextlib.suppress(OSError):
            self._file.close()  # what is still in its buffer may not fit on the disk, and is not wanted
        self._path.unlink(missing_ok=True)


def _changed(path: Path) -> float:
    """When a file was changed, in seconds since 1970; now when it is gone."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return time.time()


def _told(error: OSError, what: str) -> OSError | StorageFull:
    """StorageFull when there is no room or no permission, else the error itself."""
    if error.errno not in _FULL:
        return error
    return StorageFull(
        f"The {what} could not be stored ({error.strerror}). Make room or make the data folder writable, then try again."
    )
