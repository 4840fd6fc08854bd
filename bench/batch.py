"""A batch that is killed in the middle, again and again: is every line answered once, and charged once?

A loopback stand-in for a paid provider takes a few milliseconds for each image and writes down what it was asked for.
`pochoir serve` works on one batch and is killed with SIGKILL at random points, the last time while results are written;
each time it is started again on the same data folder. Afterwards the results files, the ledger and what the stand-in
saw are held against each other.

    python -m bench.batch [--lines 10000] [--kills 3] [--at-once 4] [--image-kb 4] [--seed N]
"""

from __future__ import annotations

import argparse
import base64
import os
import random
import signal
import sqlite3
import struct
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import orjson
from openai import OpenAI
from openai.types import Batch

POCHOIR = Path(sys.executable).with_name("pochoir")
ENDPOINT: Final = "/v1/images/generations"
MODEL = "gpt-image-2"
USAGE = {"input_tokens": 10, "output_tokens": 272, "total_tokens": 282}
COST = 10 * 5 + 272 * 30
"""Micro-dollars of one image: the tokens of the stand-in's answer at the model's prices."""
SECONDS = (0.002, 0.02)
"""The stand-in takes between these for an image."""
FINISHED = {"completed", "failed", "expired", "cancelled"}


def png(number: int, size: int) -> bytes:
    """A picture of its own for every call: its header is real, its pixels are noise, which nobody decodes here."""
    header = b"IHDR" + struct.pack(">IIBBBBB", 1024, 1024, 8, 2, 0, 0, 0)
    noise = random.Random(number).randbytes(size)
    return (
        b"\x89PNG\r\n\x1a\n"
        + struct.pack(">I", 13)
        + header
        + struct.pack(">I", zlib.crc32(header))
        + struct.pack(">I", len(noise))
        + b"IDAT"
        + noise
        + b"\0\0\0\0\0\0\0\0IEND\xaeB`\x82"
    )


class Provider:
    """The paid stand-in. `asked` counts each prompt."""

    def __init__(self, image_bytes: int) -> None:
        self.asked: Counter[str] = Counter()
        self._image_bytes = image_bytes
        self._random = random.Random(1)
        self._lock = threading.Lock()

    def answer(self, prompt: str) -> bytes:
        with self._lock:
            self.asked[prompt] += 1
            number, seconds = self.asked.total(), self._random.uniform(*SECONDS)
        time.sleep(seconds)
        image = base64.b64encode(png(number, self._image_bytes)).decode()
        details = {"input_tokens_details": {"text_tokens": 10, "image_tokens": 0}}
        return orjson.dumps(
            {
                "created": 1_795_435_200,
                "data": [{"b64_json": image}],
                "size": "1024x1024",
                "quality": "low",
                "output_format": "png",
                "background": "opaque",
                "usage": {**USAGE, **details},
            }
        )

    @contextmanager
    def running(self) -> Iterator[str]:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = provider.answer(orjson.loads(self.rfile.read(int(self.headers["Content-Length"])))["prompt"])
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

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                """Killed clients are what this is about."""

        with Server(("127.0.0.1", 0), Handler) as server:
            thread = threading.Thread(target=server.serve_forever, daemon=True)
            thread.start()
            yield f"http://127.0.0.1:{server.server_address[1]}/v1"
            server.shutdown()
            thread.join()


class Pochoir:
    """A server process on a data folder, which can be killed and started again. `provider` begins its settings' names."""

    def __init__(
        self, data: Path, upstream: str, at_once: int, key: str = "sk-stand-in", provider: str = "OPENAI"
    ) -> None:
        others = ("OPENAI_", "GEMINI_", "POCHOIR_")
        clean = {name: value for name, value in os.environ.items() if not name.startswith(others)}
        own = {
            f"{provider}_API_KEY": key,
            f"{provider}_BASE_URL": upstream,
            "POCHOIR_BATCH_LINES": str(at_once),
            "POCHOIR_LOG_LEVEL": "error",
        }
        self._environment = {**clean, **own}
        self._data = data
        self._process: subprocess.Popen[str] | None = None
        self.peak_mb = 0.0

    def start(self) -> OpenAI:
        self._process = subprocess.Popen(
            [str(POCHOIR), "serve", "--port", "0", "--data", str(self._data)],
            stdout=subprocess.PIPE,
            text=True,
            env=self._environment,
        )
        assert self._process.stdout is not None
        link = self._process.stdout.readline().split()[-1]
        return OpenAI(base_url=f"{link}/v1", api_key="anything", max_retries=0, timeout=600)

    def stop(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        status = Path(f"/proc/{self._process.pid}/status")
        if status.exists():
            peak = next((line for line in status.read_text().splitlines() if line.startswith("VmHWM")), "VmHWM: 0")
            self.peak_mb = max(self.peak_mb, int(peak.split()[1]) / 1024)
        self._process.send_signal(how)
        self._process.wait(60)
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._process = None


@dataclass
class Figures:
    """What came of a batch. `faults` holds one sentence for each thing that must not be."""

    lines: int
    kills: list[str] = field(default_factory=list)
    """In which state and after how many lines each kill came."""
    answered: int = 0
    maybe_charged: int = 0
    calls: int = 0
    charged_microusd: int = 0
    peak_mb: float = 0.0
    seconds: float = 0.0
    written_mb: float = 0.0
    faults: list[str] = field(default_factory=list)


def prompt(number: int) -> str:
    return f"Fox number {number}"


def input_file(lines: int, model: str = MODEL, quality: str = "low") -> bytes:
    return b"".join(
        orjson.dumps(
            {
                "custom_id": f"fox-{number}",
                "method": "POST",
                "url": ENDPOINT,
                "body": {"model": model, "prompt": prompt(number), "size": "1024x1024", "quality": quality},
            }
        )
        + b"\n"
        for number in range(lines)
    )


def work(folder: Path, *, lines: int, kills: int, at_once: int = 4, image_bytes: int = 4096, seed: int = 1) -> Figures:
    """Run one batch to its end with so many kills in between, and hold everything against everything."""
    figures, chance = Figures(lines), random.Random(seed)
    points = [*sorted(chance.sample(range(lines), kills - 1)), lines] if kills else []
    provider = Provider(image_bytes)
    with provider.running() as upstream:
        server = Pochoir(folder, upstream, at_once)
        try:
            client = server.start()
            began = time.perf_counter()
            file = client.files.create(file=("in.jsonl", input_file(lines)), purpose="batch")
            batch = client.batches.create(
                input_file_id=file.id,
                endpoint=ENDPOINT,
                completion_window="24h",
                extra_body={"provider_batch": False},
            )
            for point in points:
                counts = (batch := _until(client, batch.id, point)).request_counts
                time.sleep(chance.uniform(0, 0.05))
                client.close()
                server.stop(signal.SIGKILL)
                figures.kills.append(f"{batch.status} at {counts.completed + counts.failed if counts else 0:,}")
                client = server.start()
            batch = _until(client, batch.id, lines + 1)
            figures.seconds = time.perf_counter() - began
            _check_results(client, batch, figures)
            client.close()
        finally:
            server.stop(signal.SIGTERM)
    figures.calls, figures.peak_mb = provider.asked.total(), server.peak_mb
    _check_money(folder, provider, figures)
    return figures


def _until(client: OpenAI, batch_id: str, lines: int) -> Batch:
    """Wait until so many lines are done, or the batch is finished."""
    while True:
        batch = client.batches.retrieve(batch_id)
        counts = batch.request_counts
        if batch.status in FINISHED or (counts and counts.completed + counts.failed >= lines):
            return batch
        time.sleep(0.02)


def _check_results(client: OpenAI, batch: Batch, figures: Figures) -> None:
    """Every line stands in one of the two files, once, with its picture or the reason why there is none."""
    seen: Counter[str] = Counter()
    if batch.status != "completed":
        figures.faults.append(f"the batch ended as {batch.status}")
    pictures = set()
    for file_id in (batch.output_file_id, batch.error_file_id):
        if file_id is None:
            continue
        with client.files.with_streaming_response.content(file_id) as content:
            for text in content.iter_lines():
                figures.written_mb += len(text) / 1e6
                row = orjson.loads(text)
                seen[row["custom_id"]] += 1
                status, body = row["response"]["status_code"], row["response"]["body"]
                if status == 200:
                    figures.answered += 1
                    pictures.add(hash(body["data"][0]["b64_json"]))
                elif body["error"]["code"] == "may_have_been_charged":
                    figures.maybe_charged += 1
                else:
                    figures.faults.append(f"{row['custom_id']} ended with {body['error']['code']}")
    if seen != Counter(f"fox-{number}" for number in range(figures.lines)):
        figures.faults.append(f"{len(seen)} different lines answered, {seen.total()} in all, of {figures.lines}")
    if len(pictures) != figures.answered:
        figures.faults.append("two lines were given the same picture")
    charged = (batch.model_extra or {})["pochoir"]["charge_microusd"]
    if charged != figures.answered * COST:
        figures.faults.append(f"the batch says {charged} micro-dollars for {figures.answered} images")


def _check_money(folder: Path, provider: Provider, figures: Figures) -> None:
    """The ledger has one row for each answered line, and no prompt was sent twice."""
    with closing(sqlite3.connect(folder / "pochoir.sqlite")) as connection:
        booked, total = connection.execute("select count(*), sum(amount_microusd) from ledger").fetchone()
        states = dict(connection.execute("select state, count(*) from attempts group by state").fetchall())
        held = connection.execute("select count(*) from reservations").fetchone()[0]
        keys = connection.execute("select count(distinct key) from attempts").fetchone()[0]
    figures.charged_microusd = total
    twice = sum(count > 1 for count in provider.asked.values())
    faults = {
        f"{twice} prompts were sent more than once": twice > 0,
        f"{booked} rows in the ledger for {figures.answered} answered lines": booked != figures.answered,
        f"{total} micro-dollars for {figures.answered} images": total != figures.answered * COST,
        f"attempts ended as {states}": Counter(states)
        != Counter(stored=figures.answered, unknown=figures.maybe_charged),
        f"{held} reservations are left": held > 0,
        f"{keys} keys for {figures.lines} lines": keys != figures.lines,
        f"{figures.calls} calls, of which {figures.answered} are charged and at most {figures.maybe_charged} may be": not (
            figures.answered <= figures.calls <= figures.answered + figures.maybe_charged
        ),
    }
    figures.faults += [sentence for sentence, broken in faults.items() if broken]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--lines", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--at-once", type=int, default=4)
    parser.add_argument("--image-kb", type=int, default=4)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = work(
            Path(folder),
            lines=asked.lines,
            kills=asked.kills,
            at_once=asked.at_once,
            image_bytes=asked.image_kb * 1024,
            seed=asked.seed,
        )
    print(f"{figures.lines:,} lines, {asked.at_once} at once, killed {len(figures.kills)} times (seed {asked.seed}):")
    for number, kill in enumerate(figures.kills, 1):
        print(f"  kill {number}: {kill}")
    print(f"answered and charged once: {figures.answered:,} (${figures.charged_microusd / 1e6:,.2f})")
    print(f"cut off, may have been charged, not sent again: {figures.maybe_charged}")
    print(f"calls at the provider: {figures.calls:,}, none of them twice for a line")
    print(f"{figures.seconds:.1f} s, {figures.lines / figures.seconds:.0f} lines/s, restarts included")
    print(f"results files {figures.written_mb:.1f} MB, peak memory of the server {figures.peak_mb:.0f} MB")
    for fault in figures.faults:
        print(f"FAULT: {fault}")
    return 1 if figures.faults else 0


if __name__ == "__main__":
    sys.exit(main())
