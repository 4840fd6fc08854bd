"""Token formulas against the numbers that their sources print, and the rule of thumb for words."""

from __future__ import annotations

import pytest

from pochoir.domain.catalog import TokenRules
from pochoir.domain.images import Size
from pochoir.features.metering.tokens import (
    input_patch_tokens,
    input_tokens,
    output_tokens,
    patch_tokens,
    text_tokens,
    tile_tokens,
)

HIGH = {"square": 4160, "other": 6240}
TILES = TokenRules(input="tiles-512", high_fidelity=HIGH, source="s")


@pytest.mark.parametrize(
    ("size", "tokens"),
    [("1024x1024", 194), ("1536x1024", 323), ("1024x1536", 323), ("2048x512", 581), ("8000x8000", 194)],
)
def test_tiles(size: str, tokens: int) -> None:
    assert tile_tokens(Size.parse(size)) == tokens


def test_high_fidelity_adds_by_shape() -> None:
    assert input_tokens(TILES, Size(1024, 1024), "high") == (194 + 4160, "")
    assert input_tokens(TILES, Size(1024, 1536), "high") == (323 + 6240, "")
    always = TILES.model_copy(update={"always_high_fidelity": True})
    assert input_tokens(always, Size(1024, 1536), "low") == (323 + 6240, "")


def test_what_is_not_known_is_an_estimate_or_nothing() -> None:
    found = input_tokens(TILES, None, None)
    assert found is not None
    assert found[0] == 194
    assert "not known yet" in found[1]
    assert input_tokens(TokenRules(source="s"), None, None) is None
    assert output_tokens(TokenRules(source="s"), "low", Size(1024, 1024)) is None


@pytest.mark.parametrize(
    ("size", "tokens"),
    [("1792x1024", 5063), ("3584x2048", 12329), ("1024x1024", 7024), ("1024x1536", 5488), ("1536x1024", 5488)],
)
def test_the_patch_formula_at_high(size: str, tokens: int) -> None:
    assert patch_tokens(96, Size.parse(size)) == tokens


def test_a_size_beside_the_table_takes_the_nearest() -> None:
    rules = TokenRules(output="table", table={"low": {"1024x1024": 272, "1024x1536": 408}}, source="s")
    assert output_tokens(rules, "low", Size(1024, 1024)) == (272, "")
    found = output_tokens(rules, "low", Size(1000, 1500))
    assert found is not None
    assert found[0] == 408
    assert "1024x1536 is taken" in found[1]
    assert output_tokens(rules, "max", Size(1024, 1024)) is None


@pytest.mark.parametrize("size", ["64x64", "1024x1024", "4096x4096", "3000x1000", "100x4000"])
def test_patches_in_never_pass_their_budget(size: str) -> None:
    assert 0 < input_patch_tokens(Size.parse(size)) <= 1536


def test_small_images_are_magnified_twice_at_most() -> None:
    assert input_patch_tokens(Size(256, 256)) == 16 * 16
    assert input_patch_tokens(Size(1024, 1024)) == 32 * 32


@pytest.mark.parametrize(
    ("text", "tokens"), [("", 0), ("abcd", 1), ("abcde", 2), ("狐の絵", 3), ("лиса", 2), ("a photo of a red fox", 5)]
)
def test_words_by_a_rule_of_thumb(text: str, tokens: int) -> None:
    assert text_tokens(text) == tokens
