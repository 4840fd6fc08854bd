"""Runs from start to end: images, money, order, conditions, repeats, failures, approvals, cancelling."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pochoir.domain.errors import (
    Conflict,
    EngineError,
    EngineRateLimited,
    EngineTimeout,
    InvalidRequest,
    InvalidValue,
    NotFound,
    Refused,
    StorageFull,
    Unavailable,
)
from unit.runs_workshop import PRICE, Studio, card, clear_png, png, workshop

SHOTS: dict[str, Any] = {"id": "shots", "type": "generate_image", "with": {"prompt": "A fox", "n": 3}}


async def test_a_run_makes_its_images_charges_each_and_says_what_it_did(tmp_path: Path) -> None:
    async with workshop(tmp_path, Studio()) as w:
        tool = await w.tool(
            {**SHOTS, "with": {"prompt": "A {{ inputs.animal }}", "n": "{{ inputs.count }}"}},
            inputs=[{"key": "animal", "label": "Animal"}, {"key": "count", "label": "Count", "type": "number"}],
        )
        started = await w.runs.start(tool, {"animal": "fox", "count": 3})
        assert (started.state, started.images_expected, started.quoted_microusd) == ("queued", 3, 3 * PRICE)
        run = await w.finished(started.id)
        assert (run.state, run.error, run.images_done) == ("succeeded", "", 3)
        assert (run.charged_microusd, run.maybe_charged, run.quote_exact) == (3 * PRICE, 0, True)
        images = await w.runs.images(run.id)
        assert [item["artifact"] for item in run.outputs["result"]] == [image.id for image in sorted_by_key(images)]
        [step] = await w.runs.steps(run.id)
        assert (step.path, step.type, step.title, step.state) == ("shots", "generate_image", "Shots", "succeeded")
        assert step.outputs["images"] == run.outputs["result"]
        entries = await w.metering.entries(run=run.id)
        assert [entry.amount for entry in entries] == [PRICE] * 3
        assert {call.prompt for call in w.studio.calls} == {"A fox"}
        assert len({call.seed for call in w.studio.calls}) == 3
        assert w.studio.most_at_once <= 3
        assert [known.id for known in await w.runs.recent(tool)] == [run.id]


def sorted_by_key(images: list[Any]) -> list[Any]:
    """In the order of the step's list: by seed, which rises with the image's place."""
    return sorted(images, key=lambda image: image.provenance["seed"])


async def test_a_seed_that_is_given_counts_up(tmp_path: Path) -> None:
    async with workshop(tmp_path, Studio()) as w:
        tool = await w.tool({**SHOTS, "with": {"prompt": "A fox", "n": 2, "seed": 7}})
        await w.finished((await w.runs.start(tool, {})).id)
        assert sorted(call.seed or 0 for call in w.studio.calls) == [7, 8]


async def test_a_run_that_is_cut_off_keeps_what_it_has_and_shows_what_may_be_charged(tmp_path: Path) -> None:
    studio = Studio()
    async with workshop(tmp_path, studio) as w:
        tool = await w.tool({**SHOTS, "id": "first", "with": {"prompt": "A fox"}}, SHOTS)
        studio.gate.clear()
        run = await w.runs.start(tool, {})
        await studio.begun.wait()
        studio.begun.clear()
        studio.gate.set()
        studio.gate.clear()
        while len(studio.calls) < 4:
            await w.runs.change(run.id, 0.1)
        kept = await w.runs.images(run.id)
        assert len(kept) == 1
    again = Studio()
    async with workshop(tmp_path, again) as w:
        done = await w.finished(run.id)
        assert (done.state, done.images_done) == ("succeeded", 4)
        assert (done.charged_microusd, done.maybe_charged) == (4 * PRICE, 3)
        assert len(again.calls) == 3
        assert kept[0].id in {image.id for image in await w.runs.images(run.id)}
        states = [attempt.state for attempt in await w.images.attempts(run.id)]
        assert sorted(states) == ["stored"] * 4 + ["unknown"] * 3


async def test_what_may_have_been_charged_is_not_sent_again_beyond_the_tools_limit(tmp_path: Path) -> None:
    studio = Studio()
    studio.gate.clear()
    async with workshop(tmp_path, studio) as w:
        tool = await w.tool({**SHOTS, "with": {"prompt": "A fox"}}, limits={"repeat_after_crash": 0})
        run = await w.runs.start(tool, {})
        await studio.begun.wait()
    again = Studio()
    async with workshop(tmp_path, again) as w:
        done = await w.finished(run.id)
        assert (done.state, done.maybe_charged, again.calls) == ("failed", 1, [])
        assert "may have been charged" in done.error


async def test_conditions_and_repeats(tmp_path: Path) -> None:
    async with workshop(tmp_path, Studio()) as w:
        tool = await w.tool(
            {"id": "seasons", "type": "set_value", "with": {"value": ["spring", "winter"]}},
            {"id": "extra", "type": "generate_image", "when": "{{ inputs.more }}", "with": {"prompt": "more"}},
            {
                "id": "each",
                "type": "repeat",
                "over": "{{ steps.seasons.value }}",
                "as": "season",
                "steps": [
                    {"id": "shot", "type": "generate_image", "with": {"prompt": "A fox in {{ season }}"}},
                    {
                        "id": "small",
                        "type": "transform_image",
                        "with": {"images": "{{ steps.shot.images }}", "operation": "resize", "width": 32},
                    },
                ],
            },
            inputs=[{"key": "more", "label": "More", "type": "boolean", "default": False}],
        )
        run = await w.finished((await w.runs.start(tool, {})).id)
        assert (run.state, run.error) == ("succeeded", "")
        steps = {step.path: step.state for step in await w.runs.steps(run.id)}
        assert steps == {
            "seasons": "succeeded",
            "extra": "skipped",
            "each[1].shot": "succeeded",
            "each[1].small": "succeeded",
            "each[2].shot": "succeeded",
            "each[2].small": "succeeded",
        }
        assert sorted(call.prompt for call in w.studio.calls) == ["A fox in spring", "A fox in winter"]
        assert (len(run.outputs["result"]), run.images_done, run.images_expected) == (4, 2, 2)


async def test_one_image_that_is_refused_ends_the_run_in_words_and_keeps_the_rest(tmp_path: Path) -> None:
    studio = Studio()
    studio.trouble = [None, Refused("The provider refused this. Change the prompt.")]
    async with workshop(tmp_path, studio) as w:
        tool = await w.tool({**SHOTS, "with": {"prompt": "A fox", "n": 8}}, {**SHOTS, "id": "later"})
        run = await w.finished((await w.runs.start(tool, {})).id)
        assert (run.state, run.error) == ("failed", "The provider refused this. Change the prompt.")
        [step] = await w.runs.steps(run.id)
        assert (step.state, step.error) == ("failed", run.error)
        assert 1 <= run.images_done < 7
        assert run.charged_microusd == run.images_done * PRICE
        assert len(studio.calls) == run.images_done + 1


async def test_later_is_waited_for_when_nothing_was_charged(tmp_path: Path) -> None:
    studio = Studio()
    studio.trouble = [EngineRateLimited("Slow down.", retry_after=7.5), EngineRateLimited("Slow down.")]
    async with workshop(tmp_path, studio) as w:
        tool = await w.tool({**SHOTS, "with": {"prompt": "A fox"}})
        run = await w.finished((await w.runs.start(tool, {})).id)
        assert (run.state, run.charged_microusd, w.pauses) == ("succeeded", PRICE, [7.5, 2.0])


@pytest.mark.parametrize(
    ("error", "calls"),
    [
        (EngineRateLimited("Slow down. Try later."), 4),
        (EngineRateLimited("Slow down. Try later.", may_have_been_charged=True), 1),
        (EngineTimeout("Too slow. Try later.", may_have_been_charged=True), 1),
        (EngineError("Broken. Try later."), 1),
    ],
)
async def test_patience_ends(tmp_path: Path, error: EngineError, calls: int) -> None:
    studio = Studio()
    studio.trouble = [error] * 9
    async with workshop(tmp_path, studio) as w:
        tool = await w.tool({**SHOTS, "with": {"prompt": "A fox"}})
        run = await w.finished((await w.runs.start(tool, {})).id)
        assert (run.state, run.error, len(studio.calls)) == ("failed", error.message, calls)
        assert run.maybe_charged == int(error.may_have_been_charged)


APPROVAL = (
    SHOTS,
    {"id": "ok", "type": "ask_approval", "with": {"question": "Fine?", "images": "{{ steps.shots.images }}"}},
    {
        "id": "large",
        "type": "transform_image",
        "when": "{{ steps.ok.approved }}",
        "with": {"images": "{{ steps.shots.images }}", "operation": "resize", "width": 128},
    },
)


async def waiting(w: Any, run_id: str) -> Any:
    while (run := await w.runs.change(run_id, 5)).state != "waiting":
        assert run.state in {"queued", "running"}, run.error
    return run


@pytest.mark.parametrize("approved", [True, False])
async def test_an_approval_waits_over_a_restart(tmp_path: Path, approved: bool) -> None:
    async with workshop(tmp_path, Studio()) as w:
        run = await w.runs.start(await w.tool(*APPROVAL), {})
        await waiting(w, run.id)
        [question] = await w.runs.approvals(run.id)
        assert (question.path, question.question, question.approved, len(question.images)) == ("ok", "Fine?", None, 3)
    async with workshop(tmp_path, Studio()) as w:
        await w.runs.answer(run.id, "ok", approved)
        done = await w.finished(run.id)
        assert (done.state, len(done.outputs["result"])) == ("succeeded", 3 if approved else 0)
        assert w.studio.calls == []
        with pytest.raises(Conflict, match="answered already"):
            await w.runs.answer(run.id, "ok", True)
        with pytest.raises(NotFound, match="no such question"):
            await w.runs.answer(run.id, "nowhere", True)


async def test_an_answer_that_came_just_before_the_end_of_the_process_is_heard(tmp_path: Path) -> None:
    async with workshop(tmp_path, Studio()) as w:
        run = await w.runs.start(await w.tool(*APPROVAL), {})
        await waiting(w, run.id)
        await w.runs.answer(run.id, "ok", True)
    async with workshop(tmp_path, Studio()) as w:
        assert (await w.finished(run.id)).state == "succeeded"


async def test_cancelling_a_run_that_waits(tmp_path: Path) -> None:
    async with workshop(tmp_path, Studio()) as w:
        run = await w.runs.start(await w.tool(*APPROVAL), {})
        await waiting(w, run.id)
        cancelled = await w.runs.cancel(run.id)
        assert (cancelled.state, cancelled.images_done, cancelled.charged_microusd) == ("cancelled", 3, 3 * PRICE)
        assert [step.state for step in await w.runs.steps(run.id)] == ["succeeded", "cancelled"]
        with pytest.raises(Conflict, match="over already"):
            await w.runs.cancel(run.id)
        with pytest.raises(Conflict, match="or the run is over"):
            await w.runs.answer(run.id, "ok", True)
    async with workshop(tmp_path, Studio()) as w:
        assert (await w.runs.get(run.id)).state == "cancelled"


async def test_cancelling_between_calls_finishes_the_one_in_flight(tmp_path: Path) -> None:
    studio = Studio()
    studio.gate.clear()
    async with workshop(tmp_path, studio) as w:
        run = await w.runs.start(await w.tool({**SHOTS, "with": {"prompt": "A fox", "n": 9}}), {})
        while len(studio.calls) < 3:
            await studio.begun.wait()
            studio.begun.clear()
        await w.runs.cancel(run.id)
        studio.gate.set()
        while (late := await w.runs.get(run.id)).images_done < 3:
            await w.images.library.of_run(run.id)
        assert (late.state, late.charged_microusd, len(studio.calls)) == ("cancelled", 3 * PRICE, 3)


async def test_images_that_were_put_in_are_edited(tmp_path: Path) -> None:
    async with workshop(tmp_path, Studio()) as w:
        shoe = await w.images.library.upload(png(80, 48))
        tool = await w.tool(
            {
                "id": "scene",
                "type": "edit_image",
                "with": {"prompt": "On snow", "images": "{{ inputs.photo }}", "n": 2},
            },
            inputs=[{"key": "photo", "label": "Photo", "type": "image"}],
        )
        run = await w.finished((await w.runs.start(tool, {"photo": {"artifact": shoe.id}})).id)
        assert (run.state, run.error) == ("succeeded", "")
        assert [len(call.references) for call in w.studio.calls] == [1, 1]
        assert w.studio.calls[0].references[0].size.width == 80
        assert (await w.runs.images(run.id))[0].provenance["references"] == [shoe.id]
        with pytest.raises(NotFound, match="no image 'img_gone'"):
            await w.runs.start(tool, {"photo": {"artifact": "img_gone"}})


async def test_notes_drawn_on_an_image_go_along(tmp_path: Path) -> None:
    abilities = card().abilities.model_copy(update={"markup": True})
    steps = (
        {
            "id": "scene",
            "type": "edit_image",
            "with": {"prompt": "As noted", "images": "{{ inputs.photo }}", "markup": "{{ inputs.notes }}"},
        },
    )
    form = {
        "inputs": [
            {"key": "photo", "label": "Photo", "type": "image"},
            {"key": "notes", "label": "Notes", "type": "image", "required": False},
        ]
    }
    async with workshop(tmp_path, Studio(), cards=(card("marker", abilities=abilities),)) as w:
        photo, notes = [await w.images.library.upload(data) for data in (png(80, 48), clear_png(80, 48))]
        given = {"photo": {"artifact": photo.id}, "notes": {"artifact": notes.id}}
        marked = await w.tool(*steps, name="marked", model="marker", **form)
        run = await w.finished((await w.runs.start(marked, given)).id)
        assert (run.state, run.error) == ("succeeded", "")
        assert w.studio.calls[0].markup == await w.images.library.as_input(notes.id)
        assert (await w.runs.images(run.id))[0].provenance["markup"] == notes.blob
        plain = await w.tool(*steps, name="plain", **form)
        plan = await w.tools.plan_switch("marked", "paint")
        assert plan.problems == (
            "Step 'scene': Paint takes no markup. Draw the notes into the image itself, or choose a model that does.",
        )
        with pytest.raises(InvalidValue, match="takes no markup"):
            await w.runs.start(plain, given)
        run = await w.finished((await w.runs.start(plain, {"photo": given["photo"]})).id)
        assert (run.state, w.studio.calls[1].markup) == ("succeeded", None)


async def test_a_text_is_written_once_and_used(tmp_path: Path) -> None:
    asked: list[tuple[str, str, int]] = []

    async def write(prompt: str, system: str, max_words: int) -> str:
        asked.append((prompt, system, max_words))
        return "a fox in a scarf"

    steps = (
        {"id": "idea", "type": "write_text", "with": {"prompt": "An idea", "system": "Short", "max_words": "9"}},
        {"id": "shots", "type": "generate_image", "with": {"prompt": "{{ steps.idea.text }}"}},
    )
    async with workshop(tmp_path, Studio(), write=write) as w:
        run = await w.finished((await w.runs.start(await w.tool(*steps), {})).id)
        assert (run.state, asked) == ("succeeded", [("An idea", "Short", 9)])
        assert [call.prompt for call in w.studio.calls] == ["a fox in a scarf"]
        assert not run.quote_exact
    async with workshop(tmp_path, Studio()) as w:
        run = await w.finished((await w.runs.start("poster", {})).id)
        assert (run.state, run.images_done) == ("failed", 0)
        assert run.error.startswith("No language model is connected. Connect one")


async def test_a_run_that_was_written_down_but_never_begun_is_begun_at_the_next_start(tmp_path: Path) -> None:
    async with workshop(tmp_path, Studio()) as w:
        done = await w.finished((await w.runs.start(await w.tool(SHOTS), {})).id)
        async with w.db.transaction() as conn:
            await conn.exec_driver_sql(
                "insert into runs select 'run_lost', tool, version, model, 'queued', inputs, '{}', quoted_microusd,"
                " quote_exact, 0, 0, 0, images_expected, created, null, null, '', null from runs where id = ?",
                (done.id,),
            )
    async with workshop(tmp_path, Studio()) as w:
        assert (await w.finished("run_lost")).state == "succeeded"
        assert len(w.studio.calls) == 3


def break_at(database: Path, event: str, *, broken: bool = True) -> None:
    """Let SQLite refuse what is written there, in the words of a full disk."""
    with closing(sqlite3.connect(database)) as connection:
        if broken:
            full = 'insert into "database or disk is full" values (1)'
            connection.execute(f"create trigger broken before {event} begin {full}; end")
        else:
            connection.execute("drop trigger broken")
        connection.commit()


async def test_a_run_that_could_not_be_begun_is_over_and_not_begun_later(tmp_path: Path) -> None:
    """Its caller was told so, and may have started another since."""
    journal = tmp_path / "durable.sqlite"
    async with workshop(tmp_path, Studio()) as w:
        tool = await w.tool(SHOTS)
        break_at(journal, "insert on workflow_status")
        with pytest.raises(StorageFull, match=r"journal of runs cannot be written: .*disk is full\. Make room"):
            await w.runs.start(tool, {})
        [run] = await w.runs.recent()
        assert (run.state, run.charged_microusd) == ("failed", 0)
        assert "Make room" in run.error
        break_at(journal, "insert on workflow_status", broken=False)
    async with workshop(tmp_path, Studio()) as w:
        again = await w.finished((await w.runs.start(tool, {})).id)
        assert (again.state, len(w.studio.calls)) == ("succeeded", 3)
        assert (await w.runs.get(run.id)).state == "failed"


async def test_a_run_that_could_be_neither_begun_nor_ended_is_named(tmp_path: Path) -> None:
    async with workshop(tmp_path, Studio()) as w:
        tool = await w.tool(SHOTS)
        break_at(tmp_path / "durable.sqlite", "insert on workflow_status")
        break_at(tmp_path / "pochoir.sqlite", "update on runs")
        with pytest.raises(Unavailable, match=r"The run run_\w+ is still queued, .* Cancel it before"):
            await w.runs.start(tool, {})


async def test_a_template_that_cannot_be_used_fails_its_step_in_words(tmp_path: Path) -> None:
    async with workshop(tmp_path, Studio()) as w:
        tool = await w.tool(
            {"id": "count", "type": "set_value", "with": {"value": "many"}},
            {**SHOTS, "with": {"prompt": "A fox", "n": "{{ steps.count.value }}"}},
        )
        with pytest.raises(InvalidRequest, match="'many' is not a whole number"):
            await w.runs.start(tool, {})


async def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    async with workshop(tmp_path, Studio()) as w:
        with pytest.raises(NotFound, match="no run 'run_x'"):
            await w.runs.get("run_x")
        with pytest.raises(NotFound):
            await w.runs.start("nothing", {})
