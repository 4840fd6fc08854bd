"""What Google's refusals mean: its error envelope, and answers that hold the picture back, to our errors.

Source: https://ai.google.dev/gemini-api/docs/troubleshooting and the reference's FinishReason and BlockReason.
"""

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
    ModelNotFound,
    PochoirError,
    Refused,
    TooLarge,
)

_LONGEST = 400
_MODERATED = ("SAFETY", "PROHIBITED", "BLOCKLIST", "RECITATION", "SPII")


def error_of(status: int, body: bytes, title: str, where_key: str) -> PochoirError:
    """The domain error for an answer that is not 200."""
    error = _envelope(body)
    message = str(error.get("message") or "")[:_LONGEST].rstrip(". ")
    quoted, kind, details = f': "{message}"' if message else "", str(error.get("status") or ""), _details(error)
    reason = next((str(item.get("reason")) for item in details if item.get("reason")), "")
    if status == 401 or reason in {"API_KEY_INVALID", "API_KEY_EXPIRED"}:
        return EngineNotReady(f"{title} refused the key. Enter the right one {where_key}.", code="provider_key_refused")
    if status == 429:
        return _too_many(details, quoted, title)
    if status == 403 or (kind == "FAILED_PRECONDITION" and "billing" in message.lower()):
        return EngineNotReady(
            f"{title} does not let this account do that{quoted}. Change it in the account there.",
            code="provider_not_allowed",
        )
    if status == 404:
        return ModelNotFound(f"{title} does not serve this model{quoted}. Choose another model.", param="model")
    if status == 413:
        return TooLarge(f"{title} found the request too large{quoted}. Send smaller or fewer images.")
    if status in {408, 504}:
        return EngineTimeout(
            f"{title} took too long{quoted}. It may have charged the request. Try again later.",
            may_have_been_charged=True,
        )
    if 400 <= status < 500:
        return InvalidRequest(f"{title} refused the request{quoted}. Change it.", code="provider_refused")
    if 300 <= status < 400:
        return EngineNotReady(f"{title}'s address leads elsewhere (HTTP {status}). Correct the base URL.")
    if status == 503:
        return EngineRateLimited(f"{title} is overloaded just now{quoted}. Wait a little, then try again.")
    return EngineError(
        f"{title} failed with HTTP {status}{quoted}. It may have charged the request. Try again later.",
        may_have_been_charged=True,
    )


def _too_many(details: list[Mapping[str, Any]], quoted: str, title: str) -> PochoirError:
    """Too fast, with the delay that Google names; or a quota for the day that is used up."""
    daily = any("PerDay" in str(item.get("violations", "")) for item in details)
    if daily:
        return EngineError(
            f"The account's quota at {title} is used up{quoted}. Raise it there, or choose another model.",
            code="provider_limit_reached",
        )
    delay = next((str(item["retryDelay"]) for item in details if item.get("retryDelay")), "")
    return EngineRateLimited(
        f"{title} takes no more requests just now{quoted}. Wait a little, then try again.", retry_after=_seconds(delay)
    )


def _seconds(text: str) -> float | None:
    try:
        return float(text.removesuffix("s"))
    except ValueError:
        return None


def held_back(head: Mapping[str, Any], words: str, title: str) -> PochoirError:
    """The error for an answer of status 200 without a picture: blocked before, blocked after, or only words."""
    feedback = head.get("promptFeedback")
    blocked = str(feedback.get("blockReason") or "") if isinstance(feedback, dict) else ""
    candidates = head.get("candidates")
    first = candidates[0] if isinstance(candidates, list) and candidates and isinstance(candidates[0], dict) else {}
    reason = blocked or str(first.get("finishReason") or "")
    if any(word in reason for word in _MODERATED) or blocked:
        said = str(first.get("finishMessage") or words)[:_LONGEST].rstrip(". ")
        quoted = f': "{said}"' if said else ""
        return Refused(f"{title}'s moderation blocked this ({reason}){quoted}. Change the words or the images.")
    said = f' It said: "{words[:_LONGEST]}".' if words else ""
    return EngineError(
        f"{title} answered without an image{f' ({reason})' if reason else ''}.{said} It charges the words. "
        "Ask for an image more plainly, then try again.",
        code="no_image",
        may_have_been_charged=True,
    )


def _envelope(body: bytes) -> Mapping[str, Any]:
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {"message": "" if body.lstrip().startswith(b"<") else body[:_LONGEST].decode("utf-8", "replace").strip()}
    data = data[0] if isinstance(data, list) and data else data
    error = data.get("error") if isinstance(data, dict) else None
    return error if isinstance(error, dict) else {"message": str(error or "")}


def _details(error: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    details = error.get("details")
    return [item for item in details if isinstance(item, dict)] if isinstance(details, list) else []
