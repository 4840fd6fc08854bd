"""Tokens as OpenAI bills them: the published table, the calculator's formula for gpt-image-2, tiles for inputs."""

from __future__ import annotations

import math

TABLE = {
    "low": {(1024, 1024): 272, (1024, 1536): 408, (1536, 1024): 400},
    "medium": {(1024, 1024): 1056, (1024, 1536): 1584, (1536, 1024): 1568},
    "high": {(1024, 1024): 4160, (1024, 1536): 6240, (1536, 1024): 6208},
}
PARTIAL = 100
PATCHES = {
    "gpt-image-2.6": {"low": 32, "medium": 48, "high": 48},
    "gpt-image-2.5": {"low": 16, "medium": 24, "high": 48},
    "gpt-image-2": {"low": 16, "medium": 48, "high": 96},
}
"""Patches on an image's long side, for models that are counted so; the longer name first."""


def text_tokens(prompt: str) -> int:
    """Four characters a token, and the six that every request carries."""
    return math.ceil(len(prompt) / 4) + 6


def output_tokens(model: str, quality: str, size: tuple[int, int]) -> int:
    family = next((name for name in PATCHES if model.startswith(name)), None)
    if family is not None:
        long_side = PATCHES[family][quality]
        width, height = size
        other = round(long_side * min(size) / max(size))
        return math.ceil(long_side * other * (2_000_000 + width * height) / 4_000_000)
    return TABLE[quality][size]


def input_tokens(size: tuple[int, int], fidelity: str | None) -> int:
    """Fit within 2048, scale the short side to 512, count tiles of 512: 65 and 129 a tile; high fidelity on top."""
    scale = min(1.0, 2048 / max(size))
    width, height = (edge * scale for edge in size)
    scale = 512 / min(width, height)
    tiles = math.ceil(round(width * scale) / 512) * math.ceil(round(height * scale) / 512)
    extra = 0
    if fidelity == "high":
        extra = 4160 if size[0] == size[1] else 6240
    return 65 + 129 * tiles + extra
