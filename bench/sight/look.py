"""Look for a known drawing in a picture: guess poses from patches of like shape, then test each pose point by point.

A pose is right when every colour of the drawing is one colour of the picture (whichever: drawings get recoloured), and
when the picture changes where the drawing has edges. Both leave room for a sixth that something else hides.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bench.sight.drawings import Drawing
from bench.sight.pixels import Bools, Floats, Patch, areas, joined, patches, to_lab

_FLAT = (2.2, 1.1)
"""A patch's neighbouring pixels differ by less than this (CIE76); the finer is for pale on pale."""
_NEAR = 9.0
"""Pixels of one colour of a drawing lie within this of their median."""
_STEP = 2.3
"""An edge can be seen when the two sides differ by this: a just noticeable difference (CIE76)."""
_STRONG = 30.0
"""Contrasts of a drawing from which on an edge counts in full: of a highlight on white, say, little remains."""
LEAST = 0.75
"""The score from which a pose is taken for the thing."""


class Picture:
    """A picture's pixels, and the patches in them."""

    def __init__(self, rgb: NDArray[np.uint8]) -> None:
        self.rgb = rgb
        self.lab = to_lab(rgb)
        self.height, self.width = rgb.shape[:2]

    @cached_property
    def patches(self) -> list[Patch]:
        """Flat patches, and the outlines of what stands before areas that touch the picture's edge."""
        fine = patches(areas(*joined(self.lab, _FLAT[1])), 60)
        flat = areas(*joined(self.lab, _FLAT[0]))
        found = patches(flat, 24)
        known = {p.box for p in found}
        found += [p for p in fine if p.box not in known]
        edge = np.concatenate([flat[0], flat[-1], flat[:, 0], flat[:, -1]])
        numbers, counts = np.unique(edge, return_counts=True)
        behind = np.isin(flat, numbers[counts > 0.06 * len(edge)])
        found += patches(_split(~behind), 60, 0.9)
        return found

    @cached_property
    def shapes(self) -> Floats:
        return np.stack([p.shape for p in self.patches]) if self.patches else np.zeros((0, 1), np.float32)


def _split(mask: Bools) -> NDArray[np.int32]:
    """The connected areas of a mask; what is outside is an area of its own and left to the size limit."""
    return areas(mask[:, 1:] & mask[:, :-1], mask[1:] & mask[:-1])


@dataclass(frozen=True, slots=True)
class Seen:
    """A drawing found in a picture: top left and height in pixels, and how sure (0..1)."""

    drawing: Drawing
    x: float
    y: float
    height: float
    flip: bool
    score: float

    @property
    def box(self) -> tuple[float, float, float, float]:
        return self.x, self.y, self.x + self.height * self.drawing.aspect, self.y + self.height


def look(picture: Picture, drawing: Drawing, least: float = LEAST) -> list[Seen]:
    """Every place where the drawing stands, the surest first; no two of them overlap by much."""
    poses = _guesses(picture, drawing)
    if len(poses) == 0:
        return []
    scores = _scores(picture, drawing, poses)
    order = np.argsort(-scores)
    found: list[Seen] = []
    tried = 0
    for k in order:
        if scores[k] < 0.25 or tried >= 14:
            break
        if any(_same(poses[k], drawing.aspect, seen, 0.75) for seen in found):
            continue
        tried += 1
        pose, score = _settle(picture, drawing, poses[k], float(scores[k]))
        if score >= least:
            found.append(Seen(drawing, float(pose[0]), float(pose[1]), float(pose[2]), bool(pose[3]), score))
    return apart(found)


def apart(found: list[Seen]) -> list[Seen]:
    """Of what overlaps, the surest."""
    kept: list[Seen] = []
    for seen in sorted(found, key=lambda s: -s.score):
        if all(overlap(seen.box, other.box) < 0.4 for other in kept):
            kept.append(seen)
    return kept


def overlap(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> float:
    """Intersection over union of two boxes."""
    wide = min(a[2], b[2]) - max(a[0], b[0])
    tall = min(a[3], b[3]) - max(a[1], b[1])
    if wide <= 0 or tall <= 0:
        return 0.0
    both = wide * tall
    return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both)


def _same(pose: Floats, aspect: float, seen: Seen, share: float) -> bool:
    return overlap((pose[0], pose[1], pose[0] + pose[2] * aspect, pose[1] + pose[2]), seen.box) > share


def _guesses(picture: Picture, drawing: Drawing) -> Floats:
    """Poses (x, y, height, flip) at which some patch of the picture is some patch of the drawing."""
    poses: list[tuple[float, float, float, float]] = []
    found = picture.patches
    if not found:
        return np.zeros((0, 4), np.float32)
    sizes = np.array([(p.width, p.height, p.area) for p in found], np.float32)
    for part in drawing.parts:
        ratio = np.log(sizes[:, 0] / sizes[:, 1]) - np.log(part.width / part.height)
        fill = sizes[:, 2] / (sizes[:, 0] * sizes[:, 1]) / (part.area / (part.width * part.height))
        near = (np.abs(ratio) < 0.3) & (fill > 0.72) & (fill < 1.38)
        for flip in (0.0, 1.0):
            shape = part.shape.reshape(24, 24)[:, ::-1].ravel() if flip else part.shape
            alike = np.minimum(picture.shapes, shape).sum(1) / np.maximum(picture.shapes, shape).sum(1)
            for k in np.nonzero(near & (alike > 0.66))[0]:
                scale = float(np.sqrt(sizes[k, 0] * sizes[k, 1] / (part.width * part.height)))
                left = drawing.aspect - part.box[2] if flip else part.box[0]
                x = (found[k].box[0] + found[k].box[2]) / 2 - (left + part.width / 2) * scale
                y = (found[k].box[1] + found[k].box[3]) / 2 - (part.box[1] + part.height / 2) * scale
                if max(scale, scale * drawing.aspect) >= 16 and scale <= 1.1 * picture.height:
                    poses.append((x, y, scale, flip))
    return np.array(poses, np.float32).reshape(-1, 4)


def _gather(picture: Picture, drawing: Drawing, points: Floats, poses: Floats) -> tuple[Floats, Bools]:
    """The picture's colours at a drawing's points for each pose, and which points fall into the picture."""
    x = np.where(poses[:, 3:4] > 0.5, drawing.aspect - points[:, 0], points[:, 0]) * poses[:, 2:3] + poses[:, 0:1]
    y = points[:, 1] * poses[:, 2:3] + poses[:, 1:2]
    column, row = np.floor(x).astype(np.int32), np.floor(y).astype(np.int32)
    within = (column >= 0) & (row >= 0) & (column < picture.width) & (row < picture.height)
    return picture.lab[row.clip(0, picture.height - 1), column.clip(0, picture.width - 1)], within


def colours(picture: Picture, drawing: Drawing, poses: Floats) -> Floats:
    """The picture's CIELAB colours at the points of `drawing.inside`, for each pose."""
    return _gather(picture, drawing, drawing.inside, poses)[0]


def explained(picture: Picture, drawing: Drawing, poses: Floats) -> Bools:
    """For each pose, where in `drawing.inside` the picture shows the one colour that the drawing's became."""
    colours, within = _gather(picture, drawing, drawing.inside, poses)
    fits = np.zeros(within.shape, bool)
    for number in np.unique(drawing.label):
        mine = drawing.label == number
        here = colours[:, mine]
        middle = np.median(here, axis=1, keepdims=True)
        fits[:, mine] = np.sqrt(((here - middle) ** 2).sum(-1)) < _NEAR
    return fits & within


def _scores(picture: Picture, drawing: Drawing, poses: Floats) -> Floats:
    """How well each pose is borne out, 0..1: the worse of flatness inside and contrast at the edges."""
    inside = explained(picture, drawing, poses).mean(1)
    flat = drawing.pairs.reshape(-1, 2)
    colours, _ = _gather(picture, drawing, flat, poses)
    sides = colours.reshape(len(poses), -1, 2, 3)
    seen = np.sqrt(((sides[:, :, 0] - sides[:, :, 1]) ** 2).sum(-1)) > _STEP
    rim: Floats = seen[:, drawing.rim].mean(1)
    weight = (drawing.contrast / _STRONG).clip(0, 1) * ~drawing.rim
    inner = seen @ weight / weight.sum() if weight.sum() >= 8 else np.ones(len(poses))
    score: Floats = np.minimum(inside, np.minimum(rim, 0.35 + 0.65 * inner)) * _present(drawing, seen)
    return score.astype(np.float32)


def _present(drawing: Drawing, seen: Bools) -> Floats:
    """1 when all colours that meet in the drawing can be told apart; 0.78 when a strong pair cannot; at least 0.55."""
    shares, strong = [], []
    lower, upper = drawing.sides.min(1), drawing.sides.max(1)
    for meeting in np.unique(lower * 100 + upper):
        mine = lower * 100 + upper == meeting
        if mine.sum() >= 24:
            shares.append(np.minimum(seen[:, mine].mean(1) / 0.6, 1))
            strong += [shares[-1]] if drawing.contrast[mine][0] > _STRONG else []
    if not strong:
        return np.ones(len(seen), np.float32)
    most = ((np.mean(shares, axis=0) - 0.5) / 0.3).clip(0, 1)
    score: Floats = (0.55 + 0.225 * np.min(strong, axis=0) + 0.225 * most).astype(np.float32)
    return score


def _settle(picture: Picture, drawing: Drawing, pose: Floats, score: float) -> tuple[Floats, float]:
    """Climb to the best pose nearby."""
    moves = np.array([(dx, dy, ds) for dx in (-1, 0, 1) for dy in (-1, 0, 1) for ds in (-1, 0, 1)], np.float32)
    for step in (0.02, 0.008):
        for _ in range(5):
            tries = np.repeat(pose[None], len(moves), 0)
            tries[:, 2] *= 1 + moves[:, 2] * step
            lost = (pose[2] - tries[:, 2]) / 2
            tries[:, 0] += moves[:, 0] * step * pose[2] + lost * drawing.aspect
            tries[:, 1] += moves[:, 1] * step * pose[2] + lost
            found = _scores(picture, drawing, tries)
            best = int(found.argmax())
            if found[best] <= score:
                break
            pose, score = tries[best], float(found[best])
    return pose, score
