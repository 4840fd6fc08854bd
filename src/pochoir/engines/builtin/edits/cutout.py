"""Cutting out: plain and softly shaded backgrounds are known by the picture's border, flooded from it, and taken away.

The background is a surface spanned between the four borders (a Coons patch), so gradients, vignettes and a straight
horizon count as plain; what differs from it by colour is the subject. Edges get soft alpha, and their colour is freed
of the background's (the mixing equation C = aF + (1 - a)B, solved for a with F from inside and B from the surface).
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import Any, cast

from PIL import Image, ImageChops, ImageFilter

from pochoir.engines.builtin.edits.lab import bytes_of, distance, evaluate, to_lab
from pochoir.engines.builtin.edits.pictures import flat, transparent_share
from pochoir.engines.builtin.edits.regions import Region, painted, regions

Colour = tuple[int, int, int]

_ALIKE = 11.0
"""Delta E within which neighbours along the border, or two stretches of it, are one background."""
_LEAST_PLAIN = 0.72
"""Share of the border that must be background."""
_RAGGED = 25.0
"""Length of the outline, in roots of the area, from which on it is blotches of a texture rather than a thing: a disc has
3.5, a bottle 5, a spider's web 11, the outline of a bicycle 17."""
_ROUGH = 6.0
"""Mean step between neighbours along the border above which it is a texture, not plain."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A subject without its background: RGBA, cropped to it. `box` says where it was in the picture it came from."""

    image: Image.Image
    box: tuple[int, int, int, int]
    source: tuple[int, int]

    @property
    def aspect(self) -> float:
        return self.image.width / self.image.height


@dataclass(frozen=True, slots=True)
class Ground:
    """What is known of a background: the surface, how much of the border belongs to it, how rough that is."""

    surface: Image.Image
    share: float
    rough: float

    @property
    def plain(self) -> bool:
        return self.share >= _LEAST_PLAIN and self.rough <= _ROUGH


def cut_out(image: Image.Image) -> Cut | None:
    """The subject of a picture, or None when its background is not plain enough to be told from it."""
    if transparent_share(image) > 0.01:
        return _cropped(image, image.getchannel("A"))
    rgb = flat(image)
    found = _subject(rgb)
    if found is None:
        return None
    hard, ground = found
    return _softened(rgb, ground.surface, hard)


def ground_of(rgb: Image.Image) -> Ground:
    """The background as the border shows it."""
    width, height = rgb.size
    band = max(2, min(width, height) // 100)
    sides = [
        rgb.crop((0, 0, width, band)).resize((width, 1), Image.Resampling.BOX),
        rgb.crop((width - band, 0, width, height)).resize((1, height), Image.Resampling.BOX),
        rgb.crop((0, height - band, width, height)).resize((width, 1), Image.Resampling.BOX),
        rgb.crop((0, 0, band, height)).resize((1, height), Image.Resampling.BOX),
    ]
    ring, labs = list[Colour](), list[Colour]()
    for number, side in enumerate(sides):
        for into, shown in ((ring, side), (labs, to_lab(side))):
            pixels = _pixels(shown)
            into.extend(reversed(pixels) if number > 1 else pixels)
    kept, rough = _kept(labs)
    share = sum(kept) / len(kept)
    smooth = _filled(ring, kept)
    top, right = smooth[:width], smooth[width : width + height]
    bottom = smooth[width + height : 2 * width + height][::-1]
    left = smooth[2 * width + height :][::-1]
    return Ground(_patch(top, right, bottom, left, (width, height)), share, rough)


def _pixels(image: Image.Image) -> list[Colour]:
    data = image.tobytes()
    return [(data[k], data[k + 1], data[k + 2]) for k in range(0, len(data), 3)]


def _far(one: Colour, other: Colour) -> float:
    return float((((one[0] - other[0]) * 0.392) ** 2 + (one[1] - other[1]) ** 2 + (one[2] - other[2]) ** 2) ** 0.5)


def _kept(labs: list[Colour]) -> tuple[list[bool], float]:
    """Which samples of the border are background, and how rough those are.

    The border is parted where colours jump. The longest kind of part is background, and so is a kind that is found at
    both ends of a straight horizon; a short part between two that are alike is something that touches the border.
    """
    count = len(labs)
    breaks = [k for k in range(count) if _far(labs[k], labs[k - 3]) > _ALIKE]
    steps = [_far(labs[k], labs[k - 1]) for k in range(count)]
    if len(breaks) > count * 0.3:
        return [False] * count, statistics.fmean(steps)
    parts, marks = _parted(labs, breaks)
    good = _alike(labs, parts)
    kept = [p in good for p in parts]
    calm = [s for k, s in enumerate(steps) if kept[k] and k not in marks]
    return kept, statistics.fmean(calm) if calm else 99.0


def _parted(labs: list[Colour], breaks: list[int]) -> tuple[list[int], set[int]]:
    """The number of each sample's part, and where parts begin. The last part goes on in the first when they are alike."""
    parts, marks, number, last = list[int](), set(breaks), 0, -9
    for k in range(len(labs)):
        if k in marks:
            number += k - last > 4
            last = k
        parts.append(number)
    if number and _far(labs[0], labs[-1]) <= _ALIKE:
        parts = [0 if p == number else p for p in parts]
    return parts, marks


def _alike(labs: list[Colour], parts: list[int]) -> set[int]:
    """The parts that are background: the longest kind, and a second one that is long enough to be a floor."""
    means: dict[int, tuple[Colour, int]] = {}
    for name in dict.fromkeys(parts):
        own = [lab for lab, p in zip(labs, parts, strict=True) if p == name]
        middle = tuple(int(statistics.median(c[i] for c in own)) for i in range(3))
        means[name] = (cast("Colour", middle), len(own))
    groups: list[list[int]] = []
    for name in sorted(means, key=lambda n: -means[n][1]):
        for group in groups:
            if _far(means[group[0]][0], means[name][0]) <= _ALIKE * 1.3:
                group.append(name)
                break
        else:
            groups.append([name])
    good: set[int] = set()
    for place, group in enumerate(groups):
        share = sum(means[n][1] for n in group) / len(labs)
        if place == 0 or (share > 0.22 and len(groups) <= 4):
            good.update(group)
    return good


def _filled(ring: list[Colour], kept: list[bool]) -> list[Colour]:
    """The border with what touches it bridged from both sides, and noise smoothed."""
    count = len(ring)
    if all(kept) or not any(kept):
        values = list(ring)
    else:
        values = list(ring)
        start = next(k for k in range(count) if kept[k])
        k = start
        while k < start + count:
            if kept[k % count]:
                k += 1
                continue
            end = k
            while not kept[end % count]:
                end += 1
            before, after = ring[(k - 1) % count], ring[end % count]
            for j in range(k, end):
                t = (j - k + 1) / (end - k + 1)
                values[j % count] = cast(
                    "Colour", tuple(round(a + (b - a) * t) for a, b in zip(before, after, strict=True))
                )
            k = end
    row = Image.new("RGB", (count + 16, 1))
    row.putdata(values[-8:] + values + values[:8])
    return _pixels(row.filter(ImageFilter.MedianFilter(5)))[8 : count + 8]


def _patch(
    top: list[Colour], right: list[Colour], bottom: list[Colour], left: list[Colour], size: tuple[int, int]
) -> Image.Image:
    """The Coons patch between four borders: across plus down, less the plane through the corners."""
    width, height = size

    def line(values: list[Colour], shape: tuple[int, int]) -> Image.Image:
        image = Image.new("RGB", shape)
        image.putdata(values)
        return image.resize(size, Image.Resampling.NEAREST)

    to_right = Image.linear_gradient("L").rotate(90).resize(size, Image.Resampling.BILINEAR)
    to_bottom = Image.linear_gradient("L").resize(size, Image.Resampling.BILINEAR)
    across = Image.composite(line(right, (1, height)), line(left, (1, height)), to_right)
    down = Image.composite(line(bottom, (width, 1)), line(top, (width, 1)), to_bottom)
    corners = [Image.new("RGB", size, c) for c in (top[0], top[-1], bottom[0], bottom[-1])]
    plane = Image.composite(
        Image.composite(corners[3], corners[2], to_right), Image.composite(corners[1], corners[0], to_right), to_bottom
    )
    return ImageChops.add(across, ImageChops.subtract(down, plane, 1, 128), 1, -128)


def _subject(rgb: Image.Image) -> tuple[Image.Image, Ground] | None:
    """A hard mask of the subject and the background's surface."""
    ground = ground_of(rgb)
    if not ground.plain:
        return None
    calm = rgb.filter(ImageFilter.GaussianBlur(1)) if ground.rough > 1.2 else rgb
    lab, under = to_lab(calm), to_lab(ground.surface)
    far = distance(lab, under)
    threshold = round(4 * max(5.0, min(11.0, 2.2 * ground.rough + 3)))
    near = far.point(lambda v: 255 if v < threshold else 0)
    plain = _flooded(near, far)
    shaded = ImageChops.lighter(near, _shadows(lab, under))
    without = _flooded(shaded, far)
    left = [mask.histogram()[0] for mask in (plain, without)]
    background = without if left[1] > 0.6 * left[0] else plain
    subject = _solid(ImageChops.invert(background))
    total = rgb.width * rgb.height
    area = subject.histogram()[255]
    if not 0.003 * total < area < 0.93 * total:
        return None
    ragged = _outline(subject) / area**0.5
    if ragged > _RAGGED or (area > 0.6 * total and ragged > _RAGGED / 2):
        return None
    return subject, ground


def _outline(subject: Image.Image) -> int:
    """Pixels along the subject's edge."""
    return ImageChops.difference(subject, subject.filter(ImageFilter.MinFilter(3))).histogram()[255]


def _shadows(lab: Image.Image, under: Image.Image) -> Image.Image:
    """Where a pixel is the background in softly falling shade: darker, of the same colour, without an edge."""
    (l0, a0, b0), (l1, a1, b1) = lab.split(), under.split()
    calm = l0.filter(ImageFilter.GaussianBlur(max(lab.size) / 700))
    edge = ImageChops.subtract(calm.filter(ImageFilter.MaxFilter(3)), calm.filter(ImageFilter.MinFilter(3)))

    def formula(g: dict[str, Any]) -> Any:
        darker, dim = g["l1"] - g["l0"], g["l0"] / (g["l1"] + 1)
        a0, b0, a1, b1 = g["a0"] - 128, g["b0"] - 128, g["a1"] - 128, g["b1"] - 128
        tint = g["min"]((a0 - a1) ** 2 + (b0 - b1) ** 2, (a0 - a1 * dim) ** 2 + (b0 - b1 * dim) ** 2)
        return bytes_of(((tint < 30) * (darker > 0) * (darker < 150) * (g["edge"] < 5)) * 255, g)

    return evaluate(formula, l0=l0, l1=l1, a0=a0, a1=a1, b0=b0, b1=b1, edge=edge)


def _flooded(near: Image.Image, far: Image.Image) -> Image.Image:
    """What is background: all that hangs together with the border, and holes through which it shows.

    A hole is as large as half a percent of the subject, of the very background's colour, and empty: a white label with
    letters on it stays.
    """
    found = regions(near)
    outside = [r for r in found if r.border]
    total = near.width * near.height
    inside = [r for r in found if not r.border and r.area > total * 0.0012][:40]
    shown = painted(near.size, outside)
    subject = total - sum(r.area for r in outside)
    holes = [r for r in inside if r.area > subject * 0.005 and _see_through(r, near, far, subject)]
    return painted(near.size, [*outside, *holes]) if holes else shown


def _see_through(hole: Region, near: Image.Image, far: Image.Image, subject: int) -> bool:
    if hole.area > subject * 0.35:
        return False
    x0, y0, x1, y1 = hole.box
    own = painted(near.size, [hole]).crop((x0, y0, x1, y1))
    histogram = far.crop((x0, y0, x1, y1)).histogram(own)
    mean = sum(v * n for v, n in enumerate(histogram)) / max(1, hole.area)
    if mean > 8:
        return False
    framed = Image.new("L", (own.width + 2, own.height + 2), 255)
    framed.paste(ImageChops.invert(own), (1, 1))
    return not [r for r in regions(framed) if not r.border and r.area > hole.area * 0.004]


def _solid(subject: Image.Image) -> Image.Image:
    """Without specks: the areas that are worth keeping beside the largest one."""
    found = regions(subject)
    if not found:
        return subject
    least = max(found[0].area * 0.01, subject.width * subject.height * 0.0002)
    return painted(subject.size, [r for r in found if r.area >= least])


def _softened(whole: Image.Image, surface: Image.Image, hard: Image.Image) -> Cut | None:
    """Alpha and freed colours along the edge. Works inside the subject's box only."""
    box = hard.getbbox() or (0, 0, *hard.size)
    box = (max(0, box[0] - 3), max(0, box[1] - 3), min(whole.width, box[2] + 3), min(whole.height, box[3] + 3))
    rgb, surface, hard = whole.crop(box), surface.crop(box), hard.crop(box)
    inner = hard.filter(ImageFilter.MinFilter(5))
    outer = hard.filter(ImageFilter.MaxFilter(3))
    core = rgb.copy()
    core.putalpha(inner)
    spread = core.convert("RGBa").filter(ImageFilter.GaussianBlur(2.4)).convert("RGBA")
    full = spread.getchannel("A").point(lambda v: 255 if v > 10 else 0)
    front = Image.composite(spread.convert("RGB"), rgb, full)
    (r, g, b), (fr, fg, fb), (br, bg, bb) = rgb.split(), front.split(), surface.split()

    def formula(v: dict[str, Any]) -> Any:
        dr, dg, db = v["fr"] - v["br"], v["fg"] - v["bg"], v["fb"] - v["bb"]
        top = (v["r"] - v["br"]) * dr + (v["g"] - v["bg"]) * dg + (v["b"] - v["bb"]) * db
        return bytes_of(top * 255 / (dr * dr + dg * dg + db * db + 1), v)

    mixed = evaluate(formula, r=r, g=g, b=b, fr=fr, fg=fg, fb=fb, br=br, bg=bg, bb=bb)
    sure = evaluate(
        lambda v: bytes_of((v["fr"] - v["br"]) ** 2 + (v["fg"] - v["bg"]) ** 2 + (v["fb"] - v["bb"]) ** 2 - 300, v),
        fr=fr, fg=fg, fb=fb, br=br, bg=bg, bb=bb,
    )  # fmt: skip
    smooth = hard.filter(ImageFilter.GaussianBlur(0.8))
    band = Image.composite(mixed, smooth, ImageChops.darker(sure.point(lambda v: 255 if v > 40 else 0), full))
    alpha = ImageChops.lighter(ImageChops.darker(band, outer), inner)
    colour = Image.composite(rgb, front, inner)
    return _cropped(colour.convert("RGBA"), alpha, box[:2], whole.size)


def _cropped(
    image: Image.Image, alpha: Image.Image, at: tuple[int, int] = (0, 0), source: tuple[int, int] | None = None
) -> Cut | None:
    box = alpha.point(lambda v: 255 if v > 8 else 0).getbbox()
    if box is None or (box[2] - box[0]) * (box[3] - box[1]) < 16:
        return None
    shown = image.crop(box)
    shown.putalpha(alpha.crop(box))
    own = (box[0] + at[0], box[1] + at[1], box[2] + at[0], box[3] + at[1])
    return Cut(shown, own, source or image.size)
