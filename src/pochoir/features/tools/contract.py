"""The contracts of tools: a builder, what the service needs of its neighbours, and the shapes that it answers with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from pochoir.domain.catalog import Card
from pochoir.domain.money import MicroUSD
from pochoir.domain.tools import Draft, Spec

BuilderName = Literal["auto", "rules", "model"]
MAX_DESCRIPTION = 20_000
"""Characters of a description."""


class Builder(Protocol):
    """Makes a draft from a description. Both builders give specs that `validation.check` accepts."""

    async def build(self, text: str) -> Draft:
        """Build. Raises InvalidRequest for an empty or over-long text; nothing else is refused."""
        ...


class DefaultModel(Protocol):
    """Which model a tool gets when none was named."""

    def pick(self, *, edits: bool) -> tuple[str, str, bool]:
        """The model's id, the sentence that says why, and whether it needs something before it can run."""
        ...


class Models(Protocol):
    """What tools need of the catalogue."""

    async def cards(self) -> Sequence[Card]: ...

    async def card(self, card_id: str) -> Card: ...


class Ready(Protocol):
    """Whether a model can run here; `sentence` says what is missing."""

    @property
    def ready(self) -> bool: ...

    @property
    def sentence(self) -> str: ...


class Engines(Protocol):
    """What tools need of the image service."""

    async def readiness(self, card: Card) -> Ready: ...


@dataclass(frozen=True, slots=True)
class StoredDraft:
    """A draft under review. `tool` is the name of the tool that was made from it. `created` is ISO 8601 in UTC."""

    id: str
    description: str
    draft: Draft
    created: str
    tool: str | None = None


@dataclass(frozen=True, slots=True)
class RunPrice:
    """The price of one run: micro-dollars, whether every part is exact, and the sentence when it is not known."""

    total: MicroUSD
    exact: bool
    unknown: str = ""


Pricer = Callable[[Spec], Awaitable[RunPrice]]
"""Gives the price of one run of a spec; the runs service has it."""


@dataclass(frozen=True, slots=True)
class Ability:
    """One thing that differs between the two models, as a person reads it."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class SwitchPlan:
    """What changes when a tool's model is switched. `lines` is the difference of the new version: one line.

    `mapped` are options that the spec keeps and the run maps, each told; `problems` are what cannot be mapped: the
    tool would not run. `ready` is empty, or the sentence that says what the model needs first.
    """

    tool: str
    before: Card | None
    after: Card
    lines: tuple[str, ...]
    price_before: RunPrice | None
    price_after: RunPrice | None
    gained: tuple[Ability, ...]
    lost: tuple[Ability, ...]
    changed: tuple[Ability, ...]
    mapped: tuple[str, ...]
    problems: tuple[str, ...]
    ready: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """A change that was said, shown before it is taken: the new spec, the lines that differ, and how it was understood."""

    spec: Spec
    lines: tuple[str, ...]
    sentences: tuple[str, ...]
    not_understood: tuple[str, ...] = ()
