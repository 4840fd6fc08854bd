"""Google's batches at the wire: pieces of an upload, keys of several images, states in every spelling, odd answers."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from pochoir.domain.errors import EngineError, EngineNotReady, EngineRateLimited, InvalidRequest, PochoirError, Refused
from pochoir.domain.images import ImageRequest
from pochoir.engines import google_batches
from pochoir.engines.base import BatchReply, BatchStanding, Credentials
from pochoir.engines.google import GoogleEngine
from pochoir.engines.google_lines import Gathered
from upstream.google import KEY, Google, picture

MODEL = "gemini-3.1-flash-image"
TARGET = f"models/{MODEL}"


@pytest.fixture
async def google() -> AsyncIterator[Google]:
    async with Google().running() as server:
        server.batches.open = True
        yield server


@pytest.fixture
async def engine() -> AsyncIterator[GoogleEngine]:
    made = GoogleEngine(timeout=5.0)
    yield made
    await made.close()


def at(server: Google, key: str = KEY) -> Credentials:
    return Credentials(key=key, base_url=server.base_url)


def ask(**more: Any) -> ImageRequest:
    return ImageRequest(**{"model": MODEL, "prompt": "A fox", **more})


def made(key: str, number: int = 0) -> bytes:
    data = base64.b64encode(picture((8 + number, 8))).decode()
    parts = [{"inlineData": {"mimeType": "image/png", "data": data}}]
    return orjson.dumps({"response": {"candidates": [{"content": {"parts": parts}}]}, "key": key})


def failed(key: str, code: int) -> bytes:
    return orjson.dumps({"key": key, "error": {"code": code, "message": "No."}})


async def sent(engine: GoogleEngine, google: Google, folder: Path, *requests: ImageRequest) -> str:
    """The name of a batch of these requests."""
    path = folder / "in.jsonl"
    path.write_bytes(b"".join(engine.batches.line(request, str(number)) for number, request in enumerate(requests, 1)))
    file = await engine.batches.upload(path, at(google))
    assert file is not None
    return await engine.batches.submit(file, TARGET, "part_1", at(google))


async def ended(engine: GoogleEngine, google: Google, batch: str) -> BatchStanding:
    for _ in range(5):
        standing = await engine.batches.standing(batch, at(google))
        if standing.ended:
            return standing
    raise AssertionError("it never ends")


async def test_a_batch_from_its_lines_to_its_images(engine: GoogleEngine, google: Google, tmp_path: Path) -> None:
    requests = (ask(n=2, seed=7, quality="2K"), ask(prompt="A star"))
    batch = await sent(engine, google, tmp_path, *requests)
    assert await engine.batches.find("part_1", at(google)) == batch
    assert await engine.batches.find("part_2", at(google)) is None
    standing = await ended(engine, google, batch)
    replies = [reply async for reply in engine.batches.replies(standing.files[0], at(google))]
    assert [(reply.name, reply.status) for reply in replies] == [("1", 200), ("2", 200)]
    results = [engine.batches.read(reply, request, 0) for reply, request in zip(replies, requests, strict=True)]
    assert [[image.size.width for image in result.images] for result in results] == [[2048, 2048], [1024]]
    assert (results[0].usage.image_out, results[0].usage.images, results[0].usage_reported) == (3360, 2, True)
    seeds = [body["generationConfig"].get("seed") for body in google.seen]
    assert seeds == [7, 8, None]


async def test_a_big_file_goes_in_pieces(
    engine: GoogleEngine, google: Google, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(google_batches, "PIECE", 256 * 1024)
    path = tmp_path / "in.jsonl"
    for size, pieces in ((600_000, [262_144, 262_144, 75_712]), (524_288, [262_144, 262_144]), (9, [9])):
        google.batches.pieces.clear()
        path.write_bytes(b"x" * size)
        file = await engine.batches.upload(path, at(google))
        assert file is not None
        assert (google.batches.files[file], google.batches.pieces) == (path.read_bytes(), pieces)


async def test_a_server_without_files_has_no_batches(engine: GoogleEngine, google: Google, tmp_path: Path) -> None:
    google.batches.open = False
    path = tmp_path / "in.jsonl"
    path.write_bytes(b"x")
    assert await engine.batches.upload(path, at(google)) is None
    with pytest.raises(EngineNotReady):
        await engine.batches.upload(path, at(google, "wrong"))


async def test_what_is_done_with_is_deleted_where_google_lets_it(
    engine: GoogleEngine, google: Google, tmp_path: Path
) -> None:
    batch = await sent(engine, google, tmp_path, ask())
    standing = await ended(engine, google, batch)
    for _ in range(2):  # the second time it is gone already
        await engine.batches.forget("files/in0000000000", at(google))
    with pytest.raises(InvalidRequest, match="40 characters"):
        await engine.batches.forget(standing.files[0], at(google))
    assert list(google.batches.files) == list(standing.files)
    await engine.batches.cancel(batch, at(google))  # too late, and no matter


@pytest.mark.parametrize(
    ("told", "standing"),
    [
        ({"metadata": {"state": "BATCH_STATE_PENDING"}}, BatchStanding("working")),
        ({"metadata": {"state": "BATCH_STATE_SOMETHING_NEW"}}, BatchStanding("working")),
        ({"metadata": {"state": "BATCH_STATE_SUCCEEDED"}}, BatchStanding("working")),
        (
            {"metadata": {"state": "JOB_STATE_SUCCEEDED", "output": {"responsesFile": "files/x"}}},
            BatchStanding("completed", ("files/x",)),
        ),
        (
            {"metadata": {"state": "BATCH_STATE_FAILED"}, "done": True, "error": {"code": 3, "message": "Bad file."}},
            BatchStanding("failed", problem="Bad file."),
        ),
        ({"metadata": {}, "done": True, "error": {"code": 1}}, BatchStanding("cancelled")),
        ({"done": True, "error": {"code": 13}}, BatchStanding("failed", problem="no reason was given")),
        (
            {"metadata": {"state": "BATCH_STATE_EXPIRED", "batchStats": {"successfulRequestCount": "3"}}},
            BatchStanding("expired", unclear=True),
        ),
    ],
)
async def test_where_a_batch_is(
    engine: GoogleEngine, google: Google, told: dict[str, Any], standing: BatchStanding
) -> None:
    google.batches.said = {"name": "batches/b", **told}
    assert await engine.batches.standing("batches/b", at(google)) == standing


def gathered(*lines: bytes) -> list[BatchReply]:
    held = Gathered()
    replies = [held.add(line) for line in lines]
    return [*(reply for reply in replies if reply is not None), *held.rest()]


def test_answers_of_several_lines_in_any_order() -> None:
    lines = (made("1.1.2", 1), made("2", 5), made("1.0.2", 0), b"", b"no json", b'{"response": {}}')
    first, second = gathered(*lines)
    assert (first.name, second.name) == ("2", "1")
    result = GoogleEngine().batches.read(second, ask(n=2), 0)
    assert [image.size.width for image in result.images] == [8, 9]


def test_what_is_missing_of_several_is_said() -> None:
    [reply] = gathered(made("1.0.3"), failed("1.1.3", 8))
    result = GoogleEngine().batches.read(reply, ask(n=3), 0)
    assert (reply.status, len(result.images)) == (200, 1)
    assert result.notes[0].startswith("1 of 3 images came back: Google takes no more requests")
    assert "left an image of this request out, and may have charged it" in result.notes[0]


def test_of_several_failures_the_one_that_may_have_been_charged_is_told() -> None:
    [reply] = gathered(failed("1.0.2", 8), failed("1.1.2", 13))
    with pytest.raises(EngineError, match="HTTP 500") as caught:
        GoogleEngine().batches.read(reply, ask(n=2), 0)
    assert caught.value.may_have_been_charged


@pytest.mark.parametrize(
    ("line", "status", "error"),
    [
        (failed("1", 1), 0, EngineError),
        (failed("1", 8), 429, EngineRateLimited),
        (failed("1", 400), 400, InvalidRequest),
        (failed("1", 3), 400, InvalidRequest),
        (failed("1", 99), 500, EngineError),
        (b'{"key": "1"}', 500, EngineError),
        (b'{"key": "1", "response": {"promptFeedback": {"blockReason": "SAFETY"}}}', 200, Refused),
    ],
)
def test_lines_without_an_image(line: bytes, status: int, error: type[PochoirError]) -> None:
    [reply] = gathered(line)
    assert (reply.name, reply.status) == ("1", status)
    with pytest.raises(error):
        GoogleEngine().batches.read(reply, ask(), 0)


async def test_a_list_without_end_is_no_proof_that_nothing_stands(
    engine: GoogleEngine, google: Google, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(google_batches, "PAGES", 2)
    google.batches.batches = {f"batches/{number}": {"name": "x", "metadata": {}} for number in range(5)}
    with pytest.raises(EngineError, match="longer than"):
        await engine.batches.find("part_1", at(google))
