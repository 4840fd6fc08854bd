"""What a page reaches through its request."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from starlette.requests import HTTPConnection, Request

if TYPE_CHECKING:
    from pochoir.features.services import Services


def services(request: HTTPConnection) -> Services:
    """Every service of the application, made by bootstrap.py."""
    return cast("Services", request.app.state.services)


def wants_fragment(request: Request) -> bool:
    """Whether htmx asks for a part of a page; going back in the browser's history asks for all of it."""
    return request.headers.get("hx-request") == "true" and request.headers.get("hx-history-restore-request") != "true"


def wants_json(request: Request) -> bool:
    """Whether a script of ours asks for data, as the one that sends images does; a browser that opens a page does not."""
    return request.headers.get("accept", "").startswith("application/json")
