"""How much an API key may ask in a minute: requests and images. Kept in the database, so all processes count together.

For each limit one moment is stored: when the minute's allowance will be whole again (GCRA, ITU-T I.371). A whole minute's
allowance may come at once; after that it comes back evenly. What is refused costs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pochoir.domain.accounts import ApiKey
from pochoir.domain.errors import InvalidValue, NotFound, TooManyRequests
from pochoir.features.accounts import store
from pochoir.infra.clock import Clock
from pochoir.infra.db import Database

What = Literal["requests", "images"]
MINUTE = 60_000_000_000
"""Nanoseconds."""
MOST = 1_000_000
AT_ONCE = 10
"""Images that one request may ask for: they can take more than a minute's allowance."""


@dataclass(frozen=True, slots=True)
class Standing:
    """`remaining` of `limit` may be asked at once now; in `reset` nanoseconds it will be all of them."""

    limit: int
    remaining: int
    reset: int


class KeyLimits:
    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def put(self, key_id: str, *, requests: int | None, images: int | None) -> None:
        """Set both limits of a key; None is no limit. Raises InvalidValue and NotFound."""
        for name, value in (("requests", requests), ("images", images)):
            if value is not None and not 1 <= value <= MOST:
                raise InvalidValue(
                    f"A limit is a number from 1 to {MOST:,}. Change it or leave it empty.", param=f"{name}_per_minute"
                )
        async with self._db.transaction() as conn:
            if not await store.set_limits(conn, key_id, requests, images):
                raise NotFound("There is no such key, or it was revoked before. Reload the page.")

    async def take(self, key: ApiKey, what: What, amount: int = 1) -> None:
        """Count what the key asks for. Raises TooManyRequests, with when to come back, when it does not fit.

        More images than a whole minute's are let through when the allowance is whole, or they never could be.
        """
        if not (limit := limit_of(key, what)):
            return
        cost = amount * MINUTE // limit
        async with self._db.transaction() as conn:
            now = self._clock.now_ns()
            full_at = now + _owed(await store.full_at(conn, key.id, what), now, limit)
            wait = full_at - now + min(cost, MINUTE) - MINUTE
            if wait > 0:
                raise _too_many(what, limit, wait / 1e9)
            await store.set_full_at(conn, key.id, what, full_at + cost)

    async def standing(self, key: ApiKey, what: What) -> Standing | None:
        """What is left of a limit; None where there is none."""
        if not (limit := limit_of(key, what)):
            return None
        async with self._db.reading() as conn:
            full_at = await store.full_at(conn, key.id, what)
        owed = _owed(full_at, self._clock.now_ns(), limit)
        return Standing(limit, max(0, (MINUTE - owed) * limit // MINUTE), owed)


def _owed(full_at: int | None, now: int, limit: int) -> int:
    """Nanoseconds until the allowance is whole. More than can be owed was written by a clock that was ahead: nothing is."""
    owed = max(0, (full_at or 0) - now)
    return owed if owed <= max(MINUTE, AT_ONCE * MINUTE // limit) else 0


def limit_of(key: ApiKey, what: What) -> int | None:
    return key.requests_per_minute if what == "requests" else key.images_per_minute


def _too_many(what: What, limit: int, seconds: float) -> TooManyRequests:
    asked = f"{limit} {what if limit > 1 else what[:-1]} a minute"
    return TooManyRequests(
        f"Rate limit reached: this key may ask for {asked}. Try again in {max(1, round(seconds))} seconds, or raise its "
        "limit under Settings.",
        retry_after=seconds,
    )
