"""Retention: how long images are kept that nothing shows any more. At first all are kept for ever.

An image goes when it is older than its limit and than any work of programs that is not done, was made for a program or
put in by somebody, belongs to no run, is not pinned, and no other table mentions it: no run, tool, sample, trial, stored
response or message. What was paid stays in the ledger. A row and its bytes go one after the other; in between the blob
stands in `doomed_blobs`, so a killed sweep is finished.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta

import structlog

from pochoir.domain.errors import InvalidValue, PochoirError
from pochoir.features.images import retained, store
from pochoir.features.images.library import Library
from pochoir.infra.clock import Clock
from pochoir.infra.db import Database
from pochoir.infra.mentions import mentioned

CHOICE, SWEPT = "retention", "swept"
MOST_DAYS = 36_500
AT_ONCE = 1_000
"""Images that one transaction looks at, and takes away where they are over."""
DROPPED_AT_ONCE = 1_000
"""Blobs that are asked for together whether an image needs them: to ask is to look at every image."""
LOOK_SECONDS = 600.0
"""How often the day is looked at."""
UNASKED = frozenset(
    {
        "artifacts",
        "attempts",
        "ledger",
        "reservations",
        "allotments",
        "image_choices",
        "doomed_blobs",
        "batch_lines",
        "thread_runs",
    }
)
"""Tables whose mention of an image does not show it. Results files carry a batch's images; what a thread's run made is
shown by its message."""
_LOG = structlog.get_logger("pochoir.images")

AtWork = Callable[[], Awaitable[str | None]]
"""Since when work of one kind is not done (ISO 8601); None when nothing is open. Its images are younger than it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Days for which images made for programs, and images that were put in, are kept. None: for ever."""

    made: int | None = None
    uploaded: int | None = None

    def __post_init__(self) -> None:
        for name, days in asdict(self).items():
            if days is not None and not 1 <= days <= MOST_DAYS:
                raise InvalidValue(f"Images can be kept 1 to {MOST_DAYS:,} days, not {days}. Change it.", param=name)


@dataclass(frozen=True, slots=True)
class Sweepable:
    """What a sweep would take away now. `freed`: bytes on disk, less what other images share."""

    images: int
    freed: int


class Retention:
    """Takes away what is over, once a day. `start` and `stop` belong to the server; `sweep` may be called any time."""

    def __init__(self, db: Database, clock: Clock, library: Library, at_work: Sequence[AtWork] = ()) -> None:
        self._db = db
        self._clock = clock
        self._library = library
        self._at_work = at_work
        self._sweeping = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    async def limits(self) -> Limits:
        async with self._db.reading() as conn:
            return Limits(**(await store.choice(conn, CHOICE) or {}))

    async def set_limits(self, limits: Limits) -> None:
        async with self._db.transaction() as conn:
            await store.set_choice(conn, CHOICE, asdict(limits), self._clock.stamp())

    async def pin(self, artifact_id: str, *, pinned: bool) -> None:
        """Keep an image for good, or no longer."""
        await self._library.artifact(artifact_id)
        async with self._db.transaction() as conn:
            await retained.pin(conn, artifact_id, pinned=pinned)

    async def sweepable(self, limits: Limits) -> Sweepable:
        """What these limits would take away now."""
        async with self._db.reading() as conn:
            kept, ends = await self._mentioned(conn, limits), await self._ends(limits)
            gone: Counter[str] = Counter()
            sizes: dict[str, int] = {}
            after: str | None = ""
            while after is not None:
                old, after = await retained.old(conn, **ends, after=after, most=AT_ONCE)
                over = [item for item in old if item.id not in kept]
                gone.update(item.blob for item in over)
                sizes.update((item.blob, item.bytes) for item in over)
                await asyncio.sleep(0)  # others have their turn
            held = await retained.holders(conn, list(gone))
            held.update(await retained.awaited(conn))
        freed = sum(size for blob, size in sizes.items() if held[blob] <= gone[blob])
        return Sweepable(gone.total(), freed)

    async def sweep(self) -> int:
        """Take away what is over by the limits that are set; returns how many images went. Safe to be cut off anywhere."""
        async with self._sweeping:
            await self._drop_doomed()
            count = await self._doom()
            await self._drop_doomed()
            async with self._db.transaction() as conn:
                await store.set_choice(
                    conn, SWEPT, {"day": str(self._clock.today()), "images": count}, self._clock.stamp()
                )
        return count

    async def _doom(self) -> int:
        """Take the rows away of all that is over, a page at a time; returns how many.

        What is mentioned is gathered once, as that is costly, and for a page looked at anew with what takes it away.
        """
        async with self._db.reading() as conn:
            kept = await self._mentioned(conn, await self.limits())
        count = 0
        after: str | None = ""
        while after is not None:
            async with self._db.transaction() as conn:
                ends = await self._ends(await self.limits())
                old, after = await retained.old(conn, **ends, after=after, most=AT_ONCE)
                over = {item.id: item for item in old if item.id not in kept}
                shown = await mentioned(conn, "img", without=UNASKED, among=over) if over else ()
                gone = [item for item in over.values() if item.id not in shown]
                await retained.doom(conn, gone, self._clock.stamp())
            count += len(gone)
            await asyncio.sleep(0)  # others have their turn
        return count

    async def _mentioned(self, conn: retained.Connection, limits: Limits) -> set[str]:
        """What other tables show; not asked where nothing is ever over."""
        return set() if limits == Limits() else await mentioned(conn, "img", without=UNASKED)

    async def _ends(self, limits: Limits) -> dict[str, str | None]:
        """Before when an image of each kind was made to be over (ISO 8601); None: never."""
        open_since = [since for asked in self._at_work if (since := await asked()) is not None]
        return {
            origin: None if days is None else min([self._before(days), *open_since])
            for origin, days in asdict(limits).items()
        }

    def _before(self, days: int) -> str:
        then = self._clock.now() - timedelta(days=days)
        return then.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    async def _drop_doomed(self) -> None:
        """Delete the bytes whose rows are gone, unless an image came that has the same."""
        after: str | None = ""
        while after is not None:
            async with self._db.reading() as conn:
                doomed = await retained.doomed(conn, after=after, most=DROPPED_AT_ONCE)
            await self._drop(doomed)
            after = doomed[-1] if doomed else None

    async def _drop(self, doomed: Sequence[str]) -> None:
        if not doomed:
            return
        async with self._db.reading() as conn:
            needed, awaited = await retained.holders(conn, doomed), await retained.awaited(conn)
        for blob in doomed:
            if blob in awaited:
                continue  # once its request has ended, with an image or without one, the next sweep knows
            if not needed[blob] and not await self._library.forget(blob):
                continue  # somebody put the same bytes in a moment ago: looked at again by the next sweep
            async with self._db.transaction() as conn:
                await retained.settle(conn, blob)

    # -- every day ---------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Look from now on whether a day's sweep is due; one that was missed is made up for."""
        self._task = asyncio.get_running_loop().create_task(self._every_day(), name="retention")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _every_day(self) -> None:
        while True:
            try:
                await self._library.send_waiting()
                async with self._db.reading() as conn:
                    last = await store.choice(conn, SWEPT)
                if last is None or last.get("day") != str(self._clock.today()):
                    count = await self.sweep()
                    _LOG.log(logging.INFO if count else logging.DEBUG, "images were swept", images=count)
            except (PochoirError, OSError) as error:
                _LOG.warning("images could not be swept, tried again later", reason=str(error))
            except Exception as error:  # noqa: BLE001 - one bad day must not end all that come after it
                _LOG.error("images could not be swept, tried again later", exc_info=error)
            await asyncio.sleep(LOOK_SECONDS)
