"""Responses that are asked for twice, watched as a stream, or looked at after their image is gone."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp
import openai
import pytest
from sqlalchemy import text

from journeys.gateway import Here
from openai_spec import conforms
from pochoir.infra.fetching import Fetcher
from pochoir.openai_api import responses
from upstream.language_model import LanguageModel
from upstream.server import picture

TOOL: Any = {"type": "image_generation", "model": "gpt-image-1-mini", "size": "1024x1024", "quality": "low"}


async def post(here: Here, body: dict[str, Any], key: str | None = "one") -> tuple[int, Any]:
    """The answer as it stands on the wire: an object, or the events of a stream."""
    headers = {"Idempotency-Key": key} if key else {}
    body = {"model": "gpt-5", "tools": [TOOL], **body}
    url = f"{here.url}/v1/responses"
    async with aiohttp.ClientSession() as session, session.post(url, json=body, headers=headers) as response:
        if response.content_type == "text/event-stream":
            lines = (await response.text()).splitlines()
            return response.status, [json.loads(line[6:]) for line in lines if line.startswith("data: ")]
        return response.status, await response.json()


async def test_a_repeated_request_is_answered_once(here: Here, language: LanguageModel) -> None:
    _, first = await post(here, {"input": "Draw a fox"})
    spent = await here.spent()
    _, second = await post(here, {"input": "Draw a fox"})
    status, other = await post(here, {"input": "Draw a hen"})
    assert second["pochoir"].pop("replayed") is True
    assert first["pochoir"].pop("replayed") is False
    assert first == second
    conforms(second, "Response")
    assert (status, other["error"]["code"]) == (409, "conflict")
    assert (len(here.upstream.seen), len(language.seen)) == (1, 2)
    assert await here.spent() == spent > 0


async def test_two_at_once_are_one(here: Here) -> None:
    answers = await asyncio.gather(*(post(here, {"input": "A fox", "store": False}) for _ in range(3)))
    assert {answer[1]["id"] for answer in answers} == {answers[0][1]["id"]}
    assert len({answer[1]["output"][0]["result"] for answer in answers}) == 1
    assert len(here.upstream.seen) == 1
    status, _ = await post(here, {"input": "More", "previous_response_id": answers[0][1]["id"]}, None)
    assert status == 400, "what is not to be stored cannot be continued"


async def test_what_failed_is_drawn_as_it_was_decided(here: Here, language: LanguageModel) -> None:
    here.upstream.faults.append("429")
    status, refused = await post(here, {"input": "Draw a fox"})
    _, answer = await post(here, {"input": "Draw a fox"})
    assert (status, refused["error"]["type"]) == (429, "requests")
    assert answer["status"] == "completed"
    assert [seen["messages"][-1]["role"] for seen in language.seen] == ["user", "tool"], "decided once, closed once"
    assert {seen.fields["prompt"] for seen in here.upstream.seen} == {"A careful picture of: Draw a fox"}


async def test_a_stream_keeps_its_ids_and_is_repeated_whole(here: Here, language: LanguageModel) -> None:
    body = {"input": "Draw a fox", "stream": True, "tools": [{**TOOL, "partial_images": 1}]}
    _, events = await post(here, body)
    _, again = await post(here, body)
    for event in (*events, *again):
        conforms(event, "ResponseStreamEvent")
    for told in (events, again):
        assert [event["sequence_number"] for event in told] == list(range(len(told)))
        done = told[-1]["response"]
        item = done["output"][0]
        named = {event["item_id"] for event in told if "image_generation_call" in event["type"]}
        whole = [event["item"]["id"] for event in told if event["type"].startswith("response.output_item")]
        assert named == {item["id"]}
        assert whole == [item["id"]] * 2 + [done["output"][1]["id"]] * 2
        assert told[0]["response"]["id"] == done["id"]
    partial = "response.image_generation_call.partial_image"
    assert [event["type"] for event in again] == [event["type"] for event in events if event["type"] != partial]
    assert len(here.upstream.seen) == 1


async def test_the_clients_own_helper_for_streams(here: Here, language: LanguageModel) -> None:
    client: Any
    async with here.client() as client:
        async with client.responses.stream(model="gpt-5", input="Draw a fox", tools=[TOOL]) as stream:
            kinds = [event.type async for event in stream]
            final = await stream.get_final_response()
        kept = await client.responses.retrieve(final.id)
        with pytest.raises(openai.BadRequestError, match="comes whole"):
            await client.responses.retrieve(final.id, stream=True)
    assert kinds[-1] == "response.completed"
    assert final.output_text == "Here it is."
    assert final.output[0].result == kept.output[0].result
    assert final.output[0].id == kept.output[0].id


async def test_what_can_be_refused_at_once_has_its_status_in_a_stream_too(here: Here) -> None:
    status, answer = await post(here, {"input": "A fox", "stream": True, "tools": [{**TOOL, "size": "7x7"}]}, None)
    assert (status, answer["error"]["param"]) == (400, "size")


async def test_a_stream_begins_though_the_decision_takes_its_time(
    here: Here, language: LanguageModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(responses, "PATIENCE", 0)
    language.silent = asyncio.Event()
    client: Any
    async with here.client() as client:
        stream = await client.responses.create(model="gpt-5", input="Draw a fox", tools=[TOOL], stream=True)
        begun = [(await anext(stream)).type for _ in range(2)]
        language.status = 500
        language.silent.set()
        [failed] = [event async for event in stream]
    assert begun == ["response.created", "response.in_progress"]
    assert (failed.type, failed.response.error.code) == ("response.failed", "server_error")


@pytest.mark.parametrize(("fault", "code"), [("moderation", "image_content_policy_violation"), ("500", "server_error")])
async def test_a_failed_stream_says_why(here: Here, fault: str, code: str) -> None:
    here.upstream.faults.append(fault)
    _, events = await post(here, {"input": "A fox", "stream": True}, None)
    assert events[-1]["type"] == "response.failed"
    assert events[-1]["response"]["error"]["code"] == code
    for event in events:
        conforms(event, "ResponseStreamEvent")


async def test_a_response_is_there_though_its_image_is_gone(here: Here) -> None:
    _, first = await post(here, {"input": "A fox"}, None)
    async with here.services.db.transaction() as conn:
        await conn.execute(text("DELETE FROM artifacts"))
    client: Any
    async with here.client() as client:
        again = await client.responses.retrieve(first["id"])
        assert again.output[0].result is None
        with pytest.raises(openai.BadRequestError, match="Start anew"):
            await client.responses.create(model="gpt-5", input="Go on", tools=[TOOL], previous_response_id=first["id"])


async def test_what_nobody_stores_is_forgotten_after_a_day(here: Here) -> None:
    _, unkept = await post(here, {"input": "A fox", "store": False}, None)
    _, kept = await post(here, {"input": "A hen"}, None)
    known = here.services.conversations.known
    assert (await known(unkept["id"])).talk == ()
    async with here.services.db.transaction() as conn:
        await conn.execute(text("UPDATE responses SET created = '2020-01-01T00:00:00.000Z'"))
    await post(here, {"input": "A dog"}, None)
    assert await known(unkept["id"]) is None
    assert (await known(kept["id"])).drawn is not None


async def test_a_link_in_the_input_is_not_fetched(here: Here) -> None:
    content = [{"type": "input_image", "image_url": f"{here.url}/a.png"}, {"type": "input_text", "text": "More"}]
    status, answer = await post(here, {"input": [{"role": "user", "content": content}]}, None)
    assert (status, answer["error"]["code"]) == (400, "invalid_image_url")
    assert here.upstream.seen == []


async def test_a_link_in_the_input_is_followed_where_that_is_allowed(here: Here) -> None:
    made = await here.services.images.library.upload(picture((64, 48)))
    token = here.services.links.token(made.id)
    here.services.files.fetcher = Fetcher(lambda _: True)
    content = [
        {"type": "input_image", "image_url": f"{here.url}/v1/images/linked/{token}"},
        {"type": "input_text", "text": "More"},
    ]
    asked = {
        "input": [{"role": "user", "content": content}],
        "tools": [{"type": "image_generation", "model": "gpt-image-2"}],
    }
    status, answer = await post(here, asked, None)
    assert status == 200, answer
    assert [len(seen.files) for seen in here.upstream.seen] == [1]
