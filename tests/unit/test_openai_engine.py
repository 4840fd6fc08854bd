"""The OpenAI engine against a stand-in that is as strict as OpenAI: what goes out, what comes back, what goes wrong."""

from __future__ import annotations

import asyncio
import io
import json
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pybase64
import pytest
from PIL import Image

from pochoir.domain.errors import (
    EngineError,
    EngineNotReady,
    EngineRateLimited,
    EngineTimeout,
    InvalidRequest,
    InvalidValue,
    ModelNotFound,
    PochoirError,
    Refused,
    UnknownParameter,
)
from pochoir.domain.images import ImageInput, ImageRequest, ImageResult, Size
from pochoir.domain.money import Usage
from pochoir.engines import openai_wire as wire
from pochoir.engines.base import Credentials, PartialImage
from pochoir.engines.openai import OpenAIEngine
from pochoir.infra.sniff import check_image
from upstream.faults import KEY
from upstream.server import Upstream, picture

FOX = ImageRequest("gpt-image-1-mini", "A fox in the snow", size=Size(1024, 1024), quality="low", output_format="png")


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    async with Upstream().running() as server:
        yield server


@pytest.fixture
async def engine() -> AsyncIterator[OpenAIEngine]:
    made = OpenAIEngine()
    yield made
    await made.close()


def right(upstream: Upstream) -> Credentials:
    return Credentials(KEY, upstream.base_url)


def reference(size: tuple[int, int] = (600, 400), kind: str = "png") -> ImageInput:
    return check_image(picture(size, kind), 1 << 20, 1 << 24)


def mask(size: tuple[int, int]) -> ImageInput:
    out = io.BytesIO()
    Image.new("RGBA", size, (0, 0, 0, 0)).save(out, "PNG")
    return check_image(out.getvalue(), 1 << 20, 1 << 24)


async def test_an_image_comes_back_with_its_bytes_size_and_usage(upstream: Upstream, engine: OpenAIEngine) -> None:
    result = await engine.generate(FOX, right(upstream))
    [image] = result.images
    assert image.data == picture((1024, 1024))
    assert (image.mime, image.size) == ("image/png", Size(1024, 1024))
    assert image.b64 is not None
    assert pybase64.b64decode(bytes(image.b64)) == image.data
    assert result.usage == Usage(text_in=11, image_out=272, images=1)
    assert result.usage_reported
    assert (result.quality, result.background, result.output_format) == ("low", "opaque", "png")
    assert result.snapshot == "gpt-image-1-mini"
    assert upstream.seen[0].fields == {
        "model": "gpt-image-1-mini",
        "prompt": "A fox in the snow",
        "n": 1,
        "size": "1024x1024",
        "quality": "low",
        "output_format": "png",
    }


@pytest.mark.parametrize("kind", ["jpeg", "webp"])
async def test_several_images_in_other_formats(upstream: Upstream, engine: OpenAIEngine, kind: Any) -> None:
    request = replace(FOX, n=3, output_format=kind, output_compression=80, size=Size(1536, 1024))
    result = await engine.generate(request, right(upstream))
    assert [image.mime for image in result.images] == [f"image/{kind}"] * 3
    assert len({image.data for image in result.images}) == 3
    assert result.size == Size(1536, 1024)
    assert result.usage.image_out == 3 * 400
    assert result.output_format == kind


async def test_a_pinned_snapshot_is_what_is_sent_and_named(upstream: Upstream, engine: OpenAIEngine) -> None:
    pinned = replace(FOX, model="gpt-image-2", snapshot="gpt-image-2-2026-04-21", size=None, quality=None)
    result = await engine.generate(pinned, right(upstream))
    assert upstream.seen[0].fields["model"] == result.snapshot == "gpt-image-2-2026-04-21"
    assert "size" not in upstream.seen[0].fields
    assert result.usage.image_out == 1756
    assert result.quality == "medium"


async def test_one_reference_goes_as_image_several_as_a_list(upstream: Upstream, engine: OpenAIEngine) -> None:
    one = replace(FOX, model="gpt-image-1.5", references=(reference(),), input_fidelity="high")
    result = await engine.generate(one, right(upstream))
    assert [file[:3] for file in upstream.seen[0].files] == [("image", "image-1.png", "image/png")]
    assert result.usage == Usage(text_in=11, image_in=323 + 6240, image_out=272, images=1, references=1)
    both = replace(one, references=(reference(), reference((500, 500), "jpeg")), mask=mask((600, 400)))
    result = await engine.generate(both, right(upstream))
    assert [file[:3] for file in upstream.seen[1].files] == [
        ("image[]", "image-1.png", "image/png"),
        ("image[]", "image-2.jpg", "image/jpeg"),
        ("mask", "mask.png", "image/png"),
    ]
    assert result.usage.references == 2


async def test_a_markup_goes_as_a_file_or_in_json(upstream: Upstream, engine: OpenAIEngine) -> None:
    marked = replace(FOX, model="gpt-image-2.5-flare", references=(reference(),), markup=mask((600, 400)))
    await engine.generate(marked, right(upstream))
    await engine.generate(replace(marked, moderation="low"), right(upstream))
    for seen in upstream.seen:
        assert [(file[0], file[2]) for file in seen.files][1:] == [("markup", "image/png")]
    with pytest.raises(InvalidRequest, match="markup"):
        await engine.generate(replace(marked, model="gpt-image-2"), right(upstream))


async def test_big_references_arrive_whole(upstream: Upstream, engine: OpenAIEngine) -> None:
    noise = Image.effect_noise((1600, 1600), 90)
    out = io.BytesIO()
    noise.save(out, "PNG")
    big = check_image(out.getvalue(), 1 << 24, 1 << 24)
    assert len(big.data) > 2_000_000
    await engine.generate(replace(FOX, references=(big,)), right(upstream))
    assert upstream.seen[0].files[0][3] == big.data


async def test_moderation_on_an_edit_goes_by_json_where_the_field_exists(
    upstream: Upstream, engine: OpenAIEngine
) -> None:
    request = replace(FOX, references=(reference(),), mask=mask((600, 400)), moderation="low")
    result = await engine.generate(request, right(upstream))
    assert upstream.seen[0].content_type == "application/json"
    assert upstream.seen[0].fields["moderation"] == "low"
    assert upstream.seen[0].files[0][3] == request.references[0].data
    assert result.usage.image_in == 323


async def test_further_fields_pass_through(upstream: Upstream, engine: OpenAIEngine) -> None:
    request = replace(FOX, background="transparent", moderation="low", options={"user": "u1", "safety_identifier": "s"})
    result = await engine.generate(request, right(upstream))
    assert upstream.seen[0].fields["safety_identifier"] == "s"
    assert result.background == "transparent"


async def test_partial_images_come_before_the_result(upstream: Upstream, engine: OpenAIEngine) -> None:
    items = [item async for item in engine.stream(FOX, right(upstream), 2)]
    partials, result = items[:-1], items[-1]
    assert [item.index for item in partials if isinstance(item, PartialImage)] == [0, 1]
    assert all(isinstance(item, PartialImage) and item.image.size == Size(64, 64) for item in partials)
    assert isinstance(result, ImageResult)
    assert result.usage == Usage(text_in=11, image_out=272 + 200, images=1)
    assert (result.quality, result.background) == ("low", None)
    assert result.images[0].data == picture((1024, 1024))


async def test_a_stream_of_an_edit(upstream: Upstream, engine: OpenAIEngine) -> None:
    request = replace(FOX, references=(reference(),))
    items = [item async for item in engine.stream(request, right(upstream), 0)]
    assert len(items) == 1
    assert isinstance(items[0], ImageResult)
    assert items[0].usage.image_in == 323


@pytest.mark.parametrize(
    ("word", "kind", "charged", "words"),
    [
        ("429", EngineRateLimited, False, "Rate limit reached"),
        ("quota", EngineError, False, "account's limit"),
        ("billing", EngineError, False, "account's limit"),
        ("500", EngineError, True, "HTTP 500"),
        ("504", EngineTimeout, True, "HTTP 504"),
        ("drop", EngineError, True, "broke off"),
        ("half a body", EngineError, True, "broke off"),
        ("web page", EngineError, True, "no image"),
        ("no image", EngineError, True, "no image"),
        ("not base64", EngineError, True, "no image"),
        ("moderation", Refused, None, "violence"),
        ("unverified", EngineNotReady, False, "must be verified"),
        ("redirect", EngineNotReady, False, "base URL"),
    ],
)
async def test_what_goes_wrong_is_said_in_words(
    upstream: Upstream, engine: OpenAIEngine, word: str, kind: type[PochoirError], charged: bool | None, words: str
) -> None:
    upstream.faults.append(word)
    with pytest.raises(kind, match=words) as caught:
        await engine.generate(FOX, right(upstream))
    assert type(caught.value) is kind
    assert caught.value.message.endswith(".")
    assert "  " not in caught.value.message
    assert KEY not in caught.value.message
    if isinstance(caught.value, EngineError):
        assert caught.value.may_have_been_charged is charged
    assert (await engine.generate(FOX, right(upstream))).images, "the next request works"


@pytest.mark.parametrize(("word", "seconds"), [("429", 12.0), ("429 ms", 0.25)])
async def test_how_long_to_wait_is_passed_on(
    upstream: Upstream, engine: OpenAIEngine, word: str, seconds: float
) -> None:
    upstream.faults.append(word)
    with pytest.raises(EngineRateLimited) as caught:
        await engine.generate(FOX, right(upstream))
    assert caught.value.retry_after == seconds


async def test_a_wrong_key_says_where_to_change_it(upstream: Upstream, engine: OpenAIEngine) -> None:
    for call in (
        engine.generate(FOX, Credentials("sk-wrong", upstream.base_url)),
        engine.check(Credentials("sk-wrong", upstream.base_url)),
    ):
        with pytest.raises(EngineNotReady, match="settings page or in OPENAI_API_KEY"):
            await call
    with pytest.raises(EngineNotReady, match="needs a key"):
        await engine.generate(FOX, Credentials(None, upstream.base_url))


async def test_the_check_costs_nothing_and_counts_image_models(upstream: Upstream, engine: OpenAIEngine) -> None:
    assert await engine.check(right(upstream)) == "OpenAI takes the key. It offers 9 image models to this account."
    assert upstream.seen == []


@pytest.mark.parametrize(
    ("changed", "kind", "param"),
    [
        (replace(FOX, size=Size(500, 500)), InvalidValue, "size"),
        (replace(FOX, quality="ultra"), InvalidValue, "quality"),
        (replace(FOX, options={"style": "vivid"}), UnknownParameter, "style"),
        (replace(FOX, prompt="x" * 32_001), InvalidValue, "prompt"),
        (replace(FOX, model="gpt-image-1"), ModelNotFound, "model"),
        (replace(FOX, references=(reference(),), mask=mask((10, 10))), InvalidRequest, "mask"),
    ],
)
async def test_what_openai_refuses_names_the_field(
    upstream: Upstream, engine: OpenAIEngine, changed: ImageRequest, kind: type[PochoirError], param: str
) -> None:
    with pytest.raises(kind) as caught:
        await engine.generate(changed, right(upstream))
    assert caught.value.param == param


async def test_too_slow_an_answer_may_have_been_charged(upstream: Upstream) -> None:
    engine = OpenAIEngine(timeout=0.05)
    upstream.faults.append("slow 3")
    with pytest.raises(EngineTimeout) as caught:
        await engine.generate(FOX, right(upstream))
    assert caught.value.may_have_been_charged
    await engine.close()


async def test_a_server_that_is_not_there_charged_nothing(engine: OpenAIEngine) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(EngineError, match="cannot be reached") as caught:
        await engine.generate(FOX, Credentials(KEY, f"http://127.0.0.1:{port}/v1"))
    assert not caught.value.may_have_been_charged
    with pytest.raises(EngineNotReady, match="must start with http"):
        await engine.generate(FOX, Credentials(KEY, "nonsense"))


async def test_cancelling_the_task_aborts_the_call(upstream: Upstream, engine: OpenAIEngine) -> None:
    upstream.faults.append("slow 60")
    task = asyncio.create_task(engine.generate(FOX, right(upstream)))
    await upstream.came.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize(
    ("word", "kind"), [("stream drop", EngineError), ("stream error", Refused), ("500", EngineError)]
)
async def test_a_stream_that_breaks_is_an_error(
    upstream: Upstream, engine: OpenAIEngine, word: str, kind: type[PochoirError]
) -> None:
    upstream.faults.append(word)
    with pytest.raises(kind) as caught:
        [item async for item in engine.stream(FOX, right(upstream), 1)]
    if isinstance(caught.value, EngineError):
        assert caught.value.may_have_been_charged


@pytest.mark.parametrize("word", ["stream cut", "stream without end", "stream null error"])
async def test_a_finished_image_is_kept_however_its_stream_ends(
    upstream: Upstream, engine: OpenAIEngine, word: str
) -> None:
    upstream.faults.append(word)
    [result] = [item async for item in engine.stream(FOX, right(upstream), 0)]
    assert isinstance(result, ImageResult)
    assert result.images[0].data == picture((1024, 1024))
    assert result.usage == Usage(text_in=11, image_out=272, images=1)


async def test_images_of_a_stream_that_came_are_kept_when_it_breaks_before_the_others(
    upstream: Upstream, engine: OpenAIEngine
) -> None:
    upstream.faults.append("stream cut")
    [result] = [item async for item in engine.stream(replace(FOX, n=2), right(upstream), 0)]
    assert isinstance(result, ImageResult)
    assert [image.data for image in result.images] == [picture((1024, 1024))]
    [note] = result.notes
    assert note.startswith("1 of 2 images came back: OpenAI broke off its answer")


async def test_no_error_quotes_what_stands_for_a_picture_here(upstream: Upstream, engine: OpenAIEngine) -> None:
    upstream.faults.append("stream bare error")
    with pytest.raises(EngineError, match="HTTP 500") as caught:
        [item async for item in engine.stream(FOX, right(upstream), 0)]
    assert "b64_json" not in caught.value.message
    assert "pochoir-picture" not in caught.value.message


async def test_without_usage_none_is_invented(upstream: Upstream, engine: OpenAIEngine) -> None:
    upstream.faults.append("no usage")
    result = await engine.generate(FOX, right(upstream))
    assert not result.usage_reported
    assert result.usage == Usage(images=1)


# -- the wire by itself ----------------------------------------------------------------------------------------------


def test_pictures_are_cut_out_and_the_rest_is_parsed() -> None:
    words = 'a "b64_json": "trap" \\ in words'
    body = json.dumps({"data": [{"revised_prompt": words, "b64_json": "QUJD"}, {"b64_json": "REVG"}, {"url": "u"}]})
    answer = wire.take_apart(body.encode())
    assert answer is not None
    assert [bytes(answer.base64_of(item) or b"") for item in answer.items] == [b"QUJD", b"REVG", b""]
    assert answer.items[0]["revised_prompt"] == words


def test_escaped_slashes_take_the_slow_way() -> None:
    answer = wire.take_apart(b'{"data": [{"b64_json": "QUJD\\/w=="}]}')
    assert answer is not None
    assert bytes(answer.base64_of(answer.items[0]) or b"") == b"QUJD/w=="


def test_an_empty_picture_is_none() -> None:
    answer = wire.take_apart(b'{"data": [{"b64_json": "", "url": "/files/1.png"}, {"b64_json": "QUJD"}]}')
    assert answer is not None
    assert answer.base64_of(answer.items[0]) is None
    assert bytes(answer.base64_of(answer.items[1]) or b"") == b"QUJD"


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"data": [{"b64_json": "QUJ', b"<html>", b"\xff\xfe"])
def test_what_is_no_answer_is_none(body: bytes) -> None:
    assert wire.take_apart(body) is None


@pytest.mark.parametrize(
    ("usage", "references", "expected"),
    [
        (None, 0, None),
        ({}, 0, None),
        ({"input_tokens": 0, "output_tokens": 0}, 0, None),
        ({"input_tokens": 9, "output_tokens": 5}, 0, Usage(text_in=9, image_out=5, images=1)),
        ({"input_tokens": 9, "output_tokens": 5}, 1, Usage(image_in=9, image_out=5, images=1, references=1)),
        (
            {
                "input_tokens": 30,
                "output_tokens": 1400,
                "input_tokens_details": {"text_tokens": 10, "image_tokens": 20},
                "output_tokens_details": {"image_tokens": 1372, "text_tokens": 28},
            },
            1,
            Usage(text_in=10, image_in=20, text_out=28, image_out=1372, images=1, references=1),
        ),
    ],
)
def test_usage_is_read_as_it_was_reported(usage: Any, references: int, expected: Usage | None) -> None:
    assert wire.usage_of(usage, 1, references) == expected


def test_what_was_promised_and_did_not_come_is_noted() -> None:
    image = wire.image_of(picture((512, 512)), "X", {}, None)
    result = wire.result_of(replace(FOX, n=2), {"svg_usage": {"model": "gpt-5", "input_tokens": 3}}, (image,))
    assert [note.split(" ", 2)[0] for note in result.notes] == ["1", "Size", "The"]
    assert result.notes[1] == "Size 1024x1024 was asked for and 512x512 came back."
