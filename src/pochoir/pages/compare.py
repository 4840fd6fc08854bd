"""Compare any two models, section by section, with what a month of your own work costs on each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from pochoir.domain.catalog import Card
from pochoir.domain.errors import InvalidValue, ModelNotFound
from pochoir.features.catalog.compare import Comparison, compare
from pochoir.features.catalog.differences import better, expected_share
from pochoir.features.catalog.directory import Row
from pochoir.features.catalog.service import CatalogService
from pochoir.features.images.month import price_grid, sizes_of
from pochoir.features.metering import pricing
from pochoir.features.metering.pricing import Work
from pochoir.web.catalog import here_words, kept_directory, last_days, status_badge
from pochoir.web.deps import services, wants_fragment
from pochoir.web.month import Month, months, read_work
from pochoir.web.templating import page

router = APIRouter()
nav = None

BETWEEN = "-vs-"
MOST_SIZES = 12


@dataclass(frozen=True, slots=True)
class Votes:
    """How people's votes would fall on one board. `share`: tenths of a percent for the first of the pair."""

    board: str
    day: date
    share: int

    @property
    def first(self) -> str:
        return f"{self.share / 10:.1f}%"

    @property
    def second(self) -> str:
        return f"{100 - self.share / 10:.1f}%"


@router.get("/compare")
async def choose(request: Request) -> Response:
    """Choose two models; `?m=` twice leads to their comparison."""
    known = services(request)
    today = known.clock.today()
    named = [name for name in request.query_params.getlist("m") if name]
    asked = list(dict.fromkeys(named))
    chosen = [await known.catalog.card(name) for name in asked[:6]]
    if len(chosen) == 2:
        return RedirectResponse(pair_link(chosen[0], chosen[1]), status_code=303)
    kept = kept_directory(request.app.state, await known.catalog.cards(), today)
    return await page(
        request,
        "compare_choose.html",
        rows=sorted(kept.directory.rows, key=lambda row: (row.card.provider.casefold(), row.card.name.casefold())),
        chosen=chosen,
        same=len(chosen) == 1 and len(named) > 1,
        pairs=suggestions(kept.directory.rows),
    )


@router.get("/compare/{pair:path}")
async def show(request: Request, pair: str) -> Response:
    """The comparison; as JSON when the address ends in `.json`; the month's part alone for htmx."""
    known = services(request)
    today = known.clock.today()
    as_json = pair.endswith(".json")
    first, second = await find_pair(known.catalog, pair.removesuffix(".json"))
    work, problem = _work(request.query_params)
    month = months((first, second), work, today)
    if wants_fragment(request):
        return await page(request, "fragments/month.html", status=400 if problem else 200, month=month, problem=problem)
    found = compare(first, second, today, pricing)
    if as_json:
        if problem:
            raise InvalidValue(problem)
        return JSONResponse(as_data(found, month))
    readiness = [await known.images.readiness(card) for card in (first, second)]
    cards = await known.catalog.cards()
    kept = kept_directory(request.app.state, cards, today)
    by_id = {row.card.id: row for row in kept.directory.rows}
    sizes = sizes_of(first, second)[:MOST_SIZES]
    grids = [price_grid(card, sizes, today) for card in (first, second)]
    return await page(
        request,
        "compare.html",
        status=400 if problem else 200,
        found=found,
        pair=f"{first.id}{BETWEEN}{second.id}",
        rows=[by_id[card.id] for card in (first, second)],
        badges=[status_badge(card, card.status(today)) for card in (first, second)],
        endings=[last_days(card, cards, today) for card in (first, second)],
        readiness=readiness,
        here=here_words,
        votes=votes(first, second),
        month=month,
        problem=problem,
        sizes=[size for size in sizes if any(size in grid.cells for grid in grids)],
        grids=grids,
        qualities=list(dict.fromkeys((*first.abilities.qualities, *second.abilities.qualities))),
        most_references=max(first.abilities.max_references or 0, second.abilities.max_references or 0) or 4,
    )


def pair_link(first: Card, second: Card) -> str:
    return f"/compare/{quote(first.id)}{BETWEEN}{quote(second.id)}"


async def find_pair(catalog: CatalogService, pair: str) -> tuple[Card, Card]:
    """The two cards that `a-vs-b` names, wherever it has to be cut. Raises ModelNotFound with near ids."""
    parts = pair.strip("/").split(BETWEEN)
    if len(parts) < 2:
        raise ModelNotFound(f"'{pair}' names no two models. Write two ids with {BETWEEN} between them.", param="pair")
    problem: ModelNotFound | None = None
    for cut in range(1, len(parts)):
        try:
            first = await catalog.card(BETWEEN.join(parts[:cut]))
            return first, await catalog.card(BETWEEN.join(parts[cut:]))
        except ModelNotFound as error:
            problem = problem or error
    assert problem is not None
    raise problem


def _work(params: Mapping[str, str]) -> tuple[Work, str]:
    """The work of the form; with a problem, what the page starts with."""
    try:
        return read_work(params), ""
    except InvalidValue as error:
        return read_work({}), error.message


def votes(first: Card, second: Card) -> list[Votes]:
    """Boards on which both stand, as shares of votes: 1 / (1 + 10^(-gap/400))."""
    found = []
    for high, low, ahead, _ in better(first, second):
        share = expected_share(high.value - low.value) * 1000
        tenths = int(share.quantize(Decimal(1)))
        found.append(Votes(high.board, high.day, tenths if ahead.id == first.id else 1000 - tenths))
    return found


def suggestions(rows: Sequence[Row], most: int = 6) -> list[tuple[Card, Card, str]]:
    """Pairs that people ask for: what is about to end beside what follows it, and the best liked beside the next."""
    by_id = {row.card.id: row for row in rows}
    found: list[tuple[Card, Card, str]] = []
    for row in sorted(rows, key=lambda row: (row.status != "deprecated", row.card.id)):
        nexts = [by_id[name].card for name in row.card.successors if name in by_id]
        if row.status == "deprecated" and nexts and len(found) < most // 2:
            found.append((row.card, nexts[0], f"Ends {row.card.shutdown:%-d %b %Y}: what follows it"))
    liked = sorted(
        (row for row in rows if row.score is not None and row.status == "current"),
        key=lambda row: row.score or 0,
        reverse=True,
    )
    firsts: dict[str, Card] = {}
    for row in liked:
        firsts.setdefault(row.card.provider, row.card)
    best = list(firsts.values())
    found += [(best[0], other, "Best liked of two providers") for other in best[1:3]]
    open_best = next((row.card for row in liked if row.card.open_weights), None)
    if best and open_best and open_best.id != best[0].id:
        found.append((best[0], open_best, "Best liked, and best liked with open weights"))
    return found[:most]


def as_data(found: Comparison, month: Month) -> dict[str, Any]:
    """The comparison as JSON: money in micro-dollars, null where no price is known."""
    return {
        "title": found.title,
        "intro": found.intro,
        "models": [
            {
                "id": head.card.id,
                "name": head.card.name,
                "provider": head.card.provider,
                "status": head.status,
                "warning": head.warning,
                "successors": list(head.card.successors),
                "strengths": [{"title": side.title, "points": list(side.points)} for side in head.strengths],
            }
            for head in (found.a, found.b)
        ],
        "specs": [{"label": spec.label, "a": spec.a.text, "b": spec.b.text} for spec in found.specs],
        "differences": [{"fact": item.fact, "practice": item.practice} for item in found.differences],
        "use_either": [{"title": part.title, "text": part.text} for part in found.either],
        "questions": [{"question": item.question, "answer": item.answer} for item in found.questions],
        "month": {
            "images": month.work.images,
            "references": month.work.references,
            "batch": month.work.batch,
            "sentence": month.sentence,
            "models": [
                {
                    "id": side.card.id,
                    "total_microusd": side.total,
                    "exact": side.quote.exact,
                    "unknown": side.quote.unknown,
                    "priced_as": side.assumed,
                    "notes": list(side.notes),
                }
                for side in month.sides
            ],
        },
    }
