"""SQL of runs, their steps and approvals. Private to the runs service. Every write may be repeated by a resumed run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, Column, RowMapping, Table, Text, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from pochoir.domain.runs import FINISHED, Run, StepView
from pochoir.infra.db import metadata

runs = Table(
    "runs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("tool", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("model", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("inputs", JSON, nullable=False),
    Column("outputs", JSON, nullable=False),
    Column("quoted_microusd", BigInteger, nullable=False),
    Column("quote_exact", Boolean, nullable=False),
    Column("charged_microusd", BigInteger, nullable=False),
    Column("maybe_charged", BigInteger, nullable=False),
    Column("images_done", BigInteger, nullable=False),
    Column("images_expected", BigInteger, nullable=False),
    Column("created", Text, nullable=False),
    Column("started", Text),
    Column("finished", Text),
    Column("error", Text, nullable=False),
    Column("api_key", Text),
)

run_steps = Table(
    "run_steps",
    metadata,
    Column("run", Text, primary_key=True),
    Column("path", Text, primary_key=True),
    Column("ordinal", BigInteger, nullable=False),
    Column("type", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("started", Text, nullable=False),
    Column("finished", Text),
    Column("outputs", JSON, nullable=False),
    Column("error", Text, nullable=False),
    Column("message", Text, nullable=False),
)

approvals = Table(
    "approvals",
    metadata,
    Column("run", Text, primary_key=True),
    Column("path", Text, primary_key=True),
    Column("question", Text, nullable=False),
    Column("images", JSON, nullable=False),
    Column("approved", Boolean),
    Column("asked", Text, nullable=False),
    Column("answered", Text),
)


@dataclass(frozen=True, slots=True)
class Approval:
    """A question to the members. `approved` is None until somebody answers; `images` are ids of artifacts."""

    run: str
    path: str
    question: str
    images: tuple[str, ...]
    asked: str
    approved: bool | None = None
    answered: str | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """What a run has done so far; money in micro-dollars."""

    charged_microusd: int
    maybe_charged: int
    images_done: int


# -- runs ------------------------------------------------------------------------------------------------------------


async def add(conn: AsyncConnection, run: Run) -> None:
    await conn.execute(
        insert(runs).values(
            id=run.id,
            tool=run.tool,
            version=run.version,
            model=run.model,
            state=run.state,
            inputs=dict(run.inputs),
            outputs={},
            quoted_microusd=run.quoted_microusd,
            quote_exact=run.quote_exact,
            charged_microusd=0,
            maybe_charged=0,
            images_done=0,
            images_expected=run.images_expected,
            created=run.created,
            error="",
            api_key=run.api_key,
        )
    )


async def get(conn: AsyncConnection, run_id: str) -> Run | None:
    row = (await conn.execute(select(runs).where(runs.c.id == run_id))).mappings().first()
    return _run(row) if row else None


async def recent(conn: AsyncConnection, tool: str | None, limit: int, before: str | None) -> list[Run]:
    query = select(runs).order_by(runs.c.id.desc()).limit(limit)
    if tool is not None:
        query = query.where(runs.c.tool == tool)
    if before is not None:
        query = query.where(runs.c.id < before)
    return [_run(row) for row in (await conn.execute(query)).mappings()]


async def unfinished(conn: AsyncConnection) -> list[str]:
    query = select(runs.c.id).where(runs.c.state.not_in(FINISHED)).order_by(runs.c.id)
    return list((await conn.execute(query)).scalars())


async def set_state(conn: AsyncConnection, run_id: str, state: str, *, started: str | None = None) -> bool:
    """Change the state of a run that is not finished; `started` is kept once set. False when the run is finished."""
    values: dict[str, Any] = {"state": state}
    open_run = (runs.c.id == run_id) & runs.c.state.not_in(FINISHED)
    if started is not None:
        await conn.execute(update(runs).where(open_run & runs.c.started.is_(None)).values(started=started))
    return (await conn.execute(update(runs).where(open_run).values(values))).rowcount == 1


async def finish(
    conn: AsyncConnection, run_id: str, state: str, at: str, *, outputs: dict[str, Any] | None = None, error: str = ""
) -> bool:
    """End a run once. False when it was finished already: the first end stands."""
    done = await conn.execute(
        update(runs)
        .where((runs.c.id == run_id) & runs.c.state.not_in(FINISHED))
        .values(state=state, finished=at, outputs=outputs or {}, error=error)
    )
    return done.rowcount == 1


async def set_tally(conn: AsyncConnection, run_id: str, tally: Tally) -> None:
    await conn.execute(
        update(runs)
        .where(runs.c.id == run_id)
        .values(
            charged_microusd=tally.charged_microusd,
            maybe_charged=tally.maybe_charged,
            images_done=tally.images_done,
        )
    )


# -- steps -----------------------------------------------------------------------------------------------------------


async def begin_step(conn: AsyncConnection, run_id: str, ordinal: int, view: StepView) -> None:
    """Add a step's row, unless a run that was cut off had added it."""
    known = select(run_steps.c.path).where((run_steps.c.run == run_id) & (run_steps.c.path == view.path))
    if (await conn.execute(known)).first() is not None:
        return
    await conn.execute(
        insert(run_steps).values(
            run=run_id,
            path=view.path,
            ordinal=ordinal,
            type=view.type,
            title=view.title,
            state=view.state,
            started=view.started,
            finished=view.finished,
            outputs=dict(view.outputs),
            error=view.error,
            message=view.message,
        )
    )


async def set_step(conn: AsyncConnection, run_id: str, path: str, **values: Any) -> None:
    """Change a step that is not finished; a finished one keeps what it has."""
    row = (run_steps.c.run == run_id) & (run_steps.c.path == path) & run_steps.c.finished.is_(None)
    await conn.execute(update(run_steps).where(row).values(values))


async def cancel_steps(conn: AsyncConnection, run_id: str, at: str) -> None:
    await conn.execute(
        update(run_steps)
        .where((run_steps.c.run == run_id) & run_steps.c.finished.is_(None))
        .values(state="cancelled", finished=at)
    )


async def steps_of(conn: AsyncConnection, run_id: str) -> list[StepView]:
    rows = await conn.execute(select(run_steps).where(run_steps.c.run == run_id).order_by(run_steps.c.ordinal))
    return [
        StepView(
            path=row["path"],
            type=row["type"],
            title=row["title"],
            state=row["state"],
            started=row["started"],
            finished=row["finished"],
            outputs=row["outputs"],
            error=row["error"],
            message=row["message"],
        )
        for row in rows.mappings()
    ]


# -- approvals -------------------------------------------------------------------------------------------------------


async def ask(conn: AsyncConnection, approval: Approval) -> None:
    if await approval_of(conn, approval.run, approval.path) is None:
        await conn.execute(
            insert(approvals).values(
                run=approval.run,
                path=approval.path,
                question=approval.question,
                images=list(approval.images),
                asked=approval.asked,
            )
        )


async def answer(conn: AsyncConnection, run_id: str, path: str, approved: bool, at: str) -> bool:
    """Answer an open question; False when it was answered before."""
    done = await conn.execute(
        update(approvals)
        .where((approvals.c.run == run_id) & (approvals.c.path == path) & approvals.c.answered.is_(None))
        .values(approved=approved, answered=at)
    )
    return done.rowcount == 1


async def approval_of(conn: AsyncConnection, run_id: str, path: str) -> Approval | None:
    found = [item for item in await approvals_of(conn, [run_id]) if item.path == path]
    return found[0] if found else None


async def approvals_of(conn: AsyncConnection, run_ids: Sequence[str]) -> list[Approval]:
    query = select(approvals).where(approvals.c.run.in_(run_ids)).order_by(approvals.c.asked, approvals.c.path)
    return [
        Approval(
            run=row["run"],
            path=row["path"],
            question=row["question"],
            images=tuple(row["images"]),
            asked=row["asked"],
            approved=row["approved"],
            answered=row["answered"],
        )
        for row in (await conn.execute(query)).mappings()
    ]


def _run(row: RowMapping) -> Run:
    return Run(
        id=row["id"],
        tool=row["tool"],
        version=row["version"],
        model=row["model"],
        state=row["state"],
        inputs=row["inputs"],
        created=row["created"],
        started=row["started"],
        finished=row["finished"],
        quoted_microusd=row["quoted_microusd"],
        quote_exact=row["quote_exact"],
        charged_microusd=row["charged_microusd"],
        maybe_charged=row["maybe_charged"],
        images_done=row["images_done"],
        images_expected=row["images_expected"],
        outputs=row["outputs"],
        error=row["error"],
        api_key=row["api_key"],
    )
