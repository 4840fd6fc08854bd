"""Who is asking: the member behind the session's cookie, or the owner of a single-user workspace."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from pochoir.domain.accounts import Member
from pochoir.domain.errors import NotSignedIn
from pochoir.web.deps import services

SESSION = "pochoir_session"
MAX_AGE = 30 * 86400
OWNER_HERE = Member("mem_here", "", "You", "owner", "")
"""The person at the keyboard of a workspace for one person, which needs no log-in."""
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing and carry nothing."""


async def member(request: Request) -> Member | None:
    """The member who asks, or None. Looked up once a request."""
    if not hasattr(request.state, "member"):
        request.state.member = await _find(request)
    found: Member | None = request.state.member
    return found


async def _find(request: Request) -> Member | None:
    if request.app.state.site_options.single_user:
        return OWNER_HERE
    token = request.cookies.get(SESSION)
    return await services(request).accounts.member_of(token) if token else None


async def require_member(request: Request) -> Member:
    """A dependency of every page but the log-in. Raises NotSignedIn, which the error page turns into a redirect."""
    found = await member(request)
    if found is None:
        raise NotSignedIn("Log in to see this page.", code="not_signed_in")
    return found


def start_session(request: Request, response: Response, token: str) -> None:
    secure = request.app.state.site_options.secure_cookies
    response.set_cookie(SESSION, token, max_age=MAX_AGE, httponly=True, samesite="lax", secure=secure)


def safe_next(path: str | None) -> str:
    """Where to go after logging in: a path of this site, never another site."""
    if not path or not path.startswith("/") or path.startswith("//") or "\\" in path:
        return "/"
    return path
