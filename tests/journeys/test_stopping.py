"""A server that is asked to stop: what is being drawn then is finished, kept and charged, though its client has left."""

from __future__ import annotations

import http.client
import json
import signal
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from journeys.serving import Server, running_upstream, serving, until
from upstream.faults import KEY

MODEL = "gpt-image-1-mini"
TOOL = {"type": "image_generation", "model": MODEL, "size": "1024x1024", "quality": "low"}


def begin_and_leave(server: Server, path: str, body: Any, sent: Callable[[], bool]) -> None:
    """A client that goes away once its image is with the provider."""
    client = http.client.HTTPConnection(server.link.split("//")[1].split("/")[0], timeout=30)
    client.request("POST", path, json.dumps(body), {"content-type": "application/json"})
    until(sent)
    client.close()


@pytest.mark.parametrize(
    ("path", "how"),
    [
        ("responses", signal.SIGTERM),
        ("images/generations", signal.SIGTERM),
        ("threads/runs", signal.SIGTERM),
        ("threads/runs", signal.SIGINT),
    ],
)
def test_a_stop_waits_for_what_is_being_drawn(tmp_path: Path, path: str, how: signal.Signals) -> None:
    bodies: dict[str, Any] = {
        "responses": {"input": "A fox", "tools": [TOOL], "stream": True},
        "images/generations": {"prompt": "A fox", "model": MODEL, "quality": "low", "stream": True},
        "threads/runs": {"thread": {"messages": [{"role": "user", "content": "A fox"}]}, "stream": True},
    }
    body = bodies[path]
    with running_upstream() as upstream:
        keys = {"OPENAI_BASE_URL": upstream.base_url, "OPENAI_API_KEY": KEY}
        with serving(tmp_path, keys) as server:
            if path == "threads/runs":
                body["assistant_id"] = server.ask("/v1/assistants", {"model": MODEL, "tools": [TOOL]})["id"]
            upstream.faults.append("slow 1")
            begin_and_leave(server, f"/v1/{path}", body, lambda: bool(upstream.seen))
            server.stop(how)
    books = sqlite3.connect(tmp_path / "pochoir.sqlite")
    assert books.execute("SELECT state FROM attempts").fetchall() == [("stored",)]
    assert books.execute("SELECT count(*) FROM ledger WHERE amount_microusd > 0").fetchall() == [(1,)]
    assert books.execute("SELECT count(*) FROM reservations").fetchall() == [(0,)]
    assert {state for (state,) in books.execute("SELECT state FROM thread_runs")} <= {"completed"}
    books.close()


def test_a_stop_waits_for_the_images_of_a_run_and_the_next_start_makes_the_rest(tmp_path: Path) -> None:
    shots = {"prompt": "A fox", "n": 5, "size": "1024x1024", "quality": "low"}
    spec = tmp_path / "foxes.json"
    spec.write_text(
        json.dumps(
            {
                "title": "Foxes",
                "model": MODEL,
                "steps": [{"id": "shots", "type": "generate_image", "with": shots}],
                "outputs": [{"key": "foxes", "label": "Foxes", "value": "{{ steps.shots.images }}"}],
            }
        )
    )
    with running_upstream() as upstream:
        keys = {"OPENAI_BASE_URL": upstream.base_url, "OPENAI_API_KEY": KEY}
        with serving(tmp_path / "data", keys) as server:
            server.command("tool", "add", str(spec), "--name", "foxes")
            upstream.faults.extend(["slow 2"] * 3)
            run = server.ask("/api/tools/foxes/runs", {"inputs": {}})
            until(lambda: len(upstream.seen) == 3)
            server.stop()
            assert len(upstream.seen) == 3
            server.start()
            until(lambda: server.ask(f"/api/runs/{run['id']}")["state"] == "succeeded")
            done = server.ask(f"/api/runs/{run['id']}")
            assert (len(done["images"]), done["may_have_been_charged"], len(upstream.seen)) == (5, 0, 5)


@pytest.mark.parametrize("path", ["chat/completions", "responses", "images/generations"])
def test_a_client_that_waits_is_told_not_to_ask_again_and_its_image_is_kept(tmp_path: Path, path: str) -> None:
    bodies: dict[str, Any] = {
        "chat/completions": {"model": MODEL, "messages": [{"role": "user", "content": "A fox"}]},
        "responses": {"input": "A fox", "tools": [TOOL]},
        "images/generations": {"prompt": "A fox", "model": MODEL, "quality": "low"},
    }
    told: list[tuple[int, str | None, Any]] = []

    def wait() -> None:
        client = http.client.HTTPConnection(server.link.split("//")[1].split("/")[0], timeout=40)
        client.request("POST", f"/v1/{path}", json.dumps(bodies[path]), {"content-type": "application/json"})
        answer = client.getresponse()
        told.append((answer.status, answer.getheader("x-should-retry"), json.load(answer)))
        client.close()

    with running_upstream() as upstream:
        keys = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": upstream.base_url}
        with serving(tmp_path, keys) as server:
            upstream.faults.append("slow 7")
            waiting = threading.Thread(target=wait)
            waiting.start()
            until(lambda: bool(upstream.seen))
            server.stop()
            waiting.join(30)
    [(status, again, body)] = told
    assert (status, again, body["error"]["code"]) == (502, "false", "server_stopping")
    books = sqlite3.connect(tmp_path / "pochoir.sqlite")
    assert books.execute("SELECT state FROM attempts").fetchall() == [("stored",)]
    assert books.execute("SELECT count(*) FROM ledger WHERE amount_microusd > 0").fetchall() == [(1,)]
    books.close()
