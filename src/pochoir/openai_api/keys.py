"""Who asks, and the id of the one request."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import HTTPConnection

from pochoir.domain.accounts import ApiKey
from pochoir.features.accounts.limits import Standing
from pochoir.web.deps import services
from pochoir.web.keys import LOCAL, key_of

LINK = "link"
"""Stands for whoever holds a signed link."""


@dataclass(frozen=True, slots=True)
class Caller:
    """The key's id (`local` where no key is needed), and the id of this one request for logs and support."""

    key_id: str
    request_id: str
    key: ApiKey | None = None

    @property
    def api_key(self) -> str | None:
        """The id of the key whose budget pays, if there is a key."""
        return self.key.id if self.key is not None else None


async def caller_of(request: HTTPConnection, request_id: str) -> Caller:
    """Raises NotSignedIn when a key is needed and missing, unknown or revoked."""
    key = await key_of(request)
    return Caller(key.id if key is not None else LOCAL, request_id, key)


async def limits_of(request: HTTPConnection, key: ApiKey) -> dict[str, str]:
    """OpenAI's headers on the limits of a key; those that it has not are left out."""
    found: dict[str, str] = {}
    for what, standing in (await standings(request, key)).items():
        found[f"x-ratelimit-limit-{what}"] = str(standing.limit)
        found[f"x-ratelimit-remaining-{what}"] = str(standing.remaining)
        found[f"x-ratelimit-reset-{what}"] = duration(standing.reset)
    return found


async def standings(request: HTTPConnection, key: ApiKey) -> dict[str, Standing]:
    """What is left of the limits that a key has."""
    limits = services(request).accounts.limits
    found: dict[str, Standing] = {}
    for what in ("requests", "images"):
        standing = await limits.standing(key, what)
        if standing is not None:
            found[what] = standing
    return found


def duration(nanoseconds: int) -> str:
    """As OpenAI writes it: `20ms`, `1.5s`, `1m0s`."""
    milliseconds = -(-nanoseconds // 1_000_000)
    if milliseconds < 1000:
        return f"{milliseconds}ms"
    minutes, rest = divmod(milliseconds, 60_000)
    seconds = f"{rest / 1000:.3f}".rstrip("0").rstrip(".") + "s"
    return f"{minutes}m{seconds}" if minutes else seconds
