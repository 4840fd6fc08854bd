"""Who may use the APIs: anybody on a single-user workspace, elsewhere whoever has a key."""

from __future__ import annotations

from starlette.requests import Request

from pochoir.domain.errors import NotSignedIn
from pochoir.web.deps import services

LOCAL = "local"
"""The id that stands for whoever asks a workspace that needs no key."""


async def require_key(request: Request) -> str:
    """The id of the key that was sent as `Authorization: Bearer …` or `api-key: …`; also a dependency of API routes.

    Raises NotSignedIn when a key is needed and missing, unknown or revoked.
    """
    if request.app.state.single_user:
        return LOCAL
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    secret = token.strip() if scheme.lower() == "bearer" else ""
    secret = secret or request.headers.get("api-key", "").strip()
    if not secret:
        raise NotSignedIn(
            "An API key is needed. Make one on the settings page and send it as 'Authorization: Bearer pk_…'."
        )
    return (await services(request).accounts.verify_key(secret)).id
