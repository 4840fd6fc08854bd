"""The example client of the documentation, against a running server."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from journeys.gateway import Here
from upstream.server import picture

EXAMPLE = Path(__file__).parents[2] / "examples/realtime.py"


async def run(here: Here, folder: Path, *texts: str, **settings: str) -> tuple[int | None, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(EXAMPLE), *texts,
        cwd=folder, env={**os.environ, "POCHOIR_URL": here.url, **settings}, stdout=-1, stderr=-1,
    )  # fmt: skip
    said, complained = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode, said.decode(), complained.decode()


async def test_the_example_draws_each_text(here: Here, tmp_path: Path) -> None:
    code, said, complained = await run(here, tmp_path, "A fox", "Give it a scarf", POCHOIR_MODEL="gpt-image-1-mini")
    assert (code, complained) == (0, "")
    first, second = said.splitlines()
    assert first.startswith("realtime-1.png: 1024x1024, by gpt-image-1-mini, ")
    assert second.startswith("realtime-2.png: ")
    assert (tmp_path / "realtime-2.png").read_bytes() == picture((1024, 1024))
    assert [seen.route for seen in here.upstream.seen] == ["images/generations", "images/edits"]


async def test_the_example_says_why_nothing_was_drawn(here: Here, tmp_path: Path) -> None:
    here.upstream.faults.append("moderation")
    code, said, complained = await run(here, tmp_path, "A fox", POCHOIR_MODEL="gpt-image-1-mini")
    assert (code, said) == (1, "")
    assert "safety" in complained
