"""Every page of the product, found as a person finds it: by following links, one page for each route of the registry."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from importlib import import_module
from urllib.parse import urljoin, urlsplit

from starlette.routing import Route

from pochoir.pages.registry import PAGES

NO_PAGES = ("/live", "/zip", "/file", "/thumb", ".csv", ".pem")
"""Ends of routes that answer with a part of a page or with a file."""

Visit = Callable[[str], Iterable[str]]
"""Open the page at a path; gives the `href` of every link on it."""


def routes() -> dict[str, re.Pattern[str]]:
    """The pages' routes in the order in which they are matched."""
    found = {}
    for name in PAGES:
        for route in import_module(name).router.routes:
            if isinstance(route, Route) and "GET" in (route.methods or ()) and not route.path.endswith(NO_PAGES):
                found[route.path] = route.path_regex
    return found


def visit_all(link: str, start: Iterable[str], visit: Visit) -> set[str]:
    """Follow links from `start`, one page a route; returns the routes that no link leads to."""
    left, waiting = routes(), list(start)
    while waiting:
        href = waiting.pop(0)
        parts = urlsplit(urljoin(link, href))
        if parts.netloc != urlsplit(link).netloc or parts.path.endswith(NO_PAGES):
            continue
        hit = next((path for path, pattern in left.items() if pattern.match(parts.path)), None)
        if hit is None:
            continue
        del left[hit]
        waiting += visit(parts.path + (f"?{parts.query}" if parts.query else ""))
    return set(left)
