"""A step type of your own, whole: pick the first images of a list. Run me: python examples/step.py

To add it to Pochoir, put the class into src/pochoir/steps/pick_images.py and its line into steps/registry.py.
See docs/howto/add-a-step.md.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, cast

from pydantic import Field

from pochoir.domain.errors import InvalidValue
from pochoir.steps.base import ImageAsk, OutputKind, Params, StepContext, StepType
from pochoir.steps.fields import Pictures, Whole, image_outputs, read


class PickParams(Params):
    """The form is drawn from these fields: title, description, default and bounds."""

    images: Pictures = Field(title="Images", description="The images to choose from.", max_length=200)
    count: Whole = Field(1, title="How many", description="The first so many are kept.", ge=1, le=200)


class PickImages:
    """Keeps the first `count` images."""

    id: ClassVar[str] = "pick_images"
    version: ClassVar[int] = 1
    title: ClassVar[str] = "Pick images"
    help: ClassVar[str] = "Keep the first images of a list."
    params: ClassVar[type[Params]] = PickParams
    outputs: ClassVar[Mapping[str, OutputKind]] = {"images": "images", "image": "image"}

    async def run(self, params: PickParams, context: StepContext) -> Mapping[str, Any]:
        kept = [picture.ref() for picture in params.images[: params.count]]
        await context.say(f"Kept {len(kept)} of {len(params.images)}.")
        return image_outputs(kept)

    def asks(self, params: PickParams, model: str) -> Sequence[ImageAsk]:
        return ()


class Aloud:
    """As much of a context as this step needs, for trying it out. A run gives a real one."""

    model = "pochoir-sketch"

    async def say(self, message: str) -> None:
        print("the step says:", message)


async def main() -> None:
    step: StepType = PickImages()
    shots = [{"artifact": f"img_{number}"} for number in range(1, 6)]
    params = read(step, {"images": shots, "count": "2"})
    print("outputs:", await step.run(params, cast("StepContext", Aloud())))
    try:
        read(step, {"images": shots, "count": "two"})
    except InvalidValue as error:
        print("a wrong parameter is told:", error.message)


if __name__ == "__main__":
    asyncio.run(main())
