"""Responses that go on from others, with and without a language model: what goes in, what is said, what is listed."""

from __future__ import annotations

import base64
import io
from typing import Any

import aiohttp
import openai
import pytest
from PIL import Image
from sqlalchemy import text

from journeys.gateway import Here
from journeys.sockets import opened
from openai_spec import conforms
from upstream.language_model import LanguageModel
from upstream.server import picture

TOOL: Any = {"type": "image_generation", "model": "gpt-image-1-mini", "size": "1024x1024", "quality": "low"}
DRAWN = picture((1024, 1024))
SMALL = picture((64, 64))


async def ask(here: Here, given: Any, before: Any = None, **more: Any) -> Any:
    """One response of the official client, held against OpenAI's specification."""
    client: Any
    async with here.client() as client:
        response = await client.responses.create(
            **{"model": "gpt-5", "input": given, "tools": [TOOL], **more},
            previous_response_id=before.id if before is not None else openai.omit,
        )
    conforms(response.model_dump(mode="json", exclude_unset=True), "Response")
    return response


def image(response: Any) -> Any:
    return next(item for item in response.output if item.type == "image_generation_call")


def message(text: str, *images: bytes) -> Any:
    urls = ["data:image/png;base64," + base64.b64encode(data).decode() for data in images]
    parts = [{"type": "input_text", "text": text}, *({"type": "input_image", "image_url": url} for url in urls)]
    return [{"role": "user", "content": parts}]


def gone_in(here: Here, number: int) -> list[bytes]:
    return [file[3] for file in here.upstream.seen[number].files]


async def test_an_image_outlives_a_turn_that_only_talks(here: Here, language: LanguageModel) -> None:
    first = await ask(here, "Draw a fox")
    second = await ask(here, "Thank you", first)
    third = await ask(here, "Draw a hat on it", second)
    assert [item.type for item in second.output] == ["message"]
    assert image(third).action == "edit"
    assert gone_in(here, 1) == [DRAWN]


async def test_a_photo_that_was_sent_is_there_in_the_next_turn(here: Here, language: LanguageModel) -> None:
    first = await ask(here, message("Look at this", SMALL))
    await ask(here, "Draw it by night", first)
    assert first.output_text == "You said: Look at this\n[An image is attached.]"
    assert gone_in(here, 0) == [SMALL]


async def test_an_image_of_this_turn_joins_the_one_before_it(here: Here) -> None:
    first = await ask(here, "A room")
    await ask(here, message("Put this chair into it", SMALL), first)
    assert gone_in(here, 1) == [DRAWN, SMALL]


async def test_the_language_model_may_begin_anew(here: Here, language: LanguageModel) -> None:
    first = await ask(here, "Draw a fox")
    language.action = "generate"
    second = await ask(here, "Draw something else", first)
    forced = await ask(here, "Draw on", second, tools=[{**TOOL, "action": "edit"}])
    routes = ["images/generations", "images/generations", "images/edits"]
    assert [seen.route for seen in here.upstream.seen] == routes
    assert [image(response).action for response in (first, second, forced)] == ["generate", "generate", "edit"]


async def test_instructions_hold_for_their_own_turn(here: Here, language: LanguageModel) -> None:
    first = await ask(here, "Draw a fox", instructions="Be kind.", temperature=0.5, max_output_tokens=99)
    await ask(here, "Hello", first)
    roles = [[line["role"] for line in seen["messages"]] for seen in language.seen]
    assert roles == [
        ["system", "user"],
        ["user", "assistant", "tool"],
        ["user", "assistant", "tool", "assistant", "user"],
    ]
    assert (language.seen[0]["temperature"], language.seen[0]["max_tokens"]) == (0.5, 99)
    assert first.max_output_tokens == 99


async def test_an_image_counts_though_the_last_words_fail(here: Here, language: LanguageModel) -> None:
    language.closing_status = 500
    response = await ask(here, "Draw a fox")
    assert [item.type for item in response.output] == ["image_generation_call"]
    assert response.status == "completed"


@pytest.mark.parametrize(
    "closing",
    [
        '{"choices": [{}]}',
        '{"choices": "none"}',
        '{"choices": [{"message": {"content": [{"type": "text", "text": "There."}]}}]}',
        '{"choices": [{"message": {"content": "There."}}], "usage": {"prompt_tokens": "many"}}',
    ],
)
async def test_an_image_counts_though_the_last_words_are_no_words(
    here: Here, language: LanguageModel, closing: str
) -> None:
    language.closing = closing
    response = await ask(here, "Draw a fox")
    assert image(response).status == "completed"
    assert response.output_text in ("", "There.")


async def test_what_was_said_before_counts_where_no_image_goes_in(here: Here) -> None:
    first = await ask(here, "A fox in the snow")
    await ask(here, "In red", first, tools=[{**TOOL, "action": "generate"}])
    await ask(here, "With a hat", first)
    prompts = [seen.fields["prompt"] for seen in here.upstream.seen]
    assert prompts == ["A fox in the snow", "A fox in the snow\nIn red", "With a hat"]


async def test_a_whole_talk_may_be_sent_back_instead(here: Here) -> None:
    first = await ask(here, "A fox", store=False)
    sent_back = [item.model_dump(mode="json", exclude_unset=True) for item in first.output]
    again = {"role": "user", "content": "Now a hat"}
    await ask(here, [{"role": "user", "content": "A fox"}, *sent_back, again], store=False)
    foreign = {"type": "image_generation_call", "id": "ig_elsewhere", "result": base64.b64encode(SMALL).decode()}
    await ask(here, [foreign, again])
    assert [gone_in(here, 1), gone_in(here, 2)] == [[DRAWN], [SMALL]]
    assert [seen.fields["prompt"] for seen in here.upstream.seen[1:]] == ["Now a hat", "Now a hat"]
    with pytest.raises(openai.BadRequestError, match="ig_elsewhere"):
        await ask(here, [{"type": "image_generation_call", "id": "ig_elsewhere"}, again])


async def test_what_came_along_stands_in_for_an_image_that_is_gone_here(here: Here) -> None:
    first = await ask(here, "A fox")
    [call] = [item.model_dump(mode="json", exclude_unset=True) for item in first.output]
    again = {"role": "user", "content": "Now a hat"}
    async with here.services.db.transaction() as conn:
        await conn.execute(text("DELETE FROM artifacts"))
    await ask(here, [{"role": "user", "content": "A fox"}, call, again])
    async with opened(here, "?model=gpt-image-1-mini") as session:
        await session.send("conversation.item.create", item=call)
        await session.until("conversation.item.done")
        await session.answer("Now a scarf")
    assert [gone_in(here, 1), gone_in(here, 2)] == [[DRAWN], [DRAWN]]
    async with here.services.db.transaction() as conn:
        await conn.execute(text("DELETE FROM artifacts"))
    with pytest.raises(openai.BadRequestError, match="send its 'result' with it") as caught:
        await ask(here, [{"type": "item_reference", "id": call["id"]}, again])
    assert caught.value.param == "input[0].id"


async def test_a_mask_belongs_to_the_image_that_is_sent_with_it(here: Here) -> None:
    first = await ask(here, "A room")
    mask = io.BytesIO()
    Image.new("RGBA", (64, 64), (0, 0, 0, 0)).save(mask, "png")
    url = "data:image/png;base64," + base64.b64encode(mask.getvalue()).decode()
    tool = {**TOOL, "input_image_mask": {"image_url": url}}
    await ask(here, message("Change the middle", SMALL), first, tools=[tool])
    assert gone_in(here, 1)[:2] == [SMALL, DRAWN]


async def test_what_went_in_is_listed_in_pages(here: Here, language: LanguageModel) -> None:
    first = await ask(here, message("Draw this", SMALL))
    second = await ask(here, "And more", first)
    url = f"{here.url}/v1/responses/{second.id}/input_items"
    async with aiohttp.ClientSession() as session:
        async with session.get(url, params={"order": "asc"}) as response:
            whole = await response.json()
        async with session.get(url, params={"limit": "1"}) as response:
            newest = await response.json()
        async with session.get(url, params={"limit": "2", "after": newest["last_id"]}) as response:
            rest = await response.json()
    for page in (whole, newest, rest):
        conforms(page, "ResponseItemList")
    assert [item["type"] for item in whole["data"]] == ["message", "image_generation_call", "message", "message"]
    assert [part["type"] for part in whole["data"][0]["content"]] == ["input_text", "input_image"]
    assert whole["data"][1]["id"] == image(first).id
    assert newest["data"] == whole["data"][3:]
    assert rest["data"] == whole["data"][1:3][::-1]
    assert (newest["has_more"], rest["has_more"], whole["has_more"]) == (True, True, False)


async def test_a_list_refuses_what_it_does_not_know(here: Here) -> None:
    first = await ask(here, "A fox")
    client: Any
    async with here.client() as client:
        with pytest.raises(openai.BadRequestError, match="order"):
            await client.responses.input_items.list(first.id, order="up")
        with pytest.raises(openai.NotFoundError, match="msg_none"):
            await client.responses.input_items.list(first.id, after="msg_none")
