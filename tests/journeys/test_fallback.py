"""Another model steps in by rule only, only when no money is gone; it is named, and charged once."""

from __future__ import annotations

import asyncio
import io
import json
from typing import Any

import openai
import pytest

from journeys.gateway import Here
from pochoir.domain.money import MicroUSD
from upstream.faults import KEY
from upstream.server import picture

MODEL = "gpt-image-2"
OTHER = "gpt-image-1.5"
FREE = "pochoir-sketch"


async def ask(here: Here, key: str | None = None, **more: Any) -> Any:
    """The parsed answer, with its headers beside it."""
    headers = {"Idempotency-Key": key} if key else {}
    headers |= more.pop("headers", {})
    async with here.client() as client:
        raw = await client.images.with_raw_response.generate(
            model=more.pop("model", MODEL),
            prompt="A fox",
            size=more.pop("size", "1024x1024"),
            quality="low",
            extra_headers=headers,
            extra_body=more,
        )
    return raw.parse(), raw.headers


async def models(here: Here) -> list[str]:
    return [seen.fields["model"] for seen in here.upstream.seen]


@pytest.mark.parametrize("fault", ["429", "quota", "unverified", "redirect"])
async def test_without_a_rule_nothing_steps_in(here: Here, fault: str) -> None:
    here.upstream.faults.append(fault)
    with pytest.raises(openai.APIStatusError):
        await ask(here)
    assert await here.services.metering.entries() == []


async def test_an_edit_by_form_names_several(here: Here) -> None:
    here.upstream.faults.append("quota")
    here.upstream.faults.append("quota")
    image = io.BytesIO(picture((1024, 1024)))
    async with here.client() as client:
        answer = await client.images.edit(
            model=MODEL, image=image, prompt="Add a frame", size="1024x1024", extra_body={"fallback": [OTHER, FREE]}
        )
    assert await models(here) == [MODEL, OTHER]
    assert answer.model_extra is not None
    assert answer.model_extra["pochoir"]["model"] == FREE


@pytest.mark.parametrize("how", [{"fallback": FREE}, {"fallback": [FREE]}, {"headers": {"x-pochoir-fallback": FREE}}])
async def test_the_request_names_who_steps_in(here: Here, how: dict[str, Any]) -> None:
    here.upstream.faults.append("quota")
    answer, headers = await ask(here, **how)
    assert (headers["x-pochoir-model"], headers["x-pochoir-instead-of"]) == (FREE, MODEL)
    told = answer.pochoir
    assert (told["model"], told["instead_of"], told["charge_microusd"]) == (FREE, MODEL, 0)
    assert told["notes"][0].startswith(
        "Pochoir Sketch answered instead of GPT Image 2, as your request wants it so: The "
    )
    [entry] = await here.services.metering.entries()
    assert (entry.model, entry.amount) == (FREE, 0)
    [kept] = await here.services.images.library.recent()
    assert kept.model == FREE


async def test_what_may_have_been_charged_is_not_asked_again_unless_the_request_accepts_it(here: Here) -> None:
    here.upstream.faults.append("500")
    with pytest.raises(openai.InternalServerError) as failed:
        await ask(here, fallback=FREE)
    assert failed.value.response.headers["x-should-retry"] == "false"
    assert await here.services.metering.entries() == []
    here.upstream.faults.append("500")
    answer, _ = await ask(here, fallback=FREE, fallback_even_if_charged=True)
    assert answer.pochoir["model"] == FREE
    assert answer.pochoir["notes"][0].endswith("The first may have been charged as well.")


@pytest.mark.parametrize("fault", ["moderation"])
async def test_a_refusal_is_the_answer(here: Here, fault: str) -> None:
    here.upstream.faults.append(fault)
    with pytest.raises(openai.BadRequestError) as refused:
        await ask(here, fallback=FREE, fallback_even_if_charged=True)
    assert refused.value.code == "moderation_blocked"
    with pytest.raises(openai.BadRequestError):
        await ask(here, fallback=FREE, size="17x17")
    assert await here.services.metering.entries() == []


async def test_the_teams_rule_holds_for_whoever_asks_and_can_be_declined(here: Here) -> None:
    await here.services.successions.put_fallback(MODEL, OTHER, even_if_charged=False)
    here.upstream.faults.append("429 ms")
    answer, _ = await ask(here, size="1600x1200")
    assert await models(here) == [MODEL, OTHER]
    assert (answer.pochoir["model"], answer.size) == (OTHER, "1536x1024")
    assert "the rule for gpt-image-2 wants it so" in answer.pochoir["notes"][0]
    assert any("1536x1024" in note for note in answer.pochoir["notes"]), "what was mapped is told"
    [entry] = await here.services.metering.entries()
    assert (entry.model, entry.amount) == (OTHER, answer.pochoir["charge_microusd"])
    await asyncio.sleep(0.3)
    here.upstream.faults.append("quota")
    with pytest.raises(openai.InternalServerError):
        await ask(here, fallback="none")
    await here.services.successions.remove_fallback(MODEL)
    here.upstream.faults.append("quota")
    with pytest.raises(openai.InternalServerError):
        await ask(here)


async def test_the_same_key_gives_what_stepped_in_and_charges_once(here: Here) -> None:
    here.upstream.faults.extend(["unverified"])
    first, _ = await ask(here, key="k", fallback=OTHER)
    again, headers = await ask(here, key="k", fallback=OTHER)
    assert headers["x-pochoir-replayed"] == "true"
    assert (headers["x-pochoir-model"], headers["x-pochoir-instead-of"]) == (OTHER, MODEL)
    assert again.data[0].b64_json == first.data[0].b64_json
    assert again.pochoir["notes"] == first.pochoir["notes"]
    assert await models(here) == [MODEL, OTHER]
    assert len(await here.services.metering.entries()) == 1


async def test_several_are_asked_in_turn_and_the_first_error_is_told_when_none_can(here: Here) -> None:
    here.upstream.faults.extend(["unverified", "quota"])
    answer, _ = await ask(here, fallback=[OTHER, FREE])
    assert (answer.pochoir["model"], await models(here)) == (FREE, [MODEL, OTHER])
    here.upstream.faults.extend(["unverified", "quota"])
    with pytest.raises(openai.InternalServerError) as failed:
        await ask(here, key="k", fallback=[OTHER, "dall-e-2"])
    assert failed.value.code == "provider_not_allowed"
    answer, _ = await ask(here, key="k", fallback=[OTHER, FREE])
    assert answer.pochoir["model"] == MODEL, "with the same key it may be asked again: nothing was charged"
    with pytest.raises(openai.BadRequestError):
        await ask(here, fallback="a,b,c,d")


@pytest.mark.parametrize(
    "how", [{"fallback": [FREE, "pochoir-skech"]}, {"headers": {"x-pochoir-fallback": "pochoir-skech"}}]
)
async def test_a_misspelt_name_is_told_before_anything_is_sent(here: Here, how: dict[str, Any]) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        await ask(here, **how)
    assert (refused.value.param, here.upstream.seen) == ("fallback", [])
    assert "Did you mean pochoir-sketch" in refused.value.message


async def test_one_that_may_have_been_charged_on_the_way_is_told(here: Here) -> None:
    here.upstream.faults.extend(["unverified", "500"])
    with pytest.raises(openai.InternalServerError) as failed:
        await ask(here, fallback=[OTHER, FREE])
    assert failed.value.response.headers["x-should-retry"] == "false"
    assert await models(here) == [MODEL, OTHER]


async def test_a_budget_holds_for_who_steps_in(here: Here) -> None:
    await here.services.metering.set_budget(MicroUSD(7_000))
    here.upstream.faults.append("quota")
    with pytest.raises(openai.InternalServerError) as failed:
        await ask(here, fallback=OTHER)
    assert failed.value.code == "provider_limit_reached"
    assert await models(here) == [MODEL]


async def test_a_model_without_a_key_steps_aside(here: Here) -> None:
    here.services.connections._environment = {}
    answer, _ = await ask(here, fallback=FREE)
    assert answer.pochoir["model"] == FREE
    here.services.connections._environment = {"OPENAI_API_KEY": KEY}


async def test_what_stepped_in_is_not_remembered_as_the_models_own(here: Here) -> None:
    here.upstream.faults.append("quota")
    first, _ = await ask(here, fallback=FREE, cache=True)
    second, _ = await ask(here, fallback=FREE, cache=True)
    assert (first.pochoir["model"], second.pochoir["model"]) == (FREE, MODEL)


async def test_a_stream_says_who_stepped_in_and_none_does_after_partial_images(here: Here) -> None:
    here.upstream.faults.append("quota")
    async with here.client() as client:
        stream = await client.images.generate(
            model=MODEL, prompt="A fox", size="1024x1024", stream=True, extra_body={"fallback": FREE}
        )
        events = [event async for event in stream]
    told = json.loads(events[-1].model_dump_json())["pochoir"]
    assert (told["model"], told["instead_of"]) == (FREE, MODEL)


@pytest.mark.parametrize("route", ["chat", "responses"])
async def test_chats_and_responses_say_so_too(here: Here, route: str) -> None:
    here.upstream.faults.append("quota")
    headers = {"x-pochoir-fallback": FREE}
    async with here.client() as client:
        if route == "chat":
            chat = await client.chat.completions.with_raw_response.create(
                model=MODEL, messages=[{"role": "user", "content": "A fox"}], extra_headers=headers
            )
            assert chat.headers["x-pochoir-instead-of"] == MODEL
            assert "answered instead of" in str(chat.parse().choices[0].message.content)
        else:
            answer = await client.responses.with_raw_response.create(model=MODEL, input="A fox", extra_headers=headers)
            assert answer.headers["x-pochoir-model"] == FREE
            assert answer.parse().model_dump()["pochoir"]["instead_of"] == MODEL
