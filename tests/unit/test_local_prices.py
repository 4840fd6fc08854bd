"""What a model costs that this machine runs itself: nothing, before and after, whatever a seller takes for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest

from pochoir import bootstrap
from pochoir.bootstrap import Workspace
from pochoir.config import Settings
from pochoir.domain.errors import EngineNotReady
from pochoir.domain.images import ImageRequest, Size
from pochoir.domain.money import MicroUSD
from pochoir.domain.tools import Spec
from pochoir.engines import registry as engines
from pochoir.features.catalog.cards import load_cards
from pochoir.features.images.routing import Routing
from pochoir.features.metering.pricing import image_price
from pochoir.infra.db import migrate
from pochoir.server import prepare_folder
from unit.local_stand_in import bring, install

TODAY = date(2026, 12, 1)
MODEL = "z-image-turbo"
ASK = ImageRequest(MODEL, "a cat", size=Size(512, 512))
SPEC = Spec.model_validate(
    {
        "title": "Cats",
        "model": MODEL,
        "steps": [{"id": "cat", "type": "generate_image", "with": {"prompt": "a cat", "n": 3}}],
        "outputs": [{"key": "cats", "label": "Cats", "value": "{{ steps.cat.images }}"}],
    }
)


@pytest.fixture
async def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Workspace]:
    install(tmp_path / "packages", monkeypatch)
    settings = Settings(data=tmp_path / "data")
    prepare_folder(settings.data)
    migrate(settings.database_url)
    made = bootstrap.assemble(settings)
    monkeypatch.setattr(type(made.services.clock), "today", lambda _: TODAY)
    yield made
    await made.stop()


async def test_an_image_of_this_machine_costs_nothing(workspace: Workspace, tmp_path: Path) -> None:
    services = workspace.services
    bring(tmp_path / "data/models", MODEL, "A", "red")
    await services.metering.set_budget(MicroUSD(1))
    assert (quote := await services.images.quote(ASK)).total == 0
    assert (quote.exact, quote.unknown) == (True, "")
    run = await services.runs.quote(SPEC, {})
    assert (run.quote.total, run.exact, run.ready) == (0, True, True)
    made = await services.images.create(ASK, asker="cli")
    assert (made.charge.total, made.charge.unknown) == (0, "")
    assert "on this machine" in made.charge.basis


@pytest.mark.parametrize("model", ["flux-2-klein-4b", "qwen-image-2512"])
async def test_a_price_by_the_megapixel_and_one_that_nobody_names_are_nothing_too(
    workspace: Workspace, tmp_path: Path, model: str
) -> None:
    bring(tmp_path / "data/models", model, "A", "red")
    quote = await workspace.services.images.quote(ImageRequest(model, "a cat"))
    assert (quote.total, quote.exact, quote.unknown) == (0, True, "")


async def test_the_catalogue_keeps_the_sellers_price_and_so_does_a_model_that_is_not_here(workspace: Workspace) -> None:
    services = workspace.services
    card = await services.catalog.card(MODEL)
    assert image_price(card, TODAY).total == (await services.images.quote(ASK)).total == 5_000
    with pytest.raises(EngineNotReady, match=f"pochoir download {MODEL}"):
        await services.images.create(ASK, asker="cli")


async def test_a_connected_server_that_comes_first_keeps_its_price(workspace: Workspace, tmp_path: Path) -> None:
    services = workspace.services
    bring(tmp_path / "data/models", MODEL, "A", "red")
    await services.connections.save(
        "openai_compatible", "rack", {"base_url": "http://127.0.0.1:9/v1", "models": f"z = {MODEL}"}, None
    )
    assert (await services.images.quote(ASK)).total == 5_000


class NobodyAsks:
    """Connections that must not be read."""

    async def credentials(self, engine: str, name: str | None = None) -> None:
        raise AssertionError(f"the credentials of {engine} were read")

    async def upstream_models(self) -> list[tuple[str, str, str | None]]:
        raise AssertionError("the connections were read")


async def test_models_of_others_are_told_apart_without_reading_anything() -> None:
    routing = Routing(engines.load, NobodyAsks())
    cards = [card for card in load_cards(bootstrap.CARDS) if "openai" in card.engines or card.engines == ("bfl",)]
    assert len(cards) > 5
    assert not any([await routing.free_here(card, TODAY) for card in cards])
    await routing.close()
