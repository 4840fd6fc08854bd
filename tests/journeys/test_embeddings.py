"""Embeddings with the official client: both formats, fewer numbers, what is refused, and the specification."""

from __future__ import annotations

from typing import Any

import openai
import pytest

from journeys.gateway import Here, several_users
from journeys.test_batch import ask
from openai_spec import conforms

MODEL = "pochoir-words"


async def test_the_official_client(here: Here) -> None:
    """It asks for base64 by itself and reads that."""
    texts = ["a dog on the beach", "a puppy by the sea", "an invoice"]
    async with here.client() as client:
        whole = await client.embeddings.create(model=MODEL, input=texts)
        plain = await client.embeddings.create(model=MODEL, input=texts, encoding_format="float")
        short = await client.embeddings.create(model=MODEL, input=texts[0], dimensions=16)
    dog, puppy, invoice = (item.embedding for item in whole.data)
    assert [item.index for item in whole.data] == [0, 1, 2]
    assert dog == pytest.approx(plain.data[0].embedding, abs=1e-6)
    assert sum(a * b for a, b in zip(dog, puppy, strict=True)) > sum(a * b for a, b in zip(dog, invoice, strict=True))
    assert len(short.data[0].embedding) == 16
    assert sum(value * value for value in short.data[0].embedding) == pytest.approx(1.0, abs=1e-5)
    assert whole.usage.total_tokens == 12
    assert await here.spent() == 0


async def test_answers_hold_to_the_specification(here: Here) -> None:
    status, answer = await ask(here, "POST", "embeddings", json={"model": MODEL, "input": ["a fox"]})
    assert status == 200
    conforms(answer, "CreateEmbeddingResponse")


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"input": None}, "input"),
        ({"input": ""}, "input"),
        ({"input": []}, "input"),
        ({"input": [1, 2]}, "input"),
        ({"input": ["x"] * 2049}, "input"),
        ({"input": "x" * 32_001}, "input"),
        ({"dimensions": 65}, "dimensions"),
        ({"dimensions": True}, "dimensions"),
        ({"encoding_format": "hex"}, "encoding_format"),
        ({"model": None}, "model"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_what_is_refused(here: Here, changes: dict[str, Any], param: str) -> None:
    status, answer = await ask(here, "POST", "embeddings", json={"model": MODEL, "input": "a fox", **changes})
    assert (status, answer["error"]["param"]) == (400, param)
    conforms(answer, "ErrorResponse")


async def test_another_model_is_not_found(here: Here) -> None:
    async with here.client() as client:
        with pytest.raises(openai.NotFoundError, match="pochoir-words"):
            await client.embeddings.create(model="text-embedding-3-small", input="a fox")


@several_users
async def test_the_door_asks_for_a_key(here: Here) -> None:
    assert (await ask(here, "POST", "embeddings", json={"model": MODEL, "input": "a fox"}))[0] == 401
