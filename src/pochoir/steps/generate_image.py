"""The step that makes images from words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from pochoir.steps.base import ImageAsk, OutputKind, Params, StepContext
from pochoir.steps.fields import ImageParams, image_outputs


class GenerateImage:
    """Makes `n` images, one call each, so that each is kept and charged by itself."""

    id: ClassVar[str] = "generate_image"
    version: ClassVar[int] = 1
    title: ClassVar[str] = "Generate images"
    help: ClassVar[str] = "Make images from a prompt."
    params: ClassVar[type[Params]] = ImageParams
    outputs: ClassVar[Mapping[str, OutputKind]] = {"images": "images", "image": "image"}

    async def run(self, params: ImageParams, context: StepContext) -> Mapping[str, Any]:
        return image_outputs(await context.make_images(params.request(context.model)))

    def asks(self, params: ImageParams, model: str) -> Sequence[ImageAsk]:
        return (ImageAsk(params.request(model)),)
