"""SQL of files. Private to the files service."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import BigInteger, Column, Row, Table, Text, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from pochoir.features.files.file import File
from pochoir.infra.db import metadata

files = Table(
    "files",
    metadata,
    Column("id", Text, primary_key=True),
    Column("blob", Text, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("filename", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("created", Text, nullable=False),
    Column("expires", Text),
    Column("holds", BigInteger, nullable=False),
)


async def add(conn: AsyncConnection, file: File) -> None:
    await conn.execute(
        insert(files).values(
            id=file.id,
            blob=file.blob,
            bytes=file.bytes,
            filename=file.filename,
            purpose=file.purpose,
            created=file.created,
            expires=file.expires,
            holds=file.holds,
        )
    )


async def one(conn: AsyncConnection, file_id: str) -> File | None:
    row = (await conn.execute(select(files).where(files.c.id == file_id))).first()
    return _file(row) if row else None


async def page(
    conn: AsyncConnection, *, now: str, purpose: str | None, after: str | None, limit: int, newest: bool
) -> list[File]:
    """Files that have not expired, in the order of their ids, which is that of time."""
    query = select(files).where(files.c.expires.is_(None) | (files.c.expires > now))
    if purpose is not None:
        query = query.where(files.c.purpose == purpose)
    if after is not None:
        query = query.where(files.c.id < after if newest else files.c.id > after)
    rows = await conn.execute(query.order_by(files.c.id.desc() if newest else files.c.id).limit(limit))
    return [_file(row) for row in rows]


async def expired(conn: AsyncConnection, now: str, limit: int) -> list[str]:
    """Ids of files whose time is over and that nothing reads any more."""
    query = select(files.c.id).where(files.c.expires <= now, files.c.holds == 0).limit(limit)
    return [row.id for row in await conn.execute(query)]


async def remove(conn: AsyncConnection, file_id: str) -> bool:
    """Whether it is gone now; False when something still reads it."""
    await conn.execute(delete(files).where(files.c.id == file_id, files.c.holds == 0))
    return await one(conn, file_id) is None


async def count_of_blob(conn: AsyncConnection, blob: str) -> int:
    return (await conn.execute(select(func.count()).select_from(files).where(files.c.blob == blob))).scalar_one()


async def blobs(conn: AsyncConnection) -> set[str]:
    return {row.blob for row in await conn.execute(select(files.c.blob).distinct())}


async def hold(conn: AsyncConnection, file_id: str, change: int) -> bool:
    """Whether there is such a file."""
    changed = await conn.execute(update(files).where(files.c.id == file_id).values(holds=files.c.holds + change))
    return bool(changed.rowcount)


async def there(conn: AsyncConnection, file_ids: Sequence[str], now: str) -> list[str]:
    """Those of the ids whose file is there, its time not over or held."""
    alive = files.c.expires.is_(None) | (files.c.expires > now) | (files.c.holds > 0)
    return list(await conn.scalars(select(files.c.id).where(files.c.id.in_(file_ids), alive)))


async def hold_all(conn: AsyncConnection, file_ids: Sequence[str], change: int) -> None:
    await conn.execute(update(files).where(files.c.id.in_(file_ids)).values(holds=files.c.holds + change))


def _file(row: Row[tuple[object, ...]]) -> File:
    return File(row.id, row.blob, row.bytes, row.filename, row.purpose, row.created, row.expires, row.holds)
