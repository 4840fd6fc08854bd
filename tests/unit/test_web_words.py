"""How money, counts, times and plots are written on pages, and amounts read from a form."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest
from markupsafe import Markup

from pochoir.domain.catalog import Abilities, FreeSizes
from pochoir.domain.errors import InvalidValue
from pochoir.domain.runs import Run, RunState
from pochoir.pages.usage import daily_bars
from pochoir.web import plots, templating
from pochoir.web.amounts import read_dollars
from pochoir.web.assets import Assets
from pochoir.web.model_choices import shape_words, size_options
from pochoir.web.navigation import NavItem
from pochoir.web.templating import Pages


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0, "free"),
        (5_300, "$0.0053"),
        (42_000, "$0.042"),
        (126_750, "$0.1268"),
        (1_234_567, "$1.23"),
        (12_345_678_901, "$12,345.68"),
        (1, "$0.000001"),
    ],
)
def test_money(amount: int, text: str) -> None:
    assert templating.money(amount) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [(0, "free"), (8_462, "$0.0085"), (182_900, "$0.183"), (1_234_567, "$1.23"), (50, "$0.00005")],
)
def test_an_estimate_has_no_more_digits_than_it_deserves(amount: int, text: str) -> None:
    assert templating.roughly(amount) == text


def test_a_step_without_a_title_is_named_in_words() -> None:
    assert templating.spoken("square_post") == "Square post"
    assert templating.spoken("each[2].shot") == "Each 2, shot"


def test_counts_and_times() -> None:
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    assert templating.plural(1, "image") == "1 image"
    assert templating.plural(3000, "image") == "3,000 images"
    assert templating.ago("2026-11-23T11:59:50.000Z", now) == "just now"
    assert templating.ago("2026-11-23T11:59:00.000Z", now) == "1 minute ago"
    assert templating.ago("2026-11-21T11:00:00.000Z", now) == "2 days ago"
    assert templating.span("2026-11-23T11:00:00.000Z", "2026-11-23T11:00:00.840Z") == "0.8 s"
    assert templating.span("2026-11-23T11:00:00.000Z", "2026-11-23T11:03:05.000Z") == "3 min 5 s"
    assert templating.when("2026-11-23T11:05:00.000Z") == "23 Nov 2026, 11:05"


def run(charged: int = 0, quoted: int = 0, state: RunState = "failed", maybe: int = 0) -> Run:
    return Run(
        "run_1",
        "kites",
        1,
        "paint",
        state,
        {},
        "2026-11-23T11:00:00.000Z",
        charged_microusd=charged,
        quoted_microusd=quoted,
        maybe_charged=maybe,
    )


@pytest.mark.parametrize(
    ("of", "most", "words"),
    [
        (run(), 0, "free"),
        (run(quoted=80_000), 0, "nothing charged"),
        (run(quoted=80_000, state="running"), 0, "nothing charged yet"),
        (run(charged=40_000, quoted=80_000), 0, "$0.04"),
        (run(charged=0, quoted=80_000, maybe=2), 0, "may have been charged"),
        (run(charged=0, quoted=80_000, maybe=2), 80_000, "may have been charged: up to $0.08"),
        (run(charged=40_000, quoted=80_000, maybe=1), 40_000, "$0.04, and more may have been charged: up to $0.04"),
    ],
)
def test_what_a_run_cost_is_free_only_where_nothing_was_to_be_paid(of: Run, most: int, words: str) -> None:
    assert templating.cost(of, most) == words


def test_help_and_problem_are_tied_to_their_control() -> None:
    field = Markup('<span id="a"></span><input class="input" id="a.b" name="a"><p id="a.b-help">Say it.</p>')
    assert templating.described(field, "a.b") == field
    helped = templating.described(field, "a.b", "Say it.")
    assert '<input aria-describedby="a.b-help" class="input" id="a.b"' in helped
    wrong = templating.described(field, "a.b", "Say it.", "It is empty.")
    assert '<input aria-describedby="a.b-problem a.b-help" aria-invalid="true" class="input"' in wrong
    assert wrong.startswith('<span id="a"></span>')


def test_values_in_one_line() -> None:
    assert templating.pretty(True) == "Yes"
    assert templating.pretty(["a", 2]) == "a, 2"
    assert templating.pretty(None) == "–"
    assert templating.pretty({"artifact": "img_1"}) == '{"artifact":"img_1"}'


@pytest.mark.parametrize(
    ("text", "amount"), [("50", 50_000_000), ("$12.50", 12_500_000), ("1,000", 10**9), (" ", None)]
)
def test_amounts_are_read_as_people_write_them(text: str, amount: int | None) -> None:
    assert read_dollars(text) == amount


@pytest.mark.parametrize("text", ["much", "-1", "nan", "inf", "1e9"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue, match="Write a number"):
        read_dollars(text)


def test_every_day_has_a_column_and_heights_follow_the_amounts() -> None:
    items = daily_bars([("2026-11-23", 4_000_000, 2), ("2026-11-22", 2_000_000, 1)], date(2026, 11, 23))
    assert len(items) == 30
    assert [item.value for item in items[-3:]] == [0, 2_000_000, 4_000_000]
    drawn = plots.bars(items, "Cost <per> day", templating.money)
    assert "Cost &lt;per&gt; day" in drawn
    assert "style=" not in drawn
    heights = [float(found) for found in re.findall(r'<rect x="[^"]*" y="[^"]*" width="[^"]*" height="([^"]*)"', drawn)]
    assert heights[-1] == 2 * heights[-2] > 0
    assert "23 November: $4.00, 2 images" in drawn


@pytest.mark.parametrize(("value", "top"), [(0, 0), (3, 4), (173_000, 200_000), (4_100_000, 5_000_000), (10, 10)])
def test_the_top_of_a_plot_is_a_round_number(value: int, top: int) -> None:
    assert plots.nice_top(value) == top


def test_sizes_have_words_for_their_shape_and_the_current_one_is_kept() -> None:
    assert shape_words("1536x1024") == "Landscape, 1536 × 1024"
    can = Abilities(sizes=("1024x1024",), free_sizes=FreeSizes(multiple=16, max_edge=1600))
    options = [value for value, _ in size_options(can, "999x999")]
    assert options == ["auto", "1024x1024", "1536x1024", "1024x1536", "999x999"]


def test_the_place_in_the_navigation() -> None:
    tools = NavItem("Tools", "/tools", "stamp", ("/studio",))
    assert tools.holds("/tools")
    assert tools.holds("/tools/x/edit")
    assert tools.holds("/studio/draft_1")
    assert not tools.holds("/toolshed")


def test_no_column_of_a_plot_stands_where_its_figures_do() -> None:
    drawn = str(plots.bars([plots.Bar(str(day), 10, "", tick=True) for day in range(30)], "Days", str))
    ends = [float(x) + float(width) for x, width in re.findall(r'<rect x="([\d.]+)"[^>]* width="([\d.]+)"', drawn)]
    assert len(ends) == 30
    assert max(ends) <= plots.WIDTH - plots.SCALE
    assert f'data-end="right" x="{plots.WIDTH - plots.SCALE}"' in drawn


@pytest.mark.parametrize(
    ("total", "exact", "words"), [(0, False, "free"), (8_462, False, "about $0.0085"), (8_462, True, "$0.008462")]
)
def test_what_costs_nothing_is_free_and_not_about_free(total: int, exact: bool, words: str) -> None:
    parts = Pages(Assets(), ()).environment.get_template("components.html").make_module()
    assert re.sub(r"<[^>]+>", "", str(parts.amount(total, exact))).strip() == words  # type: ignore[attr-defined]
