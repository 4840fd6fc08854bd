"""What the stand-ins of providers' own batches share: events to wait for, troubles on request, and what was billed."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from typing import Any


class ProviderBatches:
    """A batch is answered when it has been looked at `looks` times. `open` is false at first: a server without batches.

    `faults`: how the next calls go wrong: `upload 500`, `submit 500`, `submit lost` (it stands, the answer is lost),
    `look 500`, `half a file` (the connection breaks in the middle of the answers). `failing`: why the next batch fails
    as a whole. `refused`: prompts that moderation blocks.
    """

    def __init__(self) -> None:
        self.open = False
        self.looks = 2
        self.faults: deque[str] = deque()
        self.failing = ""
        self.refused: set[str] = set()
        self.files: dict[str, bytes] = {}
        self.batches: dict[str, dict[str, Any]] = {}
        self.billed: Counter[str] = Counter()
        """How often each prompt was answered."""
        self.seconds = 0.0
        """How long an upload, a submission and a download each take."""
        self.events: asyncio.Queue[str] = asyncio.Queue()
        self._seen: Counter[str] = Counter()

    async def after(self, event: str) -> None:
        """Wait until it happens: `upload`, `submit` and `read` when they begin, `uploaded` and `submitted` when done."""
        while await self.events.get() != event:
            pass

    async def _happens(self, event: str) -> None:
        self.events.put_nowait(event)
        await asyncio.sleep(self.seconds)

    def _trouble(self, word: str) -> bool:
        if self.faults and self.faults[0].startswith(word):
            self.faults.popleft()
            return True
        return False
