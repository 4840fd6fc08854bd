"""The owner's account, log-in and log-out: the only pages that can be seen without being logged in."""

from __future__ import annotations

import math
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from pochoir.domain.errors import NotSignedIn, PochoirError, TooManyAttempts
from pochoir.web import auth
from pochoir.web.deps import services
from pochoir.web.templating import page

router = APIRouter()
nav = None


@router.get("/setup")
async def setup(request: Request) -> Response:
    """The form for the first account; afterwards there is nothing to set up."""
    if await services(request).accounts.owner_exists():
        return RedirectResponse("/login" if await auth.member(request) is None else "/settings", status_code=303)
    if not request.app.state.site_options.single_user:
        return await page(request, "setup.html", closed=True, problem="", param="", email="", name="")
    return await page(request, "setup.html", closed=False, problem="", param="", email="", name="")


@router.post("/setup")
async def create_owner(
    request: Request,
    email: Annotated[str, Form()] = "",
    name: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
) -> Response:
    """Make the owner. Only from the machine itself: over the network, whoever came first could take the workspace."""
    if not request.app.state.site_options.single_user:
        return await page(request, "setup.html", status=403, closed=True, problem="", param="", email="", name="")
    known = services(request)
    try:
        await known.accounts.create_owner(email, name, password)
    except PochoirError as error:
        return await page(
            request,
            "setup.html",
            status=error.status,
            closed=False,
            problem=error.message,
            param=error.param or "",
            email=email,
            name=name,
        )
    return RedirectResponse("/settings#account", status_code=303)


@router.get("/login")
async def login(request: Request, next: str = "/") -> Response:
    if await auth.member(request) is not None:
        return RedirectResponse(auth.safe_next(next), status_code=303)
    return await page(request, "login.html", problem="", email="", next=auth.safe_next(next))


@router.get("/login/live")
async def still_out(request: Request) -> Response:
    """For an open page whose session ended: whether somebody logged in since. Raises NotSignedIn when nobody did."""
    await auth.require_member(request)
    response = await page(request, "fragments/session.html", login="")
    response.headers.update({"hx-retarget": "#session", "hx-reswap": "outerMorph"})
    return response


@router.post("/login")
async def log_in(
    request: Request,
    email: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",
) -> Response:
    target = auth.safe_next(next)
    try:
        place = request.client.host if request.client else ""
        token = await services(request).accounts.log_in(email, password, place)
    except (NotSignedIn, TooManyAttempts) as error:
        answer = await page(request, "login.html", status=error.status, problem=error.message, email=email, next=target)
        if isinstance(error, TooManyAttempts):
            answer.headers["retry-after"] = str(math.ceil(error.retry_after))
        return answer
    response = RedirectResponse(target, status_code=303)
    auth.start_session(request, response, token)
    return response


@router.post("/logout")
async def log_out(request: Request) -> Response:
    if token := request.cookies.get(auth.SESSION):
        await services(request).accounts.log_out(token)
    response = RedirectResponse("/login", status_code=303)
    response.delete_cookie(auth.SESSION)
    return response
