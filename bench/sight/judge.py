"""Whether a picture fulfils a line of GenEval's metadata, from its pixels alone, by the rules of GenEval's evaluation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.sight import look, terms
from bench.sight.classes import APART, drawings_of
from bench.sight.drawings import Drawing, drawing
from bench.sight.look import Picture, Seen
from bench.sight.pixels import to_lab

POSITION_THRESHOLD = 0.1
"""GenEval's margin, as a share of both things' sizes (Ghosh and others, 2023)."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether it holds, and the first thing that does not."""

    holds: bool
    why: str = ""


class Judge:
    """Judges one picture; remembers what it has looked for."""

    def __init__(self, picture: Picture) -> None:
        self.picture = picture
        self._found: dict[str, list[Seen]] = {}

    def find(self, name: str) -> list[Seen]:
        """Every thing of a class in the picture, the surest first."""
        if name not in self._found:
            seen = [s for known in drawings_of(name) for s in look.look(self.picture, drawing(known))]
            self._found[name] = look.apart(seen)
        return self._found[name]

    def colour(self, seen: Seen) -> str:
        """The basic term that names most of what is seen of a thing."""
        pose = np.array([[seen.x, seen.y, seen.height, seen.flip]], np.float32)
        fits = look.explained(self.picture, seen.drawing, pose)[0] & ~_apart(seen.drawing)
        return terms.dominant(look.colours(self.picture, seen.drawing, pose)[0][fits])

    def judge(self, line: Mapping[str, Any]) -> Verdict:
        """Judge a line: `include` with class, count, colour and position; `exclude` with class and count."""
        chosen: list[list[Seen]] = []
        for wanted in line["include"]:
            name, count = wanted["class"], int(wanted["count"])
            found = self.find(name)
            if wanted.get("color"):
                colours = [self.colour(s) for s in found]
                found = [s for s, c in zip(found, colours, strict=True) if c == wanted["color"]]
                if len(found) < count:
                    return Verdict(False, f"{name}: {len(found)} of {count} {wanted['color']}, seen {colours}")
            if len(found) < count:
                return Verdict(False, f"{name}: {len(found)} of {count}")
            chosen.append(found[:count])
            if wanted.get("position"):
                place, other = wanted["position"]
                for seen in chosen[-1]:
                    if not all(place in places(seen.box, target.box) for target in chosen[other]):
                        return Verdict(False, f"{name}: not {place}")
        for limit in line.get("exclude", ()):
            found = self.find(limit["class"])
            if len(found) >= int(limit["count"]):
                return Verdict(False, f"{limit['class']}: {len(found)}, more than asked")
        return Verdict(True)


@cache
def _apart(known: Drawing) -> NDArray[np.bool_]:
    """At which points of a drawing it shows something beside the thing."""
    words = APART.get(known.name, ())
    colours = to_lab(
        np.array([[[int(w[k : k + 2], 16) for k in (1, 3, 5)] for w in words]], np.uint8).reshape(-1, 1, 3)
    )
    near = ((known.tones[:, None] - colours[:, 0][None]) ** 2).sum(-1) < 7**2
    apart: NDArray[np.bool_] = near.any(1)[known.label - 1]
    return apart


def places(a: Sequence[float], b: Sequence[float]) -> set[str]:
    """Where box `a` lies beside box `b`: GenEval's relative_position."""
    first, second = np.array(a, float).reshape(2, 2), np.array(b, float).reshape(2, 2)
    offset = first.mean(0) - second.mean(0)
    sizes = np.abs(first[1] - first[0]) + np.abs(second[1] - second[0])
    beyond = np.maximum(np.abs(offset) - POSITION_THRESHOLD * sizes, 0) * np.sign(offset)
    if (np.abs(beyond) < 1e-3).all():
        return set()
    dx, dy = beyond / np.linalg.norm(offset)
    said = {"left of": dx < -0.5, "right of": dx > 0.5, "above": dy < -0.5, "below": dy > 0.5}
    return {place for place, holds in said.items() if holds}
