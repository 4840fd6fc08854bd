"""Pages from templates: one Jinja environment, strict about what is undefined, escaping everything."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import orjson
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse

from pochoir.domain.money import dollars
from pochoir.domain.runs import FINISHED, Run
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
            spoken=spoken,
            row_text=rows.to_text,
            day=day,
            cost=cost,
            described=described,
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


def cost(run: Run, most: int = 0) -> str:
    """What a run was charged, as far as is known: free only where there was nothing to pay.

    `most`: micro-dollars that its requests without an answer may have been charged, where that is known.
    """
    open_end = f": up to {money(most)}" if most else ""
    if run.maybe_charged:
        known = f"{money(run.charged_microusd)}, and more " if run.charged_microusd else ""
        return f"{known}may have been charged{open_end}"
    if run.charged_microusd or not run.quoted_microusd:
        return money(run.charged_microusd)
    return "nothing charged" if run.state in FINISHED else "nothing charged yet"


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


def described(markup: Markup, id: str, help: str = "", problem: str = "") -> Markup:
    """The markup with the help and the problem of a control, `<id>-help` and `<id>-problem`, tied to the tag of that id."""
    names = [f"{id}-{name}" for name, text in (("problem", problem), ("help", help)) if text]
    if not names:
        return markup
    told = f' aria-describedby="{escape(" ".join(names))}"' + (' aria-invalid="true"' if problem else "")
    tag = re.compile(rf'<\w+(?=\s[^>]*\bid="{re.escape(escape(id))}")')
    return Markup(tag.sub(lambda found: found[0] + told, markup, count=1))  # noqa: S704  only escaped text is added


def byte_count(count: int) -> str:
    if count < 1024 * 1024:
        return f"{max(1, round(count / 1024))} KB"
    return f"{count / 1024 / 1024:.1f} MB"


def spoken(path: str) -> str:
    """The path of a step without a title, in words: `each[2].square_post` is `Each 2, square post`."""
    words = path.replace("[", " ").replace("]", "").replace(".", ", ").replace("_", " ")
    return words[:1].upper() + words[1:]


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
