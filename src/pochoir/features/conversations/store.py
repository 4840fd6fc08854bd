"""SQL of conversations. Private to the conversations service."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, Boolean, Column, Table, Text, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from pochoir.infra.db import metadata

responses = Table(
    "responses",
    metadata,
    Column("id", Text, primary_key=True),
    Column("created", Text, nullable=False, index=True),
    Column("kept", Boolean, nullable=False),
    Column("data", JSON, nullable=False),
)


async def add(conn: AsyncConnection, response_id: str, created: str, data: dict[str, Any], *, kept: bool) -> None:
    await conn.execute(insert(responses).values(id=response_id, created=created, kept=kept, data=data))


async def one(conn: AsyncConnection, response_id: str, *, kept: bool = False) -> dict[str, Any] | None:
    """`kept`: only when it is to be kept. An id with a NUL, which some databases cannot even ask for, is none."""
    if "\0" in response_id:
        return None
    wanted = select(responses.c.data).where(responses.c.id == response_id)
    found: dict[str, Any] | None = await conn.scalar(wanted.where(responses.c.kept) if kept else wanted)
    return found


async def remove(conn: AsyncConnection, response_id: str) -> None:
    await conn.execute(delete(responses).where(responses.c.id == response_id))


async def forget_unkept(conn: AsyncConnection, before: str) -> None:
    """Remove what was not to be kept and was written before that time."""
    await conn.execute(delete(responses).where(responses.c.created < before, ~responses.c.kept))
