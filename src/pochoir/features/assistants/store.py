"""SQL of assistants, threads, their messages and runs. Private to the assistants feature."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ForeignKey,
    Table,
    Text,
    UniqueConstraint,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection as Connection

from pochoir.features.assistants.assistant import (
    ACTIVE,
    Asked,
    Assistant,
    Message,
    NewRun,
    Part,
    State,
    Thread,
    ThreadRun,
)
from pochoir.infra.db import metadata

__all__ = ["Connection"]

assistants = Table("assistants", metadata, Column("id", Text, primary_key=True), Column("data", JSON, nullable=False))

threads = Table("threads", metadata, Column("id", Text, primary_key=True), Column("data", JSON, nullable=False))

messages = Table(
    "thread_messages",
    metadata,
    Column("id", Text, primary_key=True),
    Column("thread", Text, ForeignKey("threads.id"), nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("run", Text),
    Column("data", JSON, nullable=False),
    UniqueConstraint("thread", "number", name="message_place"),
)

runs = Table(
    "thread_runs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("thread", Text, ForeignKey("threads.id"), nullable=False),
    Column("state", Text, nullable=False),
    Column("key", Text, unique=True),
    Column("data", JSON, nullable=False),
)

_APART = {"id", "thread", "number", "run", "state", "key"}
"""What stands in columns of its own where there is one, not in `data`."""


def _row(table: Table, item: Any) -> dict[str, Any]:
    whole = asdict(item)
    apart = {name: whole[name] for name in _APART if name in table.c and name in whole}
    return {**apart, "data": {name: value for name, value in whole.items() if name not in apart}}


# -- any of them -------------------------------------------------------------------------------------------------------


async def add(conn: Connection, table: Table, item: Assistant | Thread | Message) -> None:
    await conn.execute(insert(table).values(**_row(table, item)))


async def put(conn: Connection, table: Table, item: Assistant | Thread | Message) -> None:
    """Write it in the place of what has its id."""
    await conn.execute(update(table).where(table.c.id == item.id).values(**_row(table, item)))


async def remove(conn: Connection, table: Table, item_id: str) -> None:
    await conn.execute(delete(table).where(table.c.id == item_id))


async def _one(conn: Connection, table: Table, item_id: str, **where: str) -> dict[str, Any] | None:
    """An id with a NUL, which some databases cannot even ask for, is none."""
    if any("\0" in value for value in (item_id, *where.values())):
        return None
    query = select(table).where(table.c.id == item_id, *(table.c[name] == value for name, value in where.items()))
    row = (await conn.execute(query)).mappings().first()
    return _values(row) if row else None


def _values(row: Mapping[Any, Any]) -> dict[str, Any]:
    values = {str(name): value for name, value in row.items()}
    return {**values.pop("data"), **values}


async def page(
    conn: Connection, table: Table, asked: Asked, order: str = "id", **where: str
) -> tuple[list[dict[str, Any]], bool] | None:
    """Rows in the order of that column, and whether there are more; None when `after` or `before` name none of them."""
    if any("\0" in value for value in where.values()):
        return [], False
    column = table.c[order]
    query = select(table).where(*(table.c[name] == value for name, value in where.items()))
    for cursor, forward in ((asked.after, True), (asked.before, False)):
        if cursor:
            at = await _one(conn, table, cursor, **where)
            if at is None:
                return None
            query = query.where(column < at[order] if asked.newest is forward else column > at[order])
    backwards = bool(asked.before and not asked.after)
    """The page that ends before something is read from its end."""
    downwards = asked.newest is not backwards
    rows = await conn.execute(query.order_by(column.desc() if downwards else column).limit(asked.limit + 1))
    found = [_values(row) for row in rows.mappings()]
    kept = found[: asked.limit]
    return (kept[::-1] if backwards else kept), len(found) > asked.limit


# -- assistants and threads --------------------------------------------------------------------------------------------


async def assistant(conn: Connection, assistant_id: str) -> Assistant | None:
    found = await _one(conn, assistants, assistant_id)
    return to_assistant(found) if found else None


def to_assistant(values: Mapping[str, Any]) -> Assistant:
    return Assistant(**{**values, "tools": tuple(values["tools"])})


async def thread(conn: Connection, thread_id: str) -> Thread | None:
    found = await _one(conn, threads, thread_id)
    return Thread(**found) if found else None


async def remove_thread(conn: Connection, thread_id: str) -> None:
    """With all that belongs to it."""
    for table in (messages, runs):
        await conn.execute(delete(table).where(table.c.thread == thread_id))
    await remove(conn, threads, thread_id)


# -- messages ----------------------------------------------------------------------------------------------------------


async def message(conn: Connection, thread_id: str, message_id: str) -> Message | None:
    found = await _one(conn, messages, message_id, thread=thread_id)
    return to_message(found) if found else None


def to_message(values: Mapping[str, Any]) -> Message:
    return Message(**{**values, "parts": tuple(Part(**part) for part in values["parts"])})


async def next_number(conn: Connection, thread_id: str) -> int:
    last = await conn.scalar(select(func.max(messages.c.number)).where(messages.c.thread == thread_id))
    return int(last or 0) + 1


async def latest(conn: Connection, thread_id: str, limit: int) -> list[Message]:
    """The last messages of a thread, oldest first."""
    query = select(messages).where(messages.c.thread == thread_id).order_by(messages.c.number.desc()).limit(limit)
    return [to_message(_values(row)) for row in (await conn.execute(query)).mappings()][::-1]


# -- runs --------------------------------------------------------------------------------------------------------------


async def add_run(conn: Connection, run: ThreadRun) -> None:
    await conn.execute(insert(runs).values(**_row(runs, run), key=run.wanted.key))


async def put_run(conn: Connection, run: ThreadRun) -> None:
    await conn.execute(update(runs).where(runs.c.id == run.id).values(**_row(runs, run)))


async def run(conn: Connection, run_id: str, **where: str) -> ThreadRun | None:
    found = await _one(conn, runs, run_id, **where)
    return to_run(found) if found else None


async def run_with_key(conn: Connection, key: str) -> ThreadRun | None:
    row = (await conn.execute(select(runs).where(runs.c.key == key))).mappings().first()
    return to_run(_values(row)) if row else None


async def active_run(conn: Connection, thread_id: str) -> str | None:
    """The id of the run that works on the thread."""
    found: str | None = await conn.scalar(select(runs.c.id).where(runs.c.thread == thread_id, runs.c.state.in_(ACTIVE)))
    return found


async def unfinished(conn: Connection) -> list[ThreadRun]:
    """Runs that are still to be answered, oldest first."""
    rows = await conn.execute(select(runs).where(runs.c.state.in_(ACTIVE)).order_by(runs.c.id))
    return [to_run(_values(row)) for row in rows.mappings()]


def to_run(values: Mapping[str, Any]) -> ThreadRun:
    more = {name: value for name, value in values.items() if name != "key"}
    wanted = more["wanted"]
    state: State = more["state"]
    return ThreadRun(**{**more, "state": state, "wanted": NewRun(**{**wanted, "tools": tuple(wanted["tools"])})})
