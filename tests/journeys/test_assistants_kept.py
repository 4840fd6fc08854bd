"""Assistants, threads and messages that are listed, changed, deleted; and what is refused, in words."""

from __future__ import annotations

import base64
from typing import Any

import openai
import pytest
from sqlalchemy import text

from journeys.assisting import MODEL, TOOL, WORDS, answered, assistant_of, beta, checked, raw, said, shown
from journeys.gateway import Here
from openai_spec import conforms
from pochoir.features.images.retention import Limits, Retention

pytestmark = [
    pytest.mark.filterwarnings("ignore:The Assistants API is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:deprecated$:DeprecationWarning"),
]


async def test_assistants_are_kept_listed_changed_and_deleted(here: Here) -> None:
    async with beta(here) as client:
        assistants = client.beta.assistants
        made = [await assistant_of(client, name=str(number), metadata={"n": str(number)}) for number in range(5)]
        ids = [item.id for item in made]
        assert [item.id async for item in assistants.list(limit=2)] == ids[::-1]
        assert [item.id async for item in assistants.list(limit=2, order="asc")] == ids
        before = await assistants.list(limit=2, before=ids[0])
        assert ([item.id for item in before.data], before.has_more) == ([ids[2], ids[1]], True)
        both = await assistants.list(after=ids[0], before=ids[3], order="asc")
        assert ([item.id for item in both.data], both.has_more) == (ids[1:3], False)
        changed = checked(
            await assistants.update(ids[0], name=None, description="Draws", temperature=1.5, metadata={"a": "b"})
        )
        assert (changed.name, changed.description, changed.temperature) == (None, "Draws", 1.5)
        assert (changed.metadata, changed.model, changed.tools) == ({"a": "b"}, MODEL, made[0].tools)
        assert await assistants.retrieve(ids[0]) == changed
        assert checked(await assistants.delete(ids[0])).deleted
        with pytest.raises(openai.NotFoundError, match="no assistant"):
            await assistants.retrieve(ids[0])
    for query in ("limit=2", "order=asc", f"after={ids[1]}"):
        conforms((await raw(here, "GET", f"assistants?{query}"))[1], "ListAssistantsResponse")


async def test_threads_and_messages_are_kept_listed_changed_and_deleted(here: Here) -> None:
    async with beta(here) as client:
        threads = client.beta.threads
        thread = await threads.create(messages=[{"role": "user", "content": str(n)} for n in range(4)])
        reply = checked(await threads.messages.create(thread.id, role="assistant", content="So be it"))
        messages = await said(client, thread, limit=2)
        words = [item.content[0].text.value for item in messages]
        assert words == ["So be it", "3", "2", "1", "0"]
        page = await threads.messages.list(thread.id, before=messages[-1].id, limit=2)
        assert ([item.id for item in page.data], page.has_more) == ([messages[2].id, messages[3].id], True)
        changed = checked(await threads.messages.update(reply.id, thread_id=thread.id, metadata={"a": "b"}))
        assert (
            (await threads.messages.retrieve(reply.id, thread_id=thread.id)).metadata == changed.metadata == {"a": "b"}
        )
        assert checked(await threads.messages.delete(reply.id, thread_id=thread.id)).deleted
        assert len(await said(client, thread)) == 4
        assert checked(await threads.update(thread.id, metadata={"c": "d"})).metadata == {"c": "d"}
        run = await answered(client, thread, await assistant_of(client))
        marked = checked(await threads.runs.update(run.id, thread_id=thread.id, metadata={"e": "f"}))
        assert [item async for item in threads.runs.list(thread.id)] == [marked]
        for path, schema in (("messages?limit=1", "ListMessagesResponse"), ("runs", "ListRunsResponse"),
                             (f"runs/{run.id}/steps", "ListRunStepsResponse")):  # fmt: skip
            conforms((await raw(here, "GET", f"threads/{thread.id}/{path}"))[1], schema)
        assert checked(await threads.delete(thread.id)).deleted
        for gone in (threads.retrieve(thread.id), threads.runs.retrieve(run.id, thread_id=thread.id)):
            with pytest.raises(openai.NotFoundError):
                await gone


async def test_images_of_the_library_are_no_files_to_delete(here: Here) -> None:
    async with beta(here) as client:
        made = await client.images.generate(model="pochoir-sketch", prompt="A star", size="64x64")
        image = made.pochoir["images"][0]
        with pytest.raises(openai.ConflictError, match="image of the library"):
            await client.files.delete(image)
        with pytest.raises(openai.NotFoundError):
            await client.files.content("img_none")
        assert base64.b64decode(made.data[0].b64_json) == (await client.files.content(image)).content


ASSISTANT = {"model": MODEL}
MESSAGE = {"role": "user", "content": "x"}


@pytest.mark.parametrize(
    ("path", "body", "param"),
    [
        ("assistants", {}, "model"),
        ("assistants", {"model": "gpt-5"}, "model"),
        ("assistants", {"model": 7}, "model"),
        ("assistants", {**ASSISTANT, "tools": [{"type": "code_interpreter"}]}, "tools[0].type"),
        ("assistants", {**ASSISTANT, "tools": [{"type": "image_generation", "n": 2}]}, "tools[0].n"),
        ("assistants", {**ASSISTANT, "tools": [{**TOOL, "quality": 7}]}, "quality"),
        ("assistants", {**ASSISTANT, "tools": [{**TOOL, "partial_images": 2}]}, "tools[0].partial_images"),
        ("assistants", {**ASSISTANT, "tools": [{**TOOL, "action": "paint"}]}, "tools[0].action"),
        ("assistants", {**ASSISTANT, "tool_resources": {"file_search": {"vector_store_ids": ["a"]}}}, "tool_resources"),
        ("assistants", {**ASSISTANT, "metadata": {str(n): "x" for n in range(17)}}, "metadata"),
        ("assistants", {**ASSISTANT, "temperature": 3}, "temperature"),
        ("assistants", {**ASSISTANT, "top_p": "1"}, "top_p"),
        ("assistants", {**ASSISTANT, "response_format": {"type": "json_object"}}, "response_format"),
        ("assistants", {**ASSISTANT, "reasoning_effort": "high"}, "reasoning_effort"),
        ("threads", {"messages": "x"}, "messages"),
        ("threads", {"messages": [{**MESSAGE, "role": "system"}]}, "messages[0].role"),
        ("threads", {"messages": [MESSAGE] * 101}, "messages"),
        ("threads/{thread}/messages", {**MESSAGE, "content": ""}, "content[0].text"),
        ("threads/{thread}/messages", {"role": "user"}, "content"),
        ("threads/{thread}/messages", {**MESSAGE, "content": [{"type": "text", "text": "x" * 200_001}] * 2}, "content"),
        ("threads/{thread}/messages", {**MESSAGE, "content": [{"type": "audio"}]}, "content[0]"),
        ("threads/{thread}/messages", {**MESSAGE, "attachments": [{"file_id": "x", "tools": []}]}, "attachments"),
        (
            "threads/{thread}/messages",
            {**MESSAGE, "content": [{"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}]},
            "content[0].image_url.image_url",
        ),
        (
            "threads/{thread}/messages",
            {**MESSAGE, "content": [{"type": "image_file", "image_file": {"file_id": "img_none"}}]},
            "content[0].image_file.file_id",
        ),
        ("threads/{thread}/runs", {}, "assistant_id"),
        ("threads/{thread}/runs", {"tool_choice": "always"}, "tool_choice"),
        ("threads/{thread}/runs", {"max_prompt_tokens": 500}, "max_prompt_tokens"),
        ("threads/{thread}/runs", {"max_completion_tokens": 5}, "max_completion_tokens"),
        ("threads/{thread}/runs", {"truncation_strategy": {"type": "last_messages"}}, "truncation_strategy"),
        ("threads/{thread}/runs", {"model": "gpt-5"}, "model"),
        ("threads/runs", {"thread": "x"}, "thread"),
        ("threads/runs", {"additional_messages": []}, "additional_messages"),
    ],
)
async def test_what_cannot_be_done_is_refused(here: Here, path: str, body: dict[str, Any], param: str) -> None:
    async with beta(here) as client:
        thread = await client.beta.threads.create()
        assistant = await client.beta.assistants.create(model=MODEL)
    asked = {"assistant_id": assistant.id, **body} if "runs" in path and body else body
    status, answer = await raw(here, "POST", path.format(thread=thread.id), asked)
    assert (status, answer["error"]["param"]) == (400, param), answer
    assert answer["error"]["message"].endswith(".")
    conforms(answer, "ErrorResponse")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "assistants/asst_none"),
        ("POST", "assistants/asst_none"),
        ("DELETE", "assistants/asst_none"),
        ("GET", "assistants?after=asst_none"),
        ("GET", "threads/thread_none"),
        ("DELETE", "threads/thread_none"),
        ("POST", "threads/thread_none/messages"),
        ("GET", "threads/thread_none/messages"),
        ("GET", "threads/thread_none/runs"),
        ("POST", "threads/thread_none/runs"),
        ("GET", "threads/{thread}/messages/msg_none"),
        ("GET", "threads/{thread}/messages?before=msg_none"),
        ("GET", "threads/{thread}/runs/run_none"),
        ("POST", "threads/{thread}/runs/run_none/cancel"),
        ("GET", "threads/{thread}/runs/run_none/steps"),
    ],
)
async def test_what_is_not_there_is_said(here: Here, method: str, path: str) -> None:
    async with beta(here) as client:
        thread = await client.beta.threads.create()
    status, answer = await raw(here, method, path.format(thread=thread.id), {} if method == "POST" else None)
    assert status == 404, answer
    conforms(answer, "ErrorResponse")


async def test_a_run_never_waits_for_tools(here: Here) -> None:
    async with beta(here) as client:
        assistant = await assistant_of(client)
        thread = await client.beta.threads.create(messages=[{"role": "user", "content": WORDS}])
        run = await answered(client, thread, assistant)
        with pytest.raises(openai.BadRequestError, match="draw by themselves"):
            await client.beta.threads.runs.submit_tool_outputs(
                run.id, thread_id=thread.id, tool_outputs=[{"tool_call_id": "x", "output": "y"}]
            )
        with pytest.raises(openai.NotFoundError, match="no step"):
            await client.beta.threads.runs.steps.retrieve("step_none", thread_id=thread.id, run_id=run.id)


async def test_a_thread_that_is_deleted_shows_its_images_no_more(here: Here) -> None:
    mentioned = "SELECT count(*) FROM thread_messages WHERE data LIKE '%img_%'"
    async with beta(here) as client:
        assistant = await assistant_of(client)
        thread = await client.beta.threads.create(messages=[{"role": "user", "content": WORDS}])
        await answered(client, thread, assistant)
        [answer, _] = await said(client, thread)
        retention = Retention(here.services.db, here.services.clock, here.services.images.library)
        await retention.set_limits(Limits(made=1))
        async with here.services.db.transaction() as conn:
            await conn.execute(text("UPDATE artifacts SET created = '2020-01-01T00:00:00.000Z'"))
        assert await retention.sweep() == 0, "a message shows it"
        await client.beta.threads.delete(thread.id)
        async with here.services.db.reading() as conn:
            assert await conn.scalar(text(mentioned)) == 0
        assert await retention.sweep() == 1
        with pytest.raises(openai.NotFoundError):
            await client.files.content(shown(answer))
