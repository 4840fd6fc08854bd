"""What a step may do inside a run: every call is journalled under the run and the step's path, so nothing is done twice."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any

from pochoir.domain.errors import EngineNotReady, PochoirError
from pochoir.domain.images import ImageRequest
from pochoir.durable.engine import Execution
from pochoir.features.images.artifact import Artifact
from pochoir.features.runs.batch import CANCELLED, LEFT_OUT, Batch, Desk
from pochoir.steps.base import ImageRef


class RunCancelled(Exception):
    """The run was cancelled; no further call is made."""


class RunContext:
    """The context of one step of one run; see steps/base.py for the contract."""

    def __init__(self, desk: Desk, execution: Execution, run: str, path: str, model: str, repeats: int) -> None:
        self._desk = desk
        self._execution = execution
        self._run = run
        self._path = path
        self._model = model
        self._repeats = repeats
        self._calls = 0

    @property
    def model(self) -> str:
        return self._model

    async def make_images(
        self,
        request: ImageRequest,
        references: Sequence[ImageRef] = (),
        mask: ImageRef | None = None,
        markup: ImageRef | None = None,
    ) -> list[ImageRef]:
        """One durable call for each image. The first that fails stops those not begun; what is made is kept."""
        batch = Batch(self._desk, self._run, self._path, self._repeats, request, tuple(references), mask, markup)
        keys = [self._next_key() for _ in range(request.n)]
        calls = [self._sending(key, batch.call(key, place)) for place, key in enumerate(keys)]
        return _images(await asyncio.gather(*calls, return_exceptions=True))

    async def transform(self, image: ImageRef, operation: str, arguments: Mapping[str, Any]) -> ImageRef:
        library = self._desk.images.library

        async def work() -> dict[str, Any]:
            if not await self._desk.record.may_go_on(self._run):
                return CANCELLED
            for known in await library.of_run(self._run):
                if known.path == self._path and _was_made(known, image, operation, arguments):
                    return {"artifact": known.id}
            made = await library.transform(image.artifact, operation, arguments, run=self._run, path=self._path)
            await self._desk.record.progress(self._run)
            return {"artifact": made.id}

        return _images([await self._execution.step(self._next_key(), work)])[0]

    async def write_text(self, prompt: str, system: str, max_words: int) -> str:
        write, key = self._desk.write, self._next_key()

        async def ask() -> dict[str, Any]:
            if not await self._desk.record.may_go_on(self._run):
                return CANCELLED
            if write is None:
                raise EngineNotReady(
                    "No language model is connected. Connect one on the settings page, then run again."
                )
            self._desk.sending.send(key)
            return {"text": await write(prompt, system, max_words)}

        async def work() -> dict[str, Any]:
            return await self._desk.patiently(key, ask)

        return str(_kept(await self._sending(key, work))["text"])

    async def ask_approval(self, question: str, images: Sequence[ImageRef]) -> bool:
        async def work() -> dict[str, Any]:
            shown = [image.artifact for image in images]
            answer = await self._desk.record.wait_for_answer(self._run, self._path, question, shown)
            return CANCELLED if answer is None else {"approved": answer}

        return bool(_kept(await self._execution.step(self._next_key(), work))["approved"])

    async def say(self, message: str) -> None:
        await self._desk.record.say(self._run, self._path, message)

    def _sending(self, key: str, work: Callable[[], Awaitable[Any]]) -> Coroutine[Any, Any, Any]:
        """A durable step that sends something: a stop waits for what it sent until the journal has it."""
        step = self._execution.step(key, work)

        async def run() -> Any:
            try:
                return await step
            finally:
                self._desk.sending.back(key)

        return run()

    def _next_key(self) -> str:
        """The key of the next call of this step: `<run>:<path>:<number>`."""
        self._calls += 1
        return f"{self._run}:{self._path}:{self._calls - 1}"


def _kept(result: dict[str, Any]) -> dict[str, Any]:
    if result == CANCELLED:
        raise RunCancelled
    return result


def _images(results: Sequence[dict[str, Any] | BaseException]) -> list[ImageRef]:
    """The images in order. Raises the first failure, else what cut a call off, else RunCancelled if one was not made."""
    errors = [result for result in results if isinstance(result, BaseException)]
    if errors:
        raise next((error for error in errors if isinstance(error, PochoirError)), errors[0])
    if any(result in (CANCELLED, LEFT_OUT) for result in results):
        raise RunCancelled
    return [ImageRef(result["artifact"]) for result in results if isinstance(result, dict)]


def _was_made(known: Artifact, source: ImageRef, operation: str, arguments: Mapping[str, Any]) -> bool:
    """Whether a run that was cut off had stored this very image before it could write so in its journal."""
    given = {name: value for name, value in arguments.items() if value is not None}
    made = known.provenance
    return (made.get("source"), made.get("operation"), made.get("arguments")) == (source.artifact, operation, given)
