"""SQL of retention: what is old, what holds a blob, and blobs on their way out. Private to the images feature."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Column, ColumnElement, Table, Text, and_, cast, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection as Connection

from pochoir.features.images.store import artifacts, attempts, provenance
from pochoir.infra.db import metadata

__all__ = ["Connection", "Over", "awaited", "doom", "doomed", "holders", "old", "pin", "settle"]

doomed_blobs = Table(
    "doomed_blobs",
    metadata,
    Column("blob", Text, primary_key=True),
    Column("at", Text, nullable=False),
)
_PART = 200
_PAGE = 5_000
"""Rows of a large table that one statement looks through."""


@dataclass(frozen=True, slots=True)
class Over:
    """An image whose time is over, with the blobs that go with it."""

    id: str
    blob: str
    bytes: int
    ingredients: tuple[str, ...]


async def old(
    conn: Connection, *, made: str | None, uploaded: str | None, after: str, most: int
) -> tuple[list[Over], str | None]:
    """Those of the next images that are older (ISO 8601; None: none of this kind), belong to no run and are not pinned.

    Looks at `most` images that come after the id `after`, and gives the last one's id: None where there are no more.
    """
    kinds = []
    if made is not None:
        kinds.append(and_(artifacts.c.origin == "generated", provenance("asker") == "api", artifacts.c.created < made))
    if uploaded is not None:
        kinds.append(and_(artifacts.c.origin == "uploaded", artifacts.c.created < uploaded))
    last = await _last(conn, artifacts.c.id, after, most)
    if not kinds or last is None:
        return [], None
    query = select(artifacts.c.id, artifacts.c.blob, artifacts.c.bytes, artifacts.c.provenance)
    query = query.where(artifacts.c.id > after, artifacts.c.id <= last, artifacts.c.pinned.is_(False), or_(*kinds))
    query = query.where(func.coalesce(artifacts.c.run, "") == "")  # not by its index, which would read all at each page
    rows = await conn.execute(query.order_by(artifacts.c.id))
    found = [
        Over(row.id, row.blob, row.bytes, tuple(item["blob"] for item in row.provenance.get("ingredients", ())))
        for row in rows
    ]
    return found, last


async def _last(conn: Connection, ids: Column[str], after: str, most: int) -> str | None:
    """The last of the next `most` ids; None when there are none."""
    following = select(ids).where(ids > after).order_by(ids).limit(most).subquery()
    last: str | None = await conn.scalar(select(func.max(following.c.id)))
    return last


async def _pages(conn: Connection, ids: Column[str]) -> AsyncIterator[ColumnElement[bool]]:
    """A table page by page, each as a condition. Others have their turn in between."""
    after = ""
    while (last := await _last(conn, ids, after, _PAGE)) is not None:
        yield and_(ids > after, ids <= last)
        after = last
        await asyncio.sleep(0)


async def holders(conn: Connection, blobs: Sequence[str]) -> Counter[str]:
    """How many images need each of these blobs, as themselves or as an ingredient. Looks at every image."""
    found: Counter[str] = Counter()
    names = list(dict.fromkeys(blobs))
    if not names:
        return found
    for start in range(0, len(names), _PART):
        part = names[start : start + _PART]
        rows = await conn.execute(
            select(artifacts.c.blob, func.count()).where(artifacts.c.blob.in_(part)).group_by(artifacts.c.blob)
        )
        found.update({row[0]: row[1] for row in rows})
        await asyncio.sleep(0)
    wanted = set(names)
    async for page in _pages(conn, artifacts.c.id):
        given = select(artifacts.c.provenance["ingredients"]).where(
            page, cast(artifacts.c.provenance, Text).contains('"ingredients"')
        )
        for value in await conn.scalars(given):
            found.update(item["blob"] for item in value or () if item["blob"] in wanted)
    return found


async def awaited(conn: Connection) -> set[str]:
    """The ingredients of images that a provider's batch has yet to answer: their rows come within a day. See `deferred`."""
    found: set[str] = set()
    async for page in _pages(conn, attempts.c.id):
        signed = select(attempts.c.result["deferred"]["signed"]).where(
            page, attempts.c.state == "deferred", cast(attempts.c.result, Text).contains('"blob"')
        )
        for value in await conn.scalars(signed):
            found.update(item["blob"] for item in value or ())
    return found


async def doom(conn: Connection, items: Sequence[Over], at: str) -> None:
    """Take rows away and write down which blobs may go. One transaction with what decided it."""
    if not items:
        return
    await conn.execute(delete(artifacts).where(artifacts.c.id.in_([item.id for item in items])))
    blobs = list(dict.fromkeys(name for item in items for name in (item.blob, *item.ingredients)))
    for start in range(0, len(blobs), _PART):
        part = blobs[start : start + _PART]
        await conn.execute(delete(doomed_blobs).where(doomed_blobs.c.blob.in_(part)))
        await conn.execute(insert(doomed_blobs), [{"blob": blob, "at": at} for blob in part])


async def doomed(conn: Connection, *, after: str = "", most: int = 1) -> list[str]:
    """Up to `most` of the blobs that may go, by name, from the one after `after`."""
    names = select(doomed_blobs.c.blob).where(doomed_blobs.c.blob > after).order_by(doomed_blobs.c.blob).limit(most)
    return list(await conn.scalars(names))


async def settle(conn: Connection, blob: str) -> None:
    await conn.execute(delete(doomed_blobs).where(doomed_blobs.c.blob == blob))


async def pin(conn: Connection, artifact_id: str, *, pinned: bool) -> None:
    await conn.execute(update(artifacts).where(artifacts.c.id == artifact_id).values(pinned=pinned))
