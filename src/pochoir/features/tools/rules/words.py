"""The tables of words, one file a language, and the jobs. Patterns are compiled once, when they are first needed."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

FOLDER = Path(__file__).parent
NO_SPACES = frozenset({"ja", "zh"})
"""Languages that put no spaces between words: patterns match anywhere."""
LANGUAGES = tuple(sorted(path.stem for path in (FOLDER / "words").glob("*.toml")))


@dataclass(frozen=True, slots=True)
class Job:
    """A common job: what it usually takes in and gives out. The texts are in the language of the description."""

    id: str
    title: str
    label: str
    sample: str
    subject: str = ""
    kind: Literal["text", "long_text"] = "text"
    size: str = "1024x1024"
    n: int = 1
    background: str = "auto"
    image_in: Literal["", "image", "images"] = ""
    each: str = ""
    extra_image: str = ""
    family: str = ""
    """The common job that this one is counted as; empty for itself."""


_BRACKETS = re.compile(r"\([^()]*\)")


class Words:
    """The table of one language."""

    def __init__(self, language: str, table: Mapping[str, Any]) -> None:
        self.language = language
        self.table = table
        self._compiled: dict[str, re.Pattern[str]] = {}

    def pattern(self, name: str) -> re.Pattern[str] | None:
        """The pattern of that name at word borders; None when this language has none."""
        source = self.table.get(name)
        return self.compiled(source) if isinstance(source, str) and source else None

    def patterns(self, name: str) -> list[re.Pattern[str]]:
        return [self.compiled(source) for source in self.table.get(name, ())]

    def compiled(self, source: str) -> re.Pattern[str]:
        if source not in self._compiled:
            bordered = source if self.language in NO_SPACES else rf"(?<!\w)(?:{source})(?:(?<!\w)|(?!\w))"
            self._compiled[source] = re.compile(bordered, re.IGNORECASE)
        return self._compiled[source]

    @property
    def numbers(self) -> Mapping[str, int]:
        numbers: Mapping[str, int] = self.table.get("numbers", {})
        return numbers

    def label(self, name: str) -> str:
        return str(self.table.get("labels", {}).get(name) or english().table["labels"][name])

    @property
    def sets(self) -> Mapping[str, Mapping[str, Any]]:
        """Things that are often varied (seasons, colours …) with their words."""
        sets: Mapping[str, Mapping[str, Any]] = self.table.get("sets", {})
        return sets


@lru_cache(maxsize=16)
def words_of(language: str) -> Words:
    path = FOLDER / "words" / f"{language}.toml"
    return Words(language, tomllib.loads(path.read_text(encoding="utf-8")))


def english() -> Words:
    return words_of("en")


@lru_cache(maxsize=1)
def _jobs() -> tuple[Mapping[str, Any], ...]:
    return tuple(tomllib.loads((FOLDER / "jobs.toml").read_text(encoding="utf-8"))["jobs"])


def job_of(text: str, words: Words, *, alone: bool = False) -> Job:
    """The job whose words stand in the text, in its language or (unless `alone`) for loan words in English; else `other`.

    Special jobs stand before general ones in jobs.toml.
    """
    for table in (words,) if alone else (words, english()):
        for shape in ("portrait", "landscape", "square"):  # `portrait format` is no portrait
            if pattern := table.pattern(shape):
                text = pattern.sub(lambda match: match[0] if match[0].isalpha() else " ", text)
        for said in (_BRACKETS.sub(" ", text), text):  # `a style (comic, photo)` lists choices; it names no job
            for facts in _jobs():
                entry = table.table["jobs"].get(facts["id"], {})
                if entry.get("words") and table.compiled(entry["words"]).search(said):
                    return job(facts["id"], words)
    return job("other", words)


def job(job_id: str, words: Words) -> Job:
    facts = next(facts for facts in _jobs() if facts["id"] == job_id)
    entry = words.table["jobs"].get(job_id) or english().table["jobs"][job_id]
    return Job(title=entry["title"], label=entry["label"], sample=entry["sample"], **facts)
