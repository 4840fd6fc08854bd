"""Files and images that the lines of a batch name stay until it has ended, whoever deletes them, whenever they expire."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI
from sqlalchemy import text

from conftest import NOON
from journeys.gateway import Here
from journeys.test_batch import EDITS, begin, finished, lines
from pochoir.domain.errors import NotFound
from pochoir.features.images.retention import Limits, Retention
from pochoir.infra.clock import Clock
from upstream.server import picture

HOUR = 3_600_000_000_000
LIFE: Any = {"anchor": "created_at", "seconds": 3600}


@pytest.fixture
def ahead() -> list[int]:
    """What the clock is ahead, in hours."""
    return [0]


@pytest.fixture
def clock(ahead: list[int]) -> Clock:
    ticks, counts = itertools.count(NOON, 1_000_000), itertools.count(1)
    return Clock(now_ns=lambda: next(ticks) + ahead[0] * HOUR, entropy=lambda size: next(counts).to_bytes(size, "big"))


def edits(image: str, count: int = 6) -> dict[str, Any]:
    """Lines that read an image; the last of them are not begun before the first four are answered."""
    asked = {"model": "gpt-image-1-mini", "size": "1024x1024", "quality": "low", "images": [{"file_id": image}]}
    return {str(number): {**asked, "prompt": f"Fox {number}"} for number in range(count)}


async def upload(client: AsyncOpenAI, **options: Any) -> str:
    return (await client.files.create(file=("a.png", picture((64, 48))), purpose="vision", **options)).id


async def test_a_file_is_not_deleted_before_all_batches_that_name_it_have_ended(here: Here) -> None:
    here.upstream.faults.extend(["slow 0.5"] * 12)
    async with here.client() as client:
        image = await upload(client)
        first, second = [await begin(client, EDITS, edits(image)) for _ in range(2)]
        with pytest.raises(openai.ConflictError, match="Cancel the batch first, or wait for its end"):
            await client.files.delete(image)
        await client.batches.cancel(first.id)
        await finished(client, first)
        with pytest.raises(openai.ConflictError):
            await client.files.delete(image)
        done = await finished(client, second)
        assert done.request_counts
        assert (done.status, done.request_counts.completed) == ("completed", 6)
        assert (await client.files.delete(image)).deleted


async def test_a_file_whose_time_is_over_is_still_read(here: Here, ahead: list[int]) -> None:
    here.upstream.faults.extend(["slow 0.5"] * 4)
    async with here.client() as client:
        image = await upload(client, expires_after=LIFE)
        batch = await begin(client, EDITS, edits(image))
        await here.upstream.came.wait()
        ahead[0] = 2
        await here.services.files.sweep()
        done = await finished(client, batch)
        assert done.request_counts
        assert (done.status, done.request_counts.completed) == ("completed", 6)
        with pytest.raises(openai.NotFoundError):
            await client.files.retrieve(image)


async def test_what_expired_before_is_not_there_for_a_batch_either(here: Here, ahead: list[int]) -> None:
    async with here.client() as client:
        image = await upload(client, expires_after=LIFE)
        ahead[0] = 2
        done = await finished(client, await begin(client, EDITS, edits(image, 1)))
        assert done.request_counts
        assert (done.status, done.request_counts.failed) == ("completed", 1)
    await here.services.files.sweep()
    async with here.services.db.reading() as conn:
        left = await conn.execute(text("select count(*) from files where purpose = 'vision'"))
        assert left.scalar_one() == 0


async def test_an_old_image_of_the_library_stays_as_long(here: Here) -> None:
    services = here.services
    retention = Retention(services.db, services.clock, services.images.library, [services.batches.at_work_since])
    image = (await services.images.library.upload(picture((64, 48)))).id
    async with services.db.transaction() as conn:
        await conn.execute(text("update artifacts set created = '2026-01-01T00:00:00.000Z'"))
    await retention.set_limits(Limits(uploaded=1))
    here.upstream.faults.extend(["slow 0.5"] * 4)
    async with here.client() as client:
        batch = await begin(client, EDITS, edits(image))
        await here.upstream.came.wait()
        assert await retention.sweep() == 0
        done = await finished(client, batch)
    assert done.request_counts
    assert (done.status, done.request_counts.completed) == ("completed", 6)
    assert await retention.sweep() == 1
    with pytest.raises(NotFound):
        await services.images.library.artifact(image)


async def test_a_batch_that_fails_its_check_lets_go_at_once(here: Here) -> None:
    async with here.client() as client:
        image = await upload(client)
        wrong = lines(EDITS, edits(image)) + b"\n{oops\n"
        file = await client.files.create(file=("in.jsonl", wrong), purpose="batch")
        asked: dict[str, Any] = {"input_file_id": file.id, "endpoint": EDITS, "completion_window": "24h"}
        batch = await client.batches.create(**asked)
        assert (await finished(client, batch)).status == "failed"
        for name in (image, file.id):
            assert (await client.files.delete(name)).deleted


async def test_names_of_more_than_one_piece_are_held_and_let_go(here: Here) -> None:
    async with here.client() as client:
        images = [await upload(client) for _ in range(2)]
        asked = {"model": "pochoir-sketch", "prompt": "A frame", "size": "64x64"}
        odd = ["file-" + f"{number:026}" for number in range(1_200)] + ["img_\0", "file-x", "../" * 9]
        body = {**asked, "images": [{"file_id": images[0]}], "mask": {"file_id": images[1]}}
        strange: dict[str, Any] = {
            f"odd {number}": {**asked, "images": [{"file_id": name}]} for number, name in enumerate(odd)
        }
        strange |= {"text": {**asked, "images": "file_id", "mask": 7}, "number": {**asked, "images": [{"file_id": 7}]}}
        batch = await begin(client, EDITS, {**strange, "good": body})
        for image in images:
            with pytest.raises(openai.ConflictError):
                await client.files.delete(image)
        await client.batches.cancel(batch.id)
        async with asyncio.timeout(30):
            await finished(client, batch)
        for image in images:
            assert (await client.files.delete(image)).deleted
    async with here.services.db.reading() as conn:
        assert (await conn.execute(text("select count(*) from batch_inputs"))).scalar_one() == 0
