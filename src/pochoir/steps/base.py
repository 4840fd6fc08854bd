"""The contract of a step type, and the narrow context through which it reaches the rest.

A step's `run` is orchestration: it must do the same things in the same order for the same parameters, and touch the
world only through the context, whose methods are journalled. So a resumed run repeats nothing that it already has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol

from pydantic import BaseModel, ConfigDict

from pochoir.domain.images import ImageRequest, Incoming

OutputKind = Literal["images", "image", "text", "value", "boolean"]


class Params(BaseModel):
    """Base of a step's parameters. Templates are rendered before validation; the form is drawn from the fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True, slots=True)
class ImageRef:
    """A stored image as templates and journals carry it: an artifact's id."""

    artifact: str

    def as_data(self) -> dict[str, str]:
        return {"artifact": self.artifact}


NOTHING = Incoming()


@dataclass(frozen=True, slots=True)
class ImageAsk:
    """The image requests that a step will make with given parameters; what the quote is made of."""

    request: ImageRequest
    incoming: Incoming = NOTHING
    """What goes in with each."""
    images: tuple[ImageRef, ...] = ()
    """The images that go in; before a run some only stand for what will be made."""


class StepContext(Protocol):
    """What a step may do. Each call is journalled under the run and the step's path."""

    @property
    def model(self) -> str:
        """The model that the tool's spec names."""
        ...

    async def make_images(
        self,
        request: ImageRequest,
        references: Sequence[ImageRef] = (),
        mask: ImageRef | None = None,
        markup: ImageRef | None = None,
    ) -> list[ImageRef]:
        """Make `request.n` images, one call each so that each is kept and charged once; shown as they come."""
        ...

    async def transform(self, image: ImageRef, operation: str, arguments: Mapping[str, Any]) -> ImageRef:
        """Apply one pixel operation (`resize`, `crop`, `format`, `watermark`) and store the result with provenance."""
        ...

    async def write_text(self, prompt: str, system: str, max_words: int) -> str:
        """Ask the workspace's language model. Raises EngineNotReady with what to connect when there is none."""
        ...

    async def ask_approval(self, question: str, images: Sequence[ImageRef]) -> bool:
        """Wait until a member approves or declines."""
        ...

    async def say(self, message: str) -> None:
        """Show a line under the step while it runs."""
        ...


class StepType(Protocol):
    """One kind of step. `version` rises when the meaning of its parameters changes; journals carry it."""

    id: ClassVar[str]
    version: ClassVar[int]
    title: ClassVar[str]
    help: ClassVar[str]
    params: ClassVar[type[Params]]
    outputs: ClassVar[Mapping[str, OutputKind]]

    async def run(self, params: Any, context: StepContext) -> Mapping[str, Any]:
        """Do it. `params` is an instance of `self.params`; the result has the keys of `self.outputs`, JSON-ready."""
        ...

    def asks(self, params: Any, model: str) -> Sequence[ImageAsk]:
        """The image requests that `run` would make, for the quote. No I/O."""
        ...
