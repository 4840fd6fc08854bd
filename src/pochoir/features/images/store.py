"""SQL of attempts and artifacts. Private to the images service."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    RowMapping,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    case,
    cast,
    delete,
    func,
    insert,
    literal_column,
    not_,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from pochoir.domain.images import Size
from pochoir.features.images.artifact import Artifact, Attempt, Search
from pochoir.infra.db import metadata
from pochoir.infra.prepared import Prepared

attempts = Table(
    "attempts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("key", Text, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("asker", Text, nullable=False),
    Column("run", Text),
    Column("path", Text),
    Column("request_hash", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("snapshot", Text),
    Column("state", Text, nullable=False),
    Column("quoted_microusd", BigInteger, nullable=False),
    Column("started", Text, nullable=False),
    Column("finished", Text),
    Column("result", JSON),
    Column("error", Text, nullable=False),
    UniqueConstraint("key", "number", name="attempt_once"),
)

artifacts = Table(
    "artifacts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("blob", Text, nullable=False),
    Column("mime", Text, nullable=False),
    Column("width", BigInteger, nullable=False),
    Column("height", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("created", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("attempt", Text),
    Column("run", Text),
    Column("path", Text),
    Column("model", Text),
    Column("snapshot", Text),
    Column("provenance", JSON, nullable=False),
    Column("pinned", Boolean, nullable=False),
)

choices = Table(
    "image_choices",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", JSON, nullable=False),
    Column("updated", Text, nullable=False),
)

_ADD_ATTEMPT = Prepared(insert(attempts))
BOOKED = ("stored", "refused")
"""States of attempts whose outcome and charge are written down for good."""


def _in(states: tuple[str, ...]) -> ColumnElement[bool]:
    return or_(*(attempts.c.state == literal_column(f"'{state}'") for state in states))


_END_ATTEMPT = Prepared(update(attempts).where(attempts.c.id == bindparam("attempt"), _in(("sent", "deferred"))))
_BOOK_ATTEMPT = Prepared(update(attempts).where(attempts.c.id == bindparam("attempt"), not_(_in(BOOKED))))
_ADD_ARTIFACT = Prepared(insert(artifacts))


async def attempts_of(conn: AsyncConnection, key: str) -> list[Attempt]:
    rows = await conn.execute(select(attempts).where(attempts.c.key == key).order_by(attempts.c.number))
    return [_attempt(row) for row in rows.mappings()]


async def attempts_of_run(conn: AsyncConnection, run: str) -> list[Attempt]:
    rows = await conn.execute(
        select(attempts).where(attempts.c.run == run).order_by(attempts.c.started, attempts.c.number)
    )
    return [_attempt(row) for row in rows.mappings()]


async def add_attempt(conn: AsyncConnection, attempt: Attempt) -> None:
    await _ADD_ATTEMPT.run(
        conn,
        {
            "id": attempt.id,
            "key": attempt.key,
            "number": attempt.number,
            "asker": attempt.asker,
            "run": attempt.run,
            "path": attempt.path,
            "request_hash": attempt.request_hash,
            "model": attempt.model,
            "state": attempt.state,
            "quoted_microusd": attempt.quoted_microusd,
            "started": attempt.started,
            "error": "",
        },
    )


async def finish_attempt(
    conn: AsyncConnection,
    attempt: str,
    *,
    state: str,
    at: str,
    error: str = "",
    snapshot: str | None = None,
    result: dict[str, Any] | None = None,
) -> bool:
    """End an attempt. False when it had ended before; then nothing changes.

    A booking counts all the same where a start took the attempt for a dead process's: what was made is here.
    """
    row = {
        "attempt": attempt,
        "state": state,
        "finished": at,
        "error": error,
        "snapshot": snapshot,
        "result": result,
    }
    return await (_BOOK_ATTEMPT if state in BOOKED else _END_ATTEMPT).run(conn, _without_nul(row)) > 0


async def defer(conn: AsyncConnection, attempt: str, record: dict[str, Any]) -> None:
    """Write down what the end of an attempt needs."""
    await conn.execute(update(attempts).where(attempts.c.id == attempt).values(result=record))


async def in_state(conn: AsyncConnection, state: str) -> list[Attempt]:
    rows = await conn.execute(select(attempts).where(attempts.c.state == state))
    return [_attempt(row) for row in rows.mappings()]


async def add_artifacts(conn: AsyncConnection, items: Sequence[Artifact]) -> None:
    await _ADD_ARTIFACT.run(conn, *[_without_nul(_row(item)) for item in items])


def _row(item: Artifact) -> dict[str, Any]:
    return {
        "id": item.id,
        "blob": item.blob,
        "mime": item.mime,
        "width": item.size.width,
        "height": item.size.height,
        "bytes": item.bytes,
        "created": item.created,
        "origin": item.origin,
        "attempt": item.attempt,
        "run": item.run,
        "path": item.path,
        "model": item.model,
        "snapshot": item.snapshot,
        "provenance": dict(item.provenance),
        "pinned": item.pinned,
    }


def _without_nul(value: Any) -> Any:
    """What a provider wrote, without what PostgreSQL takes in no text, and in JSON only to fail when it is searched."""
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, dict):
        return {_without_nul(name): _without_nul(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nul(item) for item in value]
    return value


async def artifact(conn: AsyncConnection, artifact_id: str) -> Artifact | None:
    row = (await conn.execute(select(artifacts).where(artifacts.c.id == artifact_id))).mappings().first()
    return _artifact(row) if row else None


async def artifacts_where(
    conn: AsyncConnection, *, attempt: str | None = None, run: str | None = None, limit: int = 200, newest: bool = False
) -> list[Artifact]:
    query = select(artifacts)
    if attempt is not None:
        query = query.where(artifacts.c.attempt == attempt)
    if run is not None:
        query = query.where(artifacts.c.run == run)
    order = artifacts.c.id.desc() if newest else artifacts.c.id
    rows = await conn.execute(query.order_by(order).limit(limit))
    return [_artifact(row) for row in rows.mappings()]


async def search(conn: AsyncConnection, asked: Search, limit: int) -> list[Artifact]:
    """The newest images that fit."""
    query = select(artifacts).order_by(artifacts.c.id.desc()).limit(limit)
    if asked.model:
        query = query.where(artifacts.c.model == asked.model)
    if asked.origin:
        query = query.where(artifacts.c.origin == asked.origin)
    if asked.before:
        query = query.where(artifacts.c.id < asked.before)
    for word in asked.text.split()[:10]:
        query = query.where(or_(*(part.icontains(word, autoescape=True) for part in _said())))
    return [_artifact(row) for row in (await conn.execute(query)).mappings()]


def _said() -> list[ColumnElement[str]]:
    return [provenance(field) for field in ("prompt", "revised_prompt", "name")]


def provenance(field: str) -> ColumnElement[str]:
    """A text of the provenance; null in a row of earlier days that holds a NUL, in which PostgreSQL reads nothing."""
    # Without the backslashes that are only written.
    escapes = func.replace(cast(artifacts.c.provenance, Text), "\\\\", "")
    readable = escapes.not_like("%\\u0000%", escape="/")
    return case((readable, artifacts.c.provenance[field].as_string()))


async def texts(conn: AsyncConnection, asked: Search, limit: int) -> list[tuple[str, str]]:
    """Id and words of the newest images of a model and an origin."""
    query = select(artifacts.c.id, *_said()).order_by(artifacts.c.id.desc()).limit(limit)
    if asked.model:
        query = query.where(artifacts.c.model == asked.model)
    if asked.origin:
        query = query.where(artifacts.c.origin == asked.origin)
    return [(row[0], " ".join(part for part in row[1:] if part)) for row in await conn.execute(query)]


async def artifacts_with(conn: AsyncConnection, ids: Sequence[str]) -> list[Artifact]:
    rows = await conn.execute(select(artifacts).where(artifacts.c.id.in_(ids)))
    found = {row["id"]: _artifact(row) for row in rows.mappings()}
    return [found[name] for name in ids if name in found]


async def choice(conn: AsyncConnection, name: str) -> dict[str, Any] | None:
    """What the installation chose under a name."""
    value: dict[str, Any] | None = await conn.scalar(select(choices.c.value).where(choices.c.name == name))
    return value


async def set_choice(conn: AsyncConnection, name: str, value: dict[str, Any], at: str) -> None:
    await conn.execute(delete(choices).where(choices.c.name == name))
    await conn.execute(insert(choices).values(name=name, value=value, updated=at))


async def models(conn: AsyncConnection) -> list[str]:
    """The models of all images, by name."""
    query = select(artifacts.c.model).where(artifacts.c.model.is_not(None)).distinct().order_by(artifacts.c.model)
    return list(await conn.scalars(query))


def _attempt(row: RowMapping) -> Attempt:
    return Attempt(
        id=row["id"],
        key=row["key"],
        number=row["number"],
        asker=row["asker"],
        request_hash=row["request_hash"],
        model=row["model"],
        state=row["state"],
        started=row["started"],
        run=row["run"],
        path=row["path"],
        finished=row["finished"],
        quoted_microusd=row["quoted_microusd"],
        result=row["result"],
        error=row["error"],
    )


def _artifact(row: RowMapping) -> Artifact:
    return Artifact(
        id=row["id"],
        blob=row["blob"],
        mime=row["mime"],
        size=Size(row["width"], row["height"]),
        bytes=row["bytes"],
        created=row["created"],
        origin=row["origin"],
        attempt=row["attempt"],
        run=row["run"],
        path=row["path"],
        model=row["model"],
        snapshot=row["snapshot"],
        provenance=row["provenance"],
        pinned=bool(row["pinned"]),
    )
