"""`/v1/realtime`: the door of realtime sessions. Who may come in, for which model; how the server is to serve sockets."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.websockets import WebSocket

from pochoir.domain.errors import InvalidValue, PochoirError
from pochoir.openai_api.bodies import MAX_JSON_WITH_IMAGES
from pochoir.openai_api.envelope import error_response
from pochoir.openai_api.fields import DEFAULT_MODEL, RULES, check
from pochoir.openai_api.keys import Caller, caller_of
from pochoir.openai_api.making import image_card
from pochoir.openai_api.realtime_asked import DEFAULTS
from pochoir.openai_api.realtime_session import Bounds, Session
from pochoir.web.deps import services

PROTOCOL = "realtime"
SERVING: Mapping[str, Any] = {
    "ws": "websockets-sansio",
    "ws_max_size": MAX_JSON_WITH_IMAGES,
    "ws_per_message_deflate": False,
    "ws_ping_timeout": 60.0,
}
"""For uvicorn. Images do not get smaller by deflating them; a slow client may need a minute to read one."""


def door(bounds: Bounds) -> Callable[[WebSocket], Awaitable[None]]:
    """The endpoint of the route: lets a client in, or answers its handshake with the error in OpenAI's envelope."""

    async def connect(socket: WebSocket) -> None:
        here = services(socket)
        request_id = here.clock.new_id("req")

        async def who() -> Caller:
            return await caller_of(socket, request_id)

        try:
            await who()
            model = _model(socket)
            await image_card(here, model)
        except PochoirError as error:
            await socket.send_denial_response(error_response(error, request_id))
            return
        protocol = PROTOCOL if PROTOCOL in socket.scope["subprotocols"] else None
        await socket.accept(protocol, [(b"x-request-id", request_id.encode())])
        await Session(socket, who, model, DEFAULTS, bounds).run()

    return connect


def _model(socket: WebSocket) -> str:
    """The model that the address names; Azure's clients call it a deployment."""
    query = socket.query_params
    if query.get("intent") not in (None, "conversation"):
        raise InvalidValue("Only conversations are held here. Leave 'intent' out.", param="intent")
    model = query.get("model") or query.get("deployment") or socket.path_params.get("deployment") or DEFAULT_MODEL
    check("model", model, RULES["model"])
    return str(model)
