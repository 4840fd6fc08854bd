"""Runs of threads survive kill -9: each ends, with its image in its thread once, or says what may have been charged."""

from __future__ import annotations

import asyncio
import random
import signal
import sqlite3
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from bench.batch import COST, MODEL, Pochoir, Provider

SEED = 20261123
ROUNDS = 4
RUNS = 30
"""So many are begun in each round, all at once."""
ENDED = {"completed", "failed", "cancelled", "expired"}


async def ask(session: aiohttp.ClientSession, url: str, body: Any = None, **headers: str) -> Any:
    async with session.request("GET" if body is None else "POST", url, json=body, headers=headers) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.json()


async def begin(session: aiohttp.ClientSession, base: str, assistant: str, prompt: str) -> Any:
    """The prompt is the key as well: sent again after a kill, it begins nothing twice."""
    body = {"assistant_id": assistant, "thread": {"messages": [{"role": "user", "content": prompt}]}}
    return await ask(session, f"{base}/threads/runs", body, **{"Idempotency-Key": prompt})


async def one_round(base: str, assistant: str, prompts: list[str]) -> None:
    async with aiohttp.ClientSession() as session:
        tries = [begin(session, base, assistant, prompt) for prompt in prompts]
        for outcome in await asyncio.gather(*tries, return_exceptions=True):
            if isinstance(outcome, Exception):
                assert isinstance(outcome, aiohttp.ClientError), "only the kill may come between"


async def outcome(session: aiohttp.ClientSession, base: str, assistant: str, prompt: str) -> tuple[Any, list[bytes]]:
    """The run of a prompt at its end, and the images that its thread shows."""
    run = await begin(session, base, assistant, prompt)
    where = f"{base}/threads/{run['thread_id']}"
    async with asyncio.timeout(60):
        while run["status"] not in ENDED:
            await asyncio.sleep(0.02)
            run = await ask(session, f"{where}/runs/{run['id']}")
    images = []
    for message in (await ask(session, f"{where}/messages?run_id={run['id']}"))["data"]:
        for part in message["content"]:
            async with session.get(f"{base}/files/{part['image_file']['file_id']}/content") as answer:
                images.append(await answer.read())
    return run, images


async def outcomes(base: str, assistant: str, prompts: list[str]) -> list[tuple[Any, list[bytes]]]:
    async with aiohttp.ClientSession() as session:
        return await asyncio.gather(*(outcome(session, base, assistant, prompt) for prompt in prompts))


def rows(folder: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(folder / "pochoir.sqlite")) as connection:
        return connection.execute(query).fetchall()


@pytest.mark.filterwarnings("ignore:deprecated$:DeprecationWarning")
def test_every_run_ends_and_no_image_is_lost_or_paid_twice(tmp_path: Path) -> None:
    provider, chance, prompts = Provider(2048), random.Random(SEED), list[str]()
    with provider.running() as upstream:
        server = Pochoir(tmp_path, upstream, 4)
        try:
            with server.start() as client:
                tool: Any = {"type": "image_generation", "size": "1024x1024", "quality": "low"}
                assistant = client.beta.assistants.create(model=MODEL, tools=[tool]).id
                base = str(client.base_url).rstrip("/")
            for number in range(ROUNDS):
                fresh = [f"Fox {number}-{place}" for place in range(RUNS)]
                prompts += fresh
                base = killed_in(server, base, assistant, fresh, chance.uniform(0.05, 0.4))
            ends = asyncio.run(outcomes(base, assistant, prompts))
        finally:
            server.stop(signal.SIGTERM)
    done = [run for run, _ in ends if run["status"] == "completed"]
    cut = [run for run, _ in ends if run["status"] == "failed"]
    assert len(done) + len(cut) == len(prompts)
    assert all("may have been charged" in run["last_error"]["message"] for run in cut)
    assert cut, "no call was cut off; kill later, or let the provider take longer"
    assert [len(images) for run, images in ends] == [int(run["status"] == "completed") for run, _ in ends]
    pictures = [images[0] for _, images in ends if images]
    assert len(set(pictures)) == len(pictures), "each thread shows its own image"
    assert max(provider.asked.values()) == 1, "nothing was sent twice"
    check_money(tmp_path, provider, len(done), len(cut))
    assert {run["pochoir"]["charge_microusd"] for run in done} == {COST}


def killed_in(server: Pochoir, base: str, assistant: str, prompts: list[str], seconds: float) -> str:
    """Begin runs, kill the server while they are under way, start it again; its address then."""

    async def work() -> None:
        going = asyncio.create_task(one_round(base, assistant, prompts))
        await asyncio.sleep(seconds)
        await asyncio.to_thread(server.stop, signal.SIGKILL)
        await going

    asyncio.run(work())
    time.sleep(0.05)
    with server.start() as client:
        return str(client.base_url).rstrip("/")


def check_money(folder: Path, provider: Provider, done: int, cut: int) -> None:
    assert rows(folder, "select count(*), sum(amount_microusd) from ledger") == [(done, done * COST)]
    states = Counter(dict(rows(folder, "select state, count(*) from attempts group by state")))
    assert states == Counter(stored=done, unknown=cut)
    assert done <= provider.asked.total() <= done + cut
    assert rows(folder, "select count(*) from reservations") == [(0,)]
    assert rows(folder, "select state, count(*) from thread_runs group by state") == [
        ("completed", done),
        ("failed", cut),
    ]
