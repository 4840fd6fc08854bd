"""What the image service adds to a provider's answer, beside LiteLLM's proxy, in the same run.

A loopback upstream answers with a 2 MB image as OpenAI's JSON, another image each time. Measured in interleaved rounds:
straight to the upstream, through `pochoir serve` (checked, reserved, decoded, hashed, stored, charged, answered), through
LiteLLM's proxy (which passes on), and through the least that keeps images at all (bench/bare.py). LiteLLM is installed
into a virtual environment of its own, by this bench only.

    python -m bench.gateway [--rounds 3] [--seconds 3] [--litellm-venv DIR] [--without-litellm]
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import os
import re
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import venv
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

LITELLM = "litellm[proxy]==1.106.2"
IMAGE_BYTES = 2_000_000
MODEL = "gpt-image-2"
CONNECTIONS = 16
MEMORY = Path("/dev/shm")
"""Images are stored here by default, so that the disk of the day is not what is measured; --folder chooses another."""
KEEP_SECONDS = 0.25
"""Stored images are deleted by the bench after this, so that memory which a virtual machine's host hands out for the
first time (several milliseconds for 2 MB) is not what is measured either."""
LATENCY_SHARE, THROUGHPUT_RATIO, MEMORY_SHARE = 0.2, 3.0, 1 / 3


# -- the upstream, in a process of its own ---------------------------------------------------------------------------


def answer_parts() -> tuple[bytes, bytes]:
    """The answer before and after the eight base64 characters that differ from one answer to the next."""
    header = b"IHDR" + struct.pack(">IIBBBBB", 1024, 1024, 8, 2, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    length = IMAGE_BYTES - len(start) - 24
    image = start + struct.pack(">I", length) + b"IDAT" + os.urandom(length) + b"\0\0\0\0\0\0\0\0IEND\xaeB`\x82"
    text = base64.b64encode(image)
    middle = len(text) // 8 * 4
    head = b'{\n  "created": 1795435200,\n  "background": "opaque",\n  "data": [\n    {\n      "b64_json": "'
    tail = (
        b'"\n    }\n  ],\n  "output_format": "png",\n  "quality": "low",\n  "size": "1024x1024",\n  "usage": '
        b'{"input_tokens": 12, "input_tokens_details": {"image_tokens": 0, "text_tokens": 12}, '
        b'"output_tokens": 196, "total_tokens": 208}\n}'
    )
    return head + text[:middle], text[middle + 8 :] + tail


class Provider(asyncio.Protocol):
    """Answers every POST at once, keeping the connection."""

    parts: tuple[bytes, bytes] = (b"", b"")
    count = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.buffer = b""

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            found = re.search(rb"content-length:\s*(\d+)", self.buffer[:end], re.IGNORECASE)
            whole = end + 4 + (int(found[1]) if found else 0)
            if len(self.buffer) < whole:
                return
            self.buffer = self.buffer[whole:]
            Provider.count += 1
            head, tail = self.parts
            differs = base64.b64encode(struct.pack(">IH", Provider.count, 0))
            length = len(head) + len(differs) + len(tail)
            self.transport.write(
                b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % length
            )
            self.transport.writelines([head, differs, tail])


async def provide() -> None:
    Provider.parts = answer_parts()
    server = await asyncio.get_running_loop().create_server(Provider, "127.0.0.1", 0)
    print(f"ready http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", flush=True)
    await server.serve_forever()


# -- the client ------------------------------------------------------------------------------------------------------


class Client(asyncio.Protocol):
    """One connection that sends the same request again and again and checks what comes back."""

    def __init__(self, host: str, port: int) -> None:
        body = b'{"model":"%b","prompt":"A fox in the snow","size":"1024x1024","quality":"low"}' % MODEL.encode()
        self.request = (
            b"POST /v1/images/generations HTTP/1.1\r\nhost: %b:%d\r\nauthorization: Bearer sk-bench\r\n"
            b"content-type: application/json\r\ncontent-length: %d\r\n\r\n" % (host.encode(), port, len(body))
        ) + body

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(ConnectionError("the server closed the connection"))

    async def ask(self) -> float:
        """Seconds until the whole answer is there. Raises ValueError when it is not an image."""
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.head, self.left = b"", -1
        started = time.perf_counter()
        self.transport.write(self.request)
        await self.done
        return time.perf_counter() - started

    def data_received(self, data: bytes) -> None:
        if self.left < 0:
            self.head += data
            end = self.head.find(b"\r\n\r\n")
            if end < 0:
                return
            found = re.search(rb"content-length:\s*(\d+)", self.head[:end], re.IGNORECASE)
            if not self.head.startswith(b"HTTP/1.1 200") or found is None or int(found[1]) < IMAGE_BYTES * 4 // 3:
                self.done.set_exception(ValueError(self.head[:400].decode("latin-1")))
                return
            self.left = end + 4 + int(found[1]) - len(self.head)
        else:
            self.left -= len(data)
        if self.left == 0:
            self.done.set_result(None)


@dataclass
class Target:
    name: str
    url: str
    pid: int
    latencies: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    errors: int = 0
    stored: Path | None = None
    """The folder of the images that it keeps."""

    @property
    def p50(self) -> float:
        return statistics.median(self.latencies) * 1000

    @property
    def rate(self) -> float:
        return statistics.median(self.rates)

    @property
    def memory(self) -> float:
        """The most memory that the process and its children ever held, in MB."""
        return sum(_peak(pid) for pid in [self.pid, *_children(self.pid)]) / 1024

    def tidy(self) -> None:
        """Delete stored images that are older than KEEP_SECONDS."""
        if self.stored is None:
            return
        old = time.time() - KEEP_SECONDS
        for path in self.stored.glob("??/*"):
            if path.stat().st_mtime < old:
                path.unlink()


def _peak(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+)", status)
    return int(found[1]) if found else 0


def _children(pid: int) -> list[int]:
    direct = [int(text) for text in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return [found for child in direct for found in [child, *_children(child)]]


async def connect(target: Target) -> Client:
    match = re.match(r"http://([\d.]+):(\d+)", target.url)
    assert match
    host, port = match[1], int(match[2])
    _, client = await asyncio.get_running_loop().create_connection(lambda: Client(host, port), host, port)
    return client


async def one_by_one(target: Target, count: int, *, warm: bool = False) -> None:
    client = await connect(target)
    taken = []
    for _ in range(count):
        target.tidy()
        taken.append(await client.ask())
    if not warm:
        target.latencies += taken
    client.transport.close()


async def all_at_once(target: Target, seconds: float) -> None:
    clients = [await connect(target) for _ in range(CONNECTIONS)]
    end, answers = time.perf_counter() + seconds, 0

    async def work(client: Client) -> None:
        nonlocal answers
        while time.perf_counter() < end:
            try:
                await client.ask()
                answers += 1
            except (ValueError, ConnectionError) as error:
                target.errors += 1
                print(f"{target.name}: {error}", file=sys.stderr)
                return

    async def tidy() -> None:
        while time.perf_counter() < end:
            await asyncio.sleep(KEEP_SECONDS / 2)
            target.tidy()

    started = time.perf_counter()
    await asyncio.gather(tidy(), *(work(client) for client in clients))
    target.rates.append(answers / (time.perf_counter() - started))
    for client in clients:
        client.transport.close()


# -- processes -------------------------------------------------------------------------------------------------------


@contextmanager
def process(command: list[str], environment: dict[str, str], log: IO[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    running = subprocess.Popen(command, env={**os.environ, **environment}, stdout=log, stderr=subprocess.STDOUT)
    try:
        yield running
    finally:
        running.terminate()
        try:
            running.wait(15)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()


def wait_for(running: subprocess.Popen[bytes], log: Path, pattern: str, seconds: float = 120) -> re.Match[str]:
    end = time.monotonic() + seconds
    while time.monotonic() < end and running.poll() is None:
        if found := re.search(pattern, log.read_text(errors="replace")):
            return found
        time.sleep(0.05)
    raise SystemExit(f"A server did not start:\n{log.read_text(errors='replace')[-3000:]}")


def wait_for_port(running: subprocess.Popen[bytes], port: int, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end and running.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise SystemExit("LiteLLM's proxy does not listen.")


def litellm_environment(folder: Path) -> Path:
    command = folder / "bin/litellm"
    if not command.exists():
        print(f"Installing {LITELLM} into {folder} (once) …", flush=True)
        venv.create(folder, with_pip=True)
        pip = [str(folder / "bin/python"), "-m", "pip", "install", "-q", "--disable-pip-version-check", LITELLM]
        subprocess.run(pip, check=True)
    return command


def start_litellm(stack: ExitStack, command: Path, folder: Path, upstream: str) -> Target:
    config = folder / "litellm.yaml"
    config.write_text(
        f"model_list:\n  - model_name: {MODEL}\n    litellm_params:\n      model: openai/{MODEL}\n"
        f"      api_base: {upstream}\n      api_key: sk-bench\n"
    )
    port = _free_port()
    path = folder / "litellm.log"
    log = stack.enter_context(path.open("wb"))
    call = [str(command), "--config", str(config), "--host", "127.0.0.1", "--port", str(port), "--num_workers", "1"]
    quiet = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_LOG": "ERROR", "LITELLM_TELEMETRY": "False"}
    quiet["LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY"] = "true"  # no key is checked on either side
    running = stack.enter_context(process(call, quiet, log))
    wait_for(running, path, "Proxy initialized")
    wait_for_port(running, port)
    return Target("LiteLLM", f"http://127.0.0.1:{port}", running.pid)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def start_pochoir(stack: ExitStack, folder: Path, upstream: str) -> Target:
    path = folder / "pochoir.log"
    log = stack.enter_context(path.open("wb"))
    command = str(Path(sys.executable).with_name("pochoir"))
    call = [
        command,
        "serve",
        "--port",
        "0",
        "--data",
        str(folder / "data"),
    ]  # started twice: the first makes the folder
    keys = {"OPENAI_API_KEY": "sk-bench", "OPENAI_BASE_URL": upstream, "PYTHONUNBUFFERED": "1"}
    with process(call, keys, log) as first:
        wait_for(first, path, r"http://127\.0\.0\.1:\d+")
    path.write_bytes(b"")
    running = stack.enter_context(process(call, keys, log))
    link = wait_for(running, path, r"http://127\.0\.0\.1:\d+")
    return Target("Pochoir", link[0], running.pid, stored=folder / "data" / "blobs")


def start_bare(stack: ExitStack, folder: Path, upstream: str) -> Target:
    path = folder / "bare.log"
    log = stack.enter_context(path.open("wb"))
    call = [sys.executable, "-m", "bench.bare", str(folder / "bare"), upstream]
    running = stack.enter_context(process(call, {}, log))
    return Target("bare", wait_for(running, path, r"http://\S+")[0], running.pid, stored=folder / "bare")


def start_upstream(stack: ExitStack, folder: Path) -> Target:
    path = folder / "upstream.log"
    log = stack.enter_context(path.open("wb"))
    running = stack.enter_context(process([sys.executable, __file__, "--upstream"], {}, log))
    return Target("direct", wait_for(running, path, r"http://\S+/v1")[0], running.pid)


async def measure(targets: list[Target], rounds: int, seconds: float) -> None:
    for target in targets:
        await one_by_one(target, 5, warm=True)
    for _ in range(rounds):
        for target in targets:
            await one_by_one(target, 40)
        for target in targets:
            await all_at_once(target, seconds)


def report(targets: list[Target]) -> bool:
    direct = targets[0]
    print(f"{'':10} {'p50 ms':>8} {'added ms':>9} {f'req/s at {CONNECTIONS}':>12} {'peak MB':>8} {'errors':>7}")
    for target in targets:
        added = "" if target is direct else f"{target.p50 - direct.p50:9.2f}"
        print(
            f"{target.name:10} {target.p50:8.2f} {added:>9} {target.rate:12.0f} {target.memory:8.0f} {target.errors:7}"
        )
    rows = {target.name: target for target in targets}
    if "LiteLLM" not in rows:
        return True
    ours, theirs, bare = rows["Pochoir"], rows["LiteLLM"], rows["bare"]
    share, least = ((row.p50 - direct.p50) / (theirs.p50 - direct.p50) for row in (ours, bare))
    ratio, memory = ours.rate / theirs.rate, ours.memory / theirs.memory
    print(f"added latency, share of LiteLLM's: {share:.2f} (at most {LATENCY_SHARE}; the bare path {least:.2f})")
    print(f"requests a second, ratio to LiteLLM's: {ratio:.1f} (at least {THROUGHPUT_RATIO:.0f})")
    print(f"peak memory, share of LiteLLM's: {memory:.2f} (at most {MEMORY_SHARE:.2f})")
    within = share <= LATENCY_SHARE and memory <= MEMORY_SHARE
    reached = within and ratio >= THROUGHPUT_RATIO and not ours.errors
    print("reached" if reached else "NOT reached")
    return reached


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--litellm-venv", type=Path, default=Path(tempfile.gettempdir()) / "pochoir-bench-litellm")
    parser.add_argument("--without-litellm", action="store_true")
    parser.add_argument(
        "--folder", type=Path, default=MEMORY if MEMORY.is_dir() else None, help="where images are stored"
    )
    parser.add_argument("--upstream", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.upstream:
        asyncio.run(provide())
        return 0
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pochoir-bench-", dir=given.folder)))
        command = None if given.without_litellm else litellm_environment(given.litellm_venv)
        direct = start_upstream(stack, folder)
        targets = [direct, start_bare(stack, folder, direct.url), start_pochoir(stack, folder, direct.url)]
        if command is not None:
            targets.append(start_litellm(stack, command, folder, direct.url))
        asyncio.run(measure(targets, given.rounds, given.seconds))
        return 0 if report(targets) else 1


if __name__ == "__main__":
    sys.exit(main())
