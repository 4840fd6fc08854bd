"""One edited picture from one job: open, understand, work in a fixed order, keep the mask, encode. Pure; runs in the
drawing process.

The order is always the same: what the picture becomes (its subject alone, a new scene, a board), then colours, then
things that are added, then treatments; the mask lets through what it may; then shape, logo, texts and frame.
"""

from __future__ import annotations

import base64
import io
from dataclasses import replace

from PIL import Image

from pochoir.domain.errors import BeyondModel
from pochoir.engines.builtin.edits import masks, said, work
from pochoir.engines.builtin.edits.ask import read
from pochoir.engines.builtin.edits.asked import Asked
from pochoir.engines.builtin.edits.desk import Desk, EditJob
from pochoir.engines.builtin.edits.pictures import Opened, flat, opened
from pochoir.engines.builtin.edits.scenery import credit_of
from pochoir.engines.builtin.encode import encode

MAX_EDGE, MIN_EDGE = 4096, 64


def edit(job: EditJob) -> tuple[bytes, str, tuple[int, int]]:
    """The picture's bytes, the sentences that say what was done and what was not, and the size in pixels.

    Raises BeyondModel when all that is asked is to repaint what a photo shows, InvalidImage for what cannot be decoded.
    """
    masked = job.mask is not None
    asked = read(job.job.prompt, len(job.images), masked=masked)
    if job.job.transparent and asked.base == "keep" and not masked:
        asked = asked.cut_out()
    asked = asked.within_mask() if masked else asked
    asked = _possible(asked, job)
    inputs = tuple(opened(data, exact=masked and number == 0) for number, data in enumerate(job.images))
    desk = _desk(asked, job, inputs, _area(job, inputs[0]))
    _work(desk)
    return _packed(desk, job)


def _possible(asked: Asked, job: EditJob) -> Asked:
    """What is done in the end. Words that say nothing get a sensible picture; what asks to repaint a photo is refused."""
    if asked.anything or (not asked.refused and job.job.width > 0 and not job.job.prompt.strip()):
        return asked
    if asked.refused:
        raise BeyondModel(
            f"Sketch does not repaint what a photo shows: “{asked.refused[0]}”. {said.CAN}", param="prompt"
        )
    return replace(asked, guessed=True, erase="it") if job.mask else replace(asked, guessed=True, base="scene")


def _area(job: EditJob, first: Opened) -> Image.Image | None:
    """Where the first image may change; a mask of its size, upright as it is."""
    if job.mask is None:
        return None
    mask = opened(job.mask, exact=True).image
    if mask.size != first.size and mask.size == first.size[::-1]:
        mask = mask.transpose(Image.Transpose.ROTATE_270)
    if mask.size != first.size:
        mask = mask.resize(first.size, Image.Resampling.NEAREST)
    return masks.editable(mask)


def _desk(asked: Asked, job: EditJob, inputs: tuple[Opened, ...], area: Image.Image | None) -> Desk:
    first = inputs[0].image
    wanted = (job.job.width, job.job.height) if job.job.width else None
    size = wanted or said.size_of(asked, inputs[0].size, masked=area is not None)
    scale = min(1.0, MAX_EDGE / max(size)) * max(1.0, MIN_EDGE / min(size))
    size = (min(MAX_EDGE, round(size[0] * scale)), min(MAX_EDGE, round(size[1] * scale))) if scale != 1 else size
    return Desk(asked, job.job, inputs, area, size, job.job.seed, job.variant, first)


def _work(desk: Desk) -> None:
    """Everything, in order."""
    before = desk.picture
    work.printed(desk)
    if desk.area is not None:
        work.inside(desk, desk.area)
    elif desk.asked.base != "keep":
        work.BASES[desk.asked.base](desk)
    if desk.job.stage != "all":
        return
    work.swapped(desk)
    work.added_to(desk)
    work.treated(desk)
    if desk.area is not None:
        if desk.asked.captions:
            work.captioned(desk, masks.box_of(desk.area))
        desk.picture = masks.laid_over(before, desk.picture, desk.area)
    work.shaped(desk)
    work.finished(desk)


def _packed(desk: Desk, job: EditJob) -> tuple[bytes, str, tuple[int, int]]:
    """The result in the size and format asked for."""
    picture = desk.picture
    if picture.getchannel("A").getextrema()[0] == 255 or job.job.output_format == "jpeg":
        picture = flat(picture)
    return _encoded(picture, desk, job, credit_of(desk.sources)), said.sentences(desk.asked, desk.notes), picture.size


def _encoded(picture: Image.Image, desk: Desk, job: EditJob, credit: str) -> bytes:
    """PNG, JPEG, WebP (without loss unless a quality was asked for), or an SVG around the pixels."""
    profile, output_format = desk.inputs[0].profile, job.job.output_format
    credit = f"Made with Pochoir Sketch. {credit}".strip()
    packed = io.BytesIO()
    if output_format == "webp" and (job.mask or job.job.compression in {None, 100}):
        picture.save(packed, "WEBP", lossless=True, exact=True, method=1, quality=40, icc_profile=profile)
        return packed.getvalue()
    picture = picture if output_format in {"png", "svg"} else picture.convert("RGBA")
    picture.save(packed, "PNG", compress_level=3, icc_profile=profile)
    if output_format != "svg":
        return encode(packed.getvalue(), output_format, job.job.compression, credit)
    data = base64.b64encode(packed.getvalue()).decode()
    w, h = picture.size
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{w}" height="{h}" viewBox="0 0 {w} {h}">'
        f'<metadata>{credit}</metadata><image width="{w}" height="{h}" href="data:image/png;base64,{data}"/></svg>'
    ).encode()
