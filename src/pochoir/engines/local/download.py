"""Bring a model's files here: safetensors and settings of one revision, resumed where they stopped, checked by digest.

Transfers are huggingface_hub's; what may come, how much of it, and that it is whole is decided here.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from pochoir.domain.errors import EngineError, EngineNotReady, StorageFull
from pochoir.engines.local.recipes import RECIPES
from pochoir.engines.local.store import RECORD

HUB = "https://huggingface.co"
ALLOWED = frozenset({".json", ".safetensors", ".txt", ".model", ".jinja"})
"""Weights come as safetensors only: other formats can carry code."""
MOST_BYTES = 200 * 10**9
MOST_FILES = 500
_PIECE = 8 * 1024 * 1024

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class File:
    """One file of a revision. `sha256` for large files, `blob` (git's own SHA-1) for small ones."""

    name: str
    bytes: int
    sha256: str
    blob: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What a download will bring. `revision` is the commit, whatever branch was asked for."""

    model: str
    repository: str
    revision: str
    files: tuple[File, ...]

    @property
    def total(self) -> int:
        return sum(file.bytes for file in self.files)


def repository_of(model: str) -> str:
    """Where a model's files are. Raises EngineNotReady for a model that cannot run here."""
    if model not in RECIPES:
        raise EngineNotReady(f"There is no recipe for '{model}'. Choose from: {', '.join(RECIPES)}.")
    return RECIPES[model].repository


def plan(model: str, *, hub: str = HUB, revision: str = "main", repository: str | None = None) -> Plan:
    """Look up what would come. Raises EngineNotReady for an unknown model, EngineError when the hub does not answer."""
    repository = repository or repository_of(model)
    with _failures(hub):
        info = _api(hub).model_info(repository, revision=revision, files_metadata=True)
    files = tuple(_file(item) for item in info.siblings or () if _wanted(item.rfilename))
    if not any(file.name == "model_index.json" for file in files):
        raise EngineError(f"{repository} is no diffusers model. Check the recipe.")
    found = Plan(model, repository, str(info.sha), files)
    if found.total > MOST_BYTES or len(files) > MOST_FILES:
        raise EngineError(f"{repository} has {len(files)} files of {found.total / 1e9:.0f} GB, which is too much.")
    return found


def _wanted(name: str) -> bool:
    path = PurePosixPath(name)
    return path.suffix in ALLOWED and ".." not in path.parts and not path.is_absolute() and len(path.parts) <= 3


def _file(item: Any) -> File:
    lfs = item.lfs
    return File(item.rfilename, int(item.size or 0), str(lfs.sha256) if lfs else "", str(item.blob_id or ""))


def download(wanted: Plan, models: Path, *, hub: str = HUB, say: Say = print) -> Path:
    """Bring the files of a plan. What is there already, and right, is not fetched again; a file that stopped goes on.

    The record that says "it is all here" goes before the first file changes, and comes back after the last: until then
    the folder may hold files of two revisions, and no image may be made with those. Files of other revisions go.

    Raises StorageFull before anything is fetched when the disk has no room, EngineError for a file that came wrong
    (it is deleted), for a hub that does not answer, and when it is cut off: the next call goes on from there.
    """
    folder = models / wanted.model
    folder.mkdir(parents=True, exist_ok=True)
    record: dict[str, Any] = {"repository": wanted.repository, "revision": wanted.revision, "files": {}}
    missing = [file for file in wanted.files if not _right(folder / file.name, file)]
    need, free = sum(file.bytes for file in missing), shutil.disk_usage(folder).free
    if need > free * 0.98:
        raise StorageFull(
            f"{wanted.model} needs {need / 1e9:.1f} GB and {folder} has {free / 1e9:.1f} GB free. Make room, or choose "
            "another folder with POCHOIR_MODELS."
        )
    strays = _strays(folder, wanted)
    if missing or strays:
        (folder / RECORD).unlink(missing_ok=True)
    for number, file in enumerate(missing, start=1):
        say(f"{number} of {len(missing)}  {file.name}  {file.bytes / 1e6:.1f} MB")
        _fetch(wanted, file, folder, hub)
    for stray in strays:
        stray.unlink(missing_ok=True)
    for file in wanted.files:
        record["files"][file.name] = {"bytes": file.bytes, "sha256": file.sha256, "blob": file.blob}
    (folder / f"{RECORD}.part").write_text(json.dumps(record, indent=1, sort_keys=True), encoding="utf-8")
    (folder / f"{RECORD}.part").replace(folder / RECORD)
    return folder


def _strays(folder: Path, wanted: Plan) -> list[Path]:
    """What an earlier download may have brought and this one does not: a loader would take it for a part of the model."""
    names = {RECORD, *(file.name for file in wanted.files)}
    there = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    # huggingface_hub keeps what it needs to go on in a folder whose name begins with a dot
    return [path for name, path in there.items() if name not in names and _wanted(name) and name[0] != "."]


def _fetch(wanted: Plan, file: File, folder: Path, hub: str) -> None:
    from huggingface_hub import hf_hub_download

    with _failures(hub):
        hf_hub_download(
            wanted.repository, file.name, revision=wanted.revision, local_dir=folder, endpoint=hub, token=False
        )
    if not _right(folder / file.name, file):
        (folder / file.name).unlink(missing_ok=True)
        raise EngineError(
            f"{file.name} did not come as the hub described it, so it was deleted. Run the command again."
        )


def _right(path: Path, file: File) -> bool:
    """Whether a file has the size and the digest that the hub names."""
    if not path.is_file() or path.stat().st_size != file.bytes:
        return False
    git = f"blob {file.bytes}\0".encode()  # what git puts before a file's bytes
    digest = hashlib.sha256() if file.sha256 else hashlib.sha1(git, usedforsecurity=False)
    with path.open("rb") as source:
        while piece := source.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest() == (file.sha256 or file.blob)


def _api(hub: str) -> Any:
    from huggingface_hub import HfApi

    return HfApi(endpoint=hub, token=False)


class _failures:
    """Turns what huggingface_hub and its HTTP client raise into a sentence with what to do."""

    def __init__(self, hub: str) -> None:
        self._hub = hub

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if error is None or not isinstance(error, Exception) or isinstance(error, EngineError):
            return
        if isinstance(error, OSError) and error.errno == 28:
            raise StorageFull(
                "The disk is full. Make room, then run the command again: it goes on from there."
            ) from error
        said = str(error).strip().splitlines()[0][:200].rstrip(". ") if str(error).strip() else type(error).__name__
        raise EngineError(
            f"{self._hub} did not give the files ({said}). Check the network, then run the command again: it goes on "
            "from there."
        ) from error
