"""Time of the built-in illustrator: median milliseconds by size and quality, and the first picture of a cold process.

python -m bench.builtin
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

from pochoir.engines.builtin.illustrate import Job, illustrate

PROMPTS = (
    "Product shot of our new sneaker on a pastel background",
    'Poster "SUMMER SALE" with two purple umbrellas and a palm tree on the beach',
    "a fox and an owl in the snow",
    "red car and green bus in the city at night",
    "a sofa with a lamp and a plant in the living room",
    "astronaut and rocket in space",
)
TARGETS = {("low", (1024, 1024)): 60, ("medium", (1024, 1024)): 150}


def median(quality: str, size: tuple[int, int], rounds: int = 5) -> float:
    """Milliseconds for one picture, understanding to PNG, over prompts and rounds."""
    taken = []
    for _ in range(rounds):
        for prompt in PROMPTS:
            start = time.perf_counter()
            illustrate(Job(prompt, *size, quality, False, "png", None, 7))
            taken.append((time.perf_counter() - start) * 1000)
    return statistics.median(taken)


def main() -> None:
    start = time.perf_counter()
    call = "illustrate(Job('a dog', 1024, 1024, 'medium', False, 'png', None, 1))"
    code = f"from pochoir.engines.builtin.illustrate import *; {call}"
    subprocess.run([sys.executable, "-c", code], check=True)
    print(f"cold process, first 1024x1024 medium   {(time.perf_counter() - start) * 1000:6.0f} ms   (target 1000)")
    for size in ((1024, 1024), (1024, 1536), (1536, 1024)):
        for quality in ("low", "medium", "high"):
            target = TARGETS.get((quality, size))
            print(
                f"{size[0]}x{size[1]} {quality:6s}  {median(quality, size):6.1f} ms"
                + (f"   (target {target})" if target else "")
            )


if __name__ == "__main__":
    main()
