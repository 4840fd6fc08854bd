"""A batch, its lines and what answers them. Shapes and limits only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from pochoir.domain.errors import PochoirError
from pochoir.domain.money import Usage
from pochoir.engines.base import BatchReply
from pochoir.features.images.deferred import Ready

State = Literal["validating", "failed", "in_progress", "finalizing", "completed", "expired", "cancelling", "cancelled"]
ByProvider = Literal["auto", "only", "no"]
"""Whether requests go into the provider's own batches, at its batch price: where it has them, always, or never."""
UNFINISHED: tuple[State, ...] = ("validating", "in_progress", "finalizing", "cancelling")
FINISHED: tuple[State, ...] = ("failed", "completed", "expired", "cancelled")

MAX_LINES = 50_000
MAX_INPUT = 200 * 1024 * 1024
"""Bytes of an input file. Both limits are OpenAI's."""
MAX_LINE = 32 * 1024 * 1024
"""Bytes of one line; larger images go in as files, by their ids."""
WINDOW_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True)
class Batch:
    """`errors`: what is wrong with the input file. `times`: state -> when it began. All times are ISO 8601 in UTC.

    `output_file` and `error_file` are chosen before they are written; they are there once the batch is finished.
    """

    id: str
    key: str | None
    endpoint: str
    input_file: str
    state: State
    created: str
    expires: str
    model: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    output_seconds: int | None = None
    errors: tuple[Mapping[str, Any], ...] = ()
    output_file: str | None = None
    error_file: str | None = None
    total: int = 0
    completed: int = 0
    failed: int = 0
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    charged_microusd: int = 0
    times: Mapping[str, str] = field(default_factory=dict)
    api_key: str | None = None
    """The id of the key whose budget pays as well."""
    provider: ByProvider = "auto"
    handed: int = 0
    """Requests that were handed to a provider's own batches."""

    @property
    def finished(self) -> bool:
        return self.state in FINISHED


@dataclass(frozen=True, slots=True)
class BatchPage:
    """A piece of the list of batches. `more`: whether others come after it."""

    batches: tuple[Batch, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class Line:
    """Where a request stands in the input file: the number of its line (from 1), its first byte and its bytes."""

    number: int
    custom_id: str
    start: int
    length: int


def key_of(batch: Batch, line: Line) -> str:
    """The key under which a line's image is made and charged once."""
    return f"batch:{batch.id}:{line.number}"


@dataclass(frozen=True, slots=True)
class Part:
    """Lines that went to a provider as one batch of its own. `model` is the card's id, `target` the provider's word.

    `file` and `remote` are the provider's names of the input file and of the batch, once they are known.
    """

    id: str
    batch: str
    model: str
    target: str
    state: Literal["filling", "sending", "sent", "ended"] = "filling"
    file: str | None = None
    remote: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a request. `body` is the answer without its images, whose ids are `images`."""

    status: int
    body: Mapping[str, Any]
    images: tuple[str, ...] = ()
    usage: Usage = field(default_factory=Usage)
    charged_microusd: int = 0

    @property
    def good(self) -> bool:
        return self.status < 400


@dataclass(frozen=True, slots=True)
class Outcome:
    """A line as it is written into a results file. `code` says why there is no answer; then `status` is None."""

    number: int
    custom_id: str
    request: str
    status: int | None = None
    body: Mapping[str, Any] = field(default_factory=dict)
    images: tuple[str, ...] = ()
    code: str = ""
    message: str = ""


class Images(Protocol):
    """Where the images of an answer are."""

    async def data(self, artifact_id: str) -> bytes:
        """An image as an answer carries it. Raises NotFound when it is gone."""
        ...


class Lines(Protocol):
    """The face whose requests a batch holds: how a line is answered, and how an answer is written."""

    async def answer(self, endpoint: str, body: Mapping[str, Any], key: str, api_key: str | None) -> Answer:
        """Answer one request. The same `key` never makes or charges anything twice; the budget of `api_key` pays.

        Raises the domain errors.
        """
        ...

    async def ready(self, endpoint: str, body: Mapping[str, Any], key: str, api_key: str | None) -> Ready | None:
        """The same request for a provider's own batch; None when it cannot go there. Raises the domain errors."""
        ...

    async def finished(self, key: str, reply: BatchReply) -> Answer:
        """What came of a request that went there. Raises as `Deferred.finish` does."""
        ...

    def named(self, endpoint: str, body: Mapping[str, Any]) -> Iterable[str]:
        """Ids of files and images that a request reads, whether they are there or not."""
        ...

    def refusal(self, error: PochoirError) -> Answer:
        """An error as an answer."""
        ...

    def written(self, outcome: Outcome, images: Sequence[bytes]) -> Iterable[bytes | memoryview]:
        """One line of a results file, in parts, with its line feed."""
        ...
