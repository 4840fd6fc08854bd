"""A hundred posters with quoted texts in twelve scripts, judged from the picture: is every text there, spelled right,
inside the margins, with a contrast of 4.5:1? Read by OCR too, where tesseract with the language is installed.

python -m bench.posters [--out DIR] [--no-ocr] [--only WORD] [--seed N]
Prints a table by script; --out keeps the pictures, --seed N draws other variants.
"""

from __future__ import annotations

import argparse
import difflib
import shutil
import subprocess
import tempfile
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

from bench import lettered
from pochoir.engines.builtin.illustrate import Job, illustrate, seed_of

POSTERS = Path(__file__).parent / "data/posters.txt"
READ = 0.7
"""Share of letters in order that OCR must give back: it misreads display type, more so in some scripts."""


@dataclass(frozen=True, slots=True)
class Poster:
    """One line of the file."""

    script: str
    languages: str
    size: tuple[int, int]
    prompt: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found of one text: `alike` 0 to 1, the contrast's ratio, and what OCR read (None: not asked)."""

    text: str
    present: bool
    alike: float
    inside: bool
    contrast: float
    read: float | None

    @property
    def good(self) -> bool:
        enough = self.contrast >= lettered.CONTRAST
        return self.present and self.inside and enough and self.alike >= lettered.ALIKE


def posters(only: str = "") -> Iterator[Poster]:
    for line in POSTERS.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#") and only.lower() in line.lower():
            script, languages, size, prompt = (part.strip() for part in line.split("|", 3))
            wide, high = size.split("x")
            yield Poster(script, languages, (int(wide), int(high)), prompt)


@cache
def languages() -> frozenset[str]:
    """The languages that tesseract has; none when it is not installed."""
    if not shutil.which("tesseract"):
        return frozenset()
    said = subprocess.run(["tesseract", "--list-langs"], capture_output=True, text=True, check=True).stdout
    return frozenset(said.split()[1:])


def read(text: lettered.Text, expected: str, wanted: str) -> float | None:
    """Share of the expected letters that OCR reads from the text's pixels, in black on white. None: no such language."""
    if not set(wanted.split("+")) <= languages():
        return None
    rows, columns = np.nonzero(text.whole)
    part = text.whole[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    page = Image.fromarray(np.where(part, 0, 255).astype(np.uint8))
    scale = 64 * len(text.lines) / page.height
    page = page.resize(
        (max(round(page.width * scale), 8), max(round(page.height * scale), 8)), Image.Resampling.LANCZOS
    )
    framed = Image.new("L", (page.width + 60, page.height + 60), 255)
    framed.paste(page, (30, 30))
    with tempfile.NamedTemporaryFile(suffix=".png") as file:
        framed.save(file.name)
        order = ["tesseract", file.name, "-", "-l", wanted, "--psm", "6" if len(text.lines) > 1 else "7"]
        said = subprocess.run(order, capture_output=True, text=True, check=True).stdout
    return difflib.SequenceMatcher(None, _letters(expected), _letters(said), autojunk=False).ratio()


def _letters(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(c for c in plain if unicodedata.category(c)[0] in "LMN")


def judge(poster: Poster, *, ocr: bool, shift: int = 0) -> tuple[Image.Image, list[Verdict]]:
    """Draw a poster and judge each of its texts. `shift` is added to the seed, for other variants."""
    seed = seed_of(poster.prompt, *poster.size) + shift
    svg = illustrate(Job(poster.prompt, *poster.size, "medium", False, "svg", None, seed))[0].decode()
    picture = lettered.pixels(svg)
    found, verdicts = lettered.texts(svg, picture), []
    for expected in lettered.quoted(poster.prompt):
        scores = [lettered.spelled(text, expected) for text in found]
        if not scores or max(scores) == 0:
            verdicts.append(Verdict(expected, False, 0.0, False, 0.0, None))
            continue
        text = found[scores.index(max(scores))]
        seen = read(text, expected, poster.languages) if ocr else None
        verdicts.append(
            Verdict(expected, True, max(scores), lettered.inside(text), lettered.contrast(text, picture), seen)
        )
    return picture, verdicts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--no-ocr", action="store_true")
    parser.add_argument("--only", default="", help="a word of a line of the file")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="added to each poster's own seed")
    given = parser.parse_args()
    table = defaultdict[str, list[list[Verdict]]](list)
    for number, poster in enumerate(posters(given.only)):
        picture, verdicts = judge(poster, ocr=not given.no_ocr, shift=given.seed)
        table[poster.script].append(verdicts)
        if given.out:
            given.out.mkdir(parents=True, exist_ok=True)
            picture.convert("RGB").save(given.out / f"{number:03d}-{poster.script.lower()}.png")
        for v in verdicts:
            if not v.good or (v.read is not None and v.read < READ):
                said = "" if v.read is None else f"  OCR {v.read:.2f}"
                print(
                    f"{poster.script}: “{v.text}”  like {v.alike:.2f}  contrast {v.contrast:.1f}  inside {v.inside}{said}"
                )
    show(dict(table))


def show(table: dict[str, list[list[Verdict]]]) -> None:
    """Print the table: posters and texts of a script, and how many of the texts pass each question."""
    print(f"\n{'script':12s} posters  texts  there  spelled  inside  contrast  all good   read by OCR")
    for script, found in [*table.items(), ("all", [v for rows in table.values() for v in rows])]:
        texts = [v for verdicts in found for v in verdicts]
        asked = [v.read for v in texts if v.read is not None]
        ocr = f"{sum(r >= READ for r in asked)} of {len(asked)}" if asked else "not checked by OCR"
        counts = [
            len(found), len(texts), sum(v.present for v in texts), sum(v.alike >= lettered.ALIKE for v in texts),
            sum(v.inside for v in texts), sum(v.contrast >= lettered.CONTRAST for v in texts),
            sum(all(v.good for v in verdicts) for verdicts in found),
        ]  # fmt: skip
        print(
            f"{script:12s}" + "".join(f"{n:{w}d}" for n, w in zip(counts, (8, 7, 7, 9, 8, 10, 10), strict=True)),
            ocr,
            sep="   ",
        )


if __name__ == "__main__":
    main()
