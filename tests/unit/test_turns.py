"""Places for big answers: who waits, who keeps one, and that each comes back exactly once."""

from __future__ import annotations

import asyncio

from pochoir.infra import turns
from pochoir.infra.turns import Turns


async def test_who_comes_late_waits_in_order() -> None:
    places, order = Turns(1), list[int]()

    async def work(number: int) -> None:
        async with places.one():
            order.append(number)
            await asyncio.sleep(0)

    await asyncio.gather(*(work(number) for number in range(5)))
    assert order == list(range(5))
    assert not places.full


async def test_a_hold_keeps_one_place_until_it_is_released_once() -> None:
    places = Turns(2)
    hold = turns.begin()
    for _ in range(3):
        async with places.one():
            pass
    assert not places.full
    async with places.one():
        async with asyncio.TaskGroup() as group:
            other = group.create_task(_elsewhere(places))
        assert other.result() is True, "another request takes the second place"
    hold.release()
    hold.release()
    async with places.one():
        pass
    assert places._places._value == 2


async def _elsewhere(places: Turns) -> bool:
    own = turns.begin()
    async with places.one():
        full = places.full
    own.release()
    return full


async def test_a_slow_reader_gives_its_place_back_after_a_while() -> None:
    places = Turns(1)
    hold = turns.begin()
    async with places.one():
        pass
    assert places.full
    hold.release_in(0.01)
    async with asyncio.timeout(10):
        await asyncio.create_task(_wait_for(places))


async def test_an_answer_that_stalls_keeps_its_place_for_a_while_only() -> None:
    for held in (True, False):
        places = Turns(1, stalled=0.01)
        hold = turns.begin() if held else None
        async with places.one():
            assert places.full
            async with asyncio.timeout(10):
                await asyncio.create_task(_wait_for(places))
        if hold is not None:
            hold.release()
        await asyncio.sleep(0.05)
        assert places._places._value == 1, "it came back once"


async def _wait_for(places: Turns) -> None:
    turns.begin()
    async with places.one():
        return


async def test_a_hold_that_is_over_keeps_nothing() -> None:
    places = Turns(1)
    turns.begin().release()
    async with places.one():
        assert places.full
    assert not places.full
