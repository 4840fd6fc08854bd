"""What varies from run to run: choices, fields, placeholders, lists. Each becomes an input of the form."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pochoir.domain.tools import MAX_CHOICES, Choice, Input
from pochoir.features.tools.rules.reading import Reading, key_of
from pochoir.features.tools.rules.words import english

_PLACEHOLDER = re.compile(r"\[([^\[\]\n]{1,40})\]|\{\{?\s*([\w][\w .-]{0,39}?)\s*\}?\}|<([a-zA-Z][\w -]{0,39})>")
_BETWEEN = re.compile(
    r"\s*(?:,|;|/|、|，|・|\||\b(?:and|or|und|oder|et|ou|y|o|u|e|i|lub|en|of)\b|と|や|または|和|或|与)\s*"
)
_ARTICLES = (
    r"^(?:the|an?|our|my|their|his|her|two|three|der|die|das|den|dem|eine?n?|le|la|les|une?|el|los|una?|il|lo|"
    r"o|os|as|de|het|een) |^l['’]"
)
_LONG = re.compile(r"stor(?:y|ies)|text|description|geschichte|histoire|historia|storia|物語|故事", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Each:
    """The run is repeated over this: a template that gives a list, and the variable's name."""

    over: str
    variable: str
    label: str


def read_placeholders(reading: Reading) -> None:
    """`[city]`, `{city}` and `<city>` are inputs where they stand."""
    for match in _PLACEHOLDER.finditer(reading.open):
        name = next(group for group in match.groups() if group).strip()
        known = next((item.key for item in reading.inputs if item.label.casefold() == name.casefold()), None)
        key = known or _field(reading, name)
        reading.take(match.start(), match.end(), f"{{{{ inputs.{key} }}}}")


def read_choices(reading: Reading) -> None:
    """`with a choice of colour`, `let me choose the season (spring, autumn)`."""
    for pattern in reading.words.patterns("choice"):
        while match := reading.search(pattern):
            groups = match.groupdict()
            values = split(groups.get("values") or groups.get("values2") or "")
            reading.take(match.start(), match.end())
            add_choice(reading, _clean(groups.get("name") or "") or reading.words.label("background"), values)
            if not values:
                _more_choices(reading, match.end())


_MORE = re.compile(
    r"\s*(?:,|,? ?(?:and|und|et|y|e|en|i))\s+(?:the|an?|der|die|das|den|le|la|les|el|los|las|il|lo|o|os|de|het)\s+"
    r"(?P<name>[^\W\d_]{3,}(?: [^\W\d_]{3,})?)(?=\s*(?:[.,;!]|$|\band\b|\bund\b|\bet\b|\by\b))",
    re.IGNORECASE,
)


def _more_choices(reading: Reading, at: int) -> None:
    """`choose the season and the drink`: what is joined to a choice is chosen too."""
    while match := _MORE.match(reading.open, at):
        add_choice(reading, match["name"])
        reading.take(match.start(), match.end())
        at = match.end()


def add_choice(reading: Reading, name: str, values: Sequence[str] = ()) -> Input:
    """An input to choose from; the usual choices of a known thing, a text when nothing is known to choose from."""
    item = choice_input(reading, name, values)
    key = reading.add_input(item)
    reading.added.append(f"{item.label}: {{{{ inputs.{key} }}}}")
    names = ", ".join(choice.value for choice in item.choices)
    if not item.choices:
        reading.missing(f"inputs.{key}", f"What can be chosen for {item.label} was not said; it is a text for now.")
    elif values:
        reading.understood(f"inputs.{key}", f"A choice of {item.label.lower()}: {names}.")
    else:
        reading.assumed(f"inputs.{key}", f"A choice of {item.label.lower()}; these were guessed: {names}.")
    return item


def choice_input(reading: Reading, name: str, values: Sequence[str] = ()) -> Input:
    known = known_set(reading, name)
    label = str(known[1]["label"]) if known else name[:1].upper() + name[1:]
    key = known[0] if known else key_of(name, "choice")
    options = list(values) or (list(known[1]["choices"]) if known else [])
    if not options:
        return Input(key=key, label=label[:120], type="text", sample=name or "…")
    choices = tuple(Choice(value=value) for value in dict.fromkeys(option[:2_000] for option in options))
    if len(choices) > MAX_CHOICES:
        reading.left_out.append(f"{label[:120]} has {len(choices)} choices; the first {MAX_CHOICES} are offered.")
        choices = choices[:MAX_CHOICES]
    return Input(key=key, label=label[:120], type="choice", choices=choices, default=choices[0].value)


def known_set(reading: Reading, name: str) -> tuple[str, Mapping[str, Any]] | None:
    """The set (season, colour …) that a word names, in the description's language or English."""
    for words in (reading.words, english()):
        for key, facts in words.sets.items():
            if words.compiled(str(facts["names"])).fullmatch(name.strip()):
                return key, facts
    return None


def read_fields(reading: Reading) -> None:
    """`a field for the name and the date`, `a city that I type in`, `a different product every time`."""
    for pattern in reading.words.patterns("field"):
        while match := reading.search(pattern):
            names = [_clean(part) for part in split(match["name"])]
            keys = [_field(reading, name) for name in names if name]
            instead = " ".join(f"{{{{ inputs.{key} }}}}" for key in keys)
            reading.take(match.start(), match.end(), instead)


def _field(reading: Reading, name: str) -> str:
    known = known_set(reading, name)
    if known and known[0] != "language":
        item = choice_input(reading, name)
        item = item.model_copy(update={"type": "text", "choices": (), "default": None, "sample": item.default})
    else:
        label = name.replace("_", " ").strip()
        item = Input(
            key=key_of(name),
            label=(label[:1].upper() + label[1:])[:120],
            type="long_text" if _LONG.search(name) else "text",
            sample=label,
        )
    key = reading.add_input(item)
    reading.understood(f"inputs.{key}", f"{item.label} is typed in for each run.")
    return key


def read_lines(reading: Reading) -> Each | None:
    """`I paste names line by line`, `one per line`: a long text, and one round for each of its lines."""
    match = reading.find_any("lines")
    if not match:
        return None
    name = _clean(match.groupdict().get("name") or "") or reading.words.label("lines")
    reading.take(match.start(), match.end(), "")
    one = re.sub(r"(?<=[a-z]{2})s$", "", name.split()[-1]) if reading.words.language == "en" else name
    for pattern in reading.words.patterns("per_item"):  # `one for each name` says the same again
        while (again := reading.search(pattern)) and again["name"].casefold() in {
            name.casefold(),
            one.casefold(),
            "line",
        }:
            reading.take(again.start(), again.end(), "")
    return _over_lines(reading, name)


def _over_lines(reading: Reading, name: str) -> Each:
    label = name[:1].upper() + name[1:]
    item = Input(
        key=key_of(name, "items"), label=label[:120], type="long_text", help="One a line.", sample=f"{name} 1\n{name} 2"
    )
    key = reading.add_input(item)
    reading.added.append(f"{label}: {{{{ item }}}}")
    reading.understood(f"inputs.{key}", f"One round for each line of {label}.")
    return Each(f"{{{{ inputs.{key} }}}}", "item", label)


def read_list(reading: Reading) -> Each | None:
    """`for each product in a list`: an input with one thing a line, and the run repeated over it."""
    match = reading.find_any("per_item")
    if not match:
        return None
    name = _clean(match["name"])
    known = known_set(reading, name)
    if known:
        reading.take(match.start(), match.end(), "")
        return _over_choice(reading, known[0], str(known[1]["label"]), list(known[1]["choices"]), said=False)
    if name.casefold() in {"image", "picture", "run", "time", "one", "of", "it", "photo", "bild", "shot", "variant"}:
        return None
    reading.take(match.start(), match.end(), "")
    return _over_lines(reading, name)


def read_enumeration(reading: Reading) -> Each | None:
    """`in spring, summer, autumn and winter`: one round for each, all chosen at first; with `or`, a choice of one."""
    for words in (reading.words, english()):
        for key, facts in words.sets.items():
            names = "|".join(sorted((re.escape(word) for word in facts["words"]), key=len, reverse=True))
            between = r"\s*(?:(?:,|、|，|/|・)?\s*"
            between += r"(?:\b(?:and|or|und|oder|et|ou|y|o|e|i|lub|en|of|or)\b|と|や|または|和|或)?)\s*"
            pattern = words.compiled(rf"(?:{names})(?:{between}(?:in (?:the )?|im |en |au )?(?:{names})){{1,11}}")
            if not (match := pattern.search(reading.open)):
                continue
            values = [found[0] for found in words.compiled(names).finditer(match[0])]
            values = list(dict.fromkeys(value.lower() if words.language == "en" else value for value in values))
            if len(values) < 2 or _is_look(reading, key, match):
                continue
            if re.search(r"\b(?:or|oder|ou|o|lub|of)\b|または|或", match[0]):
                reading.take(match.start(), match.end(), "")
                item = choice_input(reading, str(facts["label"]), values)
                added = reading.add_input(item)
                reading.edits[-1] = (match.start(), match.end(), f"{{{{ inputs.{added} }}}}")
                reading.understood(f"inputs.{added}", f"A choice of {item.label.lower()}: {', '.join(values)}.")
                return None
            if key in {"season", "holiday", "language", "angle", "light", "weekday"} or len(values) > 2:
                reading.take(match.start(), match.end(), "{{ " + key + " }}")
                return _over_choice(reading, key, str(facts["label"]), values, said=True, appended=False)
    return None


def _is_look(reading: Reading, key: str, match: re.Match[str]) -> bool:
    """Colours and moods side by side usually describe one picture (`in blue and white`)."""
    joined = re.search(r"\b(?:or|oder|ou|o|lub)\b", match[0])
    return key in {"colour", "mood", "style"} and not joined and "," not in match[0] and "、" not in match[0]


def _over_choice(
    reading: Reading, key: str, label: str, values: list[str], *, said: bool, appended: bool = True
) -> Each:
    choices = tuple(Choice(value=value) for value in values)
    item = Input(key=key, label=label, type="choice", choices=choices, several=True, default=values)
    added = reading.add_input(item)
    told = f"One round for each {label.lower()}: {', '.join(values)}."
    (reading.understood if said else reading.assumed)(f"inputs.{added}", told)
    if appended:
        reading.added.append(f"{label}: {{{{ {key} }}}}")
    return Each(f"{{{{ inputs.{added} }}}}", key, label)


def split(text: str) -> list[str]:
    """The parts of `a, b and c`."""
    return [part.strip(" .\"'") for part in _BETWEEN.split(text) if part and part.strip(" .\"'")]


def _clean(name: str) -> str:
    name = re.sub(
        _ARTICLES,
        "",
        name.strip(),
        flags=re.IGNORECASE,
    )
    return name.strip("\x1f ,.;:")
