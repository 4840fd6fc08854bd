"""The catalogue: which models there are, and which one a name means today."""

from __future__ import annotations

import difflib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

from pochoir.domain.catalog import Card, Succession
from pochoir.domain.credits import Credit
from pochoir.domain.errors import ModelNotFound
from pochoir.features.catalog.directory import Directory
from pochoir.features.catalog.pricelist import PriceList
from pochoir.features.catalog.words import on_day

Extra = Callable[[], Awaitable[Sequence[Card]]]
Rules = Callable[[], Awaitable[Mapping[str, Succession]]]


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a name means: the card, the snapshot that was pinned (None: the newest), and notes, one sentence each.

    `ruled`: a succession rule led here, so what this model cannot do is mapped and told instead of refused.
    """

    card: Card
    snapshot: str | None = None
    notes: tuple[str, ...] = ()
    ruled: bool = False


class CatalogService:
    """`cards` are the shipped ones; `extra` gives those of connected servers, `rules` the team's succession rules.

    Both are asked at each use. `credits` lists the work of others that the engines ship; asked once, when first shown.
    """

    def __init__(
        self,
        cards: Sequence[Card],
        extra: Extra | None = None,
        credits: Callable[[], Sequence[Credit]] = tuple,
        rules: Rules | None = None,
    ) -> None:
        self._credits = cache(credits)
        self._shipped = tuple(cards)
        self._extra = extra
        self._rules = rules
        self._names = _names(self._shipped)
        self._listed: tuple[date, Directory] | None = None

    def credits(self) -> Sequence[Credit]:
        """The art, typefaces and data of others that the engines ship, each with its licence and pieces."""
        return self._credits()

    async def cards(self) -> list[Card]:
        """Every card, shipped ones first."""
        return [*self._shipped, *(await self._extra() if self._extra else ())]

    async def directory(self, today: date, prices: PriceList) -> Directory:
        """The directory of a day; the shipped models' prices are worked out once a day. `prices`: metering.pricing."""
        if self._listed is None or self._listed[0] != today:
            self._listed = (today, Directory(self._shipped, today, prices))
        return self._listed[1].with_cards(await self._extra() if self._extra else (), today, prices)

    async def card(self, model_id: str) -> Card:
        """The card with this id, shut down or not. Raises ModelNotFound with near ids."""
        card, _ = await self._find(model_id)
        return card

    async def check_name(self, name: str) -> None:
        """Raises ModelNotFound, with near ids, for a name that means nothing here; a model that was shut down has one."""
        if self._rules is None or name not in await self._rules():
            await self._find(name)

    async def resolve(self, name: str, today: date) -> Resolved:
        """Read an id, an alias, a dated snapshot id or `model@snapshot`, and follow the team's succession rules.

        Raises ModelNotFound for what is unknown (near ids are named) or shut down (its date and successors are named).
        """
        rules = await self._rules() if self._rules else {}
        notes: tuple[str, ...] = ()
        for _ in range(len(rules) + 1):
            rule = rules.get(name)
            if rule is None or await self._known(name):
                card, snapshot = await self._find(name)
                rule = rule or rules.get(card.id)
                status = card.status(today)
                if status != "shut down" and not (rule and rule.at_once):
                    return Resolved(card, snapshot, (*notes, *_last_days(card, status, rule)), bool(notes))
                if rule is None:
                    raise ModelNotFound(
                        f"{card.name} was shut down{on_day(card.shutdown)}. {_after(card)}", param="model"
                    )
                why = f"was shut down{on_day(card.shutdown)}" if status == "shut down" else "is replaced here"
                notes += (f"{card.name} {why}; your rule sends its requests to {rule.model}.",)
            else:
                notes += (f"'{name}' means {rule.model} here.",)
            name = rule.model
        raise ModelNotFound(f"The rules for '{name}' lead in a circle. Change one of them under Models.", param="model")

    async def _known(self, name: str) -> bool:
        """Whether a model of the catalogue, or of a connected server, has this name."""
        return name in self._names or (self._extra is not None and name in _names(await self._extra()))

    async def _find(self, name: str) -> tuple[Card, str | None]:
        names = self._names
        if name not in names and self._extra:
            names = {**_names(await self._extra()), **names}
        if name in names:
            return names[name]
        base, at, _ = name.partition("@")
        if at and base in names:
            card = names[base][0]
            known = ", ".join(snapshot.id for snapshot in card.snapshots) or "none"
            raise ModelNotFound(f"{card.name} has no snapshot '{name}'. It has: {known}.", param="model")
        near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
        hint = f"Did you mean {' or '.join(near)}?" if near else "See /models, or what 'pochoir models' prints."
        raise ModelNotFound(f"There is no model '{name}'. {hint}", param="model")


def _names(cards: Sequence[Card]) -> dict[str, tuple[Card, str | None]]:
    """Every name under which a card is known, with the snapshot that the name pins."""
    names: dict[str, tuple[Card, str | None]] = {}
    for card in cards:
        for snapshot in card.snapshots:
            dated = snapshot.id.partition("@")[2] or snapshot.id.removeprefix(f"{card.id}-")
            for name in (snapshot.id, f"{card.id}@{dated}"):
                names.setdefault(name, (card, snapshot.id))
        for alias in card.aliases:
            names.setdefault(alias, (card, None))
    return {**names, **{card.id: (card, None) for card in cards}}


def _last_days(card: Card, status: str, rule: Succession | None) -> tuple[str, ...]:
    """The note on a model whose end is known."""
    if status != "deprecated":
        return ()
    after = f"From then on your rule sends its requests to {rule.model}." if rule else _after(card)
    return (f"{card.name} will be shut down{on_day(card.shutdown)}. {after}",)


def _after(card: Card) -> str:
    return f"Use {' or '.join(card.successors)} instead." if card.successors else "Choose another model."
