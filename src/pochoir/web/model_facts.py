"""What the page of one model says, in the order in which it is read: prices, abilities, facts, rivals."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from pochoir.domain.catalog import Card, ListPrice, Price, Source, TokenPrices
from pochoir.domain.money import dollars
from pochoir.features.catalog.directory import Row
from pochoir.features.catalog.facts import Fact, facts
from pochoir.features.catalog.pricelist import PriceList, cheapest, reference
from pochoir.features.catalog.words import day, usd
from pochoir.features.images.month import Grid, price_grid, sizes_of
from pochoir.web.templating import money

_MOST_SIZES = 9
_ROUNDING = 600
"""Micro-dollars: lists are printed to a tenth of a cent, so a smaller gap is their rounding."""
_ELSEWHERE = frozenset(
    {
        "Provider",
        "Status",
        "Image generation",
        "Input price",
        "Cached input price",
        "Image input price",
        "Image output price",
        "Provider's list",
        "Endpoints",
        "Snapshots",
        "Licence",
    }
)
"""Facts that have a place of their own on the page."""
_ONLY_OPEN = frozenset({"Parameters", "Memory", "Score, new images", "Score, edits", "Speed"})
"""Facts that are not missed where they are not known."""
_RATES = (
    ("Words in", "text_in"),
    ("Words in, cached", "cached_text_in"),
    ("Images in", "image_in"),
    ("Images in, cached", "cached_image_in"),
    ("Words out", "text_out"),
    ("Images out", "image_out"),
)
FEATURES: Mapping[str, str] = {
    "streaming": "Streaming of text",
    "image_streaming": "Streaming of partial images",
    "function_calling": "Function calling",
    "structured_outputs": "Structured outputs",
    "fine_tuning": "Fine-tuning",
    "predicted_outputs": "Predicted outputs",
}


@dataclass(frozen=True, slots=True)
class About:
    """The page's figures and words. `trap`: where the provider's list and the bill part, in a sentence."""

    grid: Grid
    sizes: tuple[str, ...]
    listed: Mapping[tuple[str, str], str]
    trap: str
    rates: tuple[tuple[str, str, str], ...]
    units: tuple[tuple[str, str], ...]
    price: Price | None
    price_source: Source | None
    sellers: tuple[tuple[str, str, Source | None], ...]
    facts: tuple[Fact, ...]
    unknown: tuple[str, ...]
    """Labels of what its provider does not publish."""
    sizes_rule: str
    numbers: tuple[tuple[str, str], ...]
    """The few figures that are read first, each with its words."""

    @property
    def any_price(self) -> bool:
        return any(cell.price is not None for row in self.grid.cells.values() for cell in row)

    @property
    def any_batch(self) -> bool:
        return any(batch for _, _, batch in self.rates)

    @property
    def why_unknown(self) -> str:
        """Why there is no price though prices are published."""
        return next((cell.why for row in self.grid.cells.values() for cell in row), "The sizes are not published.")

    @property
    def approximate(self) -> str:
        """Why some of the prices are estimates; empty when none is."""
        whys = dict.fromkeys(
            cell.why for row in self.grid.cells.values() for cell in row if not cell.exact and cell.price
        )
        return next((why if why.endswith(".") else f"{why[:1].upper()}{why[1:]}." for why in whys if why), "")


def about(card: Card, today: date, prices: PriceList) -> About:
    price = card.price_on(today)
    sizes = sizes_of(card)[:_MOST_SIZES]
    grid = price_grid(card, sizes, today)
    known = [fact for fact in facts(card, today, prices) if fact.label not in _ELSEWHERE]
    return About(
        grid,
        tuple(sizes),
        {(row.size, row.quality): usd(row.usd) for row in card.list_prices},
        _trap(card.list_prices, grid),
        _rates(price),
        _units(price),
        price,
        card.source(price.source) if price else None,
        _sellers(card, today, price),
        tuple(fact for fact in known if fact.known),
        tuple(fact.label for fact in known if not fact.known and fact.label not in _ONLY_OPEN),
        sizes_rule(card),
        _numbers(card, today, prices),
    )


def _numbers(card: Card, today: date, prices: PriceList) -> tuple[tuple[str, str], ...]:
    """The price to start from, the price of the usual square, people's votes, the age."""
    found = []
    low, usual = cheapest(card, today, prices), reference(card, today, prices)
    if low is not None and low.amount is not None:
        words = "an image at the least" if low.amount else "an image: it runs on your machine"
        found.append((_short(low.amount), words))
    if usual.amount and low is not None and usual.amount != low.amount:
        level = f", {usual.quality}" if usual.quality else ""
        found.append((_short(usual.amount), f"a square of 1024 pixels{level}"))
    for board, words in (("text to image", "score for new images"), ("edit", "score for edits")):
        scores = [score for score in card.scores if board in score.board]
        if scores:
            newest = max(scores, key=lambda score: score.day)
            margin = f" ± {newest.plus_minus}" if newest.plus_minus is not None else ""
            found.append((f"{newest.value}{margin}", f"{words}, {newest.board.split()[0]}, {day(newest.day)}"))
    if card.released and len(found) < 4:
        found.append((f"{card.released:%b %Y}", "released" if card.released <= today else "announced for"))
    return tuple(found[:4])


def _short(amount: int) -> str:
    """An image's price to four decimals of a dollar."""
    return money(amount if amount < 1_000 else round(amount, -2))


def _trap(listed: Sequence[ListPrice], grid: Grid) -> str:
    """How far the printed list lies from what is billed, when a cell differs by more than a rounding."""
    gaps = []
    for row in listed:
        if row.quality not in grid.qualities or row.size not in grid.cells:
            continue
        ours = grid.cells[row.size][grid.qualities.index(row.quality)].price
        gap = int(row.usd * 1_000_000) - (ours or 0)
        if ours is not None and abs(gap) > _ROUNDING and abs(gap) * 50 > ours:
            gaps.append(gap)
    if not gaps:
        return ""
    low, high = min(gaps), max(gaps)
    by = dollars(abs(low), places=4)
    span = by if low == high else f"{by} to {dollars(abs(high), places=4)}"
    where = "every cell" if len(gaps) == len(listed) else f"{len(gaps)} of {len(listed)} cells"
    if low > 0:
        return (
            f"The provider's list is {span} above the bill in {where}. You pay by the token, so count on our figures."
        )
    return f"The provider's list and the bill differ in {where}. You pay by the token, so count on our figures."


def _rates(price: Price | None) -> tuple[tuple[str, str, str], ...]:
    """Label, price and batch price for a million tokens of each kind."""
    if price is None or price.tokens is None:
        return ()
    found = []
    for label, name in _RATES:
        rate: Decimal | None = getattr(price.tokens, name)
        if rate is None:
            continue
        batch: Decimal | None = getattr(price.batch or TokenPrices(), name)
        if batch is None and price.batch is None and price.batch_factor is not None:
            batch = rate * price.batch_factor
        found.append((label, usd(rate), usd(batch) if batch is not None else ""))
    return tuple(found)


def _units(price: Price | None) -> tuple[tuple[str, str], ...]:
    """What is billed besides tokens, in words."""
    if price is None or price.kind in {"token", "free"}:
        return ()
    parts = [
        ("First megapixel", price.first_megapixel),
        ("Each further megapixel", price.next_megapixel),
        ("Each megapixel that goes in", price.reference_megapixel),
        ("Each image that goes in", price.per_reference),
    ]
    return tuple((label, usd(rate)) for label, rate in parts if rate is not None)


def _sellers(card: Card, today: date, used: Price | None) -> tuple[tuple[str, str, Source | None], ...]:
    """Others who sell it: name, what they ask, where that was read."""
    found = []
    for price in card.prices:
        if price.seller is None or price is used or price.start > today:
            continue
        asked = next((row.usd for row in price.per_image), None) or price.first_megapixel
        unit = "megapixel" if price.first_megapixel is not None else "image"
        if asked is not None:
            found.append((price.seller, f"from {usd(asked)} a {unit}", card.source(price.source)))
    return tuple(found)


def sizes_rule(card: Card) -> str:
    """The rule of free sizes as a sentence; empty for a model with fixed sizes."""
    rule = card.abilities.free_sizes
    if rule is None:
        return ""
    parts = [f"both edges are multiples of {rule.multiple}"] if rule.multiple > 1 else []
    parts += [f"no edge is under {rule.min_edge} pixels"] if rule.min_edge else []
    parts += [f"no edge is over {rule.max_edge} pixels"] if rule.max_edge else []
    parts += [f"the long edge is at most {rule.max_ratio.normalize():f} times the short one"] if rule.max_ratio else []
    parts += [f"it has at least {rule.min_pixels:,} pixels"] if rule.min_pixels else []
    parts += [f"it has at most {rule.max_pixels:,} pixels"] if rule.max_pixels else []
    if not parts:
        return "Any size."
    return f"Any size where {', '.join(parts[:-1])}{' and ' if len(parts) > 1 else ''}{parts[-1]}."


def rivals(card: Card, rows: Sequence[Row], most: int = 6) -> list[Row]:
    """What else to look at: models that still run, two of the same provider first, then those of the nearest price."""
    own = next((row for row in rows if row.card.id == card.id), None)
    alive = [row for row in rows if row.status in {"current", "deprecated"} and row.card.id != card.id]

    def far(row: Row) -> tuple[float, str]:
        gap = 4.0
        if own is not None and own.price is not None and row.price is not None:
            gap = abs(math.log2((own.price + 500) / (row.price + 500)))
        gap += 0.0 if own and row.card.tier == own.card.tier else 1.0
        gap += 0.0 if row.card.abilities.edit == card.abilities.edit else 1.0
        gap += 0.0 if row.card.open_weights == card.open_weights else 1.0
        gap += 1.5 if row.status == "deprecated" else 0.0
        if own is not None and own.score is not None:
            gap += 1.5 if row.score is None else abs(float(row.score - own.score)) / 60
        return gap, row.card.id

    near = sorted(alive, key=far)
    same = [row for row in near if row.card.provider == card.provider][:2]
    return [*same, *(row for row in near if row.card.provider != card.provider)][:most]
