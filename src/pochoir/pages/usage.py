"""What was spent: totals, cost per day, the ledger, and the budget."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from pochoir.domain.errors import PochoirError
from pochoir.web.amounts import read_dollars
from pochoir.web.deps import services
from pochoir.web.navigation import NavItem
from pochoir.web.plots import Bar
from pochoir.web.templating import money, page, plural

router = APIRouter()
nav = NavItem("Usage", "/usage", "wallet")

DAYS = 30
ROWS = 100


@router.get("/usage")
async def show(request: Request, before: Annotated[int | None, Query(ge=1, lt=1 << 63)] = None) -> Response:
    return await _usage(request, before=before)


@router.post("/usage/budget")
async def set_budget(request: Request, monthly: Annotated[str, Form()] = "") -> Response:
    """Set the month's limit in dollars; an empty field takes it away."""
    try:
        await services(request).metering.set_budget(read_dollars(monthly))
    except PochoirError as error:
        return await _usage(request, status=error.status, problem=error.message, typed=monthly)
    return RedirectResponse("/usage?saved=budget#budget", status_code=303)


def daily_bars(by_day: Sequence[tuple[str, int, int]], today: date, days: int = DAYS) -> list[Bar]:
    """One column a day up to today, empty days included."""
    known = {day: (amount, images) for day, amount, images in by_day}
    found = []
    for back in range(days - 1, -1, -1):
        day = today - timedelta(days=back)
        amount, images = known.get(day.isoformat(), (0, 0))
        title = f"{day:%-d %B}: {money(amount)}, {plural(images, 'image')}"
        found.append(Bar(f"{day:%-d %b}", amount, title, tick=back % 7 == 0))
    return found


async def _usage(
    request: Request, *, before: int | None = None, status: int = 200, problem: str = "", typed: str = ""
) -> Response:
    known = services(request)
    today = known.clock.today()
    by_day = await known.metering.by_day((today - timedelta(days=DAYS - 1)).isoformat())
    entries = await known.metering.entries(limit=ROWS + 1, before=before)
    return await page(
        request,
        "usage.html",
        status=status,
        total=await known.metering.total(),
        month=await known.metering.total(since=today.isoformat()[:7]),
        images=sum(images for _, _, images in by_day),
        budget=await known.metering.budget(),
        bars=daily_bars(by_day, today),
        any_cost=any(amount for _, amount, _ in by_day),
        entries=entries[:ROWS],
        older=entries[ROWS - 1].id if len(entries) > ROWS else None,
        later=before is not None,
        problem=problem,
        typed=typed,
    )
