"""Runs of threads without a face: what they answer, and that each ends as it must, however it was cut off."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import pytest

from pochoir.domain.errors import EngineError, NotFound, StorageFull, Unavailable
from pochoir.features.assistants import answering, store
from pochoir.features.assistants.assistant import (
    RUN_SECONDS,
    Answered,
    Asked,
    Keep,
    Message,
    NewMessage,
    NewRun,
    Part,
    Show,
    Stage,
    ThreadRun,
)
from pochoir.features.assistants.service import AssistantsService
from pochoir.features.assistants.talk import talk_of
from pochoir.infra.clock import Clock
from pochoir.infra.db import Database

NOON = 1_795_435_200_000_000_000
IMAGE = "img_00000000000000000000000001"
DECISION: Mapping[str, Any] = {"prompt": "A careful fox"}


class Painter:
    """An answerer that waits where it is told to. `paid` are runs whose image was made or may have been charged."""

    def __init__(self) -> None:
        self.asked: list[tuple[ThreadRun, list[str]]] = []
        self.drawn: list[str] = []
        self.paid: set[str] = set()
        self.kept = asyncio.Event()
        self.before, self.turn, self.during, self.after = (asyncio.Event() for _ in range(4))
        self.error: Exception | None = None
        self.open()

    def open(self) -> None:
        for gate in (self.before, self.turn, self.during, self.after):
            gate.set()

    async def answer(self, run: ThreadRun, messages: Sequence[Message], keep: Keep, show: Show) -> Answered:
        self.asked.append((run, [message.text for message in messages]))
        await self.before.wait()
        if self.error is not None:
            raise self.error
        await keep(dict(run.decision) or DECISION)
        self.kept.set()
        await self.turn.wait()
        if run.id not in self.paid:
            self.paid.add(run.id)
            self.drawn.append(run.id)
        await self.during.wait()
        await show(IMAGE)
        await self.after.wait()
        return Answered("Here it is.", IMAGE, {"total_tokens": 3}, {"images": [IMAGE]})

    def sent(self, run: ThreadRun) -> bool:
        return run.id in self.paid

    async def settled(self, run: ThreadRun) -> bool:
        return run.id in self.paid


class Here:
    """A workspace whose server can be stopped at any point and started again, at any time of the day."""

    def __init__(self, db: Database) -> None:
        counts = itertools.count(1)
        self.later = 0
        self.db = db
        self.clock = Clock(
            now_ns=lambda: NOON + self.later * 10**9, entropy=lambda size: next(counts).to_bytes(size, "big")
        )
        self.painter = Painter()
        self.service = AssistantsService(db, self.clock, lambda: self.painter)
        self.stages: asyncio.Queue[Stage] = asyncio.Queue()

    def start(self) -> None:
        self.service.start()

    async def die(self) -> None:
        """What is under way is cut off where it stands; its stand-in for the provider stays as it is."""
        for _, task in list(self.service.runs._worker._running.values()):
            task.cancel()
        await self.service.stop()
        self.service = AssistantsService(self.db, self.clock, lambda: self.painter)

    async def begin(self) -> ThreadRun:
        threads = self.service.threads
        thread = await threads.create({}, [NewMessage("user", (Part("A fox"),))])
        wanted = NewRun("asst_1", "pochoir-sketch")
        return await self.service.runs.begin(thread.id, wanted, watch=self.stages.put_nowait)

    async def reached(self, *names: str) -> Stage:
        async with asyncio.timeout(10):
            while (stage := await self.stages.get()).name not in names:
                pass
        return stage

    async def ended(self, run: ThreadRun) -> tuple[ThreadRun, list[Message]]:
        async with asyncio.timeout(10):
            while (found := await self.service.runs.run(run.thread, run.id)).active:  # noqa: ASYNC110 - as programs do
                await asyncio.sleep(0.005)
        page = await self.service.threads.page(run.thread, Asked(), run.id)
        return found, list(page.items)


@pytest.fixture
async def here(db: Database) -> AsyncIterator[Here]:
    made = Here(db)
    made.start()
    yield made
    made.painter.open()
    await made.service.stop()


async def test_a_run_is_answered_step_by_step(here: Here) -> None:
    here.painter.after.clear()
    run = await here.begin()
    shown = await here.reached("shown")
    message = await here.service.threads.message(run.thread, run.message)
    assert shown.message == message
    assert (message.images, message.state, message.drawn) == ((IMAGE,), "in_progress", "A careful fox")
    here.painter.after.set()
    ended = await here.reached("ended")
    found, [message] = await here.ended(run)
    assert ended.run == found
    assert (found.state, found.usage, found.error) == ("completed", {"total_tokens": 3}, None)
    assert (message.state, message.text, message.images) == ("completed", "Here it is.", (IMAGE,))
    assert here.painter.asked[0][1] == ["A fox"]


@pytest.mark.parametrize("gate", ["before", "during", "after"])
async def test_a_run_that_was_cut_off_goes_on_at_the_next_start(here: Here, gate: str) -> None:
    getattr(here.painter, gate).clear()
    run = await here.begin()
    if gate == "after":
        await here.reached("shown")
    async with asyncio.timeout(10):
        while not (here.painter.asked if gate == "before" else here.painter.drawn):  # noqa: ASYNC110 - a list, no event
            await asyncio.sleep(0.005)
    await here.die()
    assert (await here.reached("cut")).run.state == "in_progress"
    getattr(here.painter, gate).set()
    here.start()
    found, messages = await here.ended(run)
    assert (found.state, len(messages)) == ("completed", 1)
    assert here.painter.drawn == [run.id]
    assert [asked[1] for asked in here.painter.asked] == [["A fox"]] * 2, "its own message is nothing that it answers"
    assert dict(here.painter.asked[1][0].decision) == ({} if gate == "before" else DECISION)


async def test_a_run_that_waited_too_long_expires_before_anything_is_drawn(here: Here) -> None:
    await here.die()
    waiting = await here.begin()
    assert (await here.reached("cut")).run.state == "queued"
    here.later = RUN_SECONDS
    here.start()
    assert (await here.ended(waiting))[0].state == "expired"
    here.painter.before.clear()
    slow = await here.begin()
    await here.reached("in_progress")
    here.later *= 2
    here.painter.before.set()
    found, messages = await here.ended(slow)
    assert (found.state, messages, here.painter.drawn) == ("expired", [], [])


async def test_what_was_made_is_shown_though_the_time_is_over(here: Here) -> None:
    here.painter.during.clear()
    run = await here.begin()
    async with asyncio.timeout(10):
        while not here.painter.drawn:  # noqa: ASYNC110 - a list, no event
            await asyncio.sleep(0.005)
    await here.die()
    here.later = 10 * RUN_SECONDS
    here.painter.during.set()
    here.start()
    found, [message] = await here.ended(run)
    assert (found.state, message.images, here.painter.drawn) == ("completed", (IMAGE,), [run.id])


@pytest.mark.parametrize("died", [False, True])
async def test_a_cancelled_run_keeps_what_was_being_drawn(here: Here, died: bool) -> None:
    here.painter.during.clear()
    run = await here.begin()
    async with asyncio.timeout(10):
        while not here.painter.drawn:  # noqa: ASYNC110 - a list, no event
            await asyncio.sleep(0.005)
    assert (await here.service.runs.cancel(run.thread, run.id)).state == "cancelling"
    assert (await here.service.runs.cancel(run.thread, run.id)).state == "cancelling", "once more changes nothing"
    if died:
        await here.die()
        here.start()
    here.painter.during.set()
    found, [message] = await here.ended(run)
    assert (found.state, message.state, message.reason) == ("cancelled", "incomplete", "run_cancelled")
    assert (message.images, here.painter.drawn) == ((IMAGE,), [run.id])


@pytest.mark.parametrize("died", [False, True])
async def test_a_run_that_is_cancelled_before_it_draws_never_does(here: Here, died: bool) -> None:
    here.painter.before.clear()
    run = await here.begin()
    await here.reached("in_progress")
    if died:
        await here.die()
    await here.service.runs.cancel(run.thread, run.id)
    if died:
        here.start()
    found, messages = await here.ended(run)
    assert (found.state, messages, here.painter.drawn) == ("cancelled", [], [])


@pytest.mark.parametrize("died", [False, True])
async def test_a_run_that_is_cancelled_while_it_waits_for_its_turn_never_draws(here: Here, died: bool) -> None:
    here.painter.turn.clear()
    run = await here.begin()
    async with asyncio.timeout(10):
        await here.painter.kept.wait()
    assert (await here.service.runs.run(run.thread, run.id)).decision == DECISION
    if died:
        await here.die()
    await here.service.runs.cancel(run.thread, run.id)
    if died:
        here.start()
    found, messages = await here.ended(run)
    here.painter.turn.set()
    assert (found.state, messages, here.painter.drawn) == ("cancelled", [], [])


async def test_what_was_made_is_shown_though_the_run_is_cancelled_as_the_server_starts(here: Here) -> None:
    here.painter.during.clear()
    run = await here.begin()
    async with asyncio.timeout(10):
        while not here.painter.drawn:  # noqa: ASYNC110 - a list, no event
            await asyncio.sleep(0.005)
    await here.die()
    here.painter.before.clear()
    here.start()
    async with asyncio.timeout(10):
        while len(here.painter.asked) < 2:  # noqa: ASYNC110 - a list, no event
            await asyncio.sleep(0.005)
    await here.service.runs.cancel(run.thread, run.id)
    here.painter.open()
    found, [message] = await here.ended(run)
    assert (found.state, message.images, here.painter.drawn) == ("cancelled", (IMAGE,), [run.id])


async def test_a_run_that_did_not_begin_is_cancelled_at_once(here: Here) -> None:
    await here.die()
    run = await here.begin()
    assert (await here.service.runs.cancel(run.thread, run.id)).state == "cancelled"
    here.start()
    assert here.painter.asked == []


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (EngineError("It may be gone. Look.", may_have_been_charged=True), "server_error", "It may be gone. Look."),
        (NotFound("No such image. Send another."), "invalid_prompt", "No such image. Send another."),
        (ValueError("oops"), "server_error", "Something broke on the server."),
    ],
)
async def test_a_run_that_fails_says_why(here: Here, error: Exception, code: str, words: str) -> None:
    here.painter.error = error
    found, messages = await here.ended(await here.begin())
    assert (found.state, messages) == ("failed", [])
    assert found.error
    assert found.error["code"] == code
    assert found.error["message"].startswith(words)


async def test_an_image_waits_for_a_disk_that_is_full(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answering, "RETRY_SECONDS", 0.0)
    tries = itertools.count()
    whole = answering.Answering._message

    async def full(self: Any, *args: Any) -> Message:
        if next(tries) < 3:
            raise StorageFull("The disk is full. Free some space.")
        return await whole(self, *args)

    monkeypatch.setattr(answering.Answering, "_message", full)
    found, [message] = await here.ended(await here.begin())
    assert (found.state, message.images, len(here.painter.drawn)) == ("completed", (IMAGE,), 1)


async def test_a_run_waits_for_a_database_that_is_away(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answering, "RETRY_SECONDS", 0.0)
    tries = itertools.count()
    whole = store.latest

    async def away(*args: Any) -> list[Message]:
        if next(tries) < 3:
            raise Unavailable("The database is away. Try again in a moment.")
        return await whole(*args)

    monkeypatch.setattr(store, "latest", away)
    found, [message] = await here.ended(await here.begin())
    assert (found.state, message.images) == ("completed", (IMAGE,))


async def test_whoever_asks_again_watches_the_same_run(here: Here) -> None:
    here.painter.during.clear()
    threads, second = here.service.threads, asyncio.Queue[Stage]()
    thread = await threads.create({}, [NewMessage("user", (Part("A fox"),))])
    wanted = NewRun("asst_1", "pochoir-sketch", key="k", fingerprint="f")
    first = await here.service.runs.begin(thread.id, wanted)
    again = await here.service.runs.begin(thread.id, wanted, watch=second.put_nowait)
    here.painter.during.set()
    async with asyncio.timeout(10):
        while (stage := await second.get()).name != "ended":
            pass
    assert (first.id, stage.run.id, stage.run.state) == (again.id, first.id, "completed")
    assert len(here.painter.drawn) == 1


# -- the talk ----------------------------------------------------------------------------------------------------------


def message(text: str, *images: str, run: str | None = None) -> Message:
    parts = (*(Part(file=image) for image in images), *((Part(text),) if text else ()))
    role = "user" if run is None else "assistant"
    return Message("msg_1", "thread_1", 1, role, "", parts, run=run, drawn=text if run and images else "")


def test_what_was_answered_stands_apart_from_what_is_said_now() -> None:
    said = [message("A fox", "a"), message("Drawn", "b", run="r1"), message("A hat", "c"), message("And more")]
    talk = talk_of(said, 1000)
    assert [line.text for line in talk.before] == ["A fox", "Drawn"]
    assert [line.text for line in talk.now] == ["A hat", "And more"]
    assert (talk.left, talk.sent) == (("b",), ("c",))
    assert talk.before[1].drawn == "Drawn"


def test_without_a_new_word_the_last_ones_are_answered_anew() -> None:
    said = [message("A fox"), message("Drawn", "b", run="r1"), message("A hat"), message("So", "d", run="r2")]
    talk = talk_of(said, 1000)
    assert ([line.text for line in talk.now], talk.left) == (["A hat"], ("b",))
    assert talk_of([message("Hi", run="r1")], 1000).now == ()


def test_images_outlive_an_answer_in_words() -> None:
    said = [
        message("Look", "a"),
        message("Nice", run="r1"),
        message("And", "b"),
        message("Nice", run="r2"),
        message("Draw"),
    ]
    assert talk_of(said, 1000).left == ("a", "b")


def test_the_oldest_messages_are_left_out_where_it_is_too_much() -> None:
    said = [message("x" * 50), message("y" * 50), message("z" * 50)]
    assert [line.text[0] for line in talk_of(said, 120).now] == ["y", "z"]
    alone = talk_of([message("Hi"), said[0]], 10).now  # its model refuses it; nothing is drawn without it
    assert [line.text for line in alone] == ["x" * 50]
