"""Durable work: done once, resumed after a cut on the same event loop, errors kept in words."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest

from pochoir.domain.errors import EngineRateLimited, InvalidSpec, NotFound, PochoirError, StorageFull, Unavailable
from pochoir.durable import journal
from pochoir.durable.engine import Durable, Execution

Work = Callable[[Execution, Any], Awaitable[None]]


@asynccontextmanager
async def running(folder: Path, work: Work) -> AsyncIterator[Durable]:
    durable = Durable(f"sqlite:///{folder / 'durable.sqlite'}")
    durable.register("work", work)
    await durable.launch()
    try:
        yield durable
    finally:
        await durable.shutdown()


async def test_a_workflow_runs_on_the_callers_loop_and_its_steps_give_json(tmp_path: Path) -> None:
    got: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    async def step() -> Any:
        return {"thread": threading.current_thread() is threading.main_thread(), "list": [1, "two"]}

    async def work(execution: Execution, payload: Any) -> None:
        got.set_result((execution.id, payload, await execution.step("one", step)))

    async with running(tmp_path, work) as durable:
        await durable.start("w1", "work", {"a": 1})
        assert await got == ("w1", {"a": 1}, {"thread": True, "list": [1, "two"]})


async def test_work_that_is_cut_off_is_resumed_and_what_it_has_is_not_done_again(tmp_path: Path) -> None:
    done: list[str] = []
    begun, blocked = asyncio.Event(), asyncio.Event()

    def steps(wait: asyncio.Event) -> Work:
        async def first() -> str:
            done.append("first")
            return "kept"

        async def second() -> str:
            done.append("second")
            begun.set()
            await wait.wait()
            return "late"

        async def work(execution: Execution, payload: Any) -> None:
            assert await execution.step("first", first) == "kept"
            assert await execution.step("second", second) == "late"
            done.append("end")
            finished.set()

        return work

    finished = asyncio.Event()
    async with running(tmp_path, steps(blocked)) as durable:
        await durable.start("w1", "work", None)
        await begun.wait()
    assert done == ["first", "second"]
    free = asyncio.Event()
    free.set()
    async with running(tmp_path, steps(free)):
        await asyncio.wait_for(finished.wait(), 20)
    assert done == ["first", "second", "second", "end"]


async def test_steps_side_by_side_keep_their_places_whatever_order_they_end_in(tmp_path: Path) -> None:
    runs: list[list[int]] = []
    hold, cut = asyncio.Event(), asyncio.Event()

    async def work(execution: Execution, payload: Any) -> None:
        order: list[int] = []
        runs.append(order)

        def job(number: int) -> Callable[[], Awaitable[int]]:
            async def do() -> int:
                order.append(number)
                if number == 2 and not hold.is_set():
                    cut.set()
                    await asyncio.Event().wait()
                await asyncio.sleep(0.01 * (4 - number))
                return number * 10

            return do

        results = await asyncio.gather(*[execution.step(f"s{number}", job(number)) for number in range(4)])
        assert results == [0, 10, 20, 30]
        finished.set()

    finished = asyncio.Event()
    async with running(tmp_path, work) as durable:
        await durable.start("w1", "work", None)
        await cut.wait()
        await asyncio.sleep(0.5)
    hold.set()
    async with running(tmp_path, work):
        await asyncio.wait_for(finished.wait(), 20)
    assert sorted(runs[0]) == [0, 1, 2, 3]
    assert runs[1] == [2]


async def test_children_run_together_and_each_is_resumed_by_itself(tmp_path: Path) -> None:
    done: list[int] = []
    hold, two, finished = asyncio.Event(), asyncio.Event(), asyncio.Event()
    results: list[Any] = []

    @asynccontextmanager
    async def parent() -> AsyncIterator[Durable]:
        async def child(execution: Execution, payload: Any) -> Any:
            async def job() -> int:
                if payload == 1:
                    await hold.wait()
                done.append(payload)
                if len(done) == 2:
                    two.set()
                return int(payload) * 10

            return await execution.step("job", job)

        async def work(execution: Execution, payload: Any) -> None:
            results.append(await execution.together("child", [(f"{execution.id}/{n}", n) for n in range(3)]))
            finished.set()

        durable = Durable(f"sqlite:///{tmp_path / 'durable.sqlite'}")
        durable.register("work", work)
        durable.register("child", child)
        await durable.launch()
        yield durable
        await durable.shutdown()

    async with parent() as durable:
        await durable.start("w1", "work", None)
        await two.wait()
        await asyncio.sleep(0.5)
    assert sorted(done) == [0, 2]
    hold.set()
    async with parent():
        await asyncio.wait_for(finished.wait(), 20)
    assert sorted(done) == [0, 1, 2]
    assert results == [[0, 10, 20]]


async def test_an_error_of_a_child_is_raised_once_all_are_through(tmp_path: Path) -> None:
    over: asyncio.Future[list[str]] = asyncio.get_running_loop().create_future()
    through: list[str] = []

    async def child(execution: Execution, payload: Any) -> None:
        if payload == "bad":
            raise NotFound("No. Look elsewhere.")
        await asyncio.sleep(0.2)
        through.append(payload)

    async def work(execution: Execution, payload: Any) -> None:
        with pytest.raises(NotFound, match="Look elsewhere"):
            await execution.together("child", [("a", "good"), ("b", "bad"), ("c", "fine")])
        over.set_result(sorted(through))

    durable = Durable(f"sqlite:///{tmp_path / 'durable.sqlite'}")
    durable.register("work", work)
    durable.register("child", child)
    await durable.launch()
    await durable.start("w1", "work", None)
    assert await asyncio.wait_for(over, 20) == ["fine", "good"]
    await durable.shutdown()


async def test_the_same_id_is_started_once(tmp_path: Path) -> None:
    begun: list[str] = []
    free = asyncio.Event()

    async def work(execution: Execution, payload: Any) -> None:
        begun.append(execution.id)
        await free.wait()

    async with running(tmp_path, work) as durable:
        await durable.start("w1", "work", None)
        await durable.start("w1", "work", None)
        free.set()
        await durable.start("w1", "work", None)
        await asyncio.sleep(0.2)
    assert begun == ["w1"]


async def test_starting_work_that_is_being_resumed_does_not_double_it(tmp_path: Path) -> None:
    begun: list[str] = []
    blocked = asyncio.Event()

    async def work(execution: Execution, payload: Any) -> None:
        begun.append(execution.id)
        await blocked.wait()

    for _ in range(2):
        async with running(tmp_path, work) as durable:
            await durable.start("w1", "work", None)
            await asyncio.sleep(2.5)
    assert begun == ["w1", "w1"]


async def test_what_others_began_is_left_as_it_stands_by_one_that_does_not_resume(tmp_path: Path) -> None:
    begun: list[str] = []
    blocked, free = asyncio.Event(), asyncio.Event()

    async def child(execution: Execution, payload: Any) -> Any:
        return payload

    async def work(execution: Execution, payload: Any) -> None:
        begun.append(execution.id)
        if execution.id == "theirs":
            blocked.set()
            await free.wait()
        assert await execution.together("child", [(f"{execution.id}/{n}", n) for n in range(2)]) == [0, 1]
        done.set()

    @asynccontextmanager
    async def opened(*, resumes: bool) -> AsyncIterator[Durable]:
        durable = Durable(f"sqlite:///{tmp_path / 'durable.sqlite'}", resumes=resumes)
        durable.register("work", work)
        durable.register("child", child)
        await durable.launch()
        try:
            yield durable
        finally:
            await durable.shutdown()

    def tries() -> int:
        with closing(sqlite3.connect(tmp_path / "durable.sqlite")) as books:
            query = "select recovery_attempts from workflow_status where workflow_uuid = 'theirs'"
            return int(books.execute(query).fetchone()[0])

    done = asyncio.Event()
    async with opened(resumes=True) as durable, asyncio.timeout(20):
        await durable.start("theirs", "work", None)
        await blocked.wait()
    before = tries()
    async with opened(resumes=False) as durable, asyncio.timeout(20):
        await durable.start("ours", "work", None)
        await done.wait()
        while tries() == before:  # the library has taken it up  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert begun == ["theirs", "ours"]
    free.set()
    done.clear()
    async with opened(resumes=True), asyncio.timeout(20):
        await done.wait()
    assert begun == ["theirs", "ours", "theirs"]


async def test_an_error_of_ours_comes_back_as_it_was_and_any_other_in_words(tmp_path: Path) -> None:
    caught: list[BaseException] = []
    over = asyncio.Event()

    async def limited() -> None:
        raise EngineRateLimited("Too fast. Wait.", retry_after=2.5)

    async def broken() -> None:
        raise ZeroDivisionError("secret detail")

    async def work(execution: Execution, payload: Any) -> None:
        for step in (limited, broken):
            try:
                await execution.step(step.__name__, step)
            except PochoirError as error:
                caught.append(error)
        over.set()

    async with running(tmp_path, work) as durable:
        await durable.start("w1", "work", None)
        await asyncio.wait_for(over.wait(), 20)
    assert isinstance(caught[0], EngineRateLimited)
    assert caught[0].retry_after == 2.5
    assert "ZeroDivisionError" in str(caught[1])
    assert "secret detail" not in str(caught[1])


async def test_the_journal_holds_json_and_no_pickle(tmp_path: Path) -> None:
    over = asyncio.Event()

    async def step() -> dict[str, str]:
        return {"colour": "vermilion"}

    async def work(execution: Execution, payload: Any) -> None:
        await execution.step("paint", step)
        over.set()

    async with running(tmp_path, work) as durable:
        await durable.start("w1", "work", {"tool": "poster"})
        await over.wait()
    connection = sqlite3.connect(tmp_path / "durable.sqlite")
    text = "\n".join(connection.iterdump())
    connection.close()
    assert '{"v":1,"ok":{"colour":"vermilion"}}' in text
    assert '"tool":"poster"' in text
    assert "gASV" not in text, "the head of a pickle in base64"


async def test_a_journal_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    over: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def step() -> None:
        connection = sqlite3.connect(tmp_path / "durable.sqlite")
        connection.execute(
            "create trigger full before insert on operation_outputs begin select raise(abort, 'disk is full'); end"
        )
        connection.commit()
        connection.close()

    async def work(execution: Execution, payload: Any) -> None:
        with pytest.raises(StorageFull, match=r"cannot be written: disk is full\. Make room") as caught:
            await execution.step("last", step)
        over.set_result(caught.value.message)

    async with running(tmp_path, work) as durable:
        await durable.start("w1", "work", None)
        assert await asyncio.wait_for(over, 60)


async def test_the_first_start_opens_the_journal(tmp_path: Path) -> None:
    done = asyncio.Event()

    async def work(execution: Execution, payload: Any) -> None:
        done.set()

    durable = Durable(f"sqlite:///{tmp_path / 'durable.sqlite'}")
    durable.register("work", work)
    await durable.start("w", "work", None)
    assert await asyncio.wait_for(done.wait(), 20)
    await durable.shutdown()


async def test_a_journal_that_could_not_be_opened_is_opened_later(tmp_path: Path) -> None:
    done = asyncio.Event()

    async def work(execution: Execution, payload: Any) -> None:
        done.set()

    durable = Durable(f"sqlite:///{tmp_path}/later/durable.sqlite")
    durable.register("work", work)
    with pytest.raises(Unavailable, match="Check the data folder"):
        await durable.start("w", "work", None)
    (tmp_path / "later").mkdir()
    await durable.start("w", "work", None)
    assert await asyncio.wait_for(done.wait(), 20)
    await durable.shutdown()


async def test_what_is_stopped_says_so_and_a_bad_folder_too(tmp_path: Path) -> None:
    stopped = Durable(f"sqlite:///{tmp_path}/x.sqlite")
    await stopped.shutdown()
    with pytest.raises(Unavailable, match="stopping"):
        await stopped.start("w", "work", None)
    durable = Durable(f"sqlite:///{tmp_path}/no/such/folder/x.sqlite")
    with pytest.raises(Unavailable, match="Check the data folder"):
        await durable.launch()
    await durable.shutdown()


def test_a_workflow_is_registered_once() -> None:
    async def work(execution: Execution, payload: Any) -> None:
        """Nothing."""

    durable = Durable("sqlite:///unused")
    durable.register("work", work)
    with pytest.raises(ValueError, match="comes twice"):
        durable.register("work", work)


@pytest.mark.parametrize(
    "error",
    [
        NotFound("Gone. Look elsewhere.", param="id", code="lost"),
        InvalidSpec(["steps.a: no.", "steps.b: no."]),
        EngineRateLimited("Slow. Wait.", may_have_been_charged=True, retry_after=1.0),
        PochoirError("Odd. Report it."),
    ],
)
def test_errors_survive_the_journal(error: PochoirError) -> None:
    entry = journal.load(journal.dump(journal.failed(error)))
    with pytest.raises(type(error)) as caught:
        journal.read(entry)
    assert {**vars(caught.value), "code": caught.value.code} == {**vars(error), "code": error.code}


@pytest.mark.parametrize("entry", [None, 3, {"v": 2, "ok": 1}])
def test_a_journal_of_another_version_is_not_guessed_at(entry: object) -> None:
    with pytest.raises(PochoirError, match="another version"):
        journal.read(entry)


def test_the_librarys_own_errors_are_kept_as_words() -> None:
    kept = journal.load(journal.dump(RuntimeError("the queue is odd")))
    assert isinstance(kept, RuntimeError)
    assert "the queue is odd" in str(kept)


@pytest.mark.parametrize("kind", sorted(journal._tree(PochoirError), key=str))
def test_every_error_of_ours_comes_back_from_the_journal(kind: type[PochoirError]) -> None:
    problems: Any = ["No. Change it."]
    error = kind(problems) if issubclass(kind, InvalidSpec) else kind("No. Change it.", param="size", code="odd")
    with pytest.raises(kind) as caught:
        journal.read(journal.failed(error))
    assert (caught.value.message, caught.value.code) == (error.message, error.code)
