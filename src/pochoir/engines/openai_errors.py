"""What a provider's refusal means: HTTP status and OpenAI's envelope (or what servers send in its place) to our errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from pochoir.domain.errors import (
    EngineError,
    EngineNotReady,
    EngineRateLimited,
    EngineTimeout,
    InvalidRequest,
    InvalidValue,
    ModelNotFound,
    PochoirError,
    Refused,
    TooLarge,
    UnknownParameter,
)

BILLING = frozenset(
    {
        "insufficient_quota",
        "billing_hard_limit_reached",
        "billing_not_active",
        "organization_usage_limit_exceeded",
        "organization_spend_limit_exceeded",
        "project_spend_limit_exceeded",
        "credit_balance_exhausted",
    }
)
"""Codes or types that say that the account's limit is reached (openai-images.md, section 3)."""

_REFUSALS = frozenset({"moderation_blocked", "content_policy_violation", "image_content_policy_violation"})
_VALUE_CODES = ("invalid_value", "invalid_type", "integer_", "string_", "decimal_", "array_", "missing_required")
_LONGEST = 400


def error_of(status: int, headers: Mapping[str, str], body: bytes, title: str, where_key: str) -> PochoirError:
    """The domain error for an answer that is not 2xx. `title` names the provider; `where_key` says where its key stands."""
    said = envelope(body)
    message, code, kind = said["message"], str(said["code"] or ""), str(said["type"] or "")
    quoted = f': "{message}"' if message else ""
    param = said["param"] if isinstance(said["param"], str) else None
    if status == 401:
        return EngineNotReady(f"{title} refused the key. Enter the right one {where_key}.", code="provider_key_refused")
    if BILLING & {code, kind}:
        return EngineError(
            f"The account's limit at {title} is reached{quoted}. Raise it or add credit there, or choose another model.",
            code="provider_limit_reached",
        )
    if status == 429:
        return EngineRateLimited(
            f"{title} takes no more requests just now{quoted}. Wait a little, then try again.",
            retry_after=_retry_after(headers),
        )
    if code in _REFUSALS:
        return _refused(title, quoted, said)
    if status == 403:
        return EngineNotReady(
            f"{title} does not let this account do that{quoted}. Change it in the account there.",
            code="provider_not_allowed",
        )
    if status == 404:
        return _not_found(title, quoted, code, param)
    if status == 413:
        return TooLarge(f"{title} found the request too large{quoted}. Send smaller or fewer images.")
    if 400 <= status < 500 and status not in {408, 409}:
        return _bad_request(title, quoted, code, param)
    return _failure(status, title, quoted)


def _failure(status: int, title: str, quoted: str) -> PochoirError:
    if 300 <= status < 400:
        return EngineNotReady(f"{title}'s address leads elsewhere (HTTP {status}). Correct the base URL.")
    kind = EngineTimeout if status in {408, 504} else EngineError
    return kind(
        f"{title} failed with HTTP {status}{quoted}. It may have charged the request. Try again later.",
        may_have_been_charged=True,
    )


def _not_found(title: str, quoted: str, code: str, param: str | None) -> PochoirError:
    if code == "model_not_found" or param == "model":
        return ModelNotFound(f"{title} does not serve this model{quoted}. Choose another model.", param="model")
    return EngineNotReady(f"{title} has no such route{quoted}. Correct the base URL; it often ends in /v1.")


def _bad_request(title: str, quoted: str, code: str, param: str | None) -> PochoirError:
    message = f"{title} refused the request{quoted}. Change " + (f"'{param}'." if param else "it.")
    if code == "unknown_parameter":
        return UnknownParameter(message, param=param)
    if code.startswith(_VALUE_CODES):
        return InvalidValue(message, param=param, code=code)
    return InvalidRequest(message, param=param, code=code or None)


def envelope(body: bytes) -> dict[str, Any]:
    """Message, type, param, code and moderation details from OpenAI's envelope, FastAPI's `detail` or plain text."""
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError:
        data = None
    found: dict[str, Any] = dict.fromkeys(("message", "type", "param", "code", "moderation_details"))
    error = (data.get("error") or data.get("detail") or data) if isinstance(data, dict) else data
    if isinstance(error, dict):
        found.update({name: error.get(name) for name in found})
        found["message"] = error.get("message") or error.get("msg") or error.get("detail")
    elif isinstance(error, list) and error and isinstance(error[0], dict):
        found["message"] = error[0].get("msg")
        where = error[0].get("loc") or [None]
        found["param"] = where[-1]
        found["code"] = "invalid_value"
    elif isinstance(error, str):
        found["message"] = error
    elif not body.lstrip().startswith(b"<"):
        found["message"] = body[:_LONGEST].decode("utf-8", "replace").strip()
    found["message"] = str(found["message"] or "")[:_LONGEST].rstrip(". ")
    return found


def _refused(title: str, quoted: str, said: Mapping[str, Any]) -> Refused:
    details = said.get("moderation_details")
    known = details if isinstance(details, dict) else {}
    names = known.get("categories")
    categories = tuple(map(str, names)) if isinstance(names, list) else ()
    why = f" ({', '.join(categories)})" if categories else ""
    return Refused(
        f"{title}'s moderation blocked this{quoted}{why}. Change the words or the images.",
        categories=categories,
        stage=str(known.get("moderation_stage") or "unknown"),
    )


def _retry_after(headers: Mapping[str, str]) -> float | None:
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            return float(headers[name]) * unit
        except (KeyError, ValueError):
            continue
    return None
