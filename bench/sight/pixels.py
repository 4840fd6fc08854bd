"""Pixels in CIELAB, and the connected flat areas of a picture: what an eye would call one patch of colour."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]
Bools = NDArray[np.bool_]

GRID = 24
"""Cells a side of the small picture of a patch's shape."""
_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]],
    np.float32,
)
_WHITE = np.array([0.95047, 1.0, 1.08883], np.float32)


def decode(data: bytes) -> NDArray[np.uint8]:
    """A picture's bytes to rows of RGB pixels; what is transparent shows white."""
    picture = Image.open(io.BytesIO(data)).convert("RGBA")
    flat = Image.new("RGBA", picture.size, "#ffffff")
    flat.alpha_composite(picture)
    return np.asarray(flat.convert("RGB"))


def to_lab(rgb: NDArray[np.uint8]) -> Floats:
    """sRGB 0..255 to CIELAB under D65 (IEC 61966-2-1, CIE 15)."""
    table = np.arange(256, dtype=np.float32) / 255
    table = np.where(table <= 0.04045, table / 12.92, ((table + 0.055) / 1.055) ** 2.4).astype(np.float32)
    ratio = table[rgb] @ _TO_XYZ.T / _WHITE
    f = np.where(ratio > 216 / 24389, np.cbrt(ratio), (24389 / 27 * ratio + 16) / 116)
    return np.stack(
        [116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], axis=-1
    ).astype(np.float32)


def joined(lab: Floats, step: float) -> tuple[Bools, Bools]:
    """Whether each pixel is within `step` (CIE76) of the one to its right, and of the one below."""
    across = np.sqrt(((lab[:, 1:] - lab[:, :-1]) ** 2).sum(-1)) < step
    down = np.sqrt(((lab[1:] - lab[:-1]) ** 2).sum(-1)) < step
    return across, down


def areas(across: Bools, down: Bools) -> Ints:
    """Number the areas whose pixels are joined to each other: every label is the index of a pixel in its area."""
    height, width = down.shape[0] + 1, across.shape[1] + 1
    starts = np.ones((height, width), bool)
    starts[:, 1:] = ~across
    runs = np.cumsum(starts.ravel()).reshape(height, width) - 1
    upper, lower = runs[:-1][down], runs[1:][down]
    pairs = np.unique(upper.astype(np.int64) * (runs.max() + 1) + lower)
    upper, lower = pairs // (runs.max() + 1), pairs % (runs.max() + 1)
    parent = np.arange(runs.max() + 1)
    while True:
        low = np.minimum(parent[upper], parent[lower])
        before = parent.copy()
        np.minimum.at(parent, parent[upper], low)
        np.minimum.at(parent, parent[lower], low)
        parent = parent[parent]
        if (parent == before).all():
            break
    parts: Ints = parent[runs].astype(np.int32)
    return parts


@dataclass(frozen=True, slots=True)
class Patch:
    """A connected area: its box in pixels (left, top, right, bottom; right and bottom outside) and its shape."""

    box: tuple[float, float, float, float]
    area: float
    shape: Floats
    """GRID by GRID shares of each cell of the box that the patch fills, flattened."""

    @property
    def width(self) -> float:
        return self.box[2] - self.box[0]

    @property
    def height(self) -> float:
        return self.box[3] - self.box[1]


def patch(mask: Bools, left: int = 0, top: int = 0) -> Patch:
    """The patch of a mask that fills its box."""
    height, width = mask.shape
    small = Image.fromarray(mask.astype(np.uint8) * 255).resize((GRID, GRID), Image.Resampling.BOX)
    shape = (np.asarray(small).ravel() / 255).astype(np.float32)
    return Patch((left, top, left + width, top + height), float(mask.sum()), shape)


def patches(labels: Ints, least: int, most: float = 0.6) -> list[Patch]:
    """The patches of at least `least` pixels and at most the share `most` of the picture."""
    numbers, first, counts = np.unique(labels, return_index=True, return_counts=True)
    del first
    kept = numbers[(counts >= least) & (counts <= most * labels.size)]
    index = np.full(labels.max() + 1, -1, np.int32)
    index[kept] = np.arange(len(kept))
    where = index[labels]
    ys, xs = np.nonzero(where >= 0)
    found = where[ys, xs]
    size = len(kept)
    left, right = np.full(size, labels.shape[1]), np.zeros(size, np.int64)
    top, bottom = np.full(size, labels.shape[0]), np.zeros(size, np.int64)
    np.minimum.at(left, found, xs)
    np.maximum.at(right, found, xs)
    np.minimum.at(top, found, ys)
    np.maximum.at(bottom, found, ys)
    return [
        patch(where[top[k] : bottom[k] + 1, left[k] : right[k] + 1] == k, int(left[k]), int(top[k]))
        for k in range(size)
    ]
