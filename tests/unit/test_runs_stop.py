"""A stop: what a run has sent to a provider is waited for and kept, nothing more is sent, and the next start goes on."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from pochoir.domain.errors import EngineRateLimited
from unit.runs_workshop import PRICE, Studio, workshop

SHOTS: dict[str, Any] = {"id": "shots", "type": "generate_image", "with": {"prompt": "A fox", "n": 5}}


async def test_what_is_sent_is_kept_and_nothing_more_is_sent(tmp_path: Path) -> None:
    studio, again = Studio(), Studio()
    studio.gate.clear()
    async with workshop(tmp_path, studio) as w:
        run = await w.runs.start(await w.tool(SHOTS), {})
        while len(studio.calls) < 3:
            await w.runs.change(run.id, 0.1)
        stopping = asyncio.create_task(w.runs.stop())
        await asyncio.sleep(0)
        assert not stopping.done()
        studio.gate.set()
        async with asyncio.timeout(20):
            await stopping
    async with workshop(tmp_path, again) as w:
        done = await w.finished(run.id)
    assert (len(studio.calls), len(again.calls)) == (3, 2)
    assert (done.state, done.images_done, done.charged_microusd) == ("succeeded", 5, 5 * PRICE)
    assert done.maybe_charged == 0


async def test_a_stop_is_not_held_up_by_rounds_that_ask_or_wait_for_their_turn(tmp_path: Path) -> None:
    studio, again = Studio(), Studio()
    begun, over = asyncio.Event(), asyncio.Event()

    async def turn(_seconds: float) -> None:
        begun.set()
        await over.wait()

    ask = {"id": "ok", "type": "ask_approval", "when": "{{ it == 'a' }}", "with": {"question": "Fine?"}}
    shot = {"id": "shot", "type": "generate_image", "with": {"prompt": "A fox"}}
    each = {"id": "each", "type": "repeat", "over": "a,b", "as": "it", "steps": [ask, shot]}
    studio.trouble = [EngineRateLimited("Slow down.", retry_after=7.5)]
    async with workshop(tmp_path, studio, turn=turn) as w:
        run = await w.runs.start(await w.tool(each), {})
        async with asyncio.timeout(20):
            await begun.wait()
            while not await w.runs.approvals(run.id):
                await w.runs.change(run.id, 0.1)
        async with asyncio.timeout(5):
            await w.runs.stop()
        over.set()
        for _ in range(50):  # time in which it would be sent
            await w.runs.get(run.id)
    assert len(studio.calls) == 1, "the one that was told to slow down"
    async with workshop(tmp_path, again) as w:
        await w.runs.answer(run.id, "each[1].ok", True)
        done = await w.finished(run.id)
    assert (done.state, done.images_done, done.maybe_charged) == ("succeeded", 2, 0)


async def test_a_text_is_waited_for_and_asked_for_once(tmp_path: Path) -> None:
    asked: list[str] = []
    begun, over = asyncio.Event(), asyncio.Event()

    async def write(prompt: str, _system: str, _max_words: int) -> str:
        asked.append(prompt)
        begun.set()
        await over.wait()
        return "A fox in the snow"

    idea = {"id": "idea", "type": "write_text", "with": {"prompt": "An idea"}}
    shot = {"id": "shot", "type": "generate_image", "with": {"prompt": "{{ steps.idea.text }}"}}
    async with workshop(tmp_path, Studio(), write=write) as w:
        run = await w.runs.start(await w.tool(idea, shot), {})
        async with asyncio.timeout(20):
            await begun.wait()
        stopping = asyncio.create_task(w.runs.stop())
        await asyncio.sleep(0)
        assert not stopping.done()
        over.set()
        async with asyncio.timeout(20):
            await stopping
    async with workshop(tmp_path, Studio(), write=write) as w:
        assert (await w.finished(run.id)).state == "succeeded"
    assert asked == ["An idea"]
