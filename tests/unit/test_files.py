"""Files: whole or absent, found by id, gone when their time is over or they are deleted, never taking others with them."""

from __future__ import annotations

import asyncio
import itertools
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from conftest import NOON
from pochoir.domain.errors import Conflict, InvalidImage, InvalidValue, NotFound, TooLarge
from pochoir.features.files import service
from pochoir.features.files.file import File, Purpose
from pochoir.features.files.service import FilesService
from pochoir.infra.blobs import Blobs, name_of
from pochoir.infra.clock import Clock
from pochoir.infra.db import Database

LINES = b'{"custom_id": "a"}\n'


class Hand:
    """A clock set by hand, in seconds after noon."""

    def __init__(self) -> None:
        self.seconds = 0
        counts = itertools.count(1)
        self.clock = Clock(
            now_ns=lambda: NOON + self.seconds * 1_000_000_000,
            entropy=lambda size: next(counts).to_bytes(size, "big"),
        )


@pytest.fixture
def hand() -> Hand:
    return Hand()


@pytest.fixture
def files(tmp_path: Path, db: Database, hand: Hand) -> FilesService:
    return FilesService(db, hand.clock, Blobs(tmp_path / "files"))


async def add(
    files: FilesService,
    data: bytes = LINES,
    purpose: Purpose = "batch",
    seconds: int | None = None,
    name: str = "a.jsonl",
) -> File:
    blob = files.begin()
    for start in range(0, len(data), 7):
        blob.write(data[start : start + 7])
    return await files.add(blob, filename=name, purpose=purpose, seconds=seconds)


def kept(folder: Path) -> set[str]:
    return {path.name for path in (folder / "files").rglob("*") if path.is_file()}


def png(size: tuple[int, int] = (20, 10)) -> bytes:
    out = BytesIO()
    Image.new("RGBA", size).save(out, "png")
    return out.getvalue()


async def test_what_comes_in_pieces_is_kept_whole(files: FilesService, tmp_path: Path) -> None:
    file = await add(files)
    assert file == await files.file(file.id)
    assert (file.bytes, file.filename, file.purpose, file.blob) == (len(LINES), "a.jsonl", "batch", name_of(LINES))
    assert file.id.startswith("file-")
    assert files.path(file).read_bytes() == LINES
    assert kept(tmp_path) == {file.blob}


async def test_the_input_of_a_batch_lives_thirty_days_and_others_until_they_are_deleted(
    files: FilesService, hand: Hand
) -> None:
    batch, own = await add(files), await add(files, purpose="user_data")
    short = await add(files, purpose="user_data", seconds=3600)
    assert (batch.expires, own.expires) == ("2026-12-23T12:00:00.000Z", None)
    hand.seconds = 3599
    assert await files.file(short.id) == short
    hand.seconds = 3600
    with pytest.raises(NotFound, match="Upload it"):
        await files.file(short.id)
    assert [file.id for file in (await files.page()).files] == [own.id, batch.id]
    assert await files.sweep() == 1
    assert await files.sweep() == 0
    assert files.path(own).exists(), "the same bytes are another file's too"


@pytest.mark.parametrize("seconds", [0, 3599, 30 * 86_400 + 1])
async def test_a_life_too_short_or_too_long_is_refused(files: FilesService, tmp_path: Path, seconds: int) -> None:
    with pytest.raises(InvalidValue, match="an hour to 30 days"):
        await add(files, seconds=seconds)
    assert kept(tmp_path) == set()


async def test_an_empty_file_is_refused(files: FilesService, tmp_path: Path) -> None:
    with pytest.raises(InvalidValue, match="empty"):
        await add(files, b"")
    assert kept(tmp_path) == set()


async def test_a_picture_must_be_one_and_fit(
    files: FilesService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InvalidImage, match="not an image"):
        await add(files, b"hello there", "vision")
    file = await add(files, png(), "vision")
    assert str((await files.image(file.id)).size) == "20x10"
    monkeypatch.setattr(service, "MAX_UPLOAD", 20)
    with pytest.raises(TooLarge, match="vision"):
        await add(files, png((30, 30)), "vision")
    assert kept(tmp_path) == {file.blob}


async def test_a_refused_picture_leaves_the_bytes_of_a_file_that_has_the_same(files: FilesService) -> None:
    text = await add(files, b"hello there", "user_data")
    with pytest.raises(InvalidImage):
        await add(files, b"hello there", "vision")
    assert files.path(text).read_bytes() == b"hello there"


async def test_a_deleted_file_is_gone_with_its_bytes_unless_another_has_the_same(
    files: FilesService, tmp_path: Path
) -> None:
    first, second = await add(files), await add(files)
    await files.delete(first.id)
    with pytest.raises(NotFound):
        await files.delete(first.id)
    assert files.path(second).read_bytes() == LINES
    await files.delete(second.id)
    assert kept(tmp_path) == set()


async def test_what_a_batch_reads_is_neither_deleted_nor_gone_when_its_time_is_over(
    files: FilesService, hand: Hand
) -> None:
    file = await add(files, seconds=3600)
    await files.hold(file.id)
    with pytest.raises(Conflict, match="Cancel the batch"):
        await files.delete(file.id)
    hand.seconds = 4000
    assert await files.sweep() == 0
    assert files.path(await files.file(file.id)).exists()
    await files.release(file.id)
    with pytest.raises(NotFound):
        await files.file(file.id)
    assert await files.sweep() == 1


async def test_a_list_goes_page_by_page_either_way(files: FilesService, hand: Hand) -> None:
    made = []
    for number in range(5):
        hand.seconds = number
        made.append((await add(files, purpose="batch" if number % 2 else "user_data")).id)
    first = await files.page(limit=2)
    assert ([file.id for file in first.files], first.more) == ([made[4], made[3]], True)
    rest = await files.page(after=made[3], limit=3)
    assert ([file.id for file in rest.files], rest.more) == ([made[2], made[1], made[0]], False)
    up = await files.page(after=made[1], newest=False)
    assert [file.id for file in up.files] == made[2:]
    assert [file.id for file in (await files.page(purpose="batch")).files] == [made[3], made[1]]


async def test_a_known_id_is_not_written_again(files: FilesService, tmp_path: Path) -> None:
    blob = files.begin()
    blob.write(LINES)
    first = await files.add(blob, filename="out.jsonl", purpose="batch_output", file_id="file-1")
    again = files.begin()
    again.write(b"something else")
    assert await files.add(again, filename="out.jsonl", purpose="batch_output", file_id="file-1") == first
    assert kept(tmp_path) == {first.blob}


async def test_a_start_takes_away_what_a_dead_process_left(files: FilesService, db: Database, tmp_path: Path) -> None:
    file = await add(files)
    blobs = Blobs(tmp_path / "files")
    blobs.put(b"bytes without a row")
    half = files.begin()
    half.write(b"half a fi")
    assert await FilesService(db, Clock(), blobs).recover() == 2
    assert kept(tmp_path) == {file.blob}
    half.discard()


async def test_adding_and_deleting_the_same_bytes_at_once_loses_nothing(files: FilesService) -> None:
    old = [await add(files) for _ in range(10)]
    work = [action for file in old for action in (files.delete(file.id), add(files))]
    new = [item for item in await asyncio.gather(*work) if item is not None]
    assert len(new) == 10
    assert all(files.path(file).read_bytes() == LINES for file in new)
