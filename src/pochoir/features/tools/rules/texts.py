"""Texts that a language model should write beside the images: captions, alt texts, slogans, descriptions."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pochoir.features.tools.rules.reading import Reading, key_of
from pochoir.features.tools.rules.words import english

_MOST_WORDS = 60
_BETWEEN = re.compile(r"\s*(?:,|&|\+|\b(?:and|or|und|oder|et|ou|y|e|i|en|plus)\b|と|和|及)\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Writing:
    """One text to be written. `shown`: it goes onto the image, so it is written first."""

    key: str
    label: str
    most_words: int
    shown: bool = False


def read_texts(reading: Reading, *, writer: bool) -> list[Writing]:
    """The texts that were asked for; without a `writer` (a connected language model) they are said as left out."""
    found: list[Writing] = []
    for words in [reading.words] if reading.words.language == "en" else [reading.words, english()]:
        for pattern in words.patterns("writing"):
            while match := reading.search(pattern):
                shown = bool(match.groupdict().get("shown"))
                most = int(match.groupdict().get("most") or 0) or _MOST_WORDS
                reading.take(match.start(), match.end())
                found += [Writing(key_of(name, "text"), _label(name), most, shown) for name in _names(match["what"])]
    unique = list({writing.key: writing for writing in found}.values())
    for writing in unique:
        if writer:
            place = "It goes onto the image." if writing.shown else f"At most {writing.most_words} words."
            reading.understood(f"steps.{writing.key}", f"{writing.label}: written by your language model. {place}")
        else:
            reading.left_out.append(
                f"{writing.label}: nothing can write texts here yet. Connect a language model on the settings page."
            )
    return unique if writer else []


def task(writing: Writing, prompt: str) -> str:
    """What the language model is asked for."""
    return f"Write one {writing.label.lower()} for these images: {prompt}. Give the text only."


def _names(what: str) -> list[str]:
    articles = (
        r"^(?:(?:an?|the|some|short|catchy|matching|fitting|good|eine?n?|kurzen?|une?|le|la|una?|um|uma|een)\s+)+"
    )
    parts = [re.sub(articles, "", part.strip(), flags=re.IGNORECASE) for part in _BETWEEN.split(what)]
    return [re.sub(r"(?<=[a-z])s$", "", part) for part in parts if part]


def _label(name: str) -> str:
    return (name[:1].upper() + name[1:])[:120]
