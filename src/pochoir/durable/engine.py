"""Durable work on DBOS, which is imported here alone, in a thread and when it is needed (a second and 15 MB).

Everything that is registered runs on the event loop that called `launch`, resumed work too: database pools and HTTP
sessions belong to that loop. One process per database (see infra/lock.py): the executor's id is constant, so a second
process would start the first one's work again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError

from pochoir.domain.errors import PochoirError, StorageFull, Unavailable
from pochoir.durable import journal

if TYPE_CHECKING:
    from dbos import DBOS, WorkflowHandleAsync

APPLICATION_VERSION = "1"
"""Constant: work of another version is never resumed. Journals carry their own version instead."""

EXECUTOR = "pochoir"
NEVER_GIVE_UP = 2**31 - 1
"""Resumes before work is given up. A run may wait for weeks for an approval, through any number of restarts."""

_log = logging.getLogger("pochoir.durable")


Wrapped = Callable[[Any], Coroutine[Any, Any, dict[str, Any]]]
Begin = Callable[[str, str, Any], Awaitable["WorkflowHandleAsync[dict[str, Any]]"]]


class Execution:
    """One running workflow. `step` journals; everything else that the workflow does is repeated when it is resumed.

    `begin` starts a registered workflow: its id, its name, its payload.
    """

    def __init__(self, workflow_id: str, library: type[DBOS], begin: Begin) -> None:
        self.id = workflow_id
        self._library = library
        self._begin = begin

    async def together(self, name: str, children: Sequence[tuple[str, Any]]) -> list[Any]:
        """Run a registered workflow for each (id, payload) at the same time; their results in order.

        Each is journalled and resumed by itself. Raises the first PochoirError, once all of them are through.
        """
        handles = [await self._begin(child, name, payload) for child, payload in children]
        entries = [await handle.get_result(polling_interval_sec=0.2) for handle in handles]
        return [journal.read(entry) for entry in entries]

    def step(self, name: str, work: Callable[[], Awaitable[Any]]) -> Coroutine[Any, Any, Any]:
        """Do `work` once and keep its JSON result; a resumed workflow gets that result without doing it again.

        The place in the journal is taken when `step` is called, not when it is awaited: call the steps of a workflow in
        an order that never changes, then gather them as you like. `work` that was cut off in the middle is done again
        from its start. Raises the PochoirError that `work` ended in, now and on every resume.
        """
        place = self._library.reserve_step()

        async def run() -> Any:
            try:
                entry = await place.run_async({"name": name}, _entry, f"{name} of {self.id}", work)
            except DBAPIError as error:
                raise _unwritten(error) from error
            return journal.read(entry)

        return run()


Workflow = Callable[[Execution, Any], Awaitable[Any]]
"""Gives plain JSON. Every `step` and every `together` in it must come in an order that never changes."""


class Durable:
    """Starts and resumes registered workflows. `url` is a SQLAlchemy URL without a driver: `sqlite:///…/durable.sqlite`.

    Unless it `resumes`, what others began is left as it stands, for whoever opens the journal next.
    """

    def __init__(self, url: str, *, resumes: bool = True) -> None:
        self.resumes = resumes
        self._url = url
        self._begun: set[str] = set()
        self._workflows: dict[str, Workflow] = {}
        self._wrapped: dict[str, Wrapped] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._launching: asyncio.Task[type[DBOS]] | None = None
        self._stopping = False

    def register(self, name: str, workflow: Workflow) -> None:
        """Make a workflow known. Before `launch`; the name is stored with the work, so never rename one."""
        if name in self._workflows or self._launching is not None:
            raise ValueError(f"Workflow '{name}' comes twice or too late: register each once, before launch.")
        self._workflows[name] = workflow

    def begin(self) -> None:
        """Begin to open the journal and to resume what a dead process left, unless that was begun; anew where it failed."""
        failed = self._launching is not None and self._launching.done() and self._launching.exception() is not None
        if (self._launching is None or failed) and not self._stopping:
            loop = asyncio.get_running_loop()
            self._launching = loop.create_task(asyncio.to_thread(self._open, loop), name="durable-launch")

    async def launch(self) -> None:
        """Open the journal, unless it is. Returns when it is ready; raises Unavailable when it cannot be opened."""
        self.begin()
        await self._library()

    async def start(self, workflow_id: str, name: str, payload: Any) -> None:
        """Begin a workflow, once: an id that is known already is left as it is. Opens the journal where it is not.

        Raises StorageFull or Unavailable where the journal cannot be written.
        """
        self.begin()
        try:
            await self._begin(workflow_id, name, payload)
        except DBAPIError as error:
            raise _unwritten(error) from error

    async def shutdown(self) -> None:
        """Stop. Work in flight is cut off where it stands and resumed by the next launch."""
        self._stopping = True
        if self._launching is None:
            return
        await asyncio.wait([self._launching])
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        loop = asyncio.get_running_loop()
        await asyncio.to_thread(_close)
        loop.set_default_executor(ThreadPoolExecutor(thread_name_prefix="pochoir"))

    async def _begin(self, workflow_id: str, name: str, payload: Any) -> WorkflowHandleAsync[dict[str, Any]]:
        from dbos import SetWorkflowID

        library = await self._library()
        self._begun.add(workflow_id)
        with SetWorkflowID(workflow_id):
            return await library.start_workflow_async(self._wrapped[name], payload)

    async def _library(self) -> type[DBOS]:
        if self._launching is None:
            raise Unavailable("The server is stopping. Try again in a moment.")
        try:
            return await asyncio.shield(self._launching)
        except Exception as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise Unavailable(f"The journal of runs cannot be opened: {reason}. Check the data folder.") from error

    def _open(self, loop: asyncio.AbstractEventLoop) -> type[DBOS]:
        """In a thread. The thread poses as one of `loop`, because the library adopts the loop that it is launched on."""
        from dbos import DBOS, DBOSConfig
        from dbos._serialization import Serializer

        class JsonSerializer(Serializer):
            """Our journal's form, in place of the library's pickle."""

            def serialize(self, data: Any) -> str:
                return journal.dump(data)

            def deserialize(self, serialized_data: str) -> Any:
                return journal.load(serialized_data)

            def name(self) -> str:
                return "pochoir_json_1"

        config: DBOSConfig = {
            "name": "pochoir",
            "system_database_url": self._url,
            "application_version": APPLICATION_VERSION,
            "executor_id": EXECUTOR,
            "serializer": JsonSerializer(),
            "log_level": "CRITICAL",
            "enable_otlp": False,
            "notification_listener_polling_interval_sec": 0.5,
        }
        asyncio._set_running_loop(loop)
        try:
            DBOS(config=config)
            for name, workflow in self._workflows.items():
                self._wrapped[name] = self._wrap(DBOS, name, workflow)
            DBOS.launch()
        except BaseException:
            DBOS.destroy(destroy_registry=True)  # so that it can be opened later, when what is wrong has gone by
            raise
        finally:
            asyncio._set_running_loop(None)
        return DBOS

    def _wrap(self, library: type[DBOS], name: str, workflow: Workflow) -> Wrapped:
        async def body(payload: Any) -> dict[str, Any]:
            task = asyncio.current_task()
            assert task is not None
            execution = Execution(str(library.workflow_id), library, self._begin)
            if self._stopping or not (self.resumes or execution.id in self._begun):
                raise asyncio.CancelledError  # it stays in the journal as work that was cut off
            self._tasks.add(task)
            try:
                return await _entry(execution.id, lambda: workflow(execution, payload))
            finally:
                self._tasks.discard(task)
                self._begun.discard(execution.id)

        body.__qualname__ = name
        return library.workflow(name=name, max_recovery_attempts=NEVER_GIVE_UP)(body)


async def _entry(name: str, work: Callable[[], Awaitable[Any]]) -> dict[str, Any]:
    """What is journalled of some work: its value, or the error that it ended in."""
    try:
        return journal.done(await work())
    except PochoirError as error:
        return journal.failed(error)
    except Exception as error:  # noqa: BLE001  a defect becomes an entry too, or the work would never end
        _log.exception("%s failed", name)
        return journal.failed(_unexpected(error))


def _close() -> None:
    from dbos import DBOS

    DBOS.destroy(destroy_registry=True)


def _unwritten(error: DBAPIError) -> PochoirError:
    """Why the journal could not be written. What a step did is done; only that it was done is not known."""
    reason = str(error.orig).splitlines()[0] if error.orig else type(error).__name__
    if "full" in reason or "readonly" in reason:
        return StorageFull(f"The journal of runs cannot be written: {reason}. Make room or make it writable.")
    return Unavailable(f"The journal of runs cannot be written: {reason}. Look at the data folder, then try again.")


def _unexpected(error: Exception) -> PochoirError:
    return PochoirError(
        f"Something went wrong inside Pochoir ({type(error).__name__}). Try again; if it comes back, report it."
    )
