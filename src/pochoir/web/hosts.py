"""Refuses requests under a foreign name or from a foreign page: what stands between a loopback server and the web.

A page on the internet can make a browser send requests to 127.0.0.1, under a name of its own (DNS rebinding) or from
its own origin. Both are refused before anything else looks at them. Programs send no Origin and pass. Where nobody logs in,
what a proxy sends on for somebody elsewhere is refused too.
"""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

LET_IN = (
    "To let others in, make an owner account with 'pochoir owner create' and start the server with its public name in "
    "POCHOIR_HOSTS: everybody then logs in."
)
FORWARDED = ("x-forwarded-for", "forwarded", "x-real-ip")
"""Headers in which a proxy says whom it asks for."""


class HostGuard:
    """ASGI middleware. `hosts`: allowed names without port, small letters; empty allows any name.

    `single_user`: nobody logs in, so nobody but who sits at this machine may ask.
    """

    def __init__(self, app: ASGIApp, hosts: frozenset[str], *, single_user: bool = True) -> None:
        self.app = app
        self.hosts = hosts
        self.single_user = single_user

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
                f"{' or '.join(sorted(self.hosts))}. {LET_IN}"
            )
        if not self.single_user:
            return ""
        if any(comes_from_elsewhere(value) for name in FORWARDED for value in headers.getlist(name)):
            return f"This server works for one person on its own machine, and you come from elsewhere. {LET_IN}"
        if not same_origin(headers):
            return "This request comes from another web page and was refused. Open Pochoir itself and try there."
        return ""


def comes_from_elsewhere(forwarded: str) -> bool:
    """Whether a proxy names anybody but this machine; what cannot be read is somebody else."""
    for hop in forwarded.lower().split(","):
        said = [part.strip() for part in hop.split(";")]
        named = [part.removeprefix("for=") for part in said if part.startswith("for=") or "=" not in part]
        if not named or not all(_is_loopback(name.strip(' "')) for name in named):
            return True
    return False


def _is_loopback(text: str) -> bool:
    address = text.partition("]")[0].removeprefix("[") if text.startswith("[") else text
    if address.count(":") == 1:  # an IPv4 address with its port
        address = address.partition(":")[0]
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


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
