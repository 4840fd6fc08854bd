"""Text on the image: words in quotes, a headline that is typed in, a watermark, the language of the text."""

from __future__ import annotations

import re

from pochoir.domain.tools import Input
from pochoir.features.tools.rules.reading import Reading
from pochoir.features.tools.rules.words import Words, english


def read_watermark(reading: Reading) -> str:
    """The watermark's text; empty when none is asked for. One without a text becomes an input."""
    match = reading.find("watermark") or english().compiled(english().table["watermark"]).search(reading.open)
    if not match:
        return ""
    groups = match.groupdict()
    text = (groups.get("quoted") or groups.get("word") or "").strip()
    reading.take(match.start(), match.end())
    if text:
        reading.understood("steps.watermark.with.text", f"A watermark '{text}'.")
        return text
    key = reading.add_input(Input(key="watermark", label=reading.words.label("watermark"), sample="© ACME"))
    reading.missing(f"inputs.{key}", "The text of the watermark was not said; it is asked for.")
    return f"{{{{ inputs.{key} }}}}"


def read_text(reading: Reading) -> None:
    """Words for the image become an input with them as default, or one to be typed in."""
    for words in _tables(reading.words):
        for pattern in words.patterns("text_on"):
            if match := reading.search(pattern):
                said = match["text"].strip()
                key = reading.add_input(Input(key="text", label=reading.words.label("text"), default=said, sample=said))
                start, end = match.span("text")
                reading.take(start, end, f"{{{{ inputs.{key} }}}}")
                reading.hide(match.start(), match.end())
                reading.understood(f"inputs.{key}", f"Text on the image: '{said}'.")
                return
    for words in _tables(reading.words):
        pattern_in = words.pattern("text_in")
        if pattern_in and (match := reading.search(pattern_in)):
            key = reading.add_input(Input(key="text", label=reading.words.label("text"), sample=_SAMPLE))
            reading.take(match.start(), match.end())
            reading.added.append(f"{reading.words.label('text')}: “{{{{ inputs.{key} }}}}”")
            reading.understood(f"inputs.{key}", "The text on the image is typed in for each run.")
            return


_SAMPLE = "Hello"


def read_text_language(reading: Reading) -> str | None:
    """The language that the text on the image should have, as it was said; the words stay in the prompt."""
    for words in _tables(reading.words):
        pattern = words.pattern("text_language")
        if pattern and (match := pattern.search(reading.open)):
            language = re.sub(r"\s+", " ", match["language"]).strip()
            reading.understood("steps.make.with.prompt", f"Text on the image in this language: {language}.")
            return language
    return None


def _tables(words: Words) -> list[Words]:
    return [words] if words.language == "en" else [words, english()]
