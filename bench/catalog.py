"""How long the catalogue's pages take at 300 models: the directory, one search, one model, one comparison, one month.

    python -m bench.catalog [--cards 300] [--rounds 40]

300 cards are made from the shipped ones. Each page is asked for in this process, through the whole application and its
guards; the median and the slowest tenth are printed, with the median's ratio to the limit of 20 ms.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import httpx2

from pochoir import bootstrap
from pochoir.config import Settings
from pochoir.domain.catalog import Card
from pochoir.features.catalog.cards import load_cards
from pochoir.features.catalog.service import CatalogService
from pochoir.infra.db import migrate

LIMIT_MS = 20.0
PAGES = (
    ("directory, all models", "/models?status=any"),
    ("directory, as it opens", "/models"),
    ("directory, a search", "/models?q=photo&can=edit&sort=price"),
    ("one model", "/models/gpt-image-2"),
    ("comparison", "/compare/gpt-image-1-vs-gpt-image-1-mini"),
    ("comparison, many sizes", "/compare/gpt-image-2.6-flare-vs-gemini-3.1-flash-image"),
    ("a month of work", "/compare/gpt-image-2-vs-flux-2-pro?images=5000&quality=high"),
)


def many(cards: Sequence[Card], count: int) -> tuple[Card, ...]:
    """The cards, then copies of them under further names, until there are `count`."""
    found = list(cards)
    while len(found) < count:
        base, number = cards[len(found) % len(cards)], len(found) // len(cards)
        new = {"id": f"{base.id}-copy-{number}", "name": f"{base.name} copy {number}", "aliases": (), "snapshots": ()}
        found.append(base.model_copy(update=new))
    return tuple(found[:count])


async def measure(count: int, rounds: int) -> list[tuple[str, float, float, int]]:
    """Median and slowest tenth in milliseconds, and the bytes, of each page."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data=Path(folder))
        migrate(settings.database_url)
        workspace = bootstrap.assemble(settings)
        catalog = CatalogService(many(load_cards(bootstrap.CARDS), count))
        workspace.services = replace(workspace.services, catalog=catalog)
        app = bootstrap.build(settings, workspace)
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8300") as client:
            rows = [(name, *await _times(client, path, rounds)) for name, path in PAGES]
        await workspace.services.db.close()
        return rows


async def _times(client: httpx2.AsyncClient, path: str, rounds: int) -> tuple[float, float, int]:
    times, size = [], 0
    for turn in range(rounds + 3):
        began = time.perf_counter()
        answer = await client.get(path)
        if turn >= 3:
            times.append((time.perf_counter() - began) * 1000)
        size = len(answer.content)
        assert answer.status_code == 200, f"{path} answered {answer.status_code}"
    return statistics.median(times), statistics.quantiles(times, n=10)[-1], size


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cards", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=40)
    given = parser.parse_args()
    print(f"{given.cards} models, {given.rounds} rounds, limit {LIMIT_MS:.0f} ms")
    for name, median, slow, size in asyncio.run(measure(given.cards, given.rounds)):
        ratio = f"{median / LIMIT_MS:.2f} of the limit"
        print(f"{name:26} {median:6.1f} ms   slowest tenth {slow:6.1f} ms   {size / 1024:5.0f} KB   {ratio}")


if __name__ == "__main__":
    main()
