"""What the calls of one request came to: the error that stands for them, one result of several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pochoir.domain.errors import EngineError, PochoirError
from pochoir.domain.images import ImageResult


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
