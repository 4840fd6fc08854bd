"""Google's engine against a stand-in that is as strict as Google and can misbehave in every way that matters."""

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
    ModelNotFound,
    PochoirError,
    Refused,
)
from pochoir.domain.images import ImageInput, ImageRequest, ImageResult, Size
from pochoir.domain.money import Usage
from pochoir.engines.base import Credentials
from pochoir.engines.google import GoogleEngine
from pochoir.engines.google_wire import body_of, ratio_of, usage_of
from upstream.google import KEY, Google, picture

MODEL = "gemini-3.1-flash-image"


@pytest.fixture
async def google() -> AsyncIterator[Google]:
    async with Google().running() as server:
        yield server


@pytest.fixture
async def engine() -> AsyncIterator[GoogleEngine]:
    made = GoogleEngine(timeout=2.0)
    yield made
    await made.close()


def ask(**more: Any) -> ImageRequest:
    return ImageRequest(**{"model": MODEL, "prompt": "A fox in the snow", **more})


def at(server: Google, key: str = KEY) -> Credentials:
    return Credentials(key=key, base_url=server.base_url)


def reference(kind: str = "PNG") -> ImageInput:
    out = io.BytesIO()
    Image.new("RGB", (20, 30)).save(out, kind)
    return ImageInput(out.getvalue(), f"image/{kind.lower()}", Size(20, 30))


async def test_an_image_with_its_words_usage_and_version(engine: GoogleEngine, google: Google) -> None:
    made = await engine.generate(ask(size=Size(1264, 848), quality="2K"), at(google))
    [image] = made.images
    assert (image.size, image.mime) == (Size(2528, 1696), "image/png")
    assert image.data == picture((2528, 1696), 1)
    assert image.revised_prompt == "Here is your image."
    assert made.snapshot == f"{MODEL}-001"
    assert made.usage == Usage(text_in=5, text_out=6, image_out=1680, images=1)
    assert made.usage_reported
    assert google.seen[0]["generationConfig"]["imageConfig"] == {"aspectRatio": "3:2", "imageSize": "2K"}
    assert made.notes == ("Size 1264x848 was asked for and 2528x1696 came back.",)


async def test_images_go_in_and_are_billed_as_such(engine: GoogleEngine, google: Google) -> None:
    made = await engine.generate(ask(references=(reference(), reference("JPEG"))), at(google))
    assert (made.usage.image_in, made.usage.references) == (516, 2)
    parts = google.seen[0]["contents"][0]["parts"]
    assert [next(iter(part)) for part in parts] == ["text", "inlineData", "inlineData"]


async def test_several_images_are_several_calls_with_seeds_of_their_own(engine: GoogleEngine, google: Google) -> None:
    made = await engine.generate(ask(n=3, seed=7), at(google))
    assert len(made.images) == 3
    assert made.usage.image_out == 3 * 1120
    assert (made.usage.images, made.notes) == (3, ())
    assert sorted(body["generationConfig"]["seed"] for body in google.seen) == [7, 8, 9]


async def test_images_that_go_in_are_counted_for_each_call(engine: GoogleEngine, google: Google) -> None:
    made = await engine.generate(ask(n=2, references=(reference(), reference())), at(google))
    assert (made.usage.image_in, made.usage.references) == (2 * 516, 4)


async def test_an_edit_is_sent_the_shape_that_was_asked_for(engine: GoogleEngine, google: Google) -> None:
    for size in (Size(1024, 1024), None):
        await engine.generate(ask(references=(reference(),), size=size), at(google))
    shapes = [body["generationConfig"].get("imageConfig") for body in google.seen]
    assert shapes == [{"aspectRatio": "1:1"}, None]


async def test_what_is_not_as_asked_is_told_once(engine: GoogleEngine, google: Google) -> None:
    google.kind = "jpeg"
    asked = ask(n=2, output_format="png", background="transparent", output_compression=100)
    made = await engine.generate(asked, at(google))
    assert (made.images[0].mime, made.output_format) == ("image/jpeg", "jpeg")
    assert made.notes == (
        "Format png was expected and jpeg came back.",
        "A transparent background was asked for and an opaque one came back.",
        "Google takes no output_compression; it was left out.",
    )


async def test_of_several_failures_the_one_that_may_have_been_charged_is_told(
    engine: GoogleEngine, google: Google
) -> None:
    google.fault, google.faults, google.then = "429", 1, "dropped"
    with pytest.raises(EngineError, match="broke off") as caught:
        await engine.generate(ask(n=2), at(google))
    assert caught.value.may_have_been_charged


async def test_thoughts_are_no_results_but_are_billed(engine: GoogleEngine, google: Google) -> None:
    google.thinks = True
    made = await engine.generate(ask(), at(google))
    assert [image.size for image in made.images] == [Size(1024, 1024)]
    assert made.usage.text_out == 96


async def test_one_failure_of_several_is_told_and_the_others_are_kept(engine: GoogleEngine, google: Google) -> None:
    google.fault, google.faults = "unsafe", 1
    made = await engine.generate(ask(n=2), at(google))
    assert len(made.images) == 1
    assert "1 of 2 images came back" in made.notes[0]
    assert "IMAGE_SAFETY" in made.notes[0]


@pytest.mark.parametrize(
    ("fault", "kind", "charged", "said"),
    [
        ("429", EngineRateLimited, False, "no more requests"),
        ("503", EngineRateLimited, False, "overloaded"),
        ("daily", EngineError, False, "quota at Google is used up"),
        ("500", EngineError, True, "HTTP 500"),
        ("blocked", Refused, None, "PROHIBITED_CONTENT"),
        ("unsafe", Refused, None, "Unable to show"),
        ("words", EngineError, True, "I would rather talk"),
        ("slow", EngineTimeout, True, "2 seconds"),
        ("dropped", EngineError, True, "broke off"),
        ("half", EngineError, True, "broke off"),
    ],
)
async def test_what_goes_wrong_is_said_with_what_may_be_charged(
    engine: GoogleEngine, google: Google, fault: str, kind: type[PochoirError], charged: bool | None, said: str
) -> None:
    google.fault, google.faults = fault, 1
    with pytest.raises(kind) as caught:
        await engine.generate(ask(), at(google))
    assert said in caught.value.message
    assert caught.value.message.endswith(".")
    if isinstance(caught.value, EngineError):
        assert caught.value.may_have_been_charged is charged
    if isinstance(caught.value, EngineRateLimited) and fault == "429":
        assert caught.value.retry_after == 17.0


async def test_refusals_before_anything_is_made(engine: GoogleEngine, google: Google) -> None:
    for request, credentials, kind in (
        (ask(), at(google, "AIza-wrong"), EngineNotReady),
        (ask(), Credentials(base_url=google.base_url), EngineNotReady),
        (ask(model="gemini-9"), at(google), ModelNotFound),
        (ask(options={"aspect_ratio": "8:1"}), at(google), InvalidRequest),
        (ask(options={"aspect_ratio": "wide"}, size=Size(1024, 1024)), at(google), InvalidRequest),
    ):
        with pytest.raises(kind):
            await engine.generate(request, credentials)
    assert google.seen == []


async def test_nobody_there(engine: GoogleEngine) -> None:
    with pytest.raises(EngineError) as caught:
        await engine.generate(ask(), Credentials(key=KEY, base_url="http://127.0.0.1:9/v1beta"))
    assert not caught.value.may_have_been_charged


async def test_check_lists_the_image_models(engine: GoogleEngine, google: Google) -> None:
    assert await engine.check(at(google)) == "Google takes the key. It offers 3 image models to this account."
    with pytest.raises(EngineNotReady):
        await engine.check(at(google, "no"))


async def test_a_stream_is_the_result_alone(engine: GoogleEngine, google: Google) -> None:
    [only] = [item async for item in engine.stream(ask(), at(google), 2)]
    assert isinstance(only, ImageResult)


async def test_cancelling_aborts_the_calls(engine: GoogleEngine, google: Google) -> None:
    google.fault, google.faults = "slow", 2
    task = asyncio.create_task(engine.generate(ask(n=2), at(google)))
    while len(google.seen) < 2:  # noqa: ASYNC110 - the stand-in only records
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize(
    ("size", "ratio"),
    [((1024, 1024), "1:1"), ((1536, 1024), "3:2"), ((1024, 1536), "2:3"), ((1920, 1080), "16:9"), ((4096, 512), "8:1")],
)
def test_the_nearest_shape(size: tuple[int, int], ratio: str) -> None:
    assert ratio_of(Size(*size)) == ratio


def test_a_model_of_one_size_is_sent_no_tier() -> None:
    body = body_of(ask(model="gemini-2.5-flash-image", quality="1K", size=Size(1024, 1024)))
    assert body["generationConfig"]["imageConfig"] == {"aspectRatio": "1:1"}


def test_no_usage_is_invented() -> None:
    assert usage_of(None, 1, 0) is None
    assert usage_of({}, 1, 0) is None
    bare = usage_of({"promptTokenCount": 9, "candidatesTokenCount": 1290, "totalTokenCount": 1299}, 1, 0)
    assert bare == Usage(text_in=9, image_out=1290, images=1)
