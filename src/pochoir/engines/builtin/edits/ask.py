"""An instruction in, what is asked for out. Operations are taken from the words first; what is left describes a scene."""
# ruff: noqa: E501 - patterns read better in long lines

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from pochoir.engines.builtin import lettering, words
from pochoir.engines.builtin.colours import HEX
from pochoir.engines.builtin.edits import phrases
from pochoir.engines.builtin.edits.asked import Asked, Base, Caption, Swap
from pochoir.engines.builtin.lexicon import colour_value, language_of, noun, vocabulary_of
from pochoir.engines.builtin.quotes import quoted
from pochoir.engines.builtin.scene import Relation, Scene, Thing
from pochoir.engines.builtin.understand import understand

MOST_READ = 3_000
"""Characters of an instruction that are read."""

STANDS = ("abacus", "maracas", "boomerang", "pager", "amphora", "accordion", "banjo", "moai", "saxophone", "anchor")
"""Nouns that stand for the images that came in while the rest is understood: known in every language, seldom meant."""

_BARE = re.compile(r"[\s.,;:!?]+")


@dataclass(slots=True)
class _Text:
    """The words not yet understood."""

    rest: str
    stands: tuple[str, ...]
    used: dict[str, int] = field(default_factory=dict)

    def take(self, pattern: re.Pattern[str], leave: str = " , ") -> re.Match[str] | None:
        """The first match; it leaves the text."""
        match = pattern.search(self.rest)
        if match:
            self.rest = self.rest[: match.start()] + leave + self.rest[match.end() :]
        return match

    def stand(self, number: int) -> str:
        """The noun that stands for an image."""
        number = min(number, len(self.stands) - 1)
        self.used[self.stands[number]] = number
        return f" the {self.stands[number]} "


def read(prompt: str, images: int, *, masked: bool = False) -> Asked:
    """Understand an instruction for `images` images. Never fails; what cannot be done is in `refused` and `left`."""
    short = _marked(prompt[:MOST_READ])
    plain, texts = quoted(short)
    spoken = prompt.lower()
    text = _Text(
        phrases.BESIDE.sub(r"\1 von ihm", re.sub(r"[’`´]", "'", plain)),
        tuple(s for s in STANDS if s not in spoken) or STANDS,
    )
    language = language_of(plain)
    captions = _captions(text, short, texts)
    host = _host(text)
    found = _operations(text, images, masked=masked)
    found = replace(found, captions=captions, host=host, cut_short=len(prompt) > MOST_READ, swaps=_swaps(text))
    found, placed = _ground(text, found)
    found = _refusals(text, found, masked=masked)
    return _with_scene(text, found, images, language, placed=placed)


def _marked(prompt: str) -> str:
    """A text that stands without quotation marks gets them."""
    if re.search(r"[\"“”„«»「『]", prompt):
        return prompt
    return phrases.SAID.sub(lambda m: m[0].replace(m["caps"] or m["free"], f"“{m['caps'] or m['free']}”"), prompt)


# texts --------------------------------------------------------------------------------------------------------------


def _captions(text: _Text, prompt: str, texts: list[str]) -> tuple[Caption, ...]:
    """Quoted texts, each with the place and the role that its clause names."""
    found, at = list[Caption](), 0
    for value in texts:
        shown = lettering.settable(value)[0]
        start = max(prompt.find(value.split()[0], at), 0)
        at = end = start + len(value)
        before = re.split(r"[.;!?\"”“]|\band add\b", prompt[max(0, start - 60) : max(0, start - 1)])[-1]
        if found:
            before = re.split(r"\band\b|,", before)[-1]
        after = re.split(r"[.;!?\"”“]|,\s|\band\b(?! centred)", prompt[end + 1 : end + 50])[0]
        if not shown:
            continue
        clause = f"{before} {after}"
        spot = frozenset(side for side, pattern in phrases.SIDES.items() if pattern.search(clause))
        colour = re.search(
            rf"(?<![\w-]){phrases.COLOUR}(?=\s+(?:\w+\s+)?(?:text|letters|headline|title|badge|label|words|type)\b)"
            rf"|(?<=\bin ){phrases.COLOUR}(?![\w-])",
            clause,
            re.IGNORECASE,
        )
        badge = bool(phrases.BADGE.search(before[-40:]))
        found.append(Caption(shown, spot, badge, _value(colour[0]) if colour else None))
    if found:
        while text.take(phrases.LETTERING):
            pass
    return tuple(found)


def _value(word: str) -> str | None:
    """The hex of a colour as it was written, also of `light green` and `pastel pink`."""
    word = word.lower().strip()
    if HEX.fullmatch(word):
        return word
    parts = re.split(r"[ -]", word)
    return colour_value(word) or (colour_value(" ".join(parts[1:])) if len(parts) > 1 else None)


# operations ---------------------------------------------------------------------------------------------------------


def _host(text: _Text) -> str:
    """What a mock-up is shown on; empty when none is asked for."""
    mocked = phrases.MOCKUP.search(text.rest)
    for name, pattern in phrases.HOSTS.items():
        match = pattern.search(text.rest)
        if not match:
            continue
        before = text.rest[max(0, match.start() - 12) : match.start()]
        printed = re.search(r"\b(?:on|onto|auf|sur|en|su|em)\s+(?:an?\s+|ein\w*\s+|une?\s+|una?\s+|uma?\s+)(?:[\w-]+\s+)?$", before, re.IGNORECASE)  # fmt: skip
        if mocked or (printed and _shown(text.rest[: match.start()])):
            text.take(phrases.MOCKUP, " ")
            text.take(pattern, " ")
            return name
    if mocked:
        text.take(phrases.MOCKUP, " ")
        return "smartphone"
    return ""


def _shown(before: str) -> bool:
    """Whether it is the image that goes onto a thing: `print it on`, `the logo on`."""
    return bool(phrases.DESIGN.search(before)) and not phrases.BACKGROUND.search(before)


def _operations(text: _Text, images: int, *, masked: bool) -> Asked:
    """What is done to a picture as it is."""
    board = next((name for name, p in phrases.BOARDS.items() if text.take(p)), "") if images > 1 else ""
    board = board or ("mood" if text.take(phrases.BOARDS["mood"]) else "")
    frame = next((name for name, p in phrases.FRAMES.items() if p.search(text.rest)), "")
    frame_colour = None
    if frame and (match := text.take(phrases.FRAMES[frame])):
        own = re.search(phrases.COLOUR, match[0], re.IGNORECASE)
        frame_colour = _value(own[0]) if own else None
    duotone: tuple[str, ...] | None = None
    if duo := text.take(phrases.DUOTONE):
        pair = [duo.group(name) for name in ("one", "two", "three", "four") if duo.group(name)]
        duotone = tuple(value for word in pair if (value := _value(word)))
    sticker = text.take(phrases.STICKER) is not None
    treatments = [name for name, pattern in phrases.TREATMENTS.items() if text.take(pattern)]
    logo, watermark = _logo(text, images)
    shape, sides, extend, crop = _shape(text)
    fill = text.take(phrases.FILL) if masked else None
    return Asked(
        base="board" if board else "keep", board=board, frame=frame, frame_colour=frame_colour, duotone=duotone,
        sticker=sticker, treatments=tuple(treatments), turn=_turn(text), logo=logo, watermark=watermark, shape=shape,
        sides=sides, extend=extend, crop=crop, fill=_value(fill["to"]) if fill else None,
    )  # fmt: skip


def _turn(text: _Text) -> int:
    """Degrees clockwise."""
    match = text.take(phrases.TURNS)
    if not match:
        return 0
    back = (match["way"] or "").lower().startswith(("counter", "anti", "left", "nach links"))
    return (int(match["by"]) * (-1 if back else 1)) % 360


_ONTO = re.compile(
    r"\s*(?:on|onto|to|over|auf|sur|en|sobre|su|sul|no|na)\s+(?!(?:an?\s+)?(?:white|black|transparent|beach|table)\b)"
    r"(?:the|this|that|my|our|its|it\b|das|die|den|dem|le|la|el|il|lo|o|a)",
    re.IGNORECASE,
)
"""A logo is put onto what the picture shows."""


def _logo(text: _Text, images: int) -> tuple[frozenset[str] | None, bool]:
    """Where the second image goes as a logo; None when none is asked for or there is no second image."""
    match = phrases.LOGO.search(text.rest) if images > 1 else None
    if not match:
        return None, False
    clause = re.split(r"[.;,]|\band\b", text.rest[match.end() :])[0]
    spot = frozenset(side for side, pattern in phrases.SIDES.items() if pattern.search(clause))
    if not spot and _ONTO.match(clause):
        text.rest = text.rest[: match.start()] + " , " + text.rest[match.end() + len(clause) :]
        return frozenset({"subject"}), False
    corner = re.search(
        r"corner|ecke|coin|esquina|angolo|canto|watermark|wasserzeichen", clause + match[0], re.IGNORECASE
    )
    if not spot and not corner:
        return None, False
    text.rest = text.rest[: match.start()] + " , " + text.rest[match.end() + len(clause) :]
    return spot, bool(re.search(r"watermark|wasserzeichen|filigrane", match[0] + clause, re.IGNORECASE))


def _shape(text: _Text) -> tuple[tuple[int, int] | None, frozenset[str], bool, bool]:
    """The shape asked for, the sides to grow at, and whether to extend or to crop."""
    shape: tuple[int, int] | None = None
    if ratio := text.take(phrases.RATIO):
        width, height = int(ratio["w"]), int(ratio["h"])
        shape = (width, height) if width and height and 1 / 6 <= width / height <= 6 else None
    for pattern, value in phrases.NAMED_SHAPES.items():
        if text.take(re.compile(pattern, re.IGNORECASE)):
            shape = shape or value
    extended, cropped = text.take(phrases.EXTEND), text.take(phrases.CROP)
    sides: frozenset[str] = frozenset()
    while extended and text.take(phrases.EXTEND):
        pass
    if extended:
        clause = re.split(r"[.;]", text.rest[extended.start() :])[0][:80]
        sides = frozenset(side for side, pattern in phrases.SIDES.items() if pattern.search(clause))
        for side in sides:
            text.take(phrases.SIDES[side])
    return shape, sides, extended is not None, cropped is not None


def _swaps(text: _Text) -> tuple[Swap, ...]:
    found: list[Swap] = []
    while match := text.take(phrases.SWAP_BOTH):
        one, two = _value(match["one"]), _value(match["two"])
        if one and two:
            found.append(Swap(one, two, f"{match['one']} and {match['two']}", both=True))
    for pattern in (phrases.SWAP_NOUN, phrases.SWAP):
        for _ in range(6):
            match = pattern.search(text.rest)
            if not match or phrases.BACKGROUND.search(match[0]) or phrases.BACKGROUND.match(text.rest[match.end() :].lstrip()):  # fmt: skip
                break
            text.take(pattern)
            inside = re.findall(rf"(?<![\w-]){phrases.COLOUR}(?![\w-])", match["what"] or "", re.IGNORECASE)
            source = match["from"] or (inside[-1] if inside else "")
            target = _value(match["to"])
            if target:
                found.append(Swap(_value(source) if source else None, target, match["to"].lower()))
    return tuple(found)


# background ---------------------------------------------------------------------------------------------------------


def _ground(text: _Text, found: Asked) -> tuple[Asked, bool]:
    """Taken away, or replaced by what the rest describes."""
    cut = text.take(phrases.CUT) is not None
    placed = False
    if match := text.take(phrases.NEW_GROUND, " on \x02"):
        placed = True
        colour = re.match(rf"\s*(?:an?\s+)?({phrases.COLOUR})(?![\w-])(?!\s+\w+\s+{phrases.BACKGROUND.pattern})", text.rest[text.rest.index("\x02") + 1 :], re.IGNORECASE)  # fmt: skip
        plain = bool(colour) and bool(re.match(r"\s*(?:[.,;!]|$|and\b|und\b|et\b|y\b|with\b)", text.rest[text.rest.index("\x02") + 1 + (colour.end() if colour else 0) :]))  # fmt: skip
        if colour and plain:
            at = text.rest.index("\x02")
            text.rest = f"{text.rest[:at]} a {colour[1]} background , {text.rest[at + 1 + colour.end() :]}"
        text.rest = text.rest.replace("\x02", " ")
    while match := text.take(phrases.PLACE, " \x02 "):
        standing = " and ".join(_standing(text, part) for part in re.split(r"\b(?:and|und|et|y|e)\b", match["what"]))
        text.rest = text.rest.replace("\x02", standing, 1)
        placed = True
    if found.base == "keep" and cut and not placed:
        found = replace(found, base="cut")
    return found, placed


def _standing(text: _Text, what: str) -> str:
    """The noun for what a placing verb places: the image that it names, else the first."""
    match = phrases.NUMBERED.search(what)
    return text.stand(_number(match, len(text.stands)) if match else 0)


def _number(match: re.Match[str], images: int) -> int:
    if match["digit"]:
        return max(0, int(match["digit"]) - 1)
    word = match["word"].lower()
    order = next((n for start, n in phrases.ORDER.items() if word.startswith(start)), 0)
    return images - 1 if order < 0 else order


def _refusals(text: _Text, found: Asked, *, masked: bool) -> Asked:
    """What asks to repaint; with a mask, taking something away can be done."""
    refused: list[str] = []
    while match := text.take(phrases.REPAINT):
        refused.append(_tidy(match[0]))
    erase = ""
    while match := text.take(phrases.ERASE):
        what = _tidy(match["what"] or "it") or "it"
        if masked:
            erase = what
        elif not phrases.BACKGROUND.search(what):
            refused.append(_tidy(match[0]))
    return replace(found, refused=tuple(dict.fromkeys(r for r in refused if r)), erase=erase)


def _tidy(phrase: str) -> str:
    return " ".join(phrase.split()).strip(" .,;:")[:80]


# scene --------------------------------------------------------------------------------------------------------------


def _with_scene(text: _Text, found: Asked, images: int, language: str, *, placed: bool) -> Asked:
    """What is left of the words as a scene, with the images that came in among its things."""
    while text.take(phrases.INTO, " "):
        pass
    adding, spot = False, frozenset[str]()
    while text.take(phrases.ADD, " "):
        adding = True
    if adding and (where := text.take(phrases.SPOT)):
        spot = frozenset(side for side, pattern in phrases.SIDES.items() if pattern.search(where[0]))
    while match := phrases.NUMBERED.search(text.rest):
        text.rest = f"{text.rest[: match.start()]}{text.stand(_number(match, images))}{text.rest[match.end() :]}"
    for _ in range(12):
        if not text.take(phrases.PRONOUN, " \x02 "):
            break
        text.rest = text.rest.replace("\x02", text.stand(0), 1)
    _definite(text, language)
    rest = _BARE.sub(" ", text.rest).strip()
    scene, mine = _own(understand(text.rest) if rest else Scene(), text.used)
    scene = _tidied(scene, placed=placed)
    base, add = _base(found, scene, mine, placed=placed, adding=adding, images=images)
    left = tuple(w for w in scene.unknown if w not in STANDS and w not in phrases.SILENT)
    return replace(found, scene=replace(scene, unknown=()), mine=mine, base=base, add=add, spot=spot, left=left)


_THE = re.compile(r"\b(?:the|this|that|these|those|my|our|your|its|der|die|das|den|dem|unser\w*|le|la|les|l'|notre|el|los|las|nuestr\w+|il|lo|gli|nostr\w+)\s+((?:[^\W\d_]+[\s-]+){0,3}[^\W\d_]+)", re.IGNORECASE)  # fmt: skip


def _definite(text: _Text, language: str) -> None:
    """`the mug` is what the picture shows, not a mug to be drawn: the image stands for it."""
    vocabulary = vocabulary_of(language)
    at = 0
    while match := _THE.search(text.rest, at):
        parts = re.split(
            r"\s+(?:and|und|et|y|e|with|mit|avec|con|com|in|on|at|of|to|from|under|behind)\b", match[1].lower()
        )[0].split()
        for size in range(len(parts), 0, -1):
            phrase = " ".join(parts[:size])
            if _is_place(phrase) or phrase in text.used:
                break
            if noun(parts[size - 1], vocabulary, language) and not _is_place(parts[size - 1]):
                named = re.match(rf"(?:\S+\s+){{{size - 1}}}\S+", match[1])
                end = match.start(1) + (named.end() if named else len(match[1]))
                text.rest = f"{text.rest[: match.start()]}{text.stand(0)}{text.rest[end:]}"
                break
        at = match.start() + 4


def _is_place(phrase: str) -> bool:
    tables = (words.SETTINGS, words.TIMES, words.WEATHERS, words.SEASONS)
    return any(phrase in table for table in tables) or phrase in words.BACKDROPS | words.SILENT


def _own(scene: Scene, used: dict[str, int]) -> tuple[Scene, tuple[tuple[int, int], ...]]:
    """Which things are images that came in; each once, whatever it is called."""
    first: dict[int, int] = {}
    moved: dict[int, int] = {}
    things = list[Thing]()
    for k, thing in enumerate(scene.things):
        number = used.get(thing.piece or "")
        if number is not None and number in first:
            moved[k] = first[number]
            continue
        if number is not None:
            first[number] = len(things)
        moved[k] = len(things)
        things.append(replace(thing, count=1, colour=None, colour_word="", grow=1.0) if number is not None else thing)
    relations = tuple(
        Relation(moved[r.first], r.place, moved[r.second]) for r in scene.relations if moved[r.first] != moved[r.second]
    )
    mine = tuple(sorted((k, number) for number, k in first.items()))
    return replace(scene, things=tuple(things), relations=relations), mine


def _tidied(scene: Scene, *, placed: bool) -> Scene:
    """Props that nobody named go; a colour alone is the background's."""
    props = any(note.startswith("No thing was named") for note in scene.notes)
    scene = replace(scene, things=() if props else scene.things, notes=(), texts=())
    if placed and not scene.backdrop and not scene.setting and scene.palette:
        first = scene.palette[0]
        scene = replace(scene, backdrop=first, backdrop_word=first, palette=scene.palette[1:])
    return scene


def _base(
    found: Asked, scene: Scene, mine: tuple[tuple[int, int], ...], *, placed: bool, adding: bool, images: int
) -> tuple[Base, bool]:
    """What the picture becomes first, and whether things are added to it as it is."""
    if found.base == "board":
        return "board", False
    if found.host:
        return "mock", False
    if scene.layout == "pattern":
        return "pattern", False
    if placed:
        return "scene", False
    own = {k for k, _ in mine}
    others = any(k not in own for k in range(len(scene.things)))
    place = bool(scene.setting or scene.backdrop or scene.time or scene.weather or scene.season)
    place = place or scene.layout in {"card", "poster", "banner", "product"}
    if found.base == "cut":
        return ("scene", False) if place and not adding else ("cut", adding and others)
    weather_alone = scene.weather and not (scene.setting or scene.backdrop or scene.time or others)
    if (adding and (others or scene.weather)) or weather_alone:
        return "keep", True
    if scene.setting or scene.backdrop or scene.layout in {"card", "poster"}:
        return "scene", False
    if found.operates or (found.captions and not place and not others):
        return "keep", others
    if images > 1 or place or others or scene.styles:
        return "scene", False
    return "keep", False
