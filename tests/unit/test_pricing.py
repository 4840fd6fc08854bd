"""Prices by the picture and by the megapixel, and what is said where none is known. Token cells: test_known_prices."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from pochoir.domain.catalog import Abilities, Card, PerImage, Price, Source, TokenPrices, TokenRules
from pochoir.domain.images import ImageRequest, Size
from pochoir.domain.money import Usage
from pochoir.features.metering.pricing import Work, charge, month, quote

DAY = date(2026, 11, 23)
SQUARE = Size(1024, 1024)
SOURCE = Source(key="s", title="A price list", seen=DAY)


def card(*prices: Price, **more: Any) -> Card:
    return Card(
        **{"id": "m", "name": "M", "provider": "P", "family": "F", "summary": "S.", **more},
        prices=prices,
        sources=(SOURCE,),
    )


def price(kind: str, start: date = DAY, **more: Any) -> Price:
    return Price.model_validate({"start": start, "kind": kind, "source": "s", **more})


def ask(**more: Any) -> ImageRequest:
    return ImageRequest("m", "a fox", **{"size": SQUARE, **more})


def test_by_the_picture_the_most_particular_row_wins() -> None:
    rows = (
        PerImage(usd=Decimal("0.04")),
        PerImage(usd=Decimal("0.08"), quality="high"),
        PerImage(usd=Decimal("0.12"), quality="high", size="1024x1536"),
    )
    model = card(price("image", per_image=rows, per_reference="0.01"), abilities=Abilities(qualities=("low", "high")))
    assert quote(model, ask(quality="low"), DAY).total == 40_000
    assert quote(model, ask(quality="high"), DAY).total == 80_000
    tall = quote(model, ask(quality="high", size=Size(1024, 1536), n=3), DAY, reference_sizes=[None, SQUARE])
    assert tall.total == 3 * 120_000 + 6 * 10_000
    assert tall.exact


def test_where_qualities_are_sizes_the_size_names_the_price() -> None:
    rows = (PerImage(usd=Decimal("0.01"), quality="1K"), PerImage(usd=Decimal("0.04"), quality="4K"))
    tiers = Abilities(qualities=("1K", "4K"), default_quality="1K")
    model = card(price("image", per_image=rows), abilities=tiers)
    assert quote(model, ask(size=Size(4096, 4096)), DAY).total == 40_000
    assert quote(model, ask(size=None), DAY).total == 10_000
    assert charge(model, Usage(images=1), DAY, size=Size(4096, 4096)).total == 40_000


def test_a_size_that_is_not_listed_takes_the_nearest_and_says_so() -> None:
    rows = (PerImage(usd=Decimal("0.02"), size="512x512"), PerImage(usd=Decimal("0.04"), size="1024x1024"))
    found = quote(card(price("image", per_image=rows)), ask(size=Size(900, 900)), DAY)
    assert (found.total, found.exact) == (40_000, False)
    assert "1024x1024 is taken for it" in found.lines[0].note


@pytest.mark.parametrize(
    ("size", "expected"), [("1024x1024", 30_000), ("1000x1000", 30_000), ("2000x1000", 45_000), ("2048x2048", 90_000)]
)
def test_by_the_megapixel_each_begun_one_counts(size: str, expected: int) -> None:
    model = card(price("megapixel", first_megapixel="0.03", next_megapixel="0.015", reference_megapixel="0.01"))
    assert quote(model, ask(size=Size.parse(size)), DAY).total == expected


@pytest.mark.parametrize(("size", "megapixels"), [("64x64", 1), ("1024x1024", 1), ("1100x1000", 2), ("6000x4000", 24)])
def test_images_in_are_priced_by_their_megapixels_where_images_out_are(size: str, megapixels: int) -> None:
    model = card(price("megapixel", first_megapixel="0.03", reference_megapixel="0.015"))
    before = quote(model, ask(n=2), DAY, reference_sizes=[Size.parse(size), SQUARE])
    assert [(line.label, line.units, line.amount, line.exact) for line in before.lines] == [
        ("Images out", 2, 60_000, True),
        ("Images in", 2 * (megapixels + 1), 2 * (megapixels + 1) * 15_000, True),
    ]
    assert charge(model, before.usage, DAY, quote=before, size=SQUARE).total == before.total
    came = charge(model, Usage(images=1, references=2), DAY, quote=before, size=SQUARE)
    assert came.total * 2 == before.total, "one of the two came, and its task was given both images"
    assert charge(model, Usage(images=1, references=2), DAY, size=SQUARE).total == 30_000 + 2 * 15_000


def test_images_in_whose_sizes_are_not_known_yet_are_an_estimate() -> None:
    model = card(price("megapixel", first_megapixel="0.03", reference_megapixel="0.015"))
    found = quote(model, ask(), DAY, reference_sizes=[None, None])
    assert (found.lines[1].units, found.lines[1].amount, found.exact) == (2, 30_000, False)
    assert "one megapixel each, as their sizes are not known" in found.lines[1].note
    nothing = card(price("megapixel", first_megapixel="0.03"))
    assert "is not published" in quote(nothing, ask(), DAY, reference_sizes=[None]).lines[1].note


def test_free_is_free_and_exact() -> None:
    found = quote(card(price("free")), ask(n=10), DAY)
    assert (found.total, found.exact, found.unknown) == (0, True, "")


def test_no_price_is_said_and_never_counted() -> None:
    assert "No price of M is known" in quote(card(), ask(), DAY).unknown
    later = card(price("free", start=date(2027, 1, 1)))
    assert quote(later, ask(), DAY).unknown
    assert charge(later, Usage(images=1), DAY).unknown == "No price of M was known on 2026-11-23."
    per_token = card(price("token", tokens=TokenPrices(image_out=Decimal(30))))
    assert "not published" in quote(per_token, ask(), DAY).unknown


def test_the_price_of_the_day_is_taken_and_the_provider_before_a_reseller() -> None:
    one = (PerImage(usd=Decimal("0.01")),)
    two = (PerImage(usd=Decimal("0.02")),)
    model = card(
        price("image", start=date(2026, 1, 1), per_image=one),
        price("image", start=date(2026, 7, 1), per_image=two),
        price("image", start=date(2026, 9, 1), per_image=one, seller="A shop"),
    )
    assert [quote(model, ask(), day).total for day in (date(2026, 6, 30), date(2026, 7, 1), DAY)] == [
        10_000,
        20_000,
        20_000,
    ]


def test_batch_by_factor_or_not_at_all() -> None:
    rows = (PerImage(usd=Decimal("0.05")),)
    assert quote(card(price("image", per_image=rows, batch_factor="0.5")), ask(), DAY, batch=True).total == 25_000
    assert "no batch price" in quote(card(price("image", per_image=rows)), ask(), DAY, batch=True).unknown


def test_auto_is_the_model_s_default_and_an_estimate() -> None:
    rules = TokenRules(output="gpt-image-2", source="s")
    model = card(
        price("token", tokens=TokenPrices(text_in=Decimal(5), image_out=Decimal(30))),
        tokens=rules,
        abilities=Abilities(qualities=("low", "medium", "high"), sizes=("1024x1024",), default_size="1024x1024"),
    )
    auto = quote(model, ImageRequest("m", "a fox"), DAY)
    line = next(line for line in auto.lines if line.label == "Images out")
    assert (line.units, line.amount, line.exact) == (1756, 52_680, False)
    assert "quality medium and size 1024x1024" in line.note


def test_a_charge_by_the_picture_uses_the_quote_where_usage_is_silent() -> None:
    model = card(price("image", per_image=(PerImage(usd=Decimal("0.04")),)))
    before = quote(model, ask(n=3), DAY)
    after = charge(model, Usage(), DAY, quote=before, size=SQUARE)
    assert after.total == before.total == 120_000
    assert after.basis == "price since 23 November 2026 (A price list)"


def test_a_month_is_one_image_times_the_images() -> None:
    model = card(price("image", per_image=(PerImage(usd=Decimal("0.0333333")),)))
    assert month(model, Work(3, SQUARE), DAY).total == 100_000
    assert month(model, Work(0, SQUARE), DAY).total == 0
