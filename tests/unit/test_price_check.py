"""The price check finds what differs between the cards and public data sets, and knows their traps."""

from __future__ import annotations

import json
import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from checks import prices

DAY = date(2026, 11, 23)
CARDS = prices.read_cards(prices.CARDS)
BY_ID = {card.id: card for card in CARDS}


def rows(tmp_path: Path, given: dict[str, dict[str, object]]) -> dict[str, prices.Row]:
    path = tmp_path / "map.json"
    path.write_text(json.dumps(given), encoding="utf-8")
    return prices.litellm_map(path)


def test_the_cards_agree_with_the_installed_genai_prices() -> None:
    outcome = prices.compare("genai-prices", ((card.id, prices.genai_facts(card, DAY)) for card in CARDS))
    assert [str(each) for each in outcome.differences if not each.reason] == []
    assert outcome.models >= 12


def test_plain_output_of_genai_prices_is_image_output_only_where_it_names_no_other() -> None:
    mini = {name: theirs for name, _, theirs in prices.genai_facts(BY_ID["gpt-image-1-mini"], DAY)}
    assert mini["image_out"] == Decimal(8)
    assert "text_out" not in mini
    newer = {name: theirs for name, _, theirs in prices.genai_facts(BY_ID["gpt-image-1.5"], DAY)}
    assert (newer["image_out"], newer["text_out"]) == (Decimal(32), Decimal(10))


def test_a_changed_price_and_date_are_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = rows(
        tmp_path,
        {
            "gpt-image-1-mini": {"input_cost_per_token": 3e-06, "deprecation_date": "2026-12-24"},
            "low/1024-x-1024/gpt-image-1-mini": {"input_cost_per_image": 0.005},
            "low/1024-x-1536/gpt-image-1-mini": {"input_cost_per_image": 0.007},
            "recraft/recraftv3": {"output_cost_per_image": 0.04},
        },
    )
    outcome = prices.compare("LiteLLM", ((card.id, prices.litellm_facts(card, given, DAY)) for card in CARDS))
    assert [str(each) for each in outcome.differences] == [
        "gpt-image-1-mini: shutdown is 2026-12-01 on the card, 2026-12-24 in LiteLLM",
        "gpt-image-1-mini: text_in is 2 on the card, 3 in LiteLLM",
        "gpt-image-1-mini: list price low 1024x1536 is 0.006 on the card, 0.007 in LiteLLM",
    ]
    assert (outcome.models, outcome.fields) == (2, 5)
    assert prices.report([outcome], len(CARDS)) == 1
    assert "2 of" in capsys.readouterr().out


def test_a_reason_that_is_no_longer_needed_is_found(capsys: pytest.CaptureFixture[str]) -> None:
    outcome = prices.Compared("LiteLLM", 1, 1, ())
    assert prices.report([outcome], 1, [("LiteLLM", "gpt-image-2", "text_in")]) == 1
    assert "gpt-image-2: text_in agrees with LiteLLM now" in capsys.readouterr().out
    assert prices.report([outcome], 1) == 0


def test_the_map_is_read_from_a_wheel_and_a_command_runs_on_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wheel = tmp_path / "litellm-1-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(prices.MAP, json.dumps({"gpt-image-2": {"output_cost_per_image_token": 3e-05}}))
    assert prices.main(["--litellm", str(wheel)], DAY) == 0
    assert "LiteLLM: 1 of" in capsys.readouterr().out
