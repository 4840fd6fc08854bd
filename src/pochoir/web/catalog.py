"""The directory as a page shows it: kept for the day, its rows in the words and marks that are drawn."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from pochoir.domain.catalog import Card
from pochoir.domain.money import dollars
from pochoir.features.catalog.directory import Directory, Row
from pochoir.features.catalog.words import count, day
from pochoir.features.images.artifact import Readiness
from pochoir.features.metering import pricing
from pochoir.web.plots import Spot, spots
from pochoir.web.templating import Pages

ABILITY_WORDS: Mapping[str, str] = {
    "text_to_image": "Text to image",
    "edit": "Edit images",
    "mask": "Masks",
    "transparency": "Transparent background",
    "free_sizes": "Any size",
    "open_weights": "Open weights",
}
_CHEAP, _DEAR = 2_000, 250_000
"""Micro-dollars an image at the ends of the price marks; between them the scale is logarithmic."""
HERE = {
    "ready": "Ready",
    "needs_key": "Needs a key",
    "not_installed": "Not installed",
    "no_engine": "Facts only",
    "shut_down": "Shut down",
}


@dataclass(frozen=True, slots=True)
class Kept:
    """A directory, what it was made of, and its rows in words."""

    today: date
    cards: Sequence[Card]
    directory: Directory
    drawn: Mapping[str, Markup]
    """What a row shows whoever looks and whatever is chosen, by the model's id."""


@dataclass(frozen=True, slots=True)
class Look:
    """A row of the list, ready to be drawn: its own part, and whether the model can be run here."""

    id: str
    name: str
    inner: Markup
    here: str
    state: str


def kept_directory(state: Any, cards: Sequence[Card], today: date) -> Kept:
    """The directory of these cards on this day, made once for each process, set of cards and day.

    `state` is the application's: where it is kept, and whose `pages` draw the rows.
    """
    kept: Kept | None = getattr(state, "catalog_kept", None)
    if kept is None or kept.today != today or kept.cards != cards:
        directory = Directory(cards, today, pricing)
        kept = Kept(today, cards, directory, {row.card.id: _drawn(row, state.pages) for row in directory.rows})
        state.catalog_kept = kept
    return kept


def looks(kept: Kept, rows: Sequence[Row], readiness: Mapping[str, Readiness]) -> list[Look]:
    """The rows as they are drawn."""
    found = []
    for row in rows:
        card, state = row.card, readiness[row.card.id].state
        found.append(Look(card.id, card.name, kept.drawn[card.id], here_words(readiness[card.id]), state))
    return found


def here_words(readiness: Readiness) -> str:
    """Whether a model can be run here, in two words."""
    if readiness.state == "needs_key" and readiness.link.endswith("#openai_compatible"):
        return "Needs a server"
    return HERE[readiness.state]


def _drawn(row: Row, pages: Pages) -> Markup:
    badge, tone = status_badge(row.card, row.status)
    usual = row.price if row.price is not None else row.price_from
    least = price_words(row.price_from)
    shown = pages.render(
        "fragments/model_row.html",
        {
            "card": row.card,
            "badge": badge,
            "tone": tone,
            "can": _can(row.card),
            "price": price_words(usual),
            "least": least if least != price_words(usual) else "",
            "mark": price_mark(usual),
            "score": row.score,
        },
    )
    return Markup(shown)  # noqa: S704  the template escapes


def _can(card: Card) -> tuple[str, ...]:
    can = card.abilities
    flags = (
        (can.edit, "edits"),
        (can.mask in {"hint", "exact"}, "masks"),
        (can.transparency, "transparent"),
        (can.free_sizes is not None, "any size"),
        (card.open_weights, "open weights"),
    )
    first = ("edits only",) if can.text_to_image is False else ()
    return (*first, *(word for known, word in flags if known and not (first and word == "edits")))


def price_words(amount: int | None) -> str:
    """The price of an image to a tenth of a cent, or a hundredth where it is that small; empty when not known."""
    if not amount:
        return "" if amount is None else "free"
    return dollars(amount, places=4 if amount < 10_000 else 3)


def price_mark(amount: int | None) -> int:
    if not amount:
        return 0
    share = math.log(amount / _CHEAP) / math.log(_DEAR / _CHEAP)
    return max(2, min(100, round(share * 100)))


def status_badge(card: Card, status: str) -> tuple[str, str]:
    """What stands beside the name, and its tone; nothing for a current model."""
    if status == "shut down":
        return f"Shut down {card.shutdown:%-d %b %Y}", "bad"
    if status == "deprecated":
        return f"Ends {card.shutdown:%-d %b %Y}", "warn"
    if status == "announced":
        return f"From {card.released:%-d %b %Y}", "info"
    return "", ""


def score_plot(rows: Sequence[Row], shown: set[str]) -> Markup | None:
    """Where models stand by price and by people's votes; those that the filters leave are lit.

    Named are those that no cheaper one beats (the Pareto front). The price is that of the usual square at medium.
    """
    known = sorted(
        ((row.price, row.score, row) for row in rows if row.score is not None and row.price and row.card.id in shown),
        key=lambda found: (found[0], -found[1]),
    )
    front, best = set(), 0
    for _, score, row in known:
        if score > best:
            best = int(score)
            front.add(row.card.id)
    others = [row for row in rows if row.card.id not in shown and row.status != "shut down"]
    faint = [(row.price, row.score, row) for row in others if row.score is not None and row.price]
    drawn = [
        Spot(
            row.card.name,
            f"/models/{quote(row.card.id)}",
            price_mark(price),
            int(score),
            f"{row.card.name}, {row.card.provider}: {dollars(price)} an image, score {score}",
            row.card.id in shown,
            row.card.id in front,
        )
        for price, score, row in (*faint, *known)
    ]
    ticks = [(price_mark(amount), dollars(amount)) for amount in (2_000, 10_000, 50_000, 250_000)]
    name = "Score over price: higher is liked better, further left is cheaper"
    return spots(drawn, ticks, name=name) if len(drawn) > 2 else None


@dataclass(frozen=True, slots=True)
class LastDays:
    """What stands on top where a model will not last, or is gone: the dates, and what follows it."""

    card: Card
    tone: str
    title: str
    text: str
    successors: tuple[Card, ...]


def last_days(card: Card, cards: Sequence[Card], today: date) -> LastDays | None:
    """The notice of a model with a shutdown date that is known; None for any other."""
    status = card.status(today)
    if card.shutdown is None or status not in {"shut down", "deprecated"}:
        return None
    by_id = {other.id: other for other in cards}
    found = [by_id[name] for name in card.successors if name in by_id]
    successors = tuple(other for other in found if other.status(today) != "shut down")
    if status == "shut down":
        title = f"{card.name} was shut down on {day(card.shutdown)}"
        return LastDays(card, "bad", title, "Nothing can be made with it any more.", successors)
    title = f"{card.name} shuts down on {day(card.shutdown)}"
    notice = f" {card.provider} announced it on {day(card.notice)}." if card.notice else ""
    left = count((card.shutdown - today).days, "day")
    return LastDays(card, "warn", title, f"That is in {left}.{notice}", successors)
