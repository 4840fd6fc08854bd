"""Runs survive kill -9 at any point: every finished image is kept and charged once, and nothing is silently paid twice."""

from __future__ import annotations

import base64
import io
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import orjson
import pytest
from PIL import Image

from journeys.kill_worker import LIMITS
from pochoir.infra.blobs import name_of

WORKER = Path(__file__).with_name("kill_worker.py")
KILLS = 12
RUNS = 12
SEED = 20261123
IMAGES_A_RUN = 7


class Upstream:
    """A paid images API on loopback that counts what it is asked and takes its time."""

    def __init__(self) -> None:
        self.calls = 0
        self.random = random.Random(SEED)
        self.lock = threading.Lock()
        buffer = io.BytesIO()
        Image.new("RGB", (64, 64), (200, 120, 60)).save(buffer, "PNG")
        self.image = base64.b64encode(buffer.getvalue()).decode()

    def answer(self) -> bytes:
        with self.lock:
            self.calls += 1
            seconds = self.random.uniform(0.05, 0.6)
        time.sleep(seconds)
        return orjson.dumps(
            {
                "created": 1_795_435_200,
                "data": [{"b64_json": self.image}],
                "size": "1024x1024",
                "quality": "low",
                "output_format": "png",
                "background": "opaque",
                "usage": {
                    "input_tokens": 10,
                    "output_tokens": 272,
                    "total_tokens": 282,
                    "input_tokens_details": {"text_tokens": 10, "image_tokens": 0},
                },
            }
        )


@pytest.fixture
def upstream() -> Iterator[tuple[Upstream, str]]:
    paid = Upstream()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            body = paid.answer()
            try:
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def log_message(self, format: str, *args: Any) -> None:
            """Silent."""

    with quiet_server(Handler) as server:
        yield paid, f"http://127.0.0.1:{server.server_address[1]}/v1"


@contextmanager
def quiet_server(handler: type[BaseHTTPRequestHandler]) -> Iterator[ThreadingHTTPServer]:
    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A killed client is what this test is about."""

    with Server(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def start(folder: Path, base_url: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "OPENAI_BASE_URL": base_url}
    return subprocess.Popen(
        [sys.executable, str(WORKER), str(folder), str(RUNS)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )


def rows(folder: Path, query: str) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(folder / "pochoir.sqlite")) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(query)]


def kept(folder: Path) -> dict[str, str]:
    if not rows(folder, "select name from sqlite_master where name = 'artifacts'"):
        return {}
    return {row["id"]: row["blob"] for row in rows(folder, "select id, blob from artifacts")}


def test_every_run_ends_and_nothing_is_lost_or_paid_twice(tmp_path: Path, upstream: tuple[Upstream, str]) -> None:
    paid, base_url = upstream
    chance = random.Random(SEED)
    seen: dict[str, str] = {}
    for _ in range(KILLS):
        process = start(tmp_path, base_url)
        if chance.random() < 0.8 and process.stdout is not None:
            process.stdout.readline()
        time.sleep(chance.uniform(0, 1.2))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        seen |= kept(tmp_path)
    process = start(tmp_path, base_url)
    out, err = process.communicate(timeout=120)
    assert out.endswith("DONE\n"), err[-3000:]
    assert "Traceback" not in err, err[-3000:]
    check_runs(tmp_path)
    check_images(tmp_path, seen)
    check_money(tmp_path, paid.calls)


def check_runs(folder: Path) -> None:
    runs = rows(folder, "select * from runs")
    assert len(runs) == RUNS
    for run in runs:
        made = rows(folder, f"select * from artifacts where run = '{run['id']}'")
        if run["state"] == "succeeded":
            outputs = orjson.loads(run["outputs"])
            names = [item["artifact"] for images in outputs.values() for item in images]
            assert (len(names), len(set(names))) == (IMAGES_A_RUN + 3, IMAGES_A_RUN + 3)
            assert set(names) == {row["id"] for row in made}, "nothing was made that the run does not show"
        else:
            assert (run["state"], run["tool"]) == ("failed", "careful")
            assert "may have been charged" in run["error"]
    assert [run["state"] for run in runs if run["tool"] != "careful"] == ["succeeded"] * (RUNS * 2 // 3)


def check_images(folder: Path, seen: dict[str, str]) -> None:
    left = kept(folder)
    assert seen.items() <= left.items()
    assert len(seen) > 0, "the worker was always killed before it had an image; raise the delays"
    for blob in set(left.values()):
        assert name_of((folder / "blobs" / blob[:2] / blob).read_bytes()) == blob


def check_money(folder: Path, calls: int) -> None:
    attempts = rows(folder, "select a.*, r.tool from attempts a join runs r on r.id = a.run")
    ledger = rows(folder, "select * from ledger")
    stored = [attempt["id"] for attempt in attempts if attempt["state"] == "stored"]
    assert sorted(row["key"] for row in ledger) == sorted(stored), "one row in the ledger for each image"
    images = rows(folder, "select attempt from artifacts where origin = 'generated'")
    assert sorted(row["attempt"] for row in images) == sorted(stored)
    assert {attempt["state"] for attempt in attempts} <= {"stored", "unknown", "failed"}
    charged = [row for row in ledger if row["model"] == "gpt-image-2"]
    unknown = [attempt for attempt in attempts if attempt["state"] == "unknown"]
    assert len(charged) <= calls <= len(charged) + len(unknown), "every call is charged or shown as maybe charged"
    assert len(unknown) > 0, "no call was cut off; raise the delays"
    for key, count in Counter(attempt["key"] for attempt in unknown).items():
        tool = next(attempt["tool"] for attempt in unknown if attempt["key"] == key)
        assert count <= 1 + LIMITS[tool]
    shown = {run["id"]: run["maybe_charged"] for run in rows(folder, "select id, maybe_charged from runs")}
    assert {run: count for run, count in shown.items() if count} == dict(Counter(item["run"] for item in unknown))
    spent = rows(folder, "select run, sum(amount_microusd) as total from ledger group by run")
    totals = {run["id"]: run["charged_microusd"] for run in rows(folder, "select id, charged_microusd from runs")}
    assert {row["run"]: row["total"] for row in spent} == {run: totals[run] for run in {row["run"] for row in spent}}


def test_two_processes_on_one_data_folder_are_refused(tmp_path: Path, upstream: tuple[Upstream, str]) -> None:
    first = start(tmp_path, upstream[1])
    assert first.stdout is not None
    assert first.stdout.readline() == "READY\n"
    second = start(tmp_path, upstream[1])
    out, err = second.communicate(timeout=60)
    assert (out, second.returncode) == ("", 1)
    assert f"in use by process {first.pid}. Stop that one first" in err
    first.kill()
    first.communicate()
