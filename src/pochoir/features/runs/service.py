"""Runs: quote, start, watch, cancel, answer. A run goes on by itself, whoever watches, and survives the process."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pochoir.domain.errors import (
    BudgetExceeded,
    Conflict,
    EngineNotReady,
    InvalidRequest,
    ModelNotFound,
    NotFound,
    PochoirError,
    Unavailable,
)
from pochoir.domain.money import MicroUSD, Quote, Usage, dollars
from pochoir.domain.runs import FINISHED, Run, StepView
from pochoir.domain.tools import Input, Spec
from pochoir.durable.engine import Durable
from pochoir.features.images.artifact import Artifact
from pochoir.features.images.service import ImagesService
from pochoir.features.metering.service import MeteringService
from pochoir.features.runs import store
from pochoir.features.runs.batch import Desk, Writer
from pochoir.features.runs.execute import ROUND, WORKFLOW, Executor
from pochoir.features.runs.plain import plain
from pochoir.features.runs.quote import PENDING, RunQuote, price
from pochoir.features.runs.record import LOOK_AGAIN, Record
from pochoir.features.runs.signals import Signals, until
from pochoir.features.runs.store import Approval
from pochoir.features.tools.service import ToolsService
from pochoir.features.tools.validation import inputs_of
from pochoir.infra.clock import Clock
from pochoir.infra.db import Database
from pochoir.steps.base import StepType


class RunsService:
    """`write` is the workspace's language model, None when there is none; `pause` waits seconds between tries."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        *,
        tools: ToolsService,
        images: ImagesService,
        metering: MeteringService,
        durable: Durable,
        kinds: Mapping[str, StepType],
        write: Writer | None = None,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._db = db
        self._clock = clock
        self._tools = tools
        self._images = images
        self._metering = metering
        self._durable = durable
        self._kinds = kinds
        self._signals = Signals()
        self._record = Record(db, clock, images, metering, self._signals)
        desk = Desk(images, self._record, write, pause)
        self._sending = desk.sending
        executor = Executor(desk, tools, kinds)
        durable.register(WORKFLOW, executor.work)
        durable.register(ROUND, executor.round)

    # -- before ------------------------------------------------------------------------------------------------------

    async def quote(self, spec: Spec, inputs: Mapping[str, Any]) -> RunQuote:
        """The price of a run, and why it cannot be started if so; inputs that are missing are filled in to estimate."""
        try:
            typed = inputs_of(spec, inputs)
        except InvalidRequest as error:
            return await self._estimate(spec, inputs, error)
        try:
            quote = await price(spec, typed, self._kinds, self._images)
        except (InvalidRequest, ModelNotFound) as error:
            return _unpriced(spec, error)
        return await self._checked(spec, quote)

    async def _estimate(self, spec: Spec, inputs: Mapping[str, Any], missing: InvalidRequest) -> RunQuote:
        filled = {**{field.key: _stand_in(field) for field in spec.inputs}, **{k: v for k, v in inputs.items() if v}}
        try:
            typed = inputs_of(spec, filled)
            quote = await price(spec, typed, self._kinds, self._images, check_outputs=False)
        except (InvalidRequest, ModelNotFound):
            return _unpriced(spec, missing)
        return replace(await self._with_waits(quote), ready=False, reason=missing.message)

    async def _checked(self, spec: Spec, quote: RunQuote) -> RunQuote:
        if reason := await self._too_much(spec, quote):
            return replace(quote, ready=False, reason=reason)
        for step in quote.steps:
            readiness = await self._images.readiness(step.card)
            if not readiness.ready:
                return replace(quote, ready=False, reason=readiness.sentence, link=readiness.link)
        return await self._with_waits(quote)

    async def _with_waits(self, quote: RunQuote) -> RunQuote:
        """The quote with what the run would wait for first."""
        told = [await self._images.left_alone(step.card) for step in quote.steps]
        return replace(quote, notes=(*quote.notes, *dict.fromkeys(note for note in told if note)))

    async def _too_much(self, spec: Spec, quote: RunQuote) -> str:
        """Why a limit refuses the run before anything is spent; empty when none does."""
        total, most = quote.quote.total, spec.limits.max_microusd
        if most is not None and total > most:
            return (
                f"This run would cost {dollars(total)}; the tool's limit for a run is {dollars(most)}. "
                "Ask for less, or raise the limit."
            )
        budget = await self._metering.budget()
        if budget is not None and total > budget.left:
            return (
                f"This run would cost {dollars(total)}, and {dollars(budget.left, places=2)} of this month's budget is "
                "left. Ask for less, or raise the budget under Usage."
            )
        return ""

    # -- doing -------------------------------------------------------------------------------------------------------

    async def start(
        self, tool: str, inputs: Mapping[str, Any], number: int | None = None, api_key: str | None = None
    ) -> Run:
        """Begin a run of a tool's current version, or of version `number`. `api_key`: whose budget pays as well.

        Raises InvalidRequest for inputs, ModelNotFound when the tool's model is gone (it names the successors),
        BudgetExceeded when the tool's limit, this month's budget or the key's does not hold it (they hold it to its end
        from now on), EngineNotReady when the model cannot run here, StorageFull or Unavailable when it cannot be written
        down; then nothing of it will run.
        """
        known = await self._tools.tool(tool)
        if known.archived:
            raise Conflict(f"The tool '{tool}' is archived. Bring it back before you run it.")
        version = known.current if number is None else number
        spec = await self._tools.spec(tool, version)
        typed = inputs_of(spec, inputs)
        await self._check_images(typed)
        quote = await self._checked(spec, await price(spec, typed, self._kinds, self._images))
        if not quote.ready:
            raise BudgetExceeded(quote.reason) if await self._too_much(spec, quote) else EngineNotReady(quote.reason)
        run = Run(
            id=self._clock.new_id("run"),
            tool=tool,
            version=version,
            model=spec.model,
            state="queued",
            inputs=plain(typed),
            created=self._clock.stamp(),
            quoted_microusd=quote.quote.total,
            quote_exact=quote.exact,
            images_expected=quote.images,
            api_key=api_key,
        )
        await self._durable.launch()
        most = None if spec.limits.max_microusd is None else MicroUSD(spec.limits.max_microusd)
        async with self._db.transaction() as conn:
            await self._metering.allot(run.id, quote.quote.total, quote.images, most=most, api_key=api_key)
            await store.add(conn, run)
        await self._begin(run.id)
        return run

    def make_ready(self) -> None:
        """Begin to open the journal, as a run is likely to be started soon: that takes a second, and memory."""
        self._durable.begin()

    async def _begin(self, run_id: str) -> None:
        """Begin what is written down. Where that fails nothing of it runs: its caller is told, and may start another."""
        try:
            await self._durable.start(run_id, WORKFLOW, {})
        except PochoirError as error:
            await self._take_back(run_id, error)
            raise
        except Exception as error:
            told = Unavailable(
                f"The run could not be begun ({type(error).__name__}). Nothing was charged; start it again."
            )
            await self._take_back(run_id, told)
            raise told from error

    async def _take_back(self, run_id: str, error: PochoirError) -> None:
        """The next start of the server begins what is queued, so it must not stay so."""
        try:
            await self._record.finish(run_id, "failed", error=error.message)
        except PochoirError as unwritten:
            raise Unavailable(
                f"{error.message} The run {run_id} is still queued, and begins when the server is started again. Cancel "
                "it before you start another."
            ) from unwritten

    async def resume(self) -> int:
        """At start: go on with runs that a dead process left, where there are any. Returns how many are open."""
        async with self._db.reading() as conn:
            left = await store.unfinished(conn)
        if left:
            await self._durable.launch()
        for run_id in left:
            await self._durable.start(run_id, WORKFLOW, {})
        return len(left)

    async def stop(self) -> None:
        """Send nothing more to a provider, and wait a while for what was sent: it is paid for, so it is kept."""
        await self._sending.stop()

    async def cancel(self, run_id: str) -> Run:
        """Stop a run: no further image is begun; one in flight is finished, kept and charged. Raises Conflict when over."""
        if not await self._record.finish((await self.get(run_id)).id, "cancelled"):
            raise Conflict("This run is over already. There is nothing to cancel.")
        return await self.get(run_id)

    async def cancel_and_wait(self, run_id: str, seconds: float) -> Run:
        """Cancel a run, unless it is over, and wait so many seconds at most for its requests that are with an engine.

        Those that are still there then are counted in the result as ones that may have been charged.
        """
        await self._record.finish((await self.get(run_id)).id, "cancelled")
        now = asyncio.get_running_loop().time
        end = now() + seconds
        event = self._signals.listen(run_id)
        while (out := await self._sent(run_id)) and now() < end:
            await until(event, min(LOOK_AGAIN, max(0.0, end - now())))
            event = self._signals.listen(run_id)
        await self._record.progress(run_id)
        run = await self.get(run_id)
        return replace(run, maybe_charged=run.maybe_charged + out)

    async def _sent(self, run_id: str) -> int:
        """How many of its requests are with an engine."""
        return sum(attempt.state == "sent" for attempt in await self._images.attempts(run_id))

    async def answer(self, run_id: str, path: str, approved: bool) -> None:
        """Answer the question of a step. Raises NotFound when there is none, Conflict when it was answered or is moot."""
        run = await self.get(run_id)
        async with self._db.transaction() as conn:
            if await store.approval_of(conn, run_id, path) is None:
                raise NotFound("This run has no such question. Open the run to see what it asks.")
            if run.state in FINISHED or not await store.answer(conn, run_id, path, approved, self._clock.stamp()):
                raise Conflict("This question is answered already, or the run is over. Nothing was changed.")
        self._signals.touch(run_id)

    # -- looking -----------------------------------------------------------------------------------------------------

    async def get(self, run_id: str) -> Run:
        """The run as it stands. Raises NotFound."""
        run = await self._record.get(run_id)
        if run is None:
            raise NotFound(f"There is no run '{run_id}'. Choose one from the list of runs.")
        return run

    async def steps(self, run_id: str) -> list[StepView]:
        async with self._db.reading() as conn:
            return await store.steps_of(conn, run_id)

    async def images(self, run_id: str) -> list[Artifact]:
        """The images of a run: steps in the order in which they came, rounds of a repeat in the order of its list."""
        return in_order(await self._images.library.of_run(run_id))

    async def recent(self, tool: str | None = None, limit: int = 50, before: str | None = None) -> list[Run]:
        """Runs, of one tool or of all, newest first; `before` is the id to go on from."""
        async with self._db.reading() as conn:
            return await store.recent(conn, tool, limit, before)

    async def approvals(self, run_id: str) -> list[Approval]:
        async with self._db.reading() as conn:
            return await store.approvals_of(conn, [run_id])

    async def change(self, run_id: str, seconds: float) -> Run:
        """The run at its next change, or after so many seconds. For pages that show progress."""
        event = self._signals.listen(run_id)
        run = await self.get(run_id)
        if run.state not in FINISHED:
            await until(event, seconds)
            run = await self.get(run_id)
        return run

    async def wait(self, run_id: str) -> Run:
        """The run once it is over."""
        while (run := await self.change(run_id, LOOK_AGAIN)).state not in FINISHED:
            continue
        return run

    async def _check_images(self, inputs: Mapping[str, Any]) -> None:
        for value in inputs.values():
            for item in value if isinstance(value, list | tuple) else [value]:
                if isinstance(item, Mapping) and "artifact" in item:
                    await self._images.library.artifact(str(item["artifact"]))


def _unpriced(spec: Spec, error: PochoirError) -> RunQuote:
    nothing = Quote(spec.model, (), Usage(), "", unknown=error.message)
    return RunQuote(nothing, 0, ready=False, reason=error.message)


def _stand_in(field: Input) -> Any:
    """A value for an input that is not filled in yet, so that a price can be estimated."""
    if field.sample is not None:
        return field.sample
    if field.default is not None:
        return field.default
    first = field.choices[0].value if field.choices else "…"
    values: dict[str, Any] = {
        "number": field.minimum if field.minimum is not None else 1,
        "choice": [first] if field.several else first,
        "boolean": False,
        "date": "2026-01-01",
        "image": {"artifact": PENDING},
        "images": [{"artifact": PENDING}],
        "table_row": {},
    }
    return values.get(field.type, "…")


_ROUND = re.compile(r"\[(\d+)\]")


def in_order(images: Sequence[Artifact]) -> list[Artifact]:
    """Images sorted by step, then by round: rounds go on side by side, so a later one may be done first."""
    came: dict[str, int] = {}
    for image in images:
        came.setdefault(_ROUND.sub("", image.path or ""), len(came))

    def place(image: Artifact) -> tuple[int, list[int]]:
        path = image.path or ""
        return came[_ROUND.sub("", path)], [int(number) for number in _ROUND.findall(path)]

    return sorted(images, key=place)
