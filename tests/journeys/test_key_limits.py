"""Limits of API keys as OpenAI's own client meets them: statuses, headers, and who pays."""

from __future__ import annotations

import asyncio
from typing import Any

import openai
import pytest

from journeys.gateway import Here, several_users
from pochoir.domain.money import MicroUSD

MODEL = "gpt-image-2"
PROMPT = "A fox in the snow"
COST = 11 * 5 + 196 * 30


async def key_of(here: Here, **limits: Any) -> tuple[str, str]:
    key, secret = await here.services.accounts.create_key("robot")
    await here.services.accounts.limits.put(key.id, requests=limits.get("requests"), images=limits.get("images"))
    return key.id, secret


async def ask(client: openai.AsyncOpenAI, n: int = 1, **more: Any) -> Any:
    return await client.images.with_raw_response.generate(
        model=MODEL, prompt=PROMPT, size="1024x1024", quality="low", n=n, **more
    )


@pytest.mark.parametrize("here", ["single", "several"], indirect=True)
async def test_a_key_asks_so_often_and_is_told_when_to_come_back(here: Here) -> None:
    _, secret = await key_of(here, requests=2)
    async with here.client(secret) as client:
        first = await ask(client)
        assert first.headers["x-ratelimit-limit-requests"] == "2"
        assert first.headers["x-ratelimit-remaining-requests"] == "1"
        assert first.headers["x-ratelimit-reset-requests"].endswith("s")
        assert "x-ratelimit-limit-images" not in first.headers
        await ask(client)
        with pytest.raises(openai.RateLimitError) as caught:
            await ask(client)
        looked = await client.models.with_raw_response.list()
    headers = caught.value.response.headers
    assert (caught.value.code, caught.value.type) == ("rate_limit_exceeded", "requests")
    assert 0 < int(headers["retry-after"]) <= 30
    assert headers["x-ratelimit-remaining-requests"] == "0"
    assert headers["x-request-id"].startswith("req_")
    assert looked.status_code == 200, "looking things up is not counted"
    assert len(here.upstream.seen) == 2
    async with here.client((await key_of(here))[1]) as other:
        assert "x-ratelimit-limit-requests" not in (await ask(other)).headers


@several_users
async def test_images_a_minute_count_what_is_made_not_what_comes_back(here: Here) -> None:
    _, secret = await key_of(here, images=3)
    async with here.client(secret) as client:
        for _ in range(3):
            answer = await ask(client, 2, extra_headers={"Idempotency-Key": "k"})
            assert answer.headers["x-ratelimit-remaining-images"] == "1"
        with pytest.raises(openai.RateLimitError) as caught:
            await ask(client, 2)
        assert 0 < int(caught.value.response.headers["retry-after"]) <= 20
        await ask(client, 1)
    assert len(here.upstream.seen) == 2


@several_users
async def test_a_keys_budget_refuses_without_being_asked_again(here: Here) -> None:
    key_id, secret = await key_of(here)
    await here.services.metering.set_budget(MicroUSD(COST + 100), key_id)
    async with here.client(secret, max_retries=2) as client:
        await ask(client)
        with pytest.raises(openai.RateLimitError) as caught:
            await ask(client)
    assert (caught.value.code, caught.value.type) == ("key_budget_exceeded", "insufficient_quota")
    assert caught.value.response.headers["x-should-retry"] == "false"
    assert int(caught.value.response.headers["retry-after"]) > 0
    [entry] = await here.services.metering.entries()
    assert (entry.amount, entry.api_key) == (COST, key_id)
    assert len(here.upstream.seen) == 1


@several_users
async def test_a_batch_pays_from_the_budget_of_its_key(here: Here) -> None:
    key_id, secret = await key_of(here, requests=2, images=1)
    await here.services.metering.set_budget(MicroUSD(COST + 100), key_id)
    body = f'{{"prompt": "{PROMPT}", "model": "{MODEL}", "size": "1024x1024", "quality": "low"}}'
    lines = [
        f'{{"custom_id": "{n}", "method": "POST", "url": "/v1/images/generations", "body": {body}}}' for n in range(2)
    ]
    async with here.client(secret) as client:
        file = await client.files.create(file=("lines.jsonl", "\n".join(lines).encode()), purpose="batch")
        batch = await client.batches.create(
            input_file_id=file.id, endpoint="/v1/images/generations", completion_window="24h"
        )
        async with asyncio.timeout(20):
            while (batch := await client.batches.retrieve(batch.id)).status != "completed":  # noqa: ASYNC110
                await asyncio.sleep(0.02)
    assert batch.request_counts is not None
    assert (batch.request_counts.completed, batch.request_counts.failed) == (1, 1)
    assert await here.services.metering.key_total(key_id) == COST


@pytest.mark.parametrize("path", ["models", "nowhere", "files/none"])
async def test_every_answer_says_its_id_time_and_version(here: Here, path: str) -> None:
    async with here.client() as client:
        answer = await client._client.get(f"{here.url}/v1/{path}")
    assert answer.headers["x-request-id"].startswith("req_")
    assert int(answer.headers["openai-processing-ms"]) >= 0
    assert answer.headers["openai-version"] == "2020-10-01"


async def test_a_revoked_key_is_refused_even_where_any_key_is_taken(here: Here) -> None:
    key_id, secret = await key_of(here)
    await here.services.accounts.revoke_key(key_id)
    async with here.client(secret) as client:
        with pytest.raises(openai.AuthenticationError):
            await ask(client)
    async with here.client("pk_of_another_place") as client:
        assert (await ask(client)).status_code == 200
