"""`/v1/responses` with the official client: with and without a language model behind it, plain, streamed, continued."""

from __future__ import annotations

import base64
from typing import Any

import openai
import pytest

from journeys.gateway import Here
from openai_spec import conforms
from upstream.language_model import LanguageModel
from upstream.server import picture

TOOL: Any = {"type": "image_generation", "model": "gpt-image-1-mini", "size": "1024x1024", "quality": "low"}
WORDS = "A fox in the snow"


def client_of(here: Here) -> Any:
    """The official client, without its types: its unions are wider than what is asked here."""
    return here.client()


def images(response: Any) -> list[Any]:
    return [item for item in response.output if item.type == "image_generation_call"]


def checked(response: Any) -> Any:
    """The response, after it was held against OpenAI's specification."""
    conforms(response.model_dump(mode="json", exclude_unset=True), "Response")
    return response


async def test_without_a_language_model_the_image_model_answers(here: Here) -> None:
    async with client_of(here) as client:
        response = checked(await client.responses.create(model="gpt-5", input=WORDS, tools=[TOOL]))
        again = checked(await client.responses.retrieve(response.id))
        said = await client.responses.input_items.list(response.id)
    [image] = images(response)
    assert base64.b64decode(image.result) == picture((1024, 1024))
    assert image.id.startswith("ig_")
    assert response.usage.output_tokens == 272
    assert images(again)[0].result == image.result
    assert [item.content[0].text async for item in said] == [WORDS]
    assert here.upstream.seen[0].fields["prompt"] == WORDS
    assert await here.spent() > 0


async def test_an_image_model_may_be_named_as_the_model(here: Here) -> None:
    async with client_of(here) as client:
        response = checked(await client.responses.create(model="pochoir-sketch", input=WORDS))
    assert len(images(response)) == 1
    assert here.upstream.seen == []


async def test_a_response_goes_on_from_the_image_before_it(here: Here) -> None:
    async with client_of(here) as client:
        first = await client.responses.create(model="gpt-5", input=WORDS, tools=[TOOL])
        second = checked(
            await client.responses.create(
                model="gpt-5", input="Give it a red scarf", tools=[TOOL], previous_response_id=first.id
            )
        )
        named = await client.responses.create(
            model="gpt-5",
            input=[
                {"role": "user", "content": "And a hat"},
                {"type": "image_generation_call", "id": images(first)[0].id},
            ],
            tools=[TOOL],
        )
    assert [seen.route for seen in here.upstream.seen] == ["images/generations", "images/edits", "images/edits"]
    assert here.upstream.seen[1].files[0][3] == picture((1024, 1024))
    assert images(second)[0].model_dump()["action"] == "edit"
    assert len(images(named)) == 1


async def test_images_go_in_as_data(here: Here) -> None:
    url = "data:image/png;base64," + base64.b64encode(picture((64, 64))).decode()
    content: Any = [{"type": "input_text", "text": "Make it night"}, {"type": "input_image", "image_url": url}]
    async with client_of(here) as client:
        await client.responses.create(model="gpt-5", input=[{"role": "user", "content": content}], tools=[TOOL])
    assert here.upstream.seen[0].files[0][3] == picture((64, 64))


async def test_a_stream_tells_every_stage(here: Here) -> None:
    async with client_of(here) as client:
        tool: Any = {**TOOL, "partial_images": 2}
        stream = await client.responses.create(model="gpt-5", input=WORDS, tools=[tool], stream=True)
        events: list[Any] = [event async for event in stream]
    for event in events:
        conforms(event.model_dump(mode="json", exclude_unset=True), "ResponseStreamEvent")
    assert [event.sequence_number for event in events] == list(range(len(events)))
    kinds = [event.type.removeprefix("response.") for event in events]
    partial = ["image_generation_call.partial_image"] * 2
    assert kinds == [
        "created", "in_progress", "output_item.added", "image_generation_call.in_progress",
        "image_generation_call.generating", *partial, "image_generation_call.completed", "output_item.done", "completed",
    ]  # fmt: skip
    assert base64.b64decode(images(events[-1].response)[0].result) == picture((1024, 1024))


async def test_a_stream_that_fails_ends_in_words(here: Here) -> None:
    here.upstream.faults.append("moderation")
    async with client_of(here) as client:
        stream = await client.responses.create(model="gpt-5", input=WORDS, tools=[TOOL], stream=True)
        events: list[Any] = [event async for event in stream]
    assert events[-1].type == "response.failed"
    assert events[-1].response.error.message
    conforms(events[-1].model_dump(mode="json", exclude_unset=True), "ResponseStreamEvent")


async def test_a_language_model_decides_and_writes_the_prompt(here: Here, language: LanguageModel) -> None:
    async with client_of(here) as client:
        talk = checked(await client.responses.create(model="gpt-5", input="Hello", tools=[TOOL]))
        drawn = checked(
            await client.responses.create(
                model="gpt-5", instructions="Be kind.", input="Draw a fox", tools=[TOOL], previous_response_id=talk.id
            )
        )
        stream = await client.responses.create(model="gpt-5", input="Draw a hen", tools=[TOOL], stream=True)
        events: list[Any] = [event async for event in stream]
    assert (talk.output_text, images(talk)) == ("You said: Hello", [])
    assert drawn.output_text == "Here it is."
    assert here.upstream.seen[0].fields["prompt"] == "A careful picture of: Draw a fox"
    assert [message["content"] for message in language.seen[1]["messages"]] == [
        "Be kind.", "Hello", "You said: Hello", "Draw a fox",
    ]  # fmt: skip
    assert drawn.usage.output_tokens == 5 + 5 + 272
    assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == "Here it is."
    for event in events:
        conforms(event.model_dump(mode="json", exclude_unset=True), "ResponseStreamEvent")


async def test_a_forced_tool_is_always_used(here: Here, language: LanguageModel) -> None:
    async with client_of(here) as client:
        response = await client.responses.create(
            model="gpt-5", input="Hello", tools=[TOOL], tool_choice={"type": "image_generation"}
        )
    assert len(images(response)) == 1
    assert language.seen[0]["tool_choice"]["function"]["name"] == "image_generation"


async def test_a_language_model_that_refuses_is_said(here: Here, language: LanguageModel) -> None:
    language.status = 401
    async with client_of(here) as client:
        with pytest.raises(openai.InternalServerError, match="settings page"):
            await client.responses.create(model="gpt-5", input="Draw", tools=[TOOL])
    assert here.upstream.seen == []


async def test_nothing_is_stored_when_it_is_not_wanted(here: Here) -> None:
    async with client_of(here) as client:
        response = await client.responses.create(model="pochoir-sketch", input=WORDS, store=False)
        with pytest.raises(openai.NotFoundError):
            await client.responses.retrieve(response.id)
        kept = await client.responses.create(model="pochoir-sketch", input=WORDS)
        await client.responses.delete(kept.id)
        with pytest.raises(openai.BadRequestError) as caught:
            await client.responses.create(model="pochoir-sketch", input="More", previous_response_id=kept.id)
    assert (caught.value.code, caught.value.param) == ("previous_response_not_found", "previous_response_id")


@pytest.mark.parametrize(
    ("asked", "param"),
    [
        ({"model": "gpt-5", "input": WORDS}, "model"),
        ({"model": "gpt-5"}, "input"),
        ({"model": "gpt-5", "input": WORDS, "tools": [{"type": "web_search"}]}, "tools[0].type"),
        ({"model": "gpt-5", "input": WORDS, "tools": [{"type": "image_generation", "n": 2}]}, "tools[0].n"),
        ({"model": "gpt-5", "input": WORDS, "tool_choice": {"type": "image_generation"}}, "tool_choice"),
        ({"model": "gpt-5", "input": WORDS, "tools": [{**TOOL, "action": "edit"}]}, "input"),
        ({"model": "gpt-5", "input": WORDS, "tools": [{**TOOL, "size": "7x7"}]}, "size"),
        ({"model": "gpt-5", "input": [{"role": "robot", "content": "x"}], "tools": [TOOL]}, "input[0]"),
        ({"model": "gpt-5", "input": WORDS, "tools": [TOOL], "background": True}, "background"),
    ],
)
async def test_what_cannot_be_answered_is_refused(here: Here, asked: dict[str, Any], param: str) -> None:
    async with client_of(here) as client:
        with pytest.raises(openai.BadRequestError) as caught:
            await client.responses.create(**asked)
    assert caught.value.param == param
    assert caught.value.message.rstrip().endswith((".", "}"))
    assert here.upstream.seen == []
