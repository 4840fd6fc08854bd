"""SQL of the ledger, reservations, allotments and budgets. Private to the metering service."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Integer,
    RowMapping,
    Table,
    Text,
    bindparam,
    delete,
    func,
    insert,
    select,
    true,
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
    Column("run", Text),
)

allotments = Table(
    "allotments",
    metadata,
    Column("run", Text, primary_key=True),
    Column("api_key", Text),
    Column("amount_microusd", BigInteger, nullable=False),
    Column("most_microusd", BigInteger),
    Column("images", BigInteger, nullable=False),
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


async def rows(
    conn: AsyncConnection, *, run: str | None, before: int | None, limit: int, key: str | None = None
) -> list[RowMapping]:
    query = select(ledger).order_by(ledger.c.id.desc()).limit(limit)
    if run is not None:
        query = query.where(ledger.c.run == run)
    if before is not None:
        query = query.where(ledger.c.id < before)
    if key is not None:
        query = query.where(ledger.c.key == key)
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


async def reserve(conn: AsyncConnection, key: str, amount: int, at: str, api_key: str | None, run: str | None) -> None:
    await _RESERVE.run(conn, {"key": key, "amount_microusd": amount, "at": at, "api_key": api_key, "run": run})


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
    """What requests in flight hold, and what the allotments of open runs hold besides."""
    query = select(func.coalesce(func.sum(reservations.c.amount_microusd), 0))
    if api_key is not None:
        query = query.where(reservations.c.api_key == api_key)
    held = int((await conn.execute(query)).scalar_one())
    return held + sum(
        one.left for one in await _allotments(conn, allotments.c.api_key == api_key if api_key else true())
    )


# -- allotments ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Allotment:
    """What a run holds of the budget in micro-dollars; `used`: what of it is charged, or held by requests in flight.

    `most`: what may be asked for in the run by its quotes, None for no limit; `asked`: what was. `images`: how many were
    quoted; `begun`: how many are made or asked for.
    """

    amount: int
    most: int | None
    used: int
    asked: int
    images: int
    begun: int

    @property
    def left(self) -> int:
        return max(0, self.amount - self.used)


async def allot(
    conn: AsyncConnection, run: str, amount: int, most: int | None, images: int, at: str, api_key: str | None
) -> None:
    held = {
        "run": run,
        "amount_microusd": amount,
        "most_microusd": most,
        "images": images,
        "at": at,
        "api_key": api_key,
    }
    await conn.execute(insert(allotments).values(held))


async def allotment(conn: AsyncConnection, run: str) -> Allotment | None:
    return next(iter(await _allotments(conn, allotments.c.run == run)), None)


async def settle(conn: AsyncConnection, run: str) -> None:
    await conn.execute(delete(allotments).where(allotments.c.run == run))


async def _allotments(conn: AsyncConnection, which: ColumnElement[bool]) -> list[Allotment]:
    runs = select(allotments.c.run)
    booked = (
        select(
            ledger.c.run,
            func.sum(ledger.c.amount_microusd).label("charged"),
            func.sum(ledger.c.quoted_microusd).label("quoted"),
            func.sum(ledger.c.images).label("made"),
        )
        .where(ledger.c.run.in_(runs))
        .group_by(ledger.c.run)
        .subquery()
    )
    flying = (
        select(
            reservations.c.run,
            func.sum(reservations.c.amount_microusd).label("held"),
            func.count().label("requests"),
        )
        .where(reservations.c.run.in_(runs))
        .group_by(reservations.c.run)
        .subquery()
    )
    query = (
        select(
            allotments.c.amount_microusd,
            allotments.c.most_microusd,
            allotments.c.images,
            *(func.coalesce(booked.c[name], 0) for name in ("charged", "quoted", "made")),
            *(func.coalesce(flying.c[name], 0) for name in ("held", "requests")),
        )
        .outerjoin(booked, booked.c.run == allotments.c.run)
        .outerjoin(flying, flying.c.run == allotments.c.run)
        .where(which)
    )
    return [
        Allotment(amount, most, int(charged + held), int(quoted + held), images, int(made + requests))
        for amount, most, images, charged, quoted, made, held, requests in await conn.execute(query)
    ]


# -- budgets ---------------------------------------------------------------------------------------------------------


async def budget(conn: AsyncConnection, scope: str) -> int | None:
    """The monthly limit in micro-dollars, or None."""
    found = await _BUDGET.first(conn, {"asked": scope})
    return None if found is None else int(found[0])


async def set_budget(conn: AsyncConnection, scope: str, monthly: int | None, at: str) -> None:
    await conn.execute(delete(budgets).where(budgets.c.scope == scope))
    if monthly is not None:
        await conn.execute(insert(budgets).values(scope=scope, monthly_microusd=monthly, updated=at))
