"""How the pages are served: options, and the application that carries them with its guards."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from fastapi import FastAPI
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from pochoir.domain.errors import PochoirError
from pochoir.web import auth, errors
from pochoir.web.assets import Assets
from pochoir.web.bodies import BodyLimit
from pochoir.web.navigation import NavItem
from pochoir.web.templating import Pages

LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
MAX_BODY = 256 * 1024 * 1024
"""Bytes of one request to a page: a form with five of the largest images."""
MAX_PUBLIC_BODY = 64 * 1024
"""Bytes of one request to a page that can be seen before logging in."""


@dataclass(frozen=True, slots=True)
class SiteOptions:
    """`single_user`: for one person on this machine, no log-in. `hosts`: names under which it answers; empty is any."""

    single_user: bool = True
    hosts: frozenset[str] = field(default=LOOPBACK)
    secure_cookies: bool = False


class MembersFirst:
    """ASGI middleware: who asks for a change is known before the form is read. `public`: paths that need no log-in.

    FastAPI reads a form before it looks at what its route depends on, so a dependency would come too late.
    """

    def __init__(self, app: ASGIApp, public: Collection[str]) -> None:
        self.app = app
        self.public = frozenset(public)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in auth.SAFE and scope["path"] not in self.public:
            request = Request(scope, receive)
            try:
                await auth.require_member(request)
            except PochoirError as error:
                await (await errors.told(request, error))(scope, receive, send)
                return
        await self.app(scope, receive, send)


def make_site(
    app: FastAPI, options: SiteOptions, navigation: Sequence[NavItem], public: Collection[str] = ()
) -> FastAPI:
    """The application of the pages, sharing `app.state` (where the services are); the caller mounts it last.

    `public`: the paths of pages that can be seen before logging in.
    """
    site = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    site.state = app.state
    assets = Assets()
    app.state.site_options = options
    app.state.pages = Pages(assets, navigation)
    site.add_route("/static/{path:path}", assets.serve, methods=["GET", "HEAD"])
    site.add_route("/favicon.ico", assets.favicon, methods=["GET", "HEAD"])
    site.add_middleware(BodyLimit, limits={"/": MAX_BODY, **dict.fromkeys(public, MAX_PUBLIC_BODY)})
    site.add_middleware(MembersFirst, public=public)
    errors.install(site)
    return site
