"""`pochoir tool run` without a server: it does its own run to the end, and leaves other people's as they stand."""

from __future__ import annotations

import json
import signal
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from journeys.serving import Server, running_upstream, until
from upstream.faults import KEY

PAID = {"prompt": "A fox", "size": "1024x1024", "quality": "low"}


def add(server: Server, name: str, model: str, *steps: dict[str, Any]) -> None:
    last = steps[-1]["id"]
    outputs = [{"key": "images", "label": "Images", "value": f"{{{{ steps.{last}.images }}}}"}]
    spec = server.data.parent / f"{name}.json"
    spec.write_text(json.dumps({"title": name, "model": model, "steps": steps, "outputs": outputs}))
    server.command("tool", "add", str(spec), "--name", name)


def runs(server: Server) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(server.data / "pochoir.sqlite")) as books:
        return books.execute("select tool, state, images_done, maybe_charged from runs order by id").fetchall()


def test_the_run_of_a_server_that_was_killed_is_left_to_the_next_server(tmp_path: Path) -> None:
    with running_upstream() as upstream:
        server = Server(tmp_path / "data", {"OPENAI_BASE_URL": upstream.base_url, "OPENAI_API_KEY": KEY})
        add(server, "paid", "gpt-image-2", {"id": "shots", "type": "generate_image", "with": {**PAID, "n": 2}})
        add(server, "free", "pochoir-sketch", {"id": "shot", "type": "generate_image", "with": {"prompt": "A cat"}})
        server.start()
        upstream.faults.extend(["slow 3"] * 2)
        server.ask("/api/tools/paid/runs", {"inputs": {}})
        until(lambda: len(upstream.seen) == 2)
        server.stop(signal.SIGKILL)
        server.command("tool", "run", "free", "--out", str(tmp_path))
        assert len(upstream.seen) == 2
        assert [state for _, state, *_ in runs(server)] == ["running", "succeeded"]
        server.start()
        until(lambda: runs(server)[0][1] == "succeeded")
        server.stop()
        assert (len(upstream.seen), runs(server)[0]) == (4, ("paid", "succeeded", 2, 2))


def test_a_run_that_asks_ends_the_command_once_nothing_else_of_it_goes_on(tmp_path: Path) -> None:
    ask = {"id": "ok", "type": "ask_approval", "when": "{{ it == 'a' }}", "with": {"question": "Fine?"}}
    shot = {"id": "shot", "type": "generate_image", "when": "{{ it == 'b' }}", "with": {**PAID, "n": 4}}
    with running_upstream() as upstream:
        server = Server(tmp_path / "data", {"OPENAI_BASE_URL": upstream.base_url, "OPENAI_API_KEY": KEY})
        each = {"id": "each", "type": "repeat", "over": "a,b", "as": "it", "steps": [ask, shot]}
        add(server, "asks", "gpt-image-2", each)
        upstream.faults.extend(["slow 1"] * 4)
        told = server.command("tool", "run", "asks", "--out", str(tmp_path), check=False)
        assert (told.returncode, "waits for an approval" in told.stdout) == (3, True)
        assert (len(upstream.seen), runs(server)) == (4, [("asks", "waiting", 4, 0)])
