"""Who asks, and the id of the one request."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from pochoir.web.keys import require_key

LINK = "link"
"""Stands for whoever holds a signed link."""


@dataclass(frozen=True, slots=True)
class Caller:
    """The key's id (`local` where no key is needed), and the id of this one request for logs and support."""

    key_id: str
    request_id: str


async def caller_of(request: Request, request_id: str) -> Caller:
    """Raises NotSignedIn when a key is needed and missing, unknown or revoked."""
    return Caller(await require_key(request), request_id)
