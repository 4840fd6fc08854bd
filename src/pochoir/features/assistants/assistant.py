"""An assistant, a thread, its messages and runs, and what answers a run. Shapes and limits only."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, Protocol, TypeVar

State = Literal["queued", "in_progress", "cancelling", "cancelled", "failed", "completed", "incomplete", "expired"]
ACTIVE: tuple[State, ...] = ("queued", "in_progress", "cancelling")
"""A thread has one run at most in these states, and takes no messages meanwhile."""
RUN_SECONDS = 600
"""How long a run may wait before it begins to draw: OpenAI's ten minutes."""
MOST_MESSAGES = 500
"""Messages of a thread that a run looks at: the latest."""
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Assistant:
    """`tools` are the image tool's settings, as the program gave them; `options` temperature and top_p, where given."""

    id: str
    created: str
    model: str
    name: str | None = None
    description: str | None = None
    instructions: str | None = None
    tools: tuple[Mapping[str, Any], ...] = ()
    options: Mapping[str, float] = field(default_factory=dict)
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Thread:
    id: str
    created: str
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a message: a text, or the id of an image or file (then `file` is not empty).

    `refusal`: the text says that the assistant will not.
    """

    text: str = ""
    file: str = ""
    detail: str = "auto"
    refusal: bool = False


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message that a program sends. `role` is user or assistant."""

    role: str
    parts: tuple[Part, ...]
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Message:
    """`run` and `assistant` are None for what a program sent. `drawn` is the prompt of the image that it shows.

    `state` is in_progress, completed or incomplete; `ended` says since when, `reason` why it is incomplete.
    """

    id: str
    thread: str
    number: int
    role: str
    created: str
    parts: tuple[Part, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    assistant: str | None = None
    run: str | None = None
    drawn: str = ""
    state: str = "completed"
    ended: str | None = None
    reason: str | None = None

    @property
    def text(self) -> str:
        return "\n".join(part.text for part in self.parts if part.text)

    @property
    def images(self) -> tuple[str, ...]:
        return tuple(part.file for part in self.parts if part.file)


@dataclass(frozen=True, slots=True)
class NewRun:
    """What is asked of a run, with what it takes from its assistant filled in.

    `asked` are settings that only the face understands and repeats, `headers` the request's own wishes. With a `key` that
    is known, the run that has it is meant; `fingerprint` tells whether it was the same request.
    """

    assistant: str
    model: str
    instructions: str = ""
    tools: tuple[Mapping[str, Any], ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    asked: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    api_key: str | None = None
    key: str | None = None
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class ThreadRun:
    """One answer of an assistant in a thread. `times`: state -> when it began. All times are ISO 8601 in UTC.

    `decision`: what is drawn, written down before it is. `begun`: since when there is a message. `error`: code and message.
    `usage`: tokens in and out. `about`: what answered and what it cost.
    """

    id: str
    thread: str
    state: State
    created: str
    expires: str
    wanted: NewRun
    metadata: Mapping[str, str] = field(default_factory=dict)
    times: Mapping[str, str] = field(default_factory=dict)
    decision: Mapping[str, Any] = field(default_factory=dict)
    begun: str | None = None
    error: Mapping[str, str] | None = None
    usage: Mapping[str, int] | None = None
    about: Mapping[str, Any] = field(default_factory=dict)

    @property
    def active(self) -> bool:
        return self.state in ACTIVE

    @property
    def message(self) -> str:
        """The id of its message. There is one at most, so each id leads to the other."""
        return f"msg_{self.id.removeprefix('run_')}"

    @property
    def step(self) -> str:
        return f"step_{self.id.removeprefix('run_')}"


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """A piece of a list. `more`: whether others come after it, in the direction in which it was asked."""

    items: tuple[Item, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """Which piece of a list: `limit` items after or before the one with that id."""

    after: str | None = None
    before: str | None = None
    limit: int = 20
    newest: bool = True


@dataclass(frozen=True, slots=True)
class Stage:
    """What whoever watches a run is told: it goes on, has something to show, or is at its end.

    `cut`: the server goes down; the run goes on when it is started again.
    """

    name: Literal["in_progress", "shown", "cancelling", "ended", "cut"]
    run: ThreadRun
    message: Message | None = None


Watch = Callable[[Stage], None]


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of a run: words, the id of an image, or both. `refused`: the words are a refusal. `cut`: they break off."""

    text: str
    image: str | None = None
    usage: Mapping[str, int] | None = None
    about: Mapping[str, Any] = field(default_factory=dict)
    refused: bool = False
    cut: bool = False


Keep = Callable[[Mapping[str, Any]], Awaitable[None]]
"""Write a decision down; only then may anything be drawn by it. What it raises ends the answering."""
Show = Callable[[str], Awaitable[None]]
"""An image is there: put it into the thread, by its id."""


class Answerer(Protocol):
    """What answers a run: a face that decides and draws along the images' one path."""

    async def answer(self, run: ThreadRun, messages: Sequence[Message], keep: Keep, show: Show) -> Answered:
        """The same run never makes or charges anything twice. `messages`: all that it may look at, oldest first.

        Raises the domain errors.
        """
        ...

    def sent(self, run: ThreadRun) -> bool:
        """Whether the image of a run that is being answered went to its model, so that it must be waited for."""
        ...

    async def settled(self, run: ThreadRun) -> bool:
        """Whether nothing is sent for this run any more, since its image was made or may have been charged."""
        ...
