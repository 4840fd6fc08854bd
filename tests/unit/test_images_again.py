"""What the same key, or the cache, gives when things went wrong in between: never a second payment by itself."""

from __future__ import annotations

import asyncio
import itertools
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text

from conftest import NOON
from pochoir.domain.errors import (
    BudgetExceeded,
    Conflict,
    EngineError,
    InvalidValue,
    ModelNotFound,
    NotFound,
    Refused,
    Unavailable,
    UnknownParameter,
)
from pochoir.domain.images import GeneratedImage, ImageRequest, ImageResult, Size
from pochoir.domain.money import MicroUSD, Usage
from pochoir.engines.base import Credentials
from pochoir.features.catalog.service import CatalogService
from pochoir.features.images import service
from pochoir.features.images.bookkeeping import Bookkeeping
from pochoir.features.images.written import fingerprint_of
from pochoir.infra import db as database
from pochoir.infra.blobs import Blobs
from pochoir.infra.clock import Clock
from pochoir.infra.db import Database
from unit import test_images_service
from unit.test_images_service import ASK, CARD, Brush, Workshop


@pytest.fixture
async def shop(db: Database, clock: Clock, tmp_path: Path) -> Workshop:
    shop = Workshop(db, clock, tmp_path, Brush())
    await shop.connections.save("brush", "", {}, "a key")
    return shop


@pytest.fixture
def other(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Another program that has the database open."""
    connection = sqlite3.connect(tmp_path / "test.sqlite", isolation_level=None)
    yield connection
    connection.close()


def lock(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")


async def test_an_image_that_could_not_be_written_down_is_not_paid_for_again(
    shop: Workshop, other: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "WAIT_SECONDS", 0.05)
    monkeypatch.setattr(service, "BOOKING_PAUSES", (0.01, 0.01))
    shop.brush.before = lambda: lock(other)
    with pytest.raises(EngineError) as caught:
        await shop.images.create(ASK, asker="api", key="k", run="r")
    assert caught.value.may_have_been_charged, "clients must not repeat it by themselves"
    other.execute("ROLLBACK")
    shop.brush.before = None
    with pytest.raises(EngineError, match="may have been charged"):
        await shop.images.create(ASK, asker="api", key="k", run="r")
    assert shop.brush.calls == 1
    assert await shop.images.recover() == 1
    assert [attempt.state for attempt in await shop.images.attempts("r")] == ["unknown"]


async def test_a_busy_database_is_waited_for_once_an_image_was_made(
    shop: Workshop, other: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "WAIT_SECONDS", 0.05)
    book, tries = Bookkeeping.book, list[int]()

    async def freed_after_one(*given: object, **named: object) -> object:
        tries.append(1)
        if len(tries) == 2:
            other.execute("ROLLBACK")
        return await book(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(Bookkeeping, "book", freed_after_one)
    monkeypatch.setattr(service, "BOOKING_PAUSES", (0.01,))
    shop.brush.before = lambda: lock(other)
    made = await shop.images.create(ASK, asker="api", key="k")
    assert len(tries) == 2
    assert [entry.key for entry in await shop.metering.entries()] == [made.attempt]


async def test_a_failure_is_told_although_its_end_cannot_be_written_down(
    shop: Workshop, other: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "WAIT_SECONDS", 0.05)

    def cut() -> None:
        lock(other)
        raise EngineError("The line was cut. Try again.", may_have_been_charged=True)

    shop.brush.before = cut
    with pytest.raises(EngineError, match="cut"):
        await shop.images.create(ASK, asker="api", key="k")
    other.execute("ROLLBACK")
    with pytest.raises(EngineError, match="may have been charged"):
        await shop.images.create(ASK, asker="api", key="k")
    assert shop.brush.calls == 1


async def test_the_cache_works_again_after_its_images_were_deleted(shop: Workshop, db: Database) -> None:
    for expected in (1, 1):
        await shop.images.create(ASK, asker="api", cache=True)
        assert shop.brush.calls == expected
    async with db.transaction() as conn:
        await conn.execute(text("DELETE FROM artifacts"))
    for _ in range(3):
        await shop.images.create(ASK, asker="api", cache=True)
    assert shop.brush.calls == 2


async def test_a_part_of_the_images_is_not_all_of_them(shop: Workshop, db: Database) -> None:
    three = replace(ASK, n=3)
    for again in range(2):
        await shop.images.create(three, asker="api", cache=True)
        made = await shop.images.create(three, asker="api", key=f"k{again}")
        assert (await shop.images.create(three, asker="api", key=f"k{again}")).artifacts == made.artifacts
        async with db.transaction() as conn:
            await conn.execute(
                text("DELETE FROM artifacts WHERE id NOT IN (SELECT min(id) FROM artifacts GROUP BY attempt)")
            )
        with pytest.raises(NotFound, match="deleted by the retention rules") as caught:
            await shop.images.create(three, asker="api", key=f"k{again}")
        assert caught.value.param == "key"
    assert len((await shop.images.create(three, asker="api", cache=True)).artifacts) == 3
    assert shop.brush.calls == 5


async def test_the_cache_works_again_after_the_files_of_its_images_are_gone(shop: Workshop, tmp_path: Path) -> None:
    first = await shop.images.create(ASK, asker="api", cache=True)
    await shop.images.create(ASK, asker="api", key="k")
    for file in (tmp_path / "blobs").glob("??/*"):
        file.unlink()
    with pytest.raises(NotFound, match="file is gone"):
        await shop.images.create(ASK, asker="api", key="k")
    second = await shop.images.create(ASK, asker="api", cache=True)
    assert not second.replayed
    assert second.attempt != first.attempt
    assert (await shop.images.create(ASK, asker="api", cache=True)).artifacts == second.artifacts


async def test_images_come_back_in_the_order_in_which_they_came(db: Database, tmp_path: Path) -> None:
    """All of them come in the same millisecond, and chance would put the last one first."""
    falling = itertools.count(10**9, -1)
    shop = Workshop(db, Clock(lambda: NOON, lambda size: next(falling).to_bytes(size, "big")), tmp_path, Brush())
    await shop.connections.save("brush", "", {}, "a key")
    four = replace(ASK, n=4)
    first = await shop.images.create(four, asker="api", key="k", run="r")
    again = await shop.images.create(four, asker="api", key="k", run="r")
    assert again.replayed
    assert [image.data for image in again.result.images] == [image.data for image in first.result.images]
    assert [item.provenance["position"] for item in await shop.library.of_run("r")] == list(range(4))


async def test_the_cache_keeps_no_refusal(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(*_: object) -> Refused:
        return Refused("Blocked. Change the words.", stage="output", source="endpoint")

    monkeypatch.setattr(Bookkeeping, "_refusal", refuse)
    with pytest.raises(Refused):
        await shop.images.create(ASK, asker="api", cache=True)
    monkeypatch.undo()
    assert (await shop.images.create(ASK, asker="api", cache=True)).artifacts
    assert (await shop.images.create(ASK, asker="api", cache=True)).replayed
    assert shop.brush.calls == 2


async def test_what_comes_back_for_a_key_is_what_came_first(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    generate = shop.brush.generate

    async def silent(request: ImageRequest, credentials: Credentials) -> ImageResult:
        result = await generate(request, credentials)
        return replace(result, usage=Usage(images=1), usage_reported=False)

    monkeypatch.setattr(shop.brush, "generate", silent)
    first = await shop.images.create(ASK, asker="api", key="k")
    again = await shop.images.create(ASK, asker="api", key="k")
    assert again.replayed
    assert replace(again.result, images=()) == replace(first.result, images=())


async def test_a_drawing_of_any_size_comes_back(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    async def huge(request: ImageRequest, credentials: Credentials) -> ImageResult:
        drawing = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200000 100000"/>'
        image = GeneratedImage(drawing, "image/svg+xml", Size(200_000, 100_000))
        return ImageResult((image,), Usage(image_out=1, images=1), "painter-1", image.size, output_format="svg")

    monkeypatch.setattr(shop.brush, "generate", huge)
    await shop.images.create(ASK, asker="api", key="k")
    assert (await shop.images.create(ASK, asker="api", key="k")).result.size == Size(200_000, 100_000)


async def test_stages_that_nobody_is_shown_are_not_in_the_price(
    db: Database, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert CARD.tokens is not None
    staged = CARD.model_copy(update={"tokens": CARD.tokens.model_copy(update={"partial_image": 100})})
    monkeypatch.setattr(test_images_service, "CARD", staged)
    shop = Workshop(db, clock, tmp_path, Brush())
    await shop.connections.save("brush", "", {}, "a key")
    prepared = await shop.images.prepare(ASK)
    await shop.images.create(ASK, asker="api", partial_images=3)
    [entry] = await shop.metering.entries()
    assert entry.quoted == prepared.quote.total


async def test_waiters_for_a_key_may_leave(shop: Workshop) -> None:
    shop.brush.gate = asyncio.Event()
    first, second = (asyncio.create_task(shop.images.create(ASK, asker="api", key="k")) for _ in range(2))
    while not shop.brush.calls:  # noqa: ASYNC110 - the engine counts, it does not signal
        await asyncio.sleep(0.001)
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    shop.brush.gate.set()
    assert not (await first).replayed
    assert (await shop.images.create(ASK, asker="api", key="k")).replayed


async def test_a_booking_whose_end_was_not_heard_of_is_not_done_twice(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    book, tries = Bookkeeping.book, list[int]()

    async def lost(*given: object, **named: object) -> object:
        """The database takes it, and the connection breaks before its answer."""
        tries.append(1)
        made = await book(*given, **named)  # type: ignore[arg-type]
        if len(tries) == 1:
            raise Unavailable("The database is away. Try again.")
        return made

    monkeypatch.setattr(Bookkeeping, "book", lost)
    monkeypatch.setattr(service, "BOOKING_PAUSES", (0.01,))
    made = await shop.images.create(ASK, asker="api", key="k", run="r")
    assert len(tries) == 2
    again = await shop.images.create(ASK, asker="api", key="k", run="r")
    assert again.artifacts == made.artifacts
    assert len(await shop.library.recent()) == len(await shop.metering.entries()) == 1
    assert [attempt.state for attempt in await shop.images.attempts("r")] == ["stored"]


async def test_a_start_while_a_command_draws_costs_it_nothing(
    shop: Workshop, db: Database, clock: Clock, tmp_path: Path
) -> None:
    """`pochoir generate` holds no lock: a server that starts meanwhile takes its attempt for a dead process's."""
    server = Workshop(db, clock, tmp_path, Brush())
    shop.brush.gate = asyncio.Event()
    drawing = asyncio.create_task(shop.images.create(ASK, asker="cli", run="r"))
    while not shop.brush.calls:  # noqa: ASYNC110 - the engine counts, it does not signal
        await asyncio.sleep(0.001)
    assert await server.images.recover() == 1
    assert await server.metering.release_others([]) == 0
    assert Blobs(tmp_path / "blobs").sweep() == 0
    shop.brush.gate.set()
    made = await drawing
    assert [entry.key for entry in await shop.metering.entries()] == [made.attempt]
    assert [artifact.id for artifact in await shop.library.recent()] == [made.artifacts[0].id]
    assert [attempt.state for attempt in await shop.images.attempts("r")] == ["stored"]


async def test_a_known_key_outlives_its_model(db: Database, clock: Clock, tmp_path: Path) -> None:
    days = [0]
    moved = Clock(lambda: clock.now_ns() + days[0] * 86_400_000_000_000, clock.entropy)
    shop = Workshop(db, moved, tmp_path, Brush())
    await shop.connections.save("brush", "", {}, "a key")
    ending = test_images_service.CARD.model_copy(update={"id": "ending", "shutdown": date(2026, 12, 1)})
    shop.images._catalog = CatalogService([ending])
    made = await shop.images.create(replace(ASK, model="ending"), asker="api", key="k")
    days[0] = 30
    with pytest.raises(ModelNotFound):
        await shop.images.create(replace(ASK, model="ending"), asker="api", key="other")
    again = await shop.images.create(replace(ASK, model="ending"), asker="api", key="k")
    assert again.artifacts == made.artifacts


async def test_a_key_of_an_earlier_version_gives_its_image(shop: Workshop, db: Database) -> None:
    open_request = replace(ASK, quality=None)
    made = await shop.images.create(open_request, asker="api", key="k")
    prepared = await shop.images.prepare(open_request)
    async with db.transaction() as conn:
        await conn.execute(text("UPDATE attempts SET request_hash = :hash"), {"hash": fingerprint_of(prepared.request)})
    assert (await shop.images.create(open_request, asker="api", key="k")).artifacts == made.artifacts
    with pytest.raises(Conflict):
        await shop.images.create(replace(open_request, prompt="another"), asker="api", key="k")


async def test_what_is_left_out_at_the_last_moment_takes_nobodys_turn(shop: Workshop) -> None:
    await shop.connections.save("brush", "", {"per_minute": "1"}, "a key")

    def over() -> None:
        raise Conflict("This run is over. Start another.")

    for _ in range(3):
        with pytest.raises(Conflict):
            await shop.images.create(ASK, asker="run", on_send=over)
    shop.images._pace._sleep = _never
    assert (await shop.images.create(ASK, asker="api")).artifacts


async def test_who_asks_is_no_part_of_a_request_that_comes_again(shop: Workshop) -> None:
    able = CARD.model_copy(update={"abilities": CARD.abilities.model_copy(update={"options": ("user",)})})
    shop.images._catalog = CatalogService([able])

    def refuse() -> None:
        shop.brush.before = None
        raise UnknownParameter("The provider does not take 'user'. Leave it out.", param="user")

    shop.brush.before = refuse
    with pytest.raises(UnknownParameter):
        await shop.images.create(replace(ASK, options={"user": "u1"}), asker="api", key="k")
    assert not (await shop.images.create(ASK, asker="api", key="k")).replayed
    assert (await shop.images.create(replace(ASK, options={"user": "u2"}), asker="api", key="k")).replayed


async def test_a_key_and_the_cache_do_not_go_together(shop: Workshop) -> None:
    with pytest.raises(InvalidValue, match="Leave out 'cache'"):
        await shop.images.create(ASK, asker="api", key="k", cache=True)
    assert shop.brush.calls == 0


async def test_what_the_budget_refuses_takes_nobodys_turn(shop: Workshop) -> None:
    await shop.connections.save("brush", "", {"per_minute": "2"}, "a key")
    await shop.metering.set_budget(MicroUSD(1))
    for _ in range(3):
        with pytest.raises(BudgetExceeded):
            await shop.images.create(replace(ASK, n=2), asker="api")
    await shop.metering.set_budget(None)
    shop.images._pace._sleep = _never
    assert (await shop.images.create(replace(ASK, n=2), asker="api")).artifacts


async def _never(_seconds: float) -> None:
    raise AssertionError("nothing was sent, so nobody has to wait")


async def test_what_came_in_time_is_given_back_by_engines_that_look_after_their_own_limit(shop: Workshop) -> None:
    shop.brush.info = replace(shop.brush.info, timeout=0.01)
    shop.brush.gate = asyncio.Event()
    asyncio.get_running_loop().call_later(0.2, shop.brush.gate.set)
    assert (await shop.images.create(ASK, asker="api")).artifacts
