"""What all tests share: a real database in a temporary folder, a clock that can be held, and a closed network."""

from __future__ import annotations

import itertools
import socket
from collections.abc import AsyncIterator
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from pochoir.infra.clock import Clock
from pochoir.infra.db import Database, migrate

NOON = 1_795_435_200_000_000_000
"""2026-11-23T12:00:00Z in nanoseconds since 1970."""


@pytest.fixture(autouse=True)
def closed_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection but to this machine, by name as well as by number."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6}:
            host = str(address[0])
            if host != "localhost" and not ip_address(host.partition("%")[0]).is_loopback:
                raise ConnectionRefusedError(f"tests reach this machine only, not {host}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture
def clock() -> Clock:
    """A clock that starts at noon of 2026-11-23 and steps a millisecond at each look; ids are counted, not random."""
    ticks, counts = itertools.count(NOON, 1_000_000), itertools.count(1)
    return Clock(now_ns=lambda: next(ticks), entropy=lambda size: next(counts).to_bytes(size, "big"))


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    """A migrated SQLite database of its own."""
    url = f"sqlite:///{tmp_path / 'test.sqlite'}"
    migrate(url)
    database = Database(url)
    yield database
    await database.close()
