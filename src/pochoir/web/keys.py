"""Who may use the APIs: anybody on a single-user workspace, elsewhere whoever has a key; and how much in a minute."""

from __future__ import annotations

from starlette.requests import HTTPConnection, Request

from pochoir.domain.accounts import ApiKey
from pochoir.domain.errors import NotSignedIn
from pochoir.web.deps import services

LOCAL = "local"
"""The id that stands for whoever asks a workspace that needs no key."""
IN_PROTOCOL = "openai-insecure-api-key."
"""Before a key that stands among the protocols which a socket offers: browsers can set no header there."""
_OURS = "pk_"


def secret_of(request: HTTPConnection) -> str:
    """What was sent as `Authorization: Bearer …` or `api-key: …`, or by a browser's socket among its protocols."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    secret = token.strip() if scheme.lower() == "bearer" else ""
    protocols = (name for name in request.scope.get("subprotocols", ()) if name.startswith(IN_PROTOCOL))
    return secret or request.headers.get("api-key", "").strip() or next(protocols, "").removeprefix(IN_PROTOCOL)


async def key_of(request: HTTPConnection) -> ApiKey | None:
    """The key that was sent; None where none is needed.

    On a single-user workspace a key that was made here is known all the same, for its limits. Raises NotSignedIn when a
    key is needed and missing or unknown, and when it was revoked.
    """
    secret = secret_of(request)
    accounts = services(request).accounts
    if request.app.state.single_user:
        return await accounts.known_key(secret) if secret.startswith(_OURS) else None
    if not secret:
        raise NotSignedIn(
            "An API key is needed. Make one on the settings page and send it as 'Authorization: Bearer pk_…'."
        )
    return await accounts.verify_key(secret)


async def count(request: Request, key: ApiKey | None) -> None:
    """Count a request that asks for work (POST) towards the key's limit. Raises TooManyRequests."""
    if key is not None and request.method == "POST":
        await services(request).accounts.limits.take(key, "requests")


async def require_key(request: Request) -> str:
    """A dependency of API routes: the id of the key that asks. Raises NotSignedIn and TooManyRequests."""
    key = await key_of(request)
    await count(request, key)
    return key.id if key is not None else LOCAL
