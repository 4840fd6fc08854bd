"""A worker that a test kills: makes the runs that are still to be made, resumes what was cut off, ends when all are over.

python kill_worker.py FOLDER RUNS. The address of the paid stand-in is in OPENAI_BASE_URL.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from pochoir.bootstrap import assemble
from pochoir.config import Settings
from pochoir.domain.errors import NotFound
from pochoir.domain.runs import FINISHED
from pochoir.domain.tools import Spec
from pochoir.infra.db import migrate
from pochoir.infra.lock import DataLock

LIMITS = {"paid": 5, "careful": 1, "free": 0}
"""Tool -> how often an image that may have been charged is sent again."""

_SHOTS = {"id": "shots", "type": "generate_image", "with": {"prompt": "A fox in {{ inputs.season }}", "n": 3}}
_EACH = {
    "id": "each",
    "type": "repeat",
    "over": ["dawn", "dusk"],
    "as": "hour",
    "steps": [{"id": "shot", "type": "generate_image", "with": {"prompt": "A fox at {{ hour }}", "n": 2}}],
}
_SMALL = {
    "id": "small",
    "type": "transform_image",
    "with": {"images": "{{ steps.shots.images }}", "operation": "resize", "width": 32},
}


def spec(name: str) -> Spec:
    hours = {"id": "hours", "type": "set_value", "with": {"value": _EACH["over"]}}
    each = {**_EACH, "over": "{{ steps.hours.value }}"}
    return Spec.model_validate(
        {
            "title": name.capitalize(),
            "model": "pochoir-sketch" if name == "free" else "gpt-image-2",
            "inputs": [{"key": "season", "label": "Season"}],
            "steps": [_SHOTS, _SMALL, hours, each],
            "outputs": [
                {"key": "shots", "label": "Shots", "value": "{{ steps.shots.images }}"},
                {"key": "small", "label": "Small", "value": "{{ steps.small.images }}"},
                {"key": "each", "label": "Hours", "value": "{{ steps.each.images }}"},
            ],
            "limits": {"repeat_after_crash": LIMITS[name]},
        }
    )


async def work(settings: Settings, count: int) -> None:
    workspace = assemble(settings)
    tools, runs = workspace.services.tools, workspace.services.runs
    await workspace.start()
    print("READY", flush=True)
    names = list(LIMITS)
    for name in names:
        try:
            await tools.tool(name)
        except NotFound:
            await tools.create(spec(name), name=name)
    for number in range(len(await runs.recent(limit=1000)), count):
        await runs.start(names[number % len(names)], {"season": f"season {number}"})
        await asyncio.sleep(0.5)
    for run in await runs.recent(limit=1000):
        if run.state not in FINISHED:
            await runs.wait(run.id)
    await workspace.stop()
    print("DONE", flush=True)


def main() -> None:
    folder, count = Path(sys.argv[1]), int(sys.argv[2])
    settings = Settings(data=folder, environment={"OPENAI_API_KEY": "sk-stand-in", **os.environ})
    with DataLock(folder):
        migrate(settings.database_url)
        asyncio.run(work(settings, count))


if __name__ == "__main__":
    main()
