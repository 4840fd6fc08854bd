"""SQL of connections. Private to the connections service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import JSON, Column, LargeBinary, RowMapping, Table, Text, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from pochoir.infra.db import metadata

connections = Table(
    "connections",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False, unique=True),
    Column("secret", LargeBinary),
    Column("settings", JSON, nullable=False),
    Column("created", Text, nullable=False),
    Column("updated", Text, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Row:
    """A connection as stored; `secret` is sealed."""

    id: str
    kind: str
    name: str
    secret: bytes | None = field(repr=False)
    settings: Mapping[str, str]
    created: str
    updated: str


async def all_rows(conn: AsyncConnection) -> list[Row]:
    rows = await conn.execute(select(connections).order_by(connections.c.kind, connections.c.name))
    return [_row(row) for row in rows.mappings()]


async def by_name(conn: AsyncConnection, name: str) -> Row | None:
    row = (await conn.execute(select(connections).where(connections.c.name == name))).mappings().first()
    return _row(row) if row else None


async def add(conn: AsyncConnection, row: Row) -> None:
    await conn.execute(
        insert(connections).values(
            id=row.id,
            kind=row.kind,
            name=row.name,
            secret=row.secret,
            settings=dict(row.settings),
            created=row.created,
            updated=row.updated,
        )
    )


async def change(
    conn: AsyncConnection, row_id: str, *, secret: bytes | None, settings: Mapping[str, str], at: str
) -> None:
    await conn.execute(
        update(connections).where(connections.c.id == row_id).values(secret=secret, settings=dict(settings), updated=at)
    )


async def remove(conn: AsyncConnection, row_id: str) -> int:
    return (await conn.execute(delete(connections).where(connections.c.id == row_id))).rowcount


def _row(row: RowMapping) -> Row:
    return Row(row["id"], row["kind"], row["name"], row["secret"], row["settings"], row["created"], row["updated"])
