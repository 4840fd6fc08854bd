"""The ledger books once and only appends; the budget refuses before, also when two ask at the same time."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from pochoir.domain.errors import BudgetExceeded, InvalidValue
from pochoir.domain.money import Charge, MicroUSD, QuoteLine, Usage
from pochoir.features.metering.service import MeteringService, NewEntry
from pochoir.infra.clock import Clock
from pochoir.infra.db import Database

DOLLAR = MicroUSD(1_000_000)


def entry(key: str, amount: int = 1_000_000, run: str | None = None) -> NewEntry:
    line = QuoteLine("Images out", 1, Decimal(amount), MicroUSD(amount), exact=True)
    charge = Charge((line,), Usage(images=1), "price since 2026-01-01 (a list)")
    return NewEntry(key, charge, MicroUSD(amount), "m", None, "cli", run, None, 1, estimated=False)


@pytest.fixture
def metering(db: Database, clock: Clock) -> MeteringService:
    return MeteringService(db, clock)


async def test_a_key_is_booked_once(metering: MeteringService) -> None:
    await metering.reserve("a", DOLLAR)
    assert await metering.book(entry("a"))
    before = await metering.entries()
    assert not await metering.book(entry("a", 5))
    assert await metering.entries() == before
    assert await metering.total() == DOLLAR
    assert before[0].lines[0]["unit_microusd"] == "1000000"
    assert before[0].usage == {"images": 1}


async def test_the_same_key_at_the_same_time_is_booked_once(metering: MeteringService) -> None:
    done = await asyncio.gather(*(metering.book(entry("a")) for _ in range(5)))
    assert sorted(done) == [False] * 4 + [True]
    assert await metering.total() == DOLLAR


async def test_a_budget_refuses_before(metering: MeteringService) -> None:
    await metering.set_budget(MicroUSD(1_500_000))
    await metering.reserve("a", DOLLAR)
    with pytest.raises(BudgetExceeded, match=r"\$0\.50 of this month's budget"):
        await metering.reserve("b", DOLLAR)
    await metering.release("a")
    await metering.reserve("b", DOLLAR)
    await metering.book(entry("b"))
    budget = await metering.budget()
    assert budget is not None
    assert (budget.spent, budget.reserved) == (DOLLAR, 0)
    await metering.reserve("free", MicroUSD(0))
    await metering.set_budget(None)
    assert await metering.budget() is None
    await metering.reserve("c", MicroUSD(99 * DOLLAR))


async def test_two_at_once_cannot_pass_what_they_exceed_together(metering: MeteringService) -> None:
    await metering.set_budget(MicroUSD(3 * DOLLAR))
    asked = (metering.reserve(str(number), DOLLAR) for number in range(8))
    done = await asyncio.gather(*asked, return_exceptions=True)
    assert sum(answer is None for answer in done) == 3
    assert sum(isinstance(answer, BudgetExceeded) for answer in done) == 5


async def test_what_a_dead_process_held_is_given_back(metering: MeteringService) -> None:
    await metering.set_budget(DOLLAR)
    await metering.reserve("dead", DOLLAR)
    await metering.reserve("alive", MicroUSD(0))
    assert await metering.release_others({"alive"}) == 1
    await metering.reserve("new", DOLLAR)


async def test_what_a_dead_process_held_is_given_back_beside_more_than_a_statement_can_name(
    metering: MeteringService, db: Database
) -> None:
    """Six batches of 50,000 lines that are with providers, and a thousand images in flight besides."""
    async with db.transaction():
        for number in range(1_000):
            await metering.reserve(f"dead-{number}", MicroUSD(1))
        await metering.reserve("alive-7", DOLLAR)
    assert await metering.release_others([f"alive-{number}" for number in range(300_000)]) == 1_000
    await metering.set_budget(MicroUSD(2 * DOLLAR))
    budget = await metering.budget()
    assert budget is not None
    assert budget.reserved == DOLLAR


async def test_a_month_begins_anew(db: Database, clock: Clock) -> None:
    november = MeteringService(db, clock)
    await november.set_budget(DOLLAR)
    await november.book(entry("a"))
    with pytest.raises(BudgetExceeded):
        await november.reserve("b", MicroUSD(1))
    first = int(datetime(2026, 12, 1, tzinfo=UTC).timestamp()) * 10**9
    december = MeteringService(db, replace(clock, now_ns=lambda: first))
    await december.reserve("b", DOLLAR)
    budget = await december.budget()
    assert budget is not None
    assert budget.spent == 0


async def test_a_negative_budget_is_refused(metering: MeteringService) -> None:
    with pytest.raises(InvalidValue, match="below zero"):
        await metering.set_budget(MicroUSD(-1))


async def test_the_ledger_is_read_in_pages_and_by_run(metering: MeteringService) -> None:
    for number in range(5):
        await metering.book(entry(f"k{number}", number, run="r" if number % 2 else None))
    first = await metering.entries(limit=2)
    assert [row.key for row in first] == ["k4", "k3"]
    assert [row.key for row in await metering.entries(limit=9, before=first[-1].id)] == ["k2", "k1", "k0"]
    assert await metering.run_total("r") == 4
    assert [row.key for row in await metering.entries(run="r")] == ["k3", "k1"]
    assert await metering.by_day("2026-11") == [("2026-11-23", 10, 5)]


async def test_a_booking_falls_with_its_transaction(db: Database, metering: MeteringService) -> None:
    with pytest.raises(RuntimeError, match="the disk is gone"):
        await _book_and_fail(db, metering)
    assert await metering.entries() == []


async def _book_and_fail(db: Database, metering: MeteringService) -> None:
    async with db.transaction():
        await metering.book(entry("a"))
        raise RuntimeError("the disk is gone")
