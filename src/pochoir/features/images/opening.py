"""Where pictures that came in are opened with Pillow: whatever damaged bytes make it raise becomes InvalidImage."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator

from PIL import Image, UnidentifiedImageError

from pochoir.domain.errors import InvalidImage, PochoirError

_SPACES = {"RGB": b"RGB ", "RGBA": b"RGB ", "L": b"GRAY", "LA": b"GRAY"}
"""What a profile says, at its byte 16, of the colours that it is for; one for others (CMYK) would turn them wrong."""


@contextlib.contextmanager
def opened(data: bytes, name: str = "image", formats: tuple[str, ...] | None = None) -> Iterator[Image.Image]:
    """The picture, for all that reads its header, its metadata or its pixels. Raises InvalidImage, also from inside.

    Pillow decodes late: the pixels are read, and may prove damaged, when they are first asked for.
    """
    try:
        with Image.open(io.BytesIO(data), formats=formats) as image:
            yield image
    except (PochoirError, MemoryError):
        raise
    except Exception as error:  # Pillow's readers raise whatever damaged bytes make them
        known = not isinstance(error, UnidentifiedImageError)
        why = (str(error) or type(error).__name__) if known else "it is of no kind that is known here"
        raise InvalidImage(
            f"The {name} cannot be read ({why}). Save it again as PNG and send that.", param=name
        ) from error


def profile_of(image: Image.Image) -> bytes | None:
    """The ICC profile that came with a picture."""
    profile: bytes | None = image.info.get("icc_profile")
    return profile


def fitting(profile: bytes | None, mode: str) -> bytes | None:
    """The profile, where it is for colours of this mode; None where it would turn them wrong."""
    return profile if profile and profile[16:20] == _SPACES.get(mode) else None
