"""Settings: connections with their keys, API keys for programs, the account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from pochoir.domain.accounts import ApiKey
from pochoir.domain.errors import InvalidValue, NotFound, PochoirError, Unavailable
from pochoir.domain.money import MicroUSD
from pochoir.features.connections.service import Connection, ConnectionKind
from pochoir.features.images.breaker import FAILURES
from pochoir.features.images.moderation import KIND as MODERATION
from pochoir.features.images.moderation import MODES
from pochoir.features.services import Services
from pochoir.features.tools.model_builder.builder import probe
from pochoir.features.tools.model_builder.endpoint import KIND, Endpoint
from pochoir.web.amounts import read_count, read_dollars
from pochoir.web.deps import services
from pochoir.web.navigation import NavItem
from pochoir.web.templating import page, plural

router = APIRouter()
nav = NavItem("Settings", "/settings", "settings", ("/setup",))


@dataclass(frozen=True, slots=True)
class KindView:
    """A kind of connection with what is linked of it."""

    kind: ConnectionKind
    linked: tuple[Connection, ...]
    troubles: Mapping[str, str] = field(default_factory=dict)
    """A sentence on each connection whose requests fail, by its name."""

    @property
    def from_environment(self) -> bool:
        return any(item.from_environment for item in self.linked)


@dataclass(frozen=True, slots=True)
class KeyView:
    """An API key with its month: what is spent, and the budget if there is one."""

    key: ApiKey
    spent: MicroUSD
    budget: MicroUSD | None
    moderation: str
    """Its own choice; empty for the workspace's."""


@dataclass(frozen=True, slots=True)
class Said:
    """What the page says about one connection or form: after saving, testing, or when something was wrong.

    `place` is the id of the connection or key whose form it was, or the kind of which one was to be added.
    """

    place: str = ""
    text: str = ""
    tone: str = "ok"
    param: str = ""


@router.get("/settings")
async def show(request: Request) -> Response:
    return await _settings(request)


@router.post("/settings/connections/{kind}")
async def save(request: Request, kind: str) -> Response:
    """Keep a connection. The secret goes in and never comes out; left empty, the stored one stays.

    `connection` is the id of the one that is changed; without it one is added.
    """
    known = services(request)
    form = await request.form()
    given = {name: value for name, value in form.items() if isinstance(value, str)}
    shape = known.connections.kinds.get(kind)
    secret_field = next((field.name for field in shape.fields if field.secret), "") if shape else ""
    secret = given.pop(secret_field, "") or None
    changed = given.pop("connection", "")
    new = not changed and shape is not None and shape.several
    try:
        saved = await known.connections.save(kind, given.get("name", ""), given, secret, new=new)
    except PochoirError as error:
        said = Said(changed or kind, error.message, "bad", error.param or "")
        return await _settings(request, status=error.status, said=said, typed=given)
    return RedirectResponse(f"/settings?saved={saved.name}#{kind}", status_code=303)


@router.post("/settings/connections/{connection_id}/delete")
async def delete(request: Request, connection_id: str) -> Response:
    await services(request).connections.delete(connection_id)
    return RedirectResponse("/settings", status_code=303)


@router.post("/settings/connections/{connection_id}/test")
async def test(request: Request, connection_id: str) -> Response:
    """Try a connection, without spending money, and say how it went."""
    known = services(request)
    linked = next((item for item in await known.connections.list() if item.id == connection_id), None)
    if linked is None:
        raise NotFound("This connection is gone. Reload the page.")
    try:
        said = Said(linked.kind, await check(known, linked))
    except PochoirError as error:
        said = Said(linked.kind, error.message, "bad")
    return await page(request, "fragments/said.html", said=said)


async def check(known: Services, linked: Connection) -> str:
    """A sentence on a connection that works. Raises PochoirError with what is wrong."""
    if linked.kind == KIND:
        return await _check_language_model(known, linked)
    if linked.kind == MODERATION:
        return await known.moderation.test()
    return await known.images.check_connection(linked.kind, linked.name)


async def _check_language_model(known: Services, linked: Connection) -> str:
    """Find the output mode in which the model answers rightly, and keep it."""
    credentials = await known.connections.credentials(KIND)
    endpoint = Endpoint.of(credentials) if credentials else None
    if endpoint is None:
        raise InvalidValue("The address or the model's name is missing. Fill both in.")
    mode, told = await probe(endpoint)
    if mode is None:
        raise Unavailable(f"{' '.join(told)} Check the address and the model's name, or take a larger model.")
    if not linked.from_environment:
        await known.connections.save(KIND, linked.name, {**linked.settings, "output_mode": mode}, None)
    return told[-1]


@router.post("/settings/keys")
async def create_key(request: Request) -> Response:
    """Make an API key and show its secret, this once."""
    form = await request.form()
    try:
        key, secret = await services(request).accounts.create_key(str(form.get("name", "")))
    except PochoirError as error:
        return await _settings(request, status=error.status, said=Said("keys", error.message, "bad", "name"))
    return await _settings(request, new_key=key, secret=secret)


@router.post("/settings/keys/{key_id}/limits")
async def set_limits(request: Request, key_id: str) -> Response:
    """Set what a key may do in a minute, and spend in a month; an empty field is no limit."""
    known = services(request)
    form = await request.form()
    given = {name: value for name, value in form.items() if isinstance(value, str)}
    try:
        budget = read_dollars(given.get("monthly", ""))
        requests = read_count(given.get("requests_per_minute", ""), "requests_per_minute")
        images = read_count(given.get("images_per_minute", ""), "images_per_minute")
        async with known.db.transaction():
            await known.accounts.limits.put(key_id, requests=requests, images=images)
            await known.metering.set_budget(budget, key_id)
            await known.moderation.choose(given.get("moderation", ""), key_id)
    except PochoirError as error:
        said = Said(key_id, error.message, "bad", error.param or "")
        return await _settings(request, status=error.status, said=said, typed=given)
    return RedirectResponse(f"/settings?saved={key_id}#{key_id}", status_code=303)


@router.post("/settings/keys/{key_id}/revoke")
async def revoke(request: Request, key_id: str) -> Response:
    await services(request).accounts.revoke_key(key_id)
    return RedirectResponse("/settings#keys", status_code=303)


async def kinds(known: Services) -> list[KindView]:
    linked = await known.connections.list()
    troubles = {item.name: said for item in linked if (said := await _trouble(known, item))}
    return [
        KindView(kind, tuple(item for item in linked if item.kind == kind.id), troubles)
        for kind in known.connections.kinds.values()
    ]


async def _trouble(known: Services, linked: Connection) -> str:
    """What is to be said of a connection whose requests fail; empty when all is well."""
    standing = await known.images.standing(linked.kind, linked.name)
    if standing is None or not standing.failures:
        return ""
    failed = f"Its last {plural(standing.failures, 'request')} failed"
    if standing.state == "open":
        return f"{failed}, so nothing is sent to it for another {plural(standing.seconds, 'second')}; then one may try."
    if standing.state == "half open":
        return f"{failed}, so it was left alone for a while. The next request tries it out."
    return f"{failed}. After {FAILURES} in a row it is left alone for a while."


async def _keys(known: Services) -> list[KeyView]:
    found = []
    for key in await known.accounts.keys():
        if not key.revoked:
            budget = await known.metering.budget(key.id)
            spent = budget.spent if budget is not None else await known.metering.key_total(key.id)
            moderation = await known.moderation.chosen(key.id) or ""
            found.append(KeyView(key, spent, budget.monthly if budget is not None else None, moderation))
    return found


async def _settings(
    request: Request,
    *,
    status: int = 200,
    said: Said | None = None,
    typed: dict[str, str] | None = None,
    new_key: ApiKey | None = None,
    secret: str = "",
) -> Response:
    known = services(request)
    response = await page(
        request,
        "settings.html",
        status=status,
        kinds=await kinds(known),
        keys=await _keys(known),
        moderations=[("", "As the workspace"), *MODES.items()],
        said=said or Said(),
        typed=typed or {},
        new_key=new_key,
        secret=secret,
        base_url=f"{str(request.base_url).rstrip('/')}/v1",
        owner_exists=await known.accounts.owner_exists(),
    )
    response.headers["cache-control"] = "no-store"
    return response
