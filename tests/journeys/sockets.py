"""A realtime session as its client sees it: raw events, each held against OpenAI's specification."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import websockets
from websockets.asyncio.client import ClientConnection

from journeys.gateway import Here
from openai_spec import conforms

IMAGE = "response.image_generation_call."


def checked(event: dict[str, Any]) -> dict[str, Any]:
    """The event, after it was held against the specification: images are told by events of the Responses API."""
    if event["type"].startswith(IMAGE):
        conforms({**event, "sequence_number": 0}, "ResponseStreamEvent")
        assert event["response_id"].startswith("resp_")
    else:
        conforms(event, "RealtimeServerEvent")
    assert event["event_id"].startswith("event_")
    return event


class Session:
    """One open session. `seen` holds all of its events."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.seen: list[dict[str, Any]] = []

    async def send(self, kind: str, **fields: Any) -> None:
        await self.socket.send(json.dumps({"type": kind, **fields}))

    async def next(self) -> dict[str, Any]:
        async with asyncio.timeout(20):
            event = checked(json.loads(await self.socket.recv()))
        self.seen.append(event)
        return event

    async def until(self, *kinds: str) -> dict[str, Any]:
        """The next event of one of these types."""
        while (event := await self.next())["type"] not in kinds:
            assert event["type"] != "error", event
        return event

    async def ask(self, kind: str, **fields: Any) -> dict[str, Any]:
        """Send one event; what comes next."""
        await self.send(kind, **fields)
        return await self.next()

    async def say(self, *parts: Any, **more: Any) -> dict[str, Any]:
        """Put a user's message in; its item as it stands there."""
        content = [{"type": "input_text", "text": part} if isinstance(part, str) else part for part in parts]
        await self.send(
            "conversation.item.create", item={"type": "message", "role": "user", "content": content}, **more
        )
        await self.until("conversation.item.added")
        item: dict[str, Any] = (await self.until("conversation.item.done"))["item"]
        return item

    async def answer(self, *parts: Any, **response: Any) -> dict[str, Any]:
        """Say something and have it answered; the response when it is done."""
        if parts:
            await self.say(*parts)
        await self.send("response.create", **({"response": response} if response else {}))
        done: dict[str, Any] = (await self.until("response.done"))["response"]
        return done

    def items(self) -> list[dict[str, Any]]:
        """The finished items of all responses, images with their bytes."""
        return [event["item"] for event in self.seen if event["type"] == "response.output_item.done"]


@asynccontextmanager
async def opened(
    here: Here, query: str = "", *, base: str = "/v1", headers: dict[str, str] | None = None, **options: Any
) -> AsyncIterator[Session]:
    """A session whose first event has been read."""
    url = f"{here.url.replace('http', 'ws', 1)}{base}/realtime{query}"
    async with websockets.connect(url, max_size=None, additional_headers=headers, **options) as socket:
        session = Session(socket)
        assert (await session.next())["type"] == "session.created"
        yield session
