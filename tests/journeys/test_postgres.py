"""The main job on PostgreSQL: migrate, make a tool, run it, be killed in the middle, charge everything once."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import pytest
from sqlalchemy import text, update

from journeys import postgres
from journeys.serving import POCHOIR, running_upstream, serving
from pochoir.domain.errors import BudgetExceeded, Conflict, InvalidValue, TooManyRequests, Unavailable
from pochoir.domain.images import Size
from pochoir.domain.money import Charge, MicroUSD, QuoteLine, Usage
from pochoir.features.accounts.service import AccountsService
from pochoir.features.images import store
from pochoir.features.images.artifact import Artifact, Search
from pochoir.features.images.library import Library
from pochoir.features.images.retention import Limits, Retention
from pochoir.features.metering.service import MeteringService, NewEntry
from pochoir.infra import lock
from pochoir.infra.blobs import Blobs
from pochoir.infra.clock import Clock
from pochoir.infra.db import Database, migrate
from pochoir.infra.lock import database_lock
from upstream.faults import KEY

SENTENCE = "Three square product shots of our new sneaker on a pastel background"

pytestmark = pytest.mark.skipif(
    postgres.programs() is None, reason="PostgreSQL is not installed. Run: sh checks/install-system.sh"
)


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.Postgres]:
    with postgres.running(
        (
            "plain",
            "plain_durable",
            "killed",
            "killed_durable",
            "keys",
            "threads",
            "threads_durable",
            "held",
            "allotted",
            "images",
        )
    ) as started:
        yield started


def rows(server: postgres.Postgres, name: str, query: LiteralString) -> list[tuple[Any, ...]]:
    with psycopg.connect(f"postgresql://{server.address}/{name}") as connection:
        return connection.execute(query).fetchall()


def test_the_main_job_by_command(server: postgres.Postgres, tmp_path: Path) -> None:
    with running_upstream() as upstream:
        keys = {"OPENAI_BASE_URL": upstream.base_url, "OPENAI_API_KEY": KEY}
        with serving(tmp_path, {**server.environment("plain"), **keys}) as pochoir:
            pochoir.command("tool", "new", SENTENCE)
            done = pochoir.command(
                "tool", "run", "product-shots", "--input", "product=boots", "--out", str(tmp_path / "out")
            )
            assert len(list((tmp_path / "out").glob("*.png"))) == 3, done.stdout
            pochoir.command("generate", "a red kite", "--model", "gpt-image-1-mini", "-o", str(tmp_path / "kite.png"))
            ledger = json.loads(pochoir.command("ledger", "--json").stdout)
    assert (tmp_path / "kite.png").stat().st_size > 0
    assert not (tmp_path / "pochoir.sqlite").exists()
    booked = rows(server, "plain", "SELECT model, images, amount_microusd > 0 FROM ledger ORDER BY id")
    assert booked == [("pochoir-sketch", 1, False)] * 3 + [("gpt-image-1-mini", 1, True)]
    assert len(ledger["entries"] if isinstance(ledger, dict) else ledger) == 4
    assert rows(server, "plain", "SELECT count(*) FROM reservations") == [(0,)]


def ask(link: str, path: str, body: object = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(link + path, data, {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def page(link: str, path: str) -> str:
    with urllib.request.urlopen(link + path, timeout=30) as answer:
        return str(answer.read().decode())


def wait_until(said: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not said():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.05)


def test_a_second_server_is_refused_the_database(server: postgres.Postgres, tmp_path: Path) -> None:
    environment = server.environment("plain")
    (tmp_path / "other").mkdir()
    with serving(tmp_path / "one", environment) as first:
        second = subprocess.run(
            [str(POCHOIR), "serve", "--port", "0", "--data", str(tmp_path / "other")],
            env=first.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert second.returncode == 2
        assert "Another Pochoir server uses this database. Stop that one first" in second.stderr
    with serving(tmp_path / "other", environment) as second_now:
        assert ask(second_now.link, "/v1/models")["data"]


def test_the_lock_of_a_database_outlives_its_restart(
    server: postgres.Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "LOOK_SECONDS", 0.05)
    url = server.environment("keys")["POCHOIR_DATABASE_URL"]
    holders: LiteralString = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted"
    with database_lock(url):
        [(before,)] = rows(server, "keys", holders)
        rows(server, "keys", "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'")
        wait_until(lambda: rows(server, "keys", holders) not in ([], [(before,)]))
        with pytest.raises(Conflict, match="Another Pochoir server"), database_lock(url, patience=0):
            raise AssertionError("somebody holds it")
    wait_until(lambda: rows(server, "keys", holders) == [])


def test_a_database_that_is_away_is_said(tmp_path: Path) -> None:
    with (
        pytest.raises(Unavailable, match="correct POCHOIR_DATABASE_URL"),
        database_lock("postgresql+psycopg://127.0.0.1:9/x"),
    ):
        raise AssertionError("nobody listens there")


def test_an_assistant_draws_in_its_thread(server: postgres.Postgres, tmp_path: Path) -> None:
    with serving(tmp_path, server.environment("threads")) as pochoir:
        v1 = "/v1/threads"
        assistant = ask(pochoir.link, "/v1/assistants", {"model": "pochoir-sketch"})["id"]
        thread = {"messages": [{"role": "user", "content": word} for word in ("A star", "In red")]}
        run = ask(pochoir.link, f"{v1}/runs", {"assistant_id": assistant, "thread": thread})
        where = f"{v1}/{run['thread_id']}"
        wait_until(lambda: ask(pochoir.link, f"{where}/runs/{run['id']}")["status"] == "completed")
        messages = ask(pochoir.link, f"{where}/messages?order=asc")["data"]
        earlier = ask(pochoir.link, f"{where}/messages?order=asc&limit=1&before={messages[2]['id']}")
        assert ask(pochoir.link, f"{where}/messages?run_id=%00")["data"] == []
        photo = {"role": "user", "content": [{"type": "image_file", "image_file": {"file_id": "img_\0"}}]}
        star = {"prompt": "A \0 star"}
        for path, body in (
            ("/v1/files/%00", None),
            ("/v1/batches?after=%00", None),
            (v1, {"messages": [photo]}),
            ("/v1/images/generations", star),
        ):
            with pytest.raises(urllib.error.HTTPError) as refused:
                ask(pochoir.link, path, body)
            assert refused.value.code == 400
            refused.value.close()
        page(pochoir.link, "/images?q=star")
        image = messages[2]["content"][0]["image_file"]["file_id"]
        assert ask(pochoir.link, f"/v1/files/{image}")["purpose"] == "assistants_output"
    assert (earlier["data"], earlier["has_more"]) == ([messages[1]], True)
    assert rows(server, "threads", "SELECT state, thread FROM thread_runs") == [("completed", run["thread_id"])]


def test_a_run_goes_on_after_kill_9_and_charges_once(server: postgres.Postgres, tmp_path: Path) -> None:
    with running_upstream() as upstream:
        keys = {"OPENAI_BASE_URL": upstream.base_url, "OPENAI_API_KEY": KEY}
        with serving(tmp_path, {**server.environment("killed"), **keys}) as pochoir:
            pochoir.command("tool", "new", "Six product shots of our new sneaker with gpt-image-1-mini, low quality")
            upstream.faults.extend(["slow 0.2"] * 12)
            body = {"inputs": {"product": "boots"}}
            run = ask(pochoir.link, "/api/tools/product-shots/runs", body)["id"]
            wait_until(lambda: len(upstream.seen) >= 4)
            pochoir.stop(signal.SIGKILL)
            pochoir.start()
            wait_until(lambda: ask(pochoir.link, f"/api/runs/{run}")["state"] in {"succeeded", "failed"})
    stored = rows(server, "killed", "SELECT count(*) FROM artifacts WHERE attempt IS NOT NULL")[0][0]
    booked = rows(server, "killed", "SELECT count(*), count(DISTINCT key) FROM ledger")[0]
    unknown = rows(server, "killed", "SELECT count(*) FROM attempts WHERE state = 'unknown'")[0][0]
    assert booked == (stored, stored)
    assert stored >= 1
    assert unknown >= 1, "what was in flight is said to be perhaps charged, and not sent again"
    assert stored <= len(upstream.seen) <= stored + unknown, "an attempt may be cut off before it is sent"
    assert rows(server, "killed", "SELECT count(*) FROM reservations") == [(0,)]


async def test_processes_count_a_keys_requests_together(server: postgres.Postgres, tmp_path: Path) -> None:
    url = server.environment("keys")["POCHOIR_DATABASE_URL"]
    migrate(url)
    clock = Clock(lambda: 1_795_435_200_000_000_000)
    databases = [Database(url) for _ in range(3)]
    accounts = [AccountsService(database, clock) for database in databases]
    key, secret = await accounts[0].create_key("shop")
    await accounts[0].limits.put(key.id, requests=7, images=None)
    known = await accounts[1].verify_key(secret)
    takes = [service.limits.take(known, "requests") for service in accounts for _ in range(5)]
    results = await asyncio.gather(*takes, return_exceptions=True)
    assert [type(result) for result in results if result is not None] == [TooManyRequests] * 8
    standing = await accounts[2].limits.standing(known, "requests")
    assert standing is not None
    assert (standing.limit, standing.remaining) == (7, 0)
    for database in databases:
        await database.close()


async def test_a_start_beside_more_lines_with_providers_than_a_statement_can_name(server: postgres.Postgres) -> None:
    url = server.environment("held")["POCHOIR_DATABASE_URL"]
    await asyncio.to_thread(migrate, url)
    db = Database(url)
    metering = MeteringService(db, Clock())
    for key in ("dead", "line-7"):
        await metering.reserve(key, MicroUSD(1))
    assert await metering.release_others([f"line-{number}" for number in range(70_000)]) == 1
    await db.close()
    assert rows(server, "held", "SELECT key FROM reservations") == [("line-7",)]


async def test_a_run_holds_its_price(server: postgres.Postgres) -> None:
    url = server.environment("allotted")["POCHOIR_DATABASE_URL"]
    await asyncio.to_thread(migrate, url)
    db = Database(url)
    metering = MeteringService(db, Clock())
    await metering.set_budget(MicroUSD(100))
    await metering.set_budget(MicroUSD(70), "key")
    await metering.allot("run", MicroUSD(60), 2, most=MicroUSD(60), api_key="key")
    with pytest.raises(BudgetExceeded):
        await metering.reserve("besides", MicroUSD(41))
    await metering.reserve("one", MicroUSD(30), "key", "run")
    charge = Charge((QuoteLine("Image", 1, Decimal(35), MicroUSD(35), True),), Usage(), "")
    await metering.book(NewEntry("one", charge, MicroUSD(30), "m", None, "run", "run", None, 1, False, "", "key"))
    await metering.reserve("two", MicroUSD(30), "key", "run")
    budgets = [await metering.budget(), await metering.budget("key")]
    assert [(budget.spent, budget.reserved) for budget in budgets if budget] == [(35, 30), (35, 30)]
    with pytest.raises(BudgetExceeded, match="of the tool's limit"):
        await metering.reserve("three", MicroUSD(30), "key", "run")
    await metering.release("two")
    await metering.settle("run")
    after = await metering.budget()
    assert after is not None
    assert after.reserved == 0
    await db.close()


@pytest.mark.parametrize("kind", ["postgresql", "sqlite"])
async def test_a_nul_in_an_images_words_breaks_no_search_and_no_sweep(
    server: postgres.Postgres, tmp_path: Path, clock: Clock, kind: str
) -> None:
    there = server.environment("images")["POCHOIR_DATABASE_URL"]
    url = there if kind == "postgresql" else f"sqlite:///{tmp_path / 'test.sqlite'}"
    migrate(url)
    db = Database(url)
    library = Library(db, clock, Blobs(tmp_path / "blobs"), tmp_path / "thumbnails")
    given = ("image/png", Size(8, 8), 1, "2026-01-01T00:00:00.000Z")
    told: list[dict[str, Any]] = [
        {"asker": "api", "prompt": "a fox", "revised_prompt": "a \0red fox", "notes": ["\0"], "\0": 1},
        {"asker": "api", "prompt": "an old fox"},
        {"asker": "api", "prompt": "a fox"},
        {"asker": "api", "prompt": "the letters \\u0000 and \\\\u0000", "revised_prompt": "a \\ \\\0"},
        {"asker": "api", "prompt": "a kite"},
    ]
    first, old, other, letters, kite = [
        Artifact(f"img_{number}", f"{number}" * 64, *given, "generated", provenance=words)
        for number, words in enumerate(told)
    ]
    async with db.transaction() as conn:
        await store.add_artifacts(conn, [first, old, other, letters, kite])
        for row, words in ((old, "an old \0 fox"), (kite, "a kite \\\\\0")):  # as was written before it was refused
            written = {"asker": "api", "prompt": words}
            await conn.execute(update(store.artifacts).where(store.artifacts.c.id == row.id).values(provenance=written))
    assert [item.id for item in await library.search(Search("red fox"), 9)] == [first.id]
    assert [item.id for item in await library.search(Search("fox"), 9)] == [other.id, first.id]
    assert {item.id for item in await library.like(Search("fox"), 9)} == {other.id, first.id}
    assert [item.id for item in await library.search(Search("letters \\u0000"), 9)] == [letters.id]
    assert [item.id for item in await library.search(Search("kite"), 9)] == []
    retention = Retention(db, clock, library)
    await retention.set_limits(Limits(made=1))
    assert await retention.sweep() == 3
    await db.close()


async def test_what_postgresql_says_of_a_nul_is_a_sentence(server: postgres.Postgres) -> None:
    db = Database(server.environment("keys")["POCHOIR_DATABASE_URL"])
    for query in ("SELECT CAST(:given AS json) ->> 'a'", "SELECT CAST(:given AS jsonb)"):
        with pytest.raises(InvalidValue, match=r"NUL character.*Leave it out\.$"):
            async with db.reading() as conn:
                await conn.execute(text(query), {"given": '{"a": "\\u0000"}'})
    await db.close()
