"""Sketch, the built-in illustrator, as an engine: free, offline, repeatable. It draws in a process of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

from pochoir.domain.errors import InvalidValue
from pochoir.domain.images import GeneratedImage, ImageRequest, ImageResult, Size
from pochoir.domain.money import Usage
from pochoir.engines.base import Credentials, EngineInfo, PartialImage
from pochoir.engines.builtin.easel import Easel
from pochoir.engines.builtin.edits.ask import read
from pochoir.engines.builtin.edits.desk import EditJob
from pochoir.engines.builtin.encode import MIME
from pochoir.engines.builtin.illustrate import Job, seed_of

MODEL = "pochoir-sketch"
SNAPSHOT = "pochoir-sketch@2026-11-23"
MIN_EDGE, MAX_EDGE, MAX_IMAGES, MAX_REFERENCES = 64, 4096, 10, 16
DEFAULT_SIZE = Size(1024, 1024)


class Sketch:
    """Draws from words, and edits images, by rule. Seeds of the images of one request follow each other."""

    info = EngineInfo(id="builtin", title="Sketch, the built-in illustrator", paid=False, streams=True, timeout=120.0)

    def __init__(self) -> None:
        self._easel = Easel()

    async def generate(self, request: ImageRequest, credentials: Credentials) -> ImageResult:
        """Draw or edit `request.n` images. Raises InvalidValue for what the illustrator cannot do."""
        job = job_of(request)
        return _result(request, job, [await self._image(request, job, number) for number in range(request.n)])

    async def stream(
        self, request: ImageRequest, credentials: Credentials, partial_images: int
    ) -> AsyncIterator[PartialImage | ImageResult]:
        """The first image's stages: its background (when two are asked for), its things; then everything finished.

        An edit has stages when a new scene is made; else it comes whole.
        """
        job = job_of(request)
        stages = ("background", "things")[2 - min(max(partial_images, 0), 2) :] if _staged(request) else ()
        for index, stage in enumerate(stages):
            yield PartialImage(index, await self._image(request, replace(job, stage=stage), 0))
        yield _result(request, job, [await self._image(request, job, number) for number in range(request.n)])

    async def check(self, credentials: Credentials) -> str:
        """Draws a small picture."""
        await asyncio.to_thread(self._easel.draw, Job("a star", 64, 64, "low", False, "png", None, 1))
        return "The built-in illustrator is ready. It needs no key and no network."

    async def close(self) -> None:
        """End the drawing process."""
        await asyncio.to_thread(self._easel.close)

    async def _image(self, request: ImageRequest, job: Job, number: int) -> GeneratedImage:
        job = replace(job, seed=job.seed + number)
        whole: Job | EditJob = job
        if request.references:
            mask = request.mask.data if request.mask else None
            whole = EditJob(job, tuple(image.data for image in request.references), mask, number)
        data, said, size = await asyncio.to_thread(self._easel.draw, whole)
        return GeneratedImage(data, MIME[job.output_format], size, said, job.seed)


def job_of(request: ImageRequest) -> Job:
    """The request as a job for the first image. Raises InvalidValue with a sentence that says what can be done."""
    if request.mask is not None and not request.references:
        raise InvalidValue("A mask needs the image that it belongs to. Add the image.", param="mask")
    if len(request.references) > MAX_REFERENCES:
        raise InvalidValue(f"Sketch takes up to {MAX_REFERENCES} images in. Send fewer.", param="image")
    if request.background == "transparent" and request.output_format == "jpeg":
        raise InvalidValue("JPEG has no transparency. Ask for png, webp or svg.", param="background")
    size = request.size or DEFAULT_SIZE
    if (request.size or not request.references) and not all(
        MIN_EDGE <= edge <= MAX_EDGE for edge in (size.width, size.height)
    ):
        raise InvalidValue(
            f"Sketch draws {MIN_EDGE} to {MAX_EDGE} pixels a side, not {size}. Change the size.", param="size"
        )
    if not 1 <= request.n <= MAX_IMAGES:
        raise InvalidValue(f"Sketch draws 1 to {MAX_IMAGES} images a request, not {request.n}. Change n.", param="n")
    quality = request.quality or "medium"
    if quality not in {"low", "medium", "high"}:
        raise InvalidValue(f"Sketch knows the qualities low, medium and high, not '{quality}'.", param="quality")
    output_format = request.output_format or "png"
    if output_format not in MIME:
        raise InvalidValue(
            f"Sketch writes png, jpeg, webp and svg, not {output_format}. Change it.", param="output_format"
        )
    seed = seed_of(request.prompt, size.width, size.height) if request.seed is None else abs(request.seed) & 0x7FFFFFFF
    transparent = request.background == "transparent"
    width, height = (0, 0) if request.references and request.size is None else (size.width, size.height)
    return Job(request.prompt, width, height, quality, transparent, output_format, request.output_compression, seed)


def _staged(request: ImageRequest) -> bool:
    """Whether an image has stages that can be shown while it is made."""
    if not request.references:
        return True
    return request.mask is None and read(request.prompt, len(request.references)).base == "scene"


def _result(request: ImageRequest, job: Job, images: list[GeneratedImage]) -> ImageResult:
    return ImageResult(
        images=tuple(images),
        usage=Usage(images=len(images)),
        snapshot=SNAPSHOT,
        size=images[0].size,
        quality=job.quality,
        background=None if request.references else "transparent" if job.transparent else "opaque",
        output_format=request.output_format or "png",
    )


def create() -> Sketch:
    """The factory named in the registry. Starts nothing."""
    return Sketch()
