"""The share of GenEval's 553 prompts that the built-in illustrator fulfils, judged from the pixels of its pictures.

python -m bench.geneval [--limit N] [--class C] [--edge 512] [--variant 0] [--sheet FILE]
The judge (bench/sight) knows the drawings of the archive and no scene. Each picture is also held against lines that it
must not fulfil: another class, one more and one less, another colour, the opposite place. --sheet draws the failures.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections import defaultdict
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

from bench.sight.classes import DRAWINGS, drawings_of
from bench.sight.judge import Judge
from bench.sight.look import Picture
from bench.sight.pixels import decode
from bench.sight.terms import TERMS
from pochoir.engines.builtin.illustrate import Job, illustrate, seed_of

DATA = Path(__file__).resolve().parent / "data/geneval/evaluation_metadata.jsonl"
TARGET = 0.95
_OPPOSITE = {"left of": "right of", "right of": "left of", "above": "below", "below": "above"}
Line = dict[str, Any]


@dataclass
class Tally:
    """What came out for one class of prompts."""

    asked: int = 0
    held: int = 0
    wrong_asked: int = 0
    wrong_held: int = 0
    failures: list[tuple[Line, str, Image.Image]] = field(default_factory=list)
    accepted: list[tuple[Line, str, Image.Image]] = field(default_factory=list)


def lines(limit: int = 0, only: str = "") -> list[Line]:
    """The metadata, one line a prompt. With `limit`, as many spread over the list; with `only`, one class of prompts."""
    found = [json.loads(line) for line in DATA.read_text(encoding="utf-8").splitlines()]
    found = [line for line in found if not only or line["tag"] == only]
    return found[:: max(1, len(found) // limit)][:limit] if limit else found


def draw(prompt: str, edge: int, variant: int = 0) -> bytes:
    """The illustrator's PNG for a prompt, as a request without a seed gets it; `variant` is added to its seed."""
    seed = seed_of(prompt, edge, edge) + variant
    return illustrate(Job(prompt, edge, edge, "medium", False, "png", None, seed))[0]


def wrong(line: Line, chance: random.Random) -> Iterator[tuple[str, Line]]:
    """Lines that a picture of this one must not fulfil, each with what was changed."""
    here = {known for wanted in line["include"] for known in drawings_of(wanted["class"])}
    others = [name for name in DRAWINGS if not here & set(drawings_of(name))]
    for name in chance.sample(others, 2):
        yield f"{name} instead", _changed(line, -1, **{"class": name, "color": None})
    for number, wanted in enumerate(line["include"]):
        if line["tag"] == "counting":
            yield "one more", {"include": [{**wanted, "count": wanted["count"] + 1}]}
            yield (
                "one less",
                {
                    "include": [{**wanted, "count": wanted["count"] - 1}],
                    "exclude": [{"class": wanted["class"], "count": wanted["count"]}],
                },
            )
        if wanted.get("color"):
            colour = chance.choice([term for term in TERMS if term not in {wanted["color"], "gray"}])
            yield f"{colour} instead", _changed(line, number, color=colour)
        if wanted.get("position"):
            place, other = wanted["position"]
            yield "opposite place", _changed(line, number, position=[_OPPOSITE[place], other])
    if line["tag"] == "color_attr":
        first, second = (wanted["color"] for wanted in line["include"])
        if first != second:
            yield "colours swapped", _changed(_changed(line, 0, color=second), 1, color=first)


def _changed(line: Line, number: int, **values: Any) -> Line:
    made = deepcopy(line)
    made.pop("exclude", None)
    made["include"][number].update(values)
    return made


def run(chosen: list[Line], edge: int, variant: int = 0) -> dict[str, Tally]:
    """Draw and judge every line; by class of prompts."""
    tallies: dict[str, Tally] = defaultdict(Tally)
    chance = random.Random(553)
    for line in chosen:
        data = draw(line["prompt"], edge, variant)
        pixels = decode(data)
        judge, tally = Judge(Picture(pixels)), tallies[line["tag"]]
        verdict = judge.judge(line)
        tally.asked += 1
        tally.held += verdict.holds
        shown = Image.fromarray(pixels).resize((256, 256))
        if not verdict.holds:
            tally.failures.append((line, verdict.why, shown))
        for changed, other in wrong(line, chance):
            tally.wrong_asked += 1
            if judge.judge(other).holds:
                tally.wrong_held += 1
                tally.accepted.append((line, changed, shown))
    return tallies


def sheet(found: list[tuple[Line, str, Image.Image]], path: Path) -> None:
    """The pictures in rows of eight, in the order of the printed list."""
    rows = max(1, -(-len(found) // 8))
    page = Image.new("RGB", (8 * 256, rows * 256), "#7f7f7f")
    for number, (_, _, shown) in enumerate(found):
        page.paste(shown.resize((252, 252)), (number % 8 * 256, number // 8 * 256))
    page.save(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--limit", type=int, default=0, help="so many prompts, spread over the list")
    parser.add_argument("--class", dest="only", default="", help="one class of prompts, such as counting")
    parser.add_argument("--edge", type=int, default=512, help="pixels of a picture's side")
    parser.add_argument("--variant", type=int, default=0, help="the pictures that follow by seed: 1 for the second")
    parser.add_argument("--sheet", type=Path, help="write the failures, then the falsely accepted, as a picture")
    given = parser.parse_args()
    start = time.perf_counter()
    tallies = run(lines(given.limit, given.only), given.edge, given.variant)
    taken = time.perf_counter() - start
    failures = [item for tally in tallies.values() for item in tally.failures]
    accepted = [item for tally in tallies.values() for item in tally.accepted]
    for title, found in (("not fulfilled", failures), ("accepted, and should not be", accepted)):
        for number, (line, why, _) in enumerate(found):
            print(f"{title} {number:3d}  {line['prompt']}  ({why})")
    if given.sheet:
        sheet(failures + accepted, given.sheet)
    print(f"\n{'':16s} {'fulfilled':>18s} {'wrong lines accepted':>24s}")
    total = Tally()
    for tag, tally in tallies.items():
        _print(tag, tally)
        for name in ("asked", "held", "wrong_asked", "wrong_held"):
            setattr(total, name, getattr(total, name) + getattr(tally, name))
    _print("all", total)
    reached = total.held / max(1, total.asked) > TARGET
    print(f"{taken:.0f} s. Target: above {TARGET}. {'Reached.' if reached else 'NOT reached.'}")


def _print(tag: str, tally: Tally) -> None:
    share, false = tally.held / max(1, tally.asked), tally.wrong_held / max(1, tally.wrong_asked)
    fulfilled = f"{tally.held:4d} of {tally.asked:3d} {share:7.3f}"
    print(f"{tag:16s} {fulfilled} {tally.wrong_held:8d} of {tally.wrong_asked:4d} {false:8.4f}")


if __name__ == "__main__":
    main()
