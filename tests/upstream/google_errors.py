"""How Google refuses: its error envelope, and calls with a wrong key."""

from __future__ import annotations

from typing import Any

from aiohttp import web

KEY = "AIza-right"


def key_problem(request: web.Request) -> web.StreamResponse | None:
    if request.headers.get("x-goog-api-key") == KEY:
        return None
    info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}
    return error(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", [info])


def error(status: int, kind: str, message: str, details: list[dict[str, Any]] | None = None) -> web.Response:
    content = {"code": status, "message": message, "status": kind, **({"details": details} if details else {})}
    return web.json_response({"error": content}, status=status)
