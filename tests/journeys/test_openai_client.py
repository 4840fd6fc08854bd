"""The official OpenAI client, unchanged, against our own server, with a strict stand-in for the provider behind it."""

from __future__ import annotations

import asyncio
import base64
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import openai
import pytest
from openai import AsyncOpenAI, OpenAI
from PIL import Image

import pochoir
from journeys.gateway import Here, several_users
from pochoir.domain.money import MicroUSD
from pochoir.openai_api import bodies
from upstream.faults import KEY
from upstream.server import picture

CARDS = Path(pochoir.__file__).parent / "features/catalog/cards"
MODEL = "gpt-image-2"
PROMPT = "A fox in the snow"


def file(size: tuple[int, int] = (600, 400), kind: str = "png", mode: str = "RGB") -> io.BytesIO:
    """A file object as programs make them: without a name, so the client calls it `upload`, an octet stream."""
    out = io.BytesIO()
    Image.new(mode, size, (1, 2, 3, 0)[: len(mode)]).save(out, kind)
    out.seek(0)
    return out


# -- what works ------------------------------------------------------------------------------------------------------


async def test_the_plain_client_gets_an_image_and_its_price(here: Here) -> None:
    def work() -> Any:
        with OpenAI(base_url=f"{here.url}/v1", api_key="anything") as client:
            return client.images.with_raw_response.generate(
                model=MODEL, prompt=PROMPT, size="1024x1024", quality="low", n=1
            )

    raw = await asyncio.to_thread(work)
    answer = raw.parse()
    assert base64.b64decode(answer.data[0].b64_json) == picture((1024, 1024))
    assert (answer.size, answer.quality, answer.output_format) == ("1024x1024", "low", "png")
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (11, 196)
    cost = 11 * 5 + 196 * 30
    assert raw.headers["x-pochoir-cost-microusd"] == str(cost)
    assert raw.headers["x-pochoir-model"] == MODEL
    assert raw.headers["x-request-id"].startswith("req_")
    assert await here.spent() == cost
    [kept] = await here.services.images.library.recent()
    assert await here.services.images.library.read(kept) == picture((1024, 1024))
    assert answer.pochoir["images"] == [kept.id]


async def test_several_images_in_another_format(here: Here) -> None:
    async with here.client() as client:
        answer = await client.images.generate(
            model="gpt-image-2-2026-04-21",
            prompt=PROMPT,
            n=2,
            size="1536x1024",
            quality="medium",
            output_format="jpeg",
            output_compression=80,
            extra_body={"response_format": "b64_json"},
        )
    assert answer.data
    made = [base64.b64decode(item.b64_json or "") for item in answer.data]
    assert made == [picture((1536, 1024), "jpeg", number) for number in range(2)]
    assert answer.usage
    assert answer.usage.output_tokens == 2 * 1372
    assert here.upstream.seen[0].fields["model"] == "gpt-image-2-2026-04-21"


@pytest.mark.parametrize(
    ("images", "names"),
    [
        (file, ["image"]),
        (lambda: ("shoe.png", file(), "image/png"), ["image"]),
        (lambda: [file(), file((500, 500), "jpeg"), file((64, 64), "webp")], ["image[]"] * 3),
    ],
)
async def test_edits_take_one_or_several_files(here: Here, images: Any, names: list[str]) -> None:
    async with here.client() as client:
        answer = await client.images.edit(
            model="gpt-image-1-mini", image=images(), prompt=PROMPT, size="1024x1024", quality="low"
        )
    assert answer.data
    assert [entry[0] for entry in here.upstream.seen[0].files] == names
    assert here.upstream.seen[0].files[0][3] == file().getvalue()
    assert answer.usage
    assert answer.usage.input_tokens_details.image_tokens > 0


async def test_a_mask_goes_along(here: Here) -> None:
    async with here.client() as client:
        await client.images.edit(
            model="gpt-image-1-mini", image=file(), mask=file(mode="RGBA"), prompt=PROMPT, size="1024x1024"
        )
    assert [entry[0] for entry in here.upstream.seen[0].files] == ["image", "mask"]


async def test_a_stream_brings_partial_images_and_then_the_image(here: Here) -> None:
    async with here.client() as client:
        stream = await client.images.generate(
            model="gpt-image-1-mini",
            prompt=PROMPT,
            size="1024x1024",
            quality="low",
            stream=True,
            partial_images=2,
        )
        events = [event async for event in stream]
    assert [event.type for event in events] == ["image_generation.partial_image"] * 2 + ["image_generation.completed"]
    last = events[-1]
    assert base64.b64decode(last.b64_json) == picture((1024, 1024))
    assert last.type == "image_generation.completed"
    assert last.usage.output_tokens == 272 + 200
    assert await here.spent() == 11 * 2 + 472 * 8


async def test_models_are_those_that_can_be_asked(here: Here) -> None:
    async with here.client() as client:
        found = {model.id: model async for model in client.models.list()}
        one = await client.models.retrieve("gpt-image-1-mini")
    assert {"gpt-image-2", "gpt-image-1-mini"} <= set(found)
    assert "gpt-image-1" not in found, "it was shut down"
    assert found["gpt-image-2"].owned_by == "OpenAI"
    assert found["gpt-image-2"].created == 1_776_729_600
    assert one.model_dump()["shutdown_date"] == "2026-12-01"


async def test_a_model_that_will_be_shut_down_says_so(here: Here) -> None:
    async with here.client() as client:
        raw = await client.images.with_raw_response.generate(
            model="gpt-image-1-mini", prompt=PROMPT, size="1024x1024", quality="low"
        )
    assert raw.headers["sunset"] == "Tue, 01 Dec 2026 00:00:00 GMT"
    assert raw.headers["deprecation"] == "@1780358400"
    notes: Any = raw.parse().model_dump()["pochoir"]["notes"]
    assert "1 December 2026" in notes[0]


async def test_the_same_key_gives_the_same_image_and_one_charge(here: Here) -> None:
    once = {"Idempotency-Key": "order-7"}
    async with here.client() as client:
        first = await client.images.generate(model=MODEL, prompt=PROMPT, extra_headers=once)
        raw = await client.images.with_raw_response.generate(model=MODEL, prompt=PROMPT, extra_headers=once)
        spent = await here.spent()
        with pytest.raises(openai.ConflictError):
            await client.images.generate(model=MODEL, prompt="Another", extra_headers=once)
    again = raw.parse()
    assert raw.headers["x-pochoir-replayed"] == "true"
    assert first.data
    assert again.data
    assert first.data[0].b64_json == again.data[0].b64_json
    assert len(here.upstream.seen) == 1
    assert spent == await here.spent() > 0


async def test_a_cached_request_is_made_and_charged_once(here: Here) -> None:
    async with here.client() as client:

        async def ask(prompt: str = PROMPT, cache: bool = True) -> Any:
            return await client.images.with_raw_response.generate(
                model=MODEL, prompt=prompt, size="1024x1024", quality="low", extra_body={"cache": cache}
            )

        first, again = await asyncio.gather(ask(), ask())
        spent = await here.spent()
        await ask("Another fox")
        await ask(cache=False)
    replayed = {answer.headers.get("x-pochoir-replayed") for answer in (first, again)}
    assert replayed == {"true", None}
    assert {answer.headers["x-pochoir-cost-microusd"] for answer in (first, again)} == {"0", str(spent)}
    assert first.parse().data == again.parse().data
    assert len(here.upstream.seen) == 3


async def test_without_a_model_the_built_in_one_draws_for_nothing(here: Here) -> None:
    async with here.client() as client:
        raw = await client.images.with_raw_response.generate(
            prompt="Two red apples on a table", size="256x256", n=2, user="somebody", extra_body={"seed": 5}
        )
        found = [model.id async for model in client.models.list()]
    answer = raw.parse()
    assert answer.data
    assert [Image.open(io.BytesIO(base64.b64decode(item.b64_json or ""))).size for item in answer.data] == [
        (256, 256)
    ] * 2
    assert raw.headers["x-pochoir-model"] == "pochoir-sketch"
    assert raw.headers["x-pochoir-cost-microusd"] == "0"
    assert "pochoir-sketch" in found
    assert here.upstream.seen == []


# -- bodies as other clients send them -------------------------------------------------------------------------------


async def post(here: Here, path: str, **body: Any) -> tuple[int, Any]:
    async with aiohttp.ClientSession() as session, session.post(f"{here.url}/v1/{path}", **body) as response:
        return response.status, await response.json()


async def test_a_chunked_form_of_octet_streams_is_read(here: Here) -> None:
    """As openai-node sends it: no content length, no media type, integers as text."""
    boundary = "----formdata-1"
    parts = [f'--{boundary}\r\ncontent-disposition: form-data; name="{name}"\r\n\r\n{text}\r\n' for name, text in (
        ("model", "gpt-image-1-mini"), ("prompt", PROMPT), ("n", "2"), ("size", "1024x1024"), ("quality", "low"),
    )]  # fmt: skip

    async def body() -> AsyncIterator[bytes]:
        for part in parts:
            yield part.encode()
        for number in range(2):
            yield (
                f'--{boundary}\r\ncontent-disposition: form-data; name="image[]"; filename="{number}"\r\n'
                "content-type: application/octet-stream\r\n\r\n"
            ).encode()
            data = file().getvalue()
            for start in range(0, len(data), 700):
                yield data[start : start + 700]
            yield b"\r\n"
        yield f"--{boundary}--\r\n".encode()

    headers = {"content-type": f"multipart/form-data; boundary={boundary}"}
    status, answer = await post(here, "images/edits", data=body(), headers=headers)
    assert status == 200, answer
    assert len(answer["data"]) == 2
    assert [entry[2] for entry in here.upstream.seen[0].files] == ["image/png"] * 2


async def test_edits_by_json_take_data_urls_and_stored_images(here: Here) -> None:
    kept = await here.services.images.library.upload(file().getvalue())
    url = "data:image/png;base64," + base64.b64encode(file((500, 500)).getvalue()).decode()
    mask = "data:image/png;base64," + base64.b64encode(file((500, 500), mode="RGBA").getvalue()).decode()
    images = [{"image_url": url}, {"file_id": kept.id}]
    body = {"model": "gpt-image-1-mini", "prompt": PROMPT, "images": images, "mask": {"image_url": mask}}
    status, answer = await post(here, "images/edits", json=body)
    assert status == 200, answer
    assert [entry[3] for entry in here.upstream.seen[0].files[:2]] == [
        file((500, 500)).getvalue(),
        file().getvalue(),
    ]


@pytest.mark.parametrize(
    ("images", "param", "code"),
    [
        (None, "images", "missing_required_parameter"),
        ([], "images", "missing_required_parameter"),
        ([{"image_url": "https://example.com/a.png"}], "images[0].image_url", "invalid_image_url"),
        ([{"file_id": "img_none"}], "images[0].file_id", "invalid_value"),
        ([{"image_url": "data:image/png;base64,%%%"}], "images[0].image_url", "invalid_base64_image"),
        ([{"image_url": "data:image/png,abc"}], "images[0].image_url", "invalid_image_file"),
        ([{"image_url": "a", "file_id": "b"}], "images[0]", "invalid_type"),
        (["a"], "images[0]", "invalid_type"),
        ([{"image_url": "x"}] * 17, "images", "array_above_max_length"),
    ],
)
async def test_wrong_references_are_refused(here: Here, images: Any, param: str, code: str) -> None:
    status, answer = await post(here, "images/edits", json={"prompt": PROMPT, "images": images})
    assert (status, answer["error"]["param"], answer["error"]["code"]) == (400, param, code)


# -- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "kind", "code", "param"),
    [
        ({"n": 11}, openai.BadRequestError, "integer_above_max_value", "n"),
        ({"size": "1x1"}, openai.BadRequestError, "invalid_value", "size"),
        ({"quality": "ultra"}, openai.BadRequestError, "invalid_value", "quality"),
        ({"extra_body": {"extra_headers": {}}}, openai.BadRequestError, "unknown_parameter", "extra_headers"),
        ({"extra_body": {"seed": 5}}, openai.BadRequestError, "unknown_parameter", "seed"),
        ({"prompt": ""}, openai.BadRequestError, "invalid_value", "prompt"),
        ({"prompt": "x" * 32_001}, openai.BadRequestError, "string_above_max_length", "prompt"),
        ({"model": "gpt-image-1"}, openai.NotFoundError, "model_not_found", "model"),
        ({"model": "nobody"}, openai.NotFoundError, "model_not_found", "model"),
    ],
)
async def test_refusals_have_the_clients_own_exceptions(
    here: Here, asked: dict[str, Any], kind: type[openai.APIStatusError], code: str, param: str
) -> None:
    async with here.client() as client:
        with pytest.raises(kind) as caught:
            await client.images.generate(**{"model": MODEL, "prompt": PROMPT, **asked})
    error = caught.value
    assert (error.code, error.param, error.type) == (code, param, "invalid_request_error")
    assert isinstance(error.body, dict)
    assert error.body["message"].endswith(".")
    assert here.upstream.seen == []
    assert await here.spent() == 0


async def test_a_dead_model_names_its_successors(here: Here) -> None:
    async with here.client() as client:
        with pytest.raises(openai.NotFoundError, match="gpt-image-2"):
            await client.images.generate(model="gpt-image-1", prompt=PROMPT)
        with pytest.raises(openai.NotFoundError):
            await client.models.retrieve("gpt-image-1")


async def test_a_dead_model_with_a_rule_is_answered_by_its_successor(here: Here) -> None:
    await here.services.successions.put("dall-e-3", MODEL, at_once=False)
    async with here.client() as client:
        raw = await client.images.with_raw_response.generate(
            model="dall-e-3", prompt=PROMPT, size="1792x1024", quality="hd", style="vivid", response_format="b64_json"
        )
    made: Any = raw.parse().model_dump()
    asked = here.upstream.seen[0].fields
    assert (asked["model"], asked["size"], asked["quality"], "style" in asked) == (MODEL, "1792x1024", "high", False)
    assert raw.headers["x-pochoir-model"] == MODEL
    assert made["data"][0]["b64_json"]
    notes = " ".join(made["pochoir"]["notes"])
    assert "your rule sends its requests to gpt-image-2" in notes
    assert "Quality hd becomes high" in notes
    assert "does not take style; left out" in notes


async def test_moderation_looks_as_it_does_at_openai(here: Here) -> None:
    here.upstream.faults.append("moderation")
    async with here.client() as client:
        with pytest.raises(openai.BadRequestError) as caught:
            await client.images.generate(model=MODEL, prompt=PROMPT)
    assert (caught.value.code, caught.value.type) == ("moderation_blocked", "image_generation_user_error")
    assert await here.spent() == 0


async def test_a_budget_refuses_before_the_provider_is_asked(here: Here) -> None:
    await here.services.metering.set_budget(MicroUSD(100))
    async with here.client(max_retries=2) as client:
        with pytest.raises(openai.APIStatusError) as caught:
            await client.images.generate(model=MODEL, prompt=PROMPT)
    assert (caught.value.status_code, caught.value.code) == (402, "budget_exceeded")
    assert here.upstream.seen == []


@pytest.mark.parametrize("fault", ["500", "drop", "half a body"])
async def test_what_may_have_been_charged_is_not_repeated_by_the_client(here: Here, fault: str) -> None:
    here.upstream.faults.append(fault)
    async with here.client(max_retries=2) as client:
        with pytest.raises(openai.InternalServerError) as caught:
            await client.images.generate(model=MODEL, prompt=PROMPT)
    assert caught.value.status_code == 502
    assert len(here.upstream.seen) == 1


async def test_a_rate_limit_is_waited_out_by_the_client(here: Here) -> None:
    here.upstream.faults.append("429 ms")
    async with here.client(max_retries=2) as client:
        answer = await client.images.generate(model=MODEL, prompt=PROMPT)
    assert answer.data
    assert len(here.upstream.seen) == 2


async def test_the_accounts_own_limit_tells_a_program_when_to_come_back(here: Here) -> None:
    await here.services.connections.save("openai", "openai", {"per_minute": "1"}, KEY)
    async with here.client() as client:
        await client.images.generate(model=MODEL, prompt=PROMPT)
        with pytest.raises(openai.RateLimitError, match="1 image a minute here") as caught:
            await client.images.generate(model=MODEL, prompt=PROMPT)
    assert 50 <= int(caught.value.response.headers["retry-after"]) <= 60
    assert len(here.upstream.seen) == 1


async def collect(client: AsyncOpenAI) -> list[Any]:
    stream = await client.images.generate(model="gpt-image-1-mini", prompt=PROMPT, stream=True, partial_images=1)
    return [event async for event in stream]


@pytest.mark.parametrize(("fault", "kind"), [("moderation", openai.BadRequestError), ("stream error", openai.APIError)])
async def test_a_stream_that_fails_raises_in_the_client(here: Here, fault: str, kind: type[openai.APIError]) -> None:
    here.upstream.faults.append(fault)
    async with here.client() as client:
        with pytest.raises(kind) as caught:
            await collect(client)
    assert caught.value.code == "moderation_blocked"


@pytest.mark.parametrize(
    ("image", "mask", "code", "param"),
    [
        (io.BytesIO(b"hello"), None, "invalid_image_file", "image"),
        (io.BytesIO(file().getvalue()[:80]), None, "invalid_image_file", "image"),
        (file(kind="gif"), None, "invalid_image_file", "image"),
        (file(), file((600, 400)), "invalid_image_file", "mask"),
        (file(), file((60, 40), mode="RGBA"), "invalid_value", "mask"),
    ],
)
async def test_files_that_will_not_do_are_refused(here: Here, image: Any, mask: Any, code: str, param: str) -> None:
    image.seek(0)
    more = {"mask": mask} if mask else {}
    async with here.client() as client:
        with pytest.raises(openai.BadRequestError) as caught:
            await client.images.edit(model="gpt-image-1-mini", image=image, prompt=PROMPT, **more)
    assert (caught.value.code, caught.value.param) == (code, param)
    assert here.upstream.seen == []


async def test_bodies_that_are_no_request_are_refused(here: Here) -> None:
    headers = {"content-type": "application/json"}
    for data in (b"", b"{", b"[]", b"null", b"\xff"):
        status, answer = await post(here, "images/generations", data=data, headers=headers)
        assert (status, answer["error"]["code"]) == (400, "invalid_json")
    status, answer = await post(here, "images/generations", data=io.BytesIO(b"x" * 2_000_000), headers=headers)
    assert (status, answer["error"]["code"]) == (413, "too_large")
    status, answer = await post(here, "images/edits", data=b"x", headers={"content-type": "text/plain"})
    assert status == 400
    form = {"content-type": "multipart/form-data"}
    status, answer = await post(here, "images/edits", data=b"x", headers=form)
    assert (status, answer["error"]["code"]) == (400, "invalid_form")
    status, answer = await post(here, "images/variations", json={})
    assert (status, answer["error"]["code"]) == (404, "unknown_url")


@pytest.mark.parametrize("announced", [True, False])
async def test_a_form_that_is_too_large_is_refused(
    here: Here, announced: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "MAX_FORM", 100_000)
    form = aiohttp.FormData({"prompt": PROMPT, "model": "gpt-image-1-mini"})
    form.add_field("image", io.BytesIO(b"x" * 300_000), filename="a.png")
    writer = form()
    headers = {"content-type": writer.content_type}

    async def chunks() -> AsyncIterator[bytes]:
        whole = await writer.as_bytes()
        for start in range(0, len(whole), 50_000):
            yield whole[start : start + 50_000]

    data = io.BytesIO(await writer.as_bytes()) if announced else chunks()
    status, answer = await post(here, "images/edits", data=data, headers=headers)
    assert (status, answer["error"]["code"]) == (413, "too_large")


@pytest.mark.parametrize(("count", "code"), [(17, "invalid_value"), (30, "invalid_form")])
async def test_too_many_images_are_refused(here: Here, count: int, code: str) -> None:
    async with here.client() as client:
        with pytest.raises(openai.BadRequestError) as caught:
            await client.images.edit(
                model="gpt-image-1-mini", image=[file((8, 8)) for _ in range(count)], prompt=PROMPT
            )
    assert caught.value.code == code


@several_users
async def test_with_several_users_a_key_is_needed(here: Here) -> None:
    _, secret = await here.services.accounts.create_key("robot")
    async with here.client(secret) as client:
        assert (await client.images.generate(model=MODEL, prompt=PROMPT)).data
        raw = await client.models.with_raw_response.list(extra_headers={"Authorization": "", "api-key": secret})
        assert raw.status_code == 200
    async with here.client("pk_wrong") as client:
        with pytest.raises(openai.AuthenticationError) as caught:
            await client.images.generate(model=MODEL, prompt=PROMPT)
    assert caught.value.code == "invalid_api_key"
    status, answer = await post(here, "images/generations", json={"prompt": PROMPT})
    assert (status, answer["error"]["code"]) == (401, "invalid_api_key")
