"""The catalogue's cards: they all validate, refer to what exists, and say what is known of OpenAI's line to the cent."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from math import ceil
from pathlib import Path

import pytest

import pochoir
from pochoir.domain.catalog import Card
from pochoir.domain.images import Size

FOLDER = Path(pochoir.__file__).parent / "features/catalog/cards"
TODAY = date(2026, 11, 23)
LAST_READ = date(2026, 11, 24)
"""The last day on which a source was read."""
SIZES = ("1024x1024", "1024x1536", "1536x1024")
QUALITIES = ("low", "medium", "high")


def read(folder: Path) -> Iterator[Card]:
    for path in sorted(folder.glob("*.toml")):
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        shared = {key: data[key] for key in ("family", "provider", "sources")}
        for model in data["models"]:
            yield Card.model_validate({**shared, **model})


CARDS = tuple(read(FOLDER))
BY_ID = {card.id: card for card in CARDS}
each_card = pytest.mark.parametrize("card", CARDS, ids=lambda card: card.id)


def test_ids_names_and_aliases_are_unique() -> None:
    names = [name for card in CARDS for name in (card.id, *card.aliases, *(snapshot.id for snapshot in card.snapshots))]
    assert [name for name, count in Counter(names).items() if count > 1] == []
    assert [name for name, count in Counter(card.name for card in CARDS).items() if count > 1] == []
    assert [card.id for card in CARDS if "-vs-" in card.id or not re.fullmatch(r"[a-z0-9][a-z0-9._-]*", card.id)] == []


def test_breadth() -> None:
    others = [card for card in CARDS if card.provider not in {"OpenAI", "Pochoir"}]
    assert len(others) >= 30
    assert len({card.provider for card in others}) >= 8
    assert sum(bool(card.open_weights) for card in others) >= 15


@each_card
def test_every_source_key_exists(card: Card) -> None:
    keys = [price.source for price in card.prices]
    keys += [score.source for score in card.scores]
    keys += [strength.source for strength in card.strengths if strength.source]
    keys += [card.tokens.source] if card.tokens else []
    assert [key for key in keys if card.source(key) is None] == []
    assert card.sources
    assert len({source.key for source in card.sources}) == len(card.sources)
    assert all(source.seen <= LAST_READ for source in card.sources)


@each_card
def test_dates_are_in_order(card: Card) -> None:
    known = [day for day in (card.released, card.notice, card.shutdown) if day]
    assert known == sorted(known)
    if card.status(TODAY) == "deprecated":
        assert card.successors, "a model that ends must say what comes after it"
    for successor in card.successors:
        assert BY_ID[successor].status(TODAY) == "current"


@each_card
def test_sizes_and_choices_hold_together(card: Card) -> None:
    can = card.abilities
    for size in can.sizes:
        parsed = Size.parse(size)
        assert can.free_sizes is None or can.free_sizes.problem(parsed) == "", size
    for ratio in can.aspect_ratios:
        assert re.fullmatch(r"\d+(\.\d+)?:\d+(\.\d+)?", ratio)
    if can.default_size:
        assert can.default_size in can.sizes or not can.sizes
        assert Size.parse(can.default_size)
    if can.default_quality:
        assert can.default_quality in can.qualities
    assert can.edit is not False or not can.max_references
    assert can.edit is not True or "image" in card.input
    assert card.open_weights is not True or card.licence is not None
    assert can.markup is not True or (can.edit, card.engines) == (True, ("openai",)), "other engines send no markup"
    assert "markup" not in can.options, "it is an image, checked as one"


@each_card
def test_prices_have_the_parts_of_their_kind(card: Card) -> None:
    for price in card.prices:
        parts = {
            "token": price.tokens is not None,
            "image": bool(price.per_image),
            "megapixel": price.first_megapixel is not None,
            "free": False,
        }
        assert [kind for kind, there in parts.items() if there] == ([] if price.kind == "free" else [price.kind])
        for per in price.per_image:
            assert Decimal(0) < per.usd < Decimal(1)
            assert per.quality is None or per.quality in card.abilities.qualities
            assert per.size is None or per.size in card.abilities.sizes
    assert card.price_on(TODAY) is not None or not card.prices


@each_card
def test_token_tables_speak_of_the_card_s_own_sizes_and_qualities(card: Card) -> None:
    rules = card.tokens
    if rules is None:
        return
    assert set(rules.table) | set(rules.grid) <= set(card.abilities.qualities)
    assert {size for row in rules.table.values() for size in row} <= set(card.abilities.sizes)
    assert bool(rules.table) == (rules.output == "table")
    assert card.abilities.default_quality in {*rules.table, *rules.grid}


# ------------------------------------------------------------------ OpenAI's line, cell by cell

LIFE: dict[str, tuple[date | None, date | None, date | None, str]] = {
    "dall-e-2": (date(2022, 11, 3), date(2025, 11, 14), date(2026, 5, 12), "shut down"),
    "dall-e-3": (date(2023, 11, 6), None, date(2026, 5, 12), "shut down"),
    "gpt-image-1": (date(2025, 4, 23), None, date(2026, 10, 23), "shut down"),
    "gpt-image-1-mini": (date(2025, 10, 6), date(2026, 6, 2), date(2026, 12, 1), "deprecated"),
    "gpt-image-1.5": (date(2025, 12, 16), date(2026, 6, 2), date(2026, 12, 1), "deprecated"),
    "chatgpt-image-latest": (None, None, date(2026, 12, 1), "deprecated"),
    "gpt-image-2": (date(2026, 4, 21), None, None, "current"),
    "gpt-image-2.5-flare": (date(2026, 9, 8), None, None, "current"),
    "gpt-image-2.5-sunburst": (date(2026, 9, 8), None, None, "current"),
    "gpt-image-2.6-flare": (date(2026, 11, 4), None, None, "current"),
    "gpt-image-2.6-sunburst": (date(2026, 11, 4), None, None, "current"),
}


def test_openai_s_whole_line_is_there() -> None:
    assert {card.id for card in CARDS if card.provider == "OpenAI"} == set(LIFE)


def test_a_markup_is_taken_from_2_5_on() -> None:
    assert {card.id for card in CARDS if card.abilities.markup} == {name for name in LIFE if name >= "gpt-image-2.5"}


@pytest.mark.parametrize("model", LIFE)
def test_dates_of_birth_notice_and_death(model: str) -> None:
    card = BY_ID[model]
    assert (card.released, card.notice, card.shutdown, card.status(TODAY)) == LIFE[model]


def test_mini_lives_until_its_last_day() -> None:
    mini = BY_ID["gpt-image-1-mini"]
    assert mini.status(date(2026, 6, 1)) == "current"
    assert mini.status(date(2026, 11, 30)) == "deprecated"
    assert mini.status(date(2026, 12, 1)) == "shut down"


LIST_PRICES = {
    "gpt-image-1": ("0.011 0.016 0.016", "0.042 0.063 0.063", "0.167 0.25 0.25"),
    "gpt-image-1-mini": ("0.005 0.006 0.006", "0.011 0.015 0.015", "0.036 0.052 0.052"),
    "gpt-image-1.5": ("0.009 0.013 0.013", "0.034 0.05 0.05", "0.133 0.20 0.20"),
    "gpt-image-2": ("0.006 0.005 0.005", "0.053 0.041 0.041", "0.211 0.165 0.165"),
}


@pytest.mark.parametrize("model", LIST_PRICES)
def test_list_price_of_every_size_and_quality(model: str) -> None:
    said = {(price.quality, price.size): price.usd for price in BY_ID[model].list_prices}
    rows = zip(QUALITIES, LIST_PRICES[model], strict=True)
    asked = {(q, s): Decimal(usd) for q, row in rows for s, usd in zip(SIZES, row.split(), strict=True)}
    assert said == asked


TOKEN_PRICES = {
    "gpt-image-1": "5.00 1.25 10.00 2.50 - 40.00",
    "gpt-image-1-mini": "2.00 0.20 2.50 0.25 - 8.00",
    "gpt-image-1.5": "5.00 1.25 8.00 2.00 10.00 32.00",
    "chatgpt-image-latest": "5.00 1.25 8.00 2.00 10.00 32.00",
    "gpt-image-2": "5.00 1.25 8.00 2.00 - 30.00",
    "gpt-image-2.5-flare": "5.00 1.25 8.00 2.00 - 30.00",
    "gpt-image-2.5-sunburst": "5.00 1.25 8.00 2.00 - 30.00",
    "gpt-image-2.6-flare": "5.00 1.25 8.00 2.00 - 30.00",
    "gpt-image-2.6-sunburst": "5.00 1.25 8.00 2.00 - 30.00",
}
BATCH_PRICES = {
    "gpt-image-1": "2.50 0.63 5.00 1.25 - 20.00",
    "gpt-image-1-mini": "1.00 0.10 1.25 0.13 - 4.00",
    "gpt-image-1.5": "2.50 0.63 4.00 1.00 5.00 16.00",
    "gpt-image-2": "2.50 0.625 4.00 1.00 - 15.00",
}


def amounts(row: str) -> list[Decimal | None]:
    return [None if part == "-" else Decimal(part) for part in row.split()]


@pytest.mark.parametrize("model", TOKEN_PRICES)
def test_price_of_every_kind_of_token(model: str) -> None:
    card = BY_ID[model]
    price = card.price_on(card.shutdown or TODAY)
    assert price is not None
    assert price.tokens is not None
    assert list(price.tokens.model_dump().values()) == amounts(TOKEN_PRICES[model])
    if model in BATCH_PRICES:
        assert price.batch is not None
        assert list(price.batch.model_dump().values()) == amounts(BATCH_PRICES[model])


@pytest.mark.parametrize("model", ["gpt-image-1", "gpt-image-1-mini", "gpt-image-1.5", "chatgpt-image-latest"])
def test_output_tokens_of_every_size_and_quality(model: str) -> None:
    rules = BY_ID[model].tokens
    assert rules is not None
    assert rules.table == {
        "low": dict(zip(SIZES, (272, 408, 400), strict=True)),
        "medium": dict(zip(SIZES, (1056, 1584, 1568), strict=True)),
        "high": dict(zip(SIZES, (4160, 6240, 6208), strict=True)),
    }
    assert (rules.input, rules.partial_image, rules.prompt_overhead) == ("tiles-512", 100, 6)
    assert rules.high_fidelity == ({} if model == "gpt-image-1-mini" else {"square": 4160, "other": 6240})


def patches(size: str, side: int) -> int:
    """Output tokens by the formula reconstructed from OpenAI's calculator (community.openai.com, thread 1382699)."""
    width, height = (int(edge) for edge in size.split("x"))
    other = int(side * min(width, height) / max(width, height) + 0.5)
    return ceil(side * other * (2_000_000 + width * height) / 4_000_000)


def test_the_grid_of_gpt_image_2_gives_its_list_prices() -> None:
    card = BY_ID["gpt-image-2"]
    assert card.tokens is not None
    assert card.tokens.grid == {"low": 16, "medium": 48, "high": 96}
    for price in card.list_prices:
        exact = patches(price.size, card.tokens.grid[price.quality]) * Decimal(30) / 1_000_000
        assert round(exact, 3) == price.usd, (price.quality, price.size)


RESOLD = {
    "low": "0.00588 0.00474 0.00402 0.00441 0.00615 0.01113",
    "medium": "0.01317 0.01029 0.00903 0.01029 0.01434 0.02595",
    "high": "0.05268 0.04116 0.03612 0.0396 0.05529 0.10008",
    "xhigh": "0.09366 0.07377 0.0642 0.07041 0.09828 0.1779",
    "max": "0.21072 0.16464 0.14445 0.1584 0.2211 0.40026",
}
"""fal.ai's prices for gpt-image-2.5, text to image, as LiteLLM 1.109.1 carries them."""
RESOLD_SIZES = ("1024x1024", "1024x1536", "1024x768", "1920x1080", "2560x1440", "3840x2160")


@pytest.mark.parametrize("model", ["gpt-image-2.5-flare", "gpt-image-2.5-sunburst"])
def test_the_grid_of_2_5_gives_a_reseller_s_thirty_prices(model: str) -> None:
    rules = BY_ID[model].tokens
    assert rules is not None
    for quality, row in RESOLD.items():
        for size, usd in zip(RESOLD_SIZES, row.split(), strict=True):
            assert patches(size, rules.grid[quality]) * Decimal(30) / 1_000_000 == Decimal(usd), (quality, size)


@pytest.mark.parametrize("model", ["gpt-image-1", "gpt-image-1-mini"])
def test_the_reference_page_s_facts_stand_corrected(model: str) -> None:
    card = BY_ID[model]
    support = {endpoint.name: endpoint.support for endpoint in card.endpoints}
    assert support["Image generation"] == support["Image edit"] == support["Batch"] == "yes"
    for name in ("Chat Completions", "Realtime", "Assistants", "Embeddings", "Fine-tuning"):
        assert support[name] == "no"
    for name in ("streaming", "function_calling", "structured_outputs", "fine_tuning"):
        assert card.features[name] == "no"
    assert card.features["image_streaming"] == "yes"
    assert (card.input, card.output) == (("text", "image"), ("image",))
    assert card.abilities.sizes == SIZES
    assert card.abilities.qualities == QUALITIES
    assert card.abilities.max_references == 16
    assert card.strengths
    assert card.use_cases
    assert card.snapshots == ()
    assert any("snapshot" in note for note in card.notes)


@pytest.mark.parametrize("model", [name for name in LIFE if name.startswith(("gpt-image-2", "gpt-image-3"))])
def test_free_sizes_of_the_newer_models(model: str) -> None:
    free = BY_ID[model].abilities.free_sizes
    assert free is not None
    assert free.problem(Size.parse("3840x2160")) == ""
    assert free.problem(Size.parse("1536x864")) == ""
    assert "multiples of 16" in free.problem(Size.parse("1000x1000"))
    assert "longest edge" in free.problem(Size.parse("4096x2048"))
    assert "times the short" in free.problem(Size.parse("3840x1024"))
    assert "at least" in free.problem(Size.parse("512x512"))


def test_sketch_is_free_and_honest() -> None:
    sketch = BY_ID["pochoir-sketch"]
    price = sketch.price_on(TODAY)
    assert price is not None
    assert price.kind == "free"
    assert sketch.engines == ("builtin",)
    assert [snapshot.id for snapshot in sketch.snapshots] == ["pochoir-sketch@2026-11-23"]
    assert "No AI model" in sketch.summary
    assert sketch.abilities.free_sizes is not None
    assert sketch.abilities.free_sizes.problem(Size.parse("4096x67")) == ""
