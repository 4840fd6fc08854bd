"""Markups: notes drawn on a transparent layer of the first image. Is this one that a model can take? Blocks; call from a
thread. A mask lies on the image by the same rule.

The rules are OpenAI's (openai for Python 3.54.0): a PNG with transparent pixels, as large as the image is shown.
"""

from __future__ import annotations

import io

from PIL import ExifTags, ImageOps

from pochoir.domain.errors import InvalidImage
from pochoir.domain.images import ImageInput, Size
from pochoir.features.images.abilities import check_layer_size
from pochoir.features.images.opening import opened, profile_of

_ON_ITS_SIDE = frozenset({5, 6, 7, 8})
"""EXIF's orientations that turn an image by a quarter."""
_TURNED = range(2, 9)
"""EXIF's orientations but for the upright one."""


def check(markup: ImageInput, first: ImageInput) -> None:
    """Raises InvalidImage or InvalidValue when the markup cannot lie on the first image."""
    if markup.mime != "image/png":
        kind = markup.mime.removeprefix("image/")
        raise InvalidImage(
            f"The markup is a {kind} file. Save its transparent layer as PNG and send that.", param="markup"
        )
    check_layer_size("markup", markup, shown_size(first))
    if not _has_clear_pixels(markup.data):
        raise InvalidImage(
            "The markup has no transparent pixels, through which the image shows. Draw the notes on a transparent layer "
            "and send that as PNG.",
            param="markup",
        )


def upright(first: ImageInput, mask: ImageInput) -> tuple[ImageInput, ImageInput] | None:
    """Image and mask as the image is shown, where its EXIF turns it: providers differ in whether they look at that.

    The mask may have the size of the image as it is shown or as it is stored. Raises InvalidValue when it has neither,
    and InvalidImage when one that is to be turned cannot be read; None when nothing is turned.
    """
    how = _orientation(first)
    shown = shown_size(first)
    if how in _TURNED and mask.size == first.size != shown:
        mask = _turned(mask, how, "mask")
    check_layer_size("mask", mask, shown)
    return (_turned(first, how), mask) if how in _TURNED else None


def _turned(image: ImageInput, how: int, name: str = "image") -> ImageInput:
    with opened(image.data, name) as picture:
        profile = profile_of(picture)
        picture.getexif()[ExifTags.Base.Orientation] = how
        made = ImageOps.exif_transpose(picture)
        out = io.BytesIO()
        made.save(
            out,
            image.mime.removeprefix("image/"),
            icc_profile=profile,
            exif=b"",
            quality=95,
            subsampling=0,
            lossless=True,
        )
    return ImageInput(out.getvalue(), image.mime, Size(*made.size))


def shown_size(image: ImageInput) -> Size:
    """How large an image is as it is shown: width and height change places where its EXIF turns it by a quarter."""
    return Size(image.size.height, image.size.width) if _orientation(image) in _ON_ITS_SIDE else image.size


def _orientation(image: ImageInput) -> int:
    """EXIF's orientation, 1 where there is none. What cannot be read is for the engine to refuse."""
    try:
        with opened(image.data) as picture:
            found = picture.getexif().get(ExifTags.Base.Orientation)
    except InvalidImage:
        return 1
    return found if isinstance(found, int) else 1


def _has_clear_pixels(data: bytes) -> bool:
    """Whether any pixel lets at least something through, whatever kind of PNG it is."""
    with opened(data, "markup", ("PNG",)) as picture:
        if not picture.has_transparency_data:
            return False
        layer = picture if picture.mode in {"RGBA", "LA"} else picture.convert("RGBA")
        lowest = layer.getchannel("A").getextrema()[0]
    return isinstance(lowest, int | float) and lowest < 255
