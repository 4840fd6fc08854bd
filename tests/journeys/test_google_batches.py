"""What only Google's own batches do: a line an image, errors line by line, nothing left of what is cancelled or late."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from typing import Any

import pytest

from conftest import NOON
from journeys.gateway import Here
from journeys.test_batch import GENERATIONS, begin, finished
from journeys.test_provider_batches import cancelled, only, work
from journeys.there import GoogleThere, bodies, google_connected
from pochoir.domain.catalog import Card
from pochoir.infra.clock import Clock

HOUR = 3_600_000_000_000


@pytest.fixture
def late() -> list[int]:
    """What the clock is ahead, in nanoseconds."""
    return [0]


@pytest.fixture
def clock(late: list[int]) -> Clock:
    ticks, counts = itertools.count(NOON, 1_000_000), itertools.count(1)
    return Clock(now_ns=lambda: next(ticks) + late[0], entropy=lambda size: next(counts).to_bytes(size, "big"))


@pytest.fixture
async def there(here: Here) -> AsyncIterator[GoogleThere]:
    async with google_connected(here) as provider:
        yield provider


def codes(rows: dict[str, Any]) -> dict[str, str | None]:
    return {name: (row["error"] or row["response"]["body"].get("error", {})).get("code") for name, row in rows.items()}


async def test_several_images_are_several_lines_and_one_answer(here: Here, there: GoogleThere) -> None:
    asked = bodies(there, 2, n=3)
    batch, rows = await work(here, GENERATIONS, asked, **only())
    assert (batch.status, there.own.billed) == ("completed", {"Fox number 0": 3, "Fox number 1": 3})
    assert [len(row["response"]["body"]["data"]) for row in rows.values()] == [3, 3]
    assert len({image["b64_json"] for row in rows.values() for image in row["response"]["body"]["data"]}) == 6
    entries = await here.services.metering.entries()
    assert [entry.images for entry in entries] == [3, 3]
    assert await here.spent() == pytest.approx(there.at_batch_price(), abs=6)


async def test_a_line_that_fails_says_why_and_the_others_come(here: Here, there: GoogleThere) -> None:
    there.own.broken = {"Fox number 1": 13, "Fox number 2": 8, "Fox number 3": 503}
    batch, rows = await work(here, GENERATIONS, bodies(there, 5))
    assert batch.status == "completed"
    assert rows["fox-0"]["response"]["status_code"] == rows["fox-4"]["response"]["status_code"] == 200
    assert [rows[f"fox-{number}"]["response"]["status_code"] for number in (2, 3)] == [429, 429]
    assert "The model is overloaded" in rows["fox-1"]["response"]["body"]["error"]["message"]
    assert codes(rows)["fox-1"] == "engine_error"
    assert await here.spent() == there.at_batch_price()
    assert await here.services.images.deferred.held() == []


async def test_late_batches_leave_nothing(here: Here, there: GoogleThere) -> None:
    there.own.expires = True
    batch, rows = await work(here, GENERATIONS, bodies(there))
    assert (batch.status, set(codes(rows).values()), await here.spent()) == ("expired", {"batch_expired"}, 0)


@pytest.mark.parametrize(("answered", "code"), [(0, "batch_cancelled"), (2, "may_have_been_charged")])
async def test_cancelled_google_tells_only_how_many_it_answered(
    here: Here, there: GoogleThere, answered: int, code: str
) -> None:
    """No file says which, so all may have been charged, or none."""
    there.own.before_cancelled = answered
    _, rows = await cancelled(here, there)
    assert (set(codes(rows).values()), await here.spent()) == ({code}, 0)
    assert await here.services.images.deferred.held() == []


@pytest.mark.parametrize("given_up", [False, True])
async def test_late_it_is_waited_for_as_cancelling_would_lose_answers(
    here: Here, there: GoogleThere, late: list[int], given_up: bool
) -> None:
    there.own.looks = 1_000_000
    async with here.client() as client:
        batch = await begin(client, GENERATIONS, bodies(there))
        async with asyncio.timeout(20):
            await there.own.after("submitted")
            late[0] = 25 * HOUR
            for _ in range(3):
                await there.own.after("look")
        assert [batch["metadata"]["state"] for batch in there.own.batches.values()] == ["BATCH_STATE_RUNNING"]
        if given_up:
            await client.batches.cancel(batch.id)
        else:
            there.own.looks = 0
        batch = await finished(client, batch)
    assert (batch.status, len(there.own.billed)) == (("cancelled", 0) if given_up else ("completed", 4))
    assert await here.spent() == there.at_batch_price()


async def test_found_again_on_any_page_of_the_list(here: Here, there: GoogleThere) -> None:
    """It stands, the answer is lost, and others begin batches before it is looked for."""
    own = there.own
    own.faults.append("submit lost")
    own.seconds = 0.2
    async with here.client() as client:
        batch = await begin(client, GENERATIONS, bodies(there))
        async with asyncio.timeout(20):
            await own.after("submitted")
        for number in range(5):
            other = f"batches/other{number}"
            own.batches[other] = {"name": other, "metadata": {"displayName": "another's", "inputConfig": {}}}
        batch = await finished(client, batch)
    assert (batch.status, own.pages, len(own.batches)) == ("completed", 3, 6)
    assert set(own.billed.values()) == {1}


async def test_a_full_queue_is_waited_for(here: Here, there: GoogleThere) -> None:
    there.own.faults.append("submit 429")
    batch, rows = await work(here, GENERATIONS, bodies(there))
    assert (batch.status, len(rows), len(there.own.batches)) == ("completed", 4, 1)
    assert set(codes(rows).values()) == {None}


async def test_a_model_without_a_batch_price_goes_the_usual_way(
    here: Here, there: GoogleThere, monkeypatch: pytest.MonkeyPatch
) -> None:
    card: Card = await here.services.catalog.card(there.model)
    price = card.price_on(here.services.clock.today())
    assert price is not None
    plain = {"id": "gemini-plain", "aliases": (), "prices": (price.model_copy(update={"batch": None}),)}

    async def extra() -> list[Card]:
        return [card.model_copy(update=plain)]

    monkeypatch.setattr(here.services.catalog, "_extra", extra)
    monkeypatch.setattr("upstream.google.MODELS", ("gemini-plain",))
    batch, rows = await work(here, GENERATIONS, bodies(there, 2, model="gemini-plain"))
    assert (batch.status, there.own.batches, len(there.server.seen)) == ("completed", {}, 2)
    assert set(codes(rows).values()) == {None}
    assert await here.spent() == pytest.approx(2 * there.at_batch_price(), abs=4)
