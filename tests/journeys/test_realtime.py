"""`/v1/realtime` with the official client and with raw events: text and images go in, images come out."""

from __future__ import annotations

import base64
import io
from typing import Any

import pytest
import websockets
from PIL import Image

from journeys.gateway import Here
from journeys.sockets import IMAGE, checked, opened
from upstream.language_model import LanguageModel
from upstream.server import picture

MODEL = "gpt-image-1-mini"
TOOL: Any = {"type": "image_generation", "model": MODEL, "size": "1024x1024", "quality": "low"}
WORDS = "A fox in the snow"
DRAWN = picture((1024, 1024))
SMALL = picture((64, 64))
SESSION: Any = {"type": "realtime", "tools": [TOOL]}


def photo(data: bytes = SMALL) -> dict[str, Any]:
    return {"type": "input_image", "image_url": "data:image/png;base64," + base64.b64encode(data).decode()}


def gone_in(here: Here, number: int) -> list[bytes]:
    return [file[3] for file in here.upstream.seen[number].files]


def prompts(here: Here) -> list[str]:
    return [seen.fields["prompt"] for seen in here.upstream.seen]


async def test_the_official_client_gets_an_image(here: Here) -> None:
    client: Any
    async with here.client() as client, client.realtime.connect(model="gpt-realtime") as session:
        assert (await session.recv()).session.model == "gpt-realtime"
        await session.session.update(session={"type": "realtime", "instructions": "Be kind.", "tools": [TOOL]})
        updated = await session.recv()
        assert (updated.type, updated.session.instructions) == ("session.updated", "Be kind.")
        await session.conversation.item.create(
            item={"type": "message", "role": "user", "content": [{"type": "input_text", "text": WORDS}]}
        )
        await session.response.create(response={"metadata": {"for": "me"}})
        events = []
        async for event in session:
            events.append(event)
            if event.type == "response.done":
                break
    [item] = [event.item for event in events if event.type == "response.output_item.done"]
    assert base64.b64decode(item.result) == DRAWN
    done = events[-1].response
    assert (done.status, done.metadata, done.usage.output_tokens) == ("completed", {"for": "me"}, 272)
    assert done.pochoir["charge_microusd"] == await here.spent() > 0
    assert prompts(here) == [WORDS]


async def test_every_event_of_an_image_comes_in_its_order(here: Here) -> None:
    async with opened(here, "?model=gpt-realtime") as session:
        await session.ask("session.update", session={**SESSION, "tools": [{**TOOL, "partial_images": 2}]})
        done = await session.answer(WORDS)
    kinds = [event["type"] for event in session.seen]
    assert kinds == [
        "session.created", "session.updated", "conversation.item.added", "conversation.item.done", "response.created",
        "response.output_item.added", "conversation.item.added", f"{IMAGE}in_progress", f"{IMAGE}generating",
        f"{IMAGE}partial_image", f"{IMAGE}partial_image", f"{IMAGE}completed", "response.output_item.done",
        "conversation.item.done", "response.done",
    ]  # fmt: skip
    [item] = session.items()
    assert base64.b64decode(item["result"]) == DRAWN
    assert item["pochoir"]["charge_microusd"] == await here.spent()
    assert item["pochoir"]["model"] == MODEL
    assert [(known["id"], known["result"]) for known in done["output"]] == [(item["id"], None)], "bytes go out once"
    assert done["status_details"] == {"type": "completed"}


async def test_the_next_image_goes_on_from_the_one_before(here: Here) -> None:
    async with opened(here, f"?model={MODEL}") as session:
        await session.answer(WORDS)
        await session.answer("Give it a red scarf")
        await session.answer("Put this chair beside it", photo())
        await session.answer("Now at night")
    assert prompts(here) == [WORDS, "Give it a red scarf", "Put this chair beside it", "Now at night"]
    assert [gone_in(here, number) for number in range(4)] == [[], [DRAWN], [DRAWN, SMALL], [DRAWN]]


async def test_what_was_said_before_counts_where_no_image_goes_in(here: Here) -> None:
    async with opened(here, "?model=gpt-realtime") as session:
        await session.ask("session.update", session={**SESSION, "tools": [{**TOOL, "action": "generate"}]})
        await session.answer(WORDS)
        await session.answer("In red")
    assert prompts(here) == [WORDS, f"{WORDS}\nIn red"]


async def test_the_built_in_model_answers_when_none_is_named(here: Here) -> None:
    async with opened(here) as session:
        done = await session.answer(WORDS)
    assert session.seen[0]["session"]["model"] == "pochoir-sketch"
    assert done["status"] == "completed"
    assert base64.b64decode(session.items()[0]["result"])
    assert here.upstream.seen == []


async def test_a_language_model_decides_and_says_something(here: Here, language: LanguageModel) -> None:
    async with opened(here, "?model=gpt-realtime") as session:
        await session.ask("session.update", session={**SESSION, "instructions": "Be kind."})
        talk = await session.answer("Hello")
        drawn = await session.answer("Draw a fox", photo())
        more = await session.answer("Draw a hat on it")
    assert [item["type"] for item in talk["output"]] == ["message"]
    assert talk["output"][0]["content"] == [{"type": "output_text", "text": "You said: Hello"}]
    assert [item["type"] for item in drawn["output"]] == ["image_generation_call", "message"]
    assert drawn["usage"]["output_tokens"] == 5 + 5 + 272
    kinds = [event["type"] for event in session.seen]
    first = kinds.index("response.content_part.added")
    assert kinds[first - 2 : first + 7] == [
        "response.output_item.added", "conversation.item.added", "response.content_part.added",
        "response.output_text.delta", "response.output_text.done", "response.content_part.done",
        "response.output_item.done", "conversation.item.done", "response.done",
    ]  # fmt: skip
    assert gone_in(here, 0) == [SMALL]
    assert gone_in(here, 1) == [DRAWN]
    assert [line["role"] for line in language.seen[-2]["messages"]] == [
        "system", "user", "assistant", "user", "assistant", "tool", "assistant", "user",
    ]  # fmt: skip
    assert more["output"][1]["content"][0]["text"] == "Here it is."


async def test_one_response_may_have_settings_of_its_own(here: Here, language: LanguageModel) -> None:
    async with opened(here, "?model=gpt-realtime") as session:
        await session.ask("session.update", session={**SESSION, "tool_choice": "required", "max_output_tokens": 99})
        words = await session.answer("Draw", instructions="Say it.", tool_choice="none")
        image = await session.answer("Hello")
    assert [item["type"] for item in words["output"]] == ["message"]
    assert language.seen[0]["messages"][0] == {"role": "system", "content": "Say it."}
    assert language.seen[0]["max_tokens"] == 99
    assert image["output"][0]["type"] == "image_generation_call"
    assert language.seen[1]["messages"][0]["role"] == "user"


async def test_a_response_beside_the_conversation_leaves_it_alone(here: Here) -> None:
    async with opened(here, f"?model={MODEL}") as session:
        await session.answer(WORDS)
        [fox] = session.items()
        message = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "A hen"}, photo()]}
        aside = await session.answer(
            conversation="none", input=[{"type": "item_reference", "id": fox["id"]}, message], metadata={"n": "1"}
        )
        assert "conversation_id" not in aside
        last = session.seen[-3:]
        assert not any(event["type"].startswith("conversation.item") for event in last)
        empty = await session.answer(conversation="none", input=[])
        assert (empty["status"], empty["status_details"]["error"]["param"]) == ("failed", "input")
        await session.answer("Give it a hat")
    assert gone_in(here, 1) == [DRAWN, SMALL]
    assert prompts(here) == [WORDS, "A hen", "Give it a hat"]
    assert gone_in(here, 2) == [DRAWN], "the image of the conversation, not the one beside it"


async def test_what_was_answered_beside_the_conversation_is_still_to_be_answered_in_it(here: Here) -> None:
    async with opened(here, f"?model={MODEL}") as session:
        await session.say("A fox")
        await session.answer(conversation="none")
        await session.answer("with a hat")
    assert [seen.fields["prompt"] for seen in here.upstream.seen] == ["A fox", "A fox\nwith a hat"]


async def test_items_are_put_in_order_read_and_deleted(here: Here) -> None:
    async with opened(here, f"?model={MODEL}") as session:
        first = await session.say("one")
        await session.say("zero", previous_item_id="root")
        assert session.seen[-1]["previous_item_id"] is None
        await session.say("half", previous_item_id=session.seen[-1]["item"]["id"])
        last = await session.say("two", photo())
        assert session.seen[-1]["previous_item_id"] == first["id"]
        assert (last["object"], last["status"]) == ("realtime.item", "completed")
        assert last["content"][1]["file_id"].startswith("img_")
        got = await session.ask("conversation.item.retrieve", item_id=last["id"])
        assert got["item"]["content"][1]["image_url"] == photo()["image_url"]
        gone = await session.ask("conversation.item.delete", item_id=last["id"])
        assert (gone["type"], gone["item_id"]) == ("conversation.item.deleted", last["id"])
        missing = await session.ask("conversation.item.retrieve", item_id=last["id"])
        assert missing["error"]["code"] == "item_not_found"
        await session.answer()
    assert prompts(here) == ["zero\nhalf\none"]


async def test_a_drawing_is_read_again_and_taken_into_another_session(here: Here) -> None:
    async with opened(here, f"?model={MODEL}") as session:
        await session.answer(WORDS)
        [fox] = session.items()
        got = await session.ask("conversation.item.retrieve", item_id=fox["id"])
        assert got["item"]["result"] == fox["result"]
    async with opened(here, f"?model={MODEL}") as session:
        await session.send("conversation.item.create", item={"type": "image_generation_call", "id": fox["id"]})
        assert (await session.until("conversation.item.done"))["item"]["id"] == fox["id"]
        foreign = {"type": "image_generation_call", "result": base64.b64encode(SMALL).decode()}
        await session.send("conversation.item.create", item=foreign)
        await session.until("conversation.item.done")
        unknown = await session.ask("conversation.item.create", item={"type": "image_generation_call", "id": "ig_no"})
        assert "ig_no" in unknown["error"]["message"]
        await session.answer("Both of them at sea")
    assert gone_in(here, 1) == [DRAWN, SMALL]


async def test_an_uploaded_file_goes_in_by_its_id(here: Here) -> None:
    async with here.client() as client:
        file = await client.files.create(file=("a.png", SMALL), purpose="vision")
    async with opened(here, f"?model={MODEL}") as session:
        await session.answer("Make it night", {"type": "input_image", "file_id": file.id})
    assert gone_in(here, 0) == [SMALL]


async def test_a_mask_is_kept_in_the_library(here: Here) -> None:
    clear = base64.b64encode(_clear()).decode()
    tool = {**TOOL, "input_image_mask": {"image_url": f"data:image/png;base64,{clear}"}}
    async with opened(here, "?model=gpt-realtime") as session:
        updated = await session.ask("session.update", session={"type": "realtime", "tools": [tool]})
        assert list(updated["session"]["tools"][0]["input_image_mask"]) == ["file_id"]
        await session.answer("Change the middle", photo())
    assert [file[0] for file in here.upstream.seen[0].files] == ["image", "mask"]


def _clear() -> bytes:
    out = io.BytesIO()
    Image.new("RGBA", (64, 64), (0, 0, 0, 0)).save(out, "png")
    return out.getvalue()


async def test_a_provider_that_refuses_ends_the_response_not_the_session(here: Here) -> None:
    async with opened(here, f"?model={MODEL}") as session:
        here.upstream.faults.append("moderation")
        refused = await session.answer("A fox")
        assert (refused["status"], refused["output"][0]["status"]) == ("failed", "failed")
        error = refused["status_details"]["error"]
        assert (error["code"], error["moderation_details"]["source"]) == ("moderation_blocked", "provider")
        again = await session.answer()
        assert again["status"] == "completed", "what failed can be tried again"
        await session.ask("conversation.item.delete", item_id=again["output"][0]["id"])
        here.upstream.faults.append("moderation")
        await session.answer("Something bad")
        await session.answer("A hen")
    assert prompts(here) == ["A fox", "A fox", "A fox\nSomething bad", "A fox\nA hen"], "what failed is not drawn later"
    assert checked(session.seen[-1])["response"]["status"] == "completed"


async def test_without_a_language_model_words_alone_are_refused(here: Here) -> None:
    async with opened(here, "?model=gpt-realtime") as session:
        await session.ask("session.update", session={"type": "realtime", "tools": []})
        done = await session.answer("Hello")
    assert done["status"] == "failed"
    assert done["status_details"]["error"]["message"].endswith("name an image model.")


@pytest.mark.parametrize(
    "path",
    [
        "/openai/v1/realtime?model={0}",
        "/openai/realtime?api-version=x&deployment={0}",
        "/openai/deployments/{0}/realtime",
    ],
)
async def test_azures_addresses_name_the_model_in_their_ways(here: Here, path: str) -> None:
    url = here.url.replace("http", "ws", 1) + path.format(MODEL)
    async with websockets.connect(url) as socket:
        assert f'"model":"{MODEL}"' in str(await socket.recv())
