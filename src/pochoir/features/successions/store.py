"""SQL of successions. Private to the successions service."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Table, Text, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from pochoir.domain.catalog import FallbackRule, Succession
from pochoir.infra.db import metadata

successions = Table(
    "successions",
    metadata,
    Column("name", Text, primary_key=True),
    Column("model", Text, nullable=False),
    Column("at_once", Boolean, nullable=False),
    Column("created", Text, nullable=False),
)

fallbacks = Table(
    "fallbacks",
    metadata,
    Column("name", Text, primary_key=True),
    Column("model", Text, nullable=False),
    Column("even_if_charged", Boolean, nullable=False),
    Column("created", Text, nullable=False),
)


async def all_rows(conn: AsyncConnection) -> list[Succession]:
    rows = await conn.execute(select(successions).order_by(successions.c.name))
    return [Succession(row.name, row.model, row.at_once, row.created) for row in rows]


async def put(conn: AsyncConnection, rule: Succession) -> None:
    await remove(conn, rule.name)
    await conn.execute(
        insert(successions).values(name=rule.name, model=rule.model, at_once=rule.at_once, created=rule.created)
    )


async def remove(conn: AsyncConnection, name: str) -> int:
    return (await conn.execute(delete(successions).where(successions.c.name == name))).rowcount


async def all_fallbacks(conn: AsyncConnection) -> list[FallbackRule]:
    rows = await conn.execute(select(fallbacks).order_by(fallbacks.c.name))
    return [FallbackRule(row.name, row.model, row.even_if_charged, row.created) for row in rows]


async def put_fallback(conn: AsyncConnection, rule: FallbackRule) -> None:
    await remove_fallback(conn, rule.name)
    await conn.execute(
        insert(fallbacks).values(
            name=rule.name, model=rule.model, even_if_charged=rule.even_if_charged, created=rule.created
        )
    )


async def remove_fallback(conn: AsyncConnection, name: str) -> int:
    return (await conn.execute(delete(fallbacks).where(fallbacks.c.name == name))).rowcount
