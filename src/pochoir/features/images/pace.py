"""How fast a connection may be asked: so many images a minute, so many requests at once, as its owner set them.

A token bucket for each connection, refilled steadily: `per_minute` images may come in a burst, after that one every
60 / per_minute seconds. Who comes takes a place in the future and waits for it, so the order is kept. A provider that
says "slow down" holds everybody back for as long as it asked.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from pochoir.domain.errors import EngineRateLimited
from pochoir.engines.base import AT_ONCE, PER_MINUTE

PATIENCE = 20.0
"""Seconds that a request waits here for its place; for a longer wait it is told to come back."""
SLOW_DOWN = 1.0
"""Seconds of pause after a provider's "slow down" that names no time."""
WAIT = "wait"
"""The code of a refusal that is ours: the same request will do later, and nothing was sent."""


@dataclass
class Bucket:
    """The state of one connection. `tokens` below zero are places that others wait for; None is a full bucket."""

    seen: float
    tokens: float | None = None
    closed_until: float = 0.0
    places: dict[int, asyncio.Semaphore] = field(default_factory=dict)


class Pace:
    """`now` is seconds on a clock that never goes back; `sleep` waits a number of them."""

    def __init__(
        self,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._now = now
        self._sleep = sleep
        self._buckets: dict[str, Bucket] = {}

    @asynccontextmanager
    async def turn(
        self, who: str, title: str, settings: Mapping[str, str], images: int, patience: float = PATIENCE
    ) -> AsyncIterator[None]:
        """Wait for the turn of a request for `images` images on the connection `who`, and hold its place for the block.

        Raises EngineRateLimited with the code `wait` and the seconds to wait when the turn is further off than `patience`.
        """
        async with AsyncExitStack() as stack:
            if at_once := _number(settings, AT_ONCE):
                places = self._bucket(who).places
                await stack.enter_async_context(places.setdefault(at_once, asyncio.Semaphore(at_once)))
            await self._wait(who, title, _number(settings, PER_MINUTE), images, patience)
            yield

    def give_back(self, who: str, images: int) -> None:
        """A turn was taken and nothing was sent."""
        bucket = self._bucket(who)
        if bucket.tokens is not None:
            bucket.tokens += images

    def slow_down(self, who: str, seconds: float | None) -> None:
        """The provider asked for a pause: nobody is sent to it until then."""
        bucket = self._bucket(who)
        bucket.closed_until = max(bucket.closed_until, self._now() + (SLOW_DOWN if seconds is None else seconds))

    async def _wait(self, who: str, title: str, per_minute: int, images: int, patience: float) -> None:
        bucket, now = self._bucket(who), self._now()
        seconds = max(0.0, bucket.closed_until - now)
        tokens = float(per_minute)
        if per_minute and bucket.tokens is not None:
            tokens = min(tokens, bucket.tokens + (now - bucket.seen) * per_minute / 60)
        if per_minute:
            # More images than a whole minute's are let through when the bucket is full, or they never could be.
            seconds = max(seconds, (min(images, per_minute) - tokens) * 60 / per_minute)
        if seconds > patience:
            images_a_minute = f"{per_minute} image{'s' if per_minute > 1 else ''} a minute"
            limit = f"may be asked for {images_a_minute} here" if per_minute else "asked to slow down"
            raise self._busy(title, limit, seconds)
        if per_minute:
            bucket.tokens, bucket.seen = tokens - images, now
        if seconds > 0:
            try:
                await self._wait_for(bucket, seconds, title, now + patience)
            except (asyncio.CancelledError, EngineRateLimited):
                bucket.tokens = None if bucket.tokens is None else bucket.tokens + images
                raise

    async def _wait_for(self, bucket: Bucket, seconds: float, title: str, until: float) -> None:
        """Wait; and for as long again as the provider asks for a pause meanwhile, if that ends by `until`."""
        known = bucket.closed_until
        await self._sleep(seconds)
        while bucket.closed_until > known:
            known = bucket.closed_until
            if known > until:
                raise self._busy(title, "asked to slow down", known - self._now())
            await self._sleep(max(0.0, known - self._now()))

    def _busy(self, title: str, why: str, seconds: float) -> EngineRateLimited:
        return EngineRateLimited(
            f"{title} {why}. Try again in {seconds:.0f} seconds, or raise the limit under Settings if your account "
            "allows more.",
            code=WAIT,
            retry_after=seconds,
        )

    def _bucket(self, who: str) -> Bucket:
        bucket = self._buckets.get(who)
        if bucket is None:
            bucket = self._buckets[who] = Bucket(self._now())
        return bucket


def _number(settings: Mapping[str, str], name: str) -> int:
    """A limit from a connection's settings; 0 is none."""
    text = settings.get(name, "").strip()
    return int(text) if text.isdecimal() else 0
