"""Who asks: an API key as `Authorization: Bearer` or `api-key`; any or none in a single-user workspace."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from pochoir.domain.errors import NotSignedIn
from pochoir.web.deps import services


@dataclass(frozen=True, slots=True)
class Caller:
    """The key's id (`local` where no key is needed), and the id of this one request for logs and support."""

    key_id: str
    request_id: str


async def caller_of(request: Request, request_id: str) -> Caller:
    """Raises NotSignedIn when a key is needed and missing, unknown or revoked."""
    if request.app.state.single_user:
        return Caller("local", request_id)
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        secret = request.headers.get("api-key", "")
    if not secret.strip():
        raise NotSignedIn(
            "An API key is needed. Make one on the settings page and send it as 'Authorization: Bearer pk_…'."
        )
    return Caller((await services(request).accounts.verify_key(secret.strip())).id, request_id)
