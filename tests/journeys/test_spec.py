"""Every answer of the images and models routes holds to OpenAI's own specification."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
import pytest

from journeys.gateway import Here, several_users
from openai_spec import WIDER, conforms, specification
from upstream.server import picture

PROMPT = "A fox in the snow"


async def ask(here: Here, method: str, path: str, **body: Any) -> tuple[int, Any]:
    async with aiohttp.ClientSession() as session, session.request(method, f"{here.url}/v1/{path}", **body) as response:
        return response.status, await response.json()


@pytest.mark.parametrize(
    "asked",
    [
        {"model": "pochoir-sketch", "size": "320x256", "n": 2},
        {"model": "pochoir-sketch", "output_format": "svg", "background": "transparent"},
        {"model": "gpt-image-2", "size": "1536x1024", "quality": "high", "output_format": "webp"},
        {"model": "gpt-image-1-mini", "quality": "low", "response_format": "url"},
    ],
)
async def test_generations(here: Here, asked: dict[str, Any]) -> None:
    status, answer = await ask(here, "POST", "images/generations", json={"prompt": PROMPT, **asked})
    assert status == 200, answer
    conforms(answer, "ImagesResponse")


async def test_edits(here: Here) -> None:
    form = aiohttp.FormData({"model": "gpt-image-1-mini", "prompt": PROMPT})
    form.add_field("image", picture((64, 64)), filename="a.png")
    status, answer = await ask(here, "POST", "images/edits", data=form)
    assert status == 200, answer
    conforms(answer, "ImagesResponse")


@pytest.mark.parametrize(
    ("path", "schema"), [("generations", "ImageGenStreamEvent"), ("edits", "ImageEditStreamEvent")]
)
async def test_streams(here: Here, path: str, schema: str) -> None:
    form = aiohttp.FormData({"model": "gpt-image-1-mini", "prompt": PROMPT, "stream": "true", "partial_images": "2"})
    form.add_field("image", picture((64, 64)), filename="a.png")
    plain = {"model": "gpt-image-1-mini", "prompt": PROMPT, "stream": True, "partial_images": 2}
    body: dict[str, Any] = {"data": form} if path == "edits" else {"json": plain}
    async with aiohttp.ClientSession() as session, session.post(f"{here.url}/v1/images/{path}", **body) as response:
        lines = (await response.text()).splitlines()
    events = [json.loads(line[6:]) for line in lines if line.startswith("data: ")]
    assert [event["type"].rpartition(".")[2] for event in events] == ["partial_image", "partial_image", "completed"]
    for event in events:
        conforms(event, schema)


async def test_models(here: Here) -> None:
    conforms((await ask(here, "GET", "models"))[1], "ListModelsResponse")
    conforms((await ask(here, "GET", "models/gpt-image-2"))[1], "Model")


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "images/generations", {}, 400),
        ("POST", "images/generations", {"prompt": PROMPT, "model": "gpt-image-1"}, 404),
        ("POST", "images/edits", {"prompt": PROMPT}, 400),
        ("GET", "models/nobody", None, 404),
        ("POST", "images/variations", {}, 404),
        ("DELETE", "nothing", None, 404),
    ],
)
async def test_errors(here: Here, method: str, path: str, body: Any, status: int) -> None:
    found, answer = await ask(here, method, path, json=body)
    assert found == status
    conforms(answer, "ErrorResponse")


@several_users
async def test_a_missing_key(here: Here) -> None:
    status, answer = await ask(here, "GET", "models")
    assert status == 401
    conforms(answer, "ErrorResponse")


def test_what_breaks_the_specification_is_found() -> None:
    with pytest.raises(AssertionError, match="created"):
        conforms({"data": []}, "ImagesResponse")


def test_the_list_of_what_is_wider_names_what_exists() -> None:
    schemas = specification()["components"]["schemas"]
    assert all(field in schemas[name]["properties"] for name, field in WIDER)
