"""Batches that go into the provider's own, at half the price: sent once, found again, charged once, whatever fails."""

from __future__ import annotations

import asyncio
import io
import random
import signal
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import pytest
from aiohttp import web
from bench.batch import FINISHED, Pochoir, input_file
from openai.types import Batch
from PIL import Image

from journeys.gateway import Here
from journeys.test_batch import EDITS, GENERATIONS, begin, finished, results
from journeys.there import PROVIDERS, OpenAIThere, There, bodies, google_connected
from pochoir.domain.catalog import Card
from pochoir.infra.blobs import name_of
from pochoir.infra.fetching import Fetcher
from upstream.loopback import listening
from upstream.server import picture


async def work(here: Here, url: str, asked: dict[str, Any], **options: Any) -> tuple[Batch, dict[str, Any]]:
    """The finished batch, and every line of both results files."""
    async with here.client() as client:
        batch = await finished(client, await begin(client, url, asked, **options))
        rows: dict[str, Any] = {}
        for file in (batch.output_file_id, batch.error_file_id):
            rows |= await results(client, file) if file else {}
    return batch, rows


@pytest.fixture(params=PROVIDERS)
async def there(here: Here, request: pytest.FixtureRequest) -> AsyncIterator[There]:
    """Each provider that has batches of its own, connected."""
    if request.param == "openai":
        here.upstream.batches.open = True
        yield OpenAIThere(here.upstream)
    else:
        async with google_connected(here) as provider:
            yield provider


def only(extra: bool | None = True) -> dict[str, Any]:
    return {"extra_body": {"provider_batch": extra}}


async def test_half_the_price_and_the_rest_is_answered_here(here: Here, there: There) -> None:
    asked = {**bodies(there), "drawn here": {"model": "pochoir-sketch", "prompt": "A star", "size": "64x64"}}
    batch, rows = await work(here, GENERATIONS, asked)
    assert batch.status == "completed"
    assert {name: row["response"]["status_code"] for name, row in rows.items()} == dict.fromkeys(asked, 200)
    told = batch.model_dump()["pochoir"]
    assert (told["in_provider_batches"], len(there.own.batches)) == (4, 1)
    assert told["charge_microusd"] == await here.spent() == there.at_batch_price() > 0
    assert set(there.own.billed.values()) == {1}
    assert there.input_files().isdisjoint(there.own.files), "nothing of ours is left there"
    notes = rows["fox-1"]["response"]["body"]["pochoir"]["notes"]
    assert "Answered in the provider's own batch, at its batch price." in notes
    [entry, *_] = [entry for entry in await here.services.metering.entries() if entry.model == there.model]
    assert entry.amount * 2 == pytest.approx(await full_price(here, entry), abs=2)
    assert entry.quoted == pytest.approx(entry.amount, rel=0.1), "what was held is half the price too"


async def full_price(here: Here, entry: Any) -> float:
    card: Card = await here.services.catalog.card(entry.model)
    price = card.price_on(here.services.clock.today())
    assert price is not None
    assert price.tokens is not None
    kinds = [kind for kind in ("text_in", "image_in", "text_out", "image_out") if entry.usage.get(kind)]
    return float(sum(entry.usage[kind] * getattr(price.tokens, kind) for kind in kinds))


async def test_edits_go_with_their_images(here: Here, there: There) -> None:
    async with here.client() as client:
        image = await client.files.create(file=("a.png", picture((64, 48))), purpose="vision")
    asked = bodies(there, 2, model=there.edits, images=[{"file_id": image.id}])
    batch, rows = await work(here, EDITS, asked, **only())
    assert (batch.status, len(rows), len(there.own.batches)) == ("completed", 2, 1)
    assert there.kinds_of_images() == ["image/png"]
    [artifact, *_] = await here.services.images.library.recent(5)
    assert len(artifact.provenance["references"]) == 1


@pytest.mark.parametrize("there", ["openai"], indirect=True)
async def test_a_markup_goes_into_a_batch_and_into_the_provenance(here: Here, there: OpenAIThere) -> None:
    clear = io.BytesIO()
    Image.new("RGBA", (64, 48)).save(clear, "PNG")
    layers = [picture((64, 48)), clear.getvalue()]
    async with here.client() as client:
        image, markup = [(await client.files.create(file=("a.png", data), purpose="vision")).id for data in layers]
    asked = bodies(there, 1, model="gpt-image-2.5-flare", images=[{"file_id": image}], markup={"file_id": markup})
    batch, rows = await work(here, EDITS, asked, **only())
    assert (batch.status, len(rows), len(there.own.batches)) == ("completed", 1, 1)
    assert [entry[0] for entry in there.server.seen[0].files] == ["image[]", "markup"]
    [artifact] = await here.services.images.library.recent(5)
    assert artifact.provenance["markup"] == name_of(layers[1])


async def test_at_once_at_the_normal_price(here: Here, there: There) -> None:
    batch, rows = await work(here, GENERATIONS, bodies(there, 2), **only(False))
    assert (batch.status, len(rows), there.own.batches) == ("completed", 2, {})
    assert await here.spent() == pytest.approx(2 * there.at_batch_price(), abs=2)


async def test_a_server_without_batches(here: Here, there: There) -> None:
    there.own.open = False
    batch, rows = await work(here, GENERATIONS, bodies(there, 2))
    assert (batch.status, batch.model_dump()["pochoir"]["in_provider_batches"]) == ("completed", 0)
    assert {row["response"]["status_code"] for row in rows.values()} == {200}
    batch, rows = await work(here, GENERATIONS, bodies(there, 2), **only())
    assert {row["response"]["body"]["error"]["code"] for row in rows.values()} == {"no_batch"}
    assert len(there.server.seen) == 2


@pytest.mark.parametrize("there", ["openai"], indirect=True)
async def test_lines_that_come_back_are_answered_as_they_were_asked(here: Here, there: OpenAIThere) -> None:
    """The workspace's moderation changed them on their way to the provider."""
    there.own.open = False
    await here.services.moderation.choose("provider")
    batch, rows = await work(here, GENERATIONS, bodies(there, 2, moderation="low"))
    assert (batch.status, batch.model_dump()["pochoir"]["in_provider_batches"]) == ("completed", 0)
    assert {name: row["response"]["status_code"] for name, row in rows.items()} == {"fox-0": 200, "fox-1": 200}
    assert {request.fields["moderation"] for request in there.server.seen} == {"auto"}


async def test_a_link_is_followed_once_where_no_provider_has_batches(here: Here) -> None:
    asked: list[str] = []

    async def image(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(body=picture((64, 64)), content_type="image/png")

    app = web.Application()
    app.router.add_get("/fox.png", image)
    here.services.files.fetcher = Fetcher(lambda address: True)
    async with listening(app) as origin:
        images = [{"image_url": f"{origin}/fox.png"}]
        edit = {"model": "pochoir-sketch", "prompt": "Add a frame", "size": "64x64", "images": images}
        batch, rows = await work(here, EDITS, {"a": edit})
    assert (batch.status, rows["a"]["response"]["status_code"], asked) == ("completed", 200, ["/fox.png"])


async def test_half_price_or_nothing(here: Here, there: There) -> None:
    _, rows = await work(here, GENERATIONS, {"a": {"model": "pochoir-sketch", "prompt": "A star"}}, **only())
    assert rows["a"]["response"]["body"]["error"]["code"] == "no_batch"
    assert there.own.batches == {}


@pytest.mark.parametrize("fault", ["upload 500", "submit 500", "submit lost", "look 500", "half a file"])
async def test_trouble_at_the_provider_costs_time_only(here: Here, there: There, fault: str) -> None:
    there.own.faults.append(fault)
    batch, rows = await work(here, GENERATIONS, bodies(there, 6))
    assert (batch.status, len(rows), len(there.own.batches)) == ("completed", 6, 1)
    assert batch.model_dump()["pochoir"]["in_provider_batches"] == 6
    assert {row["response"]["status_code"] for row in rows.values()} == {200}
    assert set(there.own.billed.values()) == {1}
    assert await here.spent() == there.at_batch_price()
    assert len(await here.services.metering.entries()) == 6


async def test_a_batch_that_the_provider_does_not_take(here: Here, there: There) -> None:
    there.own.failing = "Enqueued token limit reached."
    batch, rows = await work(here, GENERATIONS, bodies(there))
    errors = [row["response"]["body"]["error"] for row in rows.values()]
    assert {error["code"] for error in errors} == {"provider_batch_failed"}
    assert "Enqueued token limit reached." in errors[0]["message"]
    assert (batch.request_counts and batch.request_counts.failed, await here.spent()) == (4, 0)
    budget = await here.services.metering.budget()
    assert budget is None or budget.reserved == 0


async def test_lines_that_are_refused(here: Here, there: There) -> None:
    there.own.refused.add("Fox number 1")
    batch, rows = await work(here, GENERATIONS, bodies(there, 3))
    assert batch.status == "completed"
    assert rows["fox-0"]["response"]["status_code"] == rows["fox-2"]["response"]["status_code"] == 200
    assert rows["fox-1"]["response"]["body"]["error"]["code"] == "moderation_blocked"
    assert len(await here.services.metering.entries()) == 2
    assert await here.services.images.deferred.held() == []


@pytest.mark.parametrize("there", ["openai"], indirect=True)
async def test_lines_that_are_not_reached(here: Here, there: OpenAIThere) -> None:
    there.own.left.add("Fox number 2")
    batch, rows = await work(here, GENERATIONS, bodies(there))
    assert batch.status == "expired"
    assert rows["fox-2"]["error"]["code"] == "batch_expired"
    assert len(await here.services.metering.entries()) == 3
    assert await here.services.images.deferred.held() == []


async def cancelled(here: Here, there: There) -> tuple[Batch, dict[str, Any]]:
    """A batch that is cancelled while the provider has it, and its lines."""
    there.own.looks = 1_000_000
    async with here.client() as client:
        batch = await begin(client, GENERATIONS, bodies(there))
        async with asyncio.timeout(20):
            await there.own.after("submitted")
        await client.batches.cancel(batch.id)
        batch = await finished(client, batch)
        rows: dict[str, Any] = {}
        for file in (batch.output_file_id, batch.error_file_id):
            rows |= await results(client, file) if file else {}
    assert batch.status == "cancelled"
    return batch, rows


@pytest.mark.parametrize("there", ["openai"], indirect=True)
async def test_cancelled_over_there_too(here: Here, there: OpenAIThere) -> None:
    _, rows = await cancelled(here, there)
    assert [name for name, row in rows.items() if row["response"]] == ["fox-0", "fox-1"]
    assert {rows[name]["error"]["code"] for name in ("fox-2", "fox-3")} == {"batch_cancelled"}
    assert await here.spent() == there.at_batch_price()


async def test_the_budget_holds_for_what_is_there(here: Here, there: There) -> None:
    """The budget pays for two at half the price; the others are refused before anything is sent."""
    _, rows = await work(here, GENERATIONS, bodies(there, 1))
    price = await here.spent()
    await here.services.metering.set_budget(price * 3 + price // 2)
    _, rows = await work(here, GENERATIONS, bodies(there, 4), **only())
    codes = [row["response"]["body"].get("error", {}).get("code") for row in rows.values()]
    assert codes.count(None) == 2
    assert codes.count("budget_exceeded") == 2


def rows_of(folder: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(folder / "pochoir.sqlite")) as connection:
        return connection.execute(query).fetchall()


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_killed_again_and_again_it_is_sent_once_and_charged_once(tmp_path: Path, provider: str) -> None:
    """Killed while lines are put together, after the upload, while the batch is begun, and while answers are read."""
    lines, chance = 120, random.Random(20261123)
    async with PROVIDERS[provider]() as there:
        own = there.own
        own.open, own.looks, own.seconds = True, 2, 0.15
        server = Pochoir(tmp_path, there.server.base_url, 4, there.key, there.variables)
        try:
            client = await asyncio.to_thread(server.start)
            asked = input_file(lines, there.model, there.quality)
            file = await asyncio.to_thread(client.files.create, file=("in.jsonl", asked), purpose="batch")
            batch = await asyncio.to_thread(
                client.batches.create,
                input_file_id=file.id,
                endpoint="/v1/images/generations",
                completion_window="24h",
            )
            for event in ("upload", "uploaded", "submit", "submitted", "look", "read", "read", "read"):
                async with asyncio.timeout(60):
                    await own.after(event)
                await asyncio.sleep(chance.uniform(0, 0.2))
                client.close()
                server.stop(signal.SIGKILL)
                client = await asyncio.to_thread(server.start)
            async with asyncio.timeout(120):
                while batch.status not in FINISHED:
                    await asyncio.sleep(0.05)
                    batch = await asyncio.to_thread(client.batches.retrieve, batch.id)
            assert batch.output_file_id
            answers = (await asyncio.to_thread(client.files.content, batch.output_file_id)).text.splitlines()
            client.close()
        finally:
            server.stop(signal.SIGTERM)
    assert (batch.status, batch.error_file_id) == ("completed", None)
    assert [orjson.loads(answer)["custom_id"] for answer in answers] == [f"fox-{number}" for number in range(lines)]
    assert len(own.billed) == lines
    assert set(own.billed.values()) == {1}, "no request was answered twice over there"
    ledger = rows_of(tmp_path, "select key, amount_microusd from ledger")
    assert len(ledger) == lines
    assert sum(amount for _, amount in ledger) == there.at_batch_price()
    assert rows_of(tmp_path, "select count(*) from artifacts") == [(lines,)]
    assert rows_of(tmp_path, "select count(*) from reservations") == [(0,)]
    inputs = [name for name in own.files if not name.startswith("files/batch-")]
    assert there.input_files().isdisjoint(inputs)
    assert len(inputs) <= 1, "what was uploaded and not known here goes by itself"
