"""Prepared statements mean what the same statements mean through SQLAlchemy, and fail as they do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import JSON, Boolean, Column, Integer, MetaData, Table, Text, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from pochoir.infra.db import Database
from pochoir.infra.prepared import Prepared

THINGS = Table(
    "things",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("name", Text, unique=True),
    Column("facts", JSON),
    Column("free", Boolean),
)
ADD = Prepared(insert(THINGS))
RENAME = Prepared(update(THINGS).where(THINGS.c.name == bindparam("known")))
FIND = Prepared(select(THINGS.c.name, THINGS.c.free).where(THINGS.c.name == bindparam("asked")))


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    db = Database(f"sqlite:///{tmp_path}/things.sqlite")
    async with db.transaction() as conn:
        await conn.exec_driver_sql(
            "CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT UNIQUE, facts JSON, free BOOLEAN)"
        )
    yield db
    await db.close()


async def test_values_are_stored_as_sqlalchemy_stores_them(db: Database) -> None:
    async with db.transaction() as conn:
        row = {"name": "brush", "facts": {"hairs": [1, 2]}, "free": True}
        assert await ADD.run(conn, row, {"name": "roller", "facts": None, "free": False}) == 2
        await conn.execute(insert(THINGS), {"name": "sponge", "facts": {"hairs": [1, 2]}, "free": True})
    async with db.reading() as conn:
        rows = (await conn.execute(select(THINGS).order_by(THINGS.c.id))).mappings().all()
        raw = (await conn.exec_driver_sql("SELECT facts, free FROM things ORDER BY id")).all()
        assert await FIND.first(conn, {"asked": "roller"}) == ("roller", 0)
        assert await FIND.first(conn, {"asked": "nail"}) is None
    assert [row["facts"] for row in rows] == [{"hairs": [1, 2]}, None, {"hairs": [1, 2]}]
    assert raw[0] == raw[2]


async def test_an_update_says_how_many_rows_it_changed(db: Database) -> None:
    async with db.transaction() as conn:
        await ADD.run(conn, {"name": "brush", "facts": None, "free": True})
        assert await RENAME.run(conn, {"known": "brush", "name": "broom"}) == 1
        assert await RENAME.run(conn, {"known": "brush", "name": "broom"}) == 0


async def test_a_failure_is_sqlalchemys_rolls_back_and_leaves_the_writer_usable(db: Database) -> None:
    async def twice() -> None:
        async with db.transaction() as conn:
            await ADD.run(conn, {"name": "brush", "facts": None, "free": True})
            await ADD.run(conn, {"name": "brush", "facts": None, "free": True})

    with pytest.raises(IntegrityError):
        await twice()
    async with db.transaction() as conn:
        assert await FIND.first(conn, {"asked": "brush"}) is None
        assert await ADD.run(conn, {"name": "brush", "facts": None, "free": True}) == 1
