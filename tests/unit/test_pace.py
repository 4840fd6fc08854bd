"""The pace of a connection: bursts, steady flow, order, requests at once, and a provider that says "slow down"."""

from __future__ import annotations

import asyncio

import pytest

from pochoir.domain.errors import EngineRateLimited
from pochoir.features.images.pace import WAIT, Pace


class Hand:
    """A clock that is moved by hand, in seconds."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


async def take(pace: Pace, settings: dict[str, str], images: int = 1, patience: float = 0.0, who: str = "a") -> None:
    async with pace.turn(who, "OpenAI", settings, images, patience):
        return


async def wait_of(pace: Pace, settings: dict[str, str], images: int = 1) -> float:
    """The seconds that a request is told to wait; 0 when its turn is now."""
    try:
        await take(pace, settings, images)
    except EngineRateLimited as error:
        told = error
    else:
        return 0.0
    assert (told.code, told.status, told.may_have_been_charged) == (WAIT, 429, False)
    assert told.retry_after is not None
    return told.retry_after


async def test_a_minutes_images_may_come_at_once_and_then_flow_steadily() -> None:
    hand = Hand()
    pace, five = Pace(hand), {"per_minute": "5"}
    assert [await wait_of(pace, five) for _ in range(6)] == [0.0] * 5 + [12.0]
    hand.now += 12
    assert [await wait_of(pace, five) for _ in range(2)] == [0.0, 12.0]
    hand.now += 3600
    assert [await wait_of(pace, five) for _ in range(6)] == [0.0] * 5 + [12.0]


async def test_a_request_for_several_images_takes_as_many_tokens() -> None:
    hand = Hand()
    pace, five = Pace(hand), {"per_minute": "5"}
    assert await wait_of(pace, five, 4) == 0.0
    assert await wait_of(pace, five, 2) == 12.0
    assert await wait_of(pace, five, 1) == 0.0


async def test_more_than_a_minutes_images_wait_for_a_full_bucket_and_pay_for_all() -> None:
    hand = Hand()
    pace, five = Pace(hand), {"per_minute": "5"}
    assert await wait_of(pace, five, 10) == 0.0
    assert await wait_of(pace, five, 1) == 72.0


async def test_a_turn_without_a_request_gives_its_tokens_back() -> None:
    pace, two = Pace(Hand()), {"per_minute": "2"}
    for _ in range(4):
        await take(pace, two, 2)
        pace.give_back("a", 2)
    pace.give_back("b", 2)
    assert [await wait_of(pace, two) for _ in range(3)] == [0.0, 0.0, 30.0]


async def test_no_limit_is_no_wait_and_connections_do_not_share_theirs() -> None:
    pace = Pace(Hand())
    assert [await wait_of(pace, {}) for _ in range(50)] == [0.0] * 50
    await take(pace, {"per_minute": "1"}, who="a")
    await take(pace, {"per_minute": "1"}, who="b")


async def test_slow_down_holds_everybody_back() -> None:
    hand = Hand()
    pace = Pace(hand)
    pace.slow_down("a", 30)
    pace.slow_down("a", None)
    assert await wait_of(pace, {}) == 30.0
    hand.now += 30
    assert await wait_of(pace, {}) == 0.0


async def test_a_pause_holds_those_who_wait_already() -> None:
    hand = Hand()
    waited: list[float] = []
    pauses = [60.0, 7.0]

    async def sleep(seconds: float) -> None:
        waited.append(seconds)
        hand.now += seconds
        if len(waited) == 1:
            pace.slow_down("a", pauses.pop())

    for told in (None, 60.0):
        waited.clear()
        pace = Pace(hand, sleep)
        six = {"per_minute": "6"}
        await take(pace, six, 6)
        if told is None:
            await take(pace, six, 1, patience=20)
            assert waited == [10.0, 7.0]
        else:
            with pytest.raises(EngineRateLimited) as caught:
                await take(pace, six, 1, patience=20)
            assert (caught.value.retry_after, waited) == (told, [10.0])
            hand.now += 60
            assert await wait_of(pace, six) == 0, "it gave its place back"


async def test_who_is_patient_waits_and_who_gives_up_leaves_its_place() -> None:
    pace, quick = Pace(), {"per_minute": "1200"}
    await take(pace, quick, 1200)
    impatient = asyncio.create_task(take(pace, quick, 600, patience=60))
    await asyncio.sleep(0)
    impatient.cancel()
    with pytest.raises(asyncio.CancelledError):
        await impatient
    async with asyncio.timeout(20):
        await take(pace, quick, 2, patience=60)


async def test_only_so_many_requests_go_on_at_once() -> None:
    pace, most, now = Pace(), 0, 0

    async def work() -> None:
        nonlocal most, now
        async with pace.turn("a", "OpenAI", {"at_once": "3"}, 1):
            now += 1
            most = max(most, now)
            await asyncio.sleep(0.001)
            now -= 1

    await asyncio.gather(*(work() for _ in range(20)))
    assert (most, now) == (3, 0)
