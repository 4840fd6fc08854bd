"""Answers one run: takes it up, has it decided and drawn, puts what comes into the thread, and writes down how it ended.

The decision is written before anything is drawn, and the image has a key of its own: so after a crash what was made is
found again, and what may have been charged is not sent again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import structlog

from pochoir.domain.errors import PochoirError, StorageFull, Unavailable
from pochoir.features.assistants import store
from pochoir.features.assistants.assistant import (
    MOST_MESSAGES,
    Answered,
    Answerer,
    Message,
    Part,
    Stage,
    State,
    ThreadRun,
    Watch,
)
from pochoir.infra.clock import Clock
from pochoir.infra.db import Database

_LOG = structlog.get_logger("pochoir.assistants")
RETRY_SECONDS = 5.0
"""Until something is read or written again that the database, or a full disk, did not give or take."""
T = TypeVar("T")


class _Over(Exception):
    """Nothing may be drawn any more: the run was cancelled, or its time is over."""


@dataclass(frozen=True, slots=True)
class _End:
    """How an answering ended: with an answer, with an error, or with neither."""

    answered: Answered | None = None
    error: PochoirError | None = None


class Answering:
    """See the module's docstring. One instance a run."""

    def __init__(self, db: Database, clock: Clock, answerer: Answerer, run_id: str) -> None:
        self._db = db
        self._clock = clock
        self._answerer = answerer
        self._id = run_id
        self.watches: list[Watch] = []
        self._task: asyncio.Task[Any] | None = None
        self._stoppable = False
        self._settled = False
        self._cancelled = False
        self._over = False

    # -- from outside --------------------------------------------------------------------------------------------------

    def cancel(self, run: ThreadRun) -> None:
        """Stop deciding, and waiting for a turn at the model. What was sent is waited for: it may be paid for."""
        if run.state == "cancelling":
            self._tell(Stage("cancelling", run))
        if self._settled or self._answerer.sent(run):
            return
        self._cancelled = True
        if self._stoppable and self._task is not None:
            self._task.cancel()

    async def work(self) -> None:
        """Until the end is written down. Cut off, it leaves the run to be taken up again."""
        self._task = asyncio.current_task()
        try:
            run = await self._written(self._begin)
            if run is not None:
                await self._finish(await self._answer(run))
        finally:
            if not self._over:
                async with self._db.reading() as conn:
                    left = await store.run(conn, self._id)
                if left is not None:
                    self._tell(Stage("cut", left))

    # -- the way of a run ----------------------------------------------------------------------------------------------

    async def _begin(self) -> ThreadRun | None:
        """The run, taken up; None when it was cancelled before."""
        async with self._db.transaction() as conn:
            run = await self._load(conn)
            if run.state == "queued":
                run = self._moved(run, "in_progress")
                await store.put_run(conn, run)
            message = await store.message(conn, run.thread, run.message)
        self._tell(Stage("in_progress" if run.active else "ended", run, message))
        return run if run.active else None

    async def _answer(self, run: ThreadRun) -> _End:
        """What comes of it. A run whose time is over only looks for what it has made, or may have."""
        late = run.state == "cancelling" or self._clock.stamp() >= run.expires
        if run.decision:
            self._settled = await self._written(lambda: self._answerer.settled(run))
        said = await self._written(lambda: self._said(run))
        if (late or self._cancelled) and not self._settled:
            return _End()
        self._stoppable = not self._settled
        try:
            return _End(await self._answerer.answer(run, said, self._keep, self._show))
        except _Over:
            return _End()
        except PochoirError as error:
            return _End(error=error)
        except asyncio.CancelledError:
            if not self._cancelled or self._task is None:
                raise
            self._task.uncancel()
            return _End()
        except Exception as error:  # noqa: BLE001 - whatever breaks, the run ends in words
            _LOG.error("a run broke", run=run.id, exc_info=error)
            return _End(error=PochoirError(f"Something broke on the server. Its log says more under {run.id}."))
        finally:
            self._stoppable = False

    async def _said(self, run: ThreadRun) -> list[Message]:
        async with self._db.reading() as conn:
            messages = await store.latest(conn, run.thread, MOST_MESSAGES)
        return [message for message in messages if message.run != run.id]

    async def _keep(self, decision: Mapping[str, Any]) -> None:
        if self._settled:
            return
        async with self._db.transaction() as conn:
            run = await self._load(conn)
            if run.state != "in_progress" or self._clock.stamp() >= run.expires:
                raise _Over
            await store.put_run(conn, replace(run, decision=dict(decision)))

    async def _show(self, image: str) -> None:
        async def write() -> Stage:
            async with self._db.transaction() as conn:
                run = await self._load(conn)
                message = await self._message(conn, run, (Part(file=image),))
                run = replace(run, begun=run.begun or message.created)
                await store.put_run(conn, run)
            return Stage("shown", run, message)

        self._tell(await self._written(write))

    async def _finish(self, end: _End) -> None:
        async def write() -> Stage:
            async with self._db.transaction() as conn:
                run = _ended(await self._load(conn), end)
                run = self._moved(run, run.state)
                message = await self._last_message(conn, run, end.answered)
                run = replace(run, begun=run.begun or (message.created if message else None))
                await store.put_run(conn, run)
            return Stage("ended", run, message)

        self._tell(await self._written(write))

    # -- writing -------------------------------------------------------------------------------------------------------

    async def _load(self, conn: store.Connection) -> ThreadRun:
        run = await store.run(conn, self._id)
        if run is None:
            raise LookupError(f"run {self._id} is gone")
        return run

    def _moved(self, run: ThreadRun, to: State) -> ThreadRun:
        return replace(run, state=to, times={**run.times, to: self._clock.stamp()})

    async def _message(self, conn: store.Connection, run: ThreadRun, parts: tuple[Part, ...]) -> Message:
        """The run's message, with these parts from now on."""
        known = await store.message(conn, run.thread, run.message)
        if known is not None:
            message = replace(known, parts=parts)
            await store.put(conn, store.messages, message)
            return message
        message = Message(
            id=run.message,
            thread=run.thread,
            number=await store.next_number(conn, run.thread),
            role="assistant",
            created=self._clock.stamp(),
            parts=parts,
            assistant=run.wanted.assistant,
            run=run.id,
            drawn=str(run.decision.get("prompt") or ""),
            state="in_progress",
        )
        await store.add(conn, store.messages, message)
        return message

    async def _last_message(self, conn: store.Connection, run: ThreadRun, answered: Answered | None) -> Message | None:
        """The message as it stays; None where nothing was shown."""
        known = await store.message(conn, run.thread, run.message)
        if known is None and not (answered and (answered.image or answered.text)):
            return None
        parts = known.parts if known is not None else ()
        if answered is not None:
            image = (Part(file=answered.image),) if answered.image else ()
            parts = (*image, *((Part(text=answered.text, refusal=answered.refused),) if answered.text else ()))
        message = await self._message(conn, run, parts)
        whole = run.state == "completed"
        message = replace(
            message,
            state="completed" if whole else "incomplete",
            ended=self._clock.stamp(),
            reason=None if whole else "max_tokens" if run.state == "incomplete" else f"run_{run.state}",
        )
        await store.put(conn, store.messages, message)
        return message

    async def _written(self, write: Callable[[], Awaitable[T]]) -> T:
        """Until it is written, or read: an image that was paid for stands behind it, and a thread that waits."""
        while True:
            try:
                return await write()
            except (StorageFull, Unavailable) as error:
                _LOG.warning("a run cannot be read or written down yet", run=self._id, reason=error.message)
                await asyncio.sleep(RETRY_SECONDS)

    def _tell(self, stage: Stage) -> None:
        self._over = self._over or stage.name == "ended"
        for watch in self.watches:
            watch(stage)


def _ended(run: ThreadRun, end: _End) -> ThreadRun:
    """The run in its last state, with all that is known of what came of it."""
    answered, error = end.answered, end.error
    if answered is not None:
        run = replace(run, usage=answered.usage, about=answered.about)
    if error is not None:
        run = replace(run, error={"code": _code(error), "message": error.message})
    if run.state == "cancelling":
        return replace(run, state="cancelled")
    if error is not None:
        return replace(run, state="failed")
    if answered is None:
        return replace(run, state="expired")
    return replace(run, state="incomplete" if answered.cut else "completed")


def _code(error: PochoirError) -> str:
    """OpenAI has three codes for this place; the sentence says the rest."""
    if error.status in {402, 429}:
        return "rate_limit_exceeded"
    return "server_error" if error.status >= 500 else "invalid_prompt"
