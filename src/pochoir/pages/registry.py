"""The pages: one line each. A new page is a file beside this one and its line here; the order gives the navigation."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module

from fastapi import Depends, FastAPI

from pochoir.web import auth, csrf
from pochoir.web.headers import HeadAsGet, SecurityHeaders
from pochoir.web.hosts import HostGuard
from pochoir.web.site import SiteOptions, make_site

PAGES: tuple[str, ...] = (
    "pochoir.pages.home",
    "pochoir.pages.studio",
    "pochoir.pages.tools",
    "pochoir.pages.tool",
    "pochoir.pages.tool_model",
    "pochoir.pages.tool_versions",
    "pochoir.pages.tool_edit",
    "pochoir.pages.runs",
    "pochoir.pages.images",
    "pochoir.pages.models",
    "pochoir.pages.compare",
    "pochoir.pages.successions",
    "pochoir.pages.usage",
    "pochoir.pages.settings",
    "pochoir.pages.image_settings",
    "pochoir.pages.licences",
    "pochoir.pages.accounts",
)
PUBLIC = frozenset({"pochoir.pages.accounts"})
"""Pages that can be seen before logging in."""


def include(app: FastAPI, options: SiteOptions, names: Sequence[str] = PAGES) -> FastAPI:
    """Mount the pages on `app`, below all its own routes: call it last. Returns the pages' application.

    Every page gets the CSRF check and, unless it is public, the log-in check. `app.state.services` must be set before
    the first request. The host guard and the answers to HEAD cover all of `app`, the API included.
    """
    modules = {name: import_module(name) for name in names}
    navigation = [module.nav for module in modules.values() if module.nav is not None]
    public = {route.path for name in PUBLIC & set(names) for route in modules[name].router.routes}
    site = make_site(app, options, navigation, public)
    for name, module in modules.items():
        checks = [Depends(csrf.protect)]
        if name not in PUBLIC:
            checks.insert(0, Depends(auth.require_member))
        site.include_router(module.router, dependencies=checks)
    app.mount("/", SecurityHeaders(site), name="pages")
    app.add_middleware(HeadAsGet)
    app.add_middleware(HostGuard, hosts=options.hosts, single_user=options.single_user)
    return site
