"""Tokens, the language of a prompt, and what a noun means: the reviewed table first, then the packed words. Pure."""

# ruff: noqa: E501 - word lists read better in long lines
from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from pochoir.engines.builtin import archive, words
from pochoir.engines.builtin.colours import HEX, NAMES
from pochoir.engines.builtin.grammar import BEHIND_NOUN
from pochoir.engines.builtin.nouns import ENGLISH, REPLACED, REVIEWED, SCENERY, SIGNS

MAX_TOKENS = 1500
_TOKEN = re.compile(r"#[0-9a-fA-F]{3,6}\b|[^\W_]+(?:['’-][^\W_]+)*|[.,;:!?、。，；：！？]", re.UNICODE)
CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def language_of(text: str) -> str:
    """The likeliest language by its small words, or by its script."""
    sample = text[:2000]
    for pattern, language in (
        (r"[\u3040-\u30ff]", "ja"),
        (r"[\uac00-\ud7af]", "ko"),
        (r"[\u4e00-\u9fff]", "zh"),
        (r"[іїєґІЇЄҐ]", "uk"),
        (r"[\u0400-\u04ff]", "ru"),
        (r"[\u0900-\u097f]", "hi"),
    ):
        if len(re.findall(pattern, sample)) >= 2:
            return language
    found = re.findall(r"[^\W\d_]+'?", sample.lower())
    scores = {name: sum(w in hints for w in found) for name, hints in words.LANGUAGE_HINTS.items()}
    best = max(scores, key=lambda name: scores[name])
    return best if scores[best] > scores["en"] else "en"


def tokens_of(text: str, language: str) -> list[str]:
    found: list[str] = []
    for token in _TOKEN.findall(text.lower().replace("’", "'")):
        if CJK.search(token) and language != "ko":
            found.extend(_split_cjk(token, language))
        elif language in {"fr", "it"} and re.match(r"^(l|d|qu|s|n|j|c|dell|all|nell|sull|un)'\w", token):
            found.extend(token.split("'", 1))
        else:
            found.append(token)
        if len(found) >= MAX_TOKENS:
            break
    return found


def _split_cjk(run: str, language: str) -> list[str]:
    """Longest known word first; what is between becomes single characters that say nothing."""
    vocabulary, k = vocabulary_of(language), 0
    found: list[str] = []
    while k < len(run) and len(found) < MAX_TOKENS:
        for size in range(min(8, len(run) - k), 0, -1):
            part = run[k : k + size]
            if part in vocabulary or _known(part):
                found.append(part)
                k += size
                break
        else:
            k += 1
    return found


def _known(part: str) -> bool:
    tables: tuple[Mapping[str, object], ...] = (
        archive.foreign_nouns(), REVIEWED, BEHIND_NOUN, NAMES, words.NUMBERS, words.SETTINGS, words.TIMES, words.WEATHERS, words.SEASONS, words.STYLES, words.LAYOUTS,
    )  # fmt: skip
    return any(part in table for table in tables) or part in words.BACKDROPS or part in words.BIG | words.SMALL


def vocabulary_of(language: str) -> Mapping[str, tuple[str, int]]:
    if language in {"en", ""}:
        return archive.words("en")
    return {**archive.words("en"), **archive.words(language)}


def singulars(word: str, language: str) -> list[str]:
    """The word, and what it may be the plural of."""
    found = [word]
    if word.endswith("ies") and len(word) > 4:
        found.append(word[:-3] + "y")
    if word.endswith("ves"):
        found += [word[:-3] + "f", word[:-3] + "fe"]
    if word.endswith("es") and len(word) > 4:
        found.append(word[:-2])
    if word.endswith("s") and not word.endswith("ss") and len(word) > 3:
        found.append(word[:-1])
    if language in {"de", "nl", "sv", "da"}:
        found += [
            word.removesuffix(end)
            for end in ("en", "er", "ar", "or", "na", "n", "e", "s")
            if word.endswith(end) and len(word) > 4
        ]
    return found


def _sign(name: str) -> bool:
    return name in SCENERY or SIGNS.search(name) is not None


_SLAVIC = frozenset({"pl", "ru", "uk"})
_ENDINGS = re.compile(
    r"(?:ami|ach|ów|om|em|ie|ie|ych|ego|ому|ого|ами|ах|ов|ев|ей|ий|ый|ая|ое|ые|ой|ом|ем|[aeiouyąęóаеёиоуыэюяйь])$"
)


@cache
def _stems(language: str) -> Mapping[str, str]:
    """Stem -> drawing, for languages that bend their nouns; the reviewed words win."""
    found: dict[str, str] = {}
    for word, (name, far) in archive.words(language).items():
        if len(word) > 3 and " " not in word and far < 5 and not _sign(name):
            found.setdefault(_ENDINGS.sub("", word), name)
    found |= {_ENDINGS.sub("", w): name for w, name in REVIEWED.items() if len(w) > 2 and " " not in w}
    found |= {_ENDINGS.sub("", w): name for w, name in archive.foreign_nouns().items() if len(w) > 3 and " " not in w}
    return MappingProxyType(found)


def _settled(phrase: str, forms: list[str], language: str) -> str | None:
    """What the reviewed tables of a language say: a drawing, nothing where none is right, None for a word of neither."""
    if language == "en" and phrase in ENGLISH:
        return ENGLISH[phrase]
    table = archive.nouns() if language == "en" else archive.foreign_nouns()
    return next((table[form] for form in forms if form in table), None)


def noun(phrase: str, vocabulary: Mapping[str, tuple[str, int]], language: str) -> str | None:
    """The drawing a phrase means: the reviewed table first, then the closest label or keyword of word and singulars."""
    *front, last = phrase.split(" ")
    forms = [" ".join([*front, form]) for form in singulars(last, language)]
    settled = _settled(phrase, forms, language)
    if settled is not None:
        return settled or None
    for whole in forms:
        if whole in REVIEWED and archive.has(REVIEWED[whole]):
            return REVIEWED[whole]
    found = [
        (vocabulary[f][1], k, vocabulary[f][0])
        for k, f in enumerate(forms)
        if f in vocabulary and f not in words.SILENT and not _sign(vocabulary[f][0])
    ]
    if found:
        name = min(found)[2]
        return REPLACED.get(name, name)
    if language in _SLAVIC and " " not in phrase and len(phrase) > 3:
        stem = _ENDINGS.sub("", phrase)
        stemmed = _stems(language).get(stem) if len(stem) > 2 else None
        if stemmed:
            return REPLACED.get(stemmed, stemmed)
    if language == "ko" and len(phrase) > 1 and phrase[-1] in "와과의은는이가을를에도":
        return noun(phrase[:-1], vocabulary, language)
    if language in {"de", "nl", "sv", "da"} and len(phrase) > 8 and " " not in phrase:
        for k in range(3, len(phrase) - 3):
            part = archive.foreign_nouns().get(phrase[k:]) or REVIEWED.get(phrase[k:])
            if part and archive.has(part):
                return part
    tables = (archive.nouns(), archive.foreign_nouns())
    return next((table[form] for table in tables for form in forms if table.get(form)), None)


def undrawn(phrase: str, language: str) -> bool:
    """Whether a phrase is a noun of which, as the reviewed table says, no drawing is right."""
    *front, last = phrase.split(" ")
    forms = [" ".join([*front, form]) for form in singulars(last, language)]
    return language == "en" and phrase not in ENGLISH and any(archive.nouns().get(form) == "" for form in forms)


def colour_named(name: str) -> str | None:
    """A colour's name, also inflected (`mintgrünem`, `pretos`)."""
    if name in NAMES:
        return NAMES[name]
    for ending in ("em", "en", "er", "es", "e", "s"):
        stem = name.removesuffix(ending)
        if stem != name and len(stem) > 2 and stem in NAMES:
            return NAMES[stem]
    return None


def colour_value(name: str) -> str | None:
    """The hex of a colour word, a phrase of two, or a hex itself."""
    return name if HEX.fullmatch(name) else None if name in words.NUMBERS else colour_named(name.replace(" ", "-"))
