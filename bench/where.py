"""Where the time of one request for a 2 MB image goes inside Pochoir: the medians of its steps, one connection, no peer.

The server of this bench is `pochoir serve` with a stopwatch around its steps; the loopback provider and the client of
bench/gateway.py run in processes of their own.

    python -m bench.where [--count 200]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path
from types import FrameType
from typing import Any

from bench.gateway import MEMORY, Target, one_by_one, process, start_upstream, wait_for

STEPS = (
    "request read and checked", "attempt written down", "provider's answer begins", "provider's answer read",
    "base64 decoded", "stored, most of it sent", "charged and booked", "end of the answer sent",
)  # fmt: skip

_now: dict[int, float] = {}
_all: list[dict[int, float]] = []


def _timed(owner: type, name: str, *, before: int | None = None, after: int | None = None) -> None:
    """Note the time before and after each call of a method, as the end of these steps."""
    call: Callable[..., Awaitable[Any]] = getattr(owner, name)

    async def timed(*args: Any, **more: Any) -> Any:
        if before is not None:
            _now[before] = time.perf_counter()
        found = await call(*args, **more)
        if after is not None:
            _now[after] = time.perf_counter()
        return found

    setattr(owner, name, timed)


def watched(app: Any) -> Any:
    """The application with a stopwatch from a request's first line to its answer's last byte."""

    async def run(scope: Any, receive: Any, send: Any) -> None:
        if not str(scope.get("path", "")).startswith("/v1/images"):
            await app(scope, receive, send)
            return
        _now.clear()
        _now[-1] = time.perf_counter()

        await app(scope, receive, send)
        _now[7] = time.perf_counter()
        _all.append(dict(_now))

    return run


def serve(folder: Path) -> None:
    """`pochoir serve` with stopwatches; on SIGUSR1 the medians go to `where.json`."""
    from pochoir import bootstrap, cli
    from pochoir.engines.openai_transport import Transport
    from pochoir.features.images.bookkeeping import Bookkeeping
    from pochoir.features.images.service import ImagesService

    _timed(ImagesService, "_make", before=0)
    _timed(ImagesService, "_call", before=1, after=4)
    _timed(Transport, "_reply", before=2, after=3)
    _timed(Bookkeeping, "keep", after=5)
    _timed(Bookkeeping, "book", after=6)
    build = bootstrap.build
    vars(bootstrap)["build"] = lambda *args, **more: watched(build(*args, **more))

    def write(_: int, frame: FrameType | None) -> None:
        rounds = _all[len(_all) // 10 :]
        medians = [statistics.median(r[k] - r[k - 1] for r in rounds) * 1000 for k in range(len(STEPS))]
        (folder / "where.part").write_text(json.dumps(medians))
        (folder / "where.part").rename(folder / "where.json")

    signal.signal(signal.SIGUSR1, write)
    sys.argv = ["pochoir", "serve", "--port", "0", "--data", str(folder / "data")]
    cli.main()


def measure(count: int, memory: Path | None) -> None:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pochoir-bench-", dir=memory)))
        log = folder / "pochoir.log"
        upstream = start_upstream(stack, folder)
        keys = {"OPENAI_API_KEY": "sk-bench", "OPENAI_BASE_URL": upstream.url, "PYTHONUNBUFFERED": "1"}
        call = [sys.executable, "-m", "bench.where", "--server", str(folder)]
        running = stack.enter_context(process(call, keys, stack.enter_context(log.open("wb"))))
        link = wait_for(running, log, r"http://127\.0\.0\.1:\d+")
        target = Target("Pochoir", link[0], running.pid, stored=folder / "data" / "blobs")
        asyncio.run(one_by_one(target, 20, warm=True))
        asyncio.run(one_by_one(target, count))
        os.kill(running.pid, signal.SIGUSR1)
        found = folder / "where.json"
        for _ in range(100):
            if found.exists():
                break
            time.sleep(0.1)
        medians = json.loads(found.read_text())
        for step, took in zip(STEPS, medians, strict=True):
            print(f"{step:26} {took:6.2f} ms")
        print(f"{'all of it':26} {sum(medians):6.2f} ms; the client sees {target.p50:.2f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--folder", type=Path, default=MEMORY if MEMORY.is_dir() else None)
    parser.add_argument("--server", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.server:
        serve(given.server)
    else:
        measure(given.count, given.folder)


if __name__ == "__main__":
    main()
