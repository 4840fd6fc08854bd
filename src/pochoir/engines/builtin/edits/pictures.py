"""Images that come in, made ready: upright, in sRGB, bounded; and the shared shape of a picture being edited."""

from __future__ import annotations

import io
from dataclasses import dataclass

from PIL import Image, ImageCms, ImageOps

from pochoir.domain.errors import InvalidImage

MAX_PIXELS = 50_000_000
"""Pixels of an image that is decoded here: about 150 MB while it is scaled down."""
MAX_EXACT = 4096 * 4096
"""Pixels of an image that is worked on as it is, because a mask belongs to it."""
WORK_EDGE = 1800
"""Longest edge at which things are cut out."""


@dataclass(frozen=True, slots=True)
class Opened:
    """An image as it came: RGBA, upright. `profile` is its colour profile where its values were left as they are."""

    image: Image.Image
    profile: bytes | None = None

    @property
    def size(self) -> tuple[int, int]:
        return self.image.size


def opened(data: bytes, *, exact: bool = False, edge: int = 4096) -> Opened:
    """Decode PNG, JPEG or WebP, at most `edge` pixels a side. `exact` leaves values and size as they are.

    Raises InvalidImage for what cannot be decoded. Nothing but these three formats is tried, so no other code runs.
    """
    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "WEBP")) as image:
            if image.width * image.height > MAX_PIXELS:
                raise InvalidImage(
                    f"The image has {image.width * image.height:,} pixels; Sketch works on up to {MAX_PIXELS:,}. "
                    "Make it smaller.",
                    param="image",
                )
            if exact and image.width * image.height > MAX_EXACT:
                raise InvalidImage(
                    f"With a mask Sketch works on up to {MAX_EXACT:,} pixels, and the image has "
                    f"{image.width * image.height:,}. Make both smaller, or choose another model.",
                    param="image",
                )
            if not exact and image.format == "JPEG":
                image.draft("RGB", (edge, edge))
            profile = image.info.get("icc_profile")
            turned = ImageOps.exif_transpose(image)
            if not exact and max(turned.size) > edge:
                plain = turned if turned.mode in {"RGB", "L"} else _colour(turned)
                turned = ImageOps.contain(plain, (edge, edge), Image.Resampling.LANCZOS)
            turned = _colour(turned)
    except InvalidImage:
        raise
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise InvalidImage(
            f"The image cannot be read ({error}). Save it again as PNG or JPEG.", param="image"
        ) from error
    if profile and not exact:
        return Opened(_in_srgb(turned, profile))
    return Opened(turned, profile if exact else None)


def _colour(image: Image.Image) -> Image.Image:
    """RGBA, whatever it was; 16-bit grey is scaled, not cut."""
    if image.mode == "RGBA":
        return image
    if image.mode.startswith("I"):
        image = image.convert("I").point(lambda v: v * (1 / 257)).convert("L")
    return image.convert("RGBA")


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """The colours as they look under the image's own profile. A broken profile changes nothing."""
    alpha = image.getchannel("A")
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        shown = ImageCms.profileToProfile(
            image.convert("RGB"), source, ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    except (ImageCms.PyCMSError, OSError):
        return image
    if shown is None:
        return image
    shown = shown.convert("RGBA")
    shown.putalpha(alpha)
    return shown


def transparent_share(image: Image.Image) -> float:
    """Share of pixels that are mostly see-through."""
    histogram = image.getchannel("A").histogram()
    return sum(histogram[:128]) / max(1, image.width * image.height)


def flat(image: Image.Image, colour: str = "#ffffff") -> Image.Image:
    """RGB, with what shows through filled."""
    if image.mode == "RGB":
        return image
    under = Image.new("RGBA", image.size, colour)
    return Image.alpha_composite(under, image.convert("RGBA")).convert("RGB")
