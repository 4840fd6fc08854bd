"""Where a model's files are, and whether they are whole: `pochoir.json` beside them names revision and digests."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

RECORD = "pochoir.json"


@dataclass(frozen=True, slots=True)
class Kept:
    """A downloaded model: its folder, the revision of its repository, bytes by file."""

    folder: Path
    repository: str
    revision: str
    sizes: tuple[tuple[str, int], ...]


def kept(models: Path, name: str) -> Kept | None:
    """The model, when its record is there and every file has the size that the record says."""
    record = models / name / RECORD
    try:
        stamp = record.stat().st_mtime_ns
    except OSError:
        return None
    return _read(models / name, stamp)


@lru_cache(maxsize=32)
def _read(folder: Path, stamp: int) -> Kept | None:
    try:
        data = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        sizes = tuple((str(name), int(facts["bytes"])) for name, facts in data["files"].items())
        whole = all((folder / name).stat().st_size == size for name, size in sizes)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return Kept(folder, str(data["repository"]), str(data["revision"]), sizes) if whole else None
