"""SQL of conversations. Private to the conversations service."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, Column, Table, Text, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from pochoir.infra.db import metadata

responses = Table(
    "responses",
    metadata,
    Column("id", Text, primary_key=True),
    Column("created", Text, nullable=False),
    Column("data", JSON, nullable=False),
)


async def add(conn: AsyncConnection, response_id: str, created: str, data: dict[str, Any]) -> None:
    await conn.execute(insert(responses).values(id=response_id, created=created, data=data))


async def one(conn: AsyncConnection, response_id: str) -> dict[str, Any] | None:
    found: dict[str, Any] | None = await conn.scalar(select(responses.c.data).where(responses.c.id == response_id))
    return found


async def remove(conn: AsyncConnection, response_id: str) -> int:
    return (await conn.execute(delete(responses).where(responses.c.id == response_id))).rowcount
