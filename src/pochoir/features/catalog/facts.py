"""Everything on a card as rows of facts, in one order, each with where it was found. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from pochoir.domain.catalog import Card, Source, TokenPrices
from pochoir.domain.money import dollars
from pochoir.features.catalog.pricelist import PriceList, cheapest
from pochoir.features.catalog.words import UNKNOWN, count, day, listed, usd


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact of a model, in words. `known` is false where the provider publishes none; `source` where it was found."""

    label: str
    text: str
    known: bool = True
    source: Source | None = None


def facts(card: Card, today: date, prices: PriceList) -> tuple[Fact, ...]:
    """All facts of a card; the labels and their order are the same for every card."""
    price_source = _price_source(card, today)
    rows: list[tuple[str, str | None, Source | None]] = [
        ("Provider", card.provider, None),
        ("Model type", _type(card), None),
        ("Status", status_words(card, today), None),
        ("Released", day(card.released) if card.released else None, None),
        *((label, text, price_source) for label, text in _prices(card, today, prices)),
        *((label, text, None) for label, text in _abilities(card)),
        ("Snapshots", listed([snapshot.id for snapshot in card.snapshots]) or "none dated", None),
        ("Endpoints", _endpoints(card), None),
        ("Context window", count(card.context_window, "token") if card.context_window else None, None),
        ("Open weights", _yes(card.open_weights), None),
        ("Licence", f"{card.licence.name} ({_LICENCE[card.licence.commercial]})" if card.licence else None, None),
        ("Parameters", card.parameters, None),
        ("Memory", card.memory, None),
        ("Speed", card.speed, None),
        *_scores(card),
    ]
    return tuple(Fact(label, text or UNKNOWN, bool(text), source if text else None) for label, text, source in rows)


def status_words(card: Card, today: date) -> str:
    """`Current`, `Shuts down on 1 December 2026 (in 8 days)`, `Shut down on 23 October 2026`."""
    if card.shutdown and today >= card.shutdown:
        return f"Shut down on {day(card.shutdown)}"
    if card.shutdown:
        return f"Shuts down on {day(card.shutdown)} (in {count((card.shutdown - today).days, 'day')})"
    if card.released and card.status(today) == "announced":
        return f"Announced for {day(card.released)}"
    return "Current"


_LICENCE = {
    "yes": "commercial use allowed",
    "no": "no commercial use",
    "conditions": "commercial use on conditions",
}
_MASK = {"no": "no", "hint": "yes, as a hint", "exact": "yes, exact"}


def _type(card: Card) -> str:
    return f"{listed(list(card.input) or ['text'])} in, {listed(list(card.output))} out".capitalize()


def _prices(card: Card, today: date, prices: PriceList) -> list[tuple[str, str | None]]:
    price, low = card.price_on(today), cheapest(card, today, prices)
    tokens = (price.tokens if price else None) or TokenPrices()
    start = None
    if low and low.amount is not None:
        start = "free" if low.amount == 0 else f"From {dollars(low.amount)} / image"
    rates = [
        ("Input price", tokens.text_in),
        ("Cached input price", tokens.cached_text_in),
        ("Image input price", tokens.image_in),
        ("Image output price", tokens.image_out),
    ]
    texts: list[tuple[str, str | None]] = [("Image generation", start)]
    none = "not billed by the token" if price and price.kind != "token" else None
    texts += [(label, f"{usd(rate)} / 1M tokens" if rate is not None else none) for label, rate in rates]
    listed_prices = sorted({row.usd for row in card.list_prices})
    shown = f"{usd(listed_prices[0])} to {usd(listed_prices[-1])} / image" if len(listed_prices) > 1 else None
    return [*texts, ("Provider's list", shown)]


def _price_source(card: Card, today: date) -> Source | None:
    price = card.price_on(today)
    return card.source(price.source) if price else None


def _abilities(card: Card) -> list[tuple[str, str | None]]:
    can = card.abilities
    references = None if can.max_references is None else f"up to {count(can.max_references, 'image')}"
    return [
        ("Text to image", _yes(can.text_to_image)),
        ("Edits", _yes(can.edit)),
        ("Masks", _MASK[can.mask] if can.mask else None),
        ("Markup", _yes(can.markup)),
        ("References", "none" if can.max_references == 0 else references),
        ("Transparency", _yes(can.transparency)),
        ("Sizes", _sizes(card)),
        ("Qualities", listed(list(can.qualities)) or None),
        ("Formats", listed(list(can.formats)) or None),
        ("Images a request", f"up to {can.max_images}" if can.max_images else None),
        ("Longest prompt", count(can.max_prompt, "character") if can.max_prompt else None),
        ("Seeds", _yes(can.seeds)),
        ("Batch", _yes(can.batch)),
    ]


def _sizes(card: Card) -> str | None:
    can, parts = card.abilities, []
    if can.sizes:
        shown = listed(list(can.sizes[:6]), "and" if len(can.sizes) <= 6 else ",").replace(" ,", ",")
        parts.append(shown if len(can.sizes) <= 6 else f"{shown} and {len(can.sizes) - 6} more")
    if can.free_sizes:
        edge = f" up to {can.free_sizes.max_edge} px an edge" if can.free_sizes.max_edge else ""
        parts.append(f"any size{edge}")
    if not parts and can.aspect_ratios:
        parts.append(f"ratios {listed(list(can.aspect_ratios))}")
    return "; ".join(parts) or None


def _endpoints(card: Card) -> str | None:
    names = [
        endpoint.name + {"tool": " (as a tool)", "preview": " (preview)"}.get(endpoint.support, "")
        for endpoint in card.endpoints
        if endpoint.support != "no"
    ]
    return listed(names) or None


def _scores(card: Card) -> list[tuple[str, str | None, Source | None]]:
    rows: list[tuple[str, str | None, Source | None]] = []
    for words, label in (("text to image", "Score, new images"), ("edit", "Score, edits")):
        found = [score for score in card.scores if words in score.board.casefold()]
        score = max(found, key=lambda score: score.day, default=None)
        if score is None:
            rows.append((label, None, None))
            continue
        margin = f" ± {score.plus_minus}" if score.plus_minus is not None else ""
        rows.append((label, f"{score.value}{margin} ({score.board}, {day(score.day)})", card.source(score.source)))
    return rows


def _yes(value: bool | None) -> str | None:
    return None if value is None else "yes" if value else "no"
