"""SQL of retention: what is old, what holds a blob, and blobs on their way out. Private to the images feature."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Column, Table, Text, and_, cast, delete, func, insert, or_, select, update
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


@dataclass(frozen=True, slots=True)
class Over:
    """An image whose time is over, with the blobs that go with it."""

    id: str
    blob: str
    bytes: int
    ingredients: tuple[str, ...]


async def old(conn: Connection, *, made: str | None, uploaded: str | None) -> list[Over]:
    """Images older than that (ISO 8601; None: none of this kind) that belong to no run and are not pinned, oldest first."""
    kinds = []
    if made is not None:
        kinds.append(and_(artifacts.c.origin == "generated", provenance("asker") == "api", artifacts.c.created < made))
    if uploaded is not None:
        kinds.append(and_(artifacts.c.origin == "uploaded", artifacts.c.created < uploaded))
    if not kinds:
        return []
    query = select(artifacts.c.id, artifacts.c.blob, artifacts.c.bytes, artifacts.c.provenance)
    query = query.where(artifacts.c.run.is_(None), artifacts.c.pinned.is_(False), or_(*kinds))
    rows = await conn.execute(query.order_by(artifacts.c.id))
    return [
        Over(row.id, row.blob, row.bytes, tuple(item["blob"] for item in row.provenance.get("ingredients", ())))
        for row in rows
    ]


async def holders(conn: Connection, blobs: Sequence[str]) -> Counter[str]:
    """How many images need each of these blobs, as themselves or as an ingredient, those that are yet to come included."""
    found: Counter[str] = Counter()
    names = list(dict.fromkeys(blobs))
    for start in range(0, len(names), _PART):
        part = names[start : start + _PART]
        rows = await conn.execute(
            select(artifacts.c.blob, func.count()).where(artifacts.c.blob.in_(part)).group_by(artifacts.c.blob)
        )
        found.update({row[0]: row[1] for row in rows})
    wanted = set(names)
    given = select(artifacts.c.provenance["ingredients"]).where(
        cast(artifacts.c.provenance, Text).contains('"ingredients"')
    )
    for value in await conn.scalars(given):
        found.update(item["blob"] for item in value or () if item["blob"] in wanted)
    found.update(blob for blob in await awaited(conn) if blob in wanted)
    return found


async def awaited(conn: Connection) -> list[str]:
    """The ingredients of images that a provider's batch has yet to answer: their rows come within a day. See `deferred`."""
    signed = select(attempts.c.result["deferred"]["signed"]).where(
        attempts.c.state == "deferred", cast(attempts.c.result, Text).contains('"blob"')
    )
    return [item["blob"] for value in await conn.scalars(signed) for item in value or ()]


async def doom(conn: Connection, items: Sequence[Over], at: str) -> None:
    """Take rows away and write down which blobs may go. One transaction with what decided it."""
    for item in items:
        await conn.execute(delete(artifacts).where(artifacts.c.id == item.id))
    for blob in dict.fromkeys(name for item in items for name in (item.blob, *item.ingredients)):
        await settle(conn, blob)
        await conn.execute(insert(doomed_blobs).values(blob=blob, at=at))


async def doomed(conn: Connection) -> list[str]:
    return list(await conn.scalars(select(doomed_blobs.c.blob).order_by(doomed_blobs.c.at)))


async def settle(conn: Connection, blob: str) -> None:
    await conn.execute(delete(doomed_blobs).where(doomed_blobs.c.blob == blob))


async def pin(conn: Connection, artifact_id: str, *, pinned: bool) -> None:
    await conn.execute(update(artifacts).where(artifacts.c.id == artifact_id).values(pinned=pinned))
