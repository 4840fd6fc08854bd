"""How a language model's answer ends: in a refusal, cut off, in words where a drawing was due, in a call nobody offered."""

from __future__ import annotations

import json
from typing import Any

import pytest

from journeys.assisting import MODEL, SMALL, TOOL, answered, assistant_of, beta, checked, raw, said
from journeys.gateway import Here
from journeys.sockets import opened
from openai_spec import conforms
from upstream.language_model import LanguageModel

pytestmark = [
    pytest.mark.filterwarnings("ignore:The Assistants API is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:deprecated$:DeprecationWarning"),
]
SORRY = "I can't help with that."
REFUSAL: Any = {"refusal": SORRY}
FORCED = "required"


def call(arguments: str) -> dict[str, Any]:
    function = {"name": "image_generation", "arguments": arguments}
    return {"tool_calls": [{"id": "call_1", "type": "function", "function": function}]}


async def respond(here: Here, words: Any = "Draw a fox", **more: Any) -> Any:
    status, told = await raw(here, "POST", "responses", {"model": "gpt-5", "input": words, "tools": [TOOL], **more})
    assert status == 200, told
    conforms(told, "Response")
    return told


async def streamed(here: Here, **more: Any) -> list[Any]:
    client: Any
    async with here.client() as client:
        stream = await client.responses.create(model="gpt-5", input="Draw a fox", tools=[TOOL], stream=True, **more)
        events = [event.model_dump(mode="json", exclude_unset=True) async for event in stream]
    for event in events:
        conforms(event, "ResponseStreamEvent")
    return events


async def nothing_was_drawn(here: Here) -> None:
    assert (here.upstream.seen, await here.spent(), await here.services.images.library.recent()) == ([], 0, [])


# -- refusals ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("choice", ["auto", FORCED])
async def test_a_refusal_is_an_answer_and_draws_nothing(here: Here, language: LanguageModel, choice: str) -> None:
    language.deciding = REFUSAL, "stop"
    told = await respond(here, tool_choice=choice)
    assert (told["status"], told["output"][0]["content"]) == ("completed", [{"type": "refusal", "refusal": SORRY}])
    events = await streamed(here, tool_choice=choice)
    kinds = [event["type"] for event in events[-6:]]
    assert kinds == [
        "response.content_part.added", "response.refusal.delta", "response.refusal.done",
        "response.content_part.done", "response.output_item.done", "response.completed",
    ]  # fmt: skip
    await nothing_was_drawn(here)


async def test_a_refusal_that_is_sent_back_is_read(here: Here, language: LanguageModel) -> None:
    language.deciding = REFUSAL, "stop"
    told = await respond(here)
    language.deciding = None
    question, more = ({"role": "user", "content": words} for words in ("Draw a fox", "Why?"))
    again = await respond(here, [question, *told["output"], more])
    assert again["output"][0]["content"][0]["text"] == "You said: Why?"
    assert [line["content"] for line in language.seen[-1]["messages"]] == ["Draw a fox", SORRY, "Why?"]


async def test_a_refusal_is_told_in_threads_and_sessions(here: Here, language: LanguageModel) -> None:
    language.deciding = REFUSAL, "stop"
    async with beta(here) as client:
        assistant = await assistant_of(client, model="gpt-5")
        thread = await client.beta.threads.create(messages=[{"role": "user", "content": "Draw a fox"}])
        run = await answered(client, thread, assistant, tool_choice=FORCED)
        answer, _ = await said(client, thread)
        asked = {"assistant_id": assistant.id, "stream": True}
        _, events = await raw(here, "POST", f"threads/{thread.id}/runs", asked)
    assert (run.status, answer.status) == ("completed", "completed")
    assert [(part.type, part.refusal) for part in answer.content] == [("refusal", SORRY)]
    [delta] = [item["data"]["delta"] for item in events if item["event"] == "thread.message.delta"]
    assert delta["content"] == [{"index": 0, "type": "refusal", "refusal": SORRY}]
    async with opened(here, "?model=gpt-realtime") as session:
        done = await session.answer("Draw a fox", tool_choice=FORCED)
    assert (done["status"], done["output"][0]["content"][0]["text"]) == ("completed", SORRY)
    await nothing_was_drawn(here)


# -- words in the place of a drawing, and the other way round ----------------------------------------------------------


async def test_words_are_no_prompt(here: Here, language: LanguageModel) -> None:
    language.deciding = {"content": f"I'm sorry, {SORRY}"}, "stop"
    talk = [{"role": "user", "content": words} for words in ("A fox", "Now with a hat", " ")]
    told = await respond(here, talk, tool_choice=FORCED)
    assert [seen.fields["prompt"] for seen in here.upstream.seen] == ["Now with a hat"]
    assert [item["type"] for item in told["output"]] == ["image_generation_call", "message"]
    assert told["output"][1]["content"][0]["text"] == "Here it is."
    assert "the last words of the user were drawn" in told["pochoir"]["notes"][-1]


async def test_where_there_are_no_words_at_all_none_are_drawn(here: Here, language: LanguageModel) -> None:
    language.deciding = {"content": "A nice photo."}, "stop"
    made = await here.services.images.library.upload(SMALL)
    photo = [{"role": "user", "content": [{"type": "input_image", "file_id": made.id}]}]
    asked = {"model": "gpt-5", "input": photo, "tools": [TOOL], "tool_choice": FORCED}
    status, told = await raw(here, "POST", "responses", asked)
    assert (status, told["error"]["param"]) == (400, "input")
    assert here.upstream.seen == []


@pytest.mark.parametrize("more", [{"tool_choice": "none"}, {"tools": []}])
async def test_a_call_that_was_not_offered_is_not_obeyed(
    here: Here, language: LanguageModel, more: dict[str, Any]
) -> None:
    arguments = json.dumps({"prompt": "A cat", "action": "generate"})
    language.deciding = {"content": "A cat, then.", **call(arguments)}, "tool_calls"
    told = await respond(here, "Hello", **more)
    assert [item["content"][0]["text"] for item in told["output"]] == ["A cat, then."]
    await nothing_was_drawn(here)


# -- cut off -----------------------------------------------------------------------------------------------------------

CUT: Any = [({"content": "Once upon a"}, ["Once upon a"]), (call('{"prompt": "A ca'), [])]


@pytest.mark.parametrize(("message", "words"), CUT)
@pytest.mark.parametrize("choice", ["auto", FORCED])
async def test_a_response_that_is_cut_off_says_so(
    here: Here, language: LanguageModel, message: dict[str, Any], words: list[str], choice: str
) -> None:
    language.deciding = message, "length"
    told = await respond(here, tool_choice=choice, max_output_tokens=16)
    assert (told["status"], told["incomplete_details"]) == ("incomplete", {"reason": "max_output_tokens"})
    assert [item["content"][0]["text"] for item in told["output"]] == words
    assert {item["status"] for item in told["output"]} <= {"incomplete"}
    _, kept = await raw(here, "GET", f"responses/{told['id']}")
    assert kept == told
    last = (await streamed(here, tool_choice=choice))[-1]
    assert (last["type"], last["response"]["status"]) == ("response.incomplete", "incomplete")
    await nothing_was_drawn(here)


@pytest.mark.parametrize(("message", "words"), CUT)
async def test_a_run_that_is_cut_off_says_so(
    here: Here, language: LanguageModel, message: dict[str, Any], words: list[str]
) -> None:
    language.deciding = message, "length"
    async with beta(here) as client:
        assistant = await assistant_of(client, model="gpt-5")
        thread = await client.beta.threads.create(messages=[{"role": "user", "content": "Tell me a story"}])
        run = await answered(client, thread, assistant, max_completion_tokens=256)
        [*answers, _] = await said(client, thread)
        steps = [checked(item) async for item in client.beta.threads.runs.steps.list(run.id, thread_id=thread.id)]
        asked = {"assistant_id": assistant.id, "stream": True}
        _, events = await raw(here, "POST", f"threads/{thread.id}/runs", asked)
    assert (run.status, run.incomplete_details.reason) == ("incomplete", "max_completion_tokens")
    assert [answer.content[0].text.value for answer in answers] == words, "nothing is shown of a call"
    assert [(answer.status, answer.incomplete_details.reason) for answer in answers] == [
        ("incomplete", "max_tokens") for _ in words
    ]
    assert [step.status for step in steps] == ["completed" for _ in words]
    assert events[-2]["event"] == "thread.run.incomplete"
    assert [item["event"] for item in events[-4:-2]][: 2 * len(words)] == (
        ["thread.message.incomplete", "thread.run.step.completed"] if words else []
    )
    await nothing_was_drawn(here)


@pytest.mark.parametrize(("message", "words"), CUT)
async def test_a_realtime_response_that_is_cut_off_says_so(
    here: Here, language: LanguageModel, message: dict[str, Any], words: list[str]
) -> None:
    language.deciding = message, "length"
    async with opened(here, "?model=gpt-realtime") as session:
        done = await session.answer("Tell me a story", max_output_tokens=16)
    assert done["status"] == "incomplete"
    assert done["status_details"] == {"type": "incomplete", "reason": "max_output_tokens"}
    assert [(item["status"], item["content"][0]["text"]) for item in done["output"]] == [
        ("incomplete", text) for text in words
    ]
    await nothing_was_drawn(here)


async def test_thoughts_that_are_cut_off_are_not_shown(here: Here, language: LanguageModel) -> None:
    language.deciding = {"content": "<think>The user wants"}, "length"
    told = await respond(here)
    assert (told["status"], told["output"]) == ("incomplete", [])


async def test_a_call_that_is_whole_is_drawn_though_the_answer_was_cut_off(here: Here, language: LanguageModel) -> None:
    language.deciding = call(json.dumps({"prompt": "A fox", "action": "generate"})), "length"
    told = await respond(here)
    assert (told["status"], here.upstream.seen[0].fields["prompt"]) == ("completed", "A fox")
    assert here.upstream.seen[0].fields["model"] == MODEL
