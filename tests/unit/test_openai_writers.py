"""Writers of the database queue in order; readers and other tasks are not held up."""

from __future__ import annotations

import asyncio
import sqlite3

import pytest
from sqlalchemy import make_url, text

from pochoir.domain.errors import Unavailable
from pochoir.infra import db as database
from pochoir.infra.db import Database


async def test_many_writers_at_once_all_get_their_turn(db: Database) -> None:
    async with db.transaction() as conn:
        await conn.execute(text("CREATE TABLE counter (n INTEGER)"))
        await conn.execute(text("INSERT INTO counter VALUES (0)"))

    async def add() -> None:
        async with db.transaction() as conn:
            seen = (await conn.execute(text("SELECT n FROM counter"))).scalar_one()
            await asyncio.sleep(0)
            await conn.execute(text("UPDATE counter SET n = :n"), {"n": seen + 1})

    await asyncio.gather(*(add() for _ in range(50)))
    async with db.reading() as conn:
        assert (await conn.execute(text("SELECT n FROM counter"))).scalar_one() == 50


async def test_a_reader_does_not_wait_for_a_writer(db: Database) -> None:
    async def read() -> int:
        async with db.reading() as conn:
            return int((await conn.execute(text("SELECT 1"))).scalar_one())

    async with db.transaction():
        assert await asyncio.create_task(read()) == 1


async def test_a_writer_whose_turn_does_not_come_is_told(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "WAIT_SECONDS", 0.05)

    async def write() -> None:
        async with db.transaction():
            pass

    async with db.transaction():
        with pytest.raises(Unavailable, match="busy"):
            await asyncio.create_task(write())
    await write()


async def test_another_process_that_writes_is_waited_for_with_the_loop_free(db: Database) -> None:
    other = sqlite3.connect(str(make_url(db.url).database), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    began = asyncio.Event()

    async def write() -> None:
        async with db.transaction() as conn:
            began.set()
            await conn.execute(text("CREATE TABLE late (n INTEGER)"))

    task = asyncio.create_task(write())
    for _ in range(5):
        await asyncio.sleep(0.01)
    assert not began.is_set()
    other.execute("COMMIT")
    other.close()
    await task
    assert began.is_set()


async def test_reading_again_and_again_lets_others_go_on(db: Database) -> None:
    done = asyncio.Event()

    async def other() -> None:
        done.set()

    task = asyncio.create_task(other())
    for _ in range(100):
        async with db.reading() as conn:
            await conn.execute(text("SELECT 1"))
        if done.is_set():
            break
    assert done.is_set()
    await task
