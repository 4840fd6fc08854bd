"""Who may use the APIs: anybody on a single-user workspace, elsewhere whoever has a key."""

from __future__ import annotations

from starlette.requests import Request

from pochoir.domain.errors import NotSignedIn
from pochoir.web.deps import services


async def require_key(request: Request) -> None:
    """A dependency of API routes. Takes `Authorization: Bearer …` or `api-key: …`. Raises NotSignedIn."""
    if request.app.state.single_user:
        return
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    secret = token.strip() if scheme.lower() == "bearer" else request.headers.get("api-key", "")
    if not secret:
        raise NotSignedIn(
            "This workspace asks for an API key. Make one on the settings page and send it as Bearer token."
        )
    await services(request).accounts.verify_key(secret)
