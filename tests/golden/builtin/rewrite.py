"""Rewrite the golden SHA-256 of the illustrator's SVG. Review the diff, and the pictures.

python tests/golden/builtin/rewrite.py
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from pochoir.engines.builtin.compose import compose
from pochoir.engines.builtin.understand import understand

GOLDEN = Path(__file__).with_name("svg.json")
PROMPTS = (
    "Product shot of our new sneaker on a pastel background",
    'Poster "SUMMER SALE" with two purple umbrellas on the beach',
    "a purple cat to the left of a red apple",
    "five yellow balloons over a brown dog in the park",
    "red car and green bus in the city at night",
    "icon set: rocket, chart, lock, heart",
    "seamless pattern of lemons and leaves",
    "sticker of a cute cat",
    'Mock-up of a phone with a green apple "Fresh"',
    "ein roter Turnschuh auf mintgrünem Hintergrund",
    "パステル背景の赤いスニーカー",
    "Innovation and trust for a better tomorrow",
    'Birthday card "Happy Birthday" with a cake and five balloons',
    "a flibbertigibbet next to a brown dog",
    "a fox in the forest, watercolour",
    "a castle on a hill, paper cut style",
    "risograph print of a tiger and leaves",
    "blueprint of a bicycle",
    'neon sign "Open late" with a cocktail',
    "isometric truck and packages",
    "3d glossy heart",
    "line art of a cup of coffee",
)


def digests() -> dict[str, str]:
    """Prompt and quality -> SHA-256 of the SVG at 1024x1024 with seed 7."""
    found = {}
    for number, prompt in enumerate(PROMPTS):
        quality = ("low", "medium", "high")[number % 3]
        svg = compose(understand(prompt), prompt, 1024, 1024, quality=quality, transparent=False, seed=7)
        found[f"{quality}: {prompt}"] = hashlib.sha256(svg.encode()).hexdigest()
    return found


if __name__ == "__main__":
    GOLDEN.write_text(json.dumps(digests(), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    print(f"{len(PROMPTS)} digests written")
