"""Where every stand-in listens: a port of its own on the loopback interface, for as long as it is needed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web


@asynccontextmanager
async def listening(app: web.Application, *, cancels: bool = False) -> AsyncIterator[str]:
    """The origin, as `http://127.0.0.1:1234`. `cancels`: an answer is given up when its client goes away."""
    runner = web.AppRunner(app, handler_cancellation=cancels, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
