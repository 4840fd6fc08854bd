"""Cards of models on connected servers: the known card where the connection names one, else what any server can do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from pochoir.domain.catalog import Abilities, Card, Price, Source

_OWN = Source(key="own", title="A server of your own, as connected on the settings page", seen=date(2026, 11, 23))
_FREE = Price(start=date(2000, 1, 1), kind="free", source="own", note="It runs on your own server.")
_UNKNOWN = Abilities(
    text_to_image=True,
    sizes=("1024x1024", "1024x1536", "1536x1024"),
    default_size="1024x1024",
    formats=("png", "jpeg", "webp"),
    options=("negative_prompt", "num_inference_steps", "guidance_scale"),
    seeds=True,
)


def connected_cards(
    models: Sequence[tuple[str, str, str | None]],
    known: Mapping[str, Card],
    qualities: Mapping[str, tuple[str, ...]],
) -> list[Card]:
    """One card per model of a connected server (connection, the server's model name, the card it is said to be).

    `qualities`: what a connection's setting "Steps by quality" knows.
    """
    return [
        _with_levels(_card(connection, upstream, known.get(card or upstream)), qualities.get(connection, ()))
        for connection, upstream, card in models
    ]


def _with_levels(card: Card, levels: tuple[str, ...]) -> Card:
    """The card with the levels that its server's owner named; they stand in the place of the model's own."""
    if not levels:
        return card
    usual = card.abilities.default_quality
    changed = {"qualities": levels, "default_quality": usual if usual in levels else None}
    return card.model_copy(update={"abilities": card.abilities.model_copy(update=changed)})


def _card(connection: str, upstream: str, base: Card | None) -> Card:
    model_id = f"{connection}/{upstream}"
    mine = {
        "id": model_id,
        "upstream": upstream,
        "engines": ("openai_compatible",),
        "prices": (_FREE,),
        "list_prices": (),
        "shutdown": None,
        "notice": None,
        "aliases": (),
        "snapshots": (),
    }
    if base is not None:
        return base.model_copy(
            update={**mine, "name": f"{base.name} on {connection}", "sources": (*base.sources, _OWN)}
        )
    return Card(
        **mine,
        name=f"{upstream} on {connection}",
        provider=connection,
        family=connection,
        summary=f"A model of the server '{connection}' that you connected. What it can do is not known here.",
        input=("text",),
        abilities=_UNKNOWN,
        sources=(_OWN,),
    )
