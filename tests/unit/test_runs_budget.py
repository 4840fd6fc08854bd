"""A run holds its price from its start to its end; what other work spends meanwhile does not leave it half done."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pochoir.domain.catalog import Price
from pochoir.domain.errors import BudgetExceeded, EngineRateLimited, KeyBudgetExceeded
from pochoir.domain.images import Size
from pochoir.domain.money import MicroUSD
from unit.runs_workshop import PRICE, Studio, Workshop, card, png, workshop

SHOTS: dict[str, Any] = {"id": "shots", "type": "generate_image", "with": {"prompt": "A fox", "n": 8}}


async def held(w: Workshop, api_key: str | None = None) -> int:
    budget = await w.metering.budget(api_key)
    assert budget is not None
    return budget.reserved


async def test_a_second_run_that_would_leave_both_half_done_is_refused(tmp_path: Path) -> None:
    studio = Studio()
    studio.gate.clear()
    async with workshop(tmp_path, studio) as w:
        await w.metering.set_budget(MicroUSD(10 * PRICE))
        tool = await w.tool(SHOTS)
        run = await w.runs.start(tool, {})
        await studio.begun.wait()
        assert await held(w) == 8 * PRICE, "what is in flight is a part of what the run holds"
        with pytest.raises(BudgetExceeded, match=r"\$0.32, and \$0.08 of this month's budget"):
            await w.runs.start(tool, {})
        await w.metering.reserve("an image besides", MicroUSD(2 * PRICE))
        studio.gate.set()
        done = await w.finished(run.id)
        assert (done.state, done.charged_microusd) == ("succeeded", 8 * PRICE)
        assert await held(w) == 2 * PRICE, "nothing is held for a run that is over"


async def test_what_failed_for_nothing_may_be_asked_again_from_what_is_held(tmp_path: Path) -> None:
    studio = Studio()
    studio.trouble = [EngineRateLimited("Too busy. Try again.") for _ in range(3)]
    async with workshop(tmp_path, studio) as w:
        await w.metering.set_budget(MicroUSD(8 * PRICE))
        run = await w.runs.start(await w.tool(SHOTS), {})
        done = await w.finished(run.id)
        assert (done.state, done.charged_microusd, await held(w)) == ("succeeded", 8 * PRICE, 0)
        assert len(studio.calls) == 11


async def test_a_keys_budget_refuses_a_run_that_does_not_fit_whole(tmp_path: Path) -> None:
    studio = Studio()
    async with workshop(tmp_path, studio) as w:
        await w.metering.set_budget(MicroUSD(5 * PRICE), "key_1")
        tool = await w.tool(SHOTS)
        with pytest.raises(KeyBudgetExceeded, match=r"\$0.32, and \$0.20 of this key's budget"):
            await w.runs.start(tool, {}, api_key="key_1")
        assert (await w.runs.recent(), studio.calls, await held(w, "key_1")) == ([], [], 0)
        await w.metering.set_budget(MicroUSD(8 * PRICE), "key_1")
        done = await w.finished((await w.runs.start(tool, {}, api_key="key_1")).id)
        assert (done.state, await w.metering.key_total("key_1")) == ("succeeded", 8 * PRICE)


async def test_a_cancelled_run_gives_back_what_it_held(tmp_path: Path) -> None:
    studio = Studio()
    studio.gate.clear()
    async with workshop(tmp_path, studio) as w:
        await w.metering.set_budget(MicroUSD(10 * PRICE))
        run = await w.runs.start(await w.tool(SHOTS), {})
        await studio.begun.wait()
        await w.runs.cancel(run.id)
        in_flight = await held(w)
        assert in_flight == studio.at_once * PRICE
        studio.gate.set()


async def test_a_run_that_is_resumed_still_holds_its_price(tmp_path: Path) -> None:
    studio = Studio()
    studio.gate.clear()
    async with workshop(tmp_path, studio) as w:
        await w.metering.set_budget(MicroUSD(8 * PRICE))
        run = await w.runs.start(await w.tool(SHOTS, limits={"repeat_after_crash": 5}), {})
        await studio.begun.wait()
    async with workshop(tmp_path, studio) as w:
        await w.metering.release_others([])
        assert await held(w) == 8 * PRICE
        with pytest.raises(BudgetExceeded):
            await w.metering.reserve("an image besides", MicroUSD(1))
        studio.gate.set()
        assert (await w.finished(run.id)).state == "succeeded"


async def test_the_tools_limit_holds_where_a_text_decides_how_much_is_made(tmp_path: Path) -> None:
    async def write(*_: Any) -> str:
        return "\n".join(f"idea {number}" for number in range(40))

    ideas = {"id": "ideas", "type": "write_text", "with": {"prompt": "Ideas"}}
    shot = {"id": "shot", "type": "generate_image", "with": {"prompt": "{{ it }}"}}
    each = {"id": "each", "type": "repeat", "over": "{{ steps.ideas.text }}", "as": "it", "steps": [shot]}
    async with workshop(tmp_path, Studio(), write=write) as w:
        tool = await w.tool(ideas, each, limits={"max_microusd": 3 * PRICE})
        quote = await w.runs.quote(await w.tools.spec(tool), {})
        assert (quote.quote.total, quote.exact) == (PRICE, False)
        done = await w.finished((await w.runs.start(tool, {})).id)
        assert (done.state, done.charged_microusd, done.images_done) == ("failed", 3 * PRICE, 3)
        assert done.error == (
            "This would cost $0.04, and $0.00 of the tool's limit of $0.12 for a run is left. Ask for less, or raise the "
            "tool's limit."
        )


async def test_a_run_that_was_quoted_within_the_limit_is_never_stopped_at_its_last_image(tmp_path: Path) -> None:
    """What the images of an earlier step cost to put in is not known before; it may come out dearer."""
    by_area = Price(
        start=date(2026, 1, 1), kind="megapixel", source="studio", first_megapixel=Decimal("0.03"),
        next_megapixel=Decimal("0.03"), reference_megapixel=Decimal("0.015"),
    )  # fmt: skip
    first = {"id": "first", "type": "generate_image", "with": {"prompt": "A fox", "model": "paint"}}
    edit = {"id": "edit", "type": "edit_image"}
    studio = Studio()
    studio.size = Size(2048, 2048)
    async with workshop(tmp_path, studio, cards=(card("area", prices=(by_area,)),)) as w:
        params = {"prompt": "Glow", "images": "{{ steps.first.images }}", "n": 4}
        tool = await w.tool(first, {**edit, "with": params}, model="area", limits={"max_microusd": PRICE + 4 * 45_000})
        done = await w.finished((await w.runs.start(tool, {})).id)
        assert (done.state, done.images_done, done.quoted_microusd) == ("succeeded", 5, PRICE + 4 * 45_000)
        assert done.charged_microusd > done.quoted_microusd


async def test_photos_that_go_in_are_quoted_at_their_own_size(tmp_path: Path) -> None:
    by_area = Price(
        start=date(2026, 1, 1), kind="megapixel", source="studio", first_megapixel=Decimal("0.03"),
        next_megapixel=Decimal("0.03"), reference_megapixel=Decimal("0.015"),
    )  # fmt: skip
    form = [{"key": "photo", "label": "Photo", "type": "image"}]
    edit = {"id": "edit", "type": "edit_image", "with": {"prompt": "Glow", "images": "{{ inputs.photo }}", "n": 2}}
    async with workshop(tmp_path, Studio(), cards=(card("area", prices=(by_area,)),)) as w:
        photo = await w.images.library.upload(png(2048, 2048))
        tool = await w.tool(edit, inputs=form, model="area")
        await w.metering.set_budget(MicroUSD(2 * (30_000 + 5 * 15_000)))
        done = await w.finished((await w.runs.start(tool, {"photo": {"artifact": photo.id}})).id)
        assert (done.state, done.quoted_microusd) == ("succeeded", 2 * (30_000 + 5 * 15_000))
