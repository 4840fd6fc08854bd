"""What each model is good at: the card's own list, completed from what it can do."""

from __future__ import annotations

from dataclasses import dataclass

from pochoir.domain.catalog import Card, Source
from pochoir.features.catalog.words import count, listed


@dataclass(frozen=True, slots=True)
class Side:
    """A strength as it is shown: `source` None means that it follows from the card's abilities."""

    title: str
    points: tuple[str, ...]
    source: Source | None


def strengths(card: Card) -> tuple[Side, ...]:
    """The card's strengths, then those that follow from its abilities and that the card does not name."""
    told = [Side(item.title, item.points, card.source(item.source) if item.source else None) for item in card.strengths]
    said = " ".join(f"{side.title} {' '.join(side.points)}" for side in told).casefold()
    derived = [Side(title, (point,), None) for word, title, point in _derived(card) if word not in said]
    uses = [Side("Used for", card.use_cases, None)] if card.use_cases else []
    return (*told, *derived, *uses) or (Side("Little is known yet", (card.summary,), None),)


def _derived(card: Card) -> list[tuple[str, str, str]]:
    """Word that shows the card says it already, title, point."""
    can, found = card.abilities, []
    if can.edit:
        up_to = f" from up to {count(can.max_references, 'image')}" if can.max_references else ""
        found.append(("edit", "Edits", f"Changes and combines images{up_to}"))
    if can.mask in {"hint", "exact"}:
        how = "exactly" if can.mask == "exact" else "as a hint"
        found.append(("mask", "Masks", f"Takes a mask of what may change, {how}"))
    if can.transparency:
        found.append(("transparen", "Transparent backgrounds", "Makes images with an alpha channel"))
    if can.free_sizes:
        found.append(("size", "Free sizes", "Makes images in the width and height that you need"))
    if len(can.qualities) > 1:
        found.append(("qualit", "A choice of quality", f"{listed(list(can.qualities)).capitalize()}"))
    if card.open_weights:
        found.append(("weights", "Open weights", "Runs on machines of your own"))
    if card.snapshots:
        names = listed([snapshot.id for snapshot in card.snapshots])
        found.append(("snapshot", "Pinned versions", f"Keep to one version: {names}"))
    if can.batch:
        found.append(("batch", "Batch", "Takes work that can wait, in batches"))
    return found
