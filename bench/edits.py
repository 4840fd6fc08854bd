"""A contact sheet of the built-in illustrator's edits, drawn by one command, to be looked at; and how long each takes.

python -m bench.edits [--out build/edits] [--quality medium] [--edge 320]
The photographs that go in are made by bench/photos.py. Prints what was understood of each instruction.
"""

from __future__ import annotations

import argparse
import io
import time
from pathlib import Path

from PIL import Image

from bench import photos
from pochoir.domain.errors import InvalidRequest
from pochoir.engines.builtin.edits.desk import EditJob
from pochoir.engines.builtin.edits.edit import edit
from pochoir.engines.builtin.illustrate import Job, seed_of

CASES = Path(__file__).parent / "data/edits.txt"


def inputs() -> dict[str, bytes]:
    """The photographs, by the names that the list of instructions uses."""
    return {
        "bottle": photos.packed(photos.bottle()),
        "vase": photos.packed(photos.vase()),
        "jar": photos.packed(photos.jar(), "JPEG"),
        "ball": photos.packed(photos.ball()),
        "logo": photos.packed(photos.logo()),
        "meadow": photos.packed(photos.meadow(), "JPEG"),
    }


def cases() -> list[tuple[list[str], str]]:
    """(names of the images, instruction) for each line `name name: instruction`."""
    found = []
    for line in CASES.read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            names, _, prompt = line.partition(": ")
            found.append((names.split(), prompt))
    return found


def on_checks(picture: Image.Image, edge: int) -> Image.Image:
    """A picture in a cell, over the grey checks that show what is transparent."""
    checks = Image.new("RGB", (2, 2), "#dddddd")
    checks.putpixel((0, 0), (190, 190, 190))
    checks.putpixel((1, 1), (190, 190, 190))
    cell = Image.new("RGB", (edge, edge), "#7f7f7f")
    shown = picture.convert("RGBA")
    shown.thumbnail((edge - 6, edge - 6))
    tiled = Image.new("RGB", shown.size)
    tile = checks.resize((24, 24), Image.Resampling.NEAREST)
    for x in range(0, shown.width, 24):
        for y in range(0, shown.height, 24):
            tiled.paste(tile, (x, y))
    tiled.paste(shown, mask=shown)
    cell.paste(tiled, ((edge - shown.width) // 2, (edge - shown.height) // 2))
    return cell


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("build/edits"))
    parser.add_argument("--quality", default="medium", choices=["low", "medium", "high"])
    parser.add_argument("--edge", type=int, default=320)
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    files, chosen, columns = inputs(), cases(), 7
    rows = -(-len(chosen) // columns)
    sheet = Image.new("RGB", (columns * given.edge, rows * given.edge), "#7f7f7f")
    spent = []
    for number, (names, prompt) in enumerate(chosen):
        job = Job(prompt, 0, 0, given.quality, False, "png", None, seed_of(prompt, 0, 0))
        start = time.perf_counter()
        try:
            data, said, _ = edit(EditJob(job, tuple(files[name] for name in names)))
        except InvalidRequest as refusal:
            print(f"{number:3d}  {prompt!r}\n     refused: {refusal.message}")
            continue
        spent.append(time.perf_counter() - start)
        print(f"{number:3d}  {prompt!r}  {spent[-1] * 1000:.0f} ms\n     {said}")
        cell = on_checks(Image.open(io.BytesIO(data)), given.edge)
        sheet.paste(cell, (number % columns * given.edge, number // columns * given.edge))
    path = given.out / "edits.png"
    sheet.save(path)
    middle = sorted(spent)[len(spent) // 2]
    print(f"{len(spent)} edits, median {middle * 1000:.0f} ms, slowest {max(spent) * 1000:.0f} ms\n{path}")


if __name__ == "__main__":
    main()
