"""Every price that is known, cell by cell, from the shipped cards through the code that quotes and charges."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

import pochoir
from pochoir.domain.catalog import Card
from pochoir.domain.images import ImageRequest, Size
from pochoir.domain.money import Usage, dollars
from pochoir.features.catalog.cards import load_cards
from pochoir.features.metering import tokens
from pochoir.features.metering.pricing import Work, charge, image_price, month, quote

CARDS = {card.id: card for card in load_cards(Path(pochoir.__file__).parent / "features/catalog/cards")}
TODAY = date(2026, 11, 23)
SIZES = ("1024x1024", "1024x1536", "1536x1024")
OLD_TOKENS = {"low": (272, 408, 400), "medium": (1056, 1584, 1568), "high": (4160, 6240, 6208)}
"""Output tokens before GPT Image 2: OpenAI's image generation guide."""

RATES = {"gpt-image-1": 40, "gpt-image-1-mini": 8, "gpt-image-1.5": 32}
"""US dollars per million output image tokens: OpenAI's model pages."""

LISTED = {
    "gpt-image-1": {"low": (0.011, 0.016, 0.016), "medium": (0.042, 0.063, 0.063), "high": (0.167, 0.25, 0.25)},
    "gpt-image-1.5": {"low": (0.009, 0.013, 0.013), "medium": (0.034, 0.05, 0.05), "high": (0.133, 0.20, 0.20)},
    "gpt-image-2": {"low": (0.006, 0.005, 0.005), "medium": (0.053, 0.041, 0.041), "high": (0.211, 0.165, 0.165)},
}
"""OpenAI's price per image, which its tokens reproduce."""

MINI_LISTED = {"low": (0.005, 0.006, 0.006), "medium": (0.011, 0.015, 0.015), "high": (0.036, 0.052, 0.052)}
"""OpenAI's price per image of the mini, which its tokens do not reproduce: about a quarter of a cent higher each."""


def card(model: str) -> Card:
    return CARDS[model]


@pytest.mark.parametrize("model", RATES)
@pytest.mark.parametrize("quality", OLD_TOKENS)
@pytest.mark.parametrize("place", range(3))
def test_output_of_the_older_models(model: str, quality: str, place: int) -> None:
    price = image_price(card(model), TODAY, quality, Size.parse(SIZES[place]))
    assert price.usage.image_out == OLD_TOKENS[quality][place]
    assert price.total == OLD_TOKENS[quality][place] * RATES[model]
    assert all(line.exact for line in price.lines)


@pytest.mark.parametrize("model", LISTED)
@pytest.mark.parametrize("quality", ["low", "medium", "high"])
@pytest.mark.parametrize("place", range(3))
def test_tokens_give_the_listed_price(model: str, quality: str, place: int) -> None:
    listed = LISTED[model][quality][place]
    total = image_price(card(model), TODAY, quality, Size.parse(SIZES[place])).total
    assert abs(total / 1e6 - listed) < 0.002
    assert any(row.usd == Decimal(str(listed)) for row in card(model).list_prices if row.quality == quality)


@pytest.mark.parametrize("quality", ["low", "medium", "high"])
@pytest.mark.parametrize("place", range(3))
def test_the_minis_list_is_shown_and_its_tokens_are_billed(quality: str, place: int) -> None:
    mini = card("gpt-image-1-mini")
    listed = MINI_LISTED[quality][place]
    [row] = [row for row in mini.list_prices if (row.quality, row.size) == (quality, SIZES[place])]
    assert row.usd == Decimal(str(listed))
    billed = image_price(mini, TODAY, quality, Size.parse(SIZES[place])).total
    assert 0.0018 < listed - billed / 1e6 < 0.0032


@pytest.mark.parametrize(
    ("size", "low", "medium", "high"),
    [
        ("1024x1024", 196, 1756, 7024),
        ("1024x1536", 158, 1372, 5488),
        ("1536x1024", 158, 1372, 5488),
        ("2048x2048", 397, 3568, 14272),
        ("2048x1152", 157, 1413, 5650),
        ("2560x1440", 205, 1843, 7370),
        ("3840x2160", 371, 3336, 13342),
        ("1792x1024", None, None, 5063),
        ("3584x2048", None, None, 12329),
    ],
)
def test_tokens_of_gpt_image_2(size: str, low: int | None, medium: int | None, high: int) -> None:
    rules = card("gpt-image-2").tokens
    assert rules is not None
    for quality, expected in (("low", low), ("medium", medium), ("high", high)):
        if expected is not None:
            assert tokens.output_tokens(rules, quality, Size.parse(size)) == (expected, "")


@pytest.mark.parametrize(
    ("size", "fidelity", "expected"),
    [
        ((1024, 1024), "low", 194),
        ((512, 512), None, 194),
        ((1536, 1024), "low", 323),
        ((1024, 1536), None, 323),
        ((4000, 1000), "low", 581),
        ((1024, 1024), "high", 194 + 4160),
        ((1536, 1024), "high", 323 + 6240),
    ],
)
def test_tokens_of_images_that_go_in(size: tuple[int, int], fidelity: str | None, expected: int) -> None:
    rules = card("gpt-image-1").tokens
    assert rules is not None
    assert tokens.input_tokens(rules, Size(*size), fidelity) == (expected, "")


def test_a_real_log_of_two_inputs_and_one_high_square() -> None:
    """646 input image tokens and 4160 output tokens, as a provider's log showed for two 3:2 pictures."""
    asked = ImageRequest("gpt-image-1", "x", size=Size(1024, 1024), quality="high")
    usage = quote(card("gpt-image-1"), asked, date(2026, 1, 1), reference_sizes=[Size(1536, 1024)] * 2).usage
    assert (usage.image_in, usage.image_out) == (646, 4160)


@pytest.mark.parametrize("model", ["gpt-image-1-mini", "gpt-image-1.5", "gpt-image-2", "gpt-image-1"])
def test_batch_is_half_price(model: str) -> None:
    work = Work(1000, Size(1024, 1024), "medium")
    full, half = (
        month(card(model), work, TODAY),
        month(card(model), Work(1000, Size(1024, 1024), "medium", batch=True), TODAY),
    )
    assert [line.amount for line in half.lines] == [line.amount // 2 for line in full.lines]


def test_partial_images_cost_a_hundred_tokens_each() -> None:
    asked = ImageRequest("gpt-image-1", "x", size=Size(1024, 1024), quality="low")
    plain, partial = (quote(card("gpt-image-1"), asked, TODAY, partial_images=count) for count in (0, 3))
    assert partial.usage.image_out - plain.usage.image_out == 300


def test_the_prompt_is_an_estimate_and_said_so() -> None:
    asked = ImageRequest("gpt-image-2", "A red apple on a table.", size=Size(1024, 1024), quality="medium")
    price = quote(card("gpt-image-2"), asked, TODAY)
    by_label = {line.label: line for line in price.lines}
    assert by_label["Images out"].exact
    assert not by_label["Prompt"].exact
    assert price.estimated == by_label["Prompt"].amount
    assert not price.exact


def test_a_charge_is_exact_and_splits_the_usage() -> None:
    """1,056 output image tokens of 1.5 are $0.0338: priced as plain output they would be a third of it."""
    booked = charge(card("gpt-image-1.5"), Usage(text_in=20, image_out=1056), TODAY)
    assert booked.total == 20 * 5 + 1056 * 32


def test_n_images_cost_n_times() -> None:
    one, four = (
        quote(card("gpt-image-2"), ImageRequest("gpt-image-2", "x", n=n, size=Size(1024, 1024), quality="low"), TODAY)
        for n in (1, 4)
    )
    assert four.total == 4 * one.total


def test_the_built_in_model_is_free_and_exact() -> None:
    price = quote(card("pochoir-sketch"), ImageRequest("pochoir-sketch", "x", n=3), TODAY)
    assert (price.total, price.exact, dollars(price.total)) == (0, True, "free")


@pytest.mark.parametrize("model", sorted(CARDS))
def test_every_card_can_be_priced_or_says_why_not(model: str) -> None:
    for work in (Work(100), Work(1000, Size(1536, 1024), references=2), Work(7, Size(512, 512), batch=True)):
        price = month(card(model), work, TODAY)
        assert price.unknown or price.lines or price.total == 0
        assert "None" not in price.unknown
        assert all(line.amount >= 0 for line in price.lines)
