"""A tool as an app: its form, the quote that follows it, the run button, and what was made with it before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from pochoir.domain.catalog import Card
from pochoir.domain.errors import Conflict, InvalidRequest, PochoirError, TooLarge
from pochoir.domain.money import MicroUSD, dollars
from pochoir.domain.runs import Run
from pochoir.domain.tools import Spec
from pochoir.features.images.artifact import Artifact
from pochoir.features.services import Services
from pochoir.web import tool_form
from pochoir.web.amounts import read_whole
from pochoir.web.deps import services
from pochoir.web.model_choices import card_of
from pochoir.web.templating import page

router = APIRouter()
nav = None

HISTORY = 12
UNSEEN = 500
"""Micro-dollars by which a price may be higher than it was shown: half a tenth of a cent."""


@dataclass(frozen=True, slots=True)
class Past:
    """A run of the tool with its first images."""

    run: Run
    images: tuple[Artifact, ...]


@dataclass(frozen=True, slots=True)
class Ending:
    """A model that was shut down, or will be in `days`, and what may replace it."""

    card: Card
    over: bool
    days: int
    successors: tuple[Card, ...]


@router.get("/tools/{name}")
async def app(request: Request, name: str, run: str = "") -> Response:
    """The form, empty or (with `?run=`) as it was filled in for an earlier run."""
    known = services(request)
    spec = await known.tools.spec(name)
    known.runs.make_ready()
    past = await history(known, name)
    if run:
        values = tool_form.values_of_run(spec, (await known.runs.get(run)).inputs)
    else:
        values = tool_form.first_values(spec, samples=not past)
    return await _app(request, name, spec, values, past)


@router.post("/tools/{name}/quote")
async def quote(request: Request, name: str) -> Response:
    """The price of a run with what the form says now."""
    known = services(request)
    tool, spec = await known.tools.tool(name), await known.tools.spec(name)
    async with request.form() as form:
        price = await known.runs.quote(spec, tool_form.read_values(spec, form))
    return await page(request, "fragments/quote.html", tool=tool, quote=price, problems=(), drafting=False)


@router.post("/tools/{name}/run")
async def start(request: Request, name: str) -> Response:
    known = services(request)
    version = (await known.tools.tool(name)).current
    spec = await known.tools.spec(name, version)
    async with request.form() as form:
        values = tool_form.read_values(spec, form)
        try:
            await tool_form.upload(spec, form, known, values)
            await _as_shown(known, version, spec, values, form)
            started = await known.runs.start(name, values, version)
        except PochoirError as error:
            fields = {field.key for field in spec.inputs}
            at_field = isinstance(error, InvalidRequest | TooLarge) and error.param in fields
            return await _app(
                request,
                name,
                spec,
                values,
                await history(known, name),
                status=error.status,
                problem="" if at_field else error.message,
                problems={error.param: error.message} if at_field else {},
            )
    return RedirectResponse(f"/runs/{started.id}", status_code=303)


async def _as_shown(known: Services, current: int, spec: Spec, values: Mapping[str, Any], form: FormData) -> None:
    """Raises Conflict when the tool or its price is not what stood beside the button, so that nobody pays unseen.

    A price may come out a little higher than it was shown: somebody typed on until the press.
    """
    version, shown = (read_whole(str(form.get(key, ""))) for key in ("_version", "_shown"))
    if version is not None and version != current:
        raise Conflict(
            f"The tool was changed meanwhile: version {current} is in use now. Look at the form and the price, then press "
            "Run again."
        )
    total = (await known.runs.quote(spec, values)).quote.total
    if shown is not None and total > shown + max(shown // 20, UNSEEN):
        raise Conflict(
            f"A run with these inputs costs {dollars(total)}, not {dollars(MicroUSD(shown))} as was shown. Look at the "
            "price, then press Run again."
        )


@router.post("/tools/{name}/archive")
async def archive(request: Request, name: str, archived: Annotated[str, Form()] = "yes") -> Response:
    """Put the tool away, or bring it back."""
    await services(request).tools.archive(name, archived != "no")
    where = "/tools" if archived != "no" else f"/tools/{name}"
    return RedirectResponse(f"{where}?saved=archive", status_code=303)


async def history(known: Services, name: str) -> list[Past]:
    """The newest runs, each with its first images."""
    async with known.db.reading():
        runs = await known.runs.recent(name, HISTORY)
        return [Past(run, tuple((await known.runs.images(run.id))[:4])) for run in runs]


async def ending_of(known: Services, model: str) -> Ending | None:
    """The end of the tool's model, when one is known."""
    card = await card_of(known, model)
    if card is None or card.shutdown is None:
        return None
    today = known.clock.today()
    status = card.status(today)
    if status not in {"deprecated", "shut down"}:
        return None
    after = [found for name in card.successors if (found := await card_of(known, name)) and found.engines]
    return Ending(card, status == "shut down", (card.shutdown - today).days, tuple(after))


async def _app(
    request: Request,
    name: str,
    spec: Spec,
    values: Mapping[str, Any],
    past: Sequence[Past],
    *,
    status: int = 200,
    problem: str = "",
    problems: Mapping[Any, str] | None = None,
) -> Response:
    known = services(request)
    return await page(
        request,
        "tool.html",
        status=status,
        tool=await known.tools.tool(name),
        spec=spec,
        ending=await ending_of(known, spec.model),
        values=values,
        artifact_ids=tool_form.artifact_ids,
        quote=await known.runs.quote(spec, values),
        past=past,
        problem=problem,
        problems_by_field=problems or {},
        drafting=False,
    )
