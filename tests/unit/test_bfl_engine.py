"""Black Forest Labs' engine against a stand-in that hands out tasks, moderates, loses answers and runs dry."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from typing import Any

import pytest
from PIL import Image

from pochoir.domain.errors import (
    EngineError,
    EngineNotReady,
    EngineRateLimited,
    EngineTimeout,
    InvalidRequest,
    PochoirError,
    Refused,
)
from pochoir.domain.images import ImageInput, ImageRequest, Size
from pochoir.domain.money import Usage
from pochoir.engines.base import Credentials
from pochoir.engines.bfl import BflEngine, _trusted
from upstream.bfl import KEY, Bfl
from upstream.google import picture


@pytest.fixture
async def bfl() -> AsyncIterator[Bfl]:
    async with Bfl().running() as server:
        yield server


@pytest.fixture
async def engine() -> AsyncIterator[BflEngine]:
    made = BflEngine(timeout=2.0, first_wait=0.01)
    yield made
    await made.close()


def ask(**more: Any) -> ImageRequest:
    return ImageRequest(**{"model": "flux-2-pro", "prompt": "A fox", "size": Size(1024, 768), **more})


def at(server: Bfl, key: str = KEY) -> Credentials:
    return Credentials(key=key, base_url=server.base_url)


async def test_a_task_is_handed_in_asked_after_and_fetched(engine: BflEngine, bfl: Bfl) -> None:
    made = await engine.generate(ask(seed=5), at(bfl))
    [image] = made.images
    assert image.data == picture((1024, 768), 0)
    assert (image.size, image.seed, image.revised_prompt) == (Size(1024, 768), 5, "A fox, upsampled")
    assert made.usage == Usage(images=1)
    assert bfl.questions == 3
    assert not bfl.fetched_with_key, "the signed link does not get the key"


async def test_images_go_in_and_several_come_out(engine: BflEngine, bfl: Bfl) -> None:
    out = io.BytesIO()
    Image.new("RGB", (20, 30)).save(out, "PNG")
    photo = ImageInput(out.getvalue(), "image/png", Size(20, 30))
    made = await engine.generate(ask(n=2, references=(photo, photo), seed=1), at(bfl))
    assert len(made.images) == 2
    assert made.usage == Usage(images=2, references=4), "each task takes them, and each is paid"
    assert set(bfl.tasks[0]["body"]) >= {"input_image", "input_image_2"}
    assert sorted(task["body"]["seed"] for task in bfl.tasks) == [1, 2]


async def test_models_of_shapes_get_a_ratio(engine: BflEngine, bfl: Bfl) -> None:
    made = await engine.generate(ask(model="flux-kontext-pro", size=Size(1536, 864)), at(bfl))
    assert made.size == Size(1392, 752)
    assert bfl.tasks[0]["body"]["aspect_ratio"] == "16:9"


@pytest.mark.parametrize("fault", ["hiccup", "lost"])
async def test_a_question_or_a_fetch_that_fails_is_asked_again(engine: BflEngine, bfl: Bfl, fault: str) -> None:
    bfl.fault, bfl.faults = fault, 2
    assert (await engine.generate(ask(), at(bfl))).images
    assert len(bfl.tasks) == 1, "handed in once"


async def test_one_failure_of_several_is_told_and_the_others_are_kept(engine: BflEngine, bfl: Bfl) -> None:
    bfl.fault, bfl.faults = "moderated", 1
    made = await engine.generate(ask(n=2), at(bfl))
    assert len(made.images) == 1
    assert "1 of 2 images came back" in made.notes[0]


@pytest.mark.parametrize(
    ("fault", "kind", "charged", "said"),
    [
        ("forgotten", EngineError, True, 'HTTP 404: "Task not there"'),
        ("shut out", EngineError, True, "HTTP 403"),
        ("402", EngineError, False, "no credits left"),
        ("429", EngineRateLimited, False, "no more requests"),
        ("500", EngineError, True, "HTTP 500"),
        ("dropped", EngineError, True, "broke off"),
        ("moderated", Refused, None, "Derivative Works Filter"),
        ("content", Refused, None, "Content Moderated"),
        ("error", EngineError, True, "could not make"),
        ("elsewhere", EngineError, True, "not its own"),
        ("endless", EngineTimeout, True, "did not finish"),
        ("slow", EngineError, True, "could not be fetched"),
    ],
)
async def test_what_goes_wrong_is_said_with_what_may_be_charged(
    bfl: Bfl, fault: str, kind: type[PochoirError], charged: bool | None, said: str
) -> None:
    engine = BflEngine(timeout=0.7, first_wait=0.01)
    bfl.fault, bfl.faults = fault, 9
    with pytest.raises(kind) as caught:
        await engine.generate(ask(), at(bfl))
    await engine.close()
    assert said in caught.value.message
    assert caught.value.message.endswith(".")
    if isinstance(caught.value, EngineError):
        assert caught.value.may_have_been_charged is charged


async def test_of_several_failures_the_one_that_may_have_been_charged_is_told(engine: BflEngine, bfl: Bfl) -> None:
    bfl.fault, bfl.faults, bfl.then = "429", 1, "dropped"
    with pytest.raises(EngineError, match="broke off") as caught:
        await engine.generate(ask(n=2), at(bfl))
    assert caught.value.may_have_been_charged


async def test_a_format_is_named_as_it_came(engine: BflEngine, bfl: Bfl) -> None:
    made = await engine.generate(ask(output_format="jpeg", output_compression=40), at(bfl))
    assert (made.images[0].mime, made.output_format) == ("image/jpeg", "jpeg")
    assert made.notes == ("Black Forest Labs takes no output_compression; it was left out.",)


async def test_what_is_not_as_asked_is_told(engine: BflEngine, bfl: Bfl) -> None:
    asked = ask(model="flux-kontext-pro", size=Size(1536, 864), background="transparent", output_format="png")
    made = await engine.generate(asked, at(bfl))
    assert made.notes == (
        "Size 1536x864 was asked for and 1392x752 came back.",
        "A transparent background was asked for and an opaque one came back.",
    )


async def test_refusals_before_anything_is_made(engine: BflEngine, bfl: Bfl) -> None:
    for request, credentials, kind in (
        (ask(), at(bfl, "wrong"), EngineNotReady),
        (ask(), Credentials(base_url=bfl.base_url), EngineNotReady),
        (ask(size=Size(1000, 999)), at(bfl), InvalidRequest),
    ):
        with pytest.raises(kind):
            await engine.generate(request, credentials)
    assert bfl.tasks == []


async def test_check_tells_the_credits(engine: BflEngine, bfl: Bfl) -> None:
    assert await engine.check(at(bfl)) == "Black Forest Labs takes the key. 1,234 credits are left."
    with pytest.raises(EngineNotReady):
        await engine.check(at(bfl, "no"))


async def test_cancelling_stops_asking(engine: BflEngine, bfl: Bfl) -> None:
    bfl.fault, bfl.faults = "endless", 1
    task = asyncio.create_task(engine.generate(ask(), at(bfl)))
    while bfl.questions < 2:  # noqa: ASYNC110 - the stand-in only records
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize(
    ("address", "trusted"),
    [
        ("https://api.us1.bfl.ai/v1/get_result?id=1", True),
        ("https://api.bfl.ai/v1/get_result?id=1", True),
        ("http://api.bfl.ai/v1/get_result?id=1", False),
        ("https://bfl.ai.evil.example/x", False),
        ("https://evilbfl.ai/x", False),
        ("", False),
    ],
)
def test_the_key_goes_to_its_own_people_only(address: str, trusted: bool) -> None:
    assert _trusted(address, "https://api.bfl.ai/v1") is trusted
