"""What the calls of one request came to: the error that stands for them, one result of several, what is not as asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Literal, cast

from pochoir.domain.errors import EngineError, PochoirError
from pochoir.domain.images import GeneratedImage, ImageRequest, ImageResult, OutputFormat
from pochoir.infra.sniff import has_alpha

Unseen = Literal["quality", "output_compression"]
UNSEEN: Final[tuple[Unseen, ...]] = ("quality", "output_compression")
"""Fields that a picture does not show: whether they were obeyed is known from what was sent alone."""
_TOLD: Final = frozenset({"png", "jpeg", "webp"})
"""Formats whose header tells whether there can be transparent pixels."""


def gravest(errors: Sequence[BaseException]) -> BaseException:
    """The error of several that is told: one that nobody foresaw, then one with money that may be gone, then the first.

    A caller that hears of a harmless one asks again, and pays for the other twice.
    """
    unforeseen = [error for error in errors if not isinstance(error, PochoirError)]
    charged = [error for error in errors if isinstance(error, EngineError) and error.may_have_been_charged]
    return (*unforeseen, *charged, *errors)[0]


def partly(came: int, asked: int, errors: Sequence[BaseException]) -> tuple[str, ...]:
    """The note on images that did not come; none when all did."""
    if not errors:
        return ()
    foreseen = [error for error in errors if isinstance(error, PochoirError)]
    told = dict.fromkeys(str(error) for error in foreseen or errors)
    return (f"{came} of {asked} images came back: {' '.join(told)}",)


def together(asked: int, results: Sequence[ImageResult], errors: Sequence[BaseException]) -> ImageResult:
    """One result of several calls, each for one image: everything that they made and used."""
    usage = results[0].usage
    for result in results[1:]:
        usage = usage + result.usage
    notes = dict.fromkeys(note for result in results for note in result.notes)
    return replace(
        results[0],
        images=tuple(image for result in results for image in result.images),
        usage=usage,
        notes=(*notes, *partly(len(results), asked, errors)),
        usage_reported=all(result.usage_reported for result in results),
    )


def differences(
    request: ImageRequest, images: Sequence[GeneratedImage], title: str, unsent: Sequence[Unseen] = ()
) -> tuple[str, ...]:
    """One sentence for each thing that was asked and is not so. `unsent`: fields that this provider was not sent."""
    image, notes = images[0], []
    came = format_of(image.mime)
    if request.size is not None and image.size != request.size and came != "svg":
        notes.append(f"Size {request.size} was asked for and {image.size} came back.")
    if request.output_format not in (None, came):
        notes.append(f"Format {request.output_format} was expected and {came} came back.")
    if request.background == "transparent" and came in _TOLD and not has_alpha(image.data):
        notes.append("A transparent background was asked for and an opaque one came back.")
    notes += [f"{title} takes no {name}; it was left out." for name in unsent if getattr(request, name) is not None]
    return tuple(notes)


def format_of(mime: str) -> OutputFormat:
    return cast("OutputFormat", mime.removeprefix("image/").removesuffix("+xml"))
