"""A real `pochoir serve` process on a data folder of its own, and a browser to look at it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from playwright.sync_api import Browser, sync_playwright

from upstream.language_model import LanguageModel
from upstream.moderation import Moderator
from upstream.server import Upstream

T = TypeVar("T")

POCHOIR = Path(sys.executable).with_name("pochoir")
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class Server:
    """One server process. `link` is what it printed."""

    def __init__(self, data: Path, environment: dict[str, str] | None = None) -> None:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI_", "POCHOIR_"))}
        self.data = data
        self.environment = {**clean, **(environment or {})}
        self.link = ""
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            [str(POCHOIR), "serve", "--port", "0", "--data", str(self.data)],
            stdout=subprocess.PIPE,
            text=True,
            env=self.environment,
        )
        assert self._process.stdout is not None
        self.link = self._process.stdout.readline().split()[-1]

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self._process is None:
            return
        self._process.send_signal(how)
        self._process.wait(30)
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._process = None

    def ask(self, path: str, body: Any = None) -> Any:
        """What the server's JSON API answers: to GET, or to POST where there is a body."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.link + path, data, {"content-type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def command(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a `pochoir` command on the same data folder."""
        return subprocess.run(
            [str(POCHOIR), *words, "--data", str(self.data)],
            capture_output=True,
            text=True,
            env=self.environment,
            check=check,
            timeout=120,
        )


def until(true: Callable[[], bool]) -> None:
    """Wait for something that other processes bring about."""
    end = time.monotonic() + 30
    while not true():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.01)


@contextmanager
def serving(data: Path, environment: dict[str, str] | None = None) -> Iterator[Server]:
    server = Server(data, environment)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def chromium() -> str:
    """Where the browser is. `checks/install-system.sh` installs it."""
    for name in ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"):
        if Path(name).exists():
            return name
    raise RuntimeError("Chromium is not installed. Run: sh checks/install-system.sh")


@contextmanager
def browsing() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


def running_upstream() -> AbstractContextManager[Upstream]:
    """The stand-in for the provider, on a loop of its own in a thread."""
    upstream = Upstream()
    return in_a_thread(upstream, upstream.running)


def running_language_model() -> AbstractContextManager[LanguageModel]:
    """The stand-in for a language model, in the same way."""
    model = LanguageModel()
    return in_a_thread(model, model.running)


def running_moderator() -> AbstractContextManager[Moderator]:
    """The stand-in for a moderation endpoint, in the same way."""
    moderator = Moderator()
    return in_a_thread(moderator, moderator.running)


@contextmanager
def in_a_thread(standin: T, running: Callable[[], AbstractAsyncContextManager[object]]) -> Iterator[T]:
    ready, stop = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        async with running():
            ready.set()
            await stop.wait()

    def work() -> None:
        loop.run_until_complete(serve())
        loop.close()

    thread = threading.Thread(target=work, name="stand-in")
    thread.start()
    try:
        ready.wait(10)
        yield standin
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
