"""Blobs on local disk, named by the BLAKE3 hash of their bytes. A blob is whole or absent, never half written."""

from __future__ import annotations

import errno
import os
import secrets
from pathlib import Path

from blake3 import blake3

from pochoir.domain.errors import NotFound, StorageFull


def name_of(data: bytes) -> str:
    """The name under which these bytes are kept: their BLAKE3 hash, 64 hexadecimal digits."""
    return blake3(data).hexdigest()


class Blobs:
    """`put` is idempotent and atomic (temporary file, then rename); `get` reads whole. Both block: call from a thread."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)

    def path(self, name: str) -> Path:
        return self.root / name[:2] / name

    def put(self, data: bytes) -> str:
        """Store bytes; the name is returned once they are on disk. Raises StorageFull when they cannot be written."""
        name = name_of(data)
        target = self.path(name)
        if target.exists():
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
            if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES}:
                raise StorageFull(
                    f"The image could not be stored ({error.strerror}). Make room or make the data folder writable, "
                    "then try again."
                ) from error
            raise
        return name

    def get(self, name: str) -> bytes:
        try:
            return self.path(name).read_bytes()
        except FileNotFoundError as error:
            raise NotFound("This image's file is gone from the data folder. Restore it from a backup.") from error

    def sweep(self) -> int:
        """Delete temporary files that a killed process left behind; returns how many. Call at start only."""
        left = list(self.root.glob(".put-*"))
        for path in left:
            path.unlink(missing_ok=True)
        return len(left)
