"""A provider's batch is seen through although its model was shut down meanwhile: watched, fetched, charged, cancelled."""

from __future__ import annotations

import asyncio
import itertools

import pytest

from conftest import NOON
from journeys.gateway import Here
from journeys.test_batch import GENERATIONS, begin, finished, results
from journeys.there import OpenAIThere, bodies
from pochoir.infra.clock import Clock

MODEL = "gpt-image-1-mini"
EVE, AFTER = 7 * 24, 7 * 24 + 13
"""Hours after noon of 2026-11-23: the model is shut down on 2026-12-01."""
HOUR = 3_600_000_000_000


@pytest.fixture
def ahead() -> list[int]:
    """What the clock is ahead, in hours."""
    return [EVE]


@pytest.fixture
def clock(ahead: list[int]) -> Clock:
    ticks, counts = itertools.count(NOON, 1_000_000), itertools.count(1)
    return Clock(now_ns=lambda: next(ticks) + ahead[0] * HOUR, entropy=lambda size: next(counts).to_bytes(size, "big"))


@pytest.fixture
def there(here: Here) -> OpenAIThere:
    here.upstream.batches.open = True
    return OpenAIThere(here.upstream)


async def test_answers_that_are_ready_after_the_shutdown_are_fetched_and_charged(
    here: Here, there: OpenAIThere, ahead: list[int]
) -> None:
    there.own.looks = 3
    async with here.client() as client:
        batch = await begin(client, GENERATIONS, bodies(there, 2, model=MODEL))
        async with asyncio.timeout(20):
            await there.own.after("submitted")
        ahead[0] = AFTER
        batch = await finished(client, batch)
        rows = await results(client, batch.output_file_id)
    assert {name: row["response"]["status_code"] for name, row in rows.items()} == {"fox-0": 200, "fox-1": 200}
    assert set(there.own.billed.values()) == {1}
    entries = await here.services.metering.entries()
    assert [entry.model for entry in entries] == [MODEL] * 2
    assert sum(entry.amount for entry in entries) > 0
    assert await here.services.images.deferred.held() == []


async def test_it_is_cancelled_after_the_shutdown_too(here: Here, there: OpenAIThere, ahead: list[int]) -> None:
    there.own.looks = 1_000_000
    async with here.client() as client:
        batch = await begin(client, GENERATIONS, bodies(there, 2, model=MODEL))
        async with asyncio.timeout(20):
            await there.own.after("submitted")
        ahead[0] = AFTER
        await client.batches.cancel(batch.id)
        batch = await finished(client, batch)
    assert batch.status == "cancelled"
    assert [item["status"] for item in there.own.batches.values()] == ["cancelled"]
    assert len(await here.services.metering.entries()) == len(there.own.billed) == 1
