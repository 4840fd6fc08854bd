"""An OpenAI-compatible chat endpoint: what is connected, and the model object that talks to it (imported late)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol

from pochoir.engines.base import Credentials
from pochoir.infra.addresses import check_address

if TYPE_CHECKING:
    from pydantic_ai.models import Model

KIND = "language_model"
OutputMode = Literal["native", "tool", "prompted"]
MODES: tuple[OutputMode, ...] = ("native", "tool", "prompted")
"""In the order in which the probe tries them: a JSON schema that the server enforces is the most reliable."""


class Endpoints(Protocol):
    """What tools need of the connections."""

    async def credentials(self, kind_id: str, name: str | None = None) -> Credentials | None: ...


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the language model answers. `output_mode` is None until it was probed. Times are seconds."""

    base_url: str
    model: str
    key: str | None = field(default=None, repr=False)
    output_mode: OutputMode | None = None
    timeout: float = 120.0
    max_tokens: int = 4_000

    @classmethod
    def of(cls, credentials: Credentials) -> Endpoint | None:
        """None when the address or the model's name is missing."""
        mode = credentials.settings.get("output_mode", "")
        model = credentials.settings.get("model", "")
        if not credentials.base_url or not model:
            return None
        known = next((name for name in MODES if name == mode), None)
        return cls(credentials.base_url, model, credentials.key, known)

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Model]:
        """The model object, its connections closed at the end. A server without a key gets a stand-in for one."""
        check_address(self.base_url, "The language model")
        from openai import AsyncOpenAI
        from pydantic_ai.models.openai import OpenAIChatModel
        from pydantic_ai.providers.openai import OpenAIProvider

        async with AsyncOpenAI(base_url=self.base_url, api_key=self.key or "none", max_retries=1) as client:
            yield OpenAIChatModel(self.model, provider=OpenAIProvider(openai_client=client))
