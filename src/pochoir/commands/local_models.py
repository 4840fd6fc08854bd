"""`pochoir download`: bring an open-weight model to this machine, with its licence shown before anything comes."""

from __future__ import annotations

from collections.abc import Callable

from pochoir.config import Settings
from pochoir.domain.catalog import Card
from pochoir.domain.errors import EngineNotReady

_COMMERCIAL = {
    "yes": "A company may use it.",
    "no": "A company may not use it.",
    "conditions": "A company may use it on conditions: read the licence first.",
}


def licence_lines(card: Card) -> list[str]:
    """What binds whoever uses the weights."""
    licence = card.licence
    if licence is None:
        return ["Licence: not known here. Read it on the model's page first."]
    lines = [f"Licence: {licence.name}. {_COMMERCIAL[licence.commercial]}"]
    return lines + [text for text in (licence.note, licence.url) if text]


def download(
    settings: Settings,
    card: Card,
    revision: str,
    hub: str,
    agreed: Callable[[list[str]], bool],
    say: Callable[[str], None],
) -> bool:
    """Show what would come, and bring it when `agreed`; whether it came. Raises EngineNotReady for a model
    without a recipe, and without the extra."""
    from pochoir.engines.local import download as local
    from pochoir.engines.local.engine import INSTALL, installed

    local.repository_of(card.id)
    if not installed():
        raise EngineNotReady(f"Local models need more packages. Run: {INSTALL}, then this command again.")
    wanted = local.plan(card.id, hub=hub or local.HUB, revision=revision)
    lines = [
        f"{card.name}: {wanted.total / 1e9:.1f} GB in {len(wanted.files)} files from {wanted.repository}",
        f"Revision: {wanted.revision}",
        *licence_lines(card),
    ]
    if not agreed(lines):
        return False
    folder = local.download(wanted, settings.models_folder, hub=hub or local.HUB, say=say)
    say(f"{card.name} is in {folder}. Use it as the model '{card.id}'.")
    return True
