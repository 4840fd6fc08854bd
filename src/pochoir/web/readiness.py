"""Which models can be run here, for many at once: asked once for each kind of engine, not once for each card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pochoir.domain.catalog import Card
from pochoir.features.images.artifact import Readiness
from pochoir.features.services import Services

_SERVER = "openai_compatible"


async def readiness_of(services: Services, cards: Sequence[Card]) -> Mapping[str, Readiness]:
    """The readiness of every card by id, with sentences that name the card.

    Cards of the same engines share one answer; those that a connected server, or this machine, runs are asked one by one.
    """
    today = services.clock.today()
    served = {
        name
        for connection, upstream, card_id in await services.connections.upstream_models()
        for name in (f"{connection}/{upstream}", card_id)
    }
    asked: dict[tuple[str, ...], tuple[Card, Readiness]] = {}
    found: dict[str, Readiness] = {}
    for card in cards:
        own = card.status(today) == "shut down" or (_SERVER in card.engines and card.id in served)
        own = own or services.images.offered_here(card)
        if own:
            found[card.id] = await services.images.readiness(card)
            continue
        if card.engines not in asked:
            asked[card.engines] = (card, await services.images.readiness(card))
        first, answer = asked[card.engines]
        found[card.id] = answer if first is card else _for(card, first, answer)
    return found


def _for(card: Card, first: Card, answer: Readiness) -> Readiness:
    sentence = answer.sentence.replace(first.name, card.name)
    link = f"/models/{card.id}" if answer.link == f"/models/{first.id}" else answer.link
    return Readiness(answer.state, sentence, link)
