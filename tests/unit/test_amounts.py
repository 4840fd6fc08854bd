"""Numbers as people type them: what could mean two amounts is asked about, and what is kept is shown in full."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pochoir.domain.errors import InvalidValue
from pochoir.web.amounts import MOST, read_count, read_dollars, read_whole, write_dollars
from pochoir.web.month import read_work


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ("50", 50_000_000),
        (" $12.50 ", 12_500_000),
        ("$ 3", 3_000_000),
        ("1,250", 1_250_000_000),
        ("1,000,000.00", 1_000_000_000_000),
        (".5", 500_000),
        ("0.000001", 1),
        ("7.", 7_000_000),
        ("0", 0),
        ("", None),
        ("$", None),
    ],
)
def test_amounts(typed: str, amount: int | None) -> None:
    assert read_dollars(typed) == amount


@pytest.mark.parametrize(
    "typed",
    [
        "12,50",
        "0,5",
        "50,00",
        "1.000,00",
        "1,00,000",
        "1e5",
        "1_0",
        "-1",
        "$$5",
        "5 $",
        "NaN",
        "٥",
        "0.0000001",
        "12.5.0",
    ],
)
def test_what_could_mean_another_amount_is_refused(typed: str) -> None:
    with pytest.raises(
        InvalidValue, match=r"is no amount in dollars\. Write a number such as .* between thousands only\."
    ) as caught:
        read_dollars(typed)
    assert caught.value.param == "monthly"


def test_more_than_anybody_spends_is_refused() -> None:
    assert read_dollars(f"{MOST}") == MOST * 1_000_000
    with pytest.raises(InvalidValue, match="Write a smaller amount"):
        read_dollars(f"{MOST}.01")


@given(st.integers(0, MOST * 1_000_000))
def test_an_amount_is_shown_as_it_can_be_typed_again(amount: int) -> None:
    assert read_dollars(write_dollars(amount)) == amount


def test_counts() -> None:
    assert [read_count(typed, "n") for typed in ("60", " 1,000 ", "")] == [60, 1000, None]
    for typed in ("12,50", "1,0", "1_000", "6.0", "-6", "٦", "many", "1000000000"):
        with pytest.raises(InvalidValue, match="Write one such as 60 or 1,000") as caught:
            read_count(typed, "n")
        assert caught.value.param == "n"
    assert read_whole("9" * 13) is None


def test_the_images_of_a_month() -> None:
    assert read_work({"images": "1,000"}).images == 1_000
    for typed in ("12,50", "1_000", "10,000,001", "1e5"):
        with pytest.raises(InvalidValue, match="Write 1 to 10,000,000"):
            read_work({"images": typed})
