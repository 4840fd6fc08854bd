"""SQL of the ledger, reservations and budgets. Private to the metering service."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Integer,
    RowMapping,
    Table,
    Text,
    bindparam,
    delete,
    func,
    insert,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from pochoir.infra.db import metadata
from pochoir.infra.prepared import Prepared

ledger = Table(
    "ledger",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("key", Text, nullable=False, unique=True),
    Column("at", Text, nullable=False),
    Column("amount_microusd", BigInteger, nullable=False),
    Column("quoted_microusd", BigInteger, nullable=False),
    Column("model", Text, nullable=False),
    Column("snapshot", Text),
    Column("asker", Text, nullable=False),
    Column("run", Text),
    Column("path", Text),
    Column("images", BigInteger, nullable=False),
    Column("usage", JSON, nullable=False),
    Column("lines", JSON, nullable=False),
    Column("basis", Text, nullable=False),
    Column("estimated", Boolean, nullable=False),
    Column("note", Text, nullable=False),
    Column("api_key", Text),
)

reservations = Table(
    "reservations",
    metadata,
    Column("key", Text, primary_key=True),
    Column("api_key", Text),
    Column("amount_microusd", BigInteger, nullable=False),
    Column("at", Text, nullable=False),
)

budgets = Table(
    "budgets",
    metadata,
    Column("scope", Text, primary_key=True),
    Column("monthly_microusd", BigInteger, nullable=False),
    Column("updated", Text, nullable=False),
)

_PIECE = 500

_APPEND = Prepared(
    sqlite.insert(ledger).on_conflict_do_nothing(index_elements=["key"]),
    postgresql=postgresql.insert(ledger).on_conflict_do_nothing(index_elements=["key"]),
)
_RESERVE = Prepared(insert(reservations))
_RELEASE = Prepared(delete(reservations).where(reservations.c.key == bindparam("held")))
_BUDGET = Prepared(select(budgets.c.monthly_microusd).where(budgets.c.scope == bindparam("asked")))


async def append(conn: AsyncConnection, values: dict[str, Any]) -> bool:
    """Add a row unless one with its key stands; says whether it was added."""
    return bool(await _APPEND.run(conn, values))


async def rows(conn: AsyncConnection, *, run: str | None, before: int | None, limit: int) -> list[RowMapping]:
    query = select(ledger).order_by(ledger.c.id.desc()).limit(limit)
    if run is not None:
        query = query.where(ledger.c.run == run)
    if before is not None:
        query = query.where(ledger.c.id < before)
    return list((await conn.execute(query)).mappings())


async def total(
    conn: AsyncConnection,
    *,
    since: str | None = None,
    run: str | None = None,
    key: str | None = None,
    api_key: str | None = None,
) -> int:
    query = select(func.coalesce(func.sum(ledger.c.amount_microusd), 0))
    if since is not None:
        query = query.where(ledger.c.at >= since)
    if run is not None:
        query = query.where(ledger.c.run == run)
    if key is not None:
        query = query.where(ledger.c.key == key)
    if api_key is not None:
        query = query.where(ledger.c.api_key == api_key)
    return int((await conn.execute(query)).scalar_one())


async def by_day(conn: AsyncConnection, since: str) -> list[tuple[str, int, int]]:
    """Day, micro-dollars and images for every day with a charge since then."""
    day = func.substr(ledger.c.at, 1, 10)
    query = (
        select(day, func.sum(ledger.c.amount_microusd), func.sum(ledger.c.images))
        .where(ledger.c.at >= since)
        .group_by(day)
        .order_by(day)
    )
    return [(row[0], int(row[1]), int(row[2])) for row in await conn.execute(query)]


async def reserve(conn: AsyncConnection, key: str, amount: int, at: str, api_key: str | None) -> None:
    await _RESERVE.run(conn, {"key": key, "amount_microusd": amount, "at": at, "api_key": api_key})


async def release(conn: AsyncConnection, key: str) -> None:
    await _RELEASE.run(conn, {"held": key})


async def release_others(conn: AsyncConnection, keys: Collection[str]) -> int:
    """In pieces: a batch alone may hold 50,000 keys, and databases take only so many values in one statement."""
    kept = frozenset(keys)
    gone = [key for key in await conn.scalars(select(reservations.c.key)) if key not in kept]
    for start in range(0, len(gone), _PIECE):
        await conn.execute(delete(reservations).where(reservations.c.key.in_(gone[start : start + _PIECE])))
    return len(gone)


async def reserved(conn: AsyncConnection, api_key: str | None = None) -> int:
    query = select(func.coalesce(func.sum(reservations.c.amount_microusd), 0))
    if api_key is not None:
        query = query.where(reservations.c.api_key == api_key)
    return int((await conn.execute(query)).scalar_one())


async def budget(conn: AsyncConnection, scope: str) -> int | None:
    """The monthly limit in micro-dollars, or None."""
    found = await _BUDGET.first(conn, {"asked": scope})
    return None if found is None else int(found[0])


async def set_budget(conn: AsyncConnection, scope: str, monthly: int | None, at: str) -> None:
    await conn.execute(delete(budgets).where(budgets.c.scope == scope))
    if monthly is not None:
        await conn.execute(insert(budgets).values(scope=scope, monthly_microusd=monthly, updated=at))
