"""What a realtime session refuses, and how it ends: keys and their limits, other web pages, wrong events, cancelling."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import websockets
from starlette.routing import WebSocketRoute

from journeys.gateway import Here, several_users
from journeys.serving import serving
from journeys.sockets import Session, opened
from openai_spec import conforms
from pochoir.domain.money import MicroUSD
from pochoir.openai_api import ongoing
from pochoir.openai_api.realtime import door
from pochoir.openai_api.realtime_session import Bounds
from upstream.language_model import LanguageModel

MODEL = "gpt-image-1-mini"
TOOL: Any = {"type": "image_generation", "model": MODEL, "size": "1024x1024", "quality": "low"}
WORDS = "A fox in the snow"


async def until(true: Callable[[], Any]) -> None:
    async with asyncio.timeout(20):
        while not true():  # noqa: ASYNC110 - what is waited for happens in the server
            await asyncio.sleep(0.01)


async def key_of(here: Here, **limits: Any) -> tuple[str, str]:
    key, secret = await here.services.accounts.create_key("robot")
    await here.services.accounts.limits.put(key.id, requests=limits.get("requests"), images=limits.get("images"))
    return key.id, secret


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


# -- who may come in -----------------------------------------------------------------------------------------------------


@several_users
async def test_a_key_is_needed_and_taken_in_three_ways(here: Here) -> None:
    _, secret = await key_of(here)
    url = here.url.replace("http", "ws", 1) + "/v1/realtime"
    for headers in (None, bearer("pk_wrong")):
        with pytest.raises(websockets.InvalidStatus) as caught:
            await websockets.connect(url, additional_headers=headers)
        assert caught.value.response.status_code == 401
        told = json.loads(caught.value.response.body or b"")
        conforms(told, "ErrorResponse")
        assert told["error"]["code"] == "invalid_api_key"
    async with opened(here, headers=bearer(secret)), opened(here, headers={"api-key": secret}):
        pass
    protocols: Any = ["realtime", f"openai-insecure-api-key.{secret}"]
    async with opened(here, subprotocols=protocols) as session:
        assert session.socket.subprotocol == "realtime"


async def test_a_model_that_is_over_is_refused_with_what_follows_it(here: Here) -> None:
    with pytest.raises(websockets.InvalidStatus) as caught:
        async with opened(here, "?model=dall-e-3"):
            pass
    assert caught.value.response.status_code == 404
    assert "was shut down" in json.loads(caught.value.response.body or b"")["error"]["message"]


async def test_a_plain_request_is_told_what_to_do(here: Here) -> None:
    async with here.client() as client:
        answer = await client._client.get(f"{here.url}/v1/realtime")
    assert answer.status_code == 400
    assert "ws://" in answer.json()["error"]["message"]


def test_another_web_page_cannot_open_a_session(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server:
        asyncio.run(_from_other_pages(server.link))


async def _from_other_pages(link: str) -> None:
    url = link.replace("http", "ws", 1) + "/v1/realtime"
    host = link.removeprefix("http://")
    foreign: list[dict[str, str]] = [
        {"Origin": "https://evil.example"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "null"},
        {"Host": "evil.example"},
        {"Host": "evil.example", "Origin": "http://evil.example"},
    ]
    for headers in foreign:
        with pytest.raises(websockets.InvalidStatus) as caught:
            await _greeted(url, headers)
        assert caught.value.response.status_code == 403, headers
    for headers in ({}, {"Origin": f"http://{host}"}):
        assert (await _greeted(url, headers))["type"] == "session.created"


async def _greeted(url: str, headers: dict[str, str]) -> Any:
    """The first event. Another host's name is one that leads here, as a rebinding page's does."""
    host, _, port = url.split("/")[2].partition(":")
    named = url.replace(f"{host}:{port}", headers.get("Host", f"{host}:{port}"))
    more = {name: value for name, value in headers.items() if name != "Host"}
    async with websockets.connect(named, additional_headers=more, host=host, port=int(port)) as socket:
        return json.loads(await socket.recv())


# -- limits of a key -----------------------------------------------------------------------------------------------------


@several_users
async def test_each_response_counts_as_a_request_of_the_key(here: Here) -> None:
    _, secret = await key_of(here, requests=2, images=5)
    async with opened(here, f"?model={MODEL}", headers=bearer(secret)) as session:
        await session.answer(WORDS)
        await session.answer("In red")
        limits = [event["rate_limits"] for event in session.seen if event["type"] == "rate_limits.updated"]
        await session.say("In green")
        refused = await session.ask("response.create", event_id="mine")
        assert refused["error"] | {"message": ""} == {
            "type": "requests", "code": "rate_limit_exceeded", "message": "", "param": None, "event_id": "mine",
        }  # fmt: skip
    names = [[limit["name"] for limit in told] for told in limits]
    assert names == [["requests", "images"]] * 4, "when a response begins and when it ends"
    assert [told[0]["remaining"] for told in limits] == [1, 1, 0, 0]
    assert [told[1]["remaining"] for told in limits[1::2]] == [4, 3]
    assert len(here.upstream.seen) == 2


@several_users
async def test_images_and_dollars_of_the_key_hold_inside_a_session(here: Here) -> None:
    key, secret = await key_of(here, images=1)
    async with opened(here, f"?model={MODEL}", headers=bearer(secret)) as session:
        assert (await session.answer(WORDS))["status"] == "completed"
        late = await session.answer("In red")
        assert late["status_details"]["error"]["code"] == "rate_limit_exceeded"
        await here.services.accounts.limits.put(key, requests=None, images=None)
        await here.services.metering.set_budget(MicroUSD(1), key)
        poor = await session.answer()
        assert poor["status_details"]["error"]["code"] == "key_budget_exceeded"
        await here.services.accounts.revoke_key(key)
        assert (await session.ask("response.create"))["error"]["code"] == "invalid_api_key"
    assert len(here.upstream.seen) == 1


# -- events that are wrong -----------------------------------------------------------------------------------------------


def message(*content: Any, **more: Any) -> dict[str, Any]:
    item = {"type": "message", "role": "user", "content": list(content), **more}
    return {"type": "conversation.item.create", "item": item}


def update(**session: Any) -> dict[str, Any]:
    return {"type": "session.update", "session": {"type": "realtime", **session}}


def respond(**response: Any) -> dict[str, Any]:
    return {"type": "response.create", "response": response}


TEXT = {"type": "input_text", "text": "x"}
WRONG: list[tuple[Any, str, str | None]] = [
    ("not json", "invalid_json", None),
    ("[]", "invalid_json", None),
    ({}, "missing_required_parameter", "type"),
    ({"type": "session.destroy"}, "invalid_value", "type"),
    ({"type": "response.cancel", "why": 1}, "unknown_parameter", "why"),
    ({"type": "response.cancel"}, "response_cancel_not_active", None),
    ({"type": "response.cancel", "event_id": 7}, "invalid_value", "event_id"),
    ({"type": "input_audio_buffer.append", "audio": "AAAA"}, "audio_not_supported", "type"),
    ({"type": "conversation.item.truncate"}, "audio_not_supported", "type"),
    ({"type": "conversation.item.delete"}, "missing_required_parameter", "item_id"),
    ({"type": "conversation.item.delete", "item_id": "no"}, "item_not_found", "item_id"),
    (message(TEXT) | {"previous_item_id": "no"}, "item_not_found", "previous_item_id"),
    (message(TEXT, role="robot"), "invalid_value", "item.role"),
    (message(TEXT, voice="alloy"), "unknown_parameter", "item.voice"),
    (message(), "invalid_type", "item.content"),
    (message({"type": "input_audio", "audio": "AAAA"}), "audio_not_supported", "item.content[0]"),
    (message({"type": "output_text", "text": "x"}), "invalid_value", "item.content[0].type"),
    (message({"type": "input_text"}), "invalid_value", "item"),
    (message({"type": "input_image", "image_url": "https://x.example/a.png"}), "invalid_image_url", None),
    (message({"type": "input_image", "image_url": "data:image/png;base64,AAAA"}), "invalid_image_file", None),
    (message({"type": "input_image", "file_id": "img_no"}), "invalid_value", "item.content[0].file_id"),
    ({"type": "conversation.item.create", "item": {"type": "function_call"}}, "invalid_value", "item.type"),
    ({"type": "conversation.item.create", "item": 7}, "invalid_value", "item"),
    ({"type": "session.update"}, "invalid_type", "session"),
    ({"type": "session.update", "session": {}}, "invalid_value", "session.type"),
    (update(type="transcription"), "invalid_value", "session.type"),
    (update(audio={"output": {"voice": "alloy"}}), "audio_not_supported", "session.audio"),
    (update(output_modalities=["audio"]), "audio_not_supported", "session.output_modalities"),
    (update(output_modalities=[]), "invalid_value", "session.output_modalities"),
    (update(voice="alloy"), "unknown_parameter", "session.voice"),
    (update(model="other"), "invalid_value", "session.model"),
    (update(tracing="auto"), "invalid_value", "session.tracing"),
    (update(instructions=7), "invalid_value", "session.instructions"),
    (update(max_output_tokens=0), "invalid_value", "session.max_output_tokens"),
    (update(tools="all"), "invalid_type", "session.tools"),
    (update(tools=[{"type": "function", "name": "f"}]), "invalid_value", "session.tools[0].type"),
    (update(tools=[TOOL, TOOL]), "invalid_value", "session.tools"),
    (update(tools=[{**TOOL, "n": 2}]), "unknown_parameter", "session.tools[0].n"),
    (update(tools=[{**TOOL, "quality": 7}]), "invalid_type", "session.tools[0].quality"),
    (update(tools=[], tool_choice="required"), "invalid_value", "session.tool_choice"),
    (respond(conversation="conv_1"), "invalid_value", "response.conversation"),
    (respond(metadata={"a": 1}), "invalid_type", "response.metadata"),
    (respond(input="text"), "invalid_type", "response.input"),
    (respond(input=[{"type": "item_reference", "id": "no"}]), "item_not_found", None),
    (respond(modalities=["text"]), "unknown_parameter", "response.modalities"),
    (respond(tool_choice="sometimes"), "invalid_value", "response.tool_choice"),
]


async def test_wrong_events_are_answered_and_the_session_goes_on(here: Here) -> None:
    async with opened(here) as session:
        for event, code, param in WRONG:
            await session.socket.send(event if isinstance(event, str) else json.dumps({"event_id": "mine", **event}))
            told = await session.next()
            assert told["type"] == "error", (event, told)
            error = told["error"]
            assert error["code"] == code, (event, error)
            assert param is None or error["param"] == param, (event, error)
            assert error["message"].endswith("."), error
            assert error["event_id"] == ("mine" if isinstance(event, dict) and event.get("event_id") != 7 else None)
        await session.socket.send(json.dumps({"type": "response.create", "response": None}).encode())
        assert (await session.until("response.done"))["response"]["status"] == "failed"
        assert (await session.answer("A red kite"))["status"] == "completed"


async def test_one_response_at_a_time(here: Here) -> None:
    here.upstream.faults.append("slow 0.3")
    async with opened(here, f"?model={MODEL}") as session:
        await session.say(WORDS)
        await session.send("response.create")
        await here.upstream.came.wait()
        await session.send("response.create", event_id="second")
        while (event := await session.next())["type"] != "error":
            pass
        assert event["error"]["code"] == "conversation_already_has_active_response"
        assert event["error"]["event_id"] == "second"
        await session.until("response.done")
    assert len(here.upstream.seen) == 1


# -- ending before its time ----------------------------------------------------------------------------------------------


async def test_a_cancelled_image_that_was_sent_is_kept_and_charged_once(here: Here) -> None:
    here.upstream.faults.append("slow 0.3")
    async with opened(here, f"?model={MODEL}") as session:
        await session.say(WORDS)
        await session.send("response.create")
        await here.upstream.came.wait()
        await session.send("response.cancel")
        done = (await session.until("response.done"))["response"]
        assert (done["status"], done["status_details"]["reason"]) == ("cancelled", "client_cancelled")
        assert "charged" in done["pochoir"]["notes"][0]
        [item] = session.items()
        assert (item["status"], item["result"]) == ("failed", None)
        await until(lambda: not ongoing._running)
        [entry] = await here.services.metering.entries()
        assert entry.amount > 0
        assert len(await here.services.images.library.recent()) == 1
        assert (await session.answer("A hen"))["status"] == "completed"
        assert [seen.fields["prompt"] for seen in here.upstream.seen] == [WORDS, "A hen"], (
            "what was taken back stays so"
        )
        await session.ask("conversation.item.delete", item_id=item["id"])
        await session.send("conversation.item.create", item={"type": "image_generation_call", "id": item["id"]})
        await session.until("conversation.item.done")


async def test_what_was_not_sent_is_cancelled_for_nothing(here: Here, language: LanguageModel) -> None:
    language.silent = asyncio.Event()
    async with opened(here, "?model=gpt-realtime") as session:
        await session.ask("session.update", session={"type": "realtime", "tools": [TOOL]})
        await session.say("Draw a fox")
        await session.send("response.create")
        await language.came.wait()
        wrong = await session.ask("response.cancel", response_id="resp_other")
        while wrong["type"] != "error":
            wrong = await session.next()
        assert wrong["error"]["code"] == "response_cancel_not_active"
        await session.send("response.cancel")
        done = (await session.until("response.done"))["response"]
        assert "nothing was charged" in done["pochoir"]["notes"][0]
        await until(lambda: not ongoing._running)
        language.silent.set()
        assert (await session.answer())["status"] == "completed"
    assert len(here.upstream.seen) == 1


async def test_a_socket_that_closes_loses_no_image(here: Here, language: LanguageModel) -> None:
    here.upstream.faults.append("slow 0.3")
    async with opened(here, "?model=gpt-realtime") as session:
        await session.ask("session.update", session={"type": "realtime", "tools": [TOOL]})
        await session.say("Draw a fox")
        await session.send("response.create")
        await here.upstream.came.wait()
    await until(lambda: not ongoing._running)
    [entry] = await here.services.metering.entries()
    assert entry.amount > 0
    assert len(await here.services.images.library.recent()) == 1
    assert len(language.seen) == 1, "nobody is there for closing words"


async def test_a_socket_that_closes_while_it_is_decided_leaves_nothing_running(
    here: Here, language: LanguageModel
) -> None:
    language.silent = asyncio.Event()
    before = asyncio.all_tasks()
    async with opened(here, "?model=gpt-realtime") as session:
        await session.say("Draw a fox")
        await session.send("response.create")
        await language.came.wait()
    await until(lambda: not ongoing._running)
    language.silent.set()
    await until(lambda: not {task for task in asyncio.all_tasks() - before if "realtime" in repr(task.get_coro())})
    assert here.upstream.seen == []


@several_users
async def test_a_revoked_key_reads_and_adds_nothing_more_in_an_open_session(here: Here) -> None:
    key, secret = await here.services.accounts.create_key("robot")
    async with opened(here, headers=bearer(secret)) as session:
        item = await session.say("A fox")
        await here.services.accounts.revoke_key(key.id)
        refused = [
            await session.ask("conversation.item.retrieve", item_id=item["id"]),
            await session.ask(**_kind(message(TEXT))),
            await session.ask("response.create"),
        ]
    assert [told["error"]["code"] for told in refused] == ["invalid_api_key"] * 3


# -- bounds --------------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def bounded(here: Here, bounds: Bounds) -> AsyncIterator[Session]:
    here.app.router.routes.insert(0, WebSocketRoute("/bounded/realtime", door(bounds)))
    async with opened(here, f"?model={MODEL}", base="/bounded") as session:
        yield session


@pytest.mark.parametrize(
    ("bounds", "code"), [(Bounds(idle=0.2), "session_idle"), (Bounds(seconds=0.2), "session_expired")]
)
async def test_a_session_ends_in_time(here: Here, bounds: Bounds, code: str) -> None:
    async with bounded(here, bounds) as session:
        told = await session.next()
        assert told["error"]["code"] == code
        with pytest.raises(websockets.ConnectionClosed) as caught:
            await session.next()
    assert caught.value.rcvd is not None
    assert caught.value.rcvd.code == 1001


async def test_a_session_is_not_idle_while_it_draws(here: Here) -> None:
    here.upstream.faults.append("slow 0.5")
    async with bounded(here, Bounds(idle=0.2)) as session:
        assert (await session.answer(WORDS))["status"] == "completed"


async def test_a_full_session_says_so(here: Here) -> None:
    async with bounded(here, Bounds(items=3)) as session:
        await session.say("one")
        await session.say("two")
        full = await session.ask("response.create")
        assert full["error"]["code"] == "conversation_full", "an image and words may come"
        aside = await session.answer(conversation="none", input=[message(TEXT)["item"]])
        assert aside["status"] == "completed"
        await session.say("three")
        assert (await session.ask(**_kind(message(TEXT))))["error"]["code"] == "conversation_full"
        await session.ask("conversation.item.delete", item_id=session.seen[-2]["item"]["id"])
        long = message({"type": "input_text", "text": "x" * 400_001})
        assert (await session.ask(**_kind(long)))["error"]["code"] == "conversation_full"


def _kind(event: dict[str, Any]) -> dict[str, Any]:
    return {"kind": event["type"], "item": event["item"]}


async def test_a_message_that_is_too_big_ends_its_session_and_no_other(here: Here) -> None:
    async with opened(here, f"?model={MODEL}") as session, opened(here, f"?model={MODEL}") as other:
        masked_text, eight_bytes, mask = b"\x81", b"\xff", bytes(4)
        session.socket.transport.write(masked_text + eight_bytes + (1 << 30).to_bytes(8, "big") + mask)
        with pytest.raises(websockets.ConnectionClosedError) as caught:
            await session.next()
        assert caught.value.rcvd is not None
        assert caught.value.rcvd.code == 1009
        assert (await other.ask("session.update", session={"type": "realtime"}))["type"] == "session.updated"
