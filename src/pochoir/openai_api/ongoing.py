"""Work that goes on although whoever asked for it has left: what it makes is paid for. A stop waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog

from pochoir.domain.errors import PochoirError

_LOG = structlog.get_logger("pochoir.openai_api")
T = TypeVar("T")


@dataclass
class Watch:
    """Whether a request has begun such work."""

    begun: bool = False


FINISH_SECONDS = 20.0
"""How long a stop waits."""
_WATCH: ContextVar[Watch | None] = ContextVar("ongoing", default=None)
_running: set[asyncio.Task[Any]] = set()


def begin(work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """Begin it. To wait for it and yet not end it when one's own request is ended: `await asyncio.shield(task)`."""
    if (watch := _WATCH.get()) is not None:
        watch.begun = True
    task = asyncio.create_task(work)
    _running.add(task)
    task.add_done_callback(_over)
    return task


def watched() -> Watch:
    """From now on it is noted whether this request begins any."""
    watch = Watch()
    _WATCH.set(watch)
    return watch


def _over(task: asyncio.Task[Any]) -> None:
    _running.discard(task)
    error = None if task.cancelled() else task.exception()  # told to whoever still waits; nobody else asks for it
    if error is not None and not isinstance(error, PochoirError):
        _LOG.error("work broke that may go on without its client", exc_info=error)


async def finish() -> None:
    """Wait for what is not done yet."""
    if _running:
        await asyncio.wait(_running, timeout=FINISH_SECONDS)
