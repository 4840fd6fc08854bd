"""Threads and their messages: begin one, add to it, look, list, change, delete."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pochoir.domain.errors import InvalidRequest, NotFound
from pochoir.features.assistants import store
from pochoir.features.assistants.assistant import Asked, Message, NewMessage, Page, Thread
from pochoir.infra.clock import Clock
from pochoir.infra.db import Database


class Threads:
    """Messages come and go only while no run works on their thread: what it answers must stay as it is."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def create(self, metadata: Mapping[str, str], messages: Sequence[NewMessage] = ()) -> Thread:
        thread = Thread(self._clock.new_id("thread"), self._clock.stamp(), dict(metadata))
        async with self._db.transaction() as conn:
            await store.add(conn, store.threads, thread)
            await self.add(thread.id, messages)
        return thread

    async def thread(self, thread_id: str) -> Thread:
        async with self._db.reading() as conn:
            found = await store.thread(conn, thread_id)
        if found is None:
            raise NotFound(f"There is no thread '{thread_id[:80]}'. Create one.", param="thread_id")
        return found

    async def change(self, thread_id: str, metadata: Mapping[str, str] | None) -> Thread:
        """`metadata` takes the place of what was there; None leaves it."""
        async with self._db.transaction() as conn:
            thread = await self.thread(thread_id)
            if metadata is not None:
                thread = replace(thread, metadata=dict(metadata))
                await store.put(conn, store.threads, thread)
        return thread

    async def delete(self, thread_id: str) -> None:
        """With its messages and runs; images stay in the library for as long as its rules say."""
        async with self._db.transaction() as conn:
            await self.thread(thread_id)
            if (run := await store.active_run(conn, thread_id)) is not None:
                raise InvalidRequest(
                    f"Can't delete {thread_id} while a run {run} is active. Wait for its end, or cancel it."
                )
            await store.remove_thread(conn, thread_id)

    # -- messages ------------------------------------------------------------------------------------------------------

    async def add(self, thread_id: str, messages: Sequence[NewMessage]) -> list[Message]:
        """Add to the end, all or none. Raises NotFound, and InvalidRequest while a run is active."""
        added: list[Message] = []
        async with self._db.transaction() as conn:
            await self.thread(thread_id)
            await self._idle(conn, thread_id, "add messages to")
            number = await store.next_number(conn, thread_id)
            for place, new in enumerate(messages):
                stamp = self._clock.stamp()
                message = Message(
                    id=self._clock.new_id("msg"),
                    thread=thread_id,
                    number=number + place,
                    role=new.role,
                    created=stamp,
                    parts=new.parts,
                    metadata=dict(new.metadata),
                    ended=stamp,
                )
                await store.add(conn, store.messages, message)
                added.append(message)
        return added

    async def message(self, thread_id: str, message_id: str) -> Message:
        async with self._db.reading() as conn:
            found = await store.message(conn, thread_id, message_id)
        if found is None:
            raise NotFound(
                f"There is no message '{message_id[:80]}' in the thread '{thread_id[:80]}'. List its messages.",
                param="message_id",
            )
        return found

    async def page(self, thread_id: str, asked: Asked, run_id: str | None = None) -> Page[Message]:
        """Those of one run where `run_id` is given."""
        await self.thread(thread_id)
        where = {"thread": thread_id, **({"run": run_id} if run_id else {})}
        async with self._db.reading() as conn:
            found = await store.page(conn, store.messages, asked, "number", **where)
        if found is None:
            raise NotFound("There is no such message in this list. Begin without 'after' and 'before'.", param="after")
        return Page(tuple(store.to_message(values) for values in found[0]), found[1])

    async def change_message(self, thread_id: str, message_id: str, metadata: Mapping[str, str] | None) -> Message:
        async with self._db.transaction() as conn:
            message = await self.message(thread_id, message_id)
            if metadata is not None:
                message = replace(message, metadata=dict(metadata))
                await store.put(conn, store.messages, message)
        return message

    async def delete_message(self, thread_id: str, message_id: str) -> None:
        async with self._db.transaction() as conn:
            await self.message(thread_id, message_id)
            await self._idle(conn, thread_id, "delete messages of")
            await store.remove(conn, store.messages, message_id)

    async def _idle(self, conn: store.Connection, thread_id: str, what: str) -> None:
        if (run := await store.active_run(conn, thread_id)) is not None:
            raise InvalidRequest(
                f"Can't {what} {thread_id} while a run {run} is active. Wait for its end, or cancel it."
            )
