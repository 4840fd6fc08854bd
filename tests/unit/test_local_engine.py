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

from pochoir.domain.errors import EngineError, InvalidValue
from pochoir.domain.images import ImageRequest, ImageResult, Size
from pochoir.engines.base import Credentials
from pochoir.engines.local.engine import DiffusersEngine, create, job_of
from pochoir.engines.local.recipes import RECIPES
from pochoir.engines.local.store import Kept, kept
from unit.local_stand_in import asked, bring, install

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


# -- steps, guidance, and what comes back differently --------------------------------------------------------------------


async def test_steps_and_guidance_reach_the_pipeline(engine: DiffusersEngine, tmp_path: Path) -> None:
    usual = await engine.generate(ask(), NOBODY)
    assert asked(tmp_path / "models", MODEL) == {"prompt": "a fox", "guidance_scale": 0.0, "num_inference_steps": 9}
    chosen = await engine.generate(ask(options={"num_inference_steps": 30, "guidance_scale": "5"}), NOBODY)
    assert asked(tmp_path / "models", MODEL) == {"prompt": "a fox", "guidance_scale": 5.0, "num_inference_steps": 30}
    assert usual.notes == chosen.notes == ()


async def test_what_came_back_differently_is_said(engine: DiffusersEngine, tmp_path: Path) -> None:
    opaque = await engine.generate(ask(background="transparent"), NOBODY)
    assert opaque.notes == ("A transparent background was asked for and an opaque one came back.",)
    bring(tmp_path / "models", (klein := "flux-2-klein-4b"), "K", "blue")
    built_in = await engine.generate(ask(model=klein, options={"guidance_scale": 5}), NOBODY)
    assert asked(tmp_path / "models", klein)["guidance_scale"] == 1.0
    assert built_in.notes == (f"The guidance of {klein} is built in; guidance_scale was left out.",)


@pytest.mark.parametrize("model", ["qwen-image-2512", "qwen-image-edit-2511"])
def test_the_guidance_of_qwens_pipelines_has_a_name_of_its_own_and_needs_words_to_lead_away_from(model: str) -> None:
    where = Kept(Path("models"), "some/where", "A", ())
    usual, _ = job_of(ask(model=model), RECIPES[model], where, 1, 0)
    chosen, _ = job_of(ask(model=model, options={"guidance_scale": 2.5}), RECIPES[model], where, 1, 0)
    assert usual["guidance"] == {"true_cfg_scale": 4.0, "negative_prompt": " "}
    assert chosen["guidance"] == {"true_cfg_scale": 2.5, "negative_prompt": " "}
    assert chosen["steps"] == RECIPES[model].steps


@pytest.mark.parametrize(
    ("name", "value"),
    [("num_inference_steps", value) for value in (0, 101, 2.5, "many", True, [4])]
    + [("guidance_scale", value) for value in (-1, 20.5, "nan", "inf", False)],
)
async def test_steps_and_guidance_out_of_bounds_are_refused_in_words(
    engine: DiffusersEngine, name: str, value: object
) -> None:
    with pytest.raises(InvalidValue, match="Change it, or leave it out") as caught:
        await engine.generate(ask(options={name: value}), NOBODY)
    assert caught.value.param == name
    assert engine._bench._process is None, "nothing was started for it"
