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
from pochoir.engines.builtin.encode import MIME
from pochoir.engines.builtin.illustrate import Job, seed_of

MODEL = "pochoir-sketch"
SNAPSHOT = "pochoir-sketch@2026-11-23"
MIN_EDGE, MAX_EDGE, MAX_IMAGES = 64, 4096, 10
DEFAULT_SIZE = Size(1024, 1024)


class Sketch:
    """Draws vector pictures from words by rule. Seeds of the images of one request follow each other."""

    info = EngineInfo(id="builtin", title="Sketch, the built-in illustrator", paid=False, streams=True, timeout=120.0)

    def __init__(self) -> None:
        self._easel = Easel()

    async def generate(self, request: ImageRequest, credentials: Credentials) -> ImageResult:
        """Draw `request.n` images. Raises InvalidValue for what the illustrator cannot do."""
        job = job_of(request)
        return _result(request, job, [await self._image(job, number) for number in range(request.n)])

    async def stream(
        self, request: ImageRequest, credentials: Credentials, partial_images: int
    ) -> AsyncIterator[PartialImage | ImageResult]:
        """The first image's stages: its background (when two are asked for), its things; then everything finished."""
        job = job_of(request)
        stages = ("background", "things")[2 - min(max(partial_images, 0), 2) :]
        for index, stage in enumerate(stages):
            yield PartialImage(index, await self._image(replace(job, stage=stage), 0))
        yield _result(request, job, [await self._image(job, number) for number in range(request.n)])

    async def check(self, credentials: Credentials) -> str:
        """Draws a small picture."""
        await self._image(Job("a star", 64, 64, "low", False, "png", None, 1), 0)
        return "The built-in illustrator is ready. It needs no key and no network."

    async def close(self) -> None:
        """End the drawing process."""
        await asyncio.to_thread(self._easel.close)

    async def _image(self, job: Job, number: int) -> GeneratedImage:
        job = replace(job, seed=job.seed + number)
        data, said = await asyncio.to_thread(self._easel.draw, job)
        return GeneratedImage(data, MIME[job.output_format], Size(job.width, job.height), said, job.seed)


def job_of(request: ImageRequest) -> Job:
    """The request as a job for the first image. Raises InvalidValue with a sentence that says what can be done."""
    if request.references or request.mask is not None:
        raise InvalidValue(
            "Sketch draws from words and takes no images in. Leave the image out, or choose a model that edits.",
            param="image",
        )
    if request.background == "transparent" and request.output_format == "jpeg":
        raise InvalidValue("JPEG has no transparency. Ask for png, webp or svg.", param="background")
    size = request.size or DEFAULT_SIZE
    if not all(MIN_EDGE <= edge <= MAX_EDGE for edge in (size.width, size.height)):
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
    return Job(
        request.prompt, size.width, size.height, quality, transparent, output_format, request.output_compression, seed
    )


def _result(request: ImageRequest, job: Job, images: list[GeneratedImage]) -> ImageResult:
    return ImageResult(
        images=tuple(images),
        usage=Usage(images=len(images)),
        snapshot=SNAPSHOT,
        size=Size(job.width, job.height),
        quality=job.quality,
        background="transparent" if job.transparent else "opaque",
        output_format=request.output_format or "png",
    )


def create() -> Sketch:
    """The factory named in the registry. Starts nothing."""
    return Sketch()
