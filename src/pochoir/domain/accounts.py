"""Members, roles and API keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Role = Literal["owner", "admin", "builder", "member", "viewer"]


@dataclass(frozen=True, slots=True)
class Member:
    """A person of the workspace. `created` is ISO 8601 in UTC."""

    id: str
    email: str
    name: str
    role: Role
    created: str


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A program's key, without its secret: `prefix` is the part that may be shown. Limits are None where there is none."""

    id: str
    name: str
    prefix: str
    created: str
    last_used: str | None = None
    revoked: str | None = None
    requests_per_minute: int | None = None
    images_per_minute: int | None = None

    @property
    def limited(self) -> bool:
        return bool(self.requests_per_minute or self.images_per_minute)
