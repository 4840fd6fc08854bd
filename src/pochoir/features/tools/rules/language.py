"""Which language a description is in: by its script, else by the small words that every sentence has."""

from __future__ import annotations

import re

from pochoir.features.tools.rules.words import LANGUAGES, NO_SPACES, job_of, words_of

_KANA = re.compile(r"[぀-ヿ]")
_HAN = re.compile(r"[一-鿿]")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")


def detect(text: str) -> str:
    """The two-letter code of the language, among those that have a table; English when nothing speaks for another."""
    letters = sum(character.isalpha() for character in text) or 1
    if _KANA.search(text):
        return "ja"
    if len(_HAN.findall(text)) / letters > 0.2:
        return "zh"
    words = [word.lower().replace("’", "'") for word in _WORD.findall(text)]
    scores = {language: _score(words, language) for language in LANGUAGES if language not in NO_SPACES}
    best = max(scores.values())
    alike = [language for language in scores if scores[language] == best]
    return alike[0] if len(alike) == 1 else _by_jobs(text, alike)


def _by_jobs(text: str, languages: list[str]) -> str:
    """Of languages whose small words say the same, the one with a word for what is to be made; English before others."""
    first = ["en"] if "en" in languages else []
    for language in [*first, *languages]:
        if job_of(text, words_of(language), alone=True).id != "other":
            return language
    return "en" if "en" in languages else languages[0]


def _score(words: list[str], language: str) -> int:
    known = frozenset(words_of(language).table["functions"])
    return sum(word in known or f"{word.partition(chr(39))[0]}'" in known for word in words)
