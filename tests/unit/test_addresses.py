"""Addresses to which nothing can be sent are told as such, before anything is sent there or written down."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from pochoir.domain.errors import EngineNotReady, PochoirError, Unavailable
from pochoir.domain.images import ImageRequest, Size
from pochoir.engines import bfl, google, openai, openai_compatible
from pochoir.engines.base import Credentials, Engine
from pochoir.features.conversations.author import Author
from pochoir.features.conversations.forward import Forwarder
from pochoir.features.conversations.service import Line
from pochoir.features.images.moderation import Moderation
from pochoir.features.runs.writer import LanguageModel
from pochoir.features.tools.model_builder.builder import probe
from pochoir.features.tools.model_builder.endpoint import Endpoint
from pochoir.infra.addresses import address_problem
from pochoir.infra.clock import Clock
from pochoir.infra.db import Database

ODD = {
    "http://[": "host or port",
    "http://[::1/v1": "host or port",
    "http://h:99999999/v1": "host or port",
    "http://h:-1/v1": "host or port",
    f"http://{'a' * 64}/v1": "host or port",
    "http://a..b/v1": "host or port",
    "http://user:pa@127.0.0.1:9/v1": "key has a field of its own",
    "http://user@127.0.0.1:9/v1": "key has a field of its own",
    "http://a b/v1": "Take it out",
    "http://a\x00b/v1": "Take it out",
    "ftp://h/v1": "must start with http",
    "http:///v1": "must start with http",
    "nowhere": "must start with http",
}
UNUSABLE = ("http://user:pa@127.0.0.1:9/v1", f"http://{'a' * 64}/v1", "http://[")
FOX = ImageRequest("any", "A fox", size=Size(1024, 1024))


@pytest.mark.parametrize("address", ODD)
def test_an_address_that_cannot_be_used_is_told(address: str) -> None:
    assert ODD[address] in address_problem(address)
    assert "pa@" not in address_problem(address)


@pytest.mark.parametrize(
    "address",
    [
        "http://localhost:8000/v1",
        "https://api.openai.com",
        "http://[::1]:9/v1",
        "HTTP://GPU_1/v1",
        "http://bücher.example/",
    ],
)
def test_an_address_that_can_be_tried_is_left_alone(address: str) -> None:
    assert not address_problem(address)


@pytest.mark.parametrize("address", UNUSABLE)
@pytest.mark.parametrize("make", [module.create for module in (bfl, google, openai, openai_compatible)])
async def test_an_engine_that_has_nowhere_to_ask_was_not_charged(make: Callable[[], Engine], address: str) -> None:
    engine = make()
    credentials = Credentials("key", address)
    for asked in (engine.generate(FOX, credentials), engine.check(credentials)):
        with pytest.raises(EngineNotReady, match="The address has") as told:
            await asked
        assert not told.value.may_have_been_charged
    await engine.close()


async def test_a_key_that_no_header_carries_was_not_sent() -> None:
    engine = openai.create()
    with pytest.raises(EngineNotReady, match="Enter it again") as told:
        await engine.generate(FOX, Credentials("sk-a\nb", "http://127.0.0.1:9/v1"))
    assert not told.value.may_have_been_charged
    await engine.close()


class Keys:
    def __init__(self, address: str) -> None:
        self.found = Credentials("sk-1", address, {"model": "small"})

    async def credentials(self, kind: str, name: str | None = None) -> Credentials:
        return self.found


async def forwarded(keys: Keys) -> None:
    async with Forwarder(keys).chat({}):
        pass


ASKED: tuple[Callable[[Keys], Awaitable[object]], ...] = (
    forwarded,
    lambda keys: LanguageModel(keys)("A fox", "", 10),
    lambda keys: Author(keys).decide([Line("user", "A fox")], tool=False),
    lambda keys: probe(Endpoint(str(keys.found.base_url), "small")),
)


@pytest.mark.parametrize("address", UNUSABLE)
@pytest.mark.parametrize("ask", ASKED)
async def test_a_language_model_that_cannot_be_asked_says_so(
    ask: Callable[[Keys], Awaitable[object]], address: str
) -> None:
    with pytest.raises(PochoirError, match=r"The language model cannot be asked\. The address has"):
        await ask(Keys(address))


@pytest.mark.parametrize("address", UNUSABLE)
async def test_a_moderation_endpoint_that_cannot_be_asked_lets_nothing_pass(
    db: Database, clock: Clock, address: str
) -> None:
    moderation = Moderation(db, clock, Keys(address))
    await moderation.choose("endpoint")
    with pytest.raises(Unavailable, match="The address has") as told:
        await moderation.check(FOX)
    assert told.value.code == "moderation_unavailable"
