"""Which model answers when one has ended, and names of the team's own for models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from pochoir.domain.catalog import Card, Succession
from pochoir.domain.errors import InvalidValue, ModelNotFound, PochoirError
from pochoir.web.deps import services
from pochoir.web.templating import page

router = APIRouter()
nav = None

NEW, FALLBACK = "new", "then:"
"""Which form was sent, when it was none of a rule's own: the one for a name of one's own, the one for a fallback."""


@dataclass(frozen=True, slots=True)
class Ending:
    """A model whose end is known, and the team's rule for it."""

    card: Card
    ended: bool
    rule: Succession | None


@dataclass(frozen=True, slots=True)
class Typed:
    """A form that could not be saved, as it was filled in. `place` is the rule's name, NEW or FALLBACK."""

    place: str = ""
    problem: str = ""
    name: str = ""
    model: str = ""
    ticked: bool = False


@router.get("/successions")
async def show(request: Request) -> Response:
    return await _successions(request)


@router.post("/successions")
async def put(
    request: Request,
    name: Annotated[str, Form()] = "",
    model: Annotated[str, Form()] = "",
    at_once: Annotated[bool, Form()] = False,
    new: Annotated[bool, Form()] = False,
) -> Response:
    """Set the rule for a name; without a model the rule is taken away. `new`: a name that has no rule yet."""
    known = services(request)
    name = name.strip()
    try:
        if model:
            await _check_name(request, name)
            await _check_model(request, model)
            await known.successions.put(name, model, at_once=at_once, new=new)
        elif name in await known.successions.rules() and not new:
            await known.successions.remove(name)
        else:
            raise InvalidValue("Choose the model that should answer.", param="model")
    except PochoirError as error:
        typed = Typed(NEW if new else name, error.message, name, model, at_once)
        return await _successions(request, typed, status=error.status)
    return RedirectResponse(f"/successions?saved={quote(name)}#{quote(name)}", status_code=303)


@router.post("/successions/remove")
async def remove(request: Request, name: Annotated[str, Form()]) -> Response:
    await services(request).successions.remove(name)
    return RedirectResponse("/successions#own", status_code=303)


@router.post("/successions/fallbacks")
async def put_fallback(
    request: Request,
    name: Annotated[str, Form()] = "",
    model: Annotated[str, Form()] = "",
    even_if_charged: Annotated[bool, Form()] = False,
) -> Response:
    """Set which model answers when another cannot."""
    known = services(request)
    try:
        if not name or not model:
            raise InvalidValue("Choose both models: the one that is asked, and the one that steps in.", param="model")
        await _check_model(request, model)
        await known.successions.put_fallback(name, model, even_if_charged=even_if_charged)
    except PochoirError as error:
        typed = Typed(FALLBACK, error.message, name, model, even_if_charged)
        return await _successions(request, typed, status=error.status)
    return RedirectResponse(f"/successions?saved={FALLBACK}{quote(name)}#fallbacks", status_code=303)


@router.post("/successions/fallbacks/remove")
async def remove_fallback(request: Request, name: Annotated[str, Form()]) -> Response:
    await services(request).successions.remove_fallback(name)
    return RedirectResponse("/successions#fallbacks", status_code=303)


async def _check_name(request: Request, name: str) -> None:
    """A rule for a model that goes on answering would do nothing. Raises InvalidValue."""
    try:
        card = await services(request).catalog.card(name)
    except ModelNotFound:
        return
    if card.shutdown is None:
        raise InvalidValue(
            f"'{name}' is the name of a model that has no known end, {card.name}: it would go on answering itself. "
            "Choose a name that no model has.",
            param="name",
        )


async def _check_model(request: Request, model: str) -> None:
    known = services(request)
    card = await known.catalog.card(model)
    if card.status(known.clock.today()) == "shut down":
        raise InvalidValue(f"{card.name} was shut down itself. Choose another model.", param="model")


async def _successions(request: Request, typed: Typed | None = None, *, status: int = 200) -> Response:
    known = services(request)
    today = known.clock.today()
    cards = [card for card in await known.catalog.cards() if card.engines]
    rules = await known.successions.rules()
    endings = [
        Ending(card, card.status(today) == "shut down", rules.get(card.id))
        for card in sorted(cards, key=lambda card: card.shutdown or today, reverse=True)
        if card.shutdown is not None
    ]
    names = {ending.card.id for ending in endings}
    living = [card for card in cards if card.status(today) == "current"]
    return await page(
        request,
        "successions.html",
        status=status,
        endings=endings,
        own=[rule for name, rule in rules.items() if name not in names],
        asked=[(card.id, f"{card.name} · {card.provider}") for card in cards if card.status(today) != "shut down"],
        fallbacks=list((await known.successions.fallbacks()).values()),
        choices=[(card.id, f"{card.name} · {card.provider}") for card in living],
        typed=typed or Typed(),
        NEW=NEW,
        FALLBACK=FALLBACK,
    )
