"""The same API under Azure's addresses, and images by link for clients that cannot read base64."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import aiohttp
import openai
import pytest
from openai import AsyncAzureOpenAI
from PIL import Image

from journeys.gateway import Here, several_users
from pochoir.domain.errors import NotFound
from pochoir.features.images.links import Links
from pochoir.infra.clock import Clock
from pochoir.infra.secrets import Sealer
from upstream.server import picture

MODEL = "gpt-image-2"
PROMPT = "A fox in the snow"


@several_users
async def test_the_azure_client_reaches_a_deployment_with_its_own_header(here: Here) -> None:
    _, secret = await here.services.accounts.create_key("azure")
    asked: dict[str, Any] = {"prompt": PROMPT, "size": "1024x1024", "quality": "low"}
    async with AsyncAzureOpenAI(
        azure_endpoint=here.url, api_key=secret, api_version="2025-04-01-preview", max_retries=0
    ) as client:
        made = await client.images.generate(model=MODEL, **asked)
        changed = await client.images.edit(model="gpt-image-1-mini", image=("a.png", picture((64, 64))), **asked)
    assert made.data
    assert changed.data
    assert base64.b64decode(made.data[0].b64_json or "") == picture((1024, 1024))
    assert [entry.fields["model"] for entry in here.upstream.seen] == [MODEL, "gpt-image-1-mini"]


@several_users
async def test_azures_newer_address_takes_the_plain_client(here: Here) -> None:
    _, secret = await here.services.accounts.create_key("azure")
    async with openai.AsyncOpenAI(base_url=f"{here.url}/openai/v1/", api_key=secret, max_retries=0) as client:
        made = await client.images.generate(model=MODEL, prompt=PROMPT, size="1024x1024")
        names = [model.id async for model in client.models.list()]
    assert made.data
    assert MODEL in names


async def test_a_deployment_that_is_no_model_is_a_clear_404(here: Here) -> None:
    async with AsyncAzureOpenAI(azure_endpoint=here.url, api_key="x", api_version="v1", max_retries=0) as client:
        with pytest.raises(openai.NotFoundError) as caught:
            await client.images.generate(model="our-deployment", prompt=PROMPT)
    assert (caught.value.code, caught.value.param) == ("model_not_found", "model")


def pixels(data: bytes) -> bytes:
    return Image.open(io.BytesIO(data)).tobytes()


async def test_links_lead_to_the_images_and_to_nothing_else(here: Here) -> None:
    async with here.client() as client:
        answer = await client.images.generate(model=MODEL, prompt=PROMPT, n=2, response_format="url")
    assert answer.data
    assert all(item.b64_json is None for item in answer.data)
    async with aiohttp.ClientSession() as session:
        for number, item in enumerate(answer.data):
            assert item.url
            assert item.url.startswith(f"{here.url}/v1/images/linked/")
            async with session.get(item.url) as got:
                assert (got.status, got.content_type) == (200, "image/png")
                data = await got.read()
            assert b"trainedAlgorithmicMedia" in data
            assert pixels(data) == pixels(picture((1024, 1024), "png", number))
        forged = f"{here.url}/v1/images/linked/" + "A" * 60
        async with session.get(forged) as refused:
            assert refused.status == 404
            assert "good for an hour" in (await refused.json())["error"]["message"]


async def test_a_client_secret_is_no_link_and_says_nothing(here: Here) -> None:
    async with aiohttp.ClientSession() as session:
        asked = {"session": {"type": "realtime", "instructions": "TOP SECRET"}}
        async with session.post(f"{here.url}/v1/realtime/client_secrets", json=asked) as made:
            ticket = (await made.json())["value"].removeprefix("ek_")
        async with session.get(f"{here.url}/v1/images/linked/{ticket + '=' * (-len(ticket) % 4)}") as refused:
            assert refused.status == 404
            told = (await refused.json())["error"]["message"]
    assert "good for an hour" in told
    assert "SECRET" not in told


def test_a_link_ends_after_an_hour(tmp_path: Path) -> None:
    noon = 1_795_435_200
    sealer = Sealer.from_folder(tmp_path)
    made = Links(sealer, Clock(now_ns=lambda: noon * 10**9)).token("img_1")
    assert Links(sealer, Clock(now_ns=lambda: (noon + 3600) * 10**9)).artifact_id(made) == "img_1"
    with pytest.raises(NotFound, match="good for an hour"):
        Links(sealer, Clock(now_ns=lambda: (noon + 3601) * 10**9)).artifact_id(made)


@several_users
async def test_a_link_needs_no_key(here: Here) -> None:
    _, secret = await here.services.accounts.create_key("robot")
    async with here.client(secret) as client:
        answer = await client.images.generate(model=MODEL, prompt=PROMPT, response_format="url")
    assert answer.data
    async with aiohttp.ClientSession() as session, session.get(answer.data[0].url or "") as got:
        assert got.status == 200


async def test_a_stream_of_links_is_refused(here: Here) -> None:
    async with here.client() as client:
        with pytest.raises(openai.BadRequestError) as caught:
            await client.images.generate(model=MODEL, prompt=PROMPT, stream=True, extra_body={"response_format": "url"})
    assert caught.value.param == "response_format"
