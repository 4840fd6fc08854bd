"""A description being read: what was taken out of it, what stands in its place, and what was concluded.

Each reader takes the words that it understood, so that no later one sees them; the rest is the prompt, as it was said.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

from pochoir.domain.tools import Guess, Input
from pochoir.features.tools.rules.words import Job, Words

_GAP = "\x1f"
"""Stands in `open` where words were taken; no pattern matches it."""


@dataclass
class Reading:
    """One description. `open` is the text with everything that is understood blanked out, character for character."""

    text: str
    words: Words
    job: Job
    open: str = ""
    edits: list[tuple[int, int, str]] = field(default_factory=list)
    inputs: list[Input] = field(default_factory=list)
    guesses: list[Guess] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    """Sentences for the end of the prompt."""
    combined: bool = False
    """The images that go in are to be made into one."""

    def __post_init__(self) -> None:
        self.open = self.open or self.text

    def take(self, start: int, end: int, instead: str = "") -> None:
        """Take words out of the prompt and put `instead` in their place."""
        self.edits.append((start, end, instead))
        self.open = self.open[:start] + _GAP * (end - start) + self.open[end:]

    def hide(self, start: int, end: int) -> None:
        """Keep words in the prompt, but let no later reader see them."""
        self.open = self.open[:start] + _GAP * (end - start) + self.open[end:]

    def find(self, name: str) -> re.Match[str] | None:
        pattern = self.words.pattern(name)
        return self.search(pattern) if pattern else None

    def search(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """The first match that reaches over nothing that was taken."""
        match = pattern.search(self.open)
        while match and _GAP in match[0].strip(_GAP):
            match = pattern.search(self.open, match.start() + 1)
        return match

    def find_any(self, name: str) -> re.Match[str] | None:
        """The first match among the patterns of a list."""
        return next((match for pattern in self.words.patterns(name) if (match := self.search(pattern))), None)

    def understood(self, where: str, text: str) -> None:
        self.guesses.append(Guess(kind="understood", where=where, text=text))

    def assumed(self, where: str, text: str) -> None:
        self.guesses.append(Guess(kind="assumed", where=where, text=text))

    def missing(self, where: str, text: str) -> None:
        self.guesses.append(Guess(kind="missing", where=where, text=text))

    def add_input(self, item: Input) -> str:
        """Add an input; a key that is taken is counted up. Returns its key."""
        keys = {known.key for known in self.inputs}
        key, number = item.key, 2
        while key in keys:
            key, number = f"{item.key}_{number}", number + 1
        self.inputs.append(item.model_copy(update={"key": key}))
        return key

    def rest(self) -> str:
        """The text with the edits made."""
        parts, at = [], 0
        for start, end, instead in sorted(self.edits):
            if start >= at:
                parts += [plain(self.text[at:start]), instead]
                at = end
        parts.append(plain(self.text[at:]))
        return "".join(parts)


def plain(text: str) -> str:
    """The user's words with nothing in them that reads as a template."""
    return re.sub(r"\{(?=[{%#])", "{ ", text).replace("}}", "} }").replace("%}", "% }").replace("#}", "# }")


def key_of(label: str, fallback: str = "field") -> str:
    """A key from a label: letters, digits and underscores; the fallback when nothing is left."""
    ascii_only = (
        unicodedata.normalize("NFKD", label.replace("ß", "ss").replace("ł", "l")).encode("ascii", "ignore").decode()
    )
    key = re.sub(r"[^a-z0-9]+", "_", ascii_only.lower()).strip("_")[:32].strip("_")
    return key if re.match(r"[a-z]", key) else fallback


def tidy(text: str) -> str:
    """One line, no doubled spaces, no stray punctuation at the ends or in between."""
    text = re.sub(r"\s+", " ", text)
    text = re.sub(r"\(\s*[,;]?\s*\)", " ", text)
    text = re.sub(r"\s+([,.;:!?、。，])", r"\1", re.sub(r"\s+", " ", text))
    text = re.sub(r"([,;:、，])(?:\s*[,;:、，])+", r"\1", text)
    text = re.sub(r"[,;:、，]\s*([.!?。])", r"\1", text)
    text = re.sub(r"([.!?。])(?:\s*[.!?。])+", r"\1", text)
    return text.strip(" ,;:.、，。-–")
