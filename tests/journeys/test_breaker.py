"""A provider that is down: left alone after five failures, tried by one request, nothing booked, and the page says so."""

from __future__ import annotations

from typing import Any

import openai
import pytest

from journeys.gateway import Here
from pochoir.features.images.breaker import FAILURES, Breaker

MODEL = "gpt-image-2"


class Hand:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def hand(here: Here) -> Hand:
    hand = Hand()
    here.services.images._breaker = Breaker(hand)
    return hand


async def ask(here: Here, **more: Any) -> Any:
    async with here.client() as client:
        return await client.images.generate(model=MODEL, prompt="A fox", size="1024x1024", quality="low", **more)


async def test_after_five_failures_it_is_left_alone_and_then_tried_out(here: Here, hand: Hand) -> None:
    here.upstream.faults.extend(["500"] * FAILURES)
    for _ in range(FAILURES):
        with pytest.raises(openai.InternalServerError) as failed:
            await ask(here)
        assert failed.value.code == "engine_error"
    assert (await here.services.images.standing("openai")).state == "open"
    with pytest.raises(openai.InternalServerError) as paused:
        await ask(here)
    assert (paused.value.status_code, paused.value.code) == (503, "provider_paused")
    assert paused.value.response.headers["retry-after"] == "30"
    assert len(here.upstream.seen) == FAILURES
    assert (await ask_builtin(here)).data, "other engines answer"
    hand.now += 31
    assert (await ask(here)).data
    assert (await here.services.images.standing("openai")).state == "closed"
    assert len(await here.services.metering.entries()) == 2


async def ask_builtin(here: Here) -> Any:
    async with here.client() as client:
        return await client.images.generate(model="pochoir-sketch", prompt="A fox", size="1024x1024")


async def test_what_the_caller_does_wrong_closes_nothing(here: Here, hand: Hand) -> None:
    here.upstream.faults.extend(["moderation", "429 ms", "billing"] * FAILURES)
    for _ in range(3 * FAILURES):
        with pytest.raises(openai.APIStatusError):
            await ask(here)
    assert len(here.upstream.seen) == 3 * FAILURES
    assert (await ask(here)).data


async def test_a_test_of_the_connection_opens_it_again(here: Here, hand: Hand) -> None:
    here.upstream.faults.extend(["drop"] * FAILURES)
    for _ in range(FAILURES):
        with pytest.raises(openai.InternalServerError):
            await ask(here)
    assert "takes the key" in await here.services.images.check_connection("openai")
    assert (await ask(here)).data
