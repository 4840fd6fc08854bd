"""The language model that writes texts in runs, against a server on loopback that speaks the chat API."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import orjson
import pytest
from aiohttp import web

from pochoir.domain.errors import EngineError, EngineNotReady, EngineRateLimited, EngineTimeout
from pochoir.engines.base import Credentials
from pochoir.features.runs.writer import MAX_ANSWER, LanguageModel
from upstream.loopback import listening


class Server:
    """Answers with `status` and `body`, and keeps what it was sent."""

    def __init__(self) -> None:
        self.status, self.body, self.headers = 200, b"", dict[str, str]()
        self.delay = 0.0
        self.url = ""
        self.asked: list[tuple[str | None, dict[str, object]]] = []

    def says(self, text: object) -> None:
        self.body = orjson.dumps({"choices": [{"message": {"role": "assistant", "content": text}}]})

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append((request.headers.get("Authorization"), orjson.loads(await request.read())))
        await asyncio.sleep(self.delay)
        return web.Response(status=self.status, body=self.body, headers=self.headers)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    known = Server()
    app = web.Application()
    app.router.add_post("/v1/chat/completions", known.answer)
    async with listening(app) as origin:
        known.url = f"{origin}/v1/"
        yield known


class Keys:
    def __init__(self, found: Credentials | None) -> None:
        self.found = found

    async def credentials(self, kind_id: str, name: str | None = None) -> Credentials | None:
        assert kind_id == "language_model"
        return self.found


def model(server: Server, seconds: float = 20) -> LanguageModel:
    return LanguageModel(Keys(Credentials("sk-1", server.url, {"model": "small"})), seconds)


async def test_a_text_is_asked_for_and_given_without_thoughts(server: Server) -> None:
    server.says("<think>Hmm.\nA fox?</think>\n\nA fox in snow. ")
    assert await model(server)("Praise a fox", "Like a poet", 12) == "A fox in snow."
    [(key, body)] = server.asked
    assert key == "Bearer sk-1"
    assert body == {
        "model": "small",
        "messages": [
            {"role": "system", "content": "Like a poet\nWrite at most 12 words. Answer with the text alone."},
            {"role": "user", "content": "Praise a fox"},
        ],
    }


@pytest.mark.parametrize("found", [None, Credentials("k", None, {"model": "m"}), Credentials("k", "http://x")])
async def test_without_a_connection_it_says_where_to_make_one(found: Credentials | None) -> None:
    with pytest.raises(EngineNotReady, match="Connect one on the settings page"):
        await LanguageModel(Keys(found))("x", "", 1)


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (401, EngineNotReady, "refused the key"),
        (404, EngineNotReady, "address or model name is wrong"),
        (429, EngineRateLimited, "slow down"),
        (500, EngineError, r"failed \(status 500\)"),
        (302, EngineError, r"failed \(status 302\)"),
    ],
)
async def test_a_refusal_is_told_in_words(server: Server, status: int, kind: type[EngineError], words: str) -> None:
    server.status, server.headers = status, {"Retry-After": "7", "Location": "http://127.0.0.1:9/elsewhere"}
    with pytest.raises(kind, match=words) as caught:
        await model(server)("x", "", 1)
    assert caught.value.retry_after == (7.0 if status == 429 else None)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"{}", b'{"choices":[]}', b'{"choices":[{"message":{"content":null}}]}']
)
async def test_an_answer_without_a_text_is_an_error(server: Server, body: bytes) -> None:
    server.body = body
    with pytest.raises(EngineError, match="gave no text"):
        await model(server)("x", "", 1)


async def test_too_slow_too_long_and_not_there(server: Server) -> None:
    server.delay = 5
    with pytest.raises(EngineTimeout, match="within 0 seconds"):
        await model(server, seconds=0.1)("x", "", 1)
    server.delay, server.body = 0, b" " * (MAX_ANSWER + 1)
    with pytest.raises(EngineError, match="far too long"):
        await model(server)("x", "", 1)
    away = LanguageModel(Keys(Credentials(None, "http://127.0.0.1:9/v1", {"model": "m"})))
    with pytest.raises(EngineError, match="cannot be reached"):
        await away("x", "", 1)
