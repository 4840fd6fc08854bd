"""The catalogue: every model with filters, and one page of all that is known of a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from fastapi import APIRouter, Request
from starlette.responses import Response

from pochoir.domain.catalog import Status
from pochoir.domain.errors import InvalidValue
from pochoir.features.catalog.directory import SORTS, DirectoryQuery
from pochoir.features.catalog.strengths import strengths
from pochoir.features.metering import pricing
from pochoir.web.catalog import ABILITY_WORDS, kept_directory, last_days, looks, score_plot
from pochoir.web.deps import services, wants_fragment
from pochoir.web.model_facts import FEATURES, about, rivals
from pochoir.web.navigation import NavItem
from pochoir.web.readiness import readiness_of
from pochoir.web.templating import page

router = APIRouter()
nav = NavItem("Models", "/models", "boxes", under=("/compare", "/successions"))

PRICES = (
    ("", "Any price"),
    ("0", "Free"),
    *((str(cents * 10_000), f"Up to ${cents / 100:.2f}") for cents in (1, 2, 5, 10)),
)
SORT_WORDS = {"score": "Best liked first", "price": "Cheapest first", "released": "Newest first", "name": "By name"}
STATUS_WORDS: Mapping[str, str] = {
    "current": "Current",
    "deprecated": "To be shut down",
    "shut down": "Shut down",
    "announced": "Announced",
}
STATUSES: Mapping[str, Status] = {name: name for name in get_args(Status)}
ALIVE, ANY = "alive", "any"
"""Choices that are no single status: everything but what was shut down (the page starts with it), and everything."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What the form says, for showing it again. `status` may be `alive`, which is no single status."""

    query: DirectoryQuery
    status: str
    chosen: tuple[str, ...] = ()

    @property
    def narrowed(self) -> bool:
        asked = self.query
        return (
            bool(asked.text or asked.abilities or asked.provider or asked.max_price is not None) or self.status != ALIVE
        )


def read_filters(params: Mapping[str, str], abilities: Sequence[str], chosen: Sequence[str]) -> Filters:
    """The filters of an address. Raises InvalidValue, with what there is, for one that does not exist."""
    status = params.get("status") or ALIVE
    if status not in {ANY, ALIVE, *STATUSES}:
        raise InvalidValue(f"'{status[:40]}' is no status. Choose among {', '.join(STATUS_WORDS)}.", param="status")
    sort = params.get("sort") or "score"
    by_name = {name: name for name in SORTS}
    if sort not in by_name:
        raise InvalidValue(f"'{sort[:40]}' is no order. Choose among {', '.join(SORTS)}.", param="sort")
    price = params.get("price", "").strip()
    if price and not (price.isascii() and price.isdecimal() and len(price) <= 12):
        raise InvalidValue("'price' is the most that an image may cost, in micro-dollars. Choose from the list.")
    query = DirectoryQuery(
        text=params.get("q", "").strip()[:200],
        abilities=frozenset(abilities),
        provider=params.get("provider") or None,
        status=STATUSES.get(status),
        max_price=int(price) if price else None,
        sort=by_name[sort],
    )
    return Filters(query, status, tuple(dict.fromkeys(chosen))[:6])


@router.get("/models")
async def directory(request: Request) -> Response:
    """The list; htmx gets its part alone."""
    known = services(request)
    today = known.clock.today()
    params = request.query_params
    filters = read_filters(params, params.getlist("can"), params.getlist("m"))
    cards = await known.catalog.cards()
    kept = kept_directory(request.app.state, cards, today)
    rows = kept.directory.search(filters.query)
    if filters.status == ALIVE:
        rows = [row for row in rows if row.status != "shut down"]
    listed = looks(kept, rows, await readiness_of(known, cards))
    here = {look.id for look in listed}
    return await page(
        request,
        "fragments/model_list.html" if wants_fragment(request) else "models.html",
        rows=listed,
        total=len(cards),
        filters=filters,
        kept_choice=[card for card in cards if card.id in filters.chosen and card.id not in here],
        providers=kept.directory.providers(),
        abilities=ABILITY_WORDS,
        sorts=SORT_WORDS,
        statuses=STATUS_WORDS,
        prices=PRICES,
        plot=score_plot(kept.directory.rows, {row.card.id for row in rows}),
    )


@router.get("/models/{model_id:path}")
async def model(request: Request, model_id: str) -> Response:
    """All that is known of one model."""
    known = services(request)
    today = known.clock.today()
    card = await known.catalog.card(model_id.strip("/"))
    cards = await known.catalog.cards()
    kept = kept_directory(request.app.state, cards, today)
    return await page(
        request,
        "model.html",
        card=card,
        about=about(card, today, pricing),
        readiness=await known.images.readiness(card),
        state=last_days(card, cards, today),
        strengths=strengths(card),
        feature_words=FEATURES,
        rivals=rivals(card, kept.directory.rows),
    )
