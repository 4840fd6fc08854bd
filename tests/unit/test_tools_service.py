"""The tools service on a real database: drafts, versions, the switch of the model, restore, changes that are said."""

from __future__ import annotations

from pathlib import Path

import pytest

import pochoir
from pochoir.domain.catalog import Card
from pochoir.domain.errors import Conflict, EngineNotReady, InvalidRequest, InvalidSpec, ModelNotFound, NotFound
from pochoir.domain.money import MicroUSD
from pochoir.domain.tools import Spec
from pochoir.features.catalog.cards import load_cards
from pochoir.features.catalog.service import CatalogService
from pochoir.features.images.artifact import Readiness
from pochoir.features.tools import diff
from pochoir.features.tools.contract import RunPrice
from pochoir.features.tools.service import ToolsService, slug
from pochoir.infra.clock import Clock
from pochoir.infra.db import Database
from pochoir.steps import registry

CARDS = load_cards(Path(pochoir.__file__).parent / "features/catalog/cards")
SNEAKER = "Three square product shots of our new sneaker on a pastel background"


class Engines:
    """Only the built-in engine is ready."""

    async def readiness(self, card: Card) -> Readiness:
        ready = "builtin" in card.engines
        return Readiness("ready" if ready else "needs_key", "" if ready else f"{card.name} needs a key. Enter it.")


@pytest.fixture
def tools(db: Database, clock: Clock) -> ToolsService:
    return ToolsService(db, clock, catalog=CatalogService(CARDS), images=Engines(), kinds=registry.load().types)


async def test_a_description_becomes_a_draft_and_a_tool(tools: ToolsService) -> None:
    stored = await tools.draft(SNEAKER)
    again = await tools.draft_of(stored.id)
    assert again == stored
    assert stored.draft.builder == "rules"
    better = stored.draft.spec.model_copy(update={"title": "Sneaker shots"})
    assert (await tools.save_draft(stored.id, better)).draft.spec == better
    tool = await tools.create(better, note="Built.")
    assert (tool.name, tool.current) == ("sneaker-shots", 1)
    assert await tools.spec("sneaker-shots") == better
    assert (await tools.create(better)).name == "sneaker-shots-2"
    assert [known.name for known in await tools.tools()] == ["sneaker-shots-2", "sneaker-shots"]


async def test_bytes_that_are_no_text_become_question_marks(tools: ToolsService) -> None:
    stored = await tools.draft("Shots of a \udcff lamp")
    assert stored.description == "Shots of a ? lamp"
    name = (await tools.create(stored.draft.spec)).name
    assert (await tools.say(name, "call it \udcff")).spec.title == "?"


@pytest.mark.parametrize("text", ["", "  \n", "x" * 20_001])
async def test_unusable_descriptions_are_refused(tools: ToolsService, text: str) -> None:
    with pytest.raises(InvalidRequest):
        await tools.draft(text)


async def test_the_switch_is_one_line_and_a_restore_undoes_it(tools: ToolsService) -> None:
    spec = (await tools.draft(f"{SNEAKER}, transparent background, as webp")).draft.spec
    spec = Spec.model_validate(
        {
            **spec.as_data(),
            "steps": [{**spec.as_data()["steps"][0], "with": {"prompt": "x", "size": "800x600", "seed": 7}}],
        }
    )
    await tools.create(spec, name="shots")

    async def price(priced: Spec) -> RunPrice:
        return RunPrice(MicroUSD(0 if priced.model == "pochoir-sketch" else 42_000), exact=True)

    plan = await tools.plan_switch("shots", "gpt-image-1.5", price)
    assert plan.lines == ("model: pochoir-sketch → gpt-image-1.5",)
    assert (plan.price_before, plan.price_after) == (RunPrice(MicroUSD(0), True), RunPrice(MicroUSD(42_000), True))
    assert {ability.name for ability in plan.lost} >= {"Seeds"}
    assert any("800x600 becomes" in note for note in plan.mapped)
    assert any("seed" in note for note in plan.mapped)
    assert plan.problems == ()
    assert plan.ready.endswith("Enter it.")
    assert (await tools.tool("shots")).current == 1

    own = {**spec.as_data()["steps"][0], "with": {"prompt": "x", "model": "gpt-image-2"}}
    await tools.create(Spec.model_validate({**spec.as_data(), "steps": [own]}), name="own")
    [told] = (await tools.plan_switch("own", "gpt-image-1.5", price)).mapped
    assert told == f"Step '{spec.steps[0].id}' has a model of its own, gpt-image-2, and keeps it."

    version = await tools.switch_model("shots", "gpt-image-1.5")
    assert (version.number, version.spec.steps) == (2, spec.steps)
    assert await tools.differences("shots", 1, 2) == ["model: pochoir-sketch → gpt-image-1.5"]
    restored = await tools.restore("shots", 1)
    assert (restored.number, restored.spec) == (3, spec)
    assert [known.number for known in await tools.versions("shots")] == [3, 2, 1]


async def test_a_switch_that_cannot_run_says_so(tools: ToolsService) -> None:
    draft = (await tools.draft("Put my product photo on a marble table")).draft
    assert draft.spec.model == "pochoir-sketch", "it takes images in, and is ready"
    await tools.create(draft.spec, name="swap")
    plan = await tools.plan_switch("swap", "z-image-turbo")
    assert {ability.name for ability in plan.lost} >= {"Images in"}
    assert any("takes no images in" in problem for problem in plan.problems)
    assert plan.price_after is None


async def test_what_does_not_exist_is_said(tools: ToolsService) -> None:
    await tools.create((await tools.draft(SNEAKER)).draft.spec, name="shots")
    for call in (tools.tool("x"), tools.spec("shots", 9), tools.draft_of("draft_x"), tools.restore("shots", 4)):
        with pytest.raises(NotFound):
            await call
    with pytest.raises(ModelNotFound):
        await tools.plan_switch("shots", "gpt-image-99")
    with pytest.raises(ModelNotFound):
        await tools.switch_model("shots", "gpt-image-99")
    with pytest.raises(EngineNotReady):
        await tools.draft(SNEAKER, builder="model")


async def test_names_and_empty_changes_are_refused(tools: ToolsService) -> None:
    spec = (await tools.draft(SNEAKER)).draft.spec
    await tools.create(spec, name="shots")
    with pytest.raises(Conflict):
        await tools.create(spec, name="shots")
    for name in ("Not A Slug", "shots\n"):
        with pytest.raises(InvalidRequest):
            await tools.create(spec, name=name)
    with pytest.raises(InvalidRequest, match="Nothing differs"):
        await tools.change("shots", spec)
    broken = spec.model_copy(update={"steps": (spec.steps[0].model_copy(update={"type": "draw"}),)})
    with pytest.raises(InvalidSpec):
        await tools.change("shots", broken)
    assert len(await tools.versions("shots")) == 1


async def test_archived_tools_leave_the_list_and_come_back(tools: ToolsService) -> None:
    await tools.create((await tools.draft(SNEAKER)).draft.spec, name="shots")
    await tools.archive("shots")
    assert await tools.tools() == []
    assert [tool.archived for tool in await tools.tools(archived=True)] == [True]
    await tools.archive("shots", archived=False)
    assert len(await tools.tools()) == 1


async def test_a_change_that_is_said_is_a_proposal(tools: ToolsService) -> None:
    await tools.create((await tools.draft(SNEAKER)).draft.spec, name="shots")
    change = await tools.say("shots", "make it landscape, four images and use gpt-image-2")
    assert change.not_understood == ()
    assert list(change.lines) == diff.lines(await tools.spec("shots"), change.spec)
    assert (await tools.tool("shots")).current == 1
    version = await tools.change("shots", change.spec, "As said.")
    assert (version.spec.model, version.spec.steps[0].params["n"]) == ("gpt-image-2", 4)


def test_slugs() -> None:
    assert [slug(title) for title in ("Größe & Form!", "商品写真", "a" * 80)] == ["grosse-form", "tool", "a" * 50]
