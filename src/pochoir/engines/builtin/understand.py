"""A prompt in, a Scene out, and what was not understood. Longest match of phrases; adjectives bind to the thing beside them."""

# ruff: noqa: E501 - outlines and word lists read better in long lines
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pochoir.engines.builtin import labels, lexicon, spread, words
from pochoir.engines.builtin.colours import HEX, NAMES
from pochoir.engines.builtin.grammar import (
    AND,
    ARTICLES,
    AS_THINGS,
    BEHIND_NOUN,
    BOTH,
    BUILDINGS,
    CONTAINS,
    FAMILY,
    FRUITS,
    GOODS,
    HOLDERS,
    MOCKS,
    MODIFIERS,
    OPENS,
    OR,
    PAIRS,
    PLACE_STARTS,
    STOPS,
    SURFACES,
    TERRAIN,
    TOGETHER,
    TURNS,
    WEAK,
)
from pochoir.engines.builtin.lexicon import (
    CJK,
    MAX_TOKENS,
    colour_named,
    colour_value,
    language_of,
    noun,
    tokens_of,
    vocabulary_of,
)
from pochoir.engines.builtin.nouns import ENGLISH, REVIEWED
from pochoir.engines.builtin.quotes import clauses, quoted
from pochoir.engines.builtin.scene import Layout, Place, Relation, Scene, Thing, Words
from pochoir.engines.builtin.senses import bounded, few_cards, many_of, props_of, senses_of, with_squares

MAX_THINGS = 24
MAX_COUNT = 60


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
    turned: bool = False
    holder: int | None = None
    """Index of a vase, bowl or basket whose content is being named."""
    negative: bool = False
    negated: bool = False
    """The thing just read was one to leave out: `or` and `and` carry that on."""
    joined: bool = False
    group: list[int] = field(default_factory=list)
    """Things joined by `and` before a place word: all of them stand there."""
    ended: int = -9
    """Index of the token after the last thing: a colour right behind it may belong to it."""


def understand(prompt: str, language: str | None = None) -> Scene:
    """Read a prompt. Never fails; what it cannot place is in `unknown`."""
    text, texts = quoted(prompt)
    labelled = labels.read(text)
    language = language or language_of(labelled.body)
    panels = _panels(labelled.body, language)
    reading, vocabulary = _Reading(), vocabulary_of(language)
    tokens = with_squares(tokens_of(" . ".join([*labelled.first, labelled.body]), language))
    position = 0
    while position < len(tokens):
        position += _step(reading, tokens, position, vocabulary, language)
    _leave_out(reading, labelled.without, vocabulary, language)
    reading.unknown += [(part, False) for part in labelled.apart]
    texts += [text for text in labelled.texts if text not in texts]
    scene = _scene(reading, texts[:6], language, truncated=len(tokens) >= MAX_TOKENS)
    if panels:
        panels = tuple(replace(p, styles=scene.styles) for p in panels)
        return replace(scene, layout="storyboard", things=(), relations=(), unknown=(), panels=panels, setting=None)
    return scene


def _panels(text: str, language: str) -> tuple[Scene, ...]:
    """A storyboard's clauses, each a picture of its own."""
    found = [replace(understand(clause, language), layout="scene") for clause in clauses(text)]
    shown = [p for p in found if p.things or p.setting]
    return tuple(shown) if len(shown) > 1 else ()


def _leave_out(
    reading: _Reading, listed: tuple[str, ...], vocabulary: Mapping[str, tuple[str, int]], language: str
) -> None:
    """What a label says to leave out goes, also where the prompt named it, unless nothing would be left."""
    for item in listed:
        reading.without.append(item)
        piece = noun(item, vocabulary, language)
        hit = [k for k, t in enumerate(reading.things) if t.word == item or (piece and t.piece == piece)]
        if hit and (len(hit) < len(reading.things) or reading.marks):
            keep = [k for k in range(len(reading.things)) if k not in hit]
            number = {k: n for n, k in enumerate(keep)}
            reading.things = [reading.things[k] for k in keep]
            reading.relations = [
                Relation(number[r.first], r.place, number[r.second])
                for r in reading.relations
                if r.first in number and r.second in number
            ]


def _step(
    reading: _Reading, tokens: list[str], position: int, vocabulary: Mapping[str, tuple[str, int]], language: str
) -> int:
    """Read one phrase at `position`; the number of tokens it took."""
    token = tokens[position]
    taken = _spread(reading, tokens, position, vocabulary, language)
    if taken:
        return taken
    if token in STOPS:
        reading.count = reading.colour = None
        lists = token in {",", "、", "，"} and reading.holder is not None
        if not (lists and reading.things[reading.holder or 0].piece in SURFACES):
            reading.holder = None
        reading.negative = reading.negated and any(t in OR for t in tokens[position + 1 : position + 4])
        reading.negated, reading.grow = reading.negative, 1.0
        if token not in {",", "、", "，"}:
            reading.place = None
        return 1
    for size in range(min(5, len(tokens) - position), 0, -1):
        part = tokens[position : position + size]
        if size > 1 and any(t in STOPS for t in part):
            continue
        phrase = " ".join(part)
        if _take(reading, phrase, tokens, position, size, vocabulary, language):
            return size
    _unknown(reading, tokens, position)
    return 1


def _spread(
    reading: _Reading, tokens: list[str], at: int, vocabulary: Mapping[str, tuple[str, int]], language: str
) -> int:
    """Several colours for one noun, behind it or before it; the number of tokens taken, 0 when there is no such list."""
    if reading.negative or reading.backdrop or any(t in words.PALETTE_WORDS for t in tokens[max(0, at - 3) : at]):
        return 0
    last = reading.things[-1] if reading.things else None
    if last and at == reading.ended and last.count > 1 and last.colour is None:
        parts, end = spread.colours_from(tokens, at, colour_value)
        after = tokens[end : end + 1]
        if len(parts) > 1 and (not after or after[0] in STOPS or after[0] in PLACE_STARTS or after[0] in TURNS):
            made = spread.shares(parts, last.count)
            many = [replace(last, count=p.count, colour=colour_value(p.colour), colour_word=p.colour) for p in made]
            reading.things[-1:] = many[: MAX_THINGS - len(reading.things) + 1]
            reading.ended = end
            return end - at
    if tokens[at] in STOPS or tokens[at] in AND or (at and colour_value(tokens[at - 1])):
        return 0
    parts, end = spread.colours_from(tokens, at, colour_value)
    if len(parts) < 2 or " ".join(tokens[at : at + 3]) in words.STYLES:
        return 0
    if end < len(tokens) and tokens[end] in words.BACKDROPS:
        values = [colour_value(p.colour) or "" for p in parts]
        reading.backdrop = (values[0], " and ".join(p.colour for p in parts))
        reading.palette.extend(values[1:])
        return end + 1 - at
    if (end >= len(tokens) or tokens[end] in STOPS) and tokens[at - 1 : at] != ["in"]:
        reading.palette.extend(colour_value(p.colour) or "" for p in parts)
        return end - at
    for size in (3, 2, 1):
        phrase = " ".join(tokens[end : end + size])
        piece = noun(phrase, vocabulary, language) if end + size <= len(tokens) and phrase not in words.SILENT else None
        if piece is None or phrase in words.BACKDROPS or phrase in words.LAYOUTS:
            continue
        several = sum(p.counted for p in parts) > 1 or (reading.count or many_of(phrase, piece, language)) > 1
        if not several:
            return 0
        for part in spread.shares(parts, reading.count or 0):
            reading.count, reading.colour = part.count, (colour_value(part.colour) or "", part.colour)
            _thing(reading, phrase, piece, end + size)
            reading.joined = True
        return end + size - at
    return 0


def _negation(reading: _Reading, phrase: str, after: str, ended: int) -> bool:
    """`no people, text or logos`: a negative holds for one thing, and on over `or` and `and`."""
    if phrase in words.NEGATIVES:
        reading.negative = True
        return True
    if reading.negated and phrase in OR | AND and after not in OPENS and not after.isdecimal():
        reading.negative = after not in words.NUMBERS
        return True
    if reading.negative and phrase in words.ABSENT:
        _thing(reading, phrase, None, ended)
        return True
    if reading.negative and phrase in TURNS:
        reading.negative = False
    return False


def _join_word(reading: _Reading, phrase: str, at: int) -> bool:
    """`with` behind a vase or a bowl, the word background itself, and `and`."""
    if phrase in CONTAINS and at == reading.ended and reading.things[-1].piece in HOLDERS | SURFACES:
        reading.holder = len(reading.things) - 1
        return True
    if phrase in words.BACKDROPS:
        return True
    if phrase in AND:
        reading.joined = True
        return True
    return False


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
    if not (language == "pt" and phrase == "no") and _negation(reading, phrase, after, at + size):
        return True
    if _join_word(reading, phrase, at) or spread.says_colours(phrase, tokens, at, colour_value):
        return True
    if phrase in {"a pair of", "pair of"} and noun(after, vocabulary, language) in PAIRS:
        reading.count = 1
        return True
    english_flower = language == "en" and phrase in {"rose", "roses"}
    if not english_flower and _small_word(reading, phrase, after, tokens, at, size):
        return True
    if phrase in words.LAYOUTS and not (
        phrase in {"product", "card", "story", "cover", "ad"} and noun(f"{phrase} {after}", vocabulary, language)
    ):
        reading.layout = reading.layout if reading.layout in {"icons", "mockup"} else words.LAYOUTS[phrase]
        reading.count, reading.grow = None, 1.0
        reading.styles += [words.STYLES[phrase]] if phrase in words.STYLES else []
        return True
    first, _, rest = phrase.partition(" ")
    if rest and first in NAMES and (f"{rest} {after}" in REVIEWED or (rest in REVIEWED and phrase not in REVIEWED)):
        return False
    piece = noun(phrase, vocabulary, language) or ("man-standing" if phrase in FAMILY else None)
    if phrase in MODIFIERS and language == "en" and after not in STOPS and noun(after, vocabulary, language):
        return True
    piece = piece or (AS_THINGS.get(phrase) if reading.layout in GOODS else None)
    marked = _mark(reading, phrase, piece, after)
    if marked:
        return True
    if phrase in BEHIND_NOUN and language in {"ja", "zh"} and reading.things:
        reading.place, reading.turned = BEHIND_NOUN[phrase], True
        return True
    if phrase in words.PLACES:
        reading.place = words.PLACES[phrase] if reading.things else None
        return True
    if (piece or lexicon.undrawn(phrase, language)) and (
        phrase not in words.SILENT or (language == "en" and phrase in ENGLISH)
    ):
        _thing(reading, phrase, piece, at + size, many_of(phrase, piece, language))
        return True
    return phrase in words.SILENT or phrase in words.PALETTE_WORDS


def _small_word(reading: _Reading, phrase: str, after: str, tokens: list[str], at: int, size: int) -> bool:
    if phrase.isdecimal() and len(phrase) < 4 and after not in {"%", "percent", "px", "x"}:
        reading.count = max(1, int(phrase))
        return True
    if phrase in words.NUMBERS:
        reading.count = words.NUMBERS[phrase]
        return True
    if phrase in words.MATERIALS and not (phrase in FRUITS and _stands_alone(reading, tokens, at, after)):
        reading.colour = reading.colour or (words.MATERIALS[phrase], phrase)
        return True
    if phrase in words.BIG or phrase in words.SMALL:
        reading.grow = 1.35 if phrase in words.BIG else 0.62
        return True
    name = phrase.replace(" ", "-")
    value = phrase if HEX.fullmatch(phrase) else colour_named(name)
    if value is None or (phrase in FRUITS and _stands_alone(reading, tokens, at, after)):
        return False
    _colour(reading, phrase, value, tokens, at, size)
    return True


def _stands_alone(reading: _Reading, tokens: list[str], at: int, after: str) -> bool:
    """Whether a word that is a colour and a fruit ends its noun phrase, as in `an orange orange` and `an orange, a pear`."""
    before = tokens[at - 1] if at else ""
    ends = not after or after in STOPS or after in PLACE_STARTS or after in {"and", "with", "und", "et", "y", "e"}
    return ends and (
        reading.colour is not None
        or before in {"a", "an", "the", "one", "eine", "une", "una", "uma"}
        or (reading.count or 0) > 0
    )


def _colour(reading: _Reading, phrase: str, value: str, tokens: list[str], at: int, size: int) -> None:
    """Bind a colour: to the background, to the thing just named (Romance languages, `is red`, `in red`), or to the next."""
    window = tokens[at + size : at + size + 3]
    before = tokens[max(0, at - 2) : at]
    nearest = window[: next((k for k, t in enumerate(window) if t in STOPS), 3)]
    if any(t in words.BACKDROPS for t in nearest[:2]) or (
        before and before[-1] in words.BACKDROPS and not CJK.search(phrase)
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
            alone = phrase in BOTH and not reading.place and after not in TERRAIN
            if kind == "setting" and piece and (alone or reading.layout in GOODS):
                return False
            if reading.negative:
                reading.without.append(phrase)
            else:
                if kind == "setting" and reading.marks.get(kind) in WEAK and table[phrase] not in WEAK:
                    del reading.marks[kind]
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
        reading.negative, reading.negated = False, True
        reading.count = reading.colour = reading.place = None
        return
    reading.negated = False
    colour, word = reading.colour or (None, "")
    if "black cat" in phrase or phrase in {"chat noir", "gato negro", "gatto nero", "schwarze katze", "gato preto"}:
        colour, word = "#26262b", ""
    if phrase in FAMILY and len(reading.things) < MAX_THINGS - 3:
        for member in FAMILY[phrase]:
            reading.things.append(
                Thing(
                    phrase if member == "man-standing" else member.partition("-")[0], member, 1, None, "", reading.grow
                )
            )
        reading.count = reading.colour = reading.place = None
        reading.grow, reading.ended = 1.0, ended
        return
    count = min(reading.count or many, MAX_COUNT)
    thing = Thing(phrase, piece, count, colour, word, reading.grow)
    for k, known in enumerate(reading.things):
        if (
            (piece and known.piece == piece and known.colour == colour)
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
    place, holder = reading.place, reading.holder
    if holder is not None:
        surface = reading.things[holder].piece in SURFACES
        if place is None and (surface or reading.things[here].piece not in HOLDERS):
            reading.relations.append(Relation(here, "on" if surface else "inside", holder))
            return
        reading.holder = None
        if place in TOGETHER:
            reading.relations.append(Relation(holder, place, here))
            reading.group = [here]
            return
    if place == "inside" and reading.things[here].piece in BUILDINGS:
        place = "front"
    if place and here and reading.turned:
        reading.turned = False
        reading.relations.append(Relation(here, place, here - 1))
        return
    if place == "holding" and here:
        reading.relations.append(Relation(here, "holding", here - 1))
    elif place and here:
        firsts = reading.group if place in TOGETHER and reading.group else [here - 1]
        reading.relations.extend(Relation(first, place, here) for first in firsts)
    reading.group = [*reading.group, here] if reading.joined and not place else [here]


def _unknown(reading: _Reading, tokens: list[str], at: int) -> None:
    """A word of no table. It counts as a thing when it ends its noun phrase after an article, a number or an adjective."""
    token = tokens[at]
    if len(token) < 3 or token.isdecimal() or (token in words.SILENT):
        return
    if reading.negative:
        reading.without.append(token)
        return
    before = tokens[at - 1] if at else ""
    after = tokens[at + 1] if at + 1 < len(tokens) else ""
    opens = before in ARTICLES
    ends = not after or after in STOPS or after in PLACE_STARTS or after in words.SILENT
    noun_like = ends and (opens or reading.count is not None or reading.colour is not None)
    reading.unknown.append((token, noun_like))
    if noun_like:
        _thing(reading, token, None, at + 1)


def _scene(reading: _Reading, texts: list[str], language: str, *, truncated: bool) -> Scene:
    things, relations = reading.things, reading.relations
    things = senses_of(things)
    layout: Layout = reading.layout or ("scene" if things or reading.marks else "words")
    mock = None
    if layout == "mockup":
        mock = next((t.piece for t in things if t.piece in MOCKS), None)
        if mock and len(things) > 1:
            own = max((t for t in things if t.piece == mock), key=lambda t: t.colour is not None)
            things, relations = [*(t for t in things if t.piece != mock), own], []
    if layout == "icon" and (len(things) > 2 or any(t.count > 1 for t in things)):
        layout = "icons"
    if (
        not things
        and not reading.marks
        and layout in {"scene", "product", "icon", "icons", "sticker", "pattern", "avatar", "storyboard"}
    ):
        layout = "words"
    if any(t.piece for t in things):
        things, relations = few_cards(things, relations)
    elif len(things) > 3:
        things, relations = things[:3], []
    palette = tuple(dict.fromkeys(reading.palette))
    if reading.colour and reading.backdrop is None and not things:
        palette = (*palette, reading.colour[0])
    notes = ["The prompt is very long: its first words were read."] if truncated else []
    if not things and layout in {"scene", "poster", "banner", "card"}:
        things = props_of(reading.marks.get("setting"), reading.without)
        notes += [f"No thing was named, so it got {', '.join(t.word for t in things)}."] if things else []
    things, fewer = bounded(things)
    notes += fewer
    backdrop, backdrop_word = reading.backdrop or (None, "")
    if reading.colour and not reading.backdrop and things and layout != "scene":
        backdrop, backdrop_word = reading.colour
    return Scene(
        layout=layout, things=tuple(things), relations=tuple(relations), setting=reading.marks.get("setting"),
        time=reading.marks.get("time"), weather=reading.marks.get("weather"), season=reading.marks.get("season"),
        styles=tuple(dict.fromkeys(reading.styles)), backdrop=backdrop, backdrop_word=backdrop_word, palette=palette,
        texts=tuple(Words(t, "headline" if k == 0 else "line") for k, t in enumerate(texts)), mock=mock,
        without=tuple(dict.fromkeys(reading.without)), unknown=tuple(dict.fromkeys(w for w, _ in reading.unknown))[:40],
        language=language, notes=tuple(notes),
    )  # fmt: skip
