"""Switch a tool's model: choose, see what changes, confirm. The new version differs in one line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from pochoir.domain.catalog import Card
from pochoir.domain.tools import Spec
from pochoir.features.services import Services
from pochoir.features.tools.contract import Pricer, RunPrice
from pochoir.web.deps import services
from pochoir.web.model_choices import card_of, model_choices
from pochoir.web.templating import page

router = APIRouter()
nav = None


PRICED = 500
"""Requests that are priced for one list, over all models: a tool that makes more of them gets a list without prices."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A model to switch to, and what a run on it would cost; None where that was not worked out."""

    card: Card
    ready: bool
    price: RunPrice | None

    @property
    def order(self) -> tuple[bool, int, str]:
        """The cheapest first, what is not known last."""
        unknown = self.price is None or bool(self.price.unknown)
        return unknown, 0 if self.price is None else self.price.total, self.card.name


@dataclass(frozen=True, slots=True)
class Offers:
    """The models to choose from: those that are named to follow the tool's own, those that run here, all others."""

    after: tuple[Offer, ...]
    ready: tuple[Offer, ...]
    others: tuple[tuple[str, tuple[Offer, ...]], ...]
    """By provider, the one with the cheapest run first."""


@router.get("/tools/{name}/model")
async def choose(request: Request, name: str, to: str = "") -> Response:
    """Every model to choose from; with `?to=`, what the switch to that one would change."""
    known = services(request)
    spec = await known.tools.spec(name)
    plan = await known.tools.plan_switch(name, to, pricer(known)) if to and to != spec.model else None
    offers = await _offers(known, spec)
    count = sum(len(part) for part in (offers.after, offers.ready, *(group for _, group in offers.others)))
    return await page(
        request,
        "tool_model.html",
        tool=await known.tools.tool(name),
        spec=spec,
        offers=offers,
        count=count,
        plan=plan,
    )


async def _offers(known: Services, spec: Spec) -> Offers:
    choices = await model_choices(known)
    steps = len((await known.runs.quote(spec, {})).steps)
    price = pricer(known) if steps * len(choices) <= PRICED else None
    found = []
    for choice in choices:
        card = choice.card
        told = await price(spec.model_copy(update={"model": card.id})) if price else None
        found.append(Offer(card, choice.ready, told))
    found.sort(key=lambda offer: offer.order)
    now = await card_of(known, spec.model)
    follow = now.successors if now and now.shutdown else ()
    after = tuple(offer for offer in found if offer.card.id in follow)
    rest = [offer for offer in found if offer not in after]
    others = [offer for offer in rest if not offer.ready]
    providers = dict.fromkeys(offer.card.provider for offer in others)
    return Offers(
        after,
        tuple(offer for offer in rest if offer.ready),
        tuple((name, tuple(offer for offer in others if offer.card.provider == name)) for name in providers),
    )


@router.post("/tools/{name}/model")
async def switch(request: Request, name: str, to: Annotated[str, Form()]) -> Response:
    await services(request).tools.switch_model(name, to)
    return RedirectResponse(f"/tools/{name}?saved=version", status_code=303)


def pricer(known: Services) -> Pricer:
    """The price of one run of a spec, as the switch plan asks for it."""

    async def price(spec: Spec) -> RunPrice:
        quote = await known.runs.quote(spec, {})
        return RunPrice(quote.quote.total, quote.exact, quote.quote.unknown)

    return price
