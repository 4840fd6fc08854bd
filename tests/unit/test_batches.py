"""Batches: checked before anything is asked, every line answered once and charged once, whatever happens in between."""

from __future__ import annotations

import asyncio
import base64
import itertools
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import text

from conftest import NOON
from openai_spec import conforms
from pochoir.domain.errors import (
    Conflict,
    EngineError,
    EngineRateLimited,
    InvalidValue,
    NotFound,
    PochoirError,
    StorageFull,
)
from pochoir.domain.money import MicroUSD
from pochoir.features.batches import answering, worker
from pochoir.features.batches import scan as scanning
from pochoir.features.batches.batch import Batch
from pochoir.features.batches.scan import body_of, scan
from pochoir.features.batches.service import BatchesService
from pochoir.features.files.file import Purpose
from pochoir.features.files.service import FilesService
from pochoir.features.images.pace import WAIT
from pochoir.infra.blobs import Blobs
from pochoir.infra.clock import Clock
from pochoir.infra.db import Database
from pochoir.openai_api.batches import batch_data
from pochoir.openai_api.lines import ImageLines
from unit.test_images_service import Brush, Workshop

URL = "/v1/images/generations"
ONE_PRICE = 9 * 5 + 100 * 40
"""Micro-dollars of one picture by the painter of test_images_service."""


def line(custom_id: Any = "a", **changes: Any) -> bytes:
    body = {"model": "painter", "prompt": f"square {custom_id}"}
    return orjson.dumps({"custom_id": custom_id, "method": "POST", "url": URL, "body": body, **changes}) + b"\n"


def some(count: int) -> bytes:
    return b"".join(line(f"line {number}") for number in range(count))


class Shop:
    """The batches service with all that it needs. `seconds` is what the clock says after noon."""

    def __init__(self, db: Database, folder: Path) -> None:
        counts, ticks = itertools.count(1), itertools.count(0, 1_000_000)
        self.seconds = 0
        self.clock = Clock(
            now_ns=lambda: NOON + self.seconds * 1_000_000_000 + next(ticks),
            entropy=lambda size: next(counts).to_bytes(size, "big"),
        )
        self.db = db
        self.folder = folder
        self.brush = Brush()
        self.shop = Workshop(db, self.clock, folder, self.brush)
        self.files = FilesService(db, self.clock, Blobs(folder / "files"))
        self.batches = self.service()

    def service(self, at_once: int = 4) -> BatchesService:
        return BatchesService(self.db, self.clock, self.files, self.shop.library, self.lines, at_once)

    def lines(self) -> ImageLines:
        return ImageLines(self.shop.images, self.shop.metering, self.files, self.clock)

    async def upload(self, data: bytes, purpose: Purpose = "batch") -> str:
        blob = self.files.begin()
        blob.write(data)
        return (await self.files.add(blob, filename="in.jsonl", purpose=purpose)).id

    async def begin(self, data: bytes, **options: Any) -> Batch:
        return await self.batches.create(URL, await self.upload(data), **options)

    async def until(self, batch_id: str, wanted: Callable[[Batch], bool]) -> Batch:
        async with asyncio.timeout(20):
            while not wanted(batch := await self.batches.batch(batch_id)):  # noqa: ASYNC110 - as a client does
                await asyncio.sleep(0.005)
        conforms(batch_data(batch), "Batch")
        return batch

    async def finished(self, batch_id: str) -> Batch:
        return await self.until(batch_id, lambda batch: batch.finished)

    async def results(self, file_id: str | None) -> list[dict[str, Any]]:
        if file_id is None:
            return []
        rows = self.files.path(await self.files.file(file_id)).read_bytes().splitlines()
        return [orjson.loads(row) for row in rows]

    async def both(self, batch: Batch) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        return await self.results(batch.output_file), await self.results(batch.error_file)


@pytest.fixture
async def shop(db: Database, tmp_path: Path) -> AsyncIterator[Shop]:
    shop = Shop(db, tmp_path)
    await shop.shop.connections.save("brush", "", {}, "a key")
    shop.batches.start()
    yield shop
    await shop.batches.stop()


# -- the way of a batch ------------------------------------------------------------------------------------------------


async def test_every_line_is_answered_in_order_and_charged(shop: Shop) -> None:
    batch = await shop.begin(some(120), metadata={"who": "tests"}, output_seconds=7200)
    assert batch.state == "validating"
    done = await shop.finished(batch.id)
    assert (done.state, done.total, done.completed, done.failed, done.model) == ("completed", 120, 120, 0, "painter")
    assert list(done.times) == ["in_progress", "finalizing", "completed"]
    assert (done.input_tokens, done.output_tokens, done.charged_microusd) == (120 * 9, 120 * 100, 120 * ONE_PRICE)
    assert done.error_file is None
    rows = await shop.results(done.output_file)
    assert [row["custom_id"] for row in rows] == [f"line {number}" for number in range(120)]
    for row in rows:
        assert set(row) == {"id", "custom_id", "response", "error"}
        assert (row["response"]["status_code"], row["error"]) == (200, None)
        assert row["response"]["request_id"].startswith("req_")
        conforms(row["response"]["body"], "ImagesResponse")
        assert row["response"]["body"]["pochoir"]["charge_microusd"] == ONE_PRICE
    picture = base64.b64decode(rows[0]["response"]["body"]["data"][0]["b64_json"])
    [artifact] = rows[0]["response"]["body"]["pochoir"]["images"]
    assert picture == await shop.shop.library.data(artifact)
    assert len({row["id"] for row in rows} | {row["response"]["request_id"] for row in rows}) == 240
    assert len(await shop.shop.metering.entries()) == shop.brush.calls == 120
    output = await shop.files.file(str(done.output_file))
    assert (output.purpose, output.filename) == ("batch_output", f"{batch.id}_output.jsonl")
    assert output.expires is not None


async def test_what_is_refused_stands_in_the_other_file(shop: Shop) -> None:
    wrong: list[dict[str, Any]] = [
        {"model": "painter"},
        {"model": "nobody", "prompt": "a"},
        {"model": "painter", "prompt": "a", "stream": True},
        {"model": "painter", "prompt": "a", "response_format": "url"},
        {"model": "painter", "prompt": "a", "cache": True},
        {"model": "painter", "prompt": "a", "n": 99},
        {"model": "painter", "prompt": 7},
    ]
    plain = {"model": "painter", "prompt": "a", "cache": False}
    lines = [line(f"bad {number}", body=body) for number, body in enumerate(wrong)]
    batch = await shop.finished((await shop.begin(b"".join(lines) + line("good", body=plain))).id)
    assert (batch.state, batch.completed, batch.failed) == ("completed", 1, 7)
    good, bad = await shop.both(batch)
    assert [row["custom_id"] for row in good] == ["good"]
    assert [row["custom_id"] for row in bad] == [f"bad {number}" for number in range(7)]
    assert [row["response"]["status_code"] for row in bad] == [400, 404, 400, 400, 400, 400, 400]
    assert [row["response"]["body"]["error"]["param"] for row in bad] == [
        "prompt",
        "model",
        "stream",
        "response_format",
        "cache",
        "n",
        "prompt",
    ]
    for row in bad:
        conforms(row["response"]["body"], "ErrorResponse")
    assert shop.brush.calls == 1


async def test_a_spent_budget_refuses_what_is_left(shop: Shop) -> None:
    await shop.shop.metering.set_budget(MicroUSD(3 * ONE_PRICE + 50))
    batch = await shop.finished((await shop.begin(some(8))).id)
    _, bad = await shop.both(batch)
    assert batch.completed == shop.brush.calls == 3
    assert {row["response"]["status_code"] for row in bad} == {402}


async def test_only_so_many_lines_are_asked_for_at_once(shop: Shop) -> None:
    shop.brush.gate = asyncio.Event()
    batch = await shop.begin(some(20))
    await shop.until(batch.id, lambda found: shop.brush.calls == 4)
    await asyncio.sleep(0.1)
    assert shop.brush.calls == 4
    shop.brush.gate.set()
    assert (await shop.finished(batch.id)).completed == 20


async def test_several_batches_do_not_wait_for_each_other(shop: Shop) -> None:
    shop.brush.gate = asyncio.Event()
    first, second = await shop.begin(some(9)), await shop.begin(line("only"))
    await shop.until(second.id, lambda batch: shop.brush.calls == 5)
    shop.brush.gate.set()
    assert (await shop.finished(first.id)).completed == 9
    assert (await shop.finished(second.id)).completed == 1


# -- checked before ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "code", "number"),
    [
        (b"\n \n", "empty_file", None),
        (line("a") + b"{oops\n", "invalid_json_line", 2),
        (b'["a"]\n', "invalid_json_line", 1),
        (line("a") + b"\n" + line("a"), "duplicate_custom_id", 3),
        (line(7), "invalid_custom_id", 1),
        (line(""), "invalid_custom_id", 1),
        (line("x" * 513), "invalid_custom_id", 1),
        (line("a\0b"), "invalid_custom_id", 1),
        (b'{"custom_id": "\\ud800"}\n', "invalid_json_line", 1),
        (b"[" * 100_000, "invalid_json_line", 1),
        (line("a", method="GET"), "invalid_method", 1),
        (line("a", url="/v1/images/edits"), "invalid_url", 1),
        (line("a", body="text"), "invalid_body", 1),
        (line("a", colour="red"), "unknown_parameter", 1),
        (b"\xff\xfe\x00", "invalid_json_line", 1),
    ],
)
async def test_a_wrong_file_fails_the_batch_and_nothing_is_asked(
    shop: Shop, data: bytes, code: str, number: int | None
) -> None:
    batch = await shop.finished((await shop.begin(data)).id)
    assert (batch.state, batch.total, batch.output_file, batch.error_file) == ("failed", 0, None, None)
    assert [(error["code"], error["line"]) for error in batch.errors] == [(code, number)]
    assert shop.brush.calls == 0
    await shop.files.delete(batch.input_file)


async def test_every_wrong_line_is_named_up_to_a_hundred(shop: Shop) -> None:
    batch = await shop.finished((await shop.begin(b"{}\n" * 300)).id)
    assert [error["line"] for error in batch.errors] == list(range(1, 101))


async def test_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "in.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + line("a") + line("b").rstrip())
    found = scan(path, URL)
    assert ([item.number for item in found.lines], found.errors, found.model) == ([1, 2], [], "painter")
    assert [body_of(path, item)["prompt"] for item in found.lines] == ["square a", "square b"]
    for name, value, code in (
        ("MAX_LINES", 1, "too_many_lines"),
        ("MAX_LINE", 20, "line_too_long"),
        ("MAX_INPUT", 20, "file_too_large"),
    ):
        with monkeypatch.context() as changed:
            changed.setattr(scanning, name, value)
            assert [error["code"] for error in scan(path, URL).errors] == [code]


async def test_the_input_must_be_a_batch_file_that_is_there(shop: Shop) -> None:
    with pytest.raises(InvalidValue, match="There is no file"):
        await shop.batches.create(URL, "file-none")
    other = await shop.upload(some(1), "user_data")
    with pytest.raises(InvalidValue, match="purpose 'batch'"):
        await shop.batches.create(URL, other)
    for metadata in ({str(number): "" for number in range(17)}, {"x" * 65: ""}, {"a": "x" * 513}):
        with pytest.raises(InvalidValue, match="metadata"):
            await shop.begin(some(1), metadata=metadata)
    with pytest.raises(NotFound):
        await shop.batches.batch("batch_none")


async def test_the_same_key_begins_one_batch(shop: Shop) -> None:
    file = await shop.upload(some(1))
    first, second = [await shop.batches.create(URL, file, key="k") for _ in range(2)]
    assert first.id == second.id
    with pytest.raises(Conflict):
        await shop.begin(some(1), key="k")


async def test_a_list_goes_page_by_page(shop: Shop) -> None:
    made = [(await shop.begin(line(str(number)))).id for number in range(3)]
    page = await shop.batches.page(limit=2)
    assert ([batch.id for batch in page.batches], page.more) == ([made[2], made[1]], True)
    page = await shop.batches.page(limit=2, after=made[1])
    assert ([batch.id for batch in page.batches], page.more) == ([made[0]], False)
    for batch_id in made:
        await shop.finished(batch_id)


async def test_the_input_cannot_be_deleted_while_it_is_read(shop: Shop) -> None:
    shop.brush.gate = asyncio.Event()
    batch = await shop.begin(some(2))
    with pytest.raises(Conflict, match="Cancel the batch"):
        await shop.files.delete(batch.input_file)
    shop.brush.gate.set()
    await shop.finished(batch.id)
    await shop.files.delete(batch.input_file)


# -- ending early ------------------------------------------------------------------------------------------------------


async def test_a_cancelled_batch_keeps_what_is_done(shop: Shop) -> None:
    shop.brush.gate = asyncio.Event()
    batch = await shop.begin(some(30))
    await shop.until(batch.id, lambda found: shop.brush.calls == 4)
    cancelling = await shop.batches.cancel(batch.id)
    assert cancelling.state == "cancelling"
    assert (await shop.batches.cancel(batch.id)).state == "cancelling"
    shop.brush.gate.set()
    done = await shop.finished(batch.id)
    good, bad = await shop.both(done)
    assert (done.state, done.completed, shop.brush.calls) == ("cancelled", 4, 4)
    assert [row["custom_id"] for row in good] == [f"line {number}" for number in range(4)]
    assert [row["custom_id"] for row in bad] == [f"line {number}" for number in range(4, 30)]
    assert {(row["response"], row["error"]["code"]) for row in bad} == {(None, "batch_cancelled")}
    with pytest.raises(Conflict, match="nothing left to cancel"):
        await shop.batches.cancel(batch.id)


async def test_a_batch_cancelled_before_it_began_asks_nothing(shop: Shop) -> None:
    await shop.batches.stop()
    batch = await shop.begin(some(3))
    await shop.batches.cancel(batch.id)
    shop.batches.start()
    done = await shop.finished(batch.id)
    assert (done.state, done.output_file, done.error_file, shop.brush.calls) == ("cancelled", None, None, 0)


async def test_a_batch_that_nobody_came_to_ends_with_its_window_too(shop: Shop) -> None:
    await shop.batches.stop()
    batch = await shop.begin(some(3))
    shop.seconds = 24 * 3600
    shop.batches.start()
    done = await shop.finished(batch.id)
    assert (done.state, done.total, done.error_file, shop.brush.calls) == ("expired", 0, None, 0)
    await shop.batches.stop()
    await shop.files.delete(batch.input_file)


async def test_a_batch_ends_with_its_window(shop: Shop) -> None:
    shop.brush.gate = asyncio.Event()
    batch = await shop.begin(some(10))
    await shop.until(batch.id, lambda found: shop.brush.calls == 4)
    shop.seconds = 24 * 3600
    shop.brush.gate.set()
    done = await shop.finished(batch.id)
    good, bad = await shop.both(done)
    assert (done.state, len(good), len(bad), shop.brush.calls) == ("expired", 4, 6, 4)
    assert {row["error"]["code"] for row in bad} == {"batch_expired"}
    assert "expired" in done.times


# -- trouble -----------------------------------------------------------------------------------------------------------


def failing(times: int, error: Callable[[], PochoirError]) -> Callable[[], None]:
    left = itertools.count(times, -1)

    def fail() -> None:
        if next(left) > 0:
            raise error()

    return fail


async def test_a_busy_provider_is_asked_again(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answering, "PAUSES", (0.01, 0.01, 0.01))
    shop.brush.before = failing(5, lambda: EngineRateLimited("Slow down. Wait a moment.", retry_after=0.001))
    batch = await shop.finished((await shop.begin(some(4))).id)
    assert (batch.completed, shop.brush.calls) == (4, 9)
    shop.brush.before = failing(100, lambda: EngineRateLimited("Slow down. Wait a moment.", retry_after=0.001))
    batch = await shop.finished((await shop.begin(line("a"))).id)
    assert [row["response"]["status_code"] for row in (await shop.both(batch))[1]] == [429]
    assert shop.brush.calls == 9 + 4


async def test_whoever_has_to_wait_for_its_turn_here_waits_as_long_as_it_takes(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answering, "PAUSES", ())
    shop.brush.before = failing(20, lambda: EngineRateLimited("Not yet. Wait.", code=WAIT, retry_after=0.001))
    batch = await shop.finished((await shop.begin(line("a"))).id)
    assert (batch.completed, shop.brush.calls) == (1, 21)


async def test_a_line_that_waits_to_be_sent_again_ends_with_its_batch(shop: Shop) -> None:
    shop.brush.before = failing(100, lambda: EngineRateLimited("Slow down. Wait.", code=WAIT, retry_after=3600))
    batch = await shop.begin(some(3))
    await shop.until(batch.id, lambda found: shop.brush.calls > 0)
    await shop.batches.cancel(batch.id)
    done = await shop.finished(batch.id)
    good, bad = await shop.both(done)
    assert (good, [row["error"]["code"] for row in bad]) == ([], ["batch_cancelled"] * 3)
    assert await shop.shop.metering.entries() == []


async def test_what_may_have_been_charged_is_an_error_and_not_sent_again(shop: Shop) -> None:
    shop.brush.before = failing(1, lambda: EngineError("Cut off. Look there.", may_have_been_charged=True))
    batch = await shop.finished((await shop.begin(some(5))).id)
    assert (batch.completed, batch.failed, shop.brush.calls) == (4, 1, 5)
    [bad] = (await shop.both(batch))[1]
    assert bad["response"]["status_code"] == 502


async def test_a_full_disk_stops_the_batch_before_more_money_goes(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "TICK_SECONDS", 0.05)
    keep, full = shop.shop.library.keep, asyncio.Event()

    async def no_room(items: Any) -> list[str]:
        if full.is_set():
            return await keep(items)
        raise StorageFull("The disk is full. Make room.")

    def no_room_to_begin() -> Any:
        if full.is_set():
            return begin()
        raise StorageFull("The disk is full. Make room.")

    begin = shop.files.begin
    batch = await shop.begin(some(40))
    monkeypatch.setattr(shop.shop.library, "keep", no_room)
    monkeypatch.setattr(shop.files, "begin", no_room_to_begin)
    await shop.until(batch.id, lambda found: shop.brush.calls > 0)
    await asyncio.sleep(0.5)
    assert shop.brush.calls <= 4, "it asks for no more while there is no room"
    full.set()
    done = await shop.finished(batch.id)
    lost = (await shop.both(done))[1]
    assert (done.state, done.completed + done.failed, shop.brush.calls) == ("completed", 40, 40)
    assert {row["response"]["body"]["error"]["code"] for row in lost} == {"may_have_been_charged"}


async def test_a_stop_waits_for_what_is_being_answered_and_a_start_goes_on(shop: Shop) -> None:
    shop.brush.gate = asyncio.Event()
    batch = await shop.begin(some(10))
    await shop.until(batch.id, lambda found: shop.brush.calls == 4)
    stopping = asyncio.create_task(shop.batches.stop())
    await asyncio.sleep(0.05)
    assert not stopping.done()
    shop.brush.gate.set()
    await stopping
    assert (await shop.batches.batch(batch.id)).completed == 4
    shop.batches.start()
    done = await shop.finished(batch.id)
    assert (done.completed, shop.brush.calls, len(await shop.shop.metering.entries())) == (10, 10, 10)


async def cut_off(shop: Shop, batch_id: str, calls: int) -> None:
    """What kill -9 leaves: lines begun, attempts sent, nothing of them written down."""
    shop.brush.gate = asyncio.Event()
    await shop.until(batch_id, lambda found: shop.brush.calls == calls)
    await shop.batches.stop()
    async with shop.db.transaction() as conn:
        await conn.execute(text("update attempts set state = 'sent' where state = 'unknown'"))
    await shop.shop.images.recover()
    shop.brush.gate = None


async def test_after_a_kill_lines_in_flight_are_errors_and_the_others_are_answered(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "STOP_SECONDS", 0.01)
    batch = await shop.begin(some(10))
    await cut_off(shop, batch.id, 4)
    shop.batches.start()
    done = await shop.finished(batch.id)
    good, bad = await shop.both(done)
    assert (len(good), len(bad), shop.brush.calls) == (6, 4, 10)
    assert {row["response"]["body"]["error"]["code"] for row in bad} == {"may_have_been_charged"}
    assert sorted(row["custom_id"] for row in good + bad) == sorted(f"line {number}" for number in range(10))


@pytest.mark.parametrize("end", ["cancelled", "expired"])
async def test_lines_in_flight_at_a_kill_are_told_apart_when_the_batch_has_ended(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    monkeypatch.setattr(worker, "STOP_SECONDS", 0.01)
    batch = await shop.begin(some(10))
    await cut_off(shop, batch.id, 4)
    if end == "cancelled":
        await shop.batches.cancel(batch.id)
    else:
        shop.seconds = 24 * 3600
    shop.batches.start()
    done = await shop.finished(batch.id)
    _, bad = await shop.both(done)
    codes = [row["error"]["code"] if row["error"] else row["response"]["body"]["error"]["code"] for row in bad]
    assert done.state == end
    assert codes == ["may_have_been_charged"] * 4 + [f"batch_{end}"] * 6


async def test_a_batch_whose_input_is_gone_after_a_kill_still_ends(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "STOP_SECONDS", 0.01)
    monkeypatch.setattr(worker, "TICK_SECONDS", 0.05)
    batch = await shop.begin(some(10))
    await cut_off(shop, batch.id, 4)
    shop.files.path(await shop.files.file(batch.input_file)).unlink()
    shop.batches.start()
    await asyncio.sleep(0.2)
    assert (await shop.batches.batch(batch.id)).state == "in_progress", "until then a backup can be put back"
    shop.seconds = 24 * 3600
    done = await shop.finished(batch.id)
    _, bad = await shop.both(done)
    assert [row["response"]["status_code"] if row["response"] else None for row in bad] == [404] * 4 + [None] * 6
    assert shop.brush.calls == 4


async def test_an_answer_made_but_not_written_down_is_found_again(shop: Shop) -> None:
    batch = await shop.finished((await shop.begin(some(3))).id)
    async with shop.db.transaction() as conn:
        await conn.execute(text("update batch_lines set state = 'begun' where number = 2"))
        await conn.execute(
            text("update batches set state = 'in_progress', completed = 2, charged_microusd = 0, output_file = null")
        )
        await conn.execute(text("update files set holds = 1"))
    await shop.batches.stop()
    shop.batches.start()
    again = await shop.finished(batch.id)
    assert (again.completed, again.charged_microusd, shop.brush.calls) == (3, ONE_PRICE, 3)
    rows = await shop.results(again.output_file)
    assert [row["response"]["body"]["pochoir"]["charge_microusd"] for row in rows] == [ONE_PRICE] * 3
    assert len(await shop.shop.metering.entries()) == 3
