"""Work of others that Pochoir ships: who made it, under which licence, and where it is from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Credit:
    """One source: an art set, a typeface, a data set or a file, with all that its licence asks to be shown."""

    id: str
    title: str
    kind: str
    """`drawings`, `typeface`, `words` or `file`."""
    licence: str
    """Its SPDX name."""
    text: str
    """The licence's text."""
    copyright: str
    package: str = ""
    version: str = ""
    home: str = ""
    note: str = ""
    pieces: tuple[str, ...] = ()
    """Names of the single things taken from it: drawings, faces, files."""
