"""One run from its first step to its outputs: the durable workflow `run`. Resumed, it walks again and keeps what it has."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from pochoir.domain.errors import Declined, InvalidRequest, NotFound, PochoirError, StorageFull, Unavailable
from pochoir.domain.runs import FINISHED, Run
from pochoir.domain.tools import Spec, Step
from pochoir.durable.engine import Execution
from pochoir.features.runs.batch import CANCELLED, Desk
from pochoir.features.runs.context import RunCancelled, RunContext
from pochoir.features.runs.plain import packed, unpacked
from pochoir.features.runs.walk import Place, Round, Walk, rendered
from pochoir.features.tools.service import ToolsService
from pochoir.features.tools.validation import inputs_of
from pochoir.steps.base import Params, StepType

WORKFLOW = "run"
ROUND = "round"
"""Names of the durable workflows; stored with the work, so they never change."""

PAUSE = 5.0
"""Seconds until a run's end is written again when the disk was full or the database busy."""

_log = logging.getLogger("pochoir.runs")


class Runner:
    """The visitor that really does the steps, and writes each of them down."""

    def __init__(self, desk: Desk, execution: Execution, run: str, spec: Spec) -> None:
        self._desk = desk
        self._execution = execution
        self._run = run
        self._spec = spec

    async def do(self, place: Place, kind: StepType, params: Params) -> Mapping[str, Any]:
        record = self._desk.record
        if await record.is_over(self._run):
            raise RunCancelled
        await record.begin_step(self._run, place)
        repeats = self._spec.limits.repeat_after_crash
        context = RunContext(self._desk, self._execution, self._run, place.path, self._spec.model, repeats)
        try:
            outputs = await kind.run(params, context)
        except PochoirError as error:
            self._desk.record.fail(self._run)
            await record.finish_step(self._run, place.path, "failed", {}, error.message)
            raise
        await record.finish_step(self._run, place.path, "succeeded", outputs)
        return outputs

    async def rounds(
        self, place: Place, items: Sequence[Any], scope: Mapping[str, Any], go: Callable[[int, Any], Awaitable[Round]]
    ) -> Sequence[Round]:
        """Several rounds are durable work of their own each, so that they go on side by side."""
        if len(items) < 2:
            return [await go(number, item) for number, item in enumerate(items, start=1)]
        shared = packed({name: value for name, value in scope.items() if name != "inputs"})
        about = {"run": self._run, "path": place.path, "ordinal": place.ordinal, "depth": place.depth, "scope": shared}
        results = await self._execution.together(
            ROUND,
            [
                (f"{self._run}/{place.path}[{number}]", {**about, "number": number, "item": packed(item)})
                for number, item in enumerate(items, start=1)
            ],
        )
        if CANCELLED in results:
            raise RunCancelled
        return [unpacked(result) for result in results]

    async def skip(self, place: Place) -> None:
        await self._desk.record.begin_step(self._run, place, "skipped")

    async def fail(self, place: Place, error: InvalidRequest) -> None:
        self._desk.record.fail(self._run)
        await self._desk.record.begin_step(self._run, place, "failed", error.message)


class Executor:
    """Does runs. `work` is what durable execution starts and resumes; its payload is not looked at: the id is the run's."""

    def __init__(self, desk: Desk, tools: ToolsService, kinds: Mapping[str, StepType]) -> None:
        self._desk = desk
        self._tools = tools
        self._kinds = kinds

    async def work(self, execution: Execution, payload: Any) -> None:
        record = self._desk.record
        run = await record.get(execution.id)
        if run is None or run.state in FINISHED:
            record.forget(execution.id)
            return
        await record.recall(run.id)
        try:
            outputs, notes = await self._outputs(execution, run)
        except RunCancelled:
            await self._end(run.id, "cancelled")
        except PochoirError as error:
            state = "cancelled" if isinstance(error, Declined) else "failed"
            await self._end(run.id, state, error=error.message)
        except Exception as error:  # noqa: BLE001  a defect ends the run in words; it must not be resumed for ever
            _log.exception("run %s failed", run.id)
            await self._end(
                run.id,
                "failed",
                error=f"Something went wrong inside Pochoir ({type(error).__name__}). Images already made are kept; "
                "try again, and if it comes back, report it.",
            )
        else:
            await self._end(run.id, "succeeded", outputs=outputs, error=" ".join(notes))

    async def _end(self, run_id: str, state: str, *, outputs: dict[str, Any] | None = None, error: str = "") -> None:
        """Write the end of the run down, as soon as the disk and the database let us. No call of it waits any more."""
        while True:
            try:
                await self._desk.record.finish(run_id, state, outputs=outputs, error=error)
            except (StorageFull, Unavailable) as trouble:
                _log.warning("the end of run %s cannot be written yet: %s", run_id, trouble.message)
                await self._desk.pause(PAUSE)
            else:
                self._desk.record.forget(run_id)
                return

    async def _outputs(self, execution: Execution, run: Run) -> tuple[dict[str, Any], list[str]]:
        """Every output, and why some are empty: what is made by then is paid, so one that fails takes nothing along."""
        await self._desk.record.begin(run.id)
        spec = await self._spec(run)
        inputs = inputs_of(spec, run.inputs)
        walk = Walk(self._kinds, Runner(self._desk, execution, run.id, spec))
        scope: dict[str, Any] = {"inputs": inputs}
        steps = await walk.through(spec.steps, scope)
        scope["steps"] = steps
        outputs: dict[str, Any] = {}
        notes = []
        for output in spec.outputs:
            try:
                outputs[output.key] = rendered(output.value, scope)
            except InvalidRequest as error:
                outputs[output.key] = None
                notes.append(f"The output '{output.label}' is empty. {error.message}")
        return outputs, notes

    async def round(self, execution: Execution, payload: Any) -> Any:
        """The workflow `round`: one round of a repeat. Gives its outputs as plain JSON, or CANCELLED."""
        run = await self._desk.record.get(payload["run"])
        if run is None or run.state in FINISHED:
            return CANCELLED
        await self._desk.record.recall(run.id)  # a resumed round may be here before its run
        spec = await self._spec(run)
        place = Place(payload["path"], payload["ordinal"], payload["depth"], step_at(spec, payload["path"]))
        walk = Walk(self._kinds, Runner(self._desk, execution, run.id, spec))
        scope = {**unpacked(payload["scope"]), "inputs": inputs_of(spec, run.inputs)}
        try:
            return packed(await walk.round(place, payload["number"], unpacked(payload["item"]), scope))
        except RunCancelled:
            return CANCELLED

    async def _spec(self, run: Run) -> Spec:
        try:
            return await self._tools.spec(run.tool, run.version)
        except NotFound as error:
            raise NotFound(
                f"Version {run.version} of the tool '{run.tool}' is gone. Start a new run of the tool as it is now."
            ) from error


def step_at(spec: Spec, path: str) -> Step:
    """The step of a spec that stands at a path such as `each[2].inner`."""
    steps = {step.id: step for step in spec.steps}
    *around, last = [part.partition("[")[0] for part in path.split(".")]
    for name in around:
        steps = {step.id: step for step in steps[name].steps}
    return steps[last]
