"""A strict mask through the API: the protected pixels come back, and an answer that cannot keep them is stored and said."""

from __future__ import annotations

import base64
import io
from typing import Any

import aiohttp
import openai
import pytest
from openai.types import ImagesResponse
from PIL import Image, ImageChops

from journeys.gateway import Here
from upstream.server import damaged

PROMPT = "A red hat"
SIZE = (600, 400)


def photo(size: tuple[int, int]) -> bytes:
    out = io.BytesIO()
    Image.effect_noise(size, 90).convert("RGB").save(out, "PNG")
    return out.getvalue()


def mask(size: tuple[int, int]) -> bytes:
    image = Image.new("RGBA", size, (0, 0, 0, 255))
    image.paste((0, 0, 0, 0), (0, 0, size[0] // 2, size[1]))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(("model", "asked"), [("gpt-image-1-mini", "1536x1024"), ("gpt-image-2", "1200x800")])
async def test_protected_pixels_come_back_from_a_provider_that_repaints_everything(
    here: Here, model: str, asked: str
) -> None:
    size = (600, 400)
    before = photo(size)
    async with here.client() as client:
        answer = await client.images.edit(
            model=model,
            image=("a.png", before),
            mask=("m.png", mask(size)),
            prompt=PROMPT,
            extra_body={"strict_mask": True},
        )
    assert here.upstream.seen[0].fields["size"] == asked
    assert "strict_mask" not in here.upstream.seen[0].fields
    assert answer.data
    after = Image.open(io.BytesIO(base64.b64decode(answer.data[0].b64_json or "")))
    original = Image.open(io.BytesIO(before))
    right, left = (300, 0, 600, 400), (0, 0, 290, 400)
    assert ImageChops.difference(after.crop(right), original.crop(right)).getbbox() is None
    assert ImageChops.difference(after.crop(left), original.crop(left)).getbbox() is not None
    assert "pixel for pixel" in answer.model_dump()["pochoir"]["notes"][-1]
    assert answer.model_dump()["size"] == "600x400"


async def test_a_shape_that_no_size_has_is_refused_before_anything_is_spent(here: Here) -> None:
    size = (700, 400)
    async with here.client() as client:
        with pytest.raises(openai.BadRequestError, match="Crop the image to the shape of 1536x1024"):
            await client.images.edit(
                model="gpt-image-1-mini",
                image=("a.png", photo(size)),
                mask=("m.png", mask(size)),
                prompt=PROMPT,
                extra_body={"strict_mask": True},
            )
    assert here.upstream.seen == []


async def test_an_answer_of_another_shape_is_stored_charged_and_said(here: Here) -> None:
    size = (600, 400)
    here.upstream.faults.append("other shape")
    async with here.client(max_retries=2) as client:
        with pytest.raises(openai.InternalServerError, match="The answer is stored as it came") as caught:
            await client.images.edit(
                model="gpt-image-1-mini",
                image=("a.png", photo(size)),
                mask=("m.png", mask(size)),
                prompt=PROMPT,
                extra_body={"strict_mask": True},
            )
    assert caught.value.code == "mask_not_kept"
    assert len(here.upstream.seen) == 1
    assert await here.spent() > 0
    assert [str(artifact.size) for artifact in await here.services.images.library.recent()] == ["1024x1024"]


@pytest.mark.parametrize("key", ["once", ""])
async def test_an_answer_that_broke_the_mask_never_comes_back_as_if_it_were_right(here: Here, key: str) -> None:
    size = (600, 400)
    before, holes = photo(size), mask(size)
    here.upstream.faults.append("other shape")

    async def ask() -> ImagesResponse:
        async with here.client(max_retries=0) as client:
            return await client.images.edit(
                model="gpt-image-1-mini",
                image=("a.png", before),
                mask=("m.png", holes),
                prompt=PROMPT,
                extra_body={"strict_mask": True, "cache": not key},
                extra_headers={"Idempotency-Key": key} if key else {},
            )

    with pytest.raises(openai.InternalServerError) as first:
        await ask()
    if key:
        with pytest.raises(openai.InternalServerError) as again:
            await ask()
        assert again.value.body == first.value.body
    else:
        answer = await ask()
        assert answer.model_dump()["size"] == "600x400"
    assert len(here.upstream.seen) == (1 if key else 2)


@pytest.mark.parametrize(("image", "name"), [(damaged(photo(SIZE)), "image"), (photo(SIZE), "mask")])
@pytest.mark.parametrize("as_json", [False, True])
async def test_what_is_damaged_inside_is_refused_before_it_is_paid(
    here: Here, image: bytes, name: str, as_json: bool
) -> None:
    layer = damaged(mask(SIZE)) if name == "mask" else mask(SIZE)
    fields: dict[str, Any] = {"model": "gpt-image-1-mini", "prompt": PROMPT, "strict_mask": True}
    if as_json:
        urls = [{"image_url": f"data:image/png;base64,{base64.b64encode(data).decode()}"} for data in (image, layer)]
        body: dict[str, Any] = {"json": {**fields, "images": urls[:1], "mask": urls[1]}}
    else:
        form = aiohttp.FormData({**fields, "strict_mask": "true"})
        form.add_field("image", image, filename="a.png")
        form.add_field("mask", layer, filename="m.png")
        body = {"data": form}
    async with aiohttp.ClientSession() as session, session.post(f"{here.url}/v1/images/edits", **body) as answer:
        told = (await answer.json())["error"]
        assert (answer.status, told["code"], told["param"]) == (400, "invalid_image_file", name)
    assert here.upstream.seen == []


async def test_an_answer_that_cannot_be_read_is_stored_charged_and_said(here: Here) -> None:
    here.upstream.faults.append("damaged")
    async with here.client() as client:
        with pytest.raises(openai.InternalServerError, match="The answer is stored as it came") as caught:
            await client.images.edit(
                model="gpt-image-1-mini",
                image=("a.png", photo(SIZE)),
                mask=("m.png", mask(SIZE)),
                prompt=PROMPT,
                extra_body={"strict_mask": True},
            )
    assert (caught.value.code, caught.value.status_code) == ("mask_not_kept", 502)
    assert await here.spent() > 0
    assert len(await here.services.images.library.recent()) == 1


async def test_an_answer_in_a_format_with_losses_is_labelled_as_what_it_became(here: Here) -> None:
    here.upstream.faults.append("other format")
    async with here.client() as client:
        answer = await client.images.edit(
            model="gpt-image-1-mini",
            image=("a.png", photo(SIZE)),
            mask=("m.png", mask(SIZE)),
            prompt=PROMPT,
            output_format="webp",
            extra_body={"strict_mask": True},
        )
    assert answer.data
    data = base64.b64decode(answer.data[0].b64_json or "")
    assert (answer.output_format, Image.open(io.BytesIO(data)).format) == ("png", "PNG")
    assert "given as png" in answer.model_dump()["pochoir"]["notes"][-1]
