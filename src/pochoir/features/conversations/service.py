"""Responses and what was said in them, for a later one to go on from. Images are kept by id, never as bytes."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

from pochoir.domain.errors import NotFound
from pochoir.features.conversations import store
from pochoir.infra.clock import Clock
from pochoir.infra.db import Database
from pochoir.infra.locks import KeyLocks

UNKEPT = timedelta(days=1)
"""How long a response is known that nobody asked to store: its request may be repeated, its image named again."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was said. `role` is user, assistant or system; `images` are ids of images sent with it ("" when the
    image was not kept). `drawn` is the prompt of an image that the assistant drew here, `call` that drawing's id."""

    role: str
    text: str
    images: tuple[str, ...] = ()
    drawn: str = ""
    call: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """One response. `talk` is all that was said up to it and, when it is done, with it; `given` counts the lines before it.

    `artifacts`: images that the next one goes on from. `drawn`: the image that this one made. `shown`: what its face
    answered; empty while it is not done. `asked`: a hash of the request. `decision`: what was decided to draw and say.
    """

    id: str
    talk: tuple[Line, ...] = ()
    given: int = 0
    artifacts: tuple[str, ...] = ()
    drawn: str | None = None
    shown: Mapping[str, Any] = field(default_factory=dict)
    asked: str = ""
    decision: Mapping[str, Any] = field(default_factory=dict)


class ConversationsService:
    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._locks = KeyLocks()

    def hold(self, response_id: str) -> AbstractAsyncContextManager[None]:
        """One at a time works on a response."""
        return self._locks.hold(response_id)

    async def put(self, turn: Turn, *, kept: bool) -> None:
        """Write a response down, in the place of what was known of it. What is not kept is forgotten after `UNKEPT`."""
        now = self._clock.now()
        before = (now - UNKEPT).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        async with self._db.transaction() as conn:
            await store.forget_unkept(conn, before)
            await store.remove(conn, turn.id)
            await store.add(conn, turn.id, self._clock.stamp(), asdict(turn), kept=kept)

    async def get(self, response_id: str) -> Turn:
        """Raises NotFound when there is none, or it was not to be kept or was deleted."""
        async with self._db.reading() as conn:
            data = await store.one(conn, response_id, kept=True)
        if data is None:
            raise _gone(response_id)
        return _turn(data)

    async def known(self, response_id: str) -> Turn | None:
        """What is known of a response, also when it is not done or not to be kept."""
        async with self._db.reading() as conn:
            data = await store.one(conn, response_id)
        return None if data is None else _turn(data)

    async def delete(self, response_id: str) -> None:
        """Forget a response; its images stay in the library."""
        await self.get(response_id)
        async with self._db.transaction() as conn:
            await store.remove(conn, response_id)


def _turn(data: Mapping[str, Any]) -> Turn:
    talk = tuple(Line(**{**line, "images": tuple(line["images"])}) for line in data["talk"])
    return Turn(**{**data, "talk": talk, "artifacts": tuple(data["artifacts"])})


def _gone(response_id: str) -> NotFound:
    return NotFound(
        f"There is no stored response '{response_id[:80]}'. Send the id of one that was stored, or start anew.",
        param="response_id",
    )
