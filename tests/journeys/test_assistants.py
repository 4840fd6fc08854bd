"""Assistants with the official client: threads, messages, runs; whole and streamed, with and without a language model."""

from __future__ import annotations

import asyncio
import base64
import io
from typing import Any

import openai
import pytest
from openai import AsyncAssistantEventHandler
from PIL import Image
from sqlalchemy import text

from journeys.assisting import DRAWN, MODEL, SMALL, TOOL, WORDS, answered, assistant_of, beta, checked, raw, said, shown
from journeys.gateway import Here, several_users
from openai_spec import conforms
from upstream.faults import KEY
from upstream.language_model import LanguageModel
from upstream.server import picture

pytestmark = [
    pytest.mark.filterwarnings("ignore:The Assistants API is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:deprecated$:DeprecationWarning"),
]


async def test_an_assistant_draws_what_is_said_in_its_thread(here: Here) -> None:
    async with beta(here) as client:
        assistant = await assistant_of(client, name="Painter", instructions="In water colours.")
        thread = checked(await client.beta.threads.create(messages=[{"role": "user", "content": WORDS}]))
        run = await answered(client, thread, assistant)
        answer, question = await said(client, thread)
        image = shown(answer)
        file = await client.files.retrieve(image)
        data = (await client.files.content(image)).content
        [step] = [checked(item) async for item in client.beta.threads.runs.steps.list(run.id, thread_id=thread.id)]
        again = checked(await client.beta.threads.runs.steps.retrieve(step.id, thread_id=thread.id, run_id=run.id))
    assert (run.status, run.last_error, run.usage.completion_tokens) == ("completed", None, 272)
    assert run.pochoir["charge_microusd"] == await here.spent() > 0
    assert run.pochoir["images"] == [image]
    assert (answer.role, answer.run_id, answer.assistant_id, answer.status) == (
        "assistant", run.id, assistant.id, "completed",
    )  # fmt: skip
    assert question.content[0].text.value == WORDS
    assert here.upstream.seen[0].fields["prompt"] == f"In water colours.\n{WORDS}"
    assert (data, file.bytes, file.purpose) == (DRAWN, len(DRAWN), "assistants_output")
    conforms(file.model_dump(mode="json", exclude_unset=True), "OpenAIFile")
    assert step.step_details.message_creation.message_id == answer.id
    assert again == step


async def test_a_run_goes_on_from_the_image_before_it(here: Here) -> None:
    async with beta(here) as client:
        assistant = await assistant_of(client)
        thread = await client.beta.threads.create(messages=[{"role": "user", "content": WORDS}])
        await answered(client, thread, assistant)
        more = {"role": "user", "content": "Give it a red scarf"}
        second = await answered(client, thread, assistant, additional_messages=[more])
        await answered(client, thread, assistant)
        anew = {**TOOL, "action": "generate"}
        await answered(client, thread, assistant, additional_messages=[more], tools=[anew])
    assert [seen.route for seen in here.upstream.seen] == [
        "images/generations",
        *["images/edits"] * 2,
        "images/generations",
    ]
    assert [seen.fields["prompt"] for seen in here.upstream.seen] == [
        WORDS, "Give it a red scarf", "Give it a red scarf", f"{WORDS}\nGive it a red scarf\nGive it a red scarf",
    ]  # fmt: skip
    assert here.upstream.seen[1].files[0][3] == DRAWN
    assert second.status == "completed"


async def test_images_go_in_by_file_by_data_and_by_an_image_made_here(here: Here) -> None:
    url = "data:image/png;base64," + base64.b64encode(SMALL).decode()
    async with beta(here) as client:
        made = await client.images.generate(model="pochoir-sketch", prompt="A star", size="64x64")
        own = made.pochoir["images"][0]
        file = await client.files.create(file=("a.png", picture((48, 48))), purpose="vision")
        assistant = await assistant_of(client)
        parts: Any = [
            {"type": "image_file", "image_file": {"file_id": file.id}},
            {"type": "image_url", "image_url": {"url": url, "detail": "low"}},
            {"type": "image_file", "image_file": {"file_id": own, "detail": "high"}},
            {"type": "text", "text": "Make a collage"},
        ]
        thread = await client.beta.threads.create()
        message = checked(await client.beta.threads.messages.create(thread.id, role="user", content=parts))
        await answered(client, thread, assistant)
        kept = message.content[1].image_file
        file_of_kept = await client.files.retrieve(kept.file_id)
    assert [part.type for part in message.content] == ["image_file", "image_file", "image_file", "text"]
    assert (kept.detail, file_of_kept.purpose) == ("low", "vision")
    gone_in = [part[3] for part in here.upstream.seen[0].files]
    assert gone_in[:2] == [picture((48, 48)), SMALL]
    assert Image.open(io.BytesIO(gone_in[2])).size == (64, 64)


async def test_a_mask_belongs_to_the_tool(here: Here) -> None:
    mask = io.BytesIO()
    Image.new("RGBA", (64, 64), (0, 0, 0, 0)).save(mask, "png")
    url = "data:image/png;base64," + base64.b64encode(mask.getvalue()).decode()
    part: Any = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + base64.b64encode(SMALL).decode()}}
    async with beta(here) as client:
        assistant = await assistant_of(client, tools=[{**TOOL, "input_image_mask": {"image_url": url}}])
        thread = await client.beta.threads.create(
            messages=[{"role": "user", "content": [part, {"type": "text", "text": "Change the middle"}]}]
        )
        run = await answered(client, thread, assistant)
    assert run.status == "completed"
    assert run.tools[0].input_image_mask["file_id"].startswith("img_"), "its bytes are kept once, in the library"
    assert [part[0] for part in here.upstream.seen[0].files] == ["image", "mask"]


async def test_a_language_model_decides_and_says_something(here: Here, language: LanguageModel) -> None:
    async with beta(here) as client:
        assistant = await assistant_of(
            client, model="gpt-5", tools=[], instructions="Be kind.", temperature=0.5, top_p=0.9
        )
        thread = await client.beta.threads.create(messages=[{"role": "user", "content": "Hello"}])
        talk = await answered(client, thread, assistant)
        await client.beta.threads.messages.create(thread.id, role="user", content="Draw a fox")
        drawn = await answered(
            client, thread, assistant, additional_instructions="In red.", tools=[TOOL], max_completion_tokens=300
        )
        answers = await said(client, thread, order="asc")
        [only] = await said(client, thread, run_id=talk.id)
        quiet = await answered(client, thread, assistant, tool_choice="none")
    assert (assistant.temperature, drawn.temperature, drawn.instructions) == (0.5, 0.5, "Be kind.\n\nIn red.")
    assert [part.type for part in answers[-1].content] == ["image_file", "text"]
    assert answers[-1].content[1].text.value == "Here it is."
    assert [part.text.value for part in only.content] == ["You said: Hello"]
    assert here.upstream.seen[0].fields["prompt"] == "A careful picture of: Draw a fox"
    assert [message["content"] for message in language.seen[1]["messages"]] == [
        "Be kind.\n\nIn red.", "Hello", "You said: Hello", "Draw a fox",
    ]  # fmt: skip
    assert (language.seen[1]["temperature"], language.seen[1]["max_tokens"]) == (0.5, 300)
    assert (talk.usage.total_tokens, drawn.usage.completion_tokens) == (15, 5 + 5 + 272)
    assert "tools" not in language.seen[-1]
    assert (quiet.status, len(here.upstream.seen)) == ("completed", 1)


async def test_a_forced_tool_is_always_used(here: Here, language: LanguageModel) -> None:
    async with beta(here) as client:
        assistant = await assistant_of(client, model="gpt-5")
        thread = await client.beta.threads.create(messages=[{"role": "user", "content": "Hello"}])
        for choice in ("required", {"type": "image_generation"}):
            assert (await answered(client, thread, assistant, tool_choice=choice)).status == "completed"
    assert len(here.upstream.seen) == 2


async def test_instructions_alone_are_what_is_said(here: Here, language: LanguageModel) -> None:
    async with beta(here) as client:
        assistant = await assistant_of(client, model="gpt-5", instructions="Draw a fox")
        run = await answered(client, await client.beta.threads.create(), assistant)
    assert run.status == "completed"
    assert language.seen[0]["messages"] == [{"role": "user", "content": "Draw a fox"}]


async def test_only_the_latest_messages_count_where_that_is_asked(here: Here, language: LanguageModel) -> None:
    async with beta(here) as client:
        assistant = await assistant_of(client, model="gpt-5")
        messages = [{"role": "user", "content": word} for word in ("One", "Two", "Three")]
        thread = await client.beta.threads.create(messages=messages)
        run = await answered(
            client, thread, assistant, truncation_strategy={"type": "last_messages", "last_messages": 1}
        )
    assert language.seen[0]["messages"] == [{"role": "user", "content": "Three"}]
    assert run.truncation_strategy.last_messages == 1


class Handler(AsyncAssistantEventHandler):
    """Writes down what the client's own helper calls."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []

    async def on_image_file_done(self, image_file: Any) -> None:
        self.calls.append(image_file.file_id)

    async def on_text_done(self, text: Any) -> None:
        self.calls.append(text.value)

    async def on_message_done(self, message: Any) -> None:
        self.calls.append(message.status)

    async def on_run_step_done(self, run_step: Any) -> None:
        self.calls.append(f"step {run_step.status}")


async def test_the_clients_own_helper_follows_a_stream(here: Here, language: LanguageModel) -> None:
    async with beta(here) as client:
        assistant = await assistant_of(client, model="gpt-5")
        thread = await client.beta.threads.create(messages=[{"role": "user", "content": "Draw a fox"}])
        handler = Handler()
        async with client.beta.threads.runs.stream(
            thread_id=thread.id, assistant_id=assistant.id, event_handler=handler
        ) as stream:
            run = checked(await stream.get_final_run())
            [message] = await stream.get_final_messages()
        [kept, _] = await said(client, thread)
    assert handler.calls == [shown(kept), "Here it is.", "completed", "step completed"]
    assert (run.status, message) == ("completed", kept)


async def test_a_stream_tells_every_stage(here: Here) -> None:
    async with beta(here) as client:
        assistant = await assistant_of(client)
    body = {"assistant_id": assistant.id, "stream": True, "thread": {"messages": [{"role": "user", "content": WORDS}]}}
    status, events = await raw(here, "POST", "threads/runs", body)
    assert status == 200
    assert [item["event"] for item in events] == [
        "thread.created", "thread.run.created", "thread.run.queued", "thread.run.in_progress",
        "thread.run.step.created", "thread.run.step.in_progress",
        "thread.message.created", "thread.message.in_progress", "thread.message.delta", "thread.message.completed",
        "thread.run.step.completed", "thread.run.completed", "done",
    ]  # fmt: skip
    assert events[6]["data"]["content"] == []
    assert events[8]["data"]["delta"]["content"][0]["image_file"] == events[9]["data"]["content"][0]["image_file"]
    assert events[-2]["data"]["usage"]["completion_tokens"] == 272


@pytest.mark.parametrize(
    ("fault", "code"), [("moderation", "invalid_prompt"), ("500", "server_error"), ("429 ms", "rate_limit_exceeded")]
)
async def test_a_run_that_fails_says_why(here: Here, fault: str, code: str) -> None:
    async with beta(here) as client:
        assistant = await assistant_of(client)
        thread = await client.beta.threads.create(messages=[{"role": "user", "content": WORDS}])
        here.upstream.faults.extend([fault, fault])
        run = await answered(client, thread, assistant)
        _, events = await raw(here, "POST", f"threads/{thread.id}/runs", {"assistant_id": assistant.id, "stream": True})
        messages = await said(client, thread)
    assert (run.status, run.last_error.code) == ("failed", code)
    assert run.last_error.message.endswith(".")
    assert [events[-2]["event"], events[-2]["data"]["last_error"]["code"]] == ["thread.run.failed", code]
    assert len(messages) == 1


async def test_what_a_model_cannot_do_ends_the_run_before_anything_is_asked(here: Here) -> None:
    async with beta(here) as client:
        assistant = await assistant_of(client, tools=[{**TOOL, "size": "7x7"}])
        thread = await client.beta.threads.create(messages=[{"role": "user", "content": WORDS}])
        run = await answered(client, thread, assistant)
        empty = await answered(client, await client.beta.threads.create(), assistant)
    assert (run.status, run.last_error.code) == ("failed", "invalid_prompt")
    assert (empty.status, empty.last_error.code) == ("failed", "invalid_prompt")
    assert "has no messages" in empty.last_error.message
    assert here.upstream.seen == []


async def test_one_run_at_a_time_works_on_a_thread(here: Here) -> None:
    here.upstream.faults.append("slow 0.3")
    async with beta(here) as client:
        assistant = await assistant_of(client)
        thread = await client.beta.threads.create(messages=[{"role": "user", "content": WORDS}])
        run = checked(await client.beta.threads.runs.create(thread.id, assistant_id=assistant.id))
        [first] = await said(client, thread)
        with pytest.raises(openai.BadRequestError, match=f"{thread.id} already has an active run {run.id}"):
            await client.beta.threads.runs.create(thread.id, assistant_id=assistant.id)
        with pytest.raises(openai.BadRequestError, match=f"Can't add messages to {thread.id} while a run {run.id} is"):
            await client.beta.threads.messages.create(thread.id, role="user", content="More")
        for refused in (
            client.beta.threads.delete(thread.id),
            client.beta.threads.messages.delete(first.id, thread_id=thread.id),
        ):
            with pytest.raises(openai.BadRequestError, match="is active"):
                await refused
        done = checked(await client.beta.threads.runs.poll(run.id, thread.id, poll_interval_ms=10))
        await client.beta.threads.messages.create(thread.id, role="user", content="More")
    assert (run.status, run.usage, run.expires_at - run.created_at) == ("queued", None, 600)
    assert (done.status, done.expires_at) == ("completed", None)
    assert len(here.upstream.seen) == 1


async def test_what_is_being_drawn_when_a_run_is_cancelled_is_kept(here: Here) -> None:
    here.upstream.faults.append("slow 0.3")
    async with beta(here) as client:
        assistant = await assistant_of(client)
        thread = await client.beta.threads.create(messages=[{"role": "user", "content": WORDS}])
        run = await client.beta.threads.runs.create(thread.id, assistant_id=assistant.id)
        await here.upstream.came.wait()
        going = checked(await client.beta.threads.runs.cancel(run.id, thread_id=thread.id))
        done = await client.beta.threads.runs.poll(run.id, thread.id, poll_interval_ms=10)
        answer, _ = await said(client, thread)
        [step] = [checked(item) async for item in client.beta.threads.runs.steps.list(run.id, thread_id=thread.id)]
        with pytest.raises(openai.BadRequestError, match="Cannot cancel run with status 'cancelled'"):
            await client.beta.threads.runs.cancel(run.id, thread_id=thread.id)
        data = (await client.files.content(shown(answer))).content
    assert (going.status, checked(done).status, step.status) == ("cancelling", "cancelled", "cancelled")
    assert (answer.status, answer.incomplete_details.reason) == ("incomplete", "run_cancelled")
    assert data == DRAWN
    assert done.pochoir["charge_microusd"] == await here.spent() > 0


async def test_a_run_that_is_cancelled_while_it_waits_for_its_turn_is_not_sent(here: Here) -> None:
    one_at_a_time = {"base_url": here.upstream.base_url, "at_once": "1"}
    await here.services.connections.save("openai", "", one_at_a_time, KEY)
    here.upstream.faults.append("slow 1")
    async with beta(here) as client:
        asked = {"model": MODEL, "prompt": "A hare", "size": "1024x1024", "quality": "low"}
        first = asyncio.create_task(client.images.generate(**asked))
        await here.upstream.came.wait()
        assistant = await assistant_of(client)
        thread = await client.beta.threads.create(messages=[{"role": "user", "content": WORDS}])
        run = await client.beta.threads.runs.create(thread.id, assistant_id=assistant.id)
        async with asyncio.timeout(10):
            while not (await here.services.assistants.runs.run(thread.id, run.id)).decision:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        await client.beta.threads.runs.cancel(run.id, thread_id=thread.id)
        done = checked(await client.beta.threads.runs.poll(run.id, thread.id, poll_interval_ms=10))
        made = await first
        assert len(await said(client, thread)) == 1
        async with asyncio.timeout(10):
            await client.images.generate(**asked)
    assert done.status == "cancelled"
    assert [request.fields["prompt"] for request in here.upstream.seen] == ["A hare"] * 2
    assert await here.spent() == 2 * made.model_dump()["pochoir"]["charge_microusd"]


async def test_a_run_that_is_still_decided_is_cancelled_at_once(here: Here, language: LanguageModel) -> None:
    language.seconds = 60
    async with beta(here) as client:
        assistant = await assistant_of(client, model="gpt-5")
        body = {
            "assistant_id": assistant.id,
            "stream": True,
            "thread": {"messages": [{"role": "user", "content": "Draw a fox"}]},
        }
        watched = asyncio.create_task(raw(here, "POST", "threads/runs", body))
        await language.came.wait()
        async with here.services.db.reading() as conn:
            row = (await conn.execute(text("SELECT id, thread FROM thread_runs"))).one()
        await client.beta.threads.runs.cancel(row.id, thread_id=row.thread)
        _, events = await watched
    assert [item["event"] for item in events[-4:]] == [
        "thread.run.in_progress", "thread.run.cancelling", "thread.run.cancelled", "done",
    ]  # fmt: skip
    assert here.upstream.seen == []


async def test_a_repeated_request_begins_one_run(here: Here) -> None:
    async with beta(here) as client:
        assistant = await assistant_of(client)
    body = {"assistant_id": assistant.id, "thread": {"messages": [{"role": "user", "content": WORDS}]}}
    key = {"Idempotency-Key": "one"}
    answers = [await raw(here, "POST", "threads/runs", body, **key) for _ in range(2)]
    _, watched = await raw(here, "POST", "threads/runs", {**body, "stream": True}, **key)
    _, replayed = await raw(here, "POST", "threads/runs", {**body, "stream": True}, **key)
    status, other = await raw(here, "POST", "threads/runs", {**body, "instructions": "In red."}, **key)
    assert {answer[1]["id"] for answer in answers} == {watched[-2]["data"]["id"]} == {replayed[-2]["data"]["id"]}
    assert [item["event"] for item in watched[-4:]] == [item["event"] for item in replayed[-4:]]
    assert (status, other["error"]["code"]) == (409, "conflict")
    assert len(here.upstream.seen) == 1


@several_users
async def test_a_keys_limits_hold_for_its_runs(here: Here) -> None:
    key, secret = await here.services.accounts.create_key("robot")
    await here.services.accounts.limits.put(key.id, requests=None, images=1)
    async with beta(here, secret) as client:
        assistant = await assistant_of(client)
        thread = await client.beta.threads.create(messages=[{"role": "user", "content": WORDS}])
        first, second = [await answered(client, thread, assistant) for _ in range(2)]
    assert (first.status, second.status) == ("completed", "failed")
    assert second.last_error.code == "rate_limit_exceeded"
    async with here.services.db.reading() as conn:
        assert (await conn.execute(text("SELECT api_key FROM ledger"))).scalars().all() == [key.id]
    for method, path in (("GET", "assistants"), ("POST", "threads"), ("POST", "threads/runs")):
        assert (await raw(here, method, path, {}))[0] == 401


async def test_another_model_may_answer_where_that_is_asked(here: Here) -> None:
    here.upstream.faults.append("quota")
    async with beta(here) as client:
        assistant = await assistant_of(client)
        thread = await client.beta.threads.create(messages=[{"role": "user", "content": WORDS}])
        run = await answered(client, thread, assistant, extra_headers={"x-pochoir-fallback": "pochoir-sketch"})
    assert (run.status, run.pochoir["model"], run.pochoir["instead_of"]) == ("completed", "pochoir-sketch", MODEL)
