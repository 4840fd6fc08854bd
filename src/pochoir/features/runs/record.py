"""What is written down of a run while it goes on: its state, its steps, its tally, its questions. Wakes who waits.

Every method may be repeated by a run that was cut off and resumed: what is finished stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pochoir.domain.runs import FINISHED, Run, StepState, StepView
from pochoir.features.images.service import ImagesService
from pochoir.features.metering.service import MeteringService
from pochoir.features.runs import store
from pochoir.features.runs.plain import plain
from pochoir.features.runs.signals import Signals, until
from pochoir.features.runs.store import Approval, Tally
from pochoir.features.runs.walk import Place
from pochoir.infra.clock import Clock
from pochoir.infra.db import Database

LOOK_AGAIN = 5.0
"""Seconds after which a waiting run looks for an answer without being woken."""


class Record:
    """The one writer of runs. `signals` wakes pages and waiting steps of this process."""

    def __init__(
        self, db: Database, clock: Clock, images: ImagesService, metering: MeteringService, signals: Signals
    ) -> None:
        self._db = db
        self._clock = clock
        self._images = images
        self._metering = metering
        self._signals = signals
        self.over: set[str] = set()
        """Runs that ended while calls of theirs may still wait for their turn: looked at where nothing can be awaited."""
        self.failing: set[str] = set()
        """Runs of which something failed: nothing more is begun or asked in any of their rounds."""

    # -- the run -----------------------------------------------------------------------------------------------------

    async def get(self, run_id: str) -> Run | None:
        async with self._db.reading() as conn:
            return await store.get(conn, run_id)

    async def begin(self, run_id: str) -> bool:
        """The run is going on. False when it is finished already."""
        async with self._db.transaction() as conn:
            going = await store.set_state(conn, run_id, "running", started=self._clock.stamp())
        self._signals.touch(run_id)
        return going

    async def finish(self, run_id: str, state: str, *, outputs: dict[str, Any] | None = None, error: str = "") -> bool:
        """End the run once, with its steps and its tally. False when it was over."""
        tally = await self.tally(run_id)
        async with self._db.transaction() as conn:
            at = self._clock.stamp()
            ended = await store.finish(conn, run_id, state, at, outputs=plain(outputs), error=error)
            await store.set_tally(conn, run_id, tally)
            if ended:
                await store.cancel_steps(conn, run_id, at)
                await self._metering.settle(run_id)
        if ended:
            self.over.add(run_id)
        self._signals.touch(run_id)
        return ended

    async def may_go_on(self, run_id: str) -> bool:
        """Whether anything more of the run may be begun: it is neither over nor failing."""
        return run_id not in self.failing and not await self.is_over(run_id)

    def fail(self, run_id: str) -> None:
        """Something of the run failed. Wakes its rounds that wait for answers."""
        self.failing.add(run_id)
        self._signals.touch(run_id)

    async def recall(self, run_id: str) -> None:
        """When a run is resumed: whether something of it failed before, which no memory knows any more."""
        if any(step.state == "failed" for step in await self._steps(run_id)):
            self.failing.add(run_id)

    def forget(self, run_id: str) -> None:
        """The run's end is written down and no call of it waits any more."""
        self.over.discard(run_id)
        self.failing.discard(run_id)

    async def is_over(self, run_id: str) -> bool:
        run = await self.get(run_id)
        return run is None or run.state in FINISHED

    async def tally(self, run_id: str) -> Tally:
        """Counted anew from ledger, attempts and artifacts, so that it is right after any crash."""
        attempts = await self._images.attempts(run_id)
        made = await self._images.library.of_run(run_id)
        return Tally(
            charged_microusd=await self._metering.run_total(run_id),
            maybe_charged=sum(attempt.state == "unknown" for attempt in attempts),
            images_done=sum(item.origin == "generated" for item in made),
        )

    async def progress(self, run_id: str) -> None:
        """Bring the tally up to date and wake who watches."""
        tally = await self.tally(run_id)
        async with self._db.transaction() as conn:
            await store.set_tally(conn, run_id, tally)
        self._signals.touch(run_id)

    # -- its steps ---------------------------------------------------------------------------------------------------

    async def begin_step(self, run_id: str, place: Place, state: StepState = "running", error: str = "") -> None:
        now = self._clock.stamp()
        over = state in {"skipped", "failed"}
        view = StepView(
            place.path, place.step.type, place.title, state, now, now if over else None, outputs={}, error=error
        )
        async with self._db.transaction() as conn:
            await store.begin_step(conn, run_id, place.ordinal, view)
        self._signals.touch(run_id)

    async def finish_step(
        self, run_id: str, path: str, state: StepState, outputs: Mapping[str, Any], error: str = ""
    ) -> None:
        async with self._db.transaction() as conn:
            await store.set_step(
                conn, run_id, path, outputs=plain(outputs), error=error, state=state, finished=self._clock.stamp()
            )
        self._signals.touch(run_id)

    async def say(self, run_id: str, path: str, message: str) -> None:
        async with self._db.transaction() as conn:
            await store.set_step(conn, run_id, path, message=message)
        self._signals.touch(run_id)

    async def _steps(self, run_id: str) -> list[StepView]:
        async with self._db.reading() as conn:
            return await store.steps_of(conn, run_id)

    # -- its questions -----------------------------------------------------------------------------------------------

    async def wait_for_answer(self, run_id: str, path: str, question: str, images: Sequence[str]) -> bool | None:
        """Ask, once, and wait as long as it takes. None when the run is over, or fails, before anybody answered."""
        approval = Approval(run_id, path, question, tuple(images), self._clock.stamp())
        async with self._db.transaction() as conn:
            await store.ask(conn, approval)
            await store.set_state(conn, run_id, "waiting")
            await store.set_step(conn, run_id, path, state="waiting", message=question)
        self._signals.touch(run_id)
        while True:
            woken = self._signals.listen(run_id)
            async with self._db.reading() as conn:
                known = await store.approval_of(conn, run_id, path)
                run = await store.get(conn, run_id)
            if run is None or run.state in FINISHED or run_id in self.failing:
                return None
            if known is not None and known.approved is not None:
                await self._go_on(run_id, path)
                return known.approved
            await until(woken, LOOK_AGAIN)

    async def _go_on(self, run_id: str, path: str) -> None:
        async with self._db.transaction() as conn:
            open_ones = [item for item in await store.approvals_of(conn, [run_id]) if item.answered is None]
            await store.set_state(conn, run_id, "waiting" if open_ones else "running")
            await store.set_step(conn, run_id, path, state="running")
        self._signals.touch(run_id)
