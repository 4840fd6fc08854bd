"""Refuses requests under a foreign name or from a foreign page: what stands between a loopback server and the web.

A page on the internet can make a browser send requests to 127.0.0.1, under a name of its own (DNS rebinding) or from
its own origin. Both are refused before anything else looks at them. Programs send no Origin and pass.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send


class HostGuard:
    """ASGI middleware. `hosts`: allowed names without port, small letters; empty allows any name."""

    def __init__(self, app: ASGIApp, hosts: frozenset[str], *, check_origin: bool = True) -> None:
        self.app = app
        self.hosts = hosts
        self.check_origin = check_origin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in {"http", "websocket"} and (problem := self.problem(Headers(scope=scope))):
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
                return
            await PlainTextResponse(problem + "\n", status_code=403)(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def problem(self, headers: Headers) -> str:
        """Why the request is refused, ending in what to do; empty when it may pass."""
        host = headers.get("host", "")
        if self.hosts and host_name(host) not in self.hosts:
            return (
                f"This server does not answer under the name '{host[:100]}'. Open it as "
                f"{' or '.join(sorted(self.hosts))}, or start it with that name allowed."
            )
        if self.check_origin and not same_origin(headers):
            return "This request comes from another web page and was refused. Open Pochoir itself and try there."
        return ""


def host_name(host: str) -> str:
    """The name in a Host header, without its port."""
    host = host.strip().lower()
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0]


def same_origin(headers: Headers) -> bool:
    """Whether the browser says that the request comes from this very site, or no browser sent it."""
    origin = headers.get("origin")
    if origin is not None:
        return urlsplit(origin).netloc.lower() == headers.get("host", "").lower() != ""
    return headers.get("sec-fetch-site", "none") in {"none", "same-origin"} or headers.get("sec-fetch-mode") in {
        "navigate",
        "no-cors",
    }
