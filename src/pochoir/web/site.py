"""How the pages are served: options, and the application that carries them with its guards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from fastapi import FastAPI
from starlette.middleware.body_limit import RequestBodyLimitMiddleware

from pochoir.web import errors
from pochoir.web.assets import Assets
from pochoir.web.navigation import NavItem
from pochoir.web.templating import Pages

LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
MAX_BODY = 256 * 1024 * 1024
"""Bytes of one request to a page: a form with five of the largest images."""


@dataclass(frozen=True, slots=True)
class SiteOptions:
    """`single_user`: for one person on this machine, no log-in. `hosts`: names under which it may be reached; none: any."""

    single_user: bool = True
    hosts: frozenset[str] = field(default=LOOPBACK)
    secure_cookies: bool = False


def make_site(app: FastAPI, options: SiteOptions, navigation: Sequence[NavItem]) -> FastAPI:
    """The application of the pages, sharing `app.state` (where the services are); the caller mounts it last."""
    site = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    site.state = app.state
    assets = Assets()
    app.state.site_options = options
    app.state.pages = Pages(assets, navigation)
    site.add_route("/static/{path:path}", assets.serve, methods=["GET", "HEAD"])
    site.add_route("/favicon.ico", assets.favicon, methods=["GET", "HEAD"])
    site.add_middleware(RequestBodyLimitMiddleware, max_body_size=MAX_BODY)
    errors.install(site)
    return site
