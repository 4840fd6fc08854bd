"""An artifact: a stored image with its provenance. Shapes only."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pochoir.domain.catalog import Card
from pochoir.domain.images import ImageRequest, ImageResult, Size
from pochoir.domain.money import Charge, Quote

SHOWN = "shown"
"""Where the provenance of a photo that its EXIF turns says how large it is then."""
BUILTIN = "builtin"
"""The engine of the illustrator."""
Origin = Literal["generated", "uploaded", "transformed"]
EXTENSIONS = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/webp": "webp",
    "image/gif": "gif",
    "image/svg+xml": "svg",
    "image/avif": "avif",
}


@dataclass(frozen=True, slots=True)
class Artifact:
    """`blob` names the bytes (their BLAKE3 hash); `bytes` is their count; `created` is ISO 8601 in UTC."""

    id: str
    blob: str
    mime: str
    size: Size
    bytes: int
    created: str
    origin: Origin
    attempt: str | None = None
    run: str | None = None
    path: str | None = None
    model: str | None = None
    snapshot: str | None = None
    provenance: Mapping[str, Any] = field(default_factory=dict)
    pinned: bool = False
    """Kept for good, whatever the retention rules say."""

    @property
    def shown(self) -> Size:
        """How large it is as it is shown: a photo that was put in may be turned by its EXIF."""
        return Size.parse(self.provenance[SHOWN]) if SHOWN in self.provenance else self.size

    @property
    def is_sketch(self) -> bool:
        """Whether it is an SVG that the built-in illustrator wrote, and so is safe and quick to draw."""
        written = self.origin == "generated" and self.provenance.get("engine") == BUILTIN
        return written and self.mime == "image/svg+xml"

    @property
    def extension(self) -> str:
        return EXTENSIONS.get(self.mime, "bin")


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at a request: recorded before the engine is called, so that a crash leaves a trace."""

    id: str
    key: str
    number: int
    asker: str
    request_hash: str
    model: str
    state: str
    started: str
    run: str | None = None
    path: str | None = None
    finished: str | None = None
    quoted_microusd: int = 0
    result: Mapping[str, Any] | None = None
    error: str = ""

    @property
    def is_unkept(self) -> bool:
        """Whether it ended with an image that is stored although its strict mask could not be kept."""
        return "unkept" in (self.result or {})


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request made ready: the card, the request with every choice settled, its quote, and what was mapped."""

    card: Card
    request: ImageRequest
    quote: Quote
    notes: tuple[str, ...] = ()
    instead_of: str | None = None
    """The id of the model that could not answer."""
    batch: bool = False
    """Whether the provider's batch price holds."""


@dataclass(frozen=True, slots=True)
class Payer:
    """An API key: its budget pays as well. `admit` is told how many images are about to be asked for; it may refuse."""

    api_key: str
    admit: Callable[[int], Awaitable[None]] | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """What the path gives back. `replayed` is true when the key was known and nothing was made or charged anew."""

    result: ImageResult
    artifacts: tuple[Artifact, ...]
    charge: Charge
    attempt: str
    model: str
    replayed: bool = False
    notes: tuple[str, ...] = ()
    instead_of: str | None = None
    """The id of the model that was asked and could not answer."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether a model can be run here, and if not, the sentence and the page that help."""

    state: Literal["ready", "needs_key", "not_installed", "no_engine", "shut_down"]
    sentence: str
    link: str = ""

    @property
    def ready(self) -> bool:
        return self.state == "ready"


@dataclass(frozen=True, slots=True)
class Search:
    """What the gallery asks for. `text` is looked for in the prompt and the name; empty fields ask for nothing.

    `before` is the id of an image: only older ones are found (ids are in the order of time).
    """

    text: str = ""
    model: str = ""
    origin: str = ""
    before: str = ""
