"""What a statement cannot carry is refused in words; a defect of ours stays one."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import StatementError

from pochoir.domain.errors import InvalidValue
from pochoir.features.assistants.store import assistants
from pochoir.features.metering.store import ledger
from pochoir.infra.db import Database


def deep(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize("value", [2**64, "\ud800", {"\ud800": 1}, deep(300)])
async def test_json_that_cannot_be_written_is_refused_in_words(db: Database, value: Any) -> None:
    with pytest.raises(InvalidValue, match="cannot be stored"):
        async with db.transaction() as conn:
            await conn.execute(insert(assistants).values(id="a", data=value))
    async with db.reading() as conn:
        assert (await conn.execute(select(assistants))).all() == []


@pytest.mark.parametrize("value", [2**64, "\ud800"])
async def test_a_value_that_the_driver_cannot_send_is_refused_in_words(db: Database, value: Any) -> None:
    column = ledger.c.id if isinstance(value, int) else assistants.c.id
    with pytest.raises(InvalidValue, match="cannot be stored"):
        async with db.reading() as conn:
            await conn.execute(select(column).where(column == value))


async def test_a_value_that_only_our_code_can_have_made_is_a_defect(db: Database) -> None:
    with pytest.raises(StatementError, match="not JSON serializable"):
        async with db.transaction() as conn:
            await conn.execute(insert(assistants).values(id="a", data={"at": object()}))
