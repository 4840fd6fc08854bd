"""Succession rules, aliases and fallbacks, by name. What they mean on a day is the catalogue's business."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pochoir.domain.catalog import FallbackRule, Succession
from pochoir.domain.errors import Conflict, InvalidValue, NotFound
from pochoir.features.successions import store
from pochoir.infra.clock import Clock
from pochoir.infra.db import Database

_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,99}$")


class SuccessionsService:
    """Rules are asked for at every request, so they are remembered where no other process can change them."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._known: Mapping[str, Succession] | None = None
        self._fallbacks: Mapping[str, FallbackRule] | None = None

    async def rules(self) -> Mapping[str, Succession]:
        """Every rule by the name that it is for."""
        if self._known is not None:
            return self._known
        async with self._db.reading() as conn:
            found = {rule.name: rule for rule in await store.all_rows(conn)}
        if self._db.is_sqlite:
            self._known = found
        return found

    async def put(self, name: str, model: str, *, at_once: bool, new: bool = False) -> Succession:
        """Set the rule for a name; one that stands is replaced. The caller checks that `model` can be run.

        Raises InvalidValue for a name that no program would send, and for a rule that leads back to itself; Conflict
        for a name that has a rule: `new` says that none is to be replaced.
        """
        name = _name(name)
        rules = await self.rules()
        if new and name in rules:
            raise Conflict(f"'{name}' means {rules[name].model} already. Change it in its line above.", param="name")
        seen, after = {name}, model
        while after not in seen and after in rules:
            seen.add(after)
            after = rules[after].model
        if after in seen:
            raise InvalidValue(f"That would lead from {name} back to {name}. Choose another model.", param="model")
        rule = Succession(name, model, at_once, self._clock.stamp())
        async with self._db.transaction() as conn:
            await store.put(conn, rule)
        self._known = None
        return rule

    async def remove(self, name: str) -> None:
        async with self._db.transaction() as conn:
            gone = await store.remove(conn, name)
        self._known = None
        if not gone:
            raise NotFound(f"There is no rule for '{name}' any more. Reload the page.")

    async def fallbacks(self) -> Mapping[str, FallbackRule]:
        """Every rule on which model answers when another cannot, by the name that it is for."""
        if self._fallbacks is not None:
            return self._fallbacks
        async with self._db.reading() as conn:
            found = {rule.name: rule for rule in await store.all_fallbacks(conn)}
        if self._db.is_sqlite:
            self._fallbacks = found
        return found

    async def put_fallback(self, name: str, model: str, *, even_if_charged: bool) -> FallbackRule:
        """Let `model` answer when `name` cannot. The caller checks that it can be run. Raises InvalidValue."""
        name = _name(name)
        if name == model:
            raise InvalidValue("A model cannot stand in for itself. Choose another.", param="model")
        rule = FallbackRule(name, model, even_if_charged, self._clock.stamp())
        async with self._db.transaction() as conn:
            await store.put_fallback(conn, rule)
        self._fallbacks = None
        return rule

    async def remove_fallback(self, name: str) -> None:
        async with self._db.transaction() as conn:
            gone = await store.remove_fallback(conn, name)
        self._fallbacks = None
        if not gone:
            raise NotFound(f"There is no rule for '{name}' any more. Reload the page.")


def _name(text: str) -> str:
    name = text.strip()
    if not _NAME.fullmatch(name):
        raise InvalidValue(
            "A model's name is made of letters, digits, dots and dashes. Change it, for example to house-style.",
            param="name",
        )
    return name
