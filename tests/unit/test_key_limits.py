"""Limits of API keys: a minute's allowance that comes back evenly, kept in the database, and a month's budget."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from pochoir.domain.accounts import ApiKey
from pochoir.domain.errors import BudgetExceeded, InvalidValue, KeyBudgetExceeded, NotFound, TooManyRequests
from pochoir.domain.money import Charge, MicroUSD, QuoteLine, Usage
from pochoir.features.accounts.service import AccountsService
from pochoir.features.metering.service import MeteringService, NewEntry
from pochoir.infra.clock import Clock
from pochoir.infra.db import Database
from pochoir.openai_api.keys import duration

SECOND = 1_000_000_000
NOON = 1_795_435_200 * SECOND


class Hand:
    """A clock that is moved by hand, and the accounts that go by it."""

    def __init__(self, db: Database) -> None:
        self.now = NOON
        self.clock = Clock(lambda: self.now)
        self.accounts = AccountsService(db, self.clock)

    async def key(self, requests: int | None = None, images: int | None = None) -> ApiKey:
        key, secret = await self.accounts.create_key("shop")
        await self.accounts.limits.put(key.id, requests=requests, images=images)
        return await self.accounts.verify_key(secret)

    async def wait_of(self, key: ApiKey, amount: int = 1, what: str = "requests") -> float:
        try:
            await self.accounts.limits.take(key, "images" if what == "images" else "requests", amount)
        except TooManyRequests as error:
            return error.retry_after
        return 0.0


@pytest.fixture
def hand(db: Database) -> Hand:
    return Hand(db)


async def test_a_minutes_requests_may_come_at_once_and_then_flow(hand: Hand) -> None:
    key = await hand.key(requests=3)
    assert [await hand.wait_of(key) for _ in range(5)] == [0, 0, 0, 20, 20]
    hand.now += 20 * SECOND
    assert [await hand.wait_of(key) for _ in range(2)] == [0, 20]
    hand.now += 3600 * SECOND
    assert [await hand.wait_of(key) for _ in range(4)] == [0, 0, 0, 20]


async def test_what_is_left_is_told(hand: Hand) -> None:
    key = await hand.key(requests=6)
    limits = hand.accounts.limits
    standing = None
    for remaining in (5, 4):
        await limits.take(key, "requests")
        standing = await limits.standing(key, "requests")
        assert standing is not None
        assert (standing.limit, standing.remaining) == (6, remaining)
    assert standing is not None
    assert standing.reset == 20 * SECOND
    hand.now += 10 * SECOND
    later = await limits.standing(key, "requests")
    assert later is not None
    assert later.remaining == 5
    assert await limits.standing(key, "images") is None


async def test_more_images_than_a_minutes_pass_only_when_it_is_whole(hand: Hand) -> None:
    key = await hand.key(images=2)
    assert await hand.wait_of(key, 4, "images") == 0
    assert await hand.wait_of(key, 1, "images") == 90
    hand.now += 100 * SECOND
    assert await hand.wait_of(key, 4, "images") == 20


async def test_a_clock_that_was_ahead_and_went_back_locks_no_key(hand: Hand) -> None:
    key = await hand.key(requests=3, images=1)
    hand.now += 86_400 * SECOND
    assert [await hand.wait_of(key), await hand.wait_of(key, 10, "images")] == [0, 0]
    assert await hand.wait_of(key, 10, "images") == 600, "what is owed rightly stays owed"
    hand.now -= 86_400 * SECOND
    standing = await hand.accounts.limits.standing(key, "requests")
    assert standing is not None
    assert (standing.remaining, standing.reset) == (3, 0)
    assert [await hand.wait_of(key) for _ in range(4)] == [0, 0, 0, 20]
    assert [await hand.wait_of(key, 1, "images") for _ in range(2)] == [0, 60]


async def test_several_processes_count_together(hand: Hand, db: Database) -> None:
    key = await hand.key(requests=5)
    other = AccountsService(Database(db.url), hand.clock)
    takes = [limits.take(key, "requests") for limits in (hand.accounts.limits, other.limits) for _ in range(5)]
    results = await asyncio.gather(*takes, return_exceptions=True)
    assert sum(isinstance(result, TooManyRequests) for result in results) == 5
    await other._db.close()


async def test_a_limit_is_a_number_and_belongs_to_a_key(hand: Hand) -> None:
    key = await hand.key()
    with pytest.raises(InvalidValue):
        await hand.accounts.limits.put(key.id, requests=0, images=None)
    await hand.accounts.revoke_key(key.id)
    with pytest.raises(NotFound):
        await hand.accounts.limits.put(key.id, requests=1, images=None)


async def test_a_keys_budget_refuses_before_money_is_spent_and_begins_anew(db: Database) -> None:
    hand = Hand(db)
    metering = MeteringService(db, hand.clock)
    await metering.set_budget(MicroUSD(100), "key_a")
    await metering.reserve("one", MicroUSD(60), "key_a")
    with pytest.raises(KeyBudgetExceeded) as refused:
        await metering.reserve("two", MicroUSD(41), "key_a")
    assert refused.value.retry_after == (8 - 1) * 86_400 + 43_200, "until the first of December"
    await metering.reserve("three", MicroUSD(41), "key_b")
    await metering.reserve("four", MicroUSD(41))
    charge = Charge((QuoteLine("Image", 1, Decimal(70), MicroUSD(70), True),), Usage(), "")
    await metering.book(NewEntry("one", charge, MicroUSD(60), "m", None, "api", None, None, 1, False, "", "key_a"))
    budget = await metering.budget("key_a")
    assert budget is not None
    assert (budget.spent, budget.reserved, budget.left) == (70, 0, 30)
    assert await metering.key_total("key_b") == 0
    hand.now += 9 * 86_400 * SECOND
    await metering.reserve("five", MicroUSD(100), "key_a")


async def test_the_workspaces_budget_holds_for_keys_too(db: Database, clock: Clock) -> None:
    metering = MeteringService(db, clock)
    await metering.set_budget(MicroUSD(10))
    await metering.set_budget(MicroUSD(100), "key_a")
    with pytest.raises(BudgetExceeded) as refused:
        await metering.reserve("one", MicroUSD(60), "key_a")
    assert refused.value.status == 402


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [(0, "0ms"), (19_500_000, "20ms"), (1_500_000_000, "1.5s"), (60_000_000_000, "1m0s"), (61_020_000_000, "1m1.02s")],
)
def test_durations_are_written_as_openai_writes_them(nanoseconds: int, text: str) -> None:
    assert duration(nanoseconds) == text
