"""Errors as pages: what happened, what to do, and nothing of the inside. htmx and scripts get the message alone."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Match

from pochoir.domain.errors import BudgetExceeded, EngineNotReady, InvalidSpec, ModelNotFound, NotSignedIn, PochoirError
from pochoir.web.bodies import disk_full
from pochoir.web.deps import wants_fragment, wants_json
from pochoir.web.templating import page

HEADINGS = {
    400: "That cannot be done as asked",
    402: "The budget says no",
    403: "Not allowed",
    404: "Nothing here",
    405: "Nothing here",
    409: "That clashes with something",
    413: "Too large",
    429: "The provider asks to wait",
    500: "Something broke on our side",
    502: "The engine failed",
    503: "Not ready",
    504: "No answer in time",
    507: "No room left",
}
_LOG = structlog.get_logger("pochoir.web")


def install(site: FastAPI) -> None:
    """Give the pages' application its error pages."""
    site.add_exception_handler(PochoirError, told)
    site.add_exception_handler(OSError, _disk)
    site.add_exception_handler(HTTPException, _http_error)
    site.add_exception_handler(RequestValidationError, _invalid_form)
    site.add_exception_handler(Exception, _broken)


async def told(request: Request, error: Exception) -> Response:
    """The page of an error of ours; who is not logged in is led to where that is done."""
    assert isinstance(error, PochoirError)
    if isinstance(error, NotSignedIn) and request.url.path != "/login":
        return await _to_login(request)
    problems = error.problems if isinstance(error, InvalidSpec) else ()
    message = "This tool cannot run yet." if problems else error.message
    return await _answer(request, error.status, message, problems=problems, link=_way_out(error))


async def _to_login(request: Request) -> Response:
    """To the log-in, and back from there. A page that is open stays as it is, and says so at its top."""
    if wants_json(request):
        return JSONResponse({"problem": "You were logged out. Log in in another tab and try again."}, status_code=401)
    back = _opened_at(request)
    target = "/login" if back == "/" else f"/login?next={quote(back, safe='/')}"
    if not wants_fragment(request):
        return RedirectResponse(target, status_code=303)
    response = await page(request, "fragments/session.html", status=401, login=target)
    response.headers.update({"hx-retarget": "#session", "hx-reswap": "outerMorph"})
    return response


def _opened_at(request: Request) -> str:
    """The address, with its query, of the page that is asked for, or that the request comes from."""
    if not wants_fragment(request) and request.method != "GET":
        return page_above(request)
    shown = urlsplit(request.headers.get("hx-current-url", "") if wants_fragment(request) else str(request.url))
    return f"{shown.path}?{shown.query}" if shown.query else shown.path or "/"


def page_above(request: Request) -> str:
    """The page that a form's address belongs to: the longest part of it, from its start, that can be opened."""
    path = request.url.path
    while path:
        scope = {**request.scope, "method": "GET", "path": path}
        if any(route.matches(scope)[0] is Match.FULL for route in request.app.routes):
            return path
        path = path.rpartition("/")[0]
    return "/"


def _way_out(error: PochoirError) -> tuple[str, str]:
    if isinstance(error, BudgetExceeded):
        return "/usage", "See the budget"
    if isinstance(error, EngineNotReady):
        return "/settings", "Open settings"
    if isinstance(error, ModelNotFound):
        return "/models", "See all models"
    return "/", "To the start page"


async def _disk(request: Request, error: Exception) -> Response:
    if (full := disk_full(error)) is None:
        raise error
    return await told(request, full)


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if full := disk_full(error.__cause__):  # while the form was read
        return await told(request, full)
    if error.status_code == 405 and request.method == "GET" and not wants_fragment(request):
        return RedirectResponse(page_above(request), status_code=303)
    if error.status_code in {404, 405}:
        return await _answer(request, 404, "There is no page at this address. Check it, or start from the front.")
    if error.status_code == 413:
        return await _answer(request, 413, error.detail)
    return await _answer(request, error.status_code, "The request could not be read. Go back and try again.")


async def _invalid_form(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    fields = ", ".join(sorted({str(fault["loc"][-1]) for fault in error.errors()}))
    if request.method == "GET":
        return await _answer(request, 400, f"The address cannot be read: {fields} does not fit. Check it.")
    return await _answer(request, 400, f"Something in the form is missing or not readable: {fields}. Fill it in.")


async def _broken(request: Request, error: Exception) -> Response:
    _LOG.error("page failed", path=request.url.path, method=request.method, exc_info=error)
    return await _answer(
        request, 500, "The details are in the server's log. Try again; if it happens again, report it with that entry."
    )


async def _answer(
    request: Request,
    status: int,
    message: str,
    *,
    problems: tuple[str, ...] = (),
    link: tuple[str, str] = ("/", "To the start page"),
) -> Response:
    if wants_json(request):
        return JSONResponse({"problem": message}, status_code=status)
    heading = HEADINGS.get(status, HEADINGS[400])
    if wants_fragment(request):
        return await page(
            request, "fragments/problem.html", status=status, heading=heading, message=message, problems=problems
        )
    return await page(
        request, "error.html", status=status, heading=heading, message=message, problems=problems, link=link
    )
