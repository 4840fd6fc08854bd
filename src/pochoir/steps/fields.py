"""Kinds of parameters that several step types share, and how values from templates and forms are read into them.

Not a step type. Templates give texts, numbers and lists; each kind takes what is meant and refuses the rest in words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo

from pochoir.domain.errors import InvalidValue, PochoirError
from pochoir.domain.faults import EMPTY, reason
from pochoir.domain.images import MAX_PROMPT, ImageRequest, Size
from pochoir.steps.base import ImageRef, Params, StepType

MAX_DIGITS = 16
"""Of a whole number: as many as the largest seed has."""


class Picture(BaseModel):
    """A stored image, as templates carry it: `{"artifact": "<id>"}`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    artifact: str = Field(min_length=1, max_length=200)

    def ref(self) -> ImageRef:
        return ImageRef(self.artifact)


def _text(value: object) -> object:
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return value
    return str(value)


def _whole(value: object) -> object:
    """Read `3`, `"3"`, `3.0` and `" 3 "` as a whole number; an empty text is "not given"."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, bool):
        raise ValueError("a whole number is needed, not yes or no")
    try:
        number = Decimal(str(value).strip())
    except (InvalidOperation, ValueError):
        number = Decimal("NaN")
    if not number.is_finite():
        raise ValueError(f"'{_short(value)}' is not a whole number")
    if number.adjusted() >= MAX_DIGITS:  # asked before int(), which would write out all the digits of 1e999999999
        raise ValueError(f"'{_short(value)}' has too many digits")
    if number != (whole := int(number)):
        raise ValueError(f"{_short(value)} is not a whole number")
    return whole


def _number_or_none(value: object) -> object:
    if value is None or (isinstance(value, str) and value.strip().lower() in {"", "auto", "none"}):
        return None
    return _whole(value)


def _word(value: object) -> object:
    """Read a choice: any case, spaces around it, and nothing at all for `auto`."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return "auto"
    return value.strip().lower() if isinstance(value, str) else value


def _format(value: object) -> object:
    word = _word(value)
    return "jpeg" if word == "jpg" else word


def _size(value: object) -> object:
    word = _word(value)
    if word == "auto" or not isinstance(word, str):
        return word
    try:
        return str(Size.parse(word))
    except PochoirError as error:
        raise ValueError(error.message) from None


def _name_or_none(value: object) -> object:
    return None if isinstance(value, str) and value.strip().lower() in {"", "auto"} else value


def pictures(value: object) -> object:
    """Read one image, a list, or lists in lists (as a repeat gives them) as a flat list."""
    if value is None or value == "":
        return ()
    if isinstance(value, str):
        return ({"artifact": value},)
    if isinstance(value, ImageRef):
        return (value.as_data(),)
    if isinstance(value, Mapping | Picture):
        return (value,)
    if isinstance(value, Sequence):
        flat: list[object] = []
        for item in value:
            inner = pictures(item)
            flat += inner if isinstance(inner, list | tuple) else [inner]
        return tuple(flat)
    raise ValueError("an image is needed here: one that was put in, or one that an earlier step made")


def _one_picture(value: object) -> object:
    found = pictures(value)
    if not isinstance(found, tuple):
        return found
    if len(found) > 1:
        raise ValueError("one image is needed here, not several")
    return found[0] if found else None


Text = Annotated[str, BeforeValidator(_text)]
Prompt = Annotated[str, Field(min_length=1, max_length=MAX_PROMPT), BeforeValidator(_text)]
Whole = Annotated[int, BeforeValidator(_whole)]
WholeOrNone = Annotated[int | None, BeforeValidator(_number_or_none)]
Word = Annotated[str, Field(max_length=40), BeforeValidator(_word)]
SizeText = Annotated[str, BeforeValidator(_size)]
NameOrNone = Annotated[Annotated[str, Field(max_length=200)] | None, BeforeValidator(_name_or_none)]
Format = Annotated[Literal["auto", "png", "jpeg", "webp", "svg", "gif"], BeforeValidator(_format)]
Background = Annotated[Literal["auto", "opaque", "transparent"], BeforeValidator(_word)]
Pictures = Annotated[tuple[Picture, ...], BeforeValidator(pictures)]
PictureOrNone = Annotated[Picture | None, BeforeValidator(_one_picture)]


class ImageParams(Params):
    """What every step that makes images asks for. `auto` leaves the choice to the model."""

    prompt: Prompt = Field(title="Prompt", description="What the images should show, in your own words.")
    negative: Text = Field("", title="Leave out", description="What should not appear.", max_length=4_000)
    n: Whole = Field(1, title="How many", description="Images to make: 1 to 10.", ge=1, le=10)
    size: SizeText = Field(
        "auto", title="Size", description="Width x height in pixels, or auto.", examples=["auto", "1024x1024"]
    )
    quality: Word = Field(
        "auto", title="Quality", description="More takes longer and costs more.", examples=["auto", "low", "high"]
    )
    background: Background = Field("auto", title="Background", description="Transparent needs png or webp.")
    format: Format = Field("auto", title="File format", description="The kind of image file.")
    compression: WholeOrNone = Field(
        None, title="Compression", description="0 to 100, for jpeg and webp: lower makes smaller files.", ge=0, le=100
    )
    seed: WholeOrNone = Field(
        None,
        title="Seed",
        description="The same seed gives the same image again, on models that take one.",
        ge=0,
        le=2**53 - 1,
    )
    model: NameOrNone = Field(None, title="Model", description="Only when this step needs another than the tool's.")

    def request(self, model: str, **more: Any) -> ImageRequest:
        """The request for `self.model` or the tool's. What to leave out goes into the prompt: all models read it."""
        prompt = self.prompt
        if self.negative.strip():
            prompt = f"{prompt.rstrip()}\n\nLeave out: {self.negative.strip()}"
        return ImageRequest(
            model=self.model or model,
            prompt=prompt,
            n=self.n,
            size=None if self.size == "auto" else Size.parse(self.size),
            quality=None if self.quality == "auto" else self.quality,
            background=None if self.background == "auto" else self.background,
            output_format=None if self.format == "auto" else self.format,
            output_compression=self.compression,
            seed=self.seed,
            **more,
        )


def image_outputs(images: Sequence[ImageRef]) -> dict[str, Any]:
    """The outputs `images` and `image` (the first, or None) of a step that gives images."""
    data = [image.as_data() for image in images]
    return {"images": data, "image": data[0] if data else None}


def read(step: StepType, values: Mapping[str, Any]) -> Params:
    """A step's parameters from rendered values. Raises InvalidValue with one sentence for each that does not fit."""
    try:
        return step.params.model_validate(dict(values))
    except ValidationError as error:
        problems = [explain(step, fault) for fault in error.errors(include_url=False)]
        first = error.errors()[0]["loc"]
        raise InvalidValue(" ".join(problems), param=str(first[0]) if first else None) from None


def explain(step: StepType, fault: Mapping[str, Any]) -> str:
    """One fault that pydantic found, as a sentence with the field's title that ends in what to do."""
    place = fault["loc"]
    name = str(place[0]) if place else ""
    fields: Mapping[str, FieldInfo] = step.params.model_fields
    if fault["type"] == "extra_forbidden":
        return f"'{name}' is nothing that this step takes. Choose from {', '.join(fields)}."
    title = fields[name].title or name if name in fields else name or step.title
    if fault["type"] in EMPTY:
        return f"{title} ('{name}') is empty. Fill it in."
    return f"{title} ('{name}'): {reason(fault)}. Change it."


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 40 else text[:39] + "…"
