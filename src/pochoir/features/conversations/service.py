"""Stored responses: what was said and which images were made, for a later one to go on from. Images are kept by id."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from pochoir.domain.errors import NotFound
from pochoir.features.conversations import store
from pochoir.infra.clock import Clock
from pochoir.infra.db import Database


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was said. `role` is user, assistant or system."""

    role: str
    text: str


@dataclass(frozen=True, slots=True)
class Turn:
    """One response: the talk up to it and with it, the ids of the images it made, and what its face wants to show again."""

    id: str
    talk: tuple[Line, ...] = ()
    artifacts: tuple[str, ...] = ()
    shown: Mapping[str, Any] = field(default_factory=dict)


class ConversationsService:
    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def put(self, turn: Turn) -> None:
        async with self._db.transaction() as conn:
            await store.add(conn, turn.id, self._clock.stamp(), asdict(turn))

    async def get(self, response_id: str) -> Turn:
        """Raises NotFound when there is none, or it was not stored or was deleted."""
        async with self._db.reading() as conn:
            data = await store.one(conn, response_id)
        if data is None:
            raise _gone(response_id)
        talk = tuple(Line(line["role"], line["text"]) for line in data["talk"])
        return Turn(data["id"], talk, tuple(data["artifacts"]), data["shown"])

    async def delete(self, response_id: str) -> None:
        """Forget a response; its images stay in the library."""
        async with self._db.transaction() as conn:
            if not await store.remove(conn, response_id):
                raise _gone(response_id)


def _gone(response_id: str) -> NotFound:
    return NotFound(
        f"There is no stored response '{response_id[:80]}'. Send the id of one that was stored, or start anew.",
        param="response_id",
    )
