"""The image calls of one step: one call an image, a few at a time, patient with an engine that says "later"."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from pochoir.domain.errors import EngineError, PochoirError
from pochoir.domain.images import ImageRequest, Incoming
from pochoir.features.images.artifact import Payer
from pochoir.features.images.pace import WAIT
from pochoir.features.images.service import ImagesService
from pochoir.features.runs.record import Record
from pochoir.features.runs.sending import Sending
from pochoir.steps.base import ImageRef

T = TypeVar("T")
Writer = Callable[[str, str, int], Awaitable[str]]
"""The workspace's language model: task, manner, most words -> text."""

AT_ONCE = 3
"""Images of one run that are made at the same time."""

TRIES = 4
"""How often one thing is asked for when the answer is "later" and nothing was charged."""

LONGEST_PAUSE = 60.0
"""Seconds between two tries, however long the engine would like."""

CANCELLED = {"left_out": "cancelled"}
LEFT_OUT = {"left_out": "failed"}
"""The journal's entries for calls that were not made: the run was cancelled, or something else of it failed."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What all steps of all runs reach the rest through. `pause` waits a number of seconds."""

    images: ImagesService
    record: Record
    write: Writer | None
    pause: Callable[[float], Awaitable[None]]
    sending: Sending = field(default_factory=Sending)
    turns: WeakValueDictionary[str, asyncio.Semaphore] = field(default_factory=WeakValueDictionary)

    def turn(self, run: str) -> asyncio.Semaphore:
        """What all image calls of a run wait for, `AT_ONCE` at a time."""
        turn = self.turns.get(run)
        if turn is None:
            turn = self.turns[run] = asyncio.Semaphore(AT_ONCE)
        return turn

    async def patiently(self, key: str, call: Callable[[], Awaitable[T]]) -> T:
        """Make a call. Try again, after a pause that doubles, what failed for the moment and was surely not charged.

        Waiting for the connection's own limit of images a minute is no try: nothing was sent.
        """
        number = 1
        while True:
            self.sending.check()
            try:
                return await call()
            except PochoirError as error:
                if error.code != WAIT and (number == TRIES or not _may_try_again(error)):
                    raise
                self.sending.back(key)
                number += error.code != WAIT
                wish = error.retry_after if isinstance(error, EngineError) else None
                await self.pause(min(LONGEST_PAUSE, 2.0 ** (number - 2) if wish is None else max(wish, 0.1)))


class _LeftOut(Exception):
    """The call is not made any more; `entry` is what the journal says instead."""

    def __init__(self, entry: dict[str, Any]) -> None:
        super().__init__(entry)
        self.entry = entry


class Batch:
    """The calls of one `make_images`."""

    def __init__(
        self,
        desk: Desk,
        run: str,
        path: str,
        repeats: int,
        request: ImageRequest,
        references: tuple[ImageRef, ...],
        mask: ImageRef | None,
        markup: ImageRef | None,
    ) -> None:
        self._desk = desk
        self._run = run
        self._path = path
        self._repeats = repeats
        self._request = request
        self._references = references
        self._layers = (mask, markup)
        self._turn = desk.turn(run)
        self._ready: asyncio.Task[ImageRequest] | None = None

    def call(self, key: str, place: int) -> Callable[[], Awaitable[dict[str, Any]]]:
        """The work of the image at `place` (from 0), to be journalled under `key`."""

        async def work() -> dict[str, Any]:
            async with self._turn:
                try:
                    return await self._desk.patiently(key, lambda: self._make(key, place))
                except _LeftOut as left:
                    return left.entry
                except PochoirError:
                    self._desk.record.fail(self._run)
                    raise
                finally:
                    await self._desk.record.progress(self._run)

        return work

    async def _make(self, key: str, place: int) -> dict[str, Any]:
        """One try. The run may have ended while it waited: for the next try, or then for its turn at the provider."""
        if await self._desk.record.is_over(self._run):
            raise _LeftOut(CANCELLED)
        self._still_wanted()
        request = await self._whole()

        def on_send() -> None:
            self._still_wanted()
            self._desk.sending.send(key)

        run = await self._desk.record.get(self._run)
        made = await self._desk.images.create(
            replace(request, n=1, seed=None if request.seed is None else request.seed + place),
            asker="run",
            key=key,
            run=self._run,
            path=self._path,
            repeats=self._repeats,
            adapt=True,
            origins=tuple(reference.artifact for reference in self._references),
            payer=Payer(run.api_key) if run is not None and run.api_key else None,
            on_send=on_send,
        )
        return {"artifact": made.artifacts[0].id, "notes": list(made.notes)}

    def _still_wanted(self) -> None:
        if self._run in self._desk.record.over:
            raise _LeftOut(CANCELLED)
        if self._run in self._desk.record.failing:
            raise _LeftOut(LEFT_OUT)

    async def _whole(self) -> ImageRequest:
        """The request with its images read and its seed chosen, once for the batch."""
        if self._ready is None:
            self._ready = asyncio.create_task(self._read())
        return await asyncio.shield(self._ready)

    async def _read(self) -> ImageRequest:
        library = self._desk.images.library
        request = self._request
        references = tuple([await library.as_input(item.artifact) for item in self._references])
        mask, markup = [await library.as_input(layer.artifact) if layer else None for layer in self._layers]
        if request.seed is None and await self._takes_seeds():
            request = replace(request, seed=derived_seed(self._run, self._path))
        return replace(request, references=references, mask=mask, markup=markup)

    async def _takes_seeds(self) -> bool:
        plain = replace(self._request, n=1)
        prepared = await self._desk.images.prepare(plain, adapt=True, incoming=Incoming(len(self._references)))
        return bool(prepared.card.abilities.seeds)


def derived_seed(run: str, path: str) -> int:
    """A seed that the same step of the same run always gets; 31 bits, with room for the image's place to be added."""
    return int.from_bytes(hashlib.sha256(f"{run}:{path}".encode()).digest()[:4], "big") >> 2


def _may_try_again(error: PochoirError) -> bool:
    return error.retryable and not (isinstance(error, EngineError) and error.may_have_been_charged)
