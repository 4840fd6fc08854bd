"""Batches with the official client: a real server, files up, results down; killed in the middle; held to the schema."""

from __future__ import annotations

import asyncio
import base64
import io
from pathlib import Path
from typing import Any

import aiohttp
import openai
import orjson
import pytest
from bench.batch import FINISHED, work
from openai import AsyncAzureOpenAI, AsyncOpenAI
from openai.types import Batch
from PIL import Image

from journeys.gateway import Here, several_users
from journeys.serving import serving
from openai_spec import conforms
from upstream.server import picture

GENERATIONS, EDITS = "/v1/images/generations", "/v1/images/edits"


def lines(url: str, bodies: dict[str, Any]) -> bytes:
    rows = [{"custom_id": name, "method": "POST", "url": url, "body": body} for name, body in bodies.items()]
    return b"\n".join(orjson.dumps(row) for row in rows)


async def begin(client: AsyncOpenAI, url: Any, bodies: dict[str, Any], **options: Any) -> Batch:
    file = await client.files.create(file=("in.jsonl", lines(url, bodies)), purpose="batch")
    return await client.batches.create(input_file_id=file.id, endpoint=url, completion_window="24h", **options)


async def finished(client: AsyncOpenAI, batch: Batch) -> Batch:
    async with asyncio.timeout(60):
        while batch.status not in FINISHED:
            await asyncio.sleep(0.02)
            batch = await client.batches.retrieve(batch.id)
    return batch


async def results(client: AsyncOpenAI, file_id: str | None) -> dict[str, Any]:
    assert file_id is not None
    rows = [orjson.loads(row) for row in (await client.files.content(file_id)).text.splitlines()]
    return {row["custom_id"]: row for row in rows}


def test_a_batch_through_a_server_of_its_own(tmp_path: Path) -> None:
    """The illustrator's pictures: what a first try looks like, with the plain client and no key anywhere."""
    bodies = {f"star-{number}": {"prompt": f"{number} stars", "size": "64x64"} for number in range(1, 6)}

    async def work_on(link: str) -> tuple[Batch, dict[str, Any]]:
        async with AsyncOpenAI(base_url=f"{link}/v1", api_key="anything") as client:
            batch = await finished(client, await begin(client, GENERATIONS, bodies))
            return batch, await results(client, batch.output_file_id)

    with serving(tmp_path) as server:
        batch, rows = asyncio.run(work_on(server.link))
    assert batch.status == "completed"
    assert batch.request_counts
    assert (batch.request_counts.total, batch.request_counts.completed, batch.request_counts.failed) == (5, 5, 0)
    assert list(rows) == list(bodies)
    for row in rows.values():
        data = base64.b64decode(row["response"]["body"]["data"][0]["b64_json"])
        assert Image.open(io.BytesIO(data)).size == (64, 64)


async def test_edits_by_files_with_good_and_bad_lines(here: Here) -> None:
    async with here.client() as client:
        image = await client.files.create(file=("a.png", picture((64, 48))), purpose="vision")
        asked = {"model": "gpt-image-1-mini", "prompt": "A fox", "size": "1024x1024", "quality": "low"}
        inline = "data:image/png;base64," + base64.b64encode(picture((32, 32))).decode()
        bodies = {
            "by file": {**asked, "images": [{"file_id": image.id}]},
            "inline": {**asked, "images": [{"image_url": inline}]},
            "two": {**asked, "n": 2, "images": [{"file_id": image.id}, {"image_url": inline}]},
            "no image": asked,
            "gone": {**asked, "images": [{"file_id": "file-none"}]},
        }
        batch = await finished(client, await begin(client, EDITS, bodies, metadata={"shelf": "3"}))
        good, bad = await results(client, batch.output_file_id), await results(client, batch.error_file_id)
        listed = [item.id async for item in client.batches.list(limit=1)]
    assert (batch.status, batch.metadata, batch.model, listed) == (
        "completed",
        {"shelf": "3"},
        "gpt-image-1-mini",
        [batch.id],
    )
    assert (list(good), list(bad)) == (["by file", "inline", "two"], ["no image", "gone"])
    assert len(good["two"]["response"]["body"]["data"]) == 2
    for row in good.values():
        conforms(row["response"]["body"], "ImagesResponse")
    assert [row["response"]["body"]["error"]["code"] for row in bad.values()] == [
        "missing_required_parameter",
        "invalid_value",
    ]
    charged = sum(row["response"]["body"]["pochoir"]["charge_microusd"] for row in good.values())
    assert charged == await here.spent() > 0
    assert batch.usage
    assert batch.usage.total_tokens == sum(row["response"]["body"]["usage"]["total_tokens"] for row in good.values())


async def test_azures_client(here: Here) -> None:
    client = AsyncAzureOpenAI(azure_endpoint=here.url, api_key="x", api_version="2025-04-01-preview", max_retries=0)
    async with client:
        batch = await finished(client, await begin(client, GENERATIONS, {"a": {"model": "gpt-image-2", "prompt": "x"}}))
        assert list(await results(client, batch.output_file_id)) == ["a"]
        assert [item.id async for item in client.batches.list()] == [batch.id]


async def test_a_cancelled_batch(here: Here) -> None:
    here.upstream.faults.extend(["slow 1"] * 4)
    bodies = {str(number): {"model": "gpt-image-2", "prompt": "A fox"} for number in range(12)}
    async with here.client() as client:
        batch = await begin(client, GENERATIONS, bodies)
        await here.upstream.came.wait()
        assert (await client.batches.cancel(batch.id)).status == "cancelling"
        batch = await finished(client, batch)
        assert (batch.status, batch.cancelled_at is not None) == ("cancelled", True)
        good, bad = await results(client, batch.output_file_id), await results(client, batch.error_file_id)
        with pytest.raises(openai.ConflictError):
            await client.batches.cancel(batch.id)
    assert 1 <= len(good) == len(here.upstream.seen) <= 4
    assert {row["error"]["code"] for row in bad.values()} == {"batch_cancelled"}
    assert sorted([*good, *bad], key=int) == list(bodies)


async def ask(here: Here, method: str, path: str, **options: Any) -> tuple[int, Any]:
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, f"{here.url}/v1/{path}", **options) as answer,
    ):
        return answer.status, await answer.json()


async def test_answers_hold_to_the_specification(here: Here) -> None:
    conforms((await ask(here, "GET", "batches"))[1], "ListBatchesResponse")
    async with here.client() as client:
        wrong = await client.files.create(file=("in.jsonl", b"{oops\n"), purpose="batch")
        right = await begin(client, GENERATIONS, {"a": {"model": "gpt-image-2", "prompt": "A fox"}})
        asked = {"input_file_id": wrong.id, "endpoint": GENERATIONS, "completion_window": "24h"}
        life = {"anchor": "created_at", "seconds": 3600}
        status, made = await ask(here, "POST", "batches", json={**asked, "output_expires_after": life})
        assert status == 200, made
        conforms(made, "Batch")
        failed = await finished(client, await client.batches.retrieve(made["id"]))
        done = await finished(client, right)
    assert failed.errors
    assert failed.errors.data
    [error] = failed.errors.data
    assert (error.code, error.line) == ("invalid_json_line", 1)
    for batch_id in (failed.id, done.id):
        conforms((await ask(here, "GET", f"batches/{batch_id}"))[1], "Batch")
    conforms((await ask(here, "GET", "batches?limit=1"))[1], "ListBatchesResponse")


async def test_a_repeated_request_begins_one_batch(here: Here) -> None:
    async with here.client() as client:
        file = await client.files.create(file=("in.jsonl", lines(GENERATIONS, {"a": {"prompt": "x"}})), purpose="batch")
    asked = {"input_file_id": file.id, "endpoint": GENERATIONS, "completion_window": "24h"}
    made = [await ask(here, "POST", "batches", json=asked, headers={"idempotency-key": "k"}) for _ in range(2)]
    assert made[0][1]["id"] == made[1][1]["id"]
    assert len((await ask(here, "GET", "batches"))[1]["data"]) == 1
    later: list[dict[str, Any]] = [
        {"metadata": {"a": "b"}},
        {"provider_batch": True},
        {"output_expires_after": {"anchor": "created_at", "seconds": 7200}},
    ]
    for more in later:
        status, body = await ask(here, "POST", "batches", json={**asked, **more}, headers={"idempotency-key": "k"})
        assert (status, body["error"]["param"]) == (409, "key")
    for limit in ("000000001999999999999999999999", "0000000019999", "0", "9" * 5000):
        assert (await ask(here, "GET", f"batches?limit={limit}"))[0] == 400


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"input_file_id": None}, "input_file_id"),
        ({"input_file_id": 7}, "input_file_id"),
        ({"input_file_id": "file-none"}, "input_file_id"),
        ({"endpoint": "/v1/embeddings"}, "endpoint"),
        ({"completion_window": "1h"}, "completion_window"),
        ({"metadata": {"a": 1}}, "metadata"),
        ({"metadata": "text"}, "metadata"),
        ({"output_expires_after": {"anchor": "created_at", "seconds": 5}}, "output_expires_after.seconds"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_what_is_refused(here: Here, changes: dict[str, Any], param: str) -> None:
    async with here.client() as client:
        file = await client.files.create(file=("in.jsonl", b"{}"), purpose="batch")
    asked = {"input_file_id": file.id, "endpoint": GENERATIONS, "completion_window": "24h", **changes}
    status, answer = await ask(here, "POST", "batches", json=asked)
    assert (status, answer["error"]["param"]) == (400, param)
    conforms(answer, "ErrorResponse")
    for method, path in (("GET", "batches/batch_none"), ("POST", "batches/batch_none/cancel")):
        status, answer = await ask(here, method, path)
        assert status == 404
        conforms(answer, "ErrorResponse")


@several_users
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "files"),
        ("GET", "files"),
        ("GET", "files/file-1"),
        ("DELETE", "files/file-1"),
        ("GET", "files/file-1/content"),
        ("POST", "batches"),
        ("GET", "batches"),
        ("GET", "batches/batch_1"),
        ("POST", "batches/batch_1/cancel"),
    ],
)
async def test_every_door_asks_for_a_key(here: Here, method: str, path: str) -> None:
    assert (await ask(here, method, path))[0] == 401


def test_every_line_is_answered_and_charged_once_though_the_server_is_killed(tmp_path: Path) -> None:
    figures = work(tmp_path, lines=200, kills=3, seed=20261123)
    assert figures.faults == []
    assert len(figures.kills) == 3
    assert figures.answered + figures.maybe_charged == 200
    assert 0 < figures.maybe_charged <= 3 * 4, "some lines were in flight at each kill, and no more than those"
