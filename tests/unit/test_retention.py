"""Retention: what is over goes, what anything still shows stays, and a sweep may be cut off anywhere."""

from __future__ import annotations

import asyncio
import io
import os
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

import pytest
from PIL import Image
from sqlalchemy import event, insert, select, update

from pochoir.domain.errors import InvalidValue, NotFound
from pochoir.domain.images import Size
from pochoir.features.assistants import store as assistant_store
from pochoir.features.assistants.assistant import NewRun, Thread, ThreadRun
from pochoir.features.assistants.service import AssistantsService
from pochoir.features.batches import store as batch_store
from pochoir.features.batches.batch import Batch
from pochoir.features.batches.service import BatchesService
from pochoir.features.conversations.store import responses
from pochoir.features.files.service import FilesService
from pochoir.features.images import retained, retention, store
from pochoir.features.images.artifact import Artifact, Attempt
from pochoir.features.images.deferred import DEFERRED
from pochoir.features.images.library import Library
from pochoir.features.images.retention import Limits, Retention, Sweepable
from pochoir.features.metering.store import ledger
from pochoir.features.tools.store import drafts
from pochoir.infra.blobs import Blobs
from pochoir.infra.clock import Clock
from pochoir.infra.db import Database, migrate
from pochoir.infra.mentions import mentioned

DAY = 24 * 3600
GENERATIONS = "/v1/images/generations"


def idle() -> NoReturn:
    raise AssertionError("nothing is worked on here")


def picture(number: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (8, 8), (number, 20, 30)).save(file, "PNG")
    return file.getvalue()


class Store:
    """A library with retention, and images of any age."""

    def __init__(self, db: Database, clock: Clock, folder: Path) -> None:
        self.db, self.clock, self.thumbnails = db, clock, folder / "thumbnails"
        self.blobs = Blobs(folder / "blobs")
        self.library = Library(db, clock, self.blobs, self.thumbnails)
        self.batches = BatchesService(db, clock, FilesService(db, clock, Blobs(folder / "files")), self.library, idle)
        self.assistants = AssistantsService(db, clock, idle)
        since = [self.batches.at_work_since, self.assistants.at_work_since]
        self.retention = Retention(db, clock, self.library, since)

    def ago(self, days: float) -> str:
        then: datetime = self.clock.now() - timedelta(days=days)
        return then.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    async def add(self, number: int, *, days: float = 10, young: bool = False, **more: Any) -> Artifact:
        data = picture(number)
        [blob] = await self.library.keep([data])
        if not young:
            self.age(blob)
        about = {"asker": more.pop("asker", "api"), **more.pop("provenance", {})}
        given = (self.clock.new_id("img"), blob, "image/png", Size(8, 8), len(data), self.ago(days))
        made = Artifact(*given, origin="generated", provenance=about)
        made = replace(made, **more)
        async with self.db.transaction() as conn:
            await store.add_artifacts(conn, [made])
        return made

    def age(self, blob: str) -> None:
        os.utime(self.blobs.path(blob), (time.time() - 2 * DAY,) * 2)

    async def left(self) -> set[str]:
        async with self.db.reading() as conn:
            return set(await conn.scalars(select(store.artifacts.c.id)))


@pytest.fixture
def here(db: Database, clock: Clock, tmp_path: Path) -> Store:
    return Store(db, clock, tmp_path)


async def test_old_ones_go_with_bytes_and_thumbnails_and_nothing_else(here: Store) -> None:
    old = await here.add(1)
    await here.library.thumbnail(old.id, 128)
    young = await here.add(2, days=3)
    put_in = await here.add(3, origin="uploaded", asker="")
    page = await here.add(4, asker="page")
    run = await here.add(5, run="run_1")
    assert await here.retention.sweep() == 0, "nothing is deleted before somebody says so"
    seen = await here.retention.sweepable(Limits(made=7))
    assert (seen.images, seen.freed) == (1, old.bytes)
    assert len(await here.left()) == 5, "to look deletes nothing"
    await here.retention.set_limits(Limits(made=7))
    assert await here.retention.sweep() == 1
    assert await here.left() == {young.id, put_in.id, page.id, run.id}
    assert not here.blobs.path(old.blob).exists()
    assert not list(here.thumbnails.glob("*/*"))
    with pytest.raises(NotFound):
        await here.library.artifact(old.id)
    await here.retention.set_limits(Limits(made=7, uploaded=7))
    assert await here.retention.sweep() == 1
    assert await here.left() == {young.id, page.id, run.id}


async def test_what_is_shown_or_pinned_stays(here: Store) -> None:
    sample, answered, pinned, gone = [await here.add(number) for number in range(4)]
    async with here.db.transaction() as conn:
        await conn.execute(
            insert(drafts).values(
                id="d", description="x", draft={"samples": [{"photo": {"artifact": sample.id}}]}, created=here.ago(9)
            )
        )
        await conn.execute(
            insert(responses).values(id="r", created=here.ago(9), kept=True, data={"drawn": answered.id})
        )
    await here.retention.pin(pinned.id, pinned=True)
    await here.retention.set_limits(Limits(made=1, uploaded=1))
    assert (await here.retention.sweepable(Limits(made=1))).images == 1
    assert await here.retention.sweep() == 1
    assert await here.left() == {sample.id, answered.id, pinned.id}
    await here.retention.pin(pinned.id, pinned=False)
    assert await here.retention.sweep() == 1
    assert gone.id not in await here.left()


async def test_what_unfinished_work_made_waits_for_its_end(here: Store) -> None:
    before, batch, since = await here.add(1, days=40), await here.add(2, days=20), await here.add(3, days=10)
    await here.retention.set_limits(Limits(made=1, uploaded=1))
    async with here.db.transaction() as conn:
        times = (here.ago(21), here.ago(20))
        await batch_store.add(conn, Batch("batch_1", None, GENERATIONS, "file_1", "in_progress", *times))
        await assistant_store.add(conn, assistant_store.threads, Thread("thread_1", here.ago(12)))
        times = (here.ago(11), here.ago(10))
        wanted = NewRun("asst_1", "pochoir-sketch")
        await assistant_store.add_run(conn, ThreadRun("run_1", "thread_1", "queued", *times, wanted))
    assert await here.retention.sweep() == 1
    assert before.id not in await here.left()
    async with here.db.transaction() as conn:
        await conn.execute(update(batch_store.batches).values(state="completed"))
    assert await here.retention.sweep() == 1
    assert await here.left() == {since.id}
    assert batch.id not in await here.left()
    async with here.db.transaction() as conn:
        await conn.execute(update(assistant_store.runs).values(state="completed"))
    assert await here.retention.sweep() == 1


async def test_shared_bytes_stay_for_who_needs_them(here: Store) -> None:
    old, kept = await here.add(1), await here.add(1, days=1)
    photo = await here.add(2)
    edit = await here.add(3, days=1, provenance={"ingredients": [{"blob": photo.blob, "mime": "image/png"}]})
    await here.retention.set_limits(Limits(made=7))
    seen = await here.retention.sweepable(Limits(made=7))
    assert (seen.images, seen.freed) == (2, 0)
    assert await here.retention.sweep() == 2
    assert await here.left() == {kept.id, edit.id}
    assert old.blob == kept.blob
    assert await here.library.bytes_of(kept.blob) == picture(1)
    assert await here.library.bytes_of(photo.blob) == picture(2)


@pytest.mark.parametrize("answered", [True, False])
async def test_what_went_into_an_open_batch_of_a_provider_waits_for_its_end(here: Store, answered: bool) -> None:
    photo = await here.add(1, days=40, origin="uploaded")
    signed = [{"blob": photo.blob, "mime": "image/png"}]
    request = Attempt("att_1", "batch_1/0", 1, "api", "hash", "gpt-image-2", "deferred", here.ago(0.5))
    async with here.db.transaction() as conn:
        await store.add_attempt(conn, request)
        await store.defer(conn, request.id, {DEFERRED: {"signed": signed, "notes": []}})
    await here.retention.set_limits(Limits(uploaded=30))
    assert await here.retention.sweepable(Limits(uploaded=30)) == Sweepable(1, 0)
    assert await here.retention.sweep() == 1
    assert here.blobs.path(photo.blob).exists()
    async with here.db.transaction() as conn:
        await store.finish_attempt(
            conn, request.id, state="stored" if answered else "failed", at=here.ago(0), result={}
        )
    if answered:
        await here.add(2, days=0, attempt=request.id, provenance={"ingredients": signed})
    await here.retention.sweep()
    assert here.blobs.path(photo.blob).exists() is answered, "nothing keeps it for a request that failed"
    async with here.db.reading() as conn:
        assert await retained.doomed(conn) == []


async def test_bytes_that_were_put_in_again_a_moment_ago_wait(here: Store) -> None:
    old = await here.add(1)
    await here.library.keep([picture(1)])  # somebody makes the same image now, its row is not written yet
    await here.retention.set_limits(Limits(made=7))
    assert await here.retention.sweep() == 1
    assert here.blobs.path(old.blob).exists()
    here.age(old.blob)
    await here.retention.sweep()
    assert not here.blobs.path(old.blob).exists()


async def test_a_sweep_cut_off_between_row_and_bytes_is_finished(here: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    images = [await here.add(number) for number in range(3)]
    await here.retention.set_limits(Limits(made=7))
    calls: list[str] = []
    whole = here.library.forget

    async def cut(blob: str) -> bool:
        calls.append(blob)
        if len(calls) == 2:
            raise OSError("cut off")
        return await whole(blob)

    monkeypatch.setattr(here.library, "forget", cut)
    with pytest.raises(OSError, match="cut off"):
        await here.retention.sweep()
    monkeypatch.undo()
    assert sum(here.blobs.path(image.blob).exists() for image in images) == 2
    await here.retention.sweep()
    assert not any(here.blobs.path(image.blob).exists() for image in images)
    async with here.db.reading() as conn:
        assert await retained.doomed(conn) == []


async def test_a_day_that_breaks_in_a_way_nobody_foresaw_is_not_the_last(
    here: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, went_on = asyncio.Event(), asyncio.Event()

    async def since() -> str | None:
        if not began.is_set():
            began.set()
            raise RuntimeError("nobody foresaw this")
        if not await here.left():
            went_on.set()
        return None

    monkeypatch.setattr("pochoir.features.images.retention.LOOK_SECONDS", 0.01)
    await here.add(1)
    retention = Retention(here.db, here.clock, here.library, [since])
    await retention.set_limits(Limits(made=7))
    retention.start()
    async with asyncio.timeout(10):
        await went_on.wait()
    await retention.stop()
    assert await here.left() == set()


async def test_the_ledger_is_left_alone(here: Store) -> None:
    image = await here.add(1, attempt="att_1")
    row = {
        **{
            "key": "att_1",
            "at": here.ago(10),
            "amount_microusd": 5,
            "quoted_microusd": 5,
            "model": "m",
            "asker": "api",
        },
        **{"images": 1, "usage": {}, "lines": [], "basis": "", "estimated": False, "note": image.id},
    }
    async with here.db.transaction() as conn:
        await conn.execute(insert(ledger).values(**row))
    await here.retention.set_limits(Limits(made=1))
    assert await here.retention.sweep() == 1
    async with here.db.reading() as conn:
        assert (await conn.scalars(select(ledger.c.amount_microusd))).all() == [5]


async def shown(here: Store, name: str, image: str) -> None:
    async with here.db.transaction() as conn:
        await conn.execute(insert(responses).values(id=name, created=here.ago(9), kept=True, data={"drawn": image}))


async def test_what_is_shown_from_now_on_stays_also_while_a_sweep_goes_on(
    here: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = [await here.add(number) for number in range(6)]
    taken = retained.doom

    async def taking(conn: retained.Connection, items: Sequence[retained.Over], at: str) -> None:
        await taken(conn, items, at)
        if items and items[-1].id == images[1].id:
            asyncio.get_running_loop().create_task(shown(here, "r", images[3].id))

    monkeypatch.setattr(retained, "doom", taking)
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    await here.retention.set_limits(Limits(made=7))
    assert await here.retention.sweep() == 5
    assert await here.left() == {images[3].id}


async def test_what_stays_is_passed_over_page_by_page(here: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    images = [await here.add(number) for number in range(12)]
    for number in (0, 1, 2, 3, 7):
        await shown(here, f"r{number}", images[number].id)
    for number in (4, 5, 11):
        await here.retention.pin(images[number].id, pinned=True)
    assert (await here.retention.sweepable(Limits(made=7))).images == 4
    await here.retention.set_limits(Limits(made=7))
    assert await here.retention.sweep() == 4
    assert await here.left() == {images[number].id for number in (0, 1, 2, 3, 4, 5, 7, 11)}


async def steps_of_a_sweep(folder: Path, clock: Clock, images: int) -> int:
    """How much SQLite works for a sweep of so many old images, a few of which are shown. Counted, not timed."""
    url, steps = f"sqlite:///{folder / f'{images}.sqlite'}", 0
    migrate(url)
    here = Store(Database(url), clock, folder)

    def count() -> None:
        nonlocal steps
        steps += 1

    event.listen(here.db.engine.sync_engine, "connect", lambda raw, _record: raw.set_progress_handler(count, 100))
    first = await here.add(0)
    made = [replace(first, id=clock.new_id("img")) for _ in range(images)]
    async with here.db.transaction() as conn:
        await store.add_artifacts(conn, made)
    await shown(here, "r", made[-1].id)
    await here.retention.set_limits(Limits(made=7))
    steps = 0
    assert (await here.retention.sweepable(Limits(made=7))).images == images
    assert await here.retention.sweep() == images
    await here.db.close()
    return steps


async def test_the_work_for_an_image_does_not_grow_with_the_gallery(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = 0

    async def looking(conn: retained.Connection, prefix: str, **which: Any) -> set[str]:
        nonlocal whole
        whole += "among" not in which
        return await mentioned(conn, prefix, **which)

    monkeypatch.setattr(retention, "AT_ONCE", 50)
    monkeypatch.setattr(retention, "mentioned", looking)
    few, many = [await steps_of_a_sweep(tmp_path, clock, images) for images in (500, 2_500)]
    assert many < 2 * 5 * few, f"{few} for 500 images, {many} for 2,500"
    assert whole == 4, "all that other tables show is gathered once to look, and once to sweep"


async def test_many_go_in_several_turns(here: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 200)
    for number in range(450):
        await here.add(number % 5, days=20 + number)
    await here.retention.set_limits(Limits(made=7))
    assert await here.retention.sweep() == 450
    assert list(here.blobs.names()) == []


@pytest.mark.parametrize("days", [0, -1, 40_000])
def test_limits_that_make_no_sense_are_refused(days: int) -> None:
    with pytest.raises(InvalidValue, match="Change it"):
        Limits(made=days)
