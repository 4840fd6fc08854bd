"""The socket of a realtime session as its events leave. What is told to a client that has left is dropped."""

from __future__ import annotations

from typing import Any

import orjson
from starlette.websockets import WebSocket, WebSocketDisconnect

from pochoir.domain.errors import PochoirError
from pochoir.infra.clock import Clock
from pochoir.openai_api.envelope import error_data


class Wire:
    def __init__(self, socket: WebSocket, clock: Clock) -> None:
        self._socket = socket
        self._clock = clock
        self._gone = False

    async def tell(self, kind: str, **data: Any) -> None:
        event = {"type": kind, "event_id": self._clock.new_id("event"), **data}
        if not self._gone:
            try:
                await self._socket.send_text(orjson.dumps(event).decode())
            except (WebSocketDisconnect, RuntimeError):
                self._gone = True  # the server says a closed socket in either way; the session's reader sees it too

    async def complain(self, error: PochoirError, event_id: str | None = None) -> None:
        await self.tell("error", error={**error_data(error)["error"], "event_id": event_id})

    async def close(self, code: int) -> None:
        if not self._gone:
            self._gone = True
            await self._socket.close(code)
