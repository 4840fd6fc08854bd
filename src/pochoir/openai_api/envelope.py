"""Errors on the wire: OpenAI's envelope with the status, type and code that its clients branch on."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import orjson
from starlette.responses import Response

from pochoir.domain.errors import (
    BudgetExceeded,
    Conflict,
    EngineError,
    EngineNotReady,
    KeyBudgetExceeded,
    PochoirError,
    Refused,
    TooManyRequests,
)

_TYPES: Mapping[int, str] = {429: "requests"}


def error_data(error: PochoirError) -> dict[str, dict[str, Any]]:
    """The envelope as data: all four keys are always there; a refusal says what was looked at, by whom, and why."""
    told: dict[str, Any] = {
        "message": error.message,
        "type": _type(error),
        "param": error.param,
        "code": error.code,
    }
    if isinstance(error, Refused):
        told["moderation_details"] = {
            "moderation_stage": error.stage,
            "categories": list(error.categories),
            "source": error.source,
        }
    return {"error": told}


def error_response(error: PochoirError, request_id: str) -> Response:
    return Response(
        orjson.dumps(error_data(error)),
        status_code=error.status,
        headers={"x-request-id": request_id, **_retry_headers(error)},
        media_type="application/json",
    )


def _type(error: PochoirError) -> str:
    if isinstance(error, Refused):
        return "image_generation_user_error"
    if isinstance(error, BudgetExceeded):
        return "insufficient_quota"
    if error.status in _TYPES:
        return _TYPES[error.status]
    return "server_error" if error.status >= 500 else "invalid_request_error"


def _retry_headers(error: PochoirError) -> dict[str, str]:
    """Clients repeat 408, 409, 429 and 5xx by themselves; what may have cost money, or cannot help, must not be."""
    if isinstance(error, EngineError):
        if error.may_have_been_charged or isinstance(error, EngineNotReady) or error.code == "provider_limit_reached":
            return {"x-should-retry": "false"}
        return _after(error.retry_after) if error.retry_after is not None else {}
    if isinstance(error, TooManyRequests):
        return _after(error.retry_after)
    if isinstance(error, KeyBudgetExceeded):
        return {**_after(error.retry_after), "x-should-retry": "false"}
    if isinstance(error, Conflict | BudgetExceeded) or (error.status >= 500 and not error.retryable):
        return {"x-should-retry": "false"}
    return {}


def _after(seconds: float) -> dict[str, str]:
    return {"retry-after": str(math.ceil(seconds)), "retry-after-ms": str(math.ceil(seconds * 1000))}
