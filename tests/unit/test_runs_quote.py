"""The price of a run before it is started, and why it cannot be started."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pochoir.domain.errors import BudgetExceeded, Conflict, EngineNotReady, InvalidRequest, InvalidValue, ModelNotFound
from pochoir.domain.money import MicroUSD
from pochoir.domain.tools import Spec
from pochoir.features.runs.quote import ANSWERS, TEXTS
from unit.runs_workshop import PRICE, Studio, card, png, workshop


def spec(*steps: dict[str, Any], **more: Any) -> Spec:
    outputs = [{"key": "result", "label": "Result", "value": f"{{{{ steps.{steps[-1]['id']} }}}}"}]
    data = {"title": "Poster", "model": "paint", "steps": list(steps), "outputs": outputs, **more}
    return Spec.model_validate(data)


SHOTS: dict[str, Any] = {
    "id": "shots",
    "type": "generate_image",
    "with": {"prompt": "A fox", "n": "{{ inputs.count }}"},
}
COUNT: dict[str, Any] = {"key": "count", "label": "How many", "type": "number", "minimum": 1, "maximum": 9}


async def test_the_quote_is_what_is_charged(tmp_path: Path) -> None:
    async with workshop(tmp_path, Studio()) as w:
        quote = await w.runs.quote(spec(SHOTS, inputs=[COUNT]), {"count": "4"})
        assert (quote.images, quote.quote.total, quote.exact, quote.ready) == (4, 4 * PRICE, True, True)
        assert [(step.path, step.images, step.card.id) for step in quote.steps] == [("shots", 4, "paint")]
        tool = await w.tool(SHOTS, inputs=[COUNT])
        run = await w.finished((await w.runs.start(tool, {"count": 4})).id)
        assert run.charged_microusd == run.quoted_microusd == quote.quote.total


async def test_repeats_conditions_and_several_models_are_counted(tmp_path: Path) -> None:
    dear = card("dear", usd="0.10")
    steps = (
        {"id": "words", "type": "set_value", "with": {"value": ["dawn", "noon", "dusk"]}},
        {
            "id": "each",
            "type": "repeat",
            "over": "{{ steps.words.value }}",
            "as": "hour",
            "steps": [{"id": "shot", "type": "generate_image", "with": {"prompt": "{{ hour }}", "n": 2}}],
        },
        {
            "id": "best",
            "type": "edit_image",
            "with": {"prompt": "Glow", "images": "{{ steps.each.image }}", "model": "dear"},
        },
        {"id": "never", "type": "generate_image", "when": "{{ false }}", "with": {"prompt": "x", "n": 9}},
    )
    async with workshop(tmp_path, Studio(), cards=(dear,)) as w:
        quote = await w.runs.quote(spec(*steps), {})
        assert (quote.ready, quote.reason) == (True, "")
        assert [(step.path, step.images) for step in quote.steps] == [
            ("each[1].shot", 2),
            ("each[2].shot", 2),
            ("each[3].shot", 2),
            ("best", 1),
        ]
        assert quote.quote.total == 6 * PRICE + 100_000
        assert sorted((line.label, line.units, line.exact) for line in quote.quote.lines) == [
            ("Images in", 1, False),
            ("Images out", 1, True),
            ("Images out", 6, True),
        ]
        assert quote.quote.model == "paint, dear"


async def test_what_is_not_known_before_makes_it_an_estimate(tmp_path: Path) -> None:
    steps = (
        {"id": "idea", "type": "write_text", "with": {"prompt": "An idea"}},
        {"id": "shots", "type": "generate_image", "with": {"prompt": "{{ steps.idea.text }}"}},
        {"id": "ok", "type": "ask_approval", "with": {"question": "Fine?", "images": "{{ steps.shots.images }}"}},
        {"id": "more", "type": "generate_image", "when": "{{ steps.ok.approved }}", "with": {"prompt": "More", "n": 2}},
    )
    async with workshop(tmp_path, Studio()) as w:
        quote = await w.runs.quote(spec(*steps), {})
        assert (quote.images, quote.quote.total, quote.exact) == (3, 3 * PRICE, False)
        assert quote.notes == (TEXTS, ANSWERS)


async def test_a_form_that_is_not_filled_in_yet_has_a_price_and_says_what_is_missing(tmp_path: Path) -> None:
    photo = {"key": "photo", "label": "Photo", "type": "image"}
    edit = {
        "id": "scene",
        "type": "edit_image",
        "with": {"prompt": "{{ inputs.place }}", "images": "{{ inputs.photo }}", "n": "{{ inputs.count }}"},
    }
    form = spec(edit, inputs=[photo, {"key": "place", "label": "Place"}, {**COUNT, "sample": 3}])
    async with workshop(tmp_path, Studio()) as w:
        quote = await w.runs.quote(form, {"place": "", "count": 2})
        assert (quote.quote.total, quote.ready, quote.reason) == (2 * PRICE, False, "Photo is empty. Add an image.")
        assert (await w.runs.quote(form, {})).quote.total == 3 * PRICE
        bad = await w.runs.quote(form, {"count": 99})
        assert (bad.ready, bad.quote.unknown) == (False, bad.reason)
        shoe = await w.images.library.upload(png())
        given = {"photo": shoe.id, "place": "snow", "count": 1}
        assert (await w.runs.quote(form, given)).ready


async def test_an_output_that_cannot_be_worked_out_is_told_before_anything_is_spent(tmp_path: Path) -> None:
    outputs = [
        {"key": "images", "label": "Images", "value": "{{ steps.shots.images }}"},
        {"key": "each", "label": "For each", "value": "{{ 100 / inputs.count }}"},
    ]
    count = {**COUNT, "minimum": 0}
    shots = {**SHOTS, "with": {"prompt": "A fox", "n": 4}}
    words = "The output 'For each' cannot be worked out. The template '{{ 100 / inputs.count }}' cannot be worked out"
    studio = Studio()
    async with workshop(tmp_path, studio) as w:
        tool = await w.tool(shots, inputs=[count], outputs=outputs)
        known = await w.tools.spec(tool)
        quote = await w.runs.quote(known, {"count": 0})
        assert (quote.ready, quote.reason.startswith(words)) == (False, True)
        assert (await w.runs.quote(known, {})).quote.total == 4 * PRICE, "the least stands in for what is not filled in"
        with pytest.raises(InvalidRequest, match="'For each' cannot be worked out"):
            await w.runs.start(tool, {"count": 0})
        assert (await w.runs.recent(), studio.calls) == ([], [])
        run = await w.finished((await w.runs.start(tool, {"count": 5})).id)
        assert (run.state, run.outputs["each"], run.error) == ("succeeded", 20, "")


async def test_an_output_that_fails_at_the_end_is_empty_and_takes_nothing_along(tmp_path: Path) -> None:
    async def write(prompt: str, _system: str, _max_words: int) -> str:
        return "many foxes"

    idea = {"id": "idea", "type": "write_text", "with": {"prompt": "An idea"}}
    shots = {**SHOTS, "with": {"prompt": "{{ steps.idea.text }}", "n": 2}}
    outputs = [
        {"key": "size", "label": "Size", "value": "{{ 1 + steps.idea.text }}"},
        {"key": "images", "label": "Images", "value": "{{ steps.shots.images }}"},
    ]
    async with workshop(tmp_path, Studio(), write=write) as w:
        tool = await w.tool(idea, shots, outputs=outputs)
        assert (await w.runs.quote(await w.tools.spec(tool), {})).ready, "nobody knows the text before"
        run = await w.finished((await w.runs.start(tool, {})).id)
    assert (run.state, run.charged_microusd, len(run.outputs["images"])) == ("succeeded", 2 * PRICE, 2)
    assert run.outputs["size"] is None
    assert run.error.startswith("The output 'Size' is empty. The template '{{ 1 + steps.idea.text }}' cannot be")


async def test_a_mapping_is_told_before(tmp_path: Path) -> None:
    async with workshop(tmp_path, Studio()) as w:
        large = {**SHOTS, "with": {"prompt": "A fox", "size": "2048x2048"}}
        quote = await w.runs.quote(spec(large), {})
        assert quote.notes == ("Size 2048x2048 becomes 64x64, the nearest that Paint makes.",)


async def test_the_tools_limit_refuses_before_anything_is_spent(tmp_path: Path) -> None:
    studio = Studio()
    async with workshop(tmp_path, studio) as w:
        tool = await w.tool(SHOTS, inputs=[COUNT], limits={"max_microusd": 100_000})
        assert (await w.runs.quote(await w.tools.spec(tool), {"count": 2})).ready
        quote = await w.runs.quote(await w.tools.spec(tool), {"count": 3})
        assert (quote.ready, quote.reason.startswith("This run would cost $0.12; the tool's limit")) == (False, True)
        with pytest.raises(BudgetExceeded, match="Ask for less, or raise the limit"):
            await w.runs.start(tool, {"count": 3})
        assert (await w.runs.recent(), studio.calls) == ([], [])


async def test_a_mask_that_a_model_does_not_take_is_told_before_anything_is_spent(tmp_path: Path) -> None:
    flat = card("flat", abilities=card().abilities.model_copy(update={"mask": "no"}))
    studio = Studio()
    shots = {"id": "first", "type": "generate_image", "with": {"prompt": "A fox", "n": 3}}
    edit = {"id": "edit", "type": "edit_image"}
    made = {"prompt": "Glow", "images": "{{ steps.first.images }}", "mask": "{{ steps.first.image }}"}
    given = {
        "prompt": "Glow",
        "images": "{{ inputs.photo }}",
        "mask": "{{ inputs.hole }}",
        "markup": "{{ inputs.notes }}",
    }
    form = [
        {"key": key, "label": key.title(), "type": "image", "required": key == "photo"}
        for key in ("photo", "hole", "notes")
    ]
    words = "Flat takes no mask. Leave it out, or choose a model that does."
    async with workshop(tmp_path, studio, cards=(flat,)) as w:
        tool = await w.tool(shots, {**edit, "with": made}, model="flat")
        quote = await w.runs.quote(await w.tools.spec(tool), {})
        assert (quote.ready, quote.reason) == (False, words)
        with pytest.raises(InvalidValue, match="Flat takes no mask"):
            await w.runs.start(tool, {})
        assert studio.calls == []
        either = await w.tool({**edit, "with": given}, name="either", inputs=form)
        plan = await w.tools.plan_switch(either, "flat")
        assert [problem.partition(".")[0] for problem in plan.problems] == [
            "Step 'edit': Flat takes no markup",
            "Step 'edit': Flat takes no mask",
        ]


async def test_the_budget_refuses_a_run_that_does_not_fit_whole(tmp_path: Path) -> None:
    async with workshop(tmp_path, Studio()) as w:
        tool = await w.tool(SHOTS, inputs=[COUNT])
        await w.metering.set_budget(MicroUSD(100_000))
        with pytest.raises(BudgetExceeded, match=r"\$0.12, and \$0.10 of this month's budget"):
            await w.runs.start(tool, {"count": 3})
        assert (await w.finished((await w.runs.start(tool, {"count": 2})).id)).state == "succeeded"


async def test_a_model_that_is_gone_unknown_or_without_a_key(tmp_path: Path) -> None:
    dead = card("dead", shutdown=date(2026, 10, 23), successors=("paint",))
    far = card("far", engines=())
    async with workshop(tmp_path, Studio(), cards=(dead, far)) as w:
        for model, error, words in (
            ("dead", ModelNotFound, "shut down on 23 October 2026. Use paint"),
            ("paintt", ModelNotFound, "Did you mean paint"),
            ("far", EngineNotReady, "No engine here runs Far"),
        ):
            tool = await w.tool(SHOTS, inputs=[COUNT], name=model, model=model)
            quote = await w.runs.quote(await w.tools.spec(tool), {"count": 1})
            assert not quote.ready
            assert words in quote.reason
            with pytest.raises(error, match=words):
                await w.runs.start(tool, {"count": 1})


async def test_inputs_and_tools_that_cannot_be_used_are_refused(tmp_path: Path) -> None:
    async with workshop(tmp_path, Studio()) as w:
        tool = await w.tool(SHOTS, inputs=[COUNT])
        for given in ({}, {"count": 0}, {"count": "many"}, {"count": 1, "colour": "red"}):
            with pytest.raises(InvalidRequest):
                await w.runs.start(tool, given)
        await w.tools.archive(tool)
        with pytest.raises(Conflict, match="archived"):
            await w.runs.start(tool, {"count": 1})


@pytest.mark.parametrize("output", ["{{ steps.again.images[0] }}", "{{ 10 / (0 if steps.ok.approved else 5) }}"])
async def test_an_output_for_a_no_keeps_no_tool_from_its_start(tmp_path: Path, output: str) -> None:
    """The quote takes every answer for a yes; what a no would give is not known before."""
    steps = (
        {"id": "shots", "type": "generate_image", "with": {"prompt": "A fox"}},
        {"id": "ok", "type": "ask_approval", "with": {"question": "Fine?", "images": "{{ steps.shots.images }}"}},
        {"id": "again", "type": "generate_image", "when": "{{ not steps.ok.approved }}", "with": {"prompt": "A cat"}},
    )
    async with workshop(tmp_path, Studio()) as w:
        tool = await w.tool(*steps, outputs=[{"key": "o", "label": "O", "value": output}])
        run = await w.runs.start(tool, {})
        while not await w.runs.approvals(run.id):
            run = await w.runs.change(run.id, 5)
        await w.runs.answer(run.id, "ok", False)
        assert (await w.finished(run.id)).outputs["o"] is not None
