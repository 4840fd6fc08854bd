"""Models to choose from in a form: those that run here first, then those that need something, never the dead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pochoir.domain.catalog import Abilities, Card
from pochoir.domain.errors import InvalidValue, ModelNotFound
from pochoir.domain.images import Size
from pochoir.features.images.artifact import Readiness
from pochoir.features.images.month import COMMON_SIZES
from pochoir.web.readiness import readiness_of

if TYPE_CHECKING:
    from pochoir.features.services import Services


@dataclass(frozen=True, slots=True)
class ModelChoice:
    card: Card
    readiness: Readiness

    @property
    def ready(self) -> bool:
        return self.readiness.ready


async def model_choices(services: Services) -> list[ModelChoice]:
    """Every model that somebody could run, ready ones first, then by provider and name."""
    today = services.clock.today()
    cards = [
        card
        for card in await services.catalog.cards()
        if card.engines and card.status(today) in {"current", "deprecated"}
    ]
    ready = await readiness_of(services, cards)
    found = [ModelChoice(card, ready[card.id]) for card in cards]
    return sorted(found, key=lambda choice: (not choice.ready, choice.card.provider, choice.card.name))


async def card_of(services: Services, name: str) -> Card | None:
    """The card that a spec's model means, shut down or not; None when there is none of that name."""
    try:
        return await services.catalog.card(name)
    except ModelNotFound:
        return None


def size_options(can: Abilities, current: str) -> list[tuple[str, str]]:
    """Sizes for a select, with words for their shape; the current value is always among them."""
    names = list(can.sizes)
    if can.free_sizes is not None:
        names += [text for text in COMMON_SIZES if not can.free_sizes.problem(Size.parse(text))]
    names = list(dict.fromkeys(name for name in (*names, current) if name and name != "auto"))
    return [("auto", "The model decides"), *((name, shape_words(name)) for name in names)]


def shape_words(size: str) -> str:
    """`1536x1024` as `Landscape, 1536 × 1024`."""
    try:
        found = Size.parse(size)
    except InvalidValue:
        return size
    width, height = found.width, found.height
    shape = "Square" if width == height else "Landscape" if width > height else "Portrait"
    return f"{shape}, {width} × {height}"


def quality_options(levels: Sequence[str], current: str) -> list[tuple[str, str]]:
    names = dict.fromkeys(name for name in (*levels, current) if name and name != "auto")
    return [("auto", "The model decides"), *((name, name.capitalize()) for name in names)]
