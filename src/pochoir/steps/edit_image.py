"""The step that makes images from other images and words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator

from pochoir.domain.images import ImageRequest, Incoming
from pochoir.steps.base import ImageAsk, OutputKind, Params, StepContext
from pochoir.steps.fields import ImageParams, Picture, PictureOrNone, Pictures, image_outputs


def _fidelity(value: object) -> object:
    return None if value is None or (isinstance(value, str) and value.strip().lower() in {"", "auto"}) else value


class EditParams(ImageParams):
    """A prompt for what to change, the images that go in, and where they may be changed or what was noted on them."""

    images: Pictures = Field(title="Images", description="The images to start from.", min_length=1, max_length=16)
    mask: PictureOrNone = Field(
        None, title="Mask", description="As large as the first image; where it is transparent, the image may change."
    )
    markup: PictureOrNone = Field(
        None,
        title="Markup",
        description="In a mask's place: a PNG as large as the first image, transparent but for notes on what to change.",
    )
    input_fidelity: Annotated[Literal["low", "high"] | None, BeforeValidator(_fidelity)] = Field(
        None, title="Faithfulness", description="How closely faces and details of the images are kept."
    )

    @field_validator("markup")
    @classmethod
    def _alone(cls, markup: Picture | None, known: ValidationInfo) -> Picture | None:
        if markup is not None and known.data.get("mask") is not None:
            raise ValueError("it excludes a mask; leave one of them empty")
        return markup

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
        mask, markup = (layer.ref() if layer else None for layer in (params.mask, params.markup))
        return image_outputs(await context.make_images(params.edit(context.model), references, mask, markup))

    def asks(self, params: EditParams, model: str) -> Sequence[ImageAsk]:
        incoming = Incoming(len(params.images), params.mask is not None, params.markup is not None)
        return (ImageAsk(params.edit(model), incoming, tuple(picture.ref() for picture in params.images)),)
