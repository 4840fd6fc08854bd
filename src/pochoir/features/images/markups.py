"""Markups: notes drawn on a transparent layer of the first image. Is this one that a model can take? Blocks; call from a
thread. A mask lies on the image by the same rule.

The rules are OpenAI's (openai for Python 3.54.0): a PNG with transparent pixels, as large as the image is shown.
"""

from __future__ import annotations

import io
import struct

from PIL import ExifTags, Image, UnidentifiedImageError

from pochoir.domain.errors import InvalidImage
from pochoir.domain.images import ImageInput, Size
from pochoir.features.images.abilities import check_layer_size

_ON_ITS_SIDE = frozenset({5, 6, 7, 8})
"""EXIF's orientations that turn an image by a quarter."""


def check(markup: ImageInput, first: ImageInput) -> None:
    """Raises InvalidImage or InvalidValue when the markup cannot lie on the first image."""
    if markup.mime != "image/png":
        kind = markup.mime.removeprefix("image/")
        raise InvalidImage(
            f"The markup is a {kind} file. Save its transparent layer as PNG and send that.", param="markup"
        )
    check_layer_size("markup", markup, shown_size(first))
    try:
        clear = _has_clear_pixels(markup.data)
    except (OSError, ValueError, SyntaxError, struct.error, Image.DecompressionBombError) as error:
        raise InvalidImage(f"The markup cannot be read ({error}). Save it again as PNG.", param="markup") from error
    if not clear:
        raise InvalidImage(
            "The markup has no transparent pixels, through which the image shows. Draw the notes on a transparent layer "
            "and send that as PNG.",
            param="markup",
        )


def check_mask(mask: ImageInput, first: ImageInput) -> None:
    """Raises InvalidValue when the mask is not as large as the image is shown, on which it was painted."""
    check_layer_size("mask", mask, shown_size(first))


def shown_size(image: ImageInput) -> Size:
    """How large an image is as it is shown: width and height change places where its EXIF turns it by a quarter."""
    try:
        with Image.open(io.BytesIO(image.data)) as opened:
            turned = opened.getexif().get(ExifTags.Base.Orientation) in _ON_ITS_SIDE
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, struct.error, Image.DecompressionBombError):
        return image.size  # its pixels are for the engine to read
    return Size(image.size.height, image.size.width) if turned else image.size


def _has_clear_pixels(data: bytes) -> bool:
    """Whether any pixel lets at least something through, whatever kind of PNG it is."""
    with Image.open(io.BytesIO(data), formats=("PNG",)) as opened:
        if not opened.has_transparency_data:
            return False
        layer = opened if opened.mode in {"RGBA", "LA"} else opened.convert("RGBA")
        lowest = layer.getchannel("A").getextrema()[0]
    return isinstance(lowest, int | float) and lowest < 255
