"""Open-weight models on this machine: downloaded from a stand-in of the hub, run by diffusers in a process of their own.

`make test-local` installs torch and diffusers; the checkpoint has the real classes and random weights.
"""

from __future__ import annotations

import asyncio
import io
import random
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops

from pochoir.domain.errors import EngineError, EngineNotReady, InvalidValue, StorageFull
from pochoir.domain.images import ImageInput, ImageRequest, ImageResult, Size
from pochoir.domain.money import Usage
from pochoir.engines.base import Credentials, PartialImage
from pochoir.engines.local.bench import Step
from pochoir.engines.local.download import download, plan
from pochoir.engines.local.engine import DiffusersEngine, create, job_of
from pochoir.engines.local.recipes import RECIPES
from pochoir.engines.local.store import kept
from upstream.hub import COMMIT, Hub

pytestmark = pytest.mark.local
MODEL = "z-image-turbo"
NOBODY = Credentials()


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiny")
    subprocess.run([sys.executable, str(Path(__file__).parent / "tiny.py"), str(folder)], check=True, timeout=120)
    return folder


@pytest.fixture
async def hub(checkpoint: Path) -> AsyncIterator[Hub]:
    async with Hub(checkpoint).running() as server:
        yield server


async def bring(hub: Hub, models: Path, said: list[str] | None = None) -> Path:
    def work() -> Path:
        wanted = plan(MODEL, hub=hub.base_url)
        return download(wanted, models, hub=hub.base_url, say=(said if said is not None else []).append)

    return await asyncio.to_thread(work)


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path) -> Path:
    folder = tmp_path_factory.mktemp("models")

    async def work() -> None:
        async with Hub(checkpoint).running() as server:
            await bring(server, folder)

    asyncio.run(work())
    return folder


@pytest.fixture
async def engine(models: Path) -> AsyncIterator[DiffusersEngine]:
    made = create(models)
    yield made
    await made.close()


def ask(**more: Any) -> ImageRequest:
    return ImageRequest(**{"model": MODEL, "prompt": "a fox", "size": Size(128, 96), "seed": 7, **more})


def photo(colour: str = "#c04020", size: tuple[int, int] = (128, 96)) -> ImageInput:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "PNG")
    return ImageInput(out.getvalue(), "image/png", Size(*size))


def opened(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(data)) as image:
        return image.convert("RGB")


# -- download ------------------------------------------------------------------------------------------------------------


async def test_a_download_brings_safetensors_and_settings_of_one_revision(hub: Hub, tmp_path: Path) -> None:
    said: list[str] = []
    folder = await bring(hub, tmp_path, said)
    there = kept(tmp_path, MODEL)
    assert there is not None
    assert (there.folder, there.revision) == (folder, COMMIT)
    names = {name for name, _ in there.sizes}
    assert "transformer/diffusion_pytorch_model.safetensors" in names
    assert not {"README.md", "evil.bin", "deep/er/than/allowed.json"} & names
    assert said[0].startswith("1 of ")
    hub.fetched.clear()
    await bring(hub, tmp_path)
    assert hub.fetched == [], "what is there and right is not fetched again"


async def test_a_download_that_was_cut_off_goes_on(hub: Hub, tmp_path: Path) -> None:
    big = "extra/big.safetensors"
    hub.more[big] = random.Random(1).randbytes(48 << 20)
    hub.cut_off.add(big)
    with suppress(EngineError):  # the library may go on by itself
        await bring(hub, tmp_path)
    await bring(hub, tmp_path)
    assert kept(tmp_path, MODEL) is not None
    assert (tmp_path / MODEL / big).read_bytes() == hub.more[big]
    asked = [wanted for name, wanted in hub.fetched if name == big]
    assert len(asked) == 2
    assert asked[1].startswith("bytes="), "what was missing alone"


async def test_bytes_of_others_are_deleted(hub: Hub, tmp_path: Path) -> None:
    hub.lies.add("transformer/diffusion_pytorch_model.safetensors")
    with pytest.raises(EngineError):
        await bring(hub, tmp_path)
    assert not (tmp_path / MODEL / "transformer/diffusion_pytorch_model.safetensors").exists()
    assert kept(tmp_path, MODEL) is None


async def test_no_room_no_hub_and_unknown_names(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(EngineError, match="Check the network"):
        await asyncio.to_thread(plan, MODEL, hub="http://127.0.0.1:9")
    with pytest.raises(EngineNotReady, match="Choose from"):
        plan("gpt-image-2")
    wanted = await asyncio.to_thread(plan, MODEL, hub=hub.base_url)
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 1000})())
    with pytest.raises(StorageFull, match="Make room"):
        download(wanted, tmp_path, hub=hub.base_url)
    assert hub.fetched == []


def test_a_file_that_changed_size_makes_the_model_missing(models: Path, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(models / MODEL, tmp_path / MODEL)
    assert kept(tmp_path, MODEL) is not None
    (tmp_path / MODEL / "model_index.json").write_text("{}")
    (tmp_path / MODEL / "pochoir.json").touch()
    assert kept(tmp_path, MODEL) is None
    assert "pochoir download" in create(tmp_path).missing(MODEL)


# -- images --------------------------------------------------------------------------------------------------------------


async def test_words_become_an_image_and_the_seed_makes_it_again(engine: DiffusersEngine) -> None:
    first = await engine.generate(ask(n=2), NOBODY)
    again = await engine.generate(ask(seed=8), NOBODY)
    assert [image.size for image in first.images] == [Size(128, 96)] * 2
    assert [image.seed for image in first.images] == [7, 8]
    assert first.images[1].data == again.images[0].data
    assert first.images[0].data != first.images[1].data
    assert first.usage == Usage(images=2)
    assert first.snapshot == f"{MODEL}@{COMMIT[:12]}"


@pytest.mark.parametrize("kind", ["jpeg", "webp"])
async def test_other_formats(engine: DiffusersEngine, kind: str) -> None:
    made = await engine.generate(ask(output_format=kind), NOBODY)
    assert made.images[0].mime == f"image/{kind}"


async def test_an_image_that_goes_in_is_where_it_starts(engine: DiffusersEngine) -> None:
    red = await engine.generate(ask(references=(photo("#ff0000"),)), NOBODY)
    blue = await engine.generate(ask(references=(photo("#0000ff"),)), NOBODY)
    assert red.images[0].data != blue.images[0].data
    kept_size = await engine.generate(ask(references=(photo(size=(150, 101)),), size=None), NOBODY)
    assert kept_size.images[0].size == Size(144, 96)


async def test_a_mask_keeps_what_it_protects(engine: DiffusersEngine) -> None:
    mask = Image.new("RGBA", (128, 96), "#000000")
    mask.paste((0, 0, 0, 0), (0, 0, 64, 96))
    out = io.BytesIO()
    mask.save(out, "PNG")
    part = ImageInput(out.getvalue(), "image/png", Size(128, 96))
    whole = await engine.generate(ask(references=(photo(),)), NOBODY)
    masked = await engine.generate(ask(references=(photo(),), mask=part), NOBODY)
    assert ImageChops.difference(opened(whole.images[0].data), opened(masked.images[0].data)).getbbox()


async def test_stages_are_shown_while_it_is_made(engine: DiffusersEngine) -> None:
    seen = [item async for item in engine.stream(ask(), NOBODY, 2)]
    stages = [item for item in seen if isinstance(item, PartialImage)]
    assert [stage.index for stage in stages] == [0, 1]
    assert isinstance(seen[-1], ImageResult)
    assert len({stage.image.data for stage in stages} | {seen[-1].images[0].data}) == 3


async def test_jobs_wait_for_each_other_and_the_loop_stays_free(engine: DiffusersEngine) -> None:
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            await asyncio.sleep(0.005)
            beats += 1

    heart = asyncio.create_task(beat())
    made = await asyncio.gather(*(engine.generate(ask(seed=k), NOBODY) for k in range(3)))
    heart.cancel()
    assert len({result.images[0].data for result in made}) == 3
    assert beats > 10


async def test_a_cancelled_job_ends_at_its_next_step_and_the_model_stays(engine: DiffusersEngine) -> None:
    await engine.generate(ask(), NOBODY)
    process = engine._bench._process
    where = kept(engine._folder, MODEL)
    assert where is not None
    job, body = job_of(ask(), RECIPES[MODEL], where, 1, 0)
    steps = 0
    async with aclosing(engine._bench.work(job | {"steps": 400}, body)) as work:
        async for item in work:
            steps += isinstance(item, Step)
            if steps == 3:
                break
    assert (await engine.generate(ask(), NOBODY)).images
    assert engine._bench._process is process, "the same process, with the model still loaded"


async def test_a_process_that_is_killed_is_replaced(engine: DiffusersEngine) -> None:
    await engine.generate(ask(), NOBODY)
    assert engine._bench._process is not None
    engine._bench._process.kill()
    await engine._bench._process.wait()
    assert (await engine.generate(ask(), NOBODY)).images


@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_DATA bounds a process on Linux only")
async def test_the_memory_bound_holds(models: Path) -> None:
    engine = create(models, gigabytes=1.0)
    assert (await engine.generate(ask(), NOBODY)).images
    with pytest.raises(EngineError) as caught:
        await engine.generate(ask(size=Size(1536, 1536)), NOBODY)
    assert "POCHOIR_MODELS_GB" in caught.value.message or "want of memory" in caught.value.message
    assert (await engine.generate(ask(), NOBODY)).images, "the next job runs"
    await engine.close()


async def test_what_cannot_run_says_what_to_do(engine: DiffusersEngine, tmp_path: Path) -> None:
    with pytest.raises(EngineNotReady, match="pochoir download z-image-turbo"):
        await create(tmp_path).generate(ask(), NOBODY)
    with pytest.raises(EngineNotReady, match="no recipe"):
        await engine.generate(ask(model="flux-1-dev"), NOBODY)
    with pytest.raises(InvalidValue, match="one image"):
        await engine.generate(ask(references=(photo(), photo())), NOBODY)
    assert MODEL in await engine.check(NOBODY)


async def test_the_command_line_from_licence_to_image(hub: Hub, tmp_path: Path) -> None:
    async def pochoir(*words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        command = [str(Path(sys.executable).with_name("pochoir")), *words, "--data", str(tmp_path / "data")]
        return await asyncio.to_thread(
            subprocess.run, command, input=typed, capture_output=True, text=True, timeout=120, check=False
        )

    early = await pochoir("generate", "a fox", "--model", MODEL, "-o", str(tmp_path / "a.png"))
    assert early.returncode != 0
    assert "pochoir download z-image-turbo" in early.stderr
    refused = await pochoir("download", MODEL, "--hub", hub.base_url, typed="n\n")
    assert refused.returncode == 1
    assert "Apache-2.0" in refused.stdout
    assert hub.fetched == [], "nothing comes before the licence is agreed to"
    agreed = await pochoir("download", MODEL, "--hub", hub.base_url, "--yes")
    assert agreed.returncode == 0, agreed.stderr
    assert COMMIT in agreed.stdout
    made = await pochoir("generate", "a fox", "--model", MODEL, "--size", "512x512", "-o", str(tmp_path / "a.png"))
    assert made.returncode == 0, made.stderr
    with Image.open(tmp_path / "a.png") as image:
        assert image.size == (512, 512)
    assert MODEL in (await pochoir("ledger")).stdout
