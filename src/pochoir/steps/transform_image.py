"""The step that changes an image's pixels without a model: resize, crop, another file format, a watermark. Free."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, model_validator

from pochoir.steps.base import ImageAsk, OutputKind, Params, StepContext
from pochoir.steps.fields import Pictures, Text, WholeOrNone, image_outputs

MAX_EDGE = 8_192
Position = Literal["center", "top", "bottom", "left", "right", "top left", "top right", "bottom left", "bottom right"]


def _word(value: object) -> object:
    return value.strip().lower().replace("_", " ").replace("-", " ") if isinstance(value, str) else value


def _position(value: object) -> object:
    word = _word(value)
    return {"": None, "auto": None, "centre": "center", "middle": "center"}.get(str(word), word)


def _per_cent(value: object) -> object:
    """Read `60`, `"60"`, `"60%"` and the share `0.6` alike."""
    text = str(value).strip().removesuffix("%")
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"'{text[:40]}' is not a number of per cent") from None
    share = not isinstance(value, int) and "." in text and 0 < number <= 1
    return number * 100 if share else number


def _format(value: object) -> object:
    word = _word(value)
    return {"": None, "auto": None, "jpg": "jpeg"}.get(word, word) if isinstance(word, str) else word


class TransformParams(Params):
    """One operation and what it needs; the rest is not looked at."""

    images: Pictures = Field(title="Images", description="The images to change.", max_length=200)
    operation: Annotated[Literal["resize", "crop", "format", "watermark"], BeforeValidator(_word)] = Field(
        title="Operation", description="What to do with each image."
    )
    width: WholeOrNone = Field(None, title="Width", description="Pixels.", ge=1, le=MAX_EDGE)
    height: WholeOrNone = Field(None, title="Height", description="Pixels.", ge=1, le=MAX_EDGE)
    fit: Annotated[Literal["cover", "contain", "stretch"], BeforeValidator(_word)] = Field(
        "cover",
        title="Fit",
        description="Cover fills the frame and cuts what is over, contain keeps all of the image, stretch distorts it.",
    )
    format: Annotated[Literal["png", "jpeg", "webp"] | None, BeforeValidator(_format)] = Field(
        None, title="File format", description="For the operation format."
    )
    text: Text = Field("", title="Text", description="For the operation watermark.", max_length=200)
    position: Annotated[Position | None, BeforeValidator(_position)] = Field(
        None,
        title="Position",
        description="Where a crop is taken (else the middle), or where the watermark stands (else bottom right).",
    )
    opacity: Annotated[Decimal, Field(ge=1, le=100), BeforeValidator(_per_cent)] = Field(
        Decimal(60), title="Opacity", description="Of the watermark, in per cent."
    )

    @model_validator(mode="after")
    def _complete(self) -> TransformParams:
        if self.operation == "resize" and self.width is None and self.height is None:
            raise ValueError("resize needs a width, a height or both")
        if self.operation == "crop" and (self.width is None or self.height is None):
            raise ValueError("crop needs a width and a height")
        if self.operation == "format" and self.format is None:
            raise ValueError("format needs a file format: png, jpeg or webp")
        if self.operation == "watermark" and not self.text.strip():
            raise ValueError("watermark needs a text")
        return self

    def arguments(self) -> dict[str, Any]:
        """The arguments of the operation: pixels, words, and opacity as a share from 0 to 1."""
        if self.operation == "resize":
            return {"width": self.width, "height": self.height, "fit": self.fit}
        if self.operation == "crop":
            return {"width": self.width, "height": self.height, "position": self.position or "center"}
        if self.operation == "format":
            return {"format": self.format}
        return {
            "text": self.text.strip(),
            "position": self.position or "bottom right",
            "opacity": float(self.opacity / 100),
        }


class TransformImage:
    """Applies one operation to every image, in order."""

    id: ClassVar[str] = "transform_image"
    version: ClassVar[int] = 1
    title: ClassVar[str] = "Transform images"
    help: ClassVar[str] = "Resize, crop, convert or watermark images. Free."
    params: ClassVar[type[Params]] = TransformParams
    outputs: ClassVar[Mapping[str, OutputKind]] = {"images": "images", "image": "image"}

    async def run(self, params: TransformParams, context: StepContext) -> Mapping[str, Any]:
        arguments = params.arguments()
        done = [await context.transform(picture.ref(), params.operation, arguments) for picture in params.images]
        return image_outputs(done)

    def asks(self, params: TransformParams, model: str) -> Sequence[ImageAsk]:
        return ()
