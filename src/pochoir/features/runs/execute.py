"""One run from its first step to its outputs: the durable workflow `run`. Resumed, it walks again and keeps what it has."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from pochoir.domain.errors import InvalidRequest, NotFound, PochoirError, StorageFull, Unavailable
from pochoir.domain.runs import FINISHED, Run
from pochoir.domain.tools import Spec
from pochoir.durable.engine import Execution
from pochoir.features.runs.batch import Desk
from pochoir.features.runs.context import RunCancelled, RunContext
from pochoir.features.runs.walk import Place, Walk, rendered
from pochoir.features.tools.service import ToolsService
from pochoir.features.tools.validation import inputs_of
from pochoir.steps.base import Params, StepType

WORKFLOW = "run"
PAUSE = 5.0
"""Seconds until a run's end is written again when the disk was full or the database busy."""

_log = logging.getLogger("pochoir.runs")


class Runner:
    """The visitor that really does the steps, and writes each of them down."""

    def __init__(self, desk: Desk, execution: Execution, spec: Spec) -> None:
        self._desk = desk
        self._execution = execution
        self._spec = spec

    async def do(self, place: Place, kind: StepType, params: Params) -> Mapping[str, Any]:
        run, record = self._execution.id, self._desk.record
        if await record.is_over(run):
            raise RunCancelled
        await record.begin_step(run, place)
        context = RunContext(
            self._desk, self._execution, place.path, self._spec.model, self._spec.limits.repeat_after_crash
        )
        try:
            outputs = await kind.run(params, context)
        except PochoirError as error:
            await record.finish_step(run, place.path, "failed", {}, error.message)
            raise
        await record.finish_step(run, place.path, "succeeded", outputs)
        return outputs

    async def skip(self, place: Place) -> None:
        await self._desk.record.begin_step(self._execution.id, place, "skipped")

    async def fail(self, place: Place, error: InvalidRequest) -> None:
        await self._desk.record.begin_step(self._execution.id, place, "failed", error.message)


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
            return
        try:
            outputs = await self._outputs(execution, run)
        except RunCancelled:
            await self._end(run.id, "cancelled")
        except PochoirError as error:
            await self._end(run.id, "failed", error=error.message)
        except Exception as error:  # noqa: BLE001  a defect ends the run in words; it must not be resumed for ever
            _log.exception("run %s failed", run.id)
            await self._end(
                run.id,
                "failed",
                error=f"Something went wrong inside Pochoir ({type(error).__name__}). Images already made are kept; "
                "try again, and if it comes back, report it.",
            )
        else:
            await self._end(run.id, "succeeded", outputs=outputs)

    async def _end(self, run_id: str, state: str, *, outputs: dict[str, Any] | None = None, error: str = "") -> None:
        """Write the end of the run down, as soon as the disk and the database let us."""
        while True:
            try:
                await self._desk.record.finish(run_id, state, outputs=outputs, error=error)
            except (StorageFull, Unavailable) as trouble:
                _log.warning("the end of run %s cannot be written yet: %s", run_id, trouble.message)
                await self._desk.pause(PAUSE)
            else:
                return

    async def _outputs(self, execution: Execution, run: Run) -> dict[str, Any]:
        await self._desk.record.begin(run.id)
        spec = await self._spec(run)
        inputs = inputs_of(spec, run.inputs)
        walk = Walk(self._kinds, Runner(self._desk, execution, spec))
        scope: dict[str, Any] = {"inputs": inputs}
        steps = await walk.through(spec.steps, scope)
        scope["steps"] = steps
        return {output.key: rendered(output.value, scope) for output in spec.outputs}

    async def _spec(self, run: Run) -> Spec:
        try:
            return await self._tools.spec(run.tool, run.version)
        except NotFound as error:
            raise NotFound(
                f"Version {run.version} of the tool '{run.tool}' is gone. Start a new run of the tool as it is now."
            ) from error
