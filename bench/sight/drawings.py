"""What a drawing looks like to an eye: its patches of colour, points inside them and points on either side of its edges."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench.sight.pixels import Bools, Floats, Ints, Patch, areas, patch, to_lab
from pochoir.engines.builtin import archive

EDGE = 192
"""Pixels of the longer side at which a drawing is studied."""
SAMPLES = 900
_SAME = 7.0
"""Colours nearer than this (CIE76) count as one."""


@dataclass(frozen=True, slots=True, eq=False)
class Drawing:
    """A known drawing. Positions are shares of its height, from the top left of its inked box."""

    name: str
    aspect: float
    inside: Floats
    """Points inside patches, away from edges: n by 2 (x, y)."""
    label: Ints
    """The colour's number at each point of `inside`, from 1."""
    tones: Floats
    """CIELAB of colour 1, 2 and so on."""
    pairs: Floats
    """Points on either side of an edge between two colours: n by 2 by 2."""
    sides: Ints
    """The colours' numbers of `pairs`: n by 2; 0 is outside."""
    rim: Bools
    """Which of `pairs` cross the outline: their second point is outside."""
    contrast: Floats
    """How far the two colours of each of `pairs` are apart in the drawing (CIE76); 100 across the outline."""
    parts: tuple[Patch, ...]
    """Its largest patches and its whole outline, in shares of its height."""


def _raster(name: str) -> tuple[Bools, Floats]:
    """The inked box of a drawing: where it is opaque, and CIELAB colours."""
    import resvg

    piece = archive.piece(name)
    x0, y0, x1, y1 = piece.box
    scale = EDGE / max(x1 - x0, y1 - y0)
    width, height = round((x1 - x0) * scale), round((y1 - y0) * scale)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="{width}" '
        f'height="{height}" viewBox="{x0} {y0} {x1 - x0} {y1 - y0}">{piece.body}</svg>'
    )
    tree = resvg.usvg.Tree.from_str(svg, resvg.usvg.Options.default())
    data = np.asarray(Image.open(io.BytesIO(resvg.render(tree, (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)))).convert("RGBA"))
    return data[..., 3] > 127, to_lab(data[..., :3])


def _labels(mask: Bools, lab: Floats) -> tuple[Ints, Floats]:
    """Number the drawing's colours: 0 outside, 1.. for each colour, -1 where an edge's blend lies; and their CIELAB."""
    tones: list[Floats] = []
    labels = np.where(mask, -1, 0).astype(np.int32)
    total, number = mask.sum(), 1
    while number <= 14:
        rest = labels == -1
        if rest.sum() < 0.01 * total:
            break
        keys = np.round(lab[rest] / 4).astype(np.int64) @ np.array([1, 1000, 1_000_000])
        found, inverse, counts = np.unique(keys, return_inverse=True, return_counts=True)
        del found
        centre = lab[rest][inverse == counts.argmax()].mean(0)
        near = rest & (((lab - centre) ** 2).sum(-1) < _SAME**2)
        if near.sum() < 0.004 * total:
            break
        labels[near] = number
        tones.append(centre)
        number += 1
    return labels, np.array(tones, np.float32).reshape(-1, 3)


def _settled(labels: Ints, reach: int) -> Bools:
    """Pixels whose neighbours as far as `reach` have the same label."""
    padded = np.pad(labels, reach)
    same = np.ones(labels.shape, bool)
    height, width = labels.shape
    for dy in (-reach, 0, reach):
        for dx in (-reach, 0, reach):
            same &= padded[reach + dy : reach + dy + height, reach + dx : reach + dx + width] == labels
    return same


def _edges(labels: Ints, chance: np.random.Generator) -> tuple[Floats, Ints]:
    """Pairs of points six pixels apart across an edge, both in settled places, and the colours there: 0 is outside."""
    reach = 3
    grown = np.pad(labels, reach + 2)
    height, width = grown.shape
    pairs, sides = [], []
    calm = _settled(grown, 1)
    for dx, dy in ((2 * reach, 0), (0, 2 * reach), (4, 4), (4, -4)):
        ys = slice(max(0, -dy), height - max(0, dy))
        xs = slice(0, width - dx)
        to_y = slice(max(0, dy), height - max(0, -dy))
        to_x = slice(dx, width)
        a, b = grown[ys, xs], grown[to_y, to_x]
        hit = (a != b) & (a >= 0) & (b >= 0) & calm[ys, xs] & calm[to_y, to_x]
        y, x = np.nonzero(hit)
        y = y + max(0, -dy)
        outer = a[hit] == 0
        first = np.stack([x + np.where(outer, dx, 0), y + np.where(outer, dy, 0)], -1)
        second = np.stack([x + np.where(outer, 0, dx), y + np.where(outer, 0, dy)], -1)
        pairs.append(np.stack([first, second], 1) - reach - 2 + 0.5)
        sides.append(np.stack([np.where(outer, b[hit], a[hit]), np.where(outer, 0, b[hit])], -1))
    every, side = np.concatenate(pairs).astype(np.float32), np.concatenate(sides)
    rim = side[:, 1] == 0
    pick = np.concatenate([_some(np.nonzero(rim)[0], 320, chance), _some(np.nonzero(~rim)[0], 320, chance)])
    return every[pick], side[pick]


def _some(items: NDArray[np.intp], most: int, chance: np.random.Generator) -> NDArray[np.intp]:
    return items if len(items) <= most else chance.choice(items, most, replace=False)


def _parts(labels: Ints) -> tuple[Patch, ...]:
    """The largest connected patches of one colour, and the whole outline."""
    height = labels.shape[0]
    across, down = labels[:, 1:] == labels[:, :-1], labels[1:] == labels[:-1]
    found = areas(across, down)
    numbers, counts = np.unique(found[labels > 0], return_counts=True)
    order = np.argsort(-counts)[:8]
    masks = [found == numbers[k] for k in order if counts[k] > 0.015 * (labels != 0).sum()]
    return tuple(_scaled(mask, height) for mask in [labels != 0, *masks])


def _scaled(mask: Bools, height: int) -> Patch:
    ys, xs = np.nonzero(mask)
    x0, y0, x1, y1 = int(xs.min()), int(ys.min()), int(xs.max()) + 1, int(ys.max()) + 1
    raw = patch(mask[y0:y1, x0:x1])
    return Patch((x0 / height, y0 / height, x1 / height, y1 / height), raw.area / height**2, raw.shape)


@cache
def drawing(name: str) -> Drawing:
    """Study one drawing of the archive. KeyError when there is none of that name."""
    mask, lab = _raster(name)
    labels, tones = _labels(mask, lab)
    height = labels.shape[0]
    chance = np.random.default_rng(len(name))
    calm = _settled(labels, 2) & (labels > 0)
    where = _some(np.flatnonzero(calm), SAMPLES, chance)
    ys, xs = np.divmod(where, labels.shape[1])
    inside = (np.stack([xs, ys], -1) + 0.5) / height
    pairs, sides = _edges(labels, chance)
    rim = sides[:, 1] == 0
    apart = np.sqrt(((tones[sides[:, 0] - 1] - tones[sides[:, 1] - 1]) ** 2).sum(-1))
    return Drawing(
        name, labels.shape[1] / height, inside.astype(np.float32), labels.ravel()[where].astype(np.int32), tones,
        pairs / height, sides, rim, np.where(rim, 100, apart).astype(np.float32), _parts(labels),
    )  # fmt: skip
