"""The ledger and the budget: reserve before, book after, never twice, never more than allowed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from pochoir.domain.errors import BudgetExceeded, InvalidValue, KeyBudgetExceeded
from pochoir.domain.money import Charge, MicroUSD, dollars
from pochoir.features.metering import store
from pochoir.infra.clock import Clock
from pochoir.infra.db import Database

WORKSPACE = "workspace"


@dataclass(frozen=True, slots=True)
class NewEntry:
    """What is booked. `key` is the attempt's id: the same key is never booked twice."""

    key: str
    charge: Charge
    quoted: MicroUSD
    model: str
    snapshot: str | None
    asker: str
    run: str | None
    path: str | None
    images: int
    estimated: bool
    note: str = ""
    api_key: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the ledger. Money is integer micro-dollars, `at` ISO 8601 in UTC."""

    id: int
    key: str
    at: str
    amount: MicroUSD
    quoted: MicroUSD
    model: str
    snapshot: str | None
    asker: str
    run: str | None
    path: str | None
    images: int
    usage: Mapping[str, int] = field(default_factory=dict)
    lines: tuple[Mapping[str, Any], ...] = ()
    basis: str = ""
    estimated: bool = False
    note: str = ""
    api_key: str | None = None


@dataclass(frozen=True, slots=True)
class Budget:
    """The limit of a calendar month (UTC), what of it is spent and what requests in flight and open runs hold."""

    monthly: MicroUSD
    spent: MicroUSD
    reserved: MicroUSD

    @property
    def room(self) -> int:
        """What is left; below zero where the limit was lowered since."""
        return self.monthly - self.spent - self.reserved

    @property
    def left(self) -> MicroUSD:
        return MicroUSD(max(0, self.room))


class MeteringService:
    """All amounts are integer micro-dollars. Every method joins the caller's transaction when there is one."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def allot(
        self, run: str, amount: MicroUSD, images: int, *, most: MicroUSD | None = None, api_key: str | None = None
    ) -> None:
        """Hold the price of a whole run from its start to `settle`; what `reserve` is asked for it is taken from there.

        `images`: how many it was quoted for. `most`: what more than those may cost with them, where a text decides how much
        is made. Raises what `reserve` raises.
        """
        async with self._db.transaction() as conn:
            if amount:
                await self._check_room(conn, amount, api_key)
            if amount or most is not None:
                await store.allot(conn, run, amount, most, images, self._clock.stamp(), api_key)

    async def settle(self, run: str) -> None:
        """Give back what a run that is over still holds."""
        async with self._db.transaction() as conn:
            await store.settle(conn, run)

    async def reserve(self, key: str, amount: MicroUSD, api_key: str | None = None, run: str | None = None) -> None:
        """Hold an amount of the budget until `book` or `release`; `api_key` has to have room for it as well.

        Raises BudgetExceeded when it does not fit, KeyBudgetExceeded when it does not fit the key's. What is left of a
        `run`'s allotment fits.
        """
        async with self._db.transaction() as conn:
            if amount:
                allotted = await store.allotment(conn, run) if run is not None else None
                own = 0
                if allotted is not None:
                    _check_most(allotted, amount)
                    own = allotted.left
                if amount > own:
                    await self._check_room(conn, amount, api_key, own)
            await store.reserve(conn, key, amount, self._clock.stamp(), api_key, run)

    async def _check_room(self, conn: AsyncConnection, amount: MicroUSD, api_key: str | None, own: int = 0) -> None:
        """Raises when the budgets have no room for an amount; `own` is what of them is held for it already."""
        if api_key is not None:
            self._check_key(await self.budget(api_key), amount, own)
        limit = await store.budget(conn, WORKSPACE)
        if limit is None:
            return
        left = limit - await store.total(conn, since=self._month()) - await store.reserved(conn) + own
        if amount > left:
            raise BudgetExceeded(
                f"This would cost {dollars(amount)}, and {dollars(MicroUSD(max(0, left)), places=2)} of this month's "
                f"budget of {dollars(MicroUSD(limit))} is left. Ask for less, or raise the budget under Usage."
            )

    def _check_key(self, budget: Budget | None, amount: MicroUSD, own: int) -> None:
        if budget is None or amount <= budget.room + own:
            return
        now = self._clock.now()
        start = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        after = start.replace(year=now.year + now.month // 12, month=now.month % 12 + 1)
        raise KeyBudgetExceeded(
            f"This would cost {dollars(amount)}, and {dollars(MicroUSD(max(0, budget.room + own)), places=2)} of this "
            f"key's budget of {dollars(budget.monthly)} a month is left. Ask for less, or raise the key's budget under "
            f"Settings; it begins anew on {after.date()}.",
            retry_after=(after - now).total_seconds(),
        )

    async def release(self, key: str) -> None:
        async with self._db.transaction() as conn:
            await store.release(conn, key)

    async def release_others(self, keys: Collection[str]) -> int:
        """At start: drop the reservations of a dead process, all but these. Returns how many."""
        async with self._db.transaction() as conn:
            return await store.release_others(conn, keys)

    async def book(self, entry: NewEntry) -> bool:
        """Append a charge and release its reservation. False when the key was booked before; then nothing changes."""
        async with self._db.transaction() as conn:
            added = await store.append(
                conn,
                {
                    "key": entry.key,
                    "at": self._clock.stamp(),
                    "amount_microusd": entry.charge.total,
                    "quoted_microusd": entry.quoted,
                    "model": entry.model,
                    "snapshot": entry.snapshot,
                    "asker": entry.asker,
                    "run": entry.run,
                    "path": entry.path,
                    "images": entry.images,
                    "usage": entry.charge.usage.as_dict(),
                    "lines": [
                        {
                            "label": line.label,
                            "units": line.units,
                            "unit_microusd": str(line.unit_microusd),
                            "amount_microusd": line.amount,
                            "note": line.note,
                        }
                        for line in entry.charge.lines
                    ],
                    "basis": entry.charge.basis,
                    "estimated": entry.estimated,
                    "note": entry.note or entry.charge.unknown,
                    "api_key": entry.api_key,
                },
            )
            await store.release(conn, entry.key)
        return added

    async def entries(
        self, run: str | None = None, limit: int = 200, before: int | None = None, key: str | None = None
    ) -> list[Entry]:
        """Rows of the ledger, newest first; `before` is the id to go on from, `key` that of one attempt."""
        async with self._db.reading() as conn:
            found = await store.rows(conn, run=run, before=before, limit=limit, key=key)
        return [
            Entry(
                id=row["id"],
                key=row["key"],
                at=row["at"],
                amount=row["amount_microusd"],
                quoted=row["quoted_microusd"],
                model=row["model"],
                snapshot=row["snapshot"],
                asker=row["asker"],
                run=row["run"],
                path=row["path"],
                images=row["images"],
                usage=row["usage"],
                lines=tuple(row["lines"]),
                basis=row["basis"],
                estimated=row["estimated"],
                note=row["note"],
                api_key=row["api_key"],
            )
            for row in found
        ]

    async def total(self, since: str | None = None) -> MicroUSD:
        async with self._db.reading() as conn:
            return MicroUSD(await store.total(conn, since=since))

    async def run_total(self, run: str) -> MicroUSD:
        async with self._db.reading() as conn:
            return MicroUSD(await store.total(conn, run=run))

    async def charged(self, key: str) -> MicroUSD:
        """What was booked under a key; zero when nothing was."""
        async with self._db.reading() as conn:
            return MicroUSD(await store.total(conn, key=key))

    async def by_day(self, since: str) -> list[tuple[str, int, int]]:
        """Day (YYYY-MM-DD), micro-dollars and images for every day with a charge."""
        async with self._db.reading() as conn:
            return await store.by_day(conn, since)

    async def budget(self, api_key: str | None = None) -> Budget | None:
        """This month's budget of the workspace, or of an API key; None when there is no limit."""
        async with self._db.reading() as conn:
            limit = await store.budget(conn, api_key or WORKSPACE)
            if limit is None:
                return None
            spent = await store.total(conn, since=self._month(), api_key=api_key)
            return Budget(MicroUSD(limit), MicroUSD(spent), MicroUSD(await store.reserved(conn, api_key)))

    async def key_total(self, api_key: str) -> MicroUSD:
        """What an API key has spent this month."""
        async with self._db.reading() as conn:
            return MicroUSD(await store.total(conn, since=self._month(), api_key=api_key))

    async def set_budget(self, monthly: MicroUSD | None, api_key: str | None = None) -> None:
        """Set the monthly limit of the workspace or of an API key; None takes it away."""
        if monthly is not None and monthly < 0:
            raise InvalidValue("A budget cannot be below zero. Enter an amount in dollars.", param="budget")
        async with self._db.transaction() as conn:
            await store.set_budget(conn, api_key or WORKSPACE, monthly, self._clock.stamp())

    def _month(self) -> str:
        return self._clock.stamp()[:7]


def _check_most(allotted: store.Allotment, amount: MicroUSD) -> None:
    """Raises BudgetExceeded when more would be asked for in a run than may be. A run that was quoted within its limit is
    never stopped at the images that were quoted, whatever they come out at."""
    most, asked = allotted.most, allotted.asked
    if most is not None and allotted.begun >= allotted.images and asked + amount > most:
        raise BudgetExceeded(
            f"This would cost {dollars(amount)}, and {dollars(MicroUSD(max(0, most - asked)), places=2)} of the tool's "
            f"limit of {dollars(MicroUSD(most))} for a run is left. Ask for less, or raise the tool's limit."
        )
