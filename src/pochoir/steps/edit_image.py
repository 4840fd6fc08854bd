"""The step that makes images from other images and words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from pochoir.domain.images import ImageRequest
from pochoir.steps.base import ImageAsk, OutputKind, Params, StepContext
from pochoir.steps.fields import ImageParams, PictureOrNone, Pictures, image_outputs


def _fidelity(value: object) -> object:
    return None if value is None or (isinstance(value, str) and value.strip().lower() in {"", "auto"}) else value


class EditParams(ImageParams):
    """A prompt for what to change, the images that go in, and where they may be changed."""

    images: Pictures = Field(title="Images", description="The images to start from.", min_length=1, max_length=16)
    mask: PictureOrNone = Field(
        None, title="Mask", description="As large as the first image; where it is transparent, the image may change."
    )
    input_fidelity: Annotated[Literal["low", "high"] | None, BeforeValidator(_fidelity)] = Field(
        None, title="Faithfulness", description="How closely faces and details of the images are kept."
    )

    def edit(self, model: str) -> ImageRequest:
        return self.request(model, input_fidelity=self.input_fidelity)


class EditImage:
    """Makes `n` images, each from all the images that go in."""

    id: ClassVar[str] = "edit_image"
    version: ClassVar[int] = 1
    title: ClassVar[str] = "Edit images"
    help: ClassVar[str] = "Change images, or make new ones from them."
    params: ClassVar[type[Params]] = EditParams
    outputs: ClassVar[Mapping[str, OutputKind]] = {"images": "images", "image": "image"}

    async def run(self, params: EditParams, context: StepContext) -> Mapping[str, Any]:
        references = [picture.ref() for picture in params.images]
        mask = params.mask.ref() if params.mask else None
        return image_outputs(await context.make_images(params.edit(context.model), references, mask))

    def asks(self, params: EditParams, model: str) -> Sequence[ImageAsk]:
        return (ImageAsk(params.edit(model), references=len(params.images)),)
