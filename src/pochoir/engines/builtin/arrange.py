"""Where things go: clusters of a count, columns by relation, order by left and right; sizes by kind. Pure geometry.

Units: a thing's own height before scaling; `place` turns them into pixels inside a box with a ground line.
"""
# ruff: noqa: E501 - tables and formulas read better in long lines

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

from pochoir.engines.builtin.archive import Piece
from pochoir.engines.builtin.nouns import FLYING, HEIGHT
from pochoir.engines.builtin.scene import Relation, Thing

SEAT = {
    "bowl-with-spoon": 0.42, "branch": 0.42, "hammock": 0.3, "open-box": 0.6, "basket": 0.58,
    "table": 0.98, "dining-table": 0.98, "sofa": 0.5, "armchair": 0.5, "chair": 0.5, "bed": 0.5, "bench": 0.46, "rug": 0.4, "skateboard": 0.75,
    "surfboard": 0.5, "blanket": 0.5, "yoga-mat": 0.6, "fork-and-knife-with-plate": 0.5, "horse": 0.72, "elephant": 0.85, "pillow": 0.6,
}  # fmt: skip
"""Share of a thing's height at which others sit on it; 0.96 for the rest."""
_OPEN = frozenset(
    [
        "vase",
        "mug",
        "basket",
        "bucket",
        "box",
        "package",
        "jar",
        "honey-pot",
        "tote-bag",
        "shopping-bags",
        "backpack",
        "paper-cup",
        "shopping-cart",
        "potted-plant",
        "bathtub",
        "bowl-with-spoon",
    ]
)

_RIM = {"basket": 0.58, "tote-bag": 0.6, "bucket": 0.8, "shopping-bags": 0.8}
"""Share of the height at which the opening is, for what has a handle above it."""


_RAISED = frozenset({"umbrella", "balloon", "kite", "closed-umbrella", "umbrella-with-rain-drops", "megaphone"})
"""Held up, not before the body."""


@dataclass(frozen=True, slots=True)
class Placed:
    """One drawing in pixels: `x` is its middle, `y` its foot."""

    thing: int
    piece: Piece
    x: float
    y: float
    height: float
    depth: float = 0.0
    """Painter's order: low first."""
    floats: bool = False
    flip: bool = False

    @property
    def width(self) -> float:
        return self.height * self.piece.aspect


@dataclass(slots=True)
class _Column:
    """Things that share a place: a base and what is on, under, above, behind or inside it."""

    items: list[Placed] = field(default_factory=list)

    @property
    def left(self) -> float:
        return min(i.x - i.width / 2 for i in self.items)

    @property
    def right(self) -> float:
        return max(i.x + i.width / 2 for i in self.items)

    @property
    def top(self) -> float:
        return max(i.y + i.height for i in self.items)


def natural(piece: str | None, grow: float) -> float:
    """A thing's height in a picture: real proportions, squeezed, so that a ring stays visible beside a house."""
    return float(HEIGHT.get(piece or "", 0.6) ** 0.5 * grow)


def _cluster(index: int, thing: Thing, piece: Piece, dense: bool = False) -> _Column:
    """A count of one thing: a row up to four, then rows behind each other, all of them countable.

    `dense`, beside many others: from three on in two rows, the second half hidden by the first.
    """
    n = thing.count
    size = natural(thing.piece, thing.grow) if thing.piece else 0.75
    floats = thing.piece in FLYING
    step = size * piece.aspect * 1.1
    wide = 7 if n <= 4 and not floats else 5
    rows = 1 if n <= 3 or (n <= 5 and n * piece.aspect <= wide) else max(2, round(math.sqrt(n * piece.aspect / 1.7)))
    dense = dense and 3 <= n <= 6 and not floats and piece.aspect > 0.6
    rows = 2 if dense else rows
    column = _Column()
    left = n
    for row in range(rows):
        here = math.ceil(left / (rows - row))
        left -= here
        lift = row * size * (1.08 if floats else 0.5 if dense else 0.96)
        for k in range(here):
            x = (k - (here - 1) / 2) * step
            wobble = size * 0.12 * ((k * 7 + row * 3) % 3 - 1) if floats and n > 1 else 0.0
            column.items.append(Placed(index, piece, x, lift + wobble, size, -row, floats, False))
    return column


def _order(count: int, relations: tuple[Relation, ...]) -> list[int]:
    """Mention order, changed where a left or right relation says otherwise."""
    order = list(range(count))
    for relation in relations:
        if relation.place in {"left", "right"}:
            first, second = (
                (relation.first, relation.second) if relation.place == "left" else (relation.second, relation.first)
            )
            if order.index(first) > order.index(second):
                order.remove(first)
                order.insert(order.index(second), first)
        elif relation.place == "between" and relation.second + 1 < count:
            order.remove(relation.first)
            order.insert(order.index(relation.second) + 1, relation.first)
    return order


def _held(base: _Column, guest: _Column) -> tuple[float, float, float, float]:
    """Scale, middle, lift and depth of what somebody holds: before the body, or raised."""
    tall, wide, guest_tall, guest_wide = base.top, base.right - base.left, guest.top, guest.right - guest.left
    held = guest.items[0].piece.name
    if held in _RAISED:
        scale = min(1.15, 0.78 * tall / guest_tall)
        return scale, (base.left + base.right) / 2 + wide * 0.3, tall * 0.46, -1.0 if held == "umbrella" else 1.0
    scale = min(1.0, 0.46 * tall / guest_tall, 0.8 * wide / guest_wide)
    return scale, base.right + guest_wide * scale * 0.08, tall * 0.3, 1.0


def _lying(base: _Column, guest: _Column, host: str | None, inside: bool) -> tuple[float, float, float]:
    """Scale, lift and depth of what lies on or in something."""
    tall, wide, guest_tall, guest_wide = base.top, base.right - base.left, guest.top, guest.right - guest.left
    scale = min(1.0, wide * 0.92 / guest_wide, 0.9 * max(tall, 0.6) / guest_tall if tall < guest_tall else 1.0)
    if inside and host == "open-box":
        return scale, tall * 0.5, -1.0
    if inside and host in _OPEN:
        return scale, tall * (0.55 if len(guest.items) == 1 else _RIM.get(host or "", 0.88)), -1.0
    return scale, tall * SEAT.get(host or "", 0.96), 1.0


def _attach(base: _Column, guest: _Column, relation: Relation, host: str | None) -> None:
    """Put the guest's items into the base's column."""
    middle = (base.left + base.right) / 2
    place = relation.place
    centre = (guest.left + guest.right) / 2
    target = middle
    scale, lift, depth, floats = 1.0, 0.0, 1.0, None
    tall, wide = base.top, base.right - base.left
    guest_wide, guest_tall = guest.right - guest.left, guest.top
    if place in {"on", "inside"}:
        scale, lift, depth = _lying(base, guest, host, place == "inside")
        floats = True
    elif place == "above":
        lift, floats = tall * 1.08 + 0.05, True
    elif place in {"under", "below"}:
        if host in {"table", "dining-table", "chair", "bench", "bed"} and place == "under":
            scale = min(1.0, 0.62 * tall / guest_tall, 0.6 * wide / guest_wide)
            depth = 1.0
        else:
            for k, item in enumerate(base.items):
                base.items[k] = replace(item, y=item.y + guest_tall * 1.1 + 0.05, floats=True)
    elif place == "holding":
        floats = True
        scale, target, lift, depth = _held(base, guest)
    elif place == "behind":
        target += wide * 0.42
        lift, depth = 0.12 * tall, -1.0
    elif place == "front":
        target -= wide * 0.2
        lift, depth = -0.12 * tall, 1.0
        scale = min(1.0, 0.75 * tall / guest_tall) if guest_tall > tall * 0.75 else 1.0
    for item in guest.items:
        base.items.append(
            replace(item, x=(item.x - centre) * scale + target, y=item.y * scale + lift, height=item.height * scale, depth=item.depth + depth,
                    floats=item.floats if floats is None else floats)
        )  # fmt: skip


def _join(first: _Column, second: _Column) -> None:
    """Set a second column's items to the right of the first's: both go to the same place."""
    shift = first.right - second.left + 0.08
    first.items.extend(replace(item, x=item.x + shift) for item in second.items)


def columns(things: tuple[Thing, ...], pieces: list[Piece], relations: tuple[Relation, ...]) -> list[_Column]:
    """Clusters, joined where one stands on, under, above, behind or inside another, from left to right."""
    dense = len(things) > 1 and sum(t.count for t in things) > 4
    made = [_cluster(k, thing, piece, dense) for k, (thing, piece) in enumerate(zip(things, pieces, strict=True))]
    home = list(range(len(made)))
    for relation in relations:
        if relation.place in {"left", "right", "next", "between"}:
            continue
        host, guest = home[relation.second], home[relation.first]
        if host == guest:
            continue
        beside = [r.first for r in relations if (r.second, r.place) == (relation.second, relation.place)]
        for other in beside[1:] if relation.first == beside[0] else []:
            if home[other] not in {guest, host}:
                _join(made[guest], made[home[other]])
                home = [guest if h == home[other] else h for h in home]
        _attach(made[host], made[guest], relation, things[relation.second].piece)
        home = [host if h == guest else h for h in home]
    tied = {i for r in relations for i in (r.first, r.second) if r.place not in {"left", "right", "next", "between"}}
    for k in range(len(made)):
        if k not in tied:
            _stagger(made[k])
    return [made[k] for k in _order(len(made), relations) if home[k] == k]


def _stagger(column: _Column) -> None:
    """A row of three or more on the ground gets depth: every other one stands a step back, and nearer to the next."""
    items = column.items
    if not 3 <= len(items) <= 5 or any(i.floats or i.y for i in items):
        return
    x, made = 0.0, []
    for k, item in enumerate(items):
        back = k % 2 == (1 if len(items) == 4 else 0)
        size = item.height * (0.88 if back else 1.0)
        half = size * item.piece.aspect / 2
        made.append(
            replace(item, x=x + half, y=item.height * 0.16 if back else 0.0, height=size, depth=-1.0 if back else 0.0)
        )
        x += 2 * half + item.width * 0.035
    column.items[:] = [replace(i, x=i.x - x / 2) for i in made]


def place(
    found: list[_Column],
    width: float,
    tall: float,
    middle: float,
    ground: float,
    *,
    gap: float = 0.14,
    fill: float = 1.0,
) -> list[Placed]:
    """Set columns side by side, as large as a box of `width` by `tall` allows, standing on `ground`; back to front."""
    total = sum(c.right - c.left for c in found) + gap * (len(found) - 1) * max(
        0.6, sum(c.top for c in found) / len(found)
    )
    top = max(c.top for c in found)
    rows = 1
    if total / top > 1.9 * width / tall and len(found) > (5 if width > tall else 1):
        rows = 2 if len(found) <= 12 else 3
    per = math.ceil(len(found) / rows)
    out: list[Placed] = []
    chunks = [found[k : k + per] for k in range(0, len(found), per)]
    scale = min(*(width / _length(chunk, gap) for chunk in chunks), tall / (sum(max(c.top for c in chunk) for chunk in chunks) * (0.92 if rows > 1 else 1))) * fill  # fmt: skip
    foot = ground
    for number, chunk in enumerate(reversed(chunks)):
        x = middle - _length(chunk, gap) * scale / 2
        space = gap * _mean(chunk) * scale
        for column in chunk:
            wide = (column.right - column.left) * scale
            for item in column.items:
                out.append(
                    replace(item, x=x + (item.x - column.left) * scale, y=foot - item.y * scale, height=item.height * scale,
                            depth=item.depth - 10 * number)
                )  # fmt: skip
            x += wide + space
        airy = all(i.floats for c in chunk for i in c.items)
        foot -= max(c.top for c in chunk) * scale * (0.94 if airy else 0.74)
    return sorted(out, key=lambda i: (i.depth, i.x))


def _mean(chunk: list[_Column]) -> float:
    return max(0.5, sum(c.top for c in chunk) / len(chunk))


def _length(chunk: list[_Column], gap: float) -> float:
    return sum(c.right - c.left for c in chunk) + gap * (len(chunk) - 1) * _mean(chunk)
