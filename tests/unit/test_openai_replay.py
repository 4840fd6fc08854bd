"""Recorded answers: recorded once, given again without a network; what is missing or damaged says how to mend it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from pochoir.domain.errors import EngineError, EngineNotReady
from pochoir.domain.images import ImageRequest, ImageResult, Size
from pochoir.engines import replay
from pochoir.engines.base import Credentials
from pochoir.engines.openai import OpenAIEngine
from pochoir.infra.sniff import check_image
from upstream.faults import KEY
from upstream.server import Upstream, picture

FOX = ImageRequest("gpt-image-1-mini", "A fox", n=2, size=Size(1024, 1024), quality="low", output_format="png")


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    async with Upstream().running() as server:
        yield server


def folder(path: Path) -> Credentials:
    return Credentials(settings={"folder": str(path)})


async def test_what_was_recorded_comes_back_without_the_provider(upstream: Upstream, tmp_path: Path) -> None:
    recorder = replay.Recorder(OpenAIEngine(), tmp_path / "new")
    first = await recorder.generate(FOX, Credentials(KEY, upstream.base_url))
    edit = replace(FOX, references=(check_image(picture((40, 40)), 1 << 20, 1 << 20),))
    streamed = [item async for item in recorder.stream(edit, Credentials(KEY, upstream.base_url), 1)]
    assert await recorder.check(Credentials(KEY, upstream.base_url))
    await recorder.close()
    engine = replay.create()
    again = await engine.generate(FOX, folder(tmp_path / "new"))
    assert again == replace(first, images=tuple(replace(image, b64=None) for image in first.images))
    items = [item async for item in engine.stream(edit, folder(tmp_path / "new"), 1)]
    assert isinstance(items[0], ImageResult)
    assert isinstance(streamed[-1], ImageResult)
    assert items[0].usage == streamed[-1].usage
    assert len(upstream.seen) == 2
    assert await engine.check(folder(tmp_path / "new")) == f"2 recordings found in {tmp_path / 'new'}."
    await engine.close()


@pytest.mark.parametrize(
    "other", [{"prompt": "A dog"}, {"n": 1}, {"size": None}, {"seed": 1}, {"options": {"style": "vivid"}}]
)
async def test_another_request_is_another_recording(tmp_path: Path, other: dict[str, object]) -> None:
    changed = replace(FOX, **other)  # type: ignore[arg-type]
    assert replay.request_hash(changed) != replay.request_hash(FOX)
    with pytest.raises(EngineError, match=r"python -m pochoir\.engines\.replay") as caught:
        await replay.create().generate(changed, folder(tmp_path))
    assert not caught.value.may_have_been_charged


async def test_a_damaged_recording_says_so(tmp_path: Path) -> None:
    (tmp_path / f"{replay.request_hash(FOX)}.json").write_text("{}")
    with pytest.raises(EngineError, match="Delete it and record it again"):
        await replay.create().generate(FOX, folder(tmp_path))
    with pytest.raises(EngineNotReady, match="POCHOIR_REPLAY_FOLDER"):
        await replay.create().check(Credentials())


async def test_the_command_records_and_its_refusals_are_words(
    upstream: Upstream, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import asyncio

    (tmp_path / "key").write_text(KEY + "\n")
    command = [
        *("--folder", str(tmp_path / "out"), "--engine", "openai", "--key-file", str(tmp_path / "key")),
        *("--base-url", upstream.base_url, "--model", "gpt-image-1-mini", "--prompt", "A fox", "--size", "1024x1024"),
        *("--quality", "low", "--n", "2"),
    ]
    assert await asyncio.to_thread(replay.main, command) == 0
    assert capsys.readouterr().out == f"Recorded as {replay.request_hash(FOX)}.json in {tmp_path / 'out'}.\n"
    upstream.faults.append("moderation")
    assert await asyncio.to_thread(replay.main, command) == 1
    assert "Change the words" in capsys.readouterr().err
