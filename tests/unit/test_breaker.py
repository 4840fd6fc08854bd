"""The breaker: opens after failures in a row that are the provider's own, lets one request try, never counts callers."""

from __future__ import annotations

import asyncio

import pytest

from pochoir.domain.errors import (
    EngineError,
    EngineNotReady,
    EngineRateLimited,
    EngineTimeout,
    InvalidValue,
    PochoirError,
    ProviderPaused,
    Refused,
)
from pochoir.features.images.breaker import FAILURES, LONGEST, PAUSE, Breaker

DOWN = EngineError("It broke. Try again.", may_have_been_charged=True)
LATE = EngineTimeout("It did not answer. Try again.")
CALLERS = [
    InvalidValue("No such size. Change it."),
    Refused("Blocked. Change the words."),
    EngineRateLimited("Slow down. Wait."),
    EngineNotReady("Wrong key. Enter the right one."),
    EngineError("The account is empty. Fill it.", code="provider_limit_reached"),
]


class Hand:
    def __init__(self) -> None:
        self.now = 1000.0
        self.breaker = Breaker(lambda: self.now)

    async def ask(self, error: PochoirError | None = None, who: str = "a") -> bool:
        """Whether the request was sent."""

        async def call() -> None:
            if error is not None:
                raise error

        try:
            with self.breaker.turn(who, "OpenAI"):
                await self.breaker.watch(who, call())
        except ProviderPaused:
            return False
        except PochoirError as caught:
            return caught is error
        return True

    async def open(self) -> None:
        assert [await self.ask(DOWN) for _ in range(FAILURES)] == [True] * FAILURES
        assert not await self.ask()


@pytest.fixture
def hand() -> Hand:
    return Hand()


async def test_it_opens_after_failures_in_a_row_and_says_for_how_long(hand: Hand) -> None:
    for error in (DOWN, LATE, DOWN, LATE):
        assert await hand.ask(error)
    assert hand.breaker.standing("a").state == "closed"
    assert await hand.ask(DOWN)
    with pytest.raises(ProviderPaused, match="failed 5 times in a row") as paused:
        hand.breaker.check("a", "OpenAI")
    assert paused.value.retry_after == PAUSE
    assert not paused.value.may_have_been_charged
    assert hand.breaker.standing("a").state == "open"
    assert await hand.ask(who="b"), "others are asked all the same"


async def test_an_answer_between_failures_begins_the_count_anew(hand: Hand) -> None:
    for _ in range(3):
        for _ in range(FAILURES - 1):
            assert await hand.ask(DOWN)
        assert await hand.ask()


@pytest.mark.parametrize("error", CALLERS, ids=lambda error: error.code)
async def test_callers_errors_never_count(hand: Hand, error: PochoirError) -> None:
    for _ in range(3 * FAILURES):
        assert await hand.ask(error)
    assert hand.breaker.standing("a").failures == 0


async def test_one_request_tries_it_out_and_closes_it(hand: Hand) -> None:
    await hand.open()
    hand.now += PAUSE
    assert hand.breaker.standing("a").state == "half open"
    with hand.breaker.turn("a", "OpenAI"):
        assert not await hand.ask(), "a second one has to wait"
    assert await hand.ask()
    assert hand.breaker.standing("a").state == "closed"
    assert await hand.ask()


async def test_a_failed_try_doubles_the_pause_up_to_a_limit(hand: Hand) -> None:
    await hand.open()
    pause = PAUSE
    for _ in range(6):
        hand.now += pause
        assert await hand.ask(DOWN)
        pause = min(LONGEST, pause * 2)
        assert hand.breaker.standing("a").seconds == pause
        assert not await hand.ask()
    assert pause == LONGEST


async def test_a_try_that_is_cut_off_lets_the_next_one_try(hand: Hand) -> None:
    await hand.open()
    hand.now += PAUSE
    started = asyncio.Event()

    async def long() -> None:
        started.set()
        await asyncio.sleep(60)

    async def probe() -> None:
        with hand.breaker.turn("a", "OpenAI"):
            await hand.breaker.watch("a", long())

    task = asyncio.create_task(probe())
    await started.wait()
    assert not await hand.ask()
    task.cancel()
    await asyncio.wait([task])
    assert await hand.ask()


async def test_failures_of_requests_that_were_under_way_do_not_prolong_the_pause(hand: Hand) -> None:
    gate = asyncio.Event()

    async def late() -> None:
        await gate.wait()
        raise DOWN

    tasks = [asyncio.create_task(hand.breaker.watch("a", late())) for _ in range(20)]
    await asyncio.sleep(0)
    await hand.open()
    gate.set()
    await asyncio.wait(tasks)
    assert all(isinstance(task.exception(), EngineError) for task in tasks)
    assert hand.breaker.standing("a").seconds == PAUSE


async def test_a_tested_connection_is_used_at_once(hand: Hand) -> None:
    await hand.open()
    hand.breaker.reset("a")
    assert await hand.ask()
