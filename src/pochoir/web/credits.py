"""The vendored static files as credits, read from VENDORED.toml and the licence files beside it."""

from __future__ import annotations

import tomllib
from functools import cache

from pochoir.domain.credits import Credit
from pochoir.web.assets import FOLDER

VENDOR = FOLDER / "vendor"


@cache
def vendored() -> tuple[Credit, ...]:
    """One credit a package, in the order of VENDORED.toml. Read once a process."""
    listed = tomllib.loads((VENDOR / "VENDORED.toml").read_text(encoding="utf-8"))["file"]
    packages = dict.fromkeys(entry["package"] for entry in listed)
    return tuple(_credit([entry for entry in listed if entry["package"] == name]) for name in packages)


def _credit(entries: list[dict[str, str]]) -> Credit:
    first = entries[0]
    text = (VENDOR / first["licence_file"]).read_text(encoding="utf-8")
    lines = [line.strip() for line in text.splitlines()]
    return Credit(
        id=first["package"],
        title=first["package"].rpartition("/")[2],
        kind="file",
        licence=first["licence"],
        text=text,
        copyright=next((line for line in lines if line.lower().startswith("copyright")), lines[0]),
        package=first["package"],
        version=first["version"],
        home=first["home"],
        note=first.get("note", ""),
        pieces=tuple(entry["path"] for entry in entries),
    )
