"""Many at once: 500 requests for 2 MB images in flight through one `pochoir serve`, none lost, memory bounded.

The loopback provider of bench/gateway.py answers each at once, which is the worst case: every answer arrives together.
Each round opens so many connections, sends one request on each in the same moment and waits for all. Printed: answers,
the 99th percentile straight to the provider and through Pochoir, and the most memory that the server ever held, for
a small crowd and for the whole one, each in a server of its own: those that wait must not hold their answers in memory.

    python -m bench.crowd [--crowd 500] [--small 100] [--rounds 3]
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from bench.gateway import MEMORY, Target, connect, start_pochoir, start_upstream

PER_WAITING = 0.5
"""MB that one more waiting request may take: its connections and the first read, not its answer (2.7 MB)."""


@dataclass
class Crowd:
    """What a crowd of one size met."""

    size: int
    direct: list[float] = field(default_factory=list)
    through: list[float] = field(default_factory=list)
    lost: int = 0
    memory: float = 0.0

    def row(self) -> str:
        added = p99(self.through) - p99(self.direct)
        return (
            f"{self.size:6} {len(self.through):8} {self.lost:5} {statistics.median(self.through) * 1000:8.0f} "
            f"{p99(self.through) * 1000:8.0f} {added * 1000:10.0f} {self.memory:8.0f}"
        )


def p99(taken: list[float]) -> float:
    return statistics.quantiles(taken, n=100)[98] if len(taken) > 1 else max(taken, default=0.0)


async def all_at_once(target: Target, size: int) -> tuple[list[float], int]:
    """Seconds of each answer, and how many never came."""
    clients = [await connect(target) for _ in range(size)]
    answers = await asyncio.gather(*(client.ask() for client in clients), return_exceptions=True)
    for client in clients:
        client.transport.close()
    failures = [answer for answer in answers if isinstance(answer, BaseException)]
    for failure in failures[:3]:
        print(f"{target.name}: {failure!r}", file=sys.stderr)
    return [answer for answer in answers if isinstance(answer, float)], len(failures)


async def rounds_of(direct: Target, ours: Target, crowd: Crowd, rounds: int) -> None:
    for _ in range(rounds):
        taken, _ = await all_at_once(direct, crowd.size)
        crowd.direct += taken
        taken, lost = await all_at_once(ours, crowd.size)
        crowd.through += taken
        crowd.lost += lost
        await asyncio.sleep(0.5)
        ours.tidy()
    crowd.memory = ours.memory


def run(size: int, rounds: int, folder: Path | None) -> Crowd:
    crowd = Crowd(size)
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pochoir-crowd-", dir=folder)))
        direct = start_upstream(stack, place)
        ours = start_pochoir(stack, place, direct.url)
        asyncio.run(rounds_of(direct, ours, crowd, rounds))
    return crowd


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--crowd", type=int, default=500)
    parser.add_argument("--small", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=MEMORY if MEMORY.is_dir() else None)
    given = parser.parse_args()
    print(f"{'crowd':>6} {'answers':>8} {'lost':>5} {'p50 ms':>8} {'p99 ms':>8} {'added p99':>10} {'peak MB':>8}")
    crowds = [run(size, given.rounds, given.folder) for size in (given.small, given.crowd)]
    for crowd in crowds:
        print(crowd.row())
    small, whole = crowds
    each = (whole.memory - small.memory) / (whole.size - small.size)
    print(f"memory of one more that waits: {each:.2f} MB (at most {PER_WAITING}; its answer has 2.7)")
    reached = not small.lost and not whole.lost and each <= PER_WAITING
    print("reached" if reached else "NOT reached")
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
