"""The archive's sources as credits: each art set, typeface and word list with its licence and its pieces."""

from __future__ import annotations

from collections import defaultdict

from pochoir.domain.credits import Credit
from pochoir.engines.builtin import archive


def credits() -> tuple[Credit, ...]:
    """Every source of the archive, read from the archive itself."""
    texts, pieces = archive.licences(), defaultdict[str, list[str]](list)
    for name in archive.names():
        pieces[archive.source_of(name)].append(name)
    for source, drawings in archive.restyled().items():
        pieces[source].extend(drawings)
    for face, source in archive.faces().items():
        pieces[source].append(face)
    return tuple(
        Credit(
            id=key,
            title=source["title"],
            kind=source["kind"],
            licence=source["licence"],
            text=texts[source["licence"]],
            copyright=source["copyright"],
            package=source.get("package", ""),
            version=source.get("version", ""),
            home=source.get("home", ""),
            note=source.get("note", ""),
            pieces=tuple(pieces[key]),
        )
        for key, source in archive.sources().items()
    )
