"""The contract of an engine: one async method over frozen neutral types. Request in, result with raw usage out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

from pochoir.domain.images import GeneratedImage, ImageRequest, ImageResult


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a connection holds for an engine: a key, a base URL, further settings. Never logged."""

    key: str | None = field(default=None, repr=False)
    base_url: str | None = None
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CredentialField:
    """One field of the form that asks for an engine's credentials, and the environment variable that fills it."""

    name: str
    label: str
    env: str | None = None
    secret: bool = False
    required: bool = True
    help: str = ""
    number: bool = False
    """Only whole numbers above zero are taken."""
    choices: tuple[tuple[str, str], ...] = ()
    """The values to choose from, each with its words; the empty one first. Without any, it is typed."""
    check: Callable[[str], str] | None = None
    """Why a value cannot be used, ending in what to do; empty when it can."""

    def problem(self, value: str) -> str:
        """Why a value that is not empty cannot be used, ending in what to do; empty when it can."""
        if self.number and not _counts(value):
            return f"'{self.label}' is a whole number above 0, of {MAX_DIGITS} digits at most. Change it or leave it empty."
        if self.choices and value not in (names := [name for name, _ in self.choices if name]):
            return f"'{self.label}' cannot be '{value[:40]}'. Choose one of: {', '.join(names)}; or leave it empty."
        return self.check(value) if self.check else ""


MAX_DIGITS = 6
"""Of a number that is typed."""


def _counts(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS and int(text) > 0


def steps_of(text: str) -> dict[str, int]:
    """The setting "Steps by quality" of a connected server, for example `low=4, high=50`: level -> steps."""
    levels = {}
    for entry in text.replace("\n", ",").split(","):
        level, _, number = (part.strip() for part in entry.partition("="))
        if level and number.isdecimal() and len(number) <= MAX_DIGITS:
            levels[level] = int(number)
    return levels


def steps_problem(text: str) -> str:
    """Why a text is no "Steps by quality", ending in what to do; empty when it is one."""
    seen = set()
    for entry in filter(None, map(str.strip, text.replace("\n", ",").split(","))):
        level, _, number = (part.strip() for part in entry.partition("="))
        if not level or not _counts(number):
            return f"'{entry[:40]}' is no quality with its steps. Write them as low=4, medium=20, high=50."
        if level in seen:
            return f"'{level[:40]}' stands there twice. Leave one of them out."
        seen.add(level)
    return ""


PER_MINUTE, AT_ONCE = "per_minute", "at_once"


def pace_fields(prefix: str = "") -> tuple[CredentialField, ...]:
    """The two limits that the owner of any remote engine's connection may set; with a prefix the environment may too."""
    return (
        CredentialField(
            PER_MINUTE,
            "Images a minute",
            env=f"{prefix}_IMAGES_PER_MINUTE" if prefix else None,
            required=False,
            help="The most that the provider allows your account; whoever comes too soon waits. Empty: no limit here.",
            number=True,
        ),
        CredentialField(
            AT_ONCE,
            "Requests at once",
            env=f"{prefix}_REQUESTS_AT_ONCE" if prefix else None,
            required=False,
            help="The others wait. Empty: no limit here.",
            number=True,
        ),
    )


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """What an engine says of itself. `paid` engines are asked again after a crash only within the tool's limit."""

    id: str
    title: str
    paid: bool
    needs: tuple[CredentialField, ...] = ()
    streams: bool = False
    timeout: float = 600.0
    """Seconds before a call is given up; then EngineTimeout with may_have_been_charged."""


@dataclass(frozen=True, slots=True)
class PartialImage:
    """A real intermediate stage of an image. `index` counts from 0."""

    index: int
    image: GeneratedImage


@runtime_checkable
class Holds(Protocol):
    """An engine that runs certain models only, once it holds their files."""

    def offers(self, model: str) -> bool:
        """Whether it could run a model at all."""
        ...

    def missing(self, model: str) -> str:
        """Why a model cannot run, with what to do; empty when it can."""
        ...


BatchState = Literal["working", "completed", "failed", "expired", "cancelled"]


@dataclass(frozen=True, slots=True)
class BatchStanding:
    """Where a provider's batch is; `files` hold its answers, in any order.

    `problem` says why it failed as a whole. What stands in none of the files was not charged, unless the batch is
    `completed` or `unclear`: then it may have been.
    """

    state: BatchState
    files: tuple[str, ...] = ()
    problem: str = ""
    unclear: bool = False

    @property
    def ended(self) -> bool:
        return self.state != "working"


@dataclass(frozen=True, slots=True)
class BatchReply:
    """What a provider's batch says of one request: its `status` and the `answer`, which only `Batches.read` understands.

    `status` 0: it was never answered, and `problem` says why: `expired` or `cancelled` when the batch did not come to
    it, else the provider's word.
    """

    name: str
    status: int
    answer: Any = field(repr=False, default=None)
    problem: str = ""


class Batches(Protocol):
    """A provider's own batches: many requests in one file, answered within a day at a lower price.

    All calls but `submit` cost nothing and may be repeated. Errors are domain errors; after an error of `submit` with
    `may_have_been_charged` the batch may stand: look with `find` before it is submitted again.
    """

    max_lines: int
    """Requests in one batch."""
    max_bytes: int
    """Bytes of its input file."""
    keeps_answers: bool
    """Whether what was answered before a batch was cancelled comes back."""

    def target(self, request: ImageRequest) -> str:
        """Where a batch of such requests is begun, in the provider's words. Requests of one batch share it."""
        ...

    def line(self, request: ImageRequest, name: str) -> bytes:
        """A request as one or more lines of the input file, with line feeds. `name` comes back with the answer."""
        ...

    async def upload(self, path: Path, credentials: Credentials) -> str | None:
        """Send an input file; its name there. None when this server has no batches."""
        ...

    async def submit(self, file: str, target: str, mark: str, credentials: Credentials) -> str:
        """Begin a batch; its name there. `mark` is kept with it, for `find`."""
        ...

    async def find(self, mark: str, credentials: Credentials) -> str | None:
        """The name of the batch that was submitted with a mark; None when there is none."""
        ...

    async def standing(self, batch: str, credentials: Credentials) -> BatchStanding: ...

    def replies(self, file: str, credentials: Credentials) -> AsyncIterator[BatchReply]:
        """The answers in a file, one by one."""
        ...

    def read(self, reply: BatchReply, request: ImageRequest, references: int) -> ImageResult:
        """The result in an answer. `request` may come without its `references`. Raises what the provider said instead."""
        ...

    async def cancel(self, batch: str, credentials: Credentials) -> None:
        """Ask it to stop. What is answered already is charged, and comes back with `keeps_answers`."""
        ...

    async def forget(self, file: str, credentials: Credentials) -> None:
        """Delete a file over there, if it is still there."""
        ...


@runtime_checkable
class HasBatches(Protocol):
    """An engine whose provider has batches of its own."""

    batches: Batches


class Engine(Protocol):
    """Turns a request into images.

    The request is resolved: size, quality, background and format are what the model's card allows or None where the
    model decides; `request.snapshot` is the name to send when pinned, else `request.model` is. Errors are domain errors:
    EngineRateLimited, EngineTimeout, Refused, InvalidRequest for what the provider refuses, EngineError for the rest;
    `may_have_been_charged` must be true whenever the request may have reached the provider's meter. The engine never
    retries; the caller does. Cancellation of the task aborts the call.
    """

    info: EngineInfo

    async def generate(self, request: ImageRequest, credentials: Credentials) -> ImageResult:
        """Make `request.n` images (edits when references are present). Sizes are pixels; usage is raw amounts."""
        ...

    def stream(
        self, request: ImageRequest, credentials: Credentials, partial_images: int
    ) -> AsyncIterator[PartialImage | ImageResult]:
        """Yield real partial images, then exactly one result. Engines with `info.streams` false yield only the result."""
        ...

    async def check(self, credentials: Credentials) -> str:
        """Try the credentials without spending money. A sentence for the page; raises EngineError when they fail."""
        ...

    async def close(self) -> None:
        """Give back connections. Called once, at shutdown."""
        ...
