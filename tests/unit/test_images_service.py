"""The one path: stored before answered, charged once, never silently paid twice."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from pochoir.domain.catalog import Abilities, Card, Price, Source, TokenPrices, TokenRules
from pochoir.domain.errors import (
    BudgetExceeded,
    Conflict,
    EngineError,
    EngineNotReady,
    EngineRateLimited,
    InvalidValue,
    ModelNotFound,
    StorageFull,
)
from pochoir.domain.images import GeneratedImage, ImageRequest, ImageResult, Size
from pochoir.domain.money import MicroUSD, Usage
from pochoir.engines.base import CredentialField, Credentials, Engine, EngineInfo, PartialImage
from pochoir.features.catalog.service import CatalogService
from pochoir.features.connections.service import ConnectionKind, ConnectionsService
from pochoir.features.images.library import Library
from pochoir.features.images.pace import Pace
from pochoir.features.images.routing import Routing
from pochoir.features.images.service import ImagesService
from pochoir.features.metering.service import MeteringService
from pochoir.infra.blobs import Blobs
from pochoir.infra.clock import Clock
from pochoir.infra.db import Database
from pochoir.infra.secrets import Sealer

CARD = Card(
    id="painter",
    name="Painter",
    provider="Tests",
    family="tests",
    summary="A model billed by token.",
    released=date(2026, 1, 1),
    engines=("brush",),
    abilities=Abilities(
        text_to_image=True,
        sizes=("64x64", "32x32"),
        default_size="64x64",
        qualities=("low",),
        max_images=4,
        formats=("png",),
    ),
    prices=(
        Price(
            start=date(2026, 1, 1),
            kind="token",
            source="s",
            tokens=TokenPrices(text_in=Decimal(5), image_out=Decimal(40)),
        ),
    ),
    tokens=TokenRules(output="table", table={"low": {"64x64": 100, "32x32": 50}}, source="s"),
    sources=(Source(key="s", title="Test prices", seen=date(2026, 11, 23)),),
)
DEAD = CARD.model_copy(update={"id": "dead", "name": "Dead", "shutdown": date(2026, 2, 1), "successors": ("painter",)})
ASK = ImageRequest(model="painter", prompt="a red square", quality="low")


async def no_wait(_seconds: float) -> None:
    """The pace of a connection, without its pauses."""


class Brush:
    """A paid engine that paints a plain square and counts its calls; `before` may fail or wait."""

    def __init__(self) -> None:
        self.info = EngineInfo(
            "brush", "Brush", paid=True, needs=(CredentialField("key", "Key", secret=True),), streams=True
        )
        self.calls = 0
        self.before: Callable[[], None] | None = None
        self.gate: asyncio.Event | None = None

    async def generate(self, request: ImageRequest, credentials: Credentials) -> ImageResult:
        self.calls += 1
        if self.before:
            self.before()
        if self.gate:
            await self.gate.wait()
        assert request.size is not None
        images = tuple(
            GeneratedImage(paint(request.size, number), "image/png", request.size) for number in range(request.n)
        )
        return ImageResult(
            images, Usage(text_in=9, image_out=100 * request.n, images=request.n), "painter-1", request.size
        )

    async def stream(
        self, request: ImageRequest, credentials: Credentials, partial_images: int
    ) -> AsyncIterator[PartialImage | ImageResult]:
        size = request.size or Size(64, 64)
        for index in range(partial_images):
            yield PartialImage(index, GeneratedImage(paint(size, index), "image/png", size))
        yield await self.generate(request, credentials)

    async def check(self, credentials: Credentials) -> str:
        return "fine"

    async def close(self) -> None:
        self.calls = -1


def paint(size: Size, number: int) -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (size.width, size.height), (200, 30, 10 * number)).save(buffer, "PNG")
    return buffer.getvalue()


class Workshop:
    """The images service with all that it needs, on a real database and folder."""

    def __init__(self, db: Database, clock: Clock, folder: Path, brush: Brush) -> None:
        self.brush = brush
        kind = ConnectionKind("brush", "Brush", brush.info.needs)
        self.connections = ConnectionsService(db, clock, Sealer.from_folder(folder), [kind], {})
        self.metering = MeteringService(db, clock)
        self.library = Library(db, clock, Blobs(folder / "blobs"), folder / "thumbnails")

        def load(engine_id: str) -> Engine:
            if engine_id != "brush":
                raise EngineNotReady("There is no such engine. Choose another.")
            return brush

        catalog = CatalogService([CARD, DEAD])
        self.images = ImagesService(
            db, clock, catalog, self.metering, Routing(load, self.connections), self.library, Pace(sleep=no_wait)
        )


@pytest.fixture
async def shop(db: Database, clock: Clock, tmp_path: Path) -> Workshop:
    shop = Workshop(db, clock, tmp_path, Brush())
    await shop.connections.save("brush", "", {}, "a key")
    return shop


async def test_images_are_stored_charged_and_described(shop: Workshop) -> None:
    made = await shop.images.create(replace(ASK, n=2), asker="api")
    assert [await shop.library.read(artifact) for artifact in made.artifacts] == [
        paint(Size(64, 64), 0),
        paint(Size(64, 64), 1),
    ]
    [entry] = await shop.metering.entries()
    assert entry.amount == made.charge.total == 9 * 5 + 200 * 40
    assert (entry.images, entry.model, entry.snapshot, entry.asker) == (2, "painter", "painter-1", "api")
    assert made.artifacts[0].provenance["prompt"] == "a red square"
    assert await shop.metering.budget() is None


async def test_without_a_key_it_says_where_to_put_one(db: Database, clock: Clock, tmp_path: Path) -> None:
    shop = Workshop(db, clock, tmp_path, Brush())
    with pytest.raises(EngineNotReady, match="settings page"):
        await shop.images.create(ASK, asker="api")
    assert shop.brush.calls == 0
    assert not (await shop.images.readiness(CARD)).ready


async def test_a_dead_model_names_its_successor(shop: Workshop) -> None:
    with pytest.raises(ModelNotFound, match="painter"):
        await shop.images.create(replace(ASK, model="dead"), asker="api")


@pytest.mark.parametrize("key", [None, "k"])
async def test_half_a_character_is_refused_before_anything_is_written(shop: Workshop, key: str | None) -> None:
    with pytest.raises(InvalidValue, match="The prompt holds half a character"):
        await shop.images.create(replace(ASK, prompt="a \udcff square"), asker="cli", key=key)
    assert shop.brush.calls == 0


async def test_the_same_key_is_made_and_charged_once_even_at_once(shop: Workshop) -> None:
    first, second = await asyncio.gather(*(shop.images.create(ASK, asker="api", key="k") for _ in range(2)))
    assert shop.brush.calls == 1
    assert {first.replayed, second.replayed} == {True, False}
    assert first.artifacts == second.artifacts
    assert first.result.images[0].data == second.result.images[0].data
    assert len(await shop.metering.entries()) == 1


async def test_a_key_of_another_request_is_a_conflict(shop: Workshop) -> None:
    await shop.images.create(ASK, asker="api", key="k")
    with pytest.raises(Conflict):
        await shop.images.create(replace(ASK, prompt="a blue square"), asker="api", key="k")


async def test_a_failure_that_cost_nothing_may_be_tried_again(shop: Workshop) -> None:
    def fail() -> None:
        raise EngineRateLimited("Too many requests. Wait a moment.")

    shop.brush.before = fail
    with pytest.raises(EngineRateLimited):
        await shop.images.create(ASK, asker="run", key="k")
    shop.brush.before = None
    made = await shop.images.create(ASK, asker="run", key="k")
    assert len(made.artifacts) == 1
    assert len(await shop.metering.entries()) == 1


async def test_what_may_have_been_charged_is_repeated_only_within_the_limit(shop: Workshop) -> None:
    def cut() -> None:
        raise EngineError("The line was cut. Try again.", may_have_been_charged=True)

    shop.brush.before = cut
    for repeats in (1, 1):
        with pytest.raises(EngineError, match="cut"):
            await shop.images.create(ASK, asker="run", key="k", run="r", repeats=repeats)
    with pytest.raises(EngineError, match="may have been charged"):
        await shop.images.create(ASK, asker="run", key="k", run="r", repeats=1)
    assert shop.brush.calls == 2
    assert [attempt.state for attempt in await shop.images.attempts("r")] == ["unknown", "unknown"]
    assert await shop.metering.entries() == []


async def test_a_dead_process_leaves_an_unknown_attempt(shop: Workshop) -> None:
    shop.brush.gate = asyncio.Event()
    task = asyncio.create_task(shop.images.create(ASK, asker="run", key="k", run="r", repeats=1))
    while not shop.brush.calls:  # noqa: ASYNC110 - the engine counts, it does not signal
        await asyncio.sleep(0.001)
    assert await shop.images.recover() == 1
    [attempt] = await shop.images.attempts("r")
    assert attempt.state == "unknown"
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    shop.brush.gate.set()
    await shop.images.create(ASK, asker="run", key="k", run="r", repeats=1)
    assert [entry.key for entry in await shop.metering.entries()] == [(await shop.images.attempts("r"))[1].id]


async def test_the_budget_refuses_before_money_is_spent(shop: Workshop) -> None:
    await shop.metering.set_budget(MicroUSD(5_000))
    await shop.images.create(ASK, asker="api")
    with pytest.raises(BudgetExceeded, match="Usage"):
        await shop.images.create(ASK, asker="api")
    assert shop.brush.calls == 1
    budget = await shop.metering.budget()
    assert budget is not None
    assert (budget.spent, budget.reserved) == (4045, 0)


async def test_two_requests_cannot_both_pass_a_budget_for_one(shop: Workshop) -> None:
    await shop.metering.set_budget(MicroUSD(5_000))
    results = await asyncio.gather(*(shop.images.create(ASK, asker="api") for _ in range(5)), return_exceptions=True)
    assert sum(isinstance(result, BudgetExceeded) for result in results) == 4
    assert shop.brush.calls == 1


async def test_partial_images_come_first(shop: Workshop) -> None:
    seen: list[int] = []

    async def keep(partial: PartialImage) -> None:
        seen.append(partial.index)

    made = await shop.images.create(ASK, asker="api", on_partial=keep, partial_images=2)
    assert seen == [0, 1]
    assert len(made.artifacts) == 1


async def test_adapt_tells_what_was_mapped(shop: Workshop) -> None:
    asked = replace(ASK, size=Size(60, 60), quality="high")
    with pytest.raises(InvalidValue):
        await shop.images.create(asked, asker="api")
    made = await shop.images.create(asked, asker="run", adapt=True)
    assert made.result.size == Size(64, 64)
    assert len(made.notes) == 2


async def test_bytes_that_cannot_be_stored_are_not_charged(shop: Workshop, tmp_path: Path) -> None:
    (tmp_path / "blobs").rename(tmp_path / "gone")
    (tmp_path / "blobs").write_bytes(b"a file in the way")
    with pytest.raises(OSError, match="blobs"):
        await shop.images.create(ASK, asker="api", run="r")
    assert await shop.metering.entries() == []
    assert [attempt.state for attempt in await shop.images.attempts("r")] == ["unknown"]


async def test_a_full_disk_after_the_answer_may_have_been_charged(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_self: Path, *_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(StorageFull, match="Make room"):
        await shop.images.create(ASK, asker="run", run="r")
    monkeypatch.undo()
    assert [attempt.state for attempt in await shop.images.attempts("r")] == ["unknown"]


async def test_thumbnails_are_shown_where_they_cannot_be_kept(
    shop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    artifact = await shop.library.upload(paint(Size(64, 32), 1))
    folder, write = tmp_path / "thumbnails", Path.write_bytes

    def full(self: Path, data: bytes) -> int:
        write(self, data[:5])
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_bytes", full)
        assert Image.open(BytesIO(await shop.library.thumbnail(artifact.id, 16))).size == (16, 8)
    assert [path for path in folder.rglob("*") if path.is_file()] == [], "nothing half written stays"
    folder.rename(tmp_path / "away")
    folder.write_bytes(b"a file in the way")
    small = await shop.library.thumbnail(artifact.id, 16)
    folder.unlink()
    assert await shop.library.thumbnail(artifact.id, 16) == small
    assert [path.read_bytes() for path in folder.rglob("*.webp")] == [small], "it is kept as soon as it can be"


async def test_uploads_thumbnails_and_transforms(shop: Workshop) -> None:
    artifact = await shop.library.upload(paint(Size(64, 32), 1), name="shoe.png")
    small = await shop.library.thumbnail(artifact.id, 16)
    assert Image.open(BytesIO(small)).size == (16, 8)
    assert await shop.library.thumbnail(artifact.id, 16) == small
    cut = await shop.library.transform(artifact.id, "crop", {"width": 8, "height": 8}, run="r", path="s")
    assert cut.provenance["source"] == artifact.id
    assert await shop.library.of_run("r") == [cut]
    assert (await shop.library.recent(1))[0] == cut
