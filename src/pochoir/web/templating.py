"""Pages from templates: one Jinja environment, strict about what is undefined, escaping everything."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import orjson
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from pochoir.domain.money import dollars
from pochoir.features.tools import rows
from pochoir.web import auth, csrf, plots
from pochoir.web.amounts import write_dollars
from pochoir.web.assets import Assets
from pochoir.web.deps import services
from pochoir.web.navigation import NavItem

TEMPLATES = Path(__file__).parent / "templates"


class Pages:
    """The environment and the navigation; one of each application, at `app.state.pages`."""

    def __init__(self, assets: Assets, navigation: Sequence[NavItem]) -> None:
        self.navigation = tuple(navigation)
        self.environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            cache_size=200,
        )
        self.environment.filters.update(
            money=money,
            amount=write_dollars,
            roughly=roughly,
            plural=plural,
            ago=ago,
            when=when,
            span=span,
            bytes=byte_count,
            pretty=pretty,
            row_text=rows.to_text,
            day=day,
        )
        self.environment.globals.update(asset=assets.url, bar_plot=plots.bars, money=money)

    def render(self, name: str, context: dict[str, Any]) -> str:
        return self.environment.get_template(name).render(context)


async def page(request: Request, template: str, /, *, status: int = 200, **context: Any) -> HTMLResponse:
    """Answer with a template. It sees the context and: `request`, `member`, `navigation`, `csrf_token`, `now`, `saved`."""
    pages: Pages = request.app.state.pages
    shared = {
        "request": request,
        "status": status,
        "path": request.url.path,
        "member": await auth.member(request),
        "single_user": request.app.state.site_options.single_user,
        "navigation": pages.navigation,
        "csrf_token": csrf.token(request),
        "saved": request.query_params.get("saved", ""),
        "now": services(request).clock.now(),
    }
    response = HTMLResponse(pages.render(template, shared | context), status_code=status)
    csrf.keep_visit(request, response)
    return response


def money(amount: int, places: int | None = None) -> str:
    """Micro-dollars for a person: from a dollar on in cents, from a cent on with four decimals, below in full."""
    if places is None and abs(amount) >= 1_000_000:
        places = 2
    elif places is None and abs(amount) >= 10_000 and amount % 100:
        places = 4
    return dollars(amount, places=places)


def roughly(amount: int) -> str:
    """Micro-dollars of an estimate: no more digits than it deserves."""
    if amount >= 1_000_000 or amount < 100:
        return money(amount)
    return dollars(amount, places=3 if amount >= 10_000 else 4)


def plural(count: int, one: str, many: str = "") -> str:
    """`1 image`, `3 images`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def _time(stamp: str | datetime) -> datetime:
    return stamp if isinstance(stamp, datetime) else datetime.fromisoformat(stamp).astimezone(UTC)


def ago(stamp: str | datetime, now: datetime) -> str:
    """How long a time lies back, in the largest unit that fits."""
    seconds = (now - _time(stamp)).total_seconds()
    if seconds < 45:
        return "just now"
    for size, name in ((86400 * 365, "year"), (86400 * 30, "month"), (86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            return f"{plural(int(seconds // size), name)} ago"
    return "a minute ago"


def when(stamp: str | datetime) -> str:
    """A time as a date and hour, in UTC."""
    return _time(stamp).strftime("%-d %b %Y, %H:%M")


def day(of: date) -> str:
    """`1 December 2026`."""
    return f"{of.day} {of:%B %Y}"


def span(start: str, end: str) -> str:
    """The time between two stamps: `0.8 s`, `12 s`, `3 min 5 s`."""
    seconds = max(0.0, (_time(end) - _time(start)).total_seconds())
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{int(seconds // 60)} min {int(seconds % 60)} s"


def byte_count(count: int) -> str:
    if count < 1024 * 1024:
        return f"{max(1, round(count / 1024))} KB"
    return f"{count / 1024 / 1024:.1f} MB"


def pretty(value: Any) -> str:
    """A value of a run's inputs or outputs in one line."""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, str | int | float):
        return str(value)
    if isinstance(value, list | tuple) and all(isinstance(item, str | int | float) for item in value):
        return ", ".join(str(item) for item in value)
    if value is None:
        return "–"
    return orjson.dumps(value, default=str).decode()
