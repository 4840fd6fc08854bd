"""A prompt in, a Scene out: counts, colours, places, settings, styles, layouts, quoted texts; and what was not understood.

Pure and deterministic. Longest match of phrases, left to right; adjectives bind to the thing they stand beside.
"""

# ruff: noqa: E501, SIM905 - outlines and word lists read better in long lines
from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pochoir.engines.builtin import archive, words
from pochoir.engines.builtin.colours import HEX, NAMES
from pochoir.engines.builtin.nouns import REPLACED, REVIEWED
from pochoir.engines.builtin.scene import Layout, Place, Relation, Scene, Thing, Words

MAX_TOKENS = 1500
MAX_THINGS = 24
MAX_COUNT = 60
_QUOTED = re.compile(
    r"\"([^\"\n]{1,300})\"|“([^”\n]{1,300})”|„([^“”\n]{1,300})[“”]|«\s?([^»\n]{1,300}?)\s?»|‘([^’\n]{1,300})’|「([^」\n]{1,300})」|『([^』\n]{1,300})』|(?<![\w])'([^'\n]{2,200})'(?!\w)"
)
_SAYS = re.compile(
    r"\b(?:that says|which says|saying|says|that reads|reading|with the (?:text|words?|headline|title|slogan|caption)|text|headline|title|slogan|caption)\s*:?\s+([A-Z0-9][^.,;\n\"]{1,80})"
)
_TOKEN = re.compile(r"#[0-9a-fA-F]{3,6}\b|[^\W_]+(?:['’-][^\W_]+)*|[.,;:!?、。，；：！？]", re.UNICODE)
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_STOPS = frozenset(".,;:!?、。，；：！？")
_MOCKS = {"smartphone", "laptop", "tablet", "tee", "mug", "tote-bag", "hoodie", "television", "desktop-computer"}  # fmt: skip
_AND = frozenset("and und et y e & plus i och og と 和 与 i и".split())
_GROUPS = frozenset(
    "team people colleagues coworkers customers staff group audience equipo équipe squadra equipe".split()
)
_PAIRS = frozenset(
    "sneaker socks glasses sunglasses headphone earbuds jeans thong-sandal womans-boot high-heeled-shoe mans-shoe earrings scissors skis shopping-bags books".split()
)
_TOGETHER = frozenset({"on", "under", "inside", "behind", "front", "above", "below"})
_FRUITS = frozenset("orange oranges naranja laranja arancione".split())
_PLACE_STARTS = frozenset(phrase.split()[0] for phrase in words.PLACES)
_DRINKS = frozenset("wine-bottle bottle-with-popping-cork cheese-wedge cocktail-glass".split())


@dataclass(slots=True)
class _Reading:
    """What is being collected while the tokens are read."""

    things: list[Thing] = field(default_factory=list)
    relations: list[Relation] = field(default_factory=list)
    marks: dict[str, str] = field(default_factory=dict)
    styles: list[str] = field(default_factory=list)
    palette: list[str] = field(default_factory=list)
    unknown: list[tuple[str, bool]] = field(default_factory=list)
    without: list[str] = field(default_factory=list)
    layout: Layout | None = None
    backdrop: tuple[str, str] | None = None
    count: int | None = None
    colour: tuple[str, str] | None = None
    grow: float = 1.0
    place: Place | None = None
    negative: bool = False
    joined: bool = False
    group: list[int] = field(default_factory=list)
    """Things joined by `and` before a place word: all of them stand there."""
    ended: int = -9
    """Index of the token after the last thing: a colour right behind it may belong to it."""


def understand(prompt: str, language: str | None = None) -> Scene:
    """Read a prompt. Never fails; what it cannot place is in `unknown`."""
    text, texts = _quoted(prompt)
    language = language or _language(text)
    tokens = _tokens(text, language)
    reading = _Reading()
    vocabulary = _vocabulary(language)
    position = 0
    while position < len(tokens):
        position += _step(reading, tokens, position, vocabulary, language)
    return _scene(reading, texts, language, truncated=len(tokens) >= MAX_TOKENS)


def _quoted(prompt: str) -> tuple[str, list[str]]:
    """Take quoted texts out, and `saying Hello World` without quotes."""
    texts: list[str] = []

    def take(match: re.Match[str]) -> str:
        texts.append(" ".join(next(g for g in match.groups() if g is not None).split()))
        return " , "

    rest = _QUOTED.sub(take, prompt)
    if not texts:
        rest = _SAYS.sub(take, rest, count=1)
    return rest, [t for t in texts if t][:6]


def _language(text: str) -> str:
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


def _tokens(text: str, language: str) -> list[str]:
    found: list[str] = []
    for token in _TOKEN.findall(text.lower().replace("’", "'")):
        if _CJK.search(token) and language != "ko":
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
    vocabulary, k = _vocabulary(language), 0
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
        REVIEWED, NAMES, words.NUMBERS, words.SETTINGS, words.TIMES, words.WEATHERS, words.SEASONS, words.STYLES, words.LAYOUTS,
    )  # fmt: skip
    return any(part in table for table in tables) or part in words.BACKDROPS or part in words.BIG | words.SMALL


def _vocabulary(language: str) -> Mapping[str, tuple[str, int]]:
    if language in {"en", ""}:
        return archive.words("en")
    return {**archive.words("en"), **archive.words(language)}


def _singulars(word: str, language: str) -> list[str]:
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
        found += [word.removesuffix(end) for end in ("en", "er", "n", "e") if word.endswith(end) and len(word) > 4]
    return found


def _noun(phrase: str, vocabulary: Mapping[str, tuple[str, int]], language: str) -> str | None:
    """The drawing a phrase means: the reviewed table first, then the closest label or keyword of word and singulars."""
    *front, last = phrase.split(" ")
    forms = [" ".join([*front, form]) for form in _singulars(last, language)]
    for whole in forms:
        if whole in REVIEWED and archive.has(REVIEWED[whole]):
            return REVIEWED[whole]
    found = [
        (vocabulary[f][1], k, vocabulary[f][0])
        for k, f in enumerate(forms)
        if f in vocabulary and f not in words.SILENT
    ]
    if found:
        name = min(found)[2]
        return REPLACED.get(name, name)
    if language in {"de", "nl", "sv", "da"} and len(phrase) > 8 and " " not in phrase:
        for k in range(3, len(phrase) - 3):
            if phrase[k:] in REVIEWED and archive.has(REVIEWED[phrase[k:]]):
                return REVIEWED[phrase[k:]]
    return None


def _step(
    reading: _Reading, tokens: list[str], position: int, vocabulary: Mapping[str, tuple[str, int]], language: str
) -> int:
    """Read one phrase at `position`; the number of tokens it took."""
    token = tokens[position]
    if token in _STOPS:
        reading.count = reading.colour = None
        reading.negative, reading.grow = False, 1.0
        if token not in {",", "、", "，"}:
            reading.place = None
        return 1
    for size in range(min(5, len(tokens) - position), 0, -1):
        part = tokens[position : position + size]
        if size > 1 and any(t in _STOPS for t in part):
            continue
        phrase = " ".join(part)
        if _take(reading, phrase, tokens, position, size, vocabulary, language):
            return size
    _unknown(reading, tokens, position)
    return 1


def _take(
    reading: _Reading,
    phrase: str,
    tokens: list[str],
    at: int,
    size: int,
    vocabulary: Mapping[str, tuple[str, int]],
    language: str,
) -> bool:
    """Try a phrase against every table, the surest first."""
    after = tokens[at + size] if at + size < len(tokens) else ""
    if phrase in words.NEGATIVES:
        reading.negative = True
        return True
    if phrase in words.BACKDROPS:
        return True
    if phrase in _AND:
        reading.joined = True
        return True
    if phrase in {"a pair of", "pair of"} and _noun(after, vocabulary, language) in _PAIRS:
        reading.count = 1
        return True
    english_flower = language == "en" and phrase in {"rose", "roses"}
    if not english_flower and _small_word(reading, phrase, after, tokens, at, size):
        return True
    if phrase in words.LAYOUTS and not (
        phrase in {"product", "card", "story", "cover", "ad"} and _noun(f"{phrase} {after}", vocabulary, language)
    ):
        reading.layout = reading.layout if reading.layout in {"icons", "mockup"} else words.LAYOUTS[phrase]
        reading.count, reading.grow = None, 1.0
        if phrase == "mascot" or not after:
            return True
        return True
    first, _, rest = phrase.partition(" ")
    if rest and first in NAMES and (f"{rest} {after}" in REVIEWED or (rest in REVIEWED and phrase not in REVIEWED)):
        return False
    piece = _noun(phrase, vocabulary, language)
    marked = _mark(reading, phrase, piece, after)
    if marked:
        return True
    if phrase in words.PLACES:
        reading.place = words.PLACES[phrase] if reading.things else None
        return True
    if piece and phrase not in words.SILENT:
        _thing(reading, phrase, piece, at + size, _many(phrase, piece, language))
        return True
    return phrase in words.SILENT or phrase in words.PALETTE_WORDS


def _small_word(reading: _Reading, phrase: str, after: str, tokens: list[str], at: int, size: int) -> bool:
    if phrase.isdigit() and len(phrase) < 4 and after not in {"%", "percent", "px", "x"}:
        reading.count = max(1, int(phrase))
        return True
    if phrase in words.NUMBERS:
        reading.count = words.NUMBERS[phrase]
        return True
    if phrase in words.BIG or phrase in words.SMALL:
        reading.grow = 1.35 if phrase in words.BIG else 0.62
        return True
    name = phrase.replace(" ", "-")
    value = phrase if HEX.fullmatch(phrase) else _named(name)
    if value is None or (phrase in _FRUITS and _stands_alone(reading, tokens, at, after)):
        return False
    _colour(reading, phrase, value, tokens, at, size)
    return True


def _stands_alone(reading: _Reading, tokens: list[str], at: int, after: str) -> bool:
    """Whether a word that is a colour and a fruit ends its noun phrase, as in `an orange orange` and `an orange, a pear`."""
    before = tokens[at - 1] if at else ""
    ends = not after or after in _STOPS or after in _PLACE_STARTS or after in {"and", "with", "und", "et", "y", "e"}
    return ends and (
        reading.colour is not None
        or before in {"a", "an", "the", "one", "eine", "une", "una", "uma"}
        or (reading.count or 0) > 0
    )


def _named(name: str) -> str | None:
    """A colour's name, also inflected (`mintgrünem`, `pretos`)."""
    if name in NAMES:
        return NAMES[name]
    for ending in ("em", "en", "er", "es", "e", "s"):
        stem = name.removesuffix(ending)
        if stem != name and len(stem) > 2 and stem in NAMES:
            return NAMES[stem]
    return None


def _colour(reading: _Reading, phrase: str, value: str, tokens: list[str], at: int, size: int) -> None:
    """Bind a colour: to the background, to the thing just named (Romance languages, `is red`, `in red`), or to the next."""
    window = tokens[at + size : at + size + 3]
    before = tokens[max(0, at - 2) : at]
    nearest = window[: next((k for k, t in enumerate(window) if t in _STOPS), 3)]
    if any(t in words.BACKDROPS for t in nearest[:2]) or (
        before and before[-1] in words.BACKDROPS and not _CJK.search(phrase)
    ):
        reading.backdrop = (value, phrase)
        return
    if HEX.fullmatch(phrase) or any(t in words.PALETTE_WORDS for t in tokens[max(0, at - 5) : at + size + 3]):
        reading.palette.append(value)
        if any(t in words.PALETTE_WORDS for t in tokens[max(0, at - 5) : at + size + 3]):
            return
    behind = reading.things and (
        at == reading.ended
        or (
            at - reading.ended <= 2
            and before
            and before[-1] in {"is", "are", "in", "en", "ist", "est", "coloured", "colored"}
        )
    )
    if behind and reading.things[-1].colour is None and not reading.negative:
        reading.things[-1] = replace(reading.things[-1], colour=value, colour_word=phrase)
        return
    reading.colour = (value, phrase)


def _mark(reading: _Reading, phrase: str, piece: str | None, after: str) -> bool:
    """Settings, times, weather, seasons, styles. A word that is also a thing counts as a setting after `in`, `on`, `at`."""
    found = False
    for kind, table in (
        ("setting", words.SETTINGS), ("time", words.TIMES), ("weather", words.WEATHERS), ("season", words.SEASONS),
    ):  # fmt: skip
        if phrase in table:
            if (
                kind == "setting"
                and piece
                and not reading.place
                and phrase in {"mountain", "island", "table", "moon", "star"}
            ):
                return False
            if reading.negative:
                reading.without.append(phrase)
            else:
                reading.marks.setdefault(kind, table[phrase])
            found = True
    if phrase in words.STYLES:
        reading.styles.append(words.STYLES[phrase])
        found = True
    if found:
        reading.place, reading.negative = None, False
        if "pastel" in reading.styles or after in words.BACKDROPS:
            reading.colour = None if after in words.BACKDROPS else reading.colour
    return found


def _thing(reading: _Reading, phrase: str, piece: str | None, ended: int, many: int = 1) -> None:
    if reading.negative:
        reading.without.append(phrase)
        reading.negative = False
        return
    colour, word = reading.colour or (None, "")
    if "black cat" in phrase or phrase in {"chat noir", "gato negro", "gatto nero", "schwarze katze", "gato preto"}:
        colour, word = "#26262b", ""
    count = min(reading.count or many, MAX_COUNT)
    thing = Thing(phrase, piece, count, colour, word, reading.grow)
    for k, known in enumerate(reading.things):
        if (
            piece
            and known.piece == piece
            and known.colour == colour
            and reading.place is None
            and reading.count is None
        ):
            reading.things[k] = replace(known, count=max(known.count, count))
            reading.colour, reading.grow, reading.ended = None, 1.0, ended
            return
    if len(reading.things) < MAX_THINGS:
        reading.things.append(thing)
        _relate(reading, len(reading.things) - 1)
    reading.joined = False
    reading.count = reading.colour = reading.place = None
    reading.grow, reading.ended = 1.0, ended


def _relate(reading: _Reading, here: int) -> None:
    """Tie the newest thing to those before it, by the place word between them."""
    place = reading.place
    if place == "holding" and here:
        reading.relations.append(Relation(here, "front", here - 1))
    elif place and here:
        firsts = reading.group if place in _TOGETHER and reading.group else [here - 1]
        reading.relations.extend(Relation(first, place, here) for first in firsts)
    reading.group = [*reading.group, here] if reading.joined and not place else [here]


def _many(phrase: str, piece: str | None, language: str) -> int:
    """A plural without a number, or a group, is three, where one drawing is one thing."""
    if phrase in _GROUPS:
        return 3
    one = phrase.removesuffix("s")
    plural = language == "en" and one != phrase and not phrase.endswith("ss")
    return 3 if plural and piece not in _PAIRS and REVIEWED.get(one) == piece else 1


def _unknown(reading: _Reading, tokens: list[str], at: int) -> None:
    """A word of no table. It counts as a thing when it ends its noun phrase after an article, a number or an adjective."""
    token = tokens[at]
    if len(token) < 3 or token.isdigit() or (token in words.SILENT):
        return
    if reading.negative:
        reading.without.append(token)
        return
    before = tokens[at - 1] if at else ""
    after = tokens[at + 1] if at + 1 < len(tokens) else ""
    opens = before in {
        "a",
        "an",
        "the",
        "our",
        "my",
        "your",
        "of",
        "ein",
        "eine",
        "einen",
        "un",
        "une",
        "una",
        "um",
        "uma",
        "new",
    }
    ends = not after or after in _STOPS or after in _PLACE_STARTS or after in words.SILENT
    noun_like = ends and (opens or reading.count is not None or reading.colour is not None)
    reading.unknown.append((token, noun_like))
    if noun_like:
        _thing(reading, token, None, at + 1)


def _scene(reading: _Reading, texts: list[str], language: str, *, truncated: bool) -> Scene:
    things, relations = reading.things, reading.relations
    if any(t.piece in _DRINKS for t in things):
        things = [replace(t, piece="wine-glass") if t.word == "glasses" else t for t in things]
    layout: Layout = reading.layout or ("scene" if things or reading.marks else "words")
    mock = None
    if layout == "mockup":
        mock = next((t.piece for t in things if t.piece in _MOCKS), None)
        if mock and len(things) > 1:
            things, relations = [t for t in things if t.piece != mock], []
    if layout == "icon" and (len(things) > 2 or any(t.count > 1 for t in things)):
        layout = "icons"
    if (
        not things
        and not reading.marks
        and layout in {"scene", "product", "icon", "icons", "sticker", "pattern", "avatar"}
    ):
        layout = "words"
    if len([t for t in things if t.piece]) > 0:
        unknown_cards = [t for t in things if t.piece is None]
        if len(unknown_cards) > 2:
            keep = {id(t) for t in unknown_cards[:2]}
            things = [t for t in things if t.piece or id(t) in keep]
            relations = []
    elif len(things) > 3:
        things, relations = things[:3], []
    palette = tuple(dict.fromkeys(reading.palette))
    if reading.colour and reading.backdrop is None and not things:
        palette = (*palette, reading.colour[0])
    notes = ("The prompt is very long: its first words were read.",) if truncated else ()
    backdrop, backdrop_word = reading.backdrop or (None, "")
    if reading.colour and not reading.backdrop and things and layout != "scene":
        backdrop, backdrop_word = reading.colour
    return Scene(
        layout=layout, things=tuple(things), relations=tuple(relations), setting=reading.marks.get("setting"),
        time=reading.marks.get("time"), weather=reading.marks.get("weather"), season=reading.marks.get("season"),
        styles=tuple(dict.fromkeys(reading.styles)), backdrop=backdrop, backdrop_word=backdrop_word, palette=palette,
        texts=tuple(Words(t, "headline" if k == 0 else "line") for k, t in enumerate(texts)), mock=mock,
        without=tuple(dict.fromkeys(reading.without)), unknown=tuple(dict.fromkeys(w for w, _ in reading.unknown))[:40],
        language=language, notes=notes,
    )  # fmt: skip
