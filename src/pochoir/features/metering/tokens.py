"""How many tokens an image or a text costs. Every formula names its source; see docs/prices.md for the whole list."""

from __future__ import annotations

import math
import unicodedata

from pochoir.domain.catalog import TokenRules
from pochoir.domain.images import Size

_PATCHES = {"low": 16, "medium": 48, "high": 96}
_TILE = 512
_TILES_BASE, _TILE_TOKENS = 65, 129
_PATCH_EDGE, _PATCH_BUDGET = 32, 1536


def output_tokens(rules: TokenRules, quality: str, size: Size) -> tuple[int, str] | None:
    """Output tokens of one image, and a note when they are an estimate (empty when exact); None when nothing is known.

    `table`: OpenAI's published table (image generation guide; community.openai.com/t/1275254). A size that is not in it
    is estimated from the nearest one by pixels. `gpt-image-2`: see `patch_tokens`.
    """
    if rules.output == "gpt-image-2":
        patches = (rules.grid or _PATCHES).get(quality)
        note = "the provider publishes no count; rebuilt from resellers' prices" if rules.output_estimated else ""
        return (patch_tokens(patches, size), note) if patches else None
    row = rules.table.get(quality)
    if not row:
        return None
    if str(size) in row:
        return row[str(size)], ""
    nearest = min((Size.parse(text) for text in row), key=lambda known: abs(known.pixels - size.pixels))
    return row[str(nearest)], f"{size} is not in the provider's table; {nearest} is taken for it"


def patch_tokens(patches: int, size: Size) -> int:
    """Output tokens of GPT Image 2 and later.

    F patches on the long side, G = F x short/long rounded half up, tokens = ceil(F x G x (2,000,000 + W x H) /
    4,000,000). Reconstructed from OpenAI's own calculator (community.openai.com/t/1382699); it gives all nine listed
    prices and the five token counts read off the calculator.
    """
    long, short = max(size.width, size.height), min(size.width, size.height)
    across = (2 * patches * short + long) // (2 * long)
    return -(-patches * across * (2_000_000 + size.pixels) // 4_000_000)


def input_tokens(rules: TokenRules, size: Size | None, fidelity: str | None) -> tuple[int, str] | None:
    """Tokens of one image that goes in, and a note when they are an estimate; None when no rule is known.

    Without a size, a square of 1024 pixels is assumed.
    """
    note = "" if size is not None else "the image's size is not known yet; a square is assumed"
    size = size or Size(1024, 1024)
    if rules.input == "tiles-512":
        tokens = tile_tokens(size)
        if fidelity == "high" or rules.always_high_fidelity:
            tokens += rules.high_fidelity.get("square" if size.width == size.height else "other", 0)
        return tokens, note
    if rules.input == "patches-32":
        return input_patch_tokens(size), note or "the provider publishes no formula; measured by users"
    return None


def tile_tokens(size: Size) -> int:
    """Input tokens of GPT Image 1, Mini and 1.5: fit into 2048 x 2048, short side to 512, 65 + 129 a 512-pixel tile.

    Source: OpenAI's guide on images and vision (square 194, 3:2 323, 4:1 581).
    """
    width, height = float(size.width), float(size.height)
    shrink = min(1.0, 2048 / max(width, height))
    width, height = width * shrink, height * shrink
    scale = _TILE / min(width, height)
    tiles = math.ceil(round(width * scale, 6) / _TILE) * math.ceil(round(height * scale, 6) / _TILE)
    return _TILES_BASE + _TILE_TOKENS * tiles


def input_patch_tokens(size: Size) -> int:
    """Input tokens of GPT Image 2 and later, by a fit of users' measurements (community.openai.com/t/1382940).

    32-pixel patches, small images magnified up to twice toward a long side of 1024, the ratio capped at 3:1, at most
    1,536 patches an image.
    """
    long, short = float(max(size.width, size.height)), float(min(size.width, size.height))
    short = max(short, long / 3)
    grow = min(2.0, max(1.0, 1024 / long))
    long, short = long * grow, short * grow
    patches = math.ceil(long / _PATCH_EDGE) * math.ceil(short / _PATCH_EDGE)
    if patches <= _PATCH_BUDGET:
        return patches
    shrink = math.sqrt(_PATCH_BUDGET / patches)
    return min(_PATCH_BUDGET, math.ceil(long * shrink / _PATCH_EDGE) * math.floor(short * shrink / _PATCH_EDGE))


def text_tokens(text: str) -> int:
    """An estimate of a prompt's tokens without the tokenizer: one a wide character (Chinese, Japanese, Korean), else one
    for every four characters of ASCII and for every two and a half of other letters, rounded up.

    Four characters a token is OpenAI's own rule of thumb for English (help.openai.com, "What are tokens").
    """
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    ascii_letters = sum(letter.isascii() for letter in text)
    other = len(text) - wide - ascii_letters
    return wide + -(-ascii_letters // 4) + -(-other * 2 // 5)
