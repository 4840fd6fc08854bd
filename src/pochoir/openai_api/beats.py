"""Signs of life in a stream while an image is drawn: comments, which clients skip and proxies count as traffic."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

SECONDS = 15.0
"""Between two of them; proxies commonly cut what is silent for a minute, and an image may take two."""
BEAT = b": still drawing\n\n"


async def beats(work: asyncio.Future[Any], seconds: float = SECONDS) -> AsyncIterator[bytes]:
    """A comment every so many seconds until the work is done. Neither stops nor reads it."""
    while not work.done():
        await asyncio.wait({work}, timeout=seconds)
        if not work.done():
            yield BEAT
