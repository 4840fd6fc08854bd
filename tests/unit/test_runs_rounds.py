"""Repeats in a run: rounds side by side, a few images at a time, each resumed, failed, asked and cancelled by itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pochoir.domain.errors import EngineError, Refused
from pochoir.domain.images import ImageRequest, ImageResult, Size
from pochoir.engines.base import Credentials
from pochoir.features.images.artifact import Artifact
from pochoir.features.runs.service import in_order
from unit.runs_workshop import PRICE, Studio, Workshop, workshop

RESULT = {"key": "result", "label": "Result", "value": "{{ steps.last.value }}"}
HOURS = ["dawn", "morning", "noon", "dusk", "night"]


async def hours(w: Workshop, *steps: dict[str, Any], count: int = 5) -> str:
    inner = steps or ({"id": "shot", "type": "generate_image", "with": {"prompt": "A fox at {{ hour }}"}},)
    return await w.tool(
        {"id": "list", "type": "set_value", "with": {"value": HOURS[:count]}},
        {"id": "each", "type": "repeat", "over": "{{ steps.list.value }}", "as": "hour", "steps": list(inner)},
    )


async def test_rounds_go_on_side_by_side_three_images_at_a_time(tmp_path: Path) -> None:
    studio = Studio()
    studio.gate.clear()
    async with workshop(tmp_path, studio) as w:
        run = await w.runs.start(await hours(w), {})
        while len(studio.calls) < 3:
            await w.runs.change(run.id, 0.1)
        await w.runs.change(run.id, 0.3)
        assert (len(studio.calls), studio.most_at_once) == (3, 3)
        studio.gate.set()
        done = await w.finished(run.id)
        assert (done.state, done.images_done, studio.most_at_once) == ("succeeded", 5, 3)
        prompts = [
            (await w.images.library.artifact(item["artifact"])).provenance["prompt"] for item in done.outputs["result"]
        ]
        assert prompts == [f"A fox at {hour}" for hour in HOURS]
        paths = [step.path for step in await w.runs.steps(run.id)]
        assert paths == ["list", *[f"each[{number}].shot" for number in range(1, 6)]]


async def test_three_repeats_nest(tmp_path: Path) -> None:
    step: dict[str, Any] = {
        "id": "shot",
        "type": "generate_image",
        "with": {"prompt": "{{ v1 }}{{ v2 }}{{ v3 }}"},
    }
    for level in (3, 2, 1):
        step = {"id": f"each{level}", "type": "repeat", "over": "{{ ['a', 'b'] }}", "as": f"v{level}", "steps": [step]}
    async with workshop(tmp_path, Studio()) as w:
        run = await w.finished((await w.runs.start(await w.tool(step), {})).id)
        assert (run.state, run.images_done) == ("succeeded", 8)
        steps = await w.runs.steps(run.id)
        assert [found.path for found in steps] == [
            f"each1[{one}].each2[{two}].each3[{three}].shot" for one in (1, 2) for two in (1, 2) for three in (1, 2)
        ]


NUMBER = {"key": "p", "label": "P", "type": "number"}


@pytest.mark.parametrize("count", [1, 2])
async def test_numbers_stay_numbers_in_rounds(tmp_path: Path, count: int) -> None:
    half = {"id": "half", "type": "set_value", "with": {"value": "{{ inputs.p / 2 }}"}}
    large = {"id": "large", "type": "set_value", "with": {"value": "{{ inputs.p * 600000000000000 * 1000 }}"}}
    items = {"id": "items", "type": "set_value", "with": {"value": ["{{ inputs.p }}"] * count}}
    part = {"id": "part", "type": "set_value", "with": {"value": "{{ price / 4 }}"}}
    shot = {
        "id": "shot",
        "type": "generate_image",
        "with": {"prompt": "{{ price + 1 }}, {{ steps.half.value * 2 }}, {{ steps.part.value * 3 }}"},
    }
    each = {"id": "each", "type": "repeat", "over": "{{ steps.items.value }}", "as": "price", "steps": [part, shot]}
    last = {"id": "last", "type": "set_value", "with": {"value": "{{ steps.each['items'][0].part.value * 4 }}"}}
    studio = Studio()
    async with workshop(tmp_path, studio) as w:
        tool = await w.tool(half, large, items, each, last, inputs=[NUMBER], outputs=[RESULT])
        run = await w.finished((await w.runs.start(tool, {"p": "1.5"})).id)
    assert (run.state, run.error) == ("succeeded", "")
    assert [call.prompt for call in studio.calls] == ["2.5, 1.50, 1.125"] * count
    assert run.outputs == {"result": "1.500"}


async def test_rounds_that_were_cut_off_go_on_and_finished_ones_stay(tmp_path: Path) -> None:
    studio = Studio()
    async with workshop(tmp_path, studio) as w:
        tool = await hours(w)
        studio.trouble = [None, None]
        run = await w.runs.start(tool, {})
        while (await w.runs.get(run.id)).images_done < 1:
            await w.runs.change(run.id, 0.05)
        studio.gate.clear()
    first = len(studio.calls)
    again = Studio()
    async with workshop(tmp_path, again) as w:
        done = await w.finished(run.id)
        assert (done.state, done.images_done, done.charged_microusd) == ("succeeded", 5, 5 * PRICE)
        assert first + len(again.calls) == 5 + done.maybe_charged


async def test_a_round_that_fails_stops_what_is_not_begun_and_says_why(tmp_path: Path) -> None:
    studio = Studio()
    studio.trouble = [Refused("The provider refused this. Change the prompt.")]
    async with workshop(tmp_path, studio) as w:
        run = await w.finished((await w.runs.start(await hours(w), {})).id)
        assert (run.state, run.error) == ("failed", "The provider refused this. Change the prompt.")
        assert 1 <= len(studio.calls) < 5
        assert run.images_done == len(studio.calls) - 1
        states = {step.state for step in await w.runs.steps(run.id)}
        assert states <= {"succeeded", "failed", "cancelled"}
        assert "failed" in states


async def test_every_round_may_ask(tmp_path: Path) -> None:
    shot = {"id": "shot", "type": "generate_image", "with": {"prompt": "A fox at {{ hour }}"}}
    ask = {"id": "ok", "type": "ask_approval", "with": {"question": "{{ hour }}?", "images": "{{ steps.shot.images }}"}}
    more = {
        "id": "large",
        "type": "transform_image",
        "when": "{{ steps.ok.approved }}",
        "with": {"images": "{{ steps.shot.images }}", "operation": "resize", "width": 96},
    }
    async with workshop(tmp_path, Studio()) as w:
        run = await w.runs.start(await hours(w, shot, ask, more, count=2), {})
        while len(await w.runs.approvals(run.id)) < 2:
            await w.runs.change(run.id, 0.1)
        questions = {item.path: item.question for item in await w.runs.approvals(run.id)}
        assert questions == {"each[1].ok": "dawn?", "each[2].ok": "morning?"}
        await w.runs.answer(run.id, "each[2].ok", True)
        while {step.path: step.state for step in await w.runs.steps(run.id)}.get("each[2].large") != "succeeded":
            await w.runs.change(run.id, 0.1)
        assert (await w.runs.get(run.id)).state == "waiting"
        await w.runs.answer(run.id, "each[1].ok", False)
        done = await w.finished(run.id)
        assert (done.state, len(done.outputs["result"])) == ("succeeded", 3)


@pytest.mark.parametrize("resumed", [False, True])
async def test_a_no_that_stops_ends_the_run_whatever_other_rounds_ask(tmp_path: Path, resumed: bool) -> None:
    ask = {"id": "ok", "type": "ask_approval", "with": {"question": "{{ hour }}?", "after_no": "stop"}}
    async with workshop(tmp_path, Studio()) as w:
        run = await w.runs.start(await hours(w, ask, count=3), {})
        while len(await w.runs.approvals(run.id)) < 3:
            await w.runs.change(run.id, 0.1)
        if not resumed:
            await w.runs.answer(run.id, "each[2].ok", False)
            done = await w.finished(run.id)
    if resumed:
        async with workshop(tmp_path, Studio()) as w:
            await w.runs.answer(run.id, "each[2].ok", False)
            done = await w.finished(run.id)
    assert (done.state, done.error) == (
        "cancelled",
        "Somebody said no, so the run ended there. Run it again with changes.",
    )


async def test_a_failure_ends_the_run_whatever_other_rounds_ask(tmp_path: Path) -> None:
    studio = Studio()
    studio.trouble = [Refused("No foxes. Change the words.")]
    ask = {"id": "ok", "type": "ask_approval", "with": {"question": "{{ hour }}?"}}
    shot = {"id": "shot", "type": "generate_image", "with": {"prompt": "A fox at {{ hour }}"}}
    async with workshop(tmp_path, studio) as w:
        run = await w.runs.start(await hours(w, ask, shot, count=3), {})
        while len(await w.runs.approvals(run.id)) < 3:
            await w.runs.change(run.id, 0.1)
        await w.runs.answer(run.id, "each[3].ok", True)
        done = await w.finished(run.id)
        assert (done.state, done.error) == ("failed", "No foxes. Change the words.")


class OneBroken(Studio):
    """Fails for good at dawn, once another hour's image is being made."""

    async def generate(self, request: ImageRequest, credentials: Credentials) -> ImageResult:
        if "dawn" in request.prompt:
            await self.begun.wait()
            raise EngineError("The provider broke. Try again.", may_have_been_charged=True)
        return await super().generate(request, credentials)


async def test_a_repeat_that_fails_begins_nothing_more_after_a_restart(tmp_path: Path) -> None:
    studio = OneBroken()
    studio.gate.clear()
    one = {"id": "one", "type": "generate_image", "with": {"prompt": "A fox at {{ hour }}"}}
    many = {"id": "many", "type": "generate_image", "with": {"prompt": "Foxes at {{ hour }}", "n": 5}}
    async with workshop(tmp_path, studio) as w:
        run = await w.runs.start(await hours(w, one, many, count=2), {})
        while "failed" not in {step.state for step in await w.runs.steps(run.id)}:
            await w.runs.change(run.id, 0.1)
    again = Studio()
    async with workshop(tmp_path, again) as w:
        done = await w.finished(run.id)
    assert (done.state, done.error) == ("failed", "The provider broke. Try again.")
    assert not again.calls


async def test_no_text_is_written_in_a_repeat_that_fails(tmp_path: Path) -> None:
    asked: list[str] = []

    async def write(prompt: str, _system: str, _max_words: int) -> str:
        asked.append(prompt)
        return "A line."

    studio = OneBroken()
    studio.gate.clear()
    one = {"id": "one", "type": "generate_image", "with": {"prompt": "A fox at {{ hour }}"}}
    line = {"id": "line", "type": "write_text", "with": {"prompt": "A line for {{ hour }}"}}
    async with workshop(tmp_path, studio, write=write) as w:
        tool = await hours(w, one, line, {**one, "id": "two"}, count=2)
        run = await w.runs.start(tool, {})
        while "failed" not in {step.state for step in await w.runs.steps(run.id)}:
            await w.runs.change(run.id, 0.1)
        studio.gate.set()
        done = await w.finished(run.id)
        assert (done.state, done.images_done, asked) == ("failed", 1, [])


async def test_cancelling_ends_every_round(tmp_path: Path) -> None:
    studio = Studio()
    studio.gate.clear()
    async with workshop(tmp_path, studio) as w:
        run = await w.runs.start(await hours(w), {})
        while len(studio.calls) < 3:
            await w.runs.change(run.id, 0.1)
        assert (await w.runs.cancel(run.id)).state == "cancelled"
        studio.gate.set()
        while (late := await w.runs.get(run.id)).images_done < 3:
            await w.images.library.of_run(run.id)
        assert (late.state, len(studio.calls), late.charged_microusd) == ("cancelled", 3, 3 * PRICE)
        assert {step.state for step in await w.runs.steps(run.id)} == {"succeeded", "cancelled"}


def test_images_stand_in_the_order_of_the_list_whoever_was_done_first() -> None:
    def made(path: str, number: int) -> Artifact:
        when = f"2026-11-23T12:00:0{number}Z"
        return Artifact(f"img_{number}", "b", "image/png", Size(1, 1), 1, when, "generated", path=path)

    paths = ("each[2].make", "each[10].make", "each[1].make", "final", "each[1].make")
    came = [made(path, number) for number, path in enumerate(paths)]
    assert [image.id for image in in_order(came)] == ["img_2", "img_4", "img_0", "img_1", "img_3"]
