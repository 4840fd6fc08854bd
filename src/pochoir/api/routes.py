"""Routes under /api, the health check and the published schema of the tool spec."""

from __future__ import annotations

import math
from collections.abc import Callable, Coroutine
from typing import Any

import structlog
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from pochoir import __version__
from pochoir.domain.errors import PochoirError, TooManyRequests
from pochoir.domain.faults import reason
from pochoir.domain.runs import Run
from pochoir.features.images.artifact import Artifact
from pochoir.features.images.library import MAX_UPLOAD
from pochoir.features.tools.schema import json_schema
from pochoir.web.bodies import BodyLimit, disk_full
from pochoir.web.deps import services
from pochoir.web.keys import LOCAL, require_key

_LOG = structlog.get_logger("pochoir.api")
MEGABYTE = 1 << 20
LIMITS = {"/api/": MEGABYTE, "/api/images": MAX_UPLOAD + MEGABYTE}
"""Bytes of a body. What may be a byte too large as an image is looked at by the library, which says more."""


class _KeyFirst(APIRoute):
    """Knows who asks, as `request.state.asker`, before the body is read: FastAPI reads it before any dependency."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            request.state.asker = await require_key(request)
            return await answer(request)

        return guarded


router = APIRouter(prefix="/api", tags=["workspace"], route_class=_KeyFirst)
public = APIRouter(tags=["workspace"])


class RunAsk(BaseModel):
    """What starts a run: the inputs by key; images as {"artifact": id}."""

    model_config = ConfigDict(extra="forbid")
    inputs: dict[str, Any] = Field(default_factory=dict)
    version: int | None = Field(default=None, ge=1)


@public.get("/healthz")
async def health(request: Request) -> dict[str, str]:
    """Answers 200 once the server is ready. `server` is an id that it has from its start to its end."""
    return {"status": "ready", "version": __version__, "server": request.app.state.server_id}


@public.get("/schemas/tool-1.json", responses={200: {"content": {"application/schema+json": {}}}})
async def tool_schema(request: Request) -> JSONResponse:
    """The JSON Schema of a tool's spec."""
    return JSONResponse(json_schema(services(request).tools.kinds), media_type="application/schema+json")


@router.get("/tools")
async def tools(request: Request) -> list[dict[str, Any]]:
    """Every tool with its name, title, model and version."""
    found = []
    for tool in await services(request).tools.tools():
        spec = await services(request).tools.spec(tool.name)
        found.append({"name": tool.name, "title": spec.title, "model": spec.model, "version": tool.current})
    return found


@router.get("/tools/{name}")
async def tool(request: Request, name: str) -> dict[str, Any]:
    """The current spec of a tool."""
    return (await services(request).tools.spec(name)).as_data()


@router.post("/tools/{name}/runs", status_code=201)
async def start(request: Request, name: str, ask: RunAsk) -> dict[str, Any]:
    """Start a run. It goes on by itself; look at it under /api/runs/{id}."""
    asker = request.state.asker
    run = await services(request).runs.start(name, ask.inputs, ask.version, None if asker == LOCAL else asker)
    return _run(run, [])


@router.get("/runs/{run_id}")
async def run(request: Request, run_id: str) -> dict[str, Any]:
    """A run as it stands, with the images that are made so far."""
    runs = services(request).runs
    return _run(await runs.get(run_id), await runs.images(run_id))


@router.post("/runs/{run_id}/cancel")
async def cancel(request: Request, run_id: str) -> dict[str, Any]:
    """Stop a run; what is made is kept."""
    runs = services(request).runs
    return _run(await runs.cancel(run_id), await runs.images(run_id))


@router.post("/images", status_code=201, openapi_extra={"requestBody": {"content": {"image/*": {}}, "required": True}})
async def upload(request: Request) -> dict[str, Any]:
    """Keep an image, sent as the body, as an input for runs: {"artifact": id}. At most 50 MB and 100 megapixels."""
    artifact = await services(request).images.library.upload(await request.body())
    return _image(artifact)


@router.get("/images/{image_id}", responses={200: {"content": {"image/*": {}}}})
async def image(request: Request, image_id: str) -> Response:
    """The bytes of an image."""
    known = services(request)
    artifact = await known.images.library.artifact(image_id)
    headers = {
        "content-disposition": f'attachment; filename="{artifact.id}.{artifact.extension}"',
        "content-security-policy": "sandbox",
        "x-content-type-options": "nosniff",
    }
    return Response(await known.copies.copy(artifact), media_type=artifact.mime, headers=headers)


def include(app: FastAPI) -> None:
    """Add the routes, and errors of all that is neither page nor OpenAI face as {"error": {message, code, param}}."""
    app.include_router(public)
    app.include_router(router)
    app.add_middleware(BodyLimit, limits=LIMITS)
    app.add_exception_handler(PochoirError, _told)
    app.add_exception_handler(HTTPException, _unread)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(OSError, _disk)
    app.add_exception_handler(Exception, _broken)


async def _told(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, PochoirError)
    answer = _error(error.status, error.message, error.code, error.param)
    if isinstance(error, TooManyRequests):
        answer.headers["retry-after"] = str(math.ceil(error.retry_after))
    return answer


async def _disk(request: Request, error: Exception) -> JSONResponse:
    if (full := disk_full(error)) is None:
        raise error
    return await _told(request, full)


async def _malformed(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        return _error(400, "The body is no JSON that can be read. Send a JSON object.", "invalid_json", None)
    place = ".".join(str(part) for part in first["loc"] if part != "body")
    return _error(400, f"'{place or 'body'}' does not fit: {reason(first)}. Change it.", "invalid_request", place)


async def _unread(_: Request, error: Exception) -> JSONResponse:
    """What no route takes: an address with a line feed in it, a body in a wrong encoding."""
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return _error(404, "There is nothing at this address. Check it.", "unknown_url", None)
    if error.status_code == 405:
        return _error(405, "This address does not take that method. Change it.", "unknown_url", None)
    if error.status_code == 413:
        return _error(413, error.detail, "too_large", None)
    return _error(error.status_code, f"{str(error.detail).rstrip('.')}. Change it.", "invalid_request", None)


async def _broken(request: Request, error: Exception) -> JSONResponse:
    _LOG.error("request failed", path=request.url.path, exc_info=error)
    return _error(500, "Something broke on the server. Its log says what. Try again.", "internal_error", None)


def _error(status: int, message: str, code: str, param: str | None) -> JSONResponse:
    return JSONResponse({"error": {"message": message, "code": code, "param": param}}, status)


def _run(run: Run, images: list[Artifact]) -> dict[str, Any]:
    return {
        "id": run.id,
        "tool": run.tool,
        "version": run.version,
        "model": run.model,
        "state": run.state,
        "inputs": dict(run.inputs),
        "outputs": dict(run.outputs),
        "created": run.created,
        "started": run.started,
        "finished": run.finished,
        "quoted_microusd": run.quoted_microusd,
        "quote_exact": run.quote_exact,
        "charged_microusd": run.charged_microusd,
        "may_have_been_charged": run.maybe_charged,
        "images_expected": run.images_expected,
        "error": run.error,
        "images": [_image(image) for image in images],
    }


def _image(image: Artifact) -> dict[str, Any]:
    return {
        "id": image.id,
        "url": f"/api/images/{image.id}",
        "mime": image.mime,
        "size": str(image.shown),
        "extension": image.extension,
    }
