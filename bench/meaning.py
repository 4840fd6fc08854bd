"""Search by meaning against search by words: how often what is looked for comes first, or among the first three.

    python -m bench.meaning [--all]
Everyday words are looked for among 40 prompts that say it otherwise (bench/data/meaning.txt, written before it was tried);
then how long a search among 10,000 prompts takes. `--all` prints what came for each.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from pochoir.features.images.library import LIKE
from pochoir.infra.meaning import Wanted

DATA = Path(__file__).parent / "data/meaning.txt"
MANY = 10_000


def read() -> tuple[list[str], dict[str, list[str]]]:
    """Prompts, and what is looked for -> words of the prompts that are meant."""
    lines = [line for line in DATA.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    middle = lines.index("==")
    pairs = (line.split(" | ") for line in lines[middle + 1 :])
    return lines[:middle], {wanted: meant.split(", ") for wanted, meant in pairs}


def found(wanted: str, prompts: list[str]) -> list[str]:
    """Prompts near enough to be shown, nearest first."""
    held = Wanted(wanted)
    near = sorted(((held.closeness(prompt), prompt) for prompt in prompts), reverse=True)
    return [prompt for closeness, prompt in near if closeness >= LIKE]


def main() -> None:
    prompts, looked_for = read()
    first = three = words = 0
    for wanted, meant in looked_for.items():
        shown = found(wanted, prompts)
        right = [any(part in prompt for part in meant) for prompt in shown]
        first, three = first + any(right[:1]), three + any(right[:3])
        words += any(wanted in prompt.lower() for prompt in prompts if any(part in prompt for part in meant))
        if "--all" in sys.argv:
            print(f"  {wanted}: {'; '.join(shown[:3]) or 'nothing'}")
    total = len(looked_for)
    print(f"comes first            {first:3d} of {total}   {first / total:.0%}")
    print(f"among the first three  {three:3d} of {total}   {three / total:.0%}")
    print(f"found by its words     {words:3d} of {total}   {words / total:.0%}")
    many = [f"{prompts[number % len(prompts)]}, number {number}" for number in range(MANY)]
    for word in ("first", "next"):
        began = time.perf_counter()
        found("happy dog", many)
        print(f"{word} search in {MANY:,} prompts: {(time.perf_counter() - began) * 1000:.0f} ms")


if __name__ == "__main__":
    main()
