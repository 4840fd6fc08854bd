"""Signs of life in a stream: they come while there is work, and neither stop it nor hide how it ends."""

from __future__ import annotations

import asyncio

import pytest

from pochoir.openai_api.beats import BEAT, beats


async def test_a_comment_comes_until_the_work_is_done() -> None:
    work: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    seen = []
    async for beat in beats(work, 0.001):
        seen.append(beat)
        if len(seen) == 3:
            work.set_result("done")
    assert seen == [BEAT] * 3
    assert work.result() == "done"
    assert BEAT.startswith(b":"), "what begins with a colon is skipped by every reader of events"


async def test_work_that_is_done_needs_none() -> None:
    work: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    work.set_exception(ValueError("no"))
    assert [beat async for beat in beats(work, 0.001)] == []
    with pytest.raises(ValueError, match="no"):
        work.result()


async def test_a_reader_that_leaves_does_not_stop_the_work() -> None:
    work: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    async for _ in beats(work, 0.001):
        break
    assert not work.cancelled()
    work.set_result("done")
