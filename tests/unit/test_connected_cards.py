"""Cards of models on connected servers: the known card, or what any server can do, with the levels that its owner named."""

from __future__ import annotations

import pytest

from pochoir.domain.catalog import Abilities, Card
from pochoir.domain.errors import InvalidValue
from pochoir.domain.images import ImageRequest
from pochoir.features.catalog.connected import connected_cards
from pochoir.features.images.abilities import check, settle

KNOWN = Card(
    id="known",
    name="Known",
    provider="P",
    family="f",
    summary="A model with open weights.",
    abilities=Abilities(text_to_image=True, qualities=("1K", "2K"), default_quality="1K"),
)
MODELS = (("studio", "mystery", None), ("studio", "its-name", "known"), ("bare", "mystery", None))


def test_steps_by_quality_make_those_qualities_askable() -> None:
    mystery, known, bare = connected_cards(MODELS, {"known": KNOWN}, {"studio": ("low", "high"), "bare": ()})
    for card in (mystery, known):
        check(card, ImageRequest(card.id, "a fox", quality="low"))
        assert settle(card, ImageRequest(card.id, "a fox")).quality is None
        with pytest.raises(InvalidValue, match="Choose low or high"):
            check(card, ImageRequest(card.id, "a fox", quality="1K"))
    with pytest.raises(InvalidValue, match="Leave 'quality' out"):
        check(bare, ImageRequest(bare.id, "a fox", quality="low"))
