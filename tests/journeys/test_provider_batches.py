"""Batches that go into the provider's own, at half the price: sent once, found again, charged once, whatever fails."""

from __future__ import annotations

import asyncio
import io
import random
import signal
import sqlite3
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
from pochoir.domain.catalog import Card
from pochoir.infra.blobs import name_of
from pochoir.infra.fetching import Fetcher
from upstream.faults import KEY
from upstream.loopback import listening
from upstream.own_batches import OwnBatches
from upstream.server import Upstream, picture

MODEL = "gpt-image-2"


def bodies(count: int = 4, **more: Any) -> dict[str, Any]:
    asked = {"model": MODEL, "size": "1024x1024", "quality": "low", **more}
    return {f"fox-{number}": {**asked, "prompt": f"Fox number {number}"} for number in range(count)}


async def work(here: Here, url: str, asked: dict[str, Any], **options: Any) -> tuple[Batch, dict[str, Any]]:
    """The finished batch, and every line of both results files."""
    async with here.client() as client:
        batch = await finished(client, await begin(client, url, asked, **options))
        rows: dict[str, Any] = {}
        for file in (batch.output_file_id, batch.error_file_id):
            rows |= await results(client, file) if file else {}
    return batch, rows


def at_batch_price(upstream: Upstream) -> int:
    """What the stand-in billed, at half its price in micro-dollars."""
    tokens = [(use["input_tokens"], use["output_tokens"]) for use in upstream.usages]
    return sum((given * 5 + 1) // 2 + made * 15 for given, made in tokens)


@pytest.fixture
def own(here: Here) -> OwnBatches:
    here.upstream.batches.open = True
    return here.upstream.batches


def only(extra: bool | None = True) -> dict[str, Any]:
    return {"extra_body": {"provider_batch": extra}}


async def test_half_the_price_and_the_rest_is_answered_here(here: Here, own: OwnBatches) -> None:
    asked = {**bodies(), "drawn here": {"model": "pochoir-sketch", "prompt": "A star", "size": "64x64"}}
    batch, rows = await work(here, GENERATIONS, asked)
    assert batch.status == "completed"
    assert {name: row["response"]["status_code"] for name, row in rows.items()} == dict.fromkeys(asked, 200)
    told = batch.model_dump()["pochoir"]
    assert (told["in_provider_batches"], len(own.batches)) == (4, 1)
    assert told["charge_microusd"] == await here.spent() == at_batch_price(here.upstream) > 0
    assert set(own.billed.values()) == {1}
    assert own.files == {}, "nothing of ours is left there"
    notes = rows["fox-1"]["response"]["body"]["pochoir"]["notes"]
    assert "Answered in the provider's own batch, at its batch price." in notes
    [entry, *_] = [entry for entry in await here.services.metering.entries() if entry.model == MODEL]
    assert entry.amount * 2 == pytest.approx(await full_price(here, entry.usage), abs=2)
    assert entry.quoted == pytest.approx(entry.amount, rel=0.1), "what was held is half the price too"


async def full_price(here: Here, usage: Any) -> int:
    card: Card = await here.services.catalog.card(MODEL)
    price = card.price_on(here.services.clock.today())
    assert price is not None
    assert price.tokens is not None
    assert price.tokens.text_in is not None
    assert price.tokens.image_out is not None
    return int(usage["text_in"] * price.tokens.text_in + usage["image_out"] * price.tokens.image_out)


async def test_edits_go_with_their_images(here: Here, own: OwnBatches) -> None:
    async with here.client() as client:
        image = await client.files.create(file=("a.png", picture((64, 48))), purpose="vision")
    asked = bodies(2, model="gpt-image-1-mini", images=[{"file_id": image.id}])
    batch, rows = await work(here, EDITS, asked, **only())
    assert (batch.status, len(rows), len(own.batches)) == ("completed", 2, 1)
    assert here.upstream.seen[0].files[0][2] == "image/png"
    [artifact, *_] = await here.services.images.library.recent(5)
    assert len(artifact.provenance["references"]) == 1


async def test_a_markup_goes_into_a_batch_and_into_the_provenance(here: Here, own: OwnBatches) -> None:
    clear = io.BytesIO()
    Image.new("RGBA", (64, 48)).save(clear, "PNG")
    layers = [picture((64, 48)), clear.getvalue()]
    async with here.client() as client:
        image, markup = [(await client.files.create(file=("a.png", data), purpose="vision")).id for data in layers]
    asked = bodies(1, model="gpt-image-2.5-flare", images=[{"file_id": image}], markup={"file_id": markup})
    batch, rows = await work(here, EDITS, asked, **only())
    assert (batch.status, len(rows), len(own.batches)) == ("completed", 1, 1)
    assert [entry[0] for entry in here.upstream.seen[0].files] == ["image[]", "markup"]
    [artifact] = await here.services.images.library.recent(5)
    assert artifact.provenance["markup"] == name_of(layers[1])


async def test_at_once_at_the_normal_price(here: Here, own: OwnBatches) -> None:
    batch, rows = await work(here, GENERATIONS, bodies(2), **only(False))
    assert (batch.status, len(rows), own.batches) == ("completed", 2, {})
    assert await here.spent() == pytest.approx(2 * at_batch_price(here.upstream), abs=2)


async def test_a_server_without_batches(here: Here) -> None:
    batch, rows = await work(here, GENERATIONS, bodies(2))
    assert (batch.status, batch.model_dump()["pochoir"]["in_provider_batches"]) == ("completed", 0)
    assert {row["response"]["status_code"] for row in rows.values()} == {200}
    batch, rows = await work(here, GENERATIONS, bodies(2), **only())
    assert {row["response"]["body"]["error"]["code"] for row in rows.values()} == {"no_batch"}
    assert len(here.upstream.seen) == 2


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


async def test_half_price_or_nothing(here: Here, own: OwnBatches) -> None:
    _, rows = await work(here, GENERATIONS, {"a": {"model": "pochoir-sketch", "prompt": "A star"}}, **only())
    assert rows["a"]["response"]["body"]["error"]["code"] == "no_batch"
    assert own.batches == {}


@pytest.mark.parametrize("fault", ["upload 500", "submit 500", "submit lost", "look 500", "half a file"])
async def test_trouble_at_the_provider_costs_time_only(here: Here, own: OwnBatches, fault: str) -> None:
    own.faults.append(fault)
    batch, rows = await work(here, GENERATIONS, bodies(6))
    assert (batch.status, len(rows), len(own.batches)) == ("completed", 6, 1)
    assert batch.model_dump()["pochoir"]["in_provider_batches"] == 6
    assert {row["response"]["status_code"] for row in rows.values()} == {200}
    assert set(own.billed.values()) == {1}
    assert await here.spent() == at_batch_price(here.upstream)
    assert len(await here.services.metering.entries()) == 6


async def test_a_batch_that_the_provider_does_not_take(here: Here, own: OwnBatches) -> None:
    own.failing = "Enqueued token limit reached."
    batch, rows = await work(here, GENERATIONS, bodies())
    errors = [row["response"]["body"]["error"] for row in rows.values()]
    assert {error["code"] for error in errors} == {"provider_batch_failed"}
    assert "Enqueued token limit reached." in errors[0]["message"]
    assert (batch.request_counts and batch.request_counts.failed, await here.spent()) == (4, 0)
    budget = await here.services.metering.budget()
    assert budget is None or budget.reserved == 0


async def test_lines_that_are_refused_or_not_reached(here: Here, own: OwnBatches) -> None:
    own.refused.add("Fox number 1")
    own.left.add("Fox number 2")
    batch, rows = await work(here, GENERATIONS, bodies())
    assert batch.status == "expired"
    assert rows["fox-0"]["response"]["status_code"] == rows["fox-3"]["response"]["status_code"] == 200
    assert rows["fox-1"]["response"]["body"]["error"]["code"] == "moderation_blocked"
    assert rows["fox-2"]["error"]["code"] == "batch_expired"
    assert len(await here.services.metering.entries()) == 2
    assert await here.services.images.deferred.held() == []


async def test_cancelled_over_there_too(here: Here, own: OwnBatches) -> None:
    own.looks = 1_000_000
    async with here.client() as client:
        batch = await begin(client, GENERATIONS, bodies())
        async with asyncio.timeout(20):
            await own.after("submitted")
        await client.batches.cancel(batch.id)
        batch = await finished(client, batch)
        good, bad = await results(client, batch.output_file_id), await results(client, batch.error_file_id)
    assert batch.status == "cancelled"
    assert (list(good), list(bad)) == (["fox-0", "fox-1"], ["fox-2", "fox-3"])
    assert {row["error"]["code"] for row in bad.values()} == {"batch_cancelled"}
    assert await here.spent() == at_batch_price(here.upstream)


async def test_the_budget_holds_for_what_is_there(here: Here, own: OwnBatches) -> None:
    """The budget pays for two at half the price; the others are refused before anything is sent."""
    _, rows = await work(here, GENERATIONS, bodies(1))
    price = await here.spent()
    await here.services.metering.set_budget(price * 3 + price // 2)
    _, rows = await work(here, GENERATIONS, bodies(4), **only())
    codes = [row["response"]["body"].get("error", {}).get("code") for row in rows.values()]
    assert codes.count(None) == 2
    assert codes.count("budget_exceeded") == 2


def rows_of(folder: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(folder / "pochoir.sqlite")) as connection:
        return connection.execute(query).fetchall()


async def test_killed_again_and_again_it_is_sent_once_and_charged_once(tmp_path: Path) -> None:
    """Killed while lines are put together, after the upload, while the batch is begun, and while answers are read."""
    lines, chance = 120, random.Random(20261123)
    async with Upstream().running() as upstream:
        own = upstream.batches
        own.open, own.looks, own.seconds = True, 2, 0.15
        server = Pochoir(tmp_path, upstream.base_url, 4, KEY)
        try:
            client = await asyncio.to_thread(server.start)
            file = await asyncio.to_thread(client.files.create, file=("in.jsonl", input_file(lines)), purpose="batch")
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
    assert sum(amount for _, amount in ledger) == at_batch_price(upstream)
    assert rows_of(tmp_path, "select count(*) from artifacts") == [(lines,)]
    assert rows_of(tmp_path, "select count(*) from reservations") == [(0,)]
    sent = {batch["input_file_id"] for batch in own.batches.values()}
    assert sent.isdisjoint(own.files)
    assert len(own.files) <= 1, "what was uploaded and not known here goes by itself"
