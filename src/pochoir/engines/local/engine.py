"""The engine: requests to jobs for the model's process, what it gives to results. Free; one image after another."""

from __future__ import annotations

import io
import math
import random
from collections.abc import AsyncIterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from PIL import Image

from pochoir.domain.errors import EngineNotReady, InvalidValue
from pochoir.domain.images import GeneratedImage, ImageRequest, ImageResult, Size
from pochoir.domain.money import Usage
from pochoir.engines.base import Credentials, EngineInfo, PartialImage
from pochoir.engines.local.bench import Done, Stage, Workbench
from pochoir.engines.local.recipes import RECIPES, STRENGTH, Recipe
from pochoir.engines.local.store import Kept, kept
from pochoir.engines.outcome import differences
from pochoir.infra.extras import install

STEPS, GUIDANCE = "num_inference_steps", "guidance_scale"
"""The options of the cards."""
MOST_STEPS, MOST_GUIDANCE = 100, 20
INSTALL = install("diffusers")
INFO = EngineInfo(id="diffusers", title="Models on this machine", paid=False, streams=True, timeout=3_600.0)


class DiffusersEngine:
    """`folder` holds a folder for each model that was downloaded; `gigabytes` bounds the process's memory."""

    info = INFO

    def __init__(self, folder: Path, gigabytes: float = 0.0) -> None:
        self._folder = folder
        self._bench = Workbench(gigabytes)

    def offers(self, model: str) -> bool:
        """Whether there is a recipe for the model."""
        return model in RECIPES

    def missing(self, model: str) -> str:
        """Why a model cannot run here yet, with what to do; empty when it can."""
        if self.offers(model) and not installed():
            return f"To run {model} on this machine, run: {INSTALL}, then: pochoir download {model}."
        if not self.offers(model):
            return f"There is no recipe here for {model}. Run it on a server of your own, or choose another model."
        if kept(self._folder, model) is None:
            return f"{model} is not on this machine yet. Run: pochoir download {model}."
        return ""

    async def generate(self, request: ImageRequest, credentials: Credentials) -> ImageResult:
        """`request.n` images, one after another. Raises EngineNotReady with the command that downloads the model."""
        async for item in self.stream(request, credentials, 0):
            if isinstance(item, ImageResult):
                return item
        raise AssertionError("a stream ends with its result")

    async def stream(
        self, request: ImageRequest, credentials: Credentials, partial_images: int
    ) -> AsyncIterator[PartialImage | ImageResult]:
        """Stages of the first image, decoded from where the model stands, for models that can show them."""
        recipe, where = self._recipe(request)
        seed = request.seed if request.seed is not None else random.SystemRandom().randrange(2**31)
        images = []
        for number in range(request.n):
            job, body = job_of(request, recipe, where, seed + number, partial_images if number == 0 else 0)
            async for item in self._bench.work(job, body):
                if isinstance(item, Stage):
                    yield PartialImage(item.index, _image(item.png, "png", None, None))
                elif isinstance(item, Done):
                    kind, quality = request.output_format or "png", request.output_compression
                    images.append(_image(item.png, kind, quality, seed + number))
        yield ImageResult(
            images=tuple(images),
            usage=Usage(images=len(images), references=len(request.references)),
            snapshot=f"{request.model}@{where.revision[:12]}",
            size=images[0].size,
            quality=request.quality,
            output_format=request.output_format or "png",
            notes=(*differences(request, images, INFO.title), *_left_out(request, recipe)),
        )

    def _recipe(self, request: ImageRequest) -> tuple[Recipe, Kept]:
        if why := self.missing(request.model):
            raise EngineNotReady(why, code="not_installed")
        recipe, where = RECIPES[request.model], kept(self._folder, request.model)
        assert where is not None
        if request.mask is not None and not recipe.mask:
            raise InvalidValue(f"{request.model} takes no mask. Leave it out.", param="mask")
        if recipe.images == "start" and len(request.references) > 1:
            raise InvalidValue(f"{request.model} starts from one image. Send one.", param="image")
        return recipe, where

    async def check(self, credentials: Credentials) -> str:
        there = [name for name in RECIPES if kept(self._folder, name) is not None]
        if not installed():
            raise EngineNotReady(f"diffusers is not installed. Run: {INSTALL}", code="not_installed")
        names = f" On this machine: {', '.join(there)}." if there else " Run: pochoir download z-image-turbo."
        return f"diffusers is installed.{names}"

    async def close(self) -> None:
        await self._bench.close()


def create(folder: Path = Path("data/models"), gigabytes: float = 0.0) -> DiffusersEngine:
    """Made without torch, which only the model's process imports."""
    return DiffusersEngine(folder, gigabytes)


def installed() -> bool:
    """Whether the extra is there."""
    return all(find_spec(package) is not None for package in ("torch", "diffusers", "transformers"))


def job_of(
    request: ImageRequest, recipe: Recipe, where: Kept, seed: int, partials: int
) -> tuple[dict[str, Any], list[bytes]]:
    """The job's head and the bytes of its images. Pure. Raises InvalidValue for steps or guidance out of bounds."""
    body = [image.data for image in request.references]
    if request.mask is not None:
        body.append(request.mask.data)
    size = request.size
    steps = _number(request, STEPS, 1, MOST_STEPS, whole=True)
    head = {
        "folder": str(where.folder), "revision": where.revision, "prompt": request.prompt,
        "steps": recipe.steps if steps is None else int(steps), "guidance": _guidance(request, recipe),
        "images": recipe.images, "strength": STRENGTH, "seed": seed & 0x7FFFFFFF,
        "width": size.width if size else 0, "height": size.height if size else 0,
        "partials": partials, "masked": request.mask is not None, "parts": [len(part) for part in body],
    }  # fmt: skip
    return head, body


def _guidance(request: ImageRequest, recipe: Recipe) -> dict[str, float | str]:
    """What leads the picture, as the pipeline calls it."""
    asked = _number(request, GUIDANCE, 0, MOST_GUIDANCE)
    told: dict[str, float | str] = dict(recipe.guidance)
    if asked is not None and recipe.guided:
        told |= dict.fromkeys(recipe.guidance, asked)
    return told if recipe.negative is None else told | {"negative_prompt": recipe.negative}


def _left_out(request: ImageRequest, recipe: Recipe) -> tuple[str, ...]:
    if recipe.guided or request.options.get(GUIDANCE) is None:
        return ()
    return (f"The guidance of {request.model} is built in; {GUIDANCE} was left out.",)


def _number(request: ImageRequest, name: str, least: int, most: int, *, whole: bool = False) -> float | None:
    """An option as a number; forms send it as text. Raises InvalidValue."""
    given = request.options.get(name)
    if given is None:
        return None
    try:
        number = math.nan if isinstance(given, bool) else float(given)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not least <= number <= most or (whole and not number.is_integer()):
        kind = "whole number" if whole else "number"
        raise InvalidValue(
            f"{name} is a {kind} from {least} to {most} on this machine, not {str(given)[:40]!r}. Change it, or leave it "
            "out.",
            param=name,
        )
    return number


def _image(png: bytes, kind: str, compression: int | None, seed: int | None) -> GeneratedImage:
    with Image.open(io.BytesIO(png)) as image:
        size = Size(*image.size)
        if kind == "png":
            return GeneratedImage(png, "image/png", size, seed=seed)
        out = io.BytesIO()
        image.convert("RGB").save(out, kind.upper(), quality=92 if compression is None else max(1, compression))
    return GeneratedImage(out.getvalue(), f"image/{kind}", size, seed=seed)
