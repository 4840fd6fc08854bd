"""Time and memory of the built-in illustrator: by size and quality, a cold process, memory, the worst bad input.

python -m bench.builtin            everything
python -m bench.builtin --quick    without the bad input
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

from bench.prompts import BAD
from pochoir.engines.builtin.illustrate import Job, illustrate

PROMPTS = (
    "Product shot of our new sneaker on a pastel background",
    'Poster "SUMMER SALE" with two purple umbrellas and a palm tree on the beach',
    "a fox and an owl in the snow",
    "red car and green bus in the city at night",
    "a sofa with a lamp and a plant in the living room",
    "astronaut and rocket in space",
    "3d glossy camera beside a coffee and a croissant",
    "line icons: rocket, chart, lock, heart",
)
TARGETS = {("low", (1024, 1024)): 60, ("medium", (1024, 1024)): 150}
COLD, MEMORY, WORST, MOST = 1000, 150, 2000, 500
"""Targets: milliseconds of a cold first picture, megabytes above idle, milliseconds and megabytes of any bad input."""
_CALL = "illustrate(Job('a dog', 1024, 1024, 'medium', False, 'png', None, 1))"
_MEMORY = """
import sys
from bench.builtin import PROMPTS, megabytes
from pochoir.engines.builtin.illustrate import Job, illustrate
idle = megabytes()
for _ in range(3):
    for prompt in PROMPTS:
        illustrate(Job(prompt, 1024, 1024, sys.argv[1], False, "png", None, 7))
print(megabytes() - idle)
"""
_BAD = """
import sys, time
from bench.builtin import megabytes
from bench.prompts import BAD
from pochoir.engines.builtin.illustrate import Job, illustrate
illustrate(Job("a dog", 64, 64, "medium", False, "png", None, 1))
start = time.perf_counter()
illustrate(Job(BAD[sys.argv[1]], 1024, 1024, sys.argv[2], False, "png", None, 1))
print((time.perf_counter() - start) * 1000, megabytes())
"""


def megabytes() -> float:
    """The most memory this process has held since it started its program (Linux)."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def median(quality: str, size: tuple[int, int], rounds: int = 5) -> float:
    """Milliseconds for one picture, understanding to PNG, over prompts and rounds."""
    taken = []
    for _ in range(rounds):
        for prompt in PROMPTS:
            start = time.perf_counter()
            illustrate(Job(prompt, *size, quality, False, "png", None, 7))
            taken.append((time.perf_counter() - start) * 1000)
    return statistics.median(taken)


def fresh(code: str, *words: str) -> list[float]:
    """The numbers that code prints in a process of its own."""
    done = subprocess.run([sys.executable, "-c", code, *words], check=True, capture_output=True, text=True)
    return [float(number) for number in done.stdout.split()]


def bad_input() -> None:
    """Every odd and hostile prompt in a process of its own, at high quality."""
    found = sorted((fresh(_BAD, name, "high"), name) for name in BAD)
    for (taken, _), name in found[-3:]:
        print(f"bad input, {name:32s} {taken:6.0f} ms   (target {WORST})")
    largest, name = max((held, name) for (_, held), name in found)
    print(f"bad input, most memory: {name:19s} {largest:6.0f} MB   (target {MOST}, all of the process)")


def main() -> None:
    start = time.perf_counter()
    code = f"from pochoir.engines.builtin.illustrate import *; {_CALL}"
    subprocess.run([sys.executable, "-c", code], check=True)
    print(f"cold process, first 1024x1024 medium   {(time.perf_counter() - start) * 1000:6.0f} ms   (target {COLD})")
    for size in ((1024, 1024), (1024, 1536), (1536, 1024)):
        for quality in ("low", "medium", "high"):
            target = TARGETS.get((quality, size))
            print(
                f"{size[0]}x{size[1]} {quality:6s}  {median(quality, size):6.1f} ms"
                + (f"   (target {target})" if target else "")
            )
    for quality in ("medium", "high"):
        print(f"memory above idle, 1024x1024 {quality:6s}    {fresh(_MEMORY, quality)[0]:6.0f} MB   (target {MEMORY})")
    if "--quick" not in sys.argv:
        bad_input()


if __name__ == "__main__":
    main()
