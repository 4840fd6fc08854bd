"""Product photographs for benchmarks and tests, made on the spot: turned bodies in studio light, with soft shadows.

A body is a profile turned around its axis; light is Lambert's law plus Blinn's highlight; the backdrop is a paper sweep
with a vignette and sensor noise. Nothing of the illustrator's own code is used.
"""
# ruff: noqa: E501 - outlines read better in long lines

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

Array = npt.NDArray[np.float64]
Profile = Sequence[tuple[float, float]]
"""(height from 0 at the foot to 1, radius in shares of the height), from the foot up."""

BOTTLE: Profile = ((0, 0.15), (0.01, 0.17), (0.03, 0.18), (0.58, 0.18), (0.66, 0.165), (0.72, 0.12), (0.76, 0.075), (0.8, 0.065), (0.9, 0.065), (0.905, 0.08), (0.99, 0.08), (1, 0.07))  # fmt: skip
VASE: Profile = ((0, 0.14), (0.02, 0.16), (0.2, 0.26), (0.38, 0.3), (0.55, 0.27), (0.75, 0.15), (0.88, 0.11), (0.96, 0.14), (1, 0.17))  # fmt: skip
JAR: Profile = ((0, 0.32), (0.02, 0.35), (0.05, 0.36), (0.7, 0.36), (0.71, 0.38), (0.73, 0.385), (0.97, 0.385), (1, 0.36))  # fmt: skip
BALL: Profile = tuple(
    (0.5 - 0.5 * float(np.cos(a)), 0.5 * float(np.sin(a))) for a in np.linspace(0.05, np.pi - 0.05, 40)
)


def photo(
    profile: Profile, paint: Callable[[Array], Array], size: tuple[int, int] = (1024, 1024),
    ground: tuple[int, int, int] = (232, 230, 226), *, fill: float = 0.66, noise: float = 1.5, seed: int = 7,
) -> Image.Image:  # fmt: skip
    """A body on a paper sweep. `paint` gives an RGB row (0..1, shape n x 3) for heights (0..1, shape n)."""
    w, h = size
    tall = h * fill
    foot, middle = h * 0.86, w / 2
    ys, xs = np.mgrid[0:h, 0:w].astype(np.float64)
    level = np.clip((foot - ys) / tall, 0, 1)
    heights, radii = np.array([p[0] for p in profile]), np.array([p[1] for p in profile])
    radius = np.interp(level, heights, radii) * tall
    slope = -np.gradient(np.interp(np.linspace(0, 1, 400), heights, radii), 1 / 399)
    across = np.where(radius > 1, (xs - middle) / np.maximum(radius, 1), 2)
    inside = (np.abs(across) < 1) & (ys <= foot) & (ys >= foot - tall)
    depth = np.sqrt(np.clip(1 - across**2, 0, 1))
    up = np.interp(level, np.linspace(0, 1, 400), slope)
    norm = np.sqrt(across**2 + up**2 + depth**2 + 1e-9)
    light = np.array([-0.55, 0.5, 0.67])
    lambert = np.clip((across * light[0] + up * light[1] + depth * light[2]) / norm, 0, 1)
    half = np.array([-0.3, 0.28, 0.91])
    shine = np.clip((across * half[0] + up * half[1] + depth * half[2]) / norm, 0, 1) ** 60
    colour = paint(level.ravel()).reshape(h, w, 3)
    body = colour * (0.34 + 0.72 * lambert)[..., None] + 0.5 * shine[..., None]
    sheet = np.array(ground, dtype=np.float64) / 255
    away = np.hypot((xs - w / 2) / w, (ys - h / 2) / h)
    paper = sheet * (1.03 - 0.22 * away**2)[..., None]
    shadow = Image.new("L", size)
    wide = float(radii[:4].max()) * tall * 1.2
    ImageDraw.Draw(shadow).ellipse(
        (middle - wide, foot - tall * 0.035, middle + wide * 1.5, foot + tall * 0.04), fill=150
    )
    dark = np.asarray(shadow.filter(ImageFilter.GaussianBlur(h / 50)), dtype=np.float64) / 255
    paper *= (1 - 0.7 * dark)[..., None]
    mask = Image.fromarray((inside * 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(0.8))
    seen = (np.asarray(mask, dtype=np.float64) / 255)[..., None]
    mixed = paper * (1 - seen) + body * seen
    mixed += np.random.default_rng(seed).normal(0, noise / 255, (h, w, 1))
    return Image.fromarray((np.clip(mixed, 0, 1) * 255).astype(np.uint8))


def bands(*stops: tuple[float, tuple[int, int, int]]) -> Callable[[Array], Array]:
    """Colours by height: each from its height up to the next."""
    heights = np.array([s[0] for s in stops])
    colours = np.array([s[1] for s in stops], dtype=np.float64) / 255

    def paint(level: Array) -> Array:
        found: Array = colours[np.clip(np.searchsorted(heights, level, side="right") - 1, 0, len(stops) - 1)]
        return found

    return paint


def bottle(size: tuple[int, int] = (1024, 1024), ground: tuple[int, int, int] = (236, 234, 230)) -> Image.Image:
    """A green bottle with a cream label and a dark cap."""
    glass, label = (38, 104, 74), (243, 234, 214)
    return photo(BOTTLE, bands((0, glass), (0.16, label), (0.2, (190, 60, 44)), (0.22, label), (0.5, glass), (0.9, (40, 38, 42))), size, ground)  # fmt: skip


def vase(size: tuple[int, int] = (1024, 1024)) -> Image.Image:
    """A blue vase on pale pink paper."""
    return photo(VASE, bands((0, (45, 92, 170)), (0.6, (240, 240, 236)), (0.66, (45, 92, 170))), size, (240, 214, 210))


def jar(size: tuple[int, int] = (1024, 1024)) -> Image.Image:
    """A jar of cream with an orange band and a white lid, on grey."""
    return photo(JAR, bands((0, (250, 248, 242)), (0.2, (236, 122, 52)), (0.46, (250, 248, 242)), (0.71, (214, 176, 110))), size, (202, 208, 212), fill=0.5)  # fmt: skip


def ball(size: tuple[int, int] = (800, 600)) -> Image.Image:
    """A red ball on white."""
    return photo(BALL, bands((0, (206, 36, 40))), size, (250, 250, 250), fill=0.56)


def logo(size: int = 512) -> Image.Image:
    """A sign on nothing: a ring, a leaf."""
    out = Image.new("RGBA", (size, size))
    pen = ImageDraw.Draw(out)
    s = size / 100
    pen.ellipse((4 * s, 4 * s, 96 * s, 96 * s), fill="#1f6f54")
    pen.ellipse((12 * s, 12 * s, 88 * s, 88 * s), fill="#f5efe0")
    pen.pieslice((26 * s, 20 * s, 98 * s, 92 * s), 150, 240, fill="#1f6f54")
    pen.pieslice((2 * s, 8 * s, 74 * s, 80 * s), -30, 60, fill="#57a773")
    return out


def meadow(size: tuple[int, int] = (1200, 800), seed: int = 3) -> Image.Image:
    """A picture with no plain part: a lively texture under a cloudy sky."""
    rng = np.random.default_rng(seed)
    w, h = size
    total = np.zeros((h, w))
    for octave in range(2, 8):
        cells = rng.random((2**octave, 2**octave)).astype(np.float32)
        total += (
            np.asarray(Image.fromarray(cells).resize(size, Image.Resampling.BICUBIC), dtype=np.float64) / 1.6**octave
        )
    total = (total - total.min()) / (total.max() - total.min())
    rows = np.linspace(0, 1, h)[:, None]
    sky = np.stack([0.45 + 0.5 * total, 0.62 + 0.36 * total, 0.86 + 0.14 * total], axis=-1)
    fine = rng.normal(0, 0.11, (h, w))
    grass = np.stack([0.26 + 0.4 * total + fine, 0.42 + 0.4 * total + fine, 0.12 + 0.16 * total + fine], axis=-1)
    edge = 0.48 + 0.06 * total[:, :1]
    mixed = np.where((rows > edge)[..., None], grass, sky)
    return Image.fromarray((np.clip(mixed, 0, 1) * 255).astype(np.uint8))


def packed(image: Image.Image, kind: str = "PNG") -> bytes:
    """The image as a file's bytes."""
    out = io.BytesIO()
    image.save(out, kind, **({"quality": 92} if kind == "JPEG" else {}))
    return out.getvalue()
