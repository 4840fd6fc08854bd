"""Client secrets: what a program hands to a browser in the place of its key."""

from __future__ import annotations

import json
from typing import Any

import openai
import pytest
import websockets

from journeys.gateway import Here, several_users
from journeys.sockets import opened
from openai_spec import conforms

MODEL = "gpt-image-1-mini"
TOOL: Any = {"type": "image_generation", "model": MODEL, "size": "1024x1024", "quality": "low"}


async def secret_of(here: Here, key: str, **asked: Any) -> Any:
    client: Any
    async with here.client(key) as client:
        made = await client.realtime.client_secrets.create(**asked)
    conforms(made.model_dump(mode="json", exclude_unset=True, warnings=False), "RealtimeCreateClientSecretResponse")
    return made


def protocols(value: str) -> Any:
    return ["realtime", f"openai-insecure-api-key.{value}"]


@several_users
async def test_a_secret_opens_sessions_with_its_settings_at_its_keys_expense(here: Here) -> None:
    key, secret = await here.services.accounts.create_key("robot")
    session = {"type": "realtime", "model": "gpt-realtime", "instructions": "Be kind.", "tools": [TOOL]}
    made = await secret_of(here, secret, session=session, expires_after={"anchor": "created_at", "seconds": 60})
    assert made.value.startswith("ek_")
    for _ in range(2):
        async with opened(here, "?model=other", subprotocols=protocols(made.value)) as opening:
            shown = opening.seen[0]["session"]
            assert (shown["model"], shown["instructions"], shown["tools"]) == ("gpt-realtime", "Be kind.", [TOOL])
            await opening.answer("A fox in the snow")
    assert await here.services.metering.key_total(key.id) == await here.spent() > 0
    await here.services.accounts.revoke_key(key.id)
    assert await _refused(here, made.value) == 401


@several_users
async def test_a_secret_is_good_for_sessions_alone_and_not_for_ever(here: Here) -> None:
    _, secret = await here.services.accounts.create_key("robot")
    made = await secret_of(here, secret)
    assert made.session.model == "pochoir-sketch"
    async with here.client(made.value) as client:
        with pytest.raises(openai.AuthenticationError):
            await client.models.list()
    changed = made.value[:-3] + ("A" if made.value[-3] != "A" else "B") + made.value[-2:]
    assert await _refused(here, changed) == 401
    link = here.services.links.token("img_1").rstrip("=")
    assert [await _refused(here, value) for value in ("ek_", f"ek_{link}")] == [401, 401]
    old = here.services.clock.now_ns
    object.__setattr__(here.services.clock, "now_ns", lambda: old() + 601_000_000_000)
    assert await _refused(here, made.value) == 401


async def test_on_a_workspace_of_ones_own_a_secret_is_read_as_well(here: Here) -> None:
    made = await secret_of(here, "anything", session={"type": "realtime", "model": MODEL})
    async with opened(here, subprotocols=protocols(made.value)) as session:
        assert (await session.answer("A fox"))["status"] == "completed"
    assert await _refused(here, "ek_made_up") == 401


async def test_a_secret_of_a_workspace_without_keys_is_no_key_once_they_are_needed(here: Here) -> None:
    made = await secret_of(here, "anything")
    here.app.state.single_user = False
    assert await _refused(here, made.value) == 401


async def _refused(here: Here, value: str) -> int:
    with pytest.raises(websockets.InvalidStatus) as caught:
        async with opened(here, subprotocols=protocols(value)):
            pass
    assert json.loads(caught.value.response.body or b"")["error"]["message"].endswith(".")
    return caught.value.response.status_code


@pytest.mark.parametrize(
    ("asked", "param"),
    [
        ({"expires_after": {"seconds": 9}}, "expires_after.seconds"),
        ({"expires_after": {"anchor": "now"}}, "expires_after"),
        ({"session": {"type": "transcription"}}, "session.type"),
        ({"session": {"type": "realtime", "model": 7}}, "session.model"),
        ({"session": {"type": "realtime", "audio": {}, "instructions": ""}}, "session.audio"),
        ({"session": {"type": "realtime", "instructions": "x" * 4_000}}, "session"),
        ({"for": "me"}, "for"),
    ],
)
async def test_what_a_secret_cannot_carry_is_refused(here: Here, asked: dict[str, Any], param: str) -> None:
    client: Any
    async with here.client() as client:
        with pytest.raises(openai.BadRequestError) as caught:
            await client.post("/realtime/client_secrets", body=asked, cast_to=object)
    assert caught.value.param == param
