"""Switch a tool's model: choose, see what changes, confirm. The new version differs in one line."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from pochoir.domain.tools import Spec
from pochoir.features.services import Services
from pochoir.features.tools.contract import Pricer, RunPrice
from pochoir.web.deps import services
from pochoir.web.model_choices import model_choices
from pochoir.web.templating import page

router = APIRouter()
nav = None


@router.get("/tools/{name}/model")
async def choose(request: Request, name: str, to: str = "") -> Response:
    """Every model to choose from; with `?to=`, what the switch to that one would change."""
    known = services(request)
    spec = await known.tools.spec(name)
    plan = await known.tools.plan_switch(name, to, pricer(known)) if to and to != spec.model else None
    return await page(
        request,
        "tool_model.html",
        tool=await known.tools.tool(name),
        spec=spec,
        choices=await model_choices(known),
        plan=plan,
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
