"""Which language a description is in: by its script, else by the small words that every sentence has."""

from __future__ import annotations

import re

from pochoir.features.tools.rules.words import LANGUAGES, NO_SPACES, words_of

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
    best = max(scores, key=lambda language: (scores[language], language == "en"))
    return best if scores[best] > scores["en"] else "en"


def _score(words: list[str], language: str) -> int:
    known = frozenset(words_of(language).table["functions"])
    return sum(word in known or f"{word.partition(chr(39))[0]}'" in known for word in words)
