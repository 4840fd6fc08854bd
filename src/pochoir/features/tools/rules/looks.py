"""Quality, background, file format, style, and what to leave out of the picture."""

from __future__ import annotations

from dataclasses import dataclass

from pochoir.features.tools.rules.reading import Reading
from pochoir.features.tools.rules.words import english


@dataclass(frozen=True, slots=True)
class Looks:
    """What was said of the looks; None where nothing was."""

    quality: str | None = None
    background: str | None = None
    format: str | None = None
    negative: str = ""


def read_looks(reading: Reading) -> Looks:
    said = [name for name in ("low", "high", "medium") if _take(reading, name)]
    quality = said[0] if said else None
    if {"low", "high"} <= set(said):
        quality = "high"
        text = "Cheap and of high quality contradict each other; high is taken. Low costs less."
        reading.assumed("steps.make.with.quality", text)
    background = "transparent" if _take(reading, "transparent") else "opaque" if _take(reading, "opaque") else None
    negative = _negative(reading)
    if style := reading.find("style"):
        reading.understood("steps.make.with.prompt", f"Style: {style['style'].strip()}.")
    if quality:
        reading.understood("steps.make.with.quality", f"Quality {quality}.")
    if background:
        reading.understood("steps.make.with.background", f"The background is {background}.")
    return Looks(quality, background, read_format(reading, background), negative)


def _take(reading: Reading, name: str) -> bool:
    found = False
    for table in (reading.words, english()):
        pattern = table.pattern(name)
        while pattern and (match := pattern.search(reading.open)):
            reading.take(match.start(), match.end())
            found = True
    return found


def read_format(reading: Reading, background: str | None) -> str | None:
    """The file format that was said. A transparent background and jpeg exclude each other: png is taken, and said."""
    match = reading.find("format") or english().compiled(english().table["format"]).search(reading.open)
    if not match:
        return None
    name = {"jpg": "jpeg"}.get(match["format"].lower(), match["format"].lower())
    reading.take(match.start(), match.end())
    if name == "jpeg" and background == "transparent":
        reading.left_out.append("A jpeg cannot be transparent, so png is used.")
        return "png"
    reading.understood("steps.make.with.format", f"Files are {name}.")
    return name


def _negative(reading: Reading) -> str:
    found = []
    if match := reading.find("no_text"):
        reading.take(match.start(), match.end())
        found.append(reading.words.label("text_word") if "text_word" in reading.words.table["labels"] else "text")
    if match := reading.find_any("negative"):
        reading.take(match.start(), match.end())
        found.append(match["negative"].strip())
    if found:
        reading.understood("steps.make.with.negative", f"To leave out: {', '.join(found)}.")
    return ", ".join(found)
