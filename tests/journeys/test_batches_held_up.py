"""What is wrong here for a moment, while lines are put together for a provider's batch, costs time and no money."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from journeys.gateway import Here
from journeys.test_batch import GENERATIONS, begin, finished
from journeys.there import OpenAIThere, bodies
from pochoir.features.batches import handing_on, worker
from upstream.moderation import KEY, Moderator

provider_batch = pytest.mark.parametrize("wanted", [None, True], ids=["where there is one", "only"])


@pytest.fixture
def there(here: Here) -> OpenAIThere:
    here.upstream.batches.open = True
    return OpenAIThere(here.upstream)


def busy(database: Path, *, begins: bool) -> None:
    """Let SQLite refuse every new attempt, in the words of a database that is busy, or no longer."""
    refuse = 'create trigger busy before insert on attempts begin insert into "database is locked" values (1); end'
    with closing(sqlite3.connect(database)) as connection:
        connection.execute(refuse if begins else "drop trigger busy")
        connection.commit()


@provider_batch
async def test_a_busy_database(
    here: Here, there: OpenAIThere, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wanted: bool | None
) -> None:
    monkeypatch.setattr(worker, "TICK_SECONDS", 0.05)
    busy(tmp_path / "test.sqlite", begins=True)
    async with here.client() as client:
        batch = await begin(client, GENERATIONS, bodies(there, 3), extra_body={"provider_batch": wanted})
        await asyncio.sleep(0.5)
        busy(tmp_path / "test.sqlite", begins=False)
        await all_at_half_price(here, there, (await finished(client, batch)).id)


@provider_batch
async def test_a_moderation_endpoint_that_is_away(here: Here, there: OpenAIThere, wanted: bool | None) -> None:
    async with Moderator().running() as moderator, here.client() as client:
        settings = {"model": "omni-moderation-latest", "base_url": moderator.base_url}
        await here.services.connections.save("moderation", "", settings, KEY)
        await here.services.moderation.choose("endpoint")
        moderator.fault = "500"
        batch = await begin(client, GENERATIONS, bodies(there, 3), extra_body={"provider_batch": wanted})
        await asyncio.sleep(0.5)
        moderator.fault = ""
        await all_at_half_price(here, there, (await finished(client, batch)).id)


@pytest.mark.parametrize("place", [0, 1, 3])
async def test_one_line_that_moderation_never_passes(
    here: Here, there: OpenAIThere, monkeypatch: pytest.MonkeyPatch, place: int
) -> None:
    monkeypatch.setattr(handing_on, "PAUSES", (0.01,))
    async with Moderator().running() as moderator, here.client() as client:
        settings = {"model": "omni-moderation-latest", "base_url": moderator.base_url}
        await here.services.connections.save("moderation", "", settings, KEY)
        await here.services.moderation.choose("endpoint")
        moderator.too_large = "POISON"
        good = list(bodies(there, 3).items())
        lines = dict([*good[:place], ("bad", {**good[0][1], "prompt": "POISON"}), *good[place:]])
        batch = await begin(client, GENERATIONS, lines)
        ended = await finished(client, batch)
    assert ended.request_counts is not None
    assert (ended.status, ended.request_counts.completed, ended.request_counts.failed) == ("completed", 3, 1)
    assert await here.spent() == there.at_batch_price()
    async with here.services.db.reading() as conn:
        assert (await conn.exec_driver_sql("select count(*) from attempts")).scalar_one() == 3


async def all_at_half_price(here: Here, there: OpenAIThere, batch_id: str) -> None:
    batch = await here.services.batches.batch(batch_id)
    assert (batch.state, batch.completed, batch.failed, batch.handed) == ("completed", 3, 0, 3)
    assert batch.charged_microusd == await here.spent() == there.at_batch_price()
    assert len(there.own.batches) == 1
