"""Answers begin while their images are being stored, and are whole only when those are stored and charged."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import threading
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from journeys.gateway import Here
from pochoir.domain.errors import StorageFull
from pochoir.domain.images import GeneratedImage
from pochoir.features.images.bookkeeping import Bookkeeping
from pochoir.features.images.copies import Marks
from pochoir.infra.blobs import Blobs
from upstream.server import picture

ASKED: dict[str, Any] = {"model": "gpt-image-2", "prompt": "A fox", "size": "1024x1024", "quality": "low"}


class Held:
    """A disk that takes its time, until it is let go on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.go_on = threading.Event()
        put = Blobs.put

        def slow(blobs: Blobs, data: bytes) -> str:
            assert self.go_on.wait(20)
            return put(blobs, data)

        monkeypatch.setattr(Blobs, "put", slow)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[Held]:
    disk = Held(monkeypatch)
    yield disk
    disk.go_on.set()


async def begin(here: Here, **more: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    host, port = here.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    body = json.dumps({**ASKED, **more}).encode()
    head = f"POST /v1/images/generations HTTP/1.1\r\nhost: {host}:{port}\r\ncontent-length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body)
    return reader, writer


async def test_all_but_the_end_is_there_while_the_image_is_being_stored(here: Here, held: Held) -> None:
    reader, writer = await begin(here)
    async with asyncio.timeout(20):
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(re.findall(rb"content-length: (\d+)", head)[0])
        early = await reader.readuntil(base64.b64encode(picture((1024, 1024)))[-40:])
        assert head.startswith(b"HTTP/1.1 200")
        with pytest.raises(json.JSONDecodeError):
            json.loads(early)
        assert await here.spent() == 0
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(1), 0.3)
        held.go_on.set()
        rest = await reader.readexactly(length - len(early))
    answer = json.loads(early + rest)
    [artifact] = await here.services.images.library.recent()
    assert answer["pochoir"]["images"] == [artifact.id]
    assert f"x-pochoir-cost-microusd: {await here.spent()}".encode() in head
    assert await here.services.images.library.read(artifact) == base64.b64decode(answer["data"][0]["b64_json"])
    writer.close()


async def test_a_client_that_leaves_in_the_middle_loses_nothing(here: Here, held: Held) -> None:
    reader, writer = await begin(here)
    await reader.readuntil(b"\r\n\r\n")
    writer.transport.abort()
    held.go_on.set()
    async with asyncio.timeout(20):
        while not await here.spent():  # noqa: ASYNC110 - nothing signals the end of work that nobody waits for
            await asyncio.sleep(0.01)
    assert len(await here.services.images.library.recent()) == 1


@pytest.mark.parametrize("n", [1, 3])
async def test_a_full_disk_does_not_cost_the_client_what_it_has_paid_for(
    here: Here, monkeypatch: pytest.MonkeyPatch, n: int
) -> None:
    def full(*_: object) -> str:
        raise StorageFull("The image could not be stored. Make room, then try again.")

    monkeypatch.setattr(Blobs, "put", full)
    async with here.client(max_retries=2) as client:
        headers = {"Idempotency-Key": "k"}
        answer = await client.images.generate(**{**ASKED, "n": n}, extra_headers=headers)
        assert answer.data is not None
        assert base64.b64decode(answer.data[0].b64_json or "") == picture((1024, 1024))
        assert answer.usage is not None
        assert answer.model_extra is not None
        told = answer.model_extra["pochoir"]
        assert (told["images"], told["notes"][-1][:15]) == ([], "Keep this image")
        monkeypatch.undo()
        with pytest.raises(openai.APIStatusError) as again:
            await client.images.generate(**{**ASKED, "n": n}, extra_headers=headers)
    assert again.value.code == "may_have_been_charged"
    assert len(here.upstream.seen) == 1
    assert await here.services.metering.entries() == []


async def test_books_that_cannot_be_closed_are_told_the_same_way(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("the books are broken")

    monkeypatch.setattr(Bookkeeping, "book", broken)
    async with here.client() as client:
        answer = await client.images.generate(**ASKED)
    assert answer.model_extra is not None
    assert "could not be stored" in answer.model_extra["pochoir"]["notes"][-1]


async def test_no_other_model_steps_in_for_an_answer_that_has_begun(
    here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("the books are broken")

    monkeypatch.setattr(Bookkeeping, "book", broken)
    async with here.client() as client:
        more = {"fallback": ["gpt-image-1.5"], "fallback_even_if_charged": True}
        answer = await client.images.generate(**ASKED, extra_body=more)
    assert answer.data is not None
    assert [seen.fields["model"] for seen in here.upstream.seen] == ["gpt-image-2"]


@pytest.mark.parametrize("marked", [True, False])
async def test_what_is_linked_or_marked_is_stored_before_its_answer_begins(
    here: Here, held: Held, marked: bool
) -> None:
    if marked:
        await here.services.copies.choose(Marks(answers=True, signed=False))
    reader, writer = await begin(here, **({} if marked else {"response_format": "url"}))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.read(1), 0.5)
    held.go_on.set()
    async with asyncio.timeout(20):
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
    writer.close()


def test_an_image_is_held_once_while_its_answer_goes_out() -> None:
    image = GeneratedImage(b"abc", "image/png", None, b64=b"YWJj")  # type: ignore[arg-type]
    assert image.lightened().data == b""
