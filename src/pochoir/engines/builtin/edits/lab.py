"""CIELAB (D50, through LittleCMS, 8 bits a channel) and arithmetic on whole images, without a loop over pixels."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, cast

from PIL import Image, ImageCms, ImageMath

Math = Callable[[dict[str, Any]], Any]


@cache
def _transform(there: bool) -> ImageCms.ImageCmsTransform:
    rgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    if there:
        return ImageCms.buildTransform(rgb, lab, "RGB", "LAB")
    return ImageCms.buildTransform(lab, rgb, "LAB", "RGB")


def to_lab(image: Image.Image) -> Image.Image:
    """An RGB image in LAB: L 0..255 for 0..100, a and b with 128 for 0."""
    return cast("Image.Image", ImageCms.applyTransform(image, _transform(True)))


def from_lab(image: Image.Image) -> Image.Image:
    return cast("Image.Image", ImageCms.applyTransform(image, _transform(False)))


def lab_of(colour: tuple[int, int, int]) -> tuple[int, int, int]:
    """One sRGB colour, in the same 8-bit LAB."""
    pixel = to_lab(Image.new("RGB", (1, 1), colour)).getpixel((0, 0))
    return cast("tuple[int, int, int]", pixel)


def evaluate(formula: Math, **images: Image.Image) -> Image.Image:
    """Arithmetic on images of one size; the formula gets them as floats by name, with `convert` to end with."""

    def run(given: dict[str, Any]) -> Any:
        floats = {name: given["float"](given[name]) for name in images}
        return formula({**given, **floats})

    return cast("Image.Image", ImageMath.lambda_eval(run, **images))


def bytes_of(value: Any, given: dict[str, Any]) -> Any:
    """A float image as L, rounded and kept within 0..255."""
    return given["convert"](given["min"](given["max"](value + 0.5, 0), 255), "L")


def distance(one: Image.Image, other: Image.Image) -> Image.Image:
    """Delta E (CIE 1976) of two LAB images, four steps for one, at most 63."""
    (l0, a0, b0), (l1, a1, b1) = one.split(), other.split()

    def formula(g: dict[str, Any]) -> Any:
        light, a, b = (g["l0"] - g["l1"]) * 0.392, g["a0"] - g["a1"], g["b0"] - g["b1"]
        return bytes_of((light * light + a * a + b * b) ** 0.5 * 4, g)

    return evaluate(formula, l0=l0, l1=l1, a0=a0, a1=a1, b0=b0, b1=b1)
