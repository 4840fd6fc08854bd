"""Masks: where a picture may change, to the pixel, and what a hole is filled with when something is taken away."""

from __future__ import annotations

from PIL import Image, ImageChops, ImageFilter

SEAM = 1 / 200
"""Width of the soft seam inside the part that may change, as a share of the shorter edge."""


def editable(mask: Image.Image) -> Image.Image:
    """255 where the mask's alpha is 0, else 0."""
    return mask.getchannel("A").point(lambda v: 0 if v else 255)


def weight(area: Image.Image) -> Image.Image:
    """How much of the edit shows: 0 outside, rising to 255 inside within the seam. The picture's own border has none."""
    radius = max(1, round(min(area.size) * SEAM))
    framed = Image.new("L", (area.width + 4 * radius, area.height + 4 * radius), 255)
    framed.paste(area, (2 * radius, 2 * radius))
    soft = framed.filter(ImageFilter.GaussianBlur(radius / 2)).crop(
        (2 * radius, 2 * radius, 2 * radius + area.width, 2 * radius + area.height)
    )
    return ImageChops.darker(soft.point([max(0, min(255, 2 * v - 255)) for v in range(256)]), area)


def laid_over(before: Image.Image, after: Image.Image, area: Image.Image) -> Image.Image:
    """The edit where it may show, every other pixel as it was."""
    return Image.composite(after.convert("RGBA"), before, weight(area))


def box_of(area: Image.Image) -> tuple[int, int, int, int]:
    return area.getbbox() or (0, 0, *area.size)


def is_background(area: Image.Image) -> bool:
    """Whether what may change is the picture's surroundings rather than a spot in it."""
    left, top, right, bottom = box_of(area)
    share = area.histogram()[255] / (area.width * area.height)
    sides = (left == 0) + (top == 0) + (right == area.width) + (bottom == area.height)
    return share > 0.5 or (sides >= 3 and share > 0.2)


def healed(image: Image.Image, area: Image.Image) -> Image.Image:
    """The area filled from what is around it: each pixel a mean of the surroundings, the nearer the more.

    A pyramid: at each coarser step known colours spread into the unknown, and finer steps keep what they know.
    """
    unknown = area.filter(ImageFilter.MaxFilter(5))
    known = image.convert("RGB")
    known.putalpha(ImageChops.invert(unknown))
    steps = [known.convert("RGBa")]
    while min(steps[-1].size) > 2:
        last = steps[-1]
        size = (max(1, (last.width + 1) // 2), max(1, (last.height + 1) // 2))
        steps.append(last.resize(size, Image.Resampling.BOX))
    spread = steps[-1].convert("RGBA").convert("RGB").filter(ImageFilter.BoxBlur(1))
    for step in reversed(steps[:-1]):
        shown = step.convert("RGBA")
        finer = spread.resize(step.size, Image.Resampling.BICUBIC)
        spread = Image.composite(shown.convert("RGB"), finer, shown.getchannel("A"))
    out = spread.convert("RGBA")
    out.putalpha(image.getchannel("A"))
    return out
