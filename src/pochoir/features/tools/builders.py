"""Which builder builds: the language model's when one is connected, else the rules; and the model that a tool starts on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pochoir.domain.catalog import Card
from pochoir.domain.errors import EngineNotReady
from pochoir.features.tools.contract import Builder, BuilderName, Engines, Models
from pochoir.features.tools.model_builder.builder import ModelBuilder
from pochoir.features.tools.model_builder.endpoint import KIND, Endpoint, Endpoints
from pochoir.features.tools.rules.builder import RulesBuilder
from pochoir.infra.clock import Clock
from pochoir.steps.base import StepType

FIRST = "pochoir-sketch"
EDITORS = ("gpt-image-2", "gpt-image-2.5", "gpt-image-1.5", "gemini-2.5-flash-image")
"""Models to think of first when an image goes in; any ready one that edits is better than one that is not."""


@dataclass(frozen=True, slots=True)
class FirstModel:
    """The model that a new tool starts on. `editor` is a model that edits, `ready` whether it can run here now."""

    first: Card | None
    editor: Card | None
    ready: bool

    def pick(self, *, edits: bool) -> tuple[str, str, bool]:
        if not edits or self.editor is None:
            name = self.first.name if self.first else FIRST
            return FIRST, f"Model {name}: it is free and works at once. Choose another one for photos.", False
        why = f"Model {self.editor.name}, because it takes images in"
        if self.ready:
            return self.editor.id, f"{why}.", False
        return self.editor.id, f"{why}; it needs a key or a server first. See the settings page.", True


class Builders:
    """Makes the builder that is asked for, with the cards and connections as they are now."""

    def __init__(
        self,
        clock: Clock,
        catalog: Models,
        images: Engines,
        kinds: Mapping[str, StepType],
        connections: Endpoints | None,
    ) -> None:
        self._clock = clock
        self._catalog = catalog
        self._images = images
        self._kinds = kinds
        self._connections = connections

    async def named(self, name: BuilderName) -> Builder:
        """Raises EngineNotReady when the language model is asked for and none is connected."""
        cards = await self._catalog.cards()
        rules = RulesBuilder(
            {card.id: card for card in cards},
            self._kinds,
            await self._first(cards),
            self._clock.today,
            writer=await self.endpoint() is not None,
        )
        if name == "rules":
            return rules
        endpoint = await self.endpoint()
        if endpoint is None:
            if name == "model":
                raise EngineNotReady("No language model is connected. Add one on the settings page, or use the rules.")
            return rules
        return ModelBuilder(endpoint, rules, self._kinds, [card.id for card in cards])

    async def endpoint(self) -> Endpoint | None:
        """The workspace's language model, or None."""
        if self._connections is None:
            return None
        credentials = await self._connections.credentials(KIND)
        return Endpoint.of(credentials) if credentials else None

    async def _first(self, cards: Sequence[Card]) -> FirstModel:
        by_id = {card.id: card for card in cards}
        today = self._clock.today()
        editors = [card for card in cards if card.abilities.edit and card.status(today) == "current"]
        editors.sort(key=lambda card: EDITORS.index(card.id) if card.id in EDITORS else len(EDITORS))
        for card in editors:
            if card.engines and (await self._images.readiness(card)).ready:
                return FirstModel(by_id.get(FIRST), card, ready=True)
        return FirstModel(by_id.get(FIRST), editors[0] if editors else None, ready=False)
