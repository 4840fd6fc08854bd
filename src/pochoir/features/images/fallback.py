"""Which model answers when the one that was asked cannot: only by a rule of the caller's or the team's, and said. Pure."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from pochoir.domain.catalog import Card, FallbackRule
from pochoir.domain.errors import EngineError, ModelNotFound, PochoirError
from pochoir.engines.base import PartialImage
from pochoir.features.images.artifact import Made

Rules = Callable[[], Awaitable[Mapping[str, FallbackRule]]]
KEPT = "mask_not_kept"
"""The code of an answer that was stored and charged although it is an error."""


@dataclass(frozen=True, slots=True)
class Fallback:
    """Models to ask in turn; `even_if_charged`: also when an earlier one may have charged the request.

    `whose` says who wants it so, as the end of a sentence. Without models the team's rules are looked up.
    """

    models: tuple[str, ...] = ()
    even_if_charged: bool = False
    whose: str = "your request wants it so"

    def may_follow(self, error: PochoirError) -> bool:
        """Whether another model may be asked after this: the engine failed or has no such model, and no money is gone."""
        if isinstance(error, EngineError) and error.code != KEPT:
            return self.even_if_charged or not error.may_have_been_charged
        return isinstance(error, ModelNotFound)


BY_RULE = Fallback()


def ruled(rules: Mapping[str, FallbackRule], asked: str, card: Card) -> Fallback | None:
    """The team's rule for the name that was asked, else for the model that it means."""
    rule = rules.get(asked) or rules.get(card.id)
    if rule is None:
        return None
    return Fallback((rule.model,), rule.even_if_charged, f"the rule for {rule.name} wants it so")


def note(first: Card, error: PochoirError, other: Card, fallback: Fallback) -> str:
    """What was done and why, for the answer and the ledger."""
    reason = error.message.partition(". ")[0].rstrip(".")
    charged = isinstance(error, EngineError) and error.may_have_been_charged
    twice = " The first may have been charged as well." if charged else ""
    return f"{other.name} answered instead of {first.name}, as {fallback.whose}: {reason}.{twice}"


class Shown:
    """Hands images on before they are kept and remembers that there were some: no other model goes on from those of the
    first."""

    def __init__(
        self,
        on_partial: Callable[[PartialImage], Awaitable[None]] | None,
        on_drawn: Callable[[Made], None] | None,
    ) -> None:
        self._on_partial = on_partial
        self._on_drawn = on_drawn
        self.any = False

    @property
    def partial(self) -> Callable[[PartialImage], Awaitable[None]] | None:
        return self._tell if self._on_partial is not None else None

    async def _tell(self, item: PartialImage) -> None:
        self.any = True
        if self._on_partial is not None:
            await self._on_partial(item)

    @property
    def drawn(self) -> Callable[[Made], None] | None:
        return self._hand_on if self._on_drawn is not None else None

    def _hand_on(self, made: Made) -> None:
        self.any = True
        if self._on_drawn is not None:
            self._on_drawn(made)
