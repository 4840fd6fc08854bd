"""Every form that changes something carries a token that only our own pages know.

The token is a hash over two cookies that scripts cannot read: a random one of the browser and the session's. So it is
bound to the session, needs no table, and works in the single-user workspace, where there is no session.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from starlette.requests import Request
from starlette.responses import Response

from pochoir.domain.errors import NotAllowed
from pochoir.web import auth
from pochoir.web.auth import SESSION
from pochoir.web.bodies import check_charset
from pochoir.web.hosts import same_origin

VISIT = "pochoir_visit"
FIELD = "_csrf_token"
"""No input of a tool can have this name: keys begin with a letter."""
HEADER = "x-csrf-token"


def token(request: Request) -> str:
    """The token for forms in the answer to this request; starts a visit when the browser has none."""
    visit = request.cookies.get(VISIT) or getattr(request.state, "new_visit", "")
    if not visit:
        visit = request.state.new_visit = secrets.token_urlsafe(32)
    return _token(visit, request.cookies.get(SESSION, ""))


def keep_visit(request: Request, response: Response) -> None:
    """Send the visit's cookie when `token` made a new one."""
    if visit := getattr(request.state, "new_visit", ""):
        secure = request.app.state.site_options.secure_cookies
        response.set_cookie(VISIT, visit, max_age=365 * 86400, httponly=True, samesite="lax", secure=secure)


async def protect(request: Request) -> None:
    """A dependency of every page. Raises NotAllowed on a change that our own pages did not ask for."""
    if request.method in auth.SAFE:
        return
    check_charset(request)
    visit = request.cookies.get(VISIT, "")
    given = request.headers.get(HEADER) or (await request.form()).get(FIELD)
    good = visit and isinstance(given, str) and same_origin(request.headers)
    right = _token(visit, request.cookies.get(SESSION, "")).encode()
    if not good or not hmac.compare_digest(str(given).encode(), right):
        raise NotAllowed(
            "This form is out of date or did not come from this site, so nothing was changed. Reload the page and "
            "send it again.",
            code="csrf",
        )


def _token(visit: str, session: str) -> str:
    return hashlib.sha256(f"pochoir form token\n{visit}\n{session}".encode()).hexdigest()
