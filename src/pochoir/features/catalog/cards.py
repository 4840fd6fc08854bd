"""Reads the cards: one TOML file per family, whose provider, family and sources hold for each model in it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pochoir.domain.catalog import Card


class BrokenCard(ValueError):
    """A card file that cannot be used; the message names the file and the field."""


def load_cards(folder: Path) -> tuple[Card, ...]:
    """Every card of the folder, by file name. Raises BrokenCard for a file or field that does not fit, or an id twice."""
    cards: dict[str, Card] = {}
    for path in sorted(folder.glob("*.toml")):
        for card in _read(path):
            if card.id in cards:
                raise BrokenCard(f"{path.name}: the id '{card.id}' stands in two cards. Rename one.")
            cards[card.id] = card
    return tuple(cards.values())


def _read(path: Path) -> list[Card]:
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BrokenCard(f"{path.name} is no TOML: {error}. Mend the line.") from error
    shared = {key: value for key, value in data.items() if key != "models"}
    return [_card(path, {**shared, **model}) for model in data.get("models", [])]


def _card(path: Path, data: dict[str, Any]) -> Card:
    try:
        return Card.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise BrokenCard(f"{path.name}: '{place}' of {data.get('id', 'a model')}: {first['msg']}. Mend it.") from error
