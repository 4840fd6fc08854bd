"""`/v1/realtime`: the door of realtime sessions, and passes for it. Who may come in, for which model, over what socket."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket

from pochoir.domain.errors import InvalidValue, NotSignedIn, PochoirError
from pochoir.features.accounts.passes import LONGEST, OURS, Pass
from pochoir.openai_api.bodies import MAX_JSON_WITH_IMAGES, read_json
from pochoir.openai_api.envelope import error_response
from pochoir.openai_api.fields import DEFAULT_MODEL, RULES, Rule, check
from pochoir.openai_api.keys import Caller, caller_of
from pochoir.openai_api.making import image_card
from pochoir.openai_api.realtime_asked import DEFAULTS, updated
from pochoir.openai_api.realtime_session import Bounds, Session
from pochoir.openai_api.realtime_talk import only
from pochoir.openai_api.references import Stored
from pochoir.web.deps import services
from pochoir.web.keys import LOCAL, secret_of

PROTOCOL = "realtime"
USUAL_SECONDS = 600
"""How long a client secret is good unless it is said."""
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
        request_id = services(socket).clock.new_id("req")
        try:
            shown = _pass(socket)
            begun: Mapping[str, Any] = shown.content if shown is not None else {"model": None, "settings": DEFAULTS}

            async def who() -> Caller:
                return await _who(socket, shown, request_id)

            await who()
            model = begun["model"] or _model(socket)
            await image_card(services(socket), model)
        except PochoirError as error:
            await socket.send_denial_response(error_response(error, request_id))
            return
        protocol = PROTOCOL if PROTOCOL in socket.scope["subprotocols"] else None
        await socket.accept(protocol, [(b"x-request-id", request_id.encode())])
        await Session(socket, who, model, begun["settings"], bounds).run()

    return connect


def _pass(socket: WebSocket) -> Pass | None:
    """The client secret that was sent in the place of a key."""
    secret = secret_of(socket)
    return services(socket).passes.read(secret) if secret.startswith(OURS) else None


async def _who(socket: WebSocket, shown: Pass | None, request_id: str) -> Caller:
    """Who asks; with a client secret the key that it was made with, as long as that one lives."""
    if shown is None:
        return await caller_of(socket, request_id)
    if shown.key is None:
        if not socket.app.state.single_user:
            raise NotSignedIn(
                "This client secret was made when no key was needed here. Ask /v1/realtime/client_secrets for a new one."
            )
        return Caller(LOCAL, request_id)
    return Caller(shown.key, request_id, await services(socket).accounts.key(shown.key))


async def secret(request: Request, caller: Caller) -> Response:
    """`POST /v1/realtime/client_secrets`: a pass for a browser, with the settings that its session begins with."""
    here = services(request)
    given = {name: value for name, value in (await read_json(request)).items() if value is not None}
    only(given, frozenset({"expires_after", "session"}))
    session = given.get("session", {"type": "realtime"})
    named = session.get("model") if isinstance(session, dict) else None
    if named is not None:
        check("session.model", named, RULES["model"])
    settings = await updated(DEFAULTS, session, named or DEFAULT_MODEL, Stored(here.images.library, here.files))
    made = Pass(caller.api_key, {"model": named, "settings": settings})
    value, expires = here.passes.issue(made, _seconds(given.get("expires_after", {})))
    who = {"type": "realtime", "object": "realtime.session", "id": here.clock.new_id("sess")}
    body = {"value": value, "expires_at": expires, "session": {**who, "model": named or DEFAULT_MODEL, **settings}}
    return Response(orjson.dumps(body), headers={"x-request-id": caller.request_id}, media_type="application/json")


def _seconds(given: Any) -> int:
    if not isinstance(given, dict) or given.get("anchor", "created_at") != "created_at":
        raise InvalidValue(
            "'expires_after' is an object with 'seconds'; its 'anchor' is 'created_at'. Change it.",
            param="expires_after",
        )
    only(given, frozenset({"anchor", "seconds"}), "expires_after.")
    seconds = given.get("seconds", USUAL_SECONDS)
    check("expires_after.seconds", seconds, Rule(int, 10, LONGEST))
    return int(seconds)


def _model(socket: WebSocket) -> str:
    """The model that the address names; Azure's clients call it a deployment."""
    query = socket.query_params
    if query.get("intent") not in (None, "conversation"):
        raise InvalidValue("Only conversations are held here. Leave 'intent' out.", param="intent")
    model = query.get("model") or query.get("deployment") or socket.path_params.get("deployment") or DEFAULT_MODEL
    check("model", model, RULES["model"])
    return str(model)
