"""Requests for responses at their bounds: what is too deep or too long, what nobody would see, what is kept of them."""

from __future__ import annotations

import base64
import io
import json
from typing import Any

import aiohttp
import orjson
import pytest
from PIL import Image

from journeys.gateway import Here
from journeys.sockets import opened
from upstream.language_model import LanguageModel

TOOL: Any = {"type": "image_generation", "model": "gpt-image-1-mini", "size": "1024x1024", "quality": "low"}
DEEP: Any = json.loads("[" * 300 + "]" * 300)


async def post(here: Here, path: str, body: Any, **headers: str) -> tuple[int, Any]:
    url = f"{here.url}/v1/{path}"
    async with aiohttp.ClientSession() as session, session.post(url, json=body, headers=headers) as answer:
        return answer.status, await answer.json()


def data_url(alpha: int, *, damaged: bool = False) -> str:
    """`damaged`: all is whole but the pixels."""
    file = io.BytesIO()
    Image.new("RGBA", (64, 64), (90, 90, 90, alpha)).save(file, "PNG")
    data = file.getvalue()
    if damaged:
        at = data.index(b"IDAT") + 4
        data = data[:at] + bytes(byte ^ 0x5A for byte in data[at : at + 20]) + data[at + 20 :]
    return "data:image/png;base64," + base64.b64encode(data).decode()


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("responses", {"input": "A fox", "tools": [TOOL], "tool_choice": {"type": "image_generation", "more": DEEP}}),
        ("responses", {"input": "A fox", "tools": [TOOL], "unknown": DEEP}),
        ("chat/completions", {"model": "other", "messages": [], "unknown": DEEP}),
        ("assistants", {"model": "gpt-image-1-mini", "tools": [{**TOOL, "size": DEEP}, TOOL]}),
    ],
)
async def test_what_is_too_deep_to_be_written_down_is_refused_before_it_is_drawn(
    here: Here, path: str, body: dict[str, Any]
) -> None:
    status, told = await post(here, path, body, **{"Idempotency-Key": "once"})
    assert (status, told["error"]["code"]) == (400, "invalid_json")
    assert here.upstream.seen == []


async def test_a_realtime_event_that_is_too_deep_is_refused(here: Here) -> None:
    async with opened(here) as session:
        choice = {"type": "image_generation", "more": DEEP}
        told = await session.ask("session.update", session={"type": "realtime", "tool_choice": choice})
        assert (told["type"], told["error"]["code"]) == ("error", "invalid_json")
        await session.send("session.update", session={"type": "realtime", "instructions": "Be kind."})
        assert (await session.until("session.updated"))["session"]["tool_choice"] == "auto"


@pytest.mark.parametrize(
    ("path", "body"), [("responses", {"input": "A fox"}), ("assistants", {"model": "gpt-image-1-mini"})]
)
async def test_a_second_image_tool_is_refused_not_passed_over(here: Here, path: str, body: dict[str, Any]) -> None:
    status, told = await post(here, path, {**body, "tools": [{**TOOL, "quality": "high"}, TOOL]})
    assert (status, told["error"]["param"]) == (400, "tools")
    assert here.upstream.seen == []


async def test_partial_images_that_nobody_would_see_are_not_paid(here: Here) -> None:
    status, told = await post(here, "responses", {"input": "A fox", "tools": [{**TOOL, "partial_images": 3}]})
    assert status == 200
    assert "partial_images" not in here.upstream.seen[0].fields
    _, plain = await post(here, "responses", {"input": "A fox", "tools": [TOOL]})
    assert told["pochoir"]["charge_microusd"] == plain["pochoir"]["charge_microusd"]


async def test_a_prompt_without_end_in_an_earlier_call_counts_as_said(here: Here) -> None:
    call = {"type": "image_generation_call", "id": "ig_other", "result": data_url(255).partition(",")[2]}
    asked = [{**call, "revised_prompt": "x" * 400_001}, {"role": "user", "content": "Add a hat"}]
    status, told = await post(here, "responses", {"input": asked, "tools": [TOOL]})
    assert (status, told["error"]["param"]) == (400, "input")
    assert here.upstream.seen == []


@pytest.mark.parametrize(
    "nothing",
    [
        "",
        " ",
        [{"role": "user", "content": []}],
        [{"role": "system", "content": "Be kind."}],
        [{"type": "reasoning", "id": "rs_1", "summary": []}],
        [{"type": "item_reference", "id": "msg_1"}],
    ],
)
async def test_nothing_to_read_is_not_sent_to_the_language_model(
    here: Here, language: LanguageModel, nothing: Any
) -> None:
    for choice in ("auto", "required"):
        body = {"model": "gpt-5", "input": nothing, "instructions": "Be brief.", "tools": [TOOL]}
        status, told = await post(here, "responses", {**body, "tool_choice": choice})
        assert (status, told["error"]["param"]) == (400, "input")
    assert language.seen == []


@pytest.mark.parametrize("tools", [[], [TOOL]])
async def test_an_image_model_that_may_not_draw_is_refused(here: Here, language: LanguageModel, tools: Any) -> None:
    model = "gpt-image-1-mini"
    quiet = {"tools": tools, "tool_choice": "none"}
    _, painter = await post(here, "assistants", {"model": model})
    thread = {"messages": [{"role": "user", "content": "Hello"}]}
    for path, body in (
        ("responses", {"model": model, "input": "Hello"}),
        ("threads/runs", {"assistant_id": painter["id"], "thread": thread}),
    ):
        status, told = await post(here, path, {**body, **quiet})
        assert (status, told["error"]["param"]) == (400, "tool_choice")
    async with opened(here, f"?model={model}") as session:
        done = await session.answer("Hello", **quiet)
        assert (done["status"], done["status_details"]["error"]["param"]) == ("failed", "tool_choice")
        assert (await session.answer())["status"] == "completed"
    assert [seen.fields["prompt"] for seen in here.upstream.seen] == ["Hello"], "the last one alone"
    assert language.seen == []


# -- masks -------------------------------------------------------------------------------------------------------------


def with_photo(words: str, *, damaged: bool = False) -> list[Any]:
    photo = {"type": "input_image", "image_url": data_url(255, damaged=damaged)}
    return [{"role": "user", "content": [{"type": "input_text", "text": words}, photo]}]


MASKED: Any = {**TOOL, "input_image_mask": {"image_url": data_url(0)}}


@pytest.mark.parametrize("model", ["gpt-image-1-mini", "gpt-5"])
async def test_a_mask_on_no_image_is_refused(here: Here, language: LanguageModel, model: str) -> None:
    status, told = await post(here, "responses", {"model": model, "input": "Draw a hat", "tools": [MASKED]})
    assert (status, told["error"]["param"]) == (400, "tools[0].input_image_mask")
    assert (language.seen, here.upstream.seen) == ([], [])


async def test_a_mask_means_a_change_whatever_the_language_model_says(here: Here, language: LanguageModel) -> None:
    language.action = "generate"
    body = {"model": "gpt-5", "input": with_photo("Draw a hat"), "tools": [MASKED]}
    status, told = await post(here, "responses", body)
    assert (status, told["output"][0]["action"]) == (200, "edit")
    assert [file[0] for file in here.upstream.seen[0].files] == ["image", "mask"]


async def test_a_mask_and_a_new_drawing_exclude_each_other(here: Here, language: LanguageModel) -> None:
    anew = {**MASKED, "action": "generate"}
    for path, body in (
        ("responses", {"model": "gpt-5", "input": with_photo("Draw a hat")}),
        ("assistants", {"model": "gpt-5"}),
    ):
        status, told = await post(here, path, {**body, "tools": [anew]})
        assert (status, told["error"]["param"]) == (400, "tools[0].action")
    async with opened(here, "?model=gpt-image-1-mini") as session:
        told = await session.ask("session.update", session={"type": "realtime", "tools": [anew]})
        assert told["error"]["param"] == "session.tools[0].action"
        await session.ask("session.update", session={"type": "realtime", "tools": [MASKED]})
        done = await session.answer("A hat")
        assert done["status_details"]["error"]["param"] == "tools[0].input_image_mask"
    assert (language.seen, here.upstream.seen) == ([], [])


@pytest.mark.parametrize("store", [True, False])
async def test_a_mask_is_kept_as_an_image_never_as_text(here: Here, store: bool) -> None:
    status, told = await post(here, "responses", {"input": with_photo("A hat"), "tools": [MASKED], "store": store})
    assert status == 200
    turn = await here.services.conversations.known(told["id"])
    assert b"base64" not in orjson.dumps(turn.shown)
    kept = turn.shown["tools"][0].get("input_image_mask")
    assert (kept is not None) is store
    if kept is not None:
        mask = await here.services.images.library.as_input(kept["file_id"])
        assert base64.b64encode(mask.data).decode() == data_url(0).partition(",")[2]


@pytest.mark.parametrize("store", [True, False])
@pytest.mark.parametrize("model", ["gpt-image-1-mini", "gpt-5"])
@pytest.mark.parametrize(
    ("given", "tool", "param"),
    [
        (
            with_photo("A hat"),
            {**TOOL, "input_image_mask": {"image_url": data_url(0, damaged=True)}},
            "tools[0].input_image_mask",
        ),
        (with_photo("A hat", damaged=True), TOOL, "input"),
    ],
)
async def test_what_cannot_be_decoded_is_refused_before_anything_is_paid(
    here: Here, language: LanguageModel, given: Any, tool: Any, param: str, model: str, store: bool
) -> None:
    body = {"model": model, "input": given, "tools": [tool], "store": store}
    status, told = await post(here, "responses", body)
    assert (status, told["error"]["code"], told["error"]["param"]) == (400, "invalid_image_file", param)
    assert "cannot be read" in told["error"]["message"]
    assert (language.seen, here.upstream.seen) == ([], [])
