"""Connected areas of a black and white image, exactly and fast: runs of each row, joined where they touch. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from PIL import Image

_WHITE = re.compile(b"\xff+")
Run = tuple[int, int, int]
"""Row, first column, the column after the last."""


@dataclass(slots=True)
class Region:
    """One connected white area: its runs, and whether it touches the image's border."""

    runs: list[Run] = field(default_factory=list)
    area: int = 0
    border: bool = False

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, right, bottom; the last two are outside."""
        return (
            min(r[1] for r in self.runs), self.runs[0][0], max(r[2] for r in self.runs), max(r[0] for r in self.runs) + 1,
        )  # fmt: skip


def regions(image: Image.Image) -> list[Region]:
    """The areas of value 255 in an L image whose values are 0 and 255, largest first."""
    width, height = image.size
    data = image.tobytes()
    runs: list[Run] = []
    parent: list[int] = []
    above: list[int] = []
    for y in range(height):
        here: list[int] = []
        start = y * width
        at = 0
        for match in _WHITE.finditer(data, start, start + width):
            x0, x1 = match.start() - start, match.end() - start
            number = len(runs)
            runs.append((y, x0, x1))
            parent.append(number)
            here.append(number)
            while at < len(above) and runs[above[at]][2] <= x0:
                at += 1
            k = at
            while k < len(above) and runs[above[k]][1] < x1:
                _join(parent, number, above[k])
                k += 1
        above = here
    return _collected(runs, parent, width, height)


def _root(parent: list[int], number: int) -> int:
    while parent[number] != number:
        parent[number] = parent[parent[number]]
        number = parent[number]
    return number


def _join(parent: list[int], one: int, other: int) -> None:
    a, b = _root(parent, one), _root(parent, other)
    if a != b:
        parent[max(a, b)] = min(a, b)


def _collected(runs: list[Run], parent: list[int], width: int, height: int) -> list[Region]:
    found: dict[int, Region] = {}
    for number, run in enumerate(runs):
        region = found.setdefault(_root(parent, number), Region())
        region.runs.append(run)
        region.area += run[2] - run[1]
        region.border |= run[0] in {0, height - 1} or run[1] == 0 or run[2] == width
    return sorted(found.values(), key=lambda r: -r.area)


def painted(size: tuple[int, int], chosen: list[Region]) -> Image.Image:
    """An L image with the areas at 255 on 0."""
    width, height = size
    data = bytearray(width * height)
    for region in chosen:
        for y, x0, x1 in region.runs:
            data[y * width + x0 : y * width + x1] = b"\xff" * (x1 - x0)
    return Image.frombytes("L", size, bytes(data))
