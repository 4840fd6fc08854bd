"""The routes of the face. Each answers in OpenAI's envelope whatever happens, so no error page can slip in."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute

from pochoir.domain.errors import EngineError, InvalidRequest, NotFound, PochoirError, Unavailable
from pochoir.openai_api import (
    assistants,
    batches,
    chat,
    embeddings,
    files,
    images,
    models,
    ongoing,
    realtime,
    responses,
    thread_runs,
    threads,
)
from pochoir.openai_api.envelope import error_response
from pochoir.openai_api.keys import LINK, Caller, caller_of, limits_of
from pochoir.openai_api.realtime_session import Bounds
from pochoir.web.bodies import disk_full
from pochoir.web.deps import services
from pochoir.web.keys import count

_LOG = structlog.get_logger("pochoir.openai_api")
Endpoint = Callable[[Request, Caller], Awaitable[Response]]
_STOPPING = EngineError(
    "The server is being stopped. What was being made is finished and kept where that takes no longer than 20 seconds, and "
    "may have been charged. Look under Images before you ask again.",
    code="server_stopping",
    may_have_been_charged=True,
)
_STOPPED = Unavailable("The server is being stopped. Send this again in a moment.", code="server_stopping")
VERSION = "2020-10-01"
"""What OpenAI's API says as its `openai-version`."""


def _guarded(endpoint: Endpoint, *, keyless: bool = False) -> Callable[[Request], Awaitable[Response]]:
    """Find out who asks, and turn every error into the envelope."""

    async def answer(request: Request) -> Response:
        clock = services(request).clock
        started = clock.now_ns()
        caller = Caller(LINK, clock.new_id("req"))
        work = ongoing.watched()
        response: Response
        try:
            if not keyless:
                caller = await caller_of(request, caller.request_id)
                await count(request, caller.key)
            response = await endpoint(request, caller)
        except PochoirError as error:
            response = error_response(error, caller.request_id)
        except ClientDisconnect:
            return Response(status_code=499)
        except asyncio.CancelledError:  # the server has waited for open requests, and stops
            response = error_response(_STOPPING if work.begun else _STOPPED, caller.request_id)
        except Exception as error:  # noqa: BLE001 - whatever breaks, a client gets the envelope
            response = _broken(request, caller, error)
        response.headers["openai-processing-ms"] = str((clock.now_ns() - started) // 1_000_000)
        response.headers["openai-version"] = VERSION
        await _with_limits(request, caller, response.headers)
        return response

    return answer


def _broken(request: Request, caller: Caller, error: Exception) -> Response:
    if full := disk_full(error):
        return error_response(full, caller.request_id)
    _LOG.error("request failed", path=request.url.path, request_id=caller.request_id, exc_info=error)
    said = PochoirError(f"Something broke on the server. Its log says more under {caller.request_id}.")
    return error_response(said, caller.request_id)


async def _with_limits(request: Request, caller: Caller, headers: MutableHeaders) -> None:
    """Say what is left of the key's limits. An answer that is made already is not lost when that cannot be read."""
    if caller.key is None or not caller.key.limited:
        return
    try:
        headers.update(await limits_of(request, caller.key))
    except PochoirError as error:
        _LOG.warning("limits not read", request_id=caller.request_id, reason=error.message)


async def _nothing(request: Request, caller: Caller) -> Response:
    if request.url.path.endswith("/realtime"):
        raise InvalidRequest(
            "Realtime sessions are WebSockets. Open this address with ws:// or wss://.", code="no_websocket"
        )
    error = NotFound(
        f"There is no {request.method} {request.url.path[:200]} here. Use /v1/images/generations, /v1/images/edits "
        "or /v1/models.",
        code="unknown_url",
    )
    return error_response(error, caller.request_id)


ANY = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]


def _under(base: str) -> list[BaseRoute]:
    """The routes below OpenAI's base address, or below one of Azure's, which name the same things."""
    return [
        Route(f"{base}/images/generations", _guarded(images.generate), methods=["POST"]),
        Route(f"{base}/images/edits", _guarded(images.edit), methods=["POST"]),
        Route(f"{base}/files", _guarded(files.upload), methods=["POST"]),
        Route(f"{base}/files", _guarded(files.list_files), methods=["GET"]),
        Route(f"{base}/files/{{file}}", _guarded(files.one_file), methods=["GET"]),
        Route(f"{base}/files/{{file}}", _guarded(files.delete), methods=["DELETE"]),
        Route(f"{base}/files/{{file}}/content", _guarded(files.content), methods=["GET"]),
        Route(f"{base}/batches", _guarded(batches.create), methods=["POST"]),
        Route(f"{base}/batches", _guarded(batches.list_batches), methods=["GET"]),
        Route(f"{base}/batches/{{batch}}", _guarded(batches.one_batch), methods=["GET"]),
        Route(f"{base}/batches/{{batch}}/cancel", _guarded(batches.cancel), methods=["POST"]),
        Route(f"{base}/chat/completions", _guarded(chat.create), methods=["POST"]),
        Route(f"{base}/responses", _guarded(responses.create), methods=["POST"]),
        Route(f"{base}/responses/{{response}}", _guarded(responses.one), methods=["GET"]),
        Route(f"{base}/responses/{{response}}", _guarded(responses.delete), methods=["DELETE"]),
        Route(f"{base}/responses/{{response}}/input_items", _guarded(responses.inputs), methods=["GET"]),
        WebSocketRoute(f"{base}/realtime", realtime.door(Bounds())),
        Route(f"{base}/realtime/client_secrets", _guarded(realtime.secret), methods=["POST"]),
        Route(f"{base}/embeddings", _guarded(embeddings.create), methods=["POST"]),
        Route(f"{base}/models", _guarded(models.list_models), methods=["GET"]),
        Route(f"{base}/models/{{model:path}}", _guarded(models.one_model), methods=["GET"]),
        *_assistants(base),
    ]


def _assistants(base: str) -> list[BaseRoute]:
    asst, thread = f"{base}/assistants", f"{base}/threads"
    one, message, run = f"{thread}/{{thread}}", f"{thread}/{{thread}}/messages", f"{thread}/{{thread}}/runs"
    found: list[tuple[str, str, Endpoint]] = [
        ("POST", asst, assistants.create),
        ("GET", asst, assistants.list_assistants),
        ("GET", f"{asst}/{{assistant}}", assistants.one),
        ("POST", f"{asst}/{{assistant}}", assistants.modify),
        ("DELETE", f"{asst}/{{assistant}}", assistants.delete),
        ("POST", thread, threads.create),
        ("POST", f"{thread}/runs", thread_runs.create_with_thread),
        ("GET", one, threads.one),
        ("POST", one, threads.modify),
        ("DELETE", one, threads.delete),
        ("POST", message, threads.add),
        ("GET", message, threads.list_messages),
        ("GET", f"{message}/{{message}}", threads.message),
        ("POST", f"{message}/{{message}}", threads.modify_message),
        ("DELETE", f"{message}/{{message}}", threads.delete_message),
        ("POST", run, thread_runs.create),
        ("GET", run, thread_runs.list_runs),
        ("GET", f"{run}/{{run}}", thread_runs.one),
        ("POST", f"{run}/{{run}}", thread_runs.modify),
        ("POST", f"{run}/{{run}}/cancel", thread_runs.cancel),
        ("POST", f"{run}/{{run}}/submit_tool_outputs", thread_runs.submit),
        ("GET", f"{run}/{{run}}/steps", thread_runs.steps),
        ("GET", f"{run}/{{run}}/steps/{{step}}", thread_runs.step),
    ]
    return [Route(path, _guarded(endpoint), methods=[method]) for method, path, endpoint in found]


ROUTES: list[BaseRoute] = [
    *_under("/v1"),
    Route("/v1/images/linked/{token}", _guarded(images.linked, keyless=True), methods=["GET"]),
    *_under("/openai/v1"),
    *_under("/openai/deployments/{deployment}"),
    *_under("/openai"),
    Route("/v1/{path:path}", _guarded(_nothing), methods=ANY),
    Route("/openai/{path:path}", _guarded(_nothing), methods=ANY),
]


def include(app: FastAPI) -> None:
    """Add the face to the application, before the pages. `app.state` holds `services` and `single_user`."""
    app.router.routes.extend(ROUTES)
