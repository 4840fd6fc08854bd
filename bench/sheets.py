"""Contact sheets of the built-in illustrator over tests/fixtures/prompts.txt: drawn by one command, to be looked at.

python -m bench.sheets [--out build/sheets] [--quality medium] [--edge 256] [--only WORD] [--variants N]
Prints what was understood; --only keeps groups and prompts with a word, --variants draws each prompt N times.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from pochoir.engines.builtin.illustrate import Job, illustrate, seed_of

PROMPTS = Path(__file__).resolve().parent.parent / "tests/fixtures/prompts.txt"


def prompts(only: str = "") -> list[str]:
    """The prompts of the file, `\\n` made line breaks; with `only`, those that have the word, or whose group has it."""
    found, group = [], ""
    for line in PROMPTS.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            group = line.partition("group:")[2].strip()
        elif line.strip() and only.lower() in f"{group} {line}".lower():
            found.append(line.replace("\\n", "\n"))
    return found


def shape(prompt: str, edge: int) -> tuple[int, int]:
    """Wide for banners and headers, tall for stories, else square."""
    low = prompt.lower()
    if any(word in low for word in ("banner", "header", "thumbnail", "storyboard")):
        return edge * 3 // 2, edge
    return (edge, edge * 3 // 2) if any(word in low for word in ("story", "book cover", "flyer")) else (edge, edge)


def draw(prompt: str, quality: str, edge: int, step: int = 0) -> tuple[Image.Image, str]:
    width, height = shape(prompt, edge)
    seed = seed_of(prompt, width, height) + step
    data, said = illustrate(Job(prompt, width, height, quality, False, "png", None, seed))
    picture = Image.open(io.BytesIO(data)).convert("RGB")
    picture.thumbnail((edge - 4, edge - 4))
    return picture, said


def pages(chosen: list[str], quality: str, edge: int, variants: int) -> Iterator[Image.Image]:
    """Sheets of 40 pictures, left to right."""
    columns, rows = 8, 5
    cells = [(prompt, step) for prompt in chosen for step in range(variants)]
    for start in range(0, len(cells), columns * rows):
        page = Image.new("RGB", (columns * edge, rows * edge), "#7f7f7f")
        for number, (prompt, step) in enumerate(cells[start : start + columns * rows]):
            picture, said = draw(prompt, quality, edge, step)
            page.paste(picture, (number % columns * edge, number // columns * edge))
            if step == 0:
                print(f"{start + number:3d}  {prompt[:70]!r}\n     {said}")
        yield page


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("build/sheets"))
    parser.add_argument("--quality", default="medium", choices=["low", "medium", "high"])
    parser.add_argument("--edge", type=int, default=256)
    parser.add_argument("--only", default="", help="a word of a group or a prompt")
    parser.add_argument("--variants", type=int, default=1)
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    chosen = prompts(given.only)
    for number, page in enumerate(pages(chosen, given.quality, given.edge, given.variants), start=1):
        path = given.out / f"sheet-{number}.png"
        page.save(path)
        print(path)


if __name__ == "__main__":
    main()
