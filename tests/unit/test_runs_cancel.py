"""A run that is cancelled, or of which something failed, begins nothing more: whatever a call of it waits for."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from pochoir.domain.errors import EngineRateLimited, Refused
from unit.runs_workshop import PRICE, Studio, workshop

SHOT: dict[str, Any] = {"id": "shot", "type": "generate_image", "with": {"prompt": "A fox"}}


class Waiting:
    """A wait that lasts until the test lets go."""

    def __init__(self) -> None:
        self.begun, self.over = asyncio.Event(), asyncio.Event()

    async def __call__(self, _seconds: float) -> None:
        self.begun.set()
        await self.over.wait()


@pytest.mark.parametrize("waits", ["between two tries", "for its turn at the provider"])
async def test_what_waits_when_the_run_is_cancelled_is_not_sent(tmp_path: Path, waits: str) -> None:
    studio, waiting = Studio(), Waiting()
    studio.trouble = [EngineRateLimited("Slow down.", retry_after=7.5)]
    how: dict[str, Any] = {"wait": waiting} if waits == "between two tries" else {"turn": waiting}
    async with workshop(tmp_path, studio, **how) as w:
        run = await w.runs.start(await w.tool(SHOT), {})
        async with asyncio.timeout(20):
            await waiting.begun.wait()
        cancelled = await w.runs.cancel(run.id)
        assert (cancelled.state, cancelled.charged_microusd, len(studio.calls)) == ("cancelled", 0, 1)
        waiting.over.set()
        other = await w.finished((await w.runs.start("poster", {})).id)
        late = await w.runs.get(run.id)
    assert (late.state, late.charged_microusd, late.images_done) == ("cancelled", 0, 0)
    assert (other.state, other.charged_microusd, len(studio.calls)) == ("succeeded", PRICE, 2)


async def test_what_waits_when_another_image_of_the_run_fails_is_not_sent(tmp_path: Path) -> None:
    studio, waiting = Studio(), Waiting()
    studio.trouble = [EngineRateLimited("Slow down.", retry_after=0.0), Refused("No foxes. Change the words.")]
    async with workshop(tmp_path, studio, wait=waiting) as w:
        run = await w.runs.start(await w.tool({**SHOT, "with": {"prompt": "A fox", "n": 2}}), {})
        async with asyncio.timeout(20):
            await waiting.begun.wait()
            while "failed" not in {item.state for item in (await w.images.attempts(run.id))[1:]}:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        waiting.over.set()
        done = await w.finished(run.id)
    assert (done.state, done.error, done.charged_microusd, len(studio.calls)) == (
        "failed",
        "No foxes. Change the words.",
        0,
        2,
    )


async def test_a_text_is_not_asked_for_again_once_the_run_is_cancelled(tmp_path: Path) -> None:
    asked: list[str] = []
    waiting = Waiting()

    async def write(prompt: str, _system: str, _max_words: int) -> str:
        asked.append(prompt)
        raise EngineRateLimited("Slow down.")

    idea = {"id": "idea", "type": "write_text", "with": {"prompt": "An idea"}}
    shot = {**SHOT, "with": {"prompt": "{{ steps.idea.text }}"}}
    async with workshop(tmp_path, Studio(), write=write, wait=waiting) as w:
        run = await w.runs.start(await w.tool(idea, shot), {})
        async with asyncio.timeout(20):
            await waiting.begun.wait()
        await w.runs.cancel(run.id)
        waiting.over.set()
        await asyncio.sleep(0.5)
        assert (await w.runs.get(run.id)).state == "cancelled"
    assert asked == ["An idea"]


async def test_a_stop_waits_for_what_is_with_the_engine_and_counts_what_does_not_come(tmp_path: Path) -> None:
    studio = Studio()
    async with workshop(tmp_path, studio) as w:
        poster = await w.tool({**SHOT, "with": {"prompt": "A fox", "n": 2}})
        studio.gate.clear()
        run = await w.runs.start(poster, {})
        async with asyncio.timeout(20):
            await studio.begun.wait()
            stopping = asyncio.create_task(w.runs.cancel_and_wait(run.id, 60))
            while (await w.runs.get(run.id)).state != "cancelled":  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            assert not stopping.done()
            studio.gate.set()
            stopped = await stopping
        made = len(studio.calls)
        assert (stopped.charged_microusd, stopped.maybe_charged, stopped.images_done) == (made * PRICE, 0, made)

        studio.gate.clear()
        studio.begun.clear()
        run = await w.runs.start(poster, {})
        async with asyncio.timeout(20):
            await studio.begun.wait()
        stopped = await w.runs.cancel_and_wait(run.id, 0.0)
        assert (stopped.state, stopped.charged_microusd, stopped.images_done) == ("cancelled", 0, 0)
        assert stopped.maybe_charged == len(studio.calls) - made > 0
