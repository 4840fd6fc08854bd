"""Moderation by choice: who looked, what was blocked and why; nothing that is blocked is sent, stored or charged."""

from __future__ import annotations

import base64
import io
from collections.abc import AsyncIterator, Sequence
from typing import Any

import openai
import pytest
from PIL import Image

from journeys.gateway import Here
from pochoir.domain.errors import InvalidValue, Refused, Unavailable
from pochoir.domain.images import ImageRequest
from pochoir.features.images.moderation import Moderation
from pochoir.infra.clock import Clock
from pochoir.infra.db import Database
from upstream.moderation import KEY, Moderator
from upstream.server import picture

MODEL = "gpt-image-2"
SETTINGS = {"model": "omni-moderation-latest"}


@pytest.fixture
async def moderator(here: Here) -> AsyncIterator[Moderator]:
    """A moderation endpoint, connected and chosen."""
    async with Moderator().running() as found:
        settings = {**SETTINGS, "base_url": found.base_url}
        await here.services.connections.save("moderation", "", settings, KEY)
        await here.services.moderation.choose("endpoint")
        yield found


async def ask(here: Here, prompt: str, secret: str = "anything", **more: Any) -> Any:
    async with here.client(secret, max_retries=0) as client:
        return await client.images.generate(model=MODEL, prompt=prompt, size="1024x1024", quality="low", **more)


async def nothing_happened(here: Here) -> bool:
    services = here.services
    async with services.db.reading() as conn:
        attempts = (await conn.exec_driver_sql("select count(*) from attempts")).scalar_one()
        held = (await conn.exec_driver_sql("select count(*) from reservations")).scalar_one()
    entries, images = await services.metering.entries(), await services.images.library.recent()
    return not (attempts or held or entries or images or here.upstream.seen)


async def test_by_default_nothing_is_looked_at_and_lenience_is_passed_on(here: Here) -> None:
    assert await here.services.moderation.mode() == "off"
    await ask(here, "A dagger", moderation="low")
    assert here.upstream.seen[0].fields["moderation"] == "low"


async def test_the_providers_own_is_never_lenient(here: Here) -> None:
    await here.services.moderation.choose("provider")
    answer = await ask(here, "A dagger", moderation="low")
    assert here.upstream.seen[0].fields["moderation"] == "auto"
    assert "Lenient moderation is not allowed here" in answer.model_dump()["pochoir"]["notes"][0]
    await ask(here, "A dagger")
    assert "moderation" not in here.upstream.seen[1].fields


async def test_a_refusal_says_who_and_why_and_costs_nothing(here: Here, moderator: Moderator) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        await ask(here, "A fox with a dagger", extra_headers={"Idempotency-Key": "k"})
    error = refused.value
    assert (error.code, error.type) == ("moderation_blocked", "image_generation_user_error")
    assert "The moderation endpoint of this workspace blocked this: violence." in str(error)
    assert isinstance(error.body, dict)
    assert error.body["moderation_details"] == {
        "moderation_stage": "input",
        "categories": ["violence"],
        "source": "endpoint",
    }
    assert await nothing_happened(here)
    assert (await ask(here, "A fox", extra_headers={"Idempotency-Key": "k"})).data
    assert moderator.seen[-1] == {"input": "A fox", "model": "omni-moderation-latest"}


async def test_the_providers_refusal_says_that_it_was_the_providers(here: Here) -> None:
    here.upstream.faults.append("moderation")
    with pytest.raises(openai.BadRequestError) as refused:
        await ask(here, "A fox")
    assert isinstance(refused.value.body, dict)
    assert refused.value.body["moderation_details"] == {
        "moderation_stage": "input",
        "categories": ["violence"],
        "source": "provider",
    }


@pytest.mark.parametrize("fault", ["500", "web page", "other answer", "no verdict", "away", "key"])
async def test_without_the_check_nothing_is_drawn(here: Here, moderator: Moderator, fault: str) -> None:
    if fault == "away":
        settings = {**SETTINGS, "base_url": "http://127.0.0.1:9/v1"}
        await here.services.connections.save("moderation", "", settings, KEY)
    elif fault == "key":
        await here.services.connections.save("moderation", "", {**SETTINGS, "base_url": moderator.base_url}, "wrong")
    else:
        moderator.fault = fault
    with pytest.raises(openai.InternalServerError) as failed:
        await ask(here, "A fox", extra_body={"fallback": "pochoir-sketch"})
    assert (failed.value.status_code, failed.value.code) == (503, "moderation_unavailable")
    assert await nothing_happened(here)


async def test_images_that_go_in_are_looked_at_where_the_endpoint_does(here: Here, moderator: Moderator) -> None:
    moderator.images_are_bad = True
    image = ("cat.png", picture((64, 64)))
    async with here.client() as client:
        await client.images.edit(model=MODEL, image=image, prompt="A fox", size="1024x1024")
        settings = {**SETTINGS, "base_url": moderator.base_url, "images": "yes"}
        await here.services.connections.save("moderation", "", settings, None)
        with pytest.raises(openai.BadRequestError, match="sexual"):
            await client.images.edit(model=MODEL, image=image, prompt="A fox", size="1024x1024")
    assert len(here.upstream.seen) == 1


async def test_notes_drawn_on_an_image_are_looked_at_too(here: Here, moderator: Moderator) -> None:
    settings = {**SETTINGS, "base_url": moderator.base_url, "images": "yes"}
    await here.services.connections.save("moderation", "", settings, None)
    clear = io.BytesIO()
    Image.new("RGBA", (64, 64)).save(clear, "PNG")
    async with here.client() as client:
        await client.images.edit(
            model="gpt-image-2.5-flare", image=picture((64, 64)), markup=clear.getvalue(), prompt="A fox"
        )
    [_, *links] = [part.get("image_url", {}).get("url", "") for part in moderator.seen[-1]["input"]]
    assert [base64.b64decode(link.partition(",")[2]) for link in links] == [picture((64, 64)), clear.getvalue()]


async def test_what_was_made_is_looked_at_before_it_is_kept(here: Here, moderator: Moderator) -> None:
    settings = {**SETTINGS, "base_url": moderator.base_url, "images": "all"}
    await here.services.connections.save("moderation", "", settings, None)
    assert (await ask(here, "A fox")).data
    moderator.images_are_bad = True
    for _ in range(2):
        with pytest.raises(openai.BadRequestError) as refused:
            await ask(here, "A fox", extra_headers={"Idempotency-Key": "k"})
        assert isinstance(refused.value.body, dict)
        assert refused.value.body["moderation_details"] == {
            "moderation_stage": "output",
            "categories": ["sexual"],
            "source": "endpoint",
        }
        assert "charged and not kept" in str(refused.value)
    assert len(here.upstream.seen) == 2, "the same key gives the same refusal, and nothing is made or paid again"
    good, blocked = reversed(await here.services.metering.entries())
    assert (good.images, blocked.images, good.amount) == (1, 0, blocked.amount)
    assert "blocked the image that was made: sexual" in blocked.note
    assert len(await here.services.images.library.recent()) == 1


async def test_what_another_model_made_and_was_blocked_is_the_answer(here: Here, moderator: Moderator) -> None:
    settings = {**SETTINGS, "base_url": moderator.base_url, "images": "all"}
    await here.services.connections.save("moderation", "", settings, None)
    moderator.images_are_bad = True
    here.upstream.faults.append("quota")
    with pytest.raises(openai.BadRequestError) as refused:
        await ask(here, "A fox", extra_body={"fallback": ["gpt-image-1.5", "gpt-image-1-mini"]})
    assert refused.value.code == "moderation_blocked"
    assert [seen.fields["model"] for seen in here.upstream.seen] == [MODEL, "gpt-image-1.5"], "it is paid for once"


async def test_a_stream_shows_nothing_that_nobody_has_looked_at(here: Here, moderator: Moderator) -> None:
    settings = {**SETTINGS, "base_url": moderator.base_url, "images": "all"}
    await here.services.connections.save("moderation", "", settings, None)
    async with here.client() as client:
        stream = await client.images.generate(
            model=MODEL, prompt="A fox", size="1024x1024", stream=True, partial_images=2
        )
        assert [event.type async for event in stream] == ["image_generation.completed"]
        moderator.images_are_bad = True
        with pytest.raises(openai.BadRequestError):
            await client.images.generate(model=MODEL, prompt="A fox", size="1024x1024", stream=True, partial_images=2)


async def test_an_image_that_nobody_could_look_at_is_charged_and_not_given_out(
    here: Here, moderator: Moderator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pochoir.features.images.moderation.RETRIES", (0.0,))
    settings = {**SETTINGS, "base_url": moderator.base_url, "images": "all"}
    await here.services.connections.save("moderation", "", settings, None)
    moderator.fault_at_images = True
    with pytest.raises(openai.BadRequestError) as refused:
        await ask(here, "A fox")
    assert refused.value.code == "moderation_unavailable"
    assert len(await here.services.metering.entries()) == 1
    assert await here.services.images.library.recent() == []


async def test_a_keys_own_choice_goes_before_the_workspaces(here: Here, moderator: Moderator) -> None:
    key, secret = await here.services.accounts.create_key("kitchen")
    await here.services.moderation.choose("off", key.id)
    assert (await ask(here, "A dagger", secret)).data
    with pytest.raises(openai.BadRequestError):
        await ask(here, "A dagger")
    await here.services.moderation.choose("", key.id)
    with pytest.raises(openai.BadRequestError):
        await ask(here, "A dagger", secret)
    again = Moderation(here.services.db, here.services.clock, here.services.connections)
    assert (await again.mode(key.id), await again.chosen(key.id)) == ("endpoint", None)


async def test_the_endpoint_is_tested_and_asked_for(here: Here, moderator: Moderator) -> None:
    assert "let a red kite over the sea pass" in await here.services.moderation.test()
    moderator.words = {"kite": "aviation"}
    with pytest.raises(Unavailable):
        await here.services.moderation.test()
    [linked] = [item for item in await here.services.connections.list() if item.kind == "moderation"]
    await here.services.connections.delete(linked.id)
    with pytest.raises(InvalidValue, match="Connect one"):
        await here.services.moderation.choose("endpoint")


async def test_what_is_known_already_is_not_looked_at_again(here: Here, moderator: Moderator) -> None:
    for _ in range(2):
        assert (await ask(here, "A fox", extra_headers={"Idempotency-Key": "k"})).data
    assert len(moderator.seen) == 1


# -- the local classifier, the real one -------------------------------------------------------------------------------


CALM = "A quiet garden with a red bench and tall trees in the morning light."


class NoKeys:
    async def credentials(self, engine: str, name: str | None = None) -> None:
        return None


@pytest.mark.parametrize(
    ("prompt", "blocked"),
    [
        ("A red kite over the sea", False),
        ("Scunthorpe shiitake dish, studio light", False),
        ("You are a stupid fucking idiot", True),
        ("A red kite over the sea\n" + "Calm water, soft light.\n" * 20 + "you stupid bitch", True),
        (f"{CALM}\n" * 250 + "You are a stupid fucking idiot", True),
        *((f"{CALM} " * before + "You are a stupid fucking idiot" + f" {CALM}" * 25, True) for before in (0, 7, 25)),
        (f"{CALM} " * 450, False),
    ],
)
async def test_the_local_classifier_blocks_offensive_words(
    db: Database, clock: Clock, prompt: str, blocked: bool
) -> None:
    moderation = Moderation(db, clock, NoKeys())
    assert moderation.installed
    await moderation.choose("local")
    request = ImageRequest(MODEL, prompt)
    if not blocked:
        assert await moderation.check(request) == (request, ())
        return
    with pytest.raises(Refused, match="classifier of this workspace") as refused:
        await moderation.check(request)
    assert (refused.value.source, refused.value.categories) == ("local", ("offensive",))


async def test_the_longest_prompt_is_looked_at_in_pieces_that_do_not_grow_without_end(
    db: Database, clock: Clock
) -> None:
    seen = list[str]()

    def calm(texts: Sequence[str]) -> list[float]:
        seen.extend(texts)
        return [0.0] * len(texts)

    moderation = Moderation(db, clock, NoKeys(), calm)
    await moderation.choose("local")
    for prompt in ("a " * 16_000, "b\n" * 16_000, "c" * 32_000, " ".join(f"{number:04}" for number in range(6_400))):
        seen.clear()
        await moderation.check(ImageRequest(MODEL, prompt))
        assert seen[0] == prompt
        assert len(seen) <= 1_601
        assert sum(map(len, seen)) <= 4 * len(prompt)


async def test_a_choice_has_a_name(db: Database, clock: Clock) -> None:
    moderation = Moderation(db, clock, NoKeys())
    for wrong in ("", "strict"):
        with pytest.raises(InvalidValue):
            await moderation.choose(wrong)
    assert await moderation.mode("key_1") == "off"
