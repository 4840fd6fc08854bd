"""SQL of batches and their lines. Private to the batches feature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ForeignKey,
    Table,
    Text,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from pochoir.features.batches.batch import UNFINISHED, Answer, Batch, ByProvider, Line, Outcome, Part, State
from pochoir.infra.db import metadata
from pochoir.infra.prepared import Prepared

batches = Table(
    "batches",
    metadata,
    Column("id", Text, primary_key=True),
    Column("key", Text, unique=True),
    Column("endpoint", Text, nullable=False),
    Column("input_file", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("metadata", JSON, nullable=False),
    Column("output_seconds", BigInteger),
    Column("errors", JSON, nullable=False),
    Column("output_file", Text),
    Column("error_file", Text),
    Column("total", BigInteger, nullable=False),
    Column("completed", BigInteger, nullable=False),
    Column("failed", BigInteger, nullable=False),
    Column("input_tokens", BigInteger, nullable=False),
    Column("cached_tokens", BigInteger, nullable=False),
    Column("output_tokens", BigInteger, nullable=False),
    Column("charged_microusd", BigInteger, nullable=False),
    Column("created", Text, nullable=False),
    Column("expires", Text, nullable=False),
    Column("times", JSON, nullable=False),
    Column("api_key", Text),
    Column("provider", Text, nullable=False),
    Column("handed", BigInteger, nullable=False),
)

parts = Table(
    "batch_parts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("batch", Text, ForeignKey("batches.id"), nullable=False, index=True),
    Column("model", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("file", Text),
    Column("remote", Text),
)

lines = Table(
    "batch_lines",
    metadata,
    Column("batch", Text, ForeignKey("batches.id"), primary_key=True),
    Column("number", BigInteger, primary_key=True),
    Column("custom_id", Text, nullable=False),
    Column("start", BigInteger, nullable=False),
    Column("length", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("part", Text),
    Column("request", Text),
    Column("status", BigInteger),
    Column("body", JSON),
    Column("images", JSON),
)

named = Table(
    "batch_inputs",
    metadata,
    Column("batch", Text, ForeignKey("batches.id"), primary_key=True),
    Column("name", Text, primary_key=True),
)

WAITING, BEGUN, HANDED, LEFT, DONE = "waiting", "begun", "handed", "left", "done"
"""Of a line. Begun: it may have been sent, and may have been charged. Handed: it is part of a provider's own batch.
Left: that batch ended without an answer to it.
"""
_NAMES = [item.name for item in fields(Batch)]
_PART_NAMES = [item.name for item in fields(Part)]

_THIS_LINE = (lines.c.batch == bindparam("of_batch"), lines.c.number == bindparam("of_number"))
_MARK = Prepared(update(lines).where(*_THIS_LINE))
_ANSWERED = Prepared(update(lines).where(*_THIS_LINE, lines.c.state != bindparam("other_than")))
_COUNTED = ("completed", "failed", "input_tokens", "cached_tokens", "output_tokens", "charged_microusd")
_COUNT = Prepared(
    update(batches)
    .where(batches.c.id == bindparam("of_batch"))
    .values({name: batches.c[name] + bindparam(f"more_{name}") for name in _COUNTED})
)


# -- batches -----------------------------------------------------------------------------------------------------------


async def add(conn: AsyncConnection, batch: Batch) -> None:
    values = {name: getattr(batch, name) for name in _NAMES}
    await conn.execute(insert(batches).values({**values, "errors": list(batch.errors)}))


async def one(conn: AsyncConnection, batch_id: str) -> Batch | None:
    row = (await conn.execute(select(batches).where(batches.c.id == batch_id))).mappings().first()
    return _batch(row) if row else None


async def with_key(conn: AsyncConnection, key: str) -> Batch | None:
    row = (await conn.execute(select(batches).where(batches.c.key == key))).mappings().first()
    return _batch(row) if row else None


async def page(conn: AsyncConnection, *, after: str | None, limit: int) -> list[Batch]:
    """Newest first: ids are in the order of time."""
    query = select(batches)
    if after is not None:
        query = query.where(batches.c.id < after)
    rows = await conn.execute(query.order_by(batches.c.id.desc()).limit(limit))
    return [_batch(row) for row in rows.mappings()]


async def unfinished(conn: AsyncConnection) -> list[str]:
    """Ids of batches that are still to be worked on, oldest first."""
    rows = await conn.execute(select(batches.c.id).where(batches.c.state.in_(UNFINISHED)).order_by(batches.c.id))
    return [row.id for row in rows]


async def oldest_unfinished(conn: AsyncConnection) -> str | None:
    """When the oldest batch was made that is still to be worked on."""
    found: str | None = await conn.scalar(select(func.min(batches.c.created)).where(batches.c.state.in_(UNFINISHED)))
    return found


async def move(conn: AsyncConnection, batch_id: str, to: State, at: str, *, of: Sequence[State], **more: Any) -> bool:
    """Change the state, if it is one `of` these; `more` columns change with it. Returns whether it was."""
    times = (await conn.execute(select(batches.c.times).where(batches.c.id == batch_id))).scalar_one()
    changed = await conn.execute(
        update(batches)
        .where(batches.c.id == batch_id, batches.c.state.in_(of))
        .values(state=to, times={**times, to: at}, **more)
    )
    return bool(changed.rowcount)


async def choose_files(conn: AsyncConnection, batch_id: str, output: str, error: str) -> None:
    """Set the ids of the files to come, unless they stand already."""
    await conn.execute(
        update(batches)
        .where(batches.c.id == batch_id, batches.c.output_file.is_(None))
        .values(output_file=output, error_file=error)
    )


# -- what lines name ---------------------------------------------------------------------------------------------------


async def inputs(conn: AsyncConnection, batch_id: str, limit: int) -> list[str]:
    query = select(named.c.name).where(named.c.batch == batch_id).order_by(named.c.name).limit(limit)
    return list(await conn.scalars(query))


async def add_inputs(conn: AsyncConnection, batch_id: str, names: Sequence[str]) -> None:
    if names:
        await conn.execute(insert(named), [{"batch": batch_id, "name": name} for name in names])


async def drop_inputs(conn: AsyncConnection, batch_id: str, names: Sequence[str]) -> None:
    await conn.execute(delete(named).where(named.c.batch == batch_id, named.c.name.in_(names)))


# -- lines -------------------------------------------------------------------------------------------------------------


async def drop_lines(conn: AsyncConnection, batch_id: str) -> None:
    await conn.execute(delete(lines).where(lines.c.batch == batch_id))


async def add_lines(conn: AsyncConnection, batch_id: str, found: Sequence[Line]) -> None:
    rows = [
        {
            "batch": batch_id,
            "number": line.number,
            "custom_id": line.custom_id,
            "start": line.start,
            "length": line.length,
            "state": WAITING,
        }
        for line in found
    ]
    await conn.execute(insert(lines), rows)


async def in_states(
    conn: AsyncConnection, batch_id: str, states: Sequence[str], *, after: int, limit: int
) -> list[Line]:
    rows = await conn.execute(
        select(lines.c.number, lines.c.custom_id, lines.c.start, lines.c.length)
        .where(lines.c.batch == batch_id, lines.c.state.in_(states), lines.c.number > after)
        .order_by(lines.c.number)
        .limit(limit)
    )
    return [Line(row.number, row.custom_id, row.start, row.length) for row in rows]


async def mark(conn: AsyncConnection, batch_id: str, line: Line, state: str) -> None:
    await _MARK.run(conn, {"of_batch": batch_id, "of_number": line.number, "state": state})


async def answered(conn: AsyncConnection, batch_id: str, line: Line, request: str, answer: Answer) -> bool:
    """Write down what came of a line and count it. False when it was answered before; then nothing changes."""
    changed = await _ANSWERED.run(
        conn,
        {
            "of_batch": batch_id,
            "of_number": line.number,
            "other_than": DONE,
            "state": DONE,
            "request": request,
            "status": answer.status,
            "body": dict(answer.body),
            "images": list(answer.images),
        },
    )
    if not changed:
        return False
    usage, cached = answer.usage, answer.usage.cached_text_in + answer.usage.cached_image_in
    more = {
        "more_completed": int(answer.good),
        "more_failed": int(not answer.good),
        "more_input_tokens": usage.text_in + usage.image_in + cached,
        "more_cached_tokens": cached,
        "more_output_tokens": usage.text_out + usage.image_out,
        "more_charged_microusd": answer.charged_microusd,
    }
    await _COUNT.run(conn, {"of_batch": batch_id, **more})
    return True


async def outcomes(conn: AsyncConnection, batch_id: str, *, after: int, limit: int) -> list[Outcome]:
    """Lines in their order, answered or not."""
    rows = await conn.execute(
        select(lines).where(lines.c.batch == batch_id, lines.c.number > after).order_by(lines.c.number).limit(limit)
    )
    return [
        Outcome(
            number=row.number,
            custom_id=row.custom_id,
            request=row.request or "",
            status=row.status,
            body=row.body or {},
            images=tuple(row.images or ()),
        )
        for row in rows
    ]


# -- what is with a provider -------------------------------------------------------------------------------------------


async def add_part(conn: AsyncConnection, part: Part) -> None:
    await conn.execute(insert(parts).values({name: getattr(part, name) for name in _PART_NAMES}))


async def open_parts(conn: AsyncConnection, batch_id: str) -> list[Part]:
    """Parts that have not ended, oldest first."""
    query = select(parts).where(parts.c.batch == batch_id, parts.c.state != "ended").order_by(parts.c.id)
    return [Part(**{name: row[name] for name in _PART_NAMES}) for row in (await conn.execute(query)).mappings()]


async def change_part(conn: AsyncConnection, part_id: str, **values: Any) -> None:
    await conn.execute(update(parts).where(parts.c.id == part_id).values(**values))


async def hand(conn: AsyncConnection, batch_id: str, line: Line, part_id: str) -> None:
    """The line goes with a part."""
    await conn.execute(
        update(lines).where(lines.c.batch == batch_id, lines.c.number == line.number).values(state=HANDED, part=part_id)
    )


async def handed(conn: AsyncConnection, part: Part, *, after: int = 0, limit: int = 100) -> list[Line]:
    """Lines of a part that have no answer yet, in their order."""
    rows = await conn.execute(
        select(lines.c.number, lines.c.custom_id, lines.c.start, lines.c.length)
        .where(lines.c.batch == part.batch, lines.c.part == part.id, lines.c.state == HANDED, lines.c.number > after)
        .order_by(lines.c.number)
        .limit(limit)
    )
    return [Line(row.number, row.custom_id, row.start, row.length) for row in rows]


async def set_provider(conn: AsyncConnection, batch_id: str, to: ByProvider) -> None:
    await conn.execute(update(batches).where(batches.c.id == batch_id).values(provider=to))


async def count_handed(conn: AsyncConnection, part: Part) -> None:
    """Count the requests of a part that has just begun over there."""
    more = select(func.count()).where(lines.c.batch == part.batch, lines.c.part == part.id, lines.c.state == HANDED)
    values = {"handed": batches.c.handed + more.scalar_subquery()}
    await conn.execute(update(batches).where(batches.c.id == part.batch).values(**values))


def _batch(row: Any) -> Batch:
    values = {name: row[name] for name in _NAMES}
    return Batch(**{**values, "errors": tuple(values["errors"])})
