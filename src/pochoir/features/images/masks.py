"""Strict masks: what a mask protects comes back pixel for pixel, whatever the model did to it. Blocks; call from a thread.

Providers treat masks as a hint. Here the answer is laid over the original through the mask: where its alpha is 0 the
answer shows, everywhere else the original's own pixels. The seam is softened just inside the part that may change.
"""

from __future__ import annotations

import io
from dataclasses import replace

from PIL import ExifTags, Image, ImageChops, ImageFilter

from pochoir.domain.catalog import Card
from pochoir.domain.errors import EngineError, InvalidImage, InvalidValue
from pochoir.domain.images import GeneratedImage, ImageInput, ImageRequest, Size
from pochoir.features.images.abilities import nearest_size
from pochoir.features.images.opening import fitting, opened, profile_of

SEAM = 1 / 128
"""Width of the softened seam, as a share of the shorter edge."""
SLACK = 0.01
"""How far the shapes of two sizes may differ (as a ratio) and still be scaled into each other."""
_LOSSLESS = ("png", "webp")
_EXACT = frozenset({"1", "L", "LA", "P", "PA", "RGB", "RGBA"})
"""Pillow's modes that become RGBA without a change."""
_TURNED = range(2, 9)
"""EXIF's orientations but for the upright one."""


def check(original: ImageInput, mask: ImageInput) -> None:
    """Raises InvalidImage when one of them cannot be read to its end, or the image's pixels could not stay as they are.

    Pillow hands out the 16-bit colours of a PNG as 8-bit ones, so the file's header is asked.
    """
    with opened(mask.data, "mask") as layer:
        layer.load()
    with opened(original.data) as image:
        image.load()
        turned = image.getexif().get(ExifTags.Base.Orientation) in _TURNED
    if image.mode not in _EXACT or (original.mime == "image/png" and original.data[24] == 16):
        raise InvalidImage(
            "The image has 16 bits a colour or is in print colours (CMYK), so what the mask protects could not stay as it "
            "is. Save it with 8 bits a colour in RGB and send that, or leave 'strict_mask' out.",
            param="image",
        )
    if turned:
        raise InvalidImage(
            "The image is turned or mirrored by its EXIF orientation, so it is open on which side of it the mask lies. "
            "Save it upright, with a mask that fits, and send both.",
            param="image",
        )


def fitted(request: ImageRequest, card: Card) -> ImageRequest:
    """The request in a size of the image's own shape. Raises InvalidValue when a strict mask cannot be kept for it."""
    if request.mask is None or not request.references:
        raise InvalidValue("A strict mask needs an image and its mask. Add both.", param="strict_mask")
    original = request.references[0].size
    if request.size is not None and not same_shape(request.size, original):
        raise InvalidValue(
            f"The image is {original} and {request.size} has another shape, so what the mask protects could not stay as it "
            "is. Leave the size out, or ask for one of the image's own shape.",
            param="size",
        )
    if request.output_format not in {None, *_LOSSLESS}:
        raise InvalidValue(
            f"{request.output_format} changes every pixel a little. A strict mask needs png or webp.",
            param="output_format",
        )
    if request.output_compression not in {None, 100}:
        raise InvalidValue(
            "A strict mask keeps pixels as they are, so nothing is compressed with losses. Leave it out.",
            param="output_compression",
        )
    if request.size is not None:
        return request
    size = nearest_size(card.abilities, original)
    if size is not None and not same_shape(size, original):
        raise InvalidValue(
            f"{card.name} makes no image of the shape of yours ({original}), so what the mask protects could not stay as "
            f"it is. Crop the image to the shape of {size} first, or leave 'strict_mask' out.",
            param="image",
        )
    return replace(request, size=size)


def same_shape(one: Size, other: Size) -> bool:
    ratio = one.width * other.height / (one.height * other.width)
    return max(ratio, 1 / ratio) <= 1 + SLACK


def keep(made: GeneratedImage, original: ImageInput, mask: ImageInput) -> GeneratedImage:
    """The answer with the protected pixels of the original, in the original's size, as png or lossless webp.

    Raises EngineError when the answer has another shape than the original, as no scaling would be honest, and when its
    pixels cannot be read.
    """
    if not same_shape(made.size, original.size):
        raise EngineError(
            f"The model answered in {made.size}, another shape than the image's {original.size}, so the mask could not be "
            "kept. The answer is stored as it came. Ask again, or without the strict mask.",
            code="mask_not_kept",
            may_have_been_charged=True,
        )
    try:
        return _laid_over(made, original, mask)
    except Exception as error:  # the image is paid, whatever its bytes make Pillow raise
        raise EngineError(
            "The model's image cannot be read, so the mask could not be kept. The answer is stored as it came. Ask again, "
            "or without the strict mask.",
            code="mask_not_kept",
            may_have_been_charged=True,
        ) from error


def _laid_over(made: GeneratedImage, original: ImageInput, mask: ImageInput) -> GeneratedImage:
    with opened(original.data) as image:
        before, profile = image.convert("RGBA"), profile_of(image)
    with opened(made.data) as answer:
        after = answer.convert("RGBA")
    if after.size != before.size:
        after = after.resize(before.size, Image.Resampling.LANCZOS)
    together = Image.composite(after, before, _weight(mask))
    if together.getchannel("A").getextrema() == (255, 255):
        together = together.convert("RGB")
    profile = fitting(profile, together.mode)  # what was grey has colours now
    out = io.BytesIO()
    if made.mime == "image/webp":
        together.save(out, "WEBP", lossless=True, exact=True, icc_profile=profile)
    else:
        together.save(out, "PNG", icc_profile=profile)
    mime = made.mime if made.mime == "image/webp" else "image/png"
    return replace(made, data=out.getvalue(), mime=mime, size=original.size, b64=None)


def _weight(mask: ImageInput) -> Image.Image:
    """How much of the answer shows at each pixel: 0 wherever the mask's alpha is not 0, rising to 255 within the seam."""
    with opened(mask.data, "mask") as image:
        alpha = image.convert("RGBA").getchannel("A")
    editable = alpha.point([255] + [0] * 255)
    radius = max(1, round(min(alpha.size) * SEAM))
    # Neighbours beyond the border count as editable, so the picture's own edge gets no seam.
    framed = Image.new("L", (alpha.width + 4 * radius, alpha.height + 4 * radius), 255)
    framed.paste(editable, (2 * radius, 2 * radius))
    inner = eroded(framed, 2 * (radius // 2) + 1).filter(ImageFilter.GaussianBlur(radius / 2))
    inner = inner.crop((2 * radius, 2 * radius, 2 * radius + alpha.width, 2 * radius + alpha.height))
    return ImageChops.darker(inner, editable)


def eroded(image: Image.Image, width: int) -> Image.Image:
    """Each pixel the darkest of the square of an odd `width` around it, where Pillow's MinFilter asks width² of them.

    What lies beyond one border is taken from the opposite one.
    """
    return _darkest(_darkest(image, width, 1, 0), width, 0, 1)


def _darkest(image: Image.Image, width: int, right: int, down: int) -> Image.Image:
    """Each pixel the darkest of `width` in a row or column around it: what is known of so many, seen twice, doubles."""
    known = 1
    while known < width:
        step = min(known, width - known)
        image = ImageChops.darker(image, ImageChops.offset(image, right * step, down * step))
        known += step
    return ImageChops.offset(image, -right * (width // 2), -down * (width // 2))
