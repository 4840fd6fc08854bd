"""Models on this machine: which revision made an image, and what of a request reaches the pipeline."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from pochoir.domain.errors import EngineError
from pochoir.domain.images import ImageRequest, ImageResult, Size
from pochoir.engines.base import Credentials
from pochoir.engines.local.engine import DiffusersEngine, create, job_of
from pochoir.engines.local.recipes import RECIPES
from pochoir.engines.local.store import kept
from unit.local_stand_in import bring, install

MODEL = "z-image-turbo"
NOBODY = Credentials()
RED, BLUE = (255, 0, 0), (0, 0, 255)


@pytest.fixture
async def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[DiffusersEngine]:
    install(tmp_path / "packages", monkeypatch)
    bring(tmp_path / "models", MODEL, "A", "red")
    made = create(tmp_path / "models")
    yield made
    await made.close()


def ask(**more: Any) -> ImageRequest:
    return ImageRequest(**{"model": MODEL, "prompt": "a fox", "size": Size(64, 48), "seed": 7, **more})


def colour(result: ImageResult) -> Any:
    with Image.open(io.BytesIO(result.images[0].data)) as image:
        return image.convert("RGB").getpixel((0, 0))


# -- revisions -----------------------------------------------------------------------------------------------------------


async def test_an_image_is_made_by_the_revision_that_it_names(engine: DiffusersEngine, tmp_path: Path) -> None:
    first = await engine.generate(ask(), NOBODY)
    process = engine._bench._process
    again = await engine.generate(ask(), NOBODY)
    assert engine._bench._process is process, "the model stays loaded"
    bring(tmp_path / "models", MODEL, "B", "blue")
    later = await engine.generate(ask(), NOBODY)
    made = [(result.snapshot, colour(result)) for result in (first, again, later)]
    assert made == [(f"{MODEL}@A", RED), (f"{MODEL}@A", RED), (f"{MODEL}@B", BLUE)]


async def test_files_that_were_replaced_before_they_were_loaded_make_no_image(
    engine: DiffusersEngine, tmp_path: Path
) -> None:
    where = kept(tmp_path / "models", MODEL)
    assert where is not None
    job, body = job_of(ask(), RECIPES[MODEL], replace(where, revision="before"), 1, 0)
    async with aclosing(engine._bench.work(job, body)) as work:
        with pytest.raises(EngineError, match="Ask for the image again"):
            await anext(work)
    assert colour(await engine.generate(ask(), NOBODY)) == RED
