"""Model names in a description: ids, aliases and names of the catalogue's cards."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date

from pochoir.domain.catalog import Card
from pochoir.features.catalog.words import day
from pochoir.features.tools.rules.reading import Reading


def names_of(cards: Iterable[Card]) -> dict[str, str]:
    """Every name of every model in lower case, with the model's id; ids win over aliases, aliases over names."""
    cards = list(cards)
    names: dict[str, str] = {}
    for card in cards:
        names.setdefault(card.name.lower(), card.id)
    for card in cards:
        names.update({alias.lower(): card.id for alias in card.aliases})
    for card in cards:
        names.update({snapshot.id.lower(): snapshot.id for snapshot in card.snapshots})
    names.update({card.id.lower(): card.id for card in cards})
    return {name: model for name, model in names.items() if len(name) >= 4}


def read_model(reading: Reading, names: Mapping[str, str]) -> str | None:
    """The longest model name that stands in the text; it leaves the prompt with the words around it."""
    found = find_model(reading.open, names)
    if not found:
        return None
    start, end, model = found
    lead = reading.words.table.get("model", "")
    if lead and (before := re.search(rf"(?<!\w)(?:{lead})$", reading.open[:start], re.IGNORECASE)):
        start = before.start()
    reading.take(start, end)
    reading.understood("model", f"Model {model}.")
    return model


def find_model(text: str, names: Mapping[str, str]) -> tuple[int, int, str] | None:
    """Start, end and model id of the longest name in the text; dashes, dots and spaces count the same."""
    folded = _folded(text)
    best: tuple[int, int, str] | None = None
    for name, model in names.items():
        at = folded.find(_folded(name))
        while at >= 0:
            end = at + len(name)
            bordered = not _joins(folded[at - 1 : at]) and not _joins(folded[end : end + 1])
            if bordered and (best is None or end - at > best[1] - best[0]):
                best = (at, end, model)
            at = folded.find(_folded(name), at + 1)
    return best


def _folded(text: str) -> str:
    lowered = "".join(low if len(low := character.lower()) == 1 else character for character in text)
    return re.sub(r"[-_ ·]", " ", lowered)


def _joins(character: str) -> bool:
    return character.isascii() and character.isalnum()


_NICKNAME = re.compile(
    r"(?<![A-Za-z0-9])(?:(?:using|with|by|in|via|use|like|mit|von|im|avec|con|com|met) +)?(?:the +)?"
    r"(?P<name>mid ?journey|flux(?:[. ]?[12])?(?: pro| dev)?|stable ?diffusion|sd ?xl|adobe firefly|"
    r"firefly(?= (?:image|model))|ideogram|leonardo ai|recraft|nano ?banana|dall[-· ]?e|grok(?: imagine)?|chat ?gpt|"
    r"canva ai|imagen|seedream|qwen(?:[- ]image)?)(?![A-Za-z0-9])(?:[- ](?:style|like|look|stil)(?!\w))?",
    re.IGNORECASE,
)


def tell_unknown(reading: Reading, cards: Iterable[Card]) -> None:
    """Take nicknames of models that are no card's own name out of the text, say so, and name cards that come near."""
    cards = list(cards)
    while match := reading.search(_NICKNAME):
        reading.take(match.start(), match.end())
        first = re.split(r"[^a-z]", match["name"].lower())[0]
        near = [card.name for card in cards if first in _folded(card.name).split() or first in card.id.split("-")][:3]
        advice = f"Near it: {', '.join(near)}." if near else "The list of models shows which can be used."
        reading.left_out.append(f"'{match['name']}' names no model that can be used here; another is taken. {advice}")


def tell_status(reading: Reading, card: Card, today: date) -> None:
    """Say when a model that was asked for is gone or going."""
    status = card.status(today)
    if status in {"shut down", "deprecated"} and card.shutdown:
        gone = status == "shut down"
        advice = "Check which of its successors is taken" if gone else "Its successors are"
        after = f" {advice}: {', '.join(card.successors)}." if card.successors else " Choose another model."
        verb = "was" if gone else "will be"
        reading.left_out.append(f"{card.name} {verb} shut down on {day(card.shutdown)}.{after}")
