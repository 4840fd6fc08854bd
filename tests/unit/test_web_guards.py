"""Who may ask: host names, origins, tokens, sessions. Over the real log-in pages and a real database."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from types import SimpleNamespace

import httpx2
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from starlette.datastructures import Headers

from pochoir.features.accounts.service import AccountsService
from pochoir.infra.clock import Clock
from pochoir.infra.db import Database
from pochoir.pages import registry
from pochoir.web import auth
from pochoir.web.hosts import HostGuard
from pochoir.web.site import LOOPBACK, SiteOptions

OWNER = {"email": "ada@example.com", "name": "Ada", "password": "correct horse"}


@pytest.fixture
def accounts(db: Database, clock: Clock) -> AccountsService:
    return AccountsService(db, clock, PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


def site(accounts: AccountsService, clock: Clock, options: SiteOptions) -> httpx2.AsyncClient:
    app = FastAPI()
    app.state.services = SimpleNamespace(accounts=accounts, clock=clock)

    @app.get("/v1/probe")
    async def probe() -> dict[str, bool]:
        return {"ok": True}

    pages = registry.include(app, options, ["pochoir.pages.usage", "pochoir.pages.accounts"])

    @pages.get("/broken")
    async def broken() -> None:
        raise RuntimeError("the password is swordfish")

    return httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=app, raise_app_exceptions=False), base_url="http://127.0.0.1:8300"
    )


@pytest.fixture
async def alone(accounts: AccountsService, clock: Clock) -> AsyncIterator[httpx2.AsyncClient]:
    """A single-user workspace on loopback."""
    async with site(accounts, clock, SiteOptions()) as client:
        yield client


@pytest.fixture
async def team(accounts: AccountsService, clock: Clock) -> AsyncIterator[httpx2.AsyncClient]:
    """A workspace where everybody logs in."""
    async with site(accounts, clock, SiteOptions(single_user=False, hosts=frozenset())) as client:
        yield client


def token_in(page: httpx2.Response) -> str:
    found = re.search(r'name="_csrf_token" value="([0-9a-f]{64})"', page.text)
    assert found
    return found[1]


@pytest.mark.parametrize(
    ("host", "fine"),
    [
        ("127.0.0.1:8300", True),
        ("localhost", True),
        ("LOCALHOST:1", True),
        ("[::1]:8300", True),
        ("evil.example", False),
        ("127.0.0.1.evil.example:8300", False),
        ("localhost.evil.example", False),
        ("", False),
    ],
)
async def test_only_the_own_names_are_answered(alone: httpx2.AsyncClient, host: str, fine: bool) -> None:
    for path in ("/setup", "/v1/probe"):
        answer = await alone.get(path, headers={"host": host})
        assert (answer.status_code == 200) == fine
        if not fine:
            assert "127.0.0.1" in answer.text


@pytest.mark.parametrize(
    ("headers", "fine"),
    [
        ({}, True),
        ({"origin": "http://127.0.0.1:8300"}, True),
        ({"origin": "http://127.0.0.1:9999"}, False),
        ({"origin": "https://evil.example"}, False),
        ({"origin": "null"}, False),
        ({"sec-fetch-site": "same-origin", "sec-fetch-mode": "cors"}, True),
        ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "cors"}, False),
        ({"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}, True),
    ],
)
async def test_other_web_pages_are_refused_on_pages_and_api(
    alone: httpx2.AsyncClient, headers: dict[str, str], fine: bool
) -> None:
    for path in ("/setup", "/v1/probe"):
        assert (await alone.get(path, headers=headers)).status_code == (200 if fine else 403)


@pytest.mark.parametrize(
    ("name", "value", "fine"),
    [
        ("x-forwarded-for", "127.0.0.1", True),
        ("x-forwarded-for", "::1, 127.0.0.1:4711", True),
        ("forwarded", 'for="[::1]:80";proto=http, for=127.0.0.1', True),
        ("x-forwarded-for", "203.0.113.9", False),
        ("x-forwarded-for", "127.0.0.1, 203.0.113.9", False),
        ("x-forwarded-for", "2001:db8::7", False),
        ("x-forwarded-for", "unknown", False),
        ("forwarded", "for=203.0.113.9;proto=https", False),
        ("forwarded", 'proto=https;for="[2001:db8::7]:4711"', False),
        ("forwarded", "proto=https", False),
        ("x-real-ip", "203.0.113.9", False),
    ],
)
async def test_whoever_comes_through_a_proxy_gets_nothing_that_needs_no_log_in(
    alone: httpx2.AsyncClient, team: httpx2.AsyncClient, name: str, value: str, fine: bool
) -> None:
    for path in ("/setup", "/v1/probe"):
        answer = await alone.get(path, headers={name: value})
        assert answer.status_code == (200 if fine else 403)
        assert fine or "pochoir owner create" in answer.text
    assert (await team.get("/login", headers={name: value})).status_code == 200


def test_websockets_are_guarded_like_requests() -> None:
    guard = HostGuard(FastAPI(), LOOPBACK)
    assert guard.problem(Headers({"host": "evil.example"}))
    assert not guard.problem(Headers({"host": "localhost:8300"}))


async def test_a_form_without_the_right_token_changes_nothing(
    alone: httpx2.AsyncClient, accounts: AccountsService
) -> None:
    page = await alone.get("/setup")
    for sent in ({}, {"_csrf_token": "0" * 64}, {"_csrf_token": token_in(page)[:-1]}):
        answer = await alone.post("/setup", data={**OWNER, **sent})
        assert answer.status_code == 403
        assert "Reload the page" in answer.text
    alone.cookies.clear()
    assert (await alone.post("/setup", data={**OWNER, "_csrf_token": token_in(page)})).status_code == 403
    assert not await accounts.owner_exists()


async def test_the_token_is_taken_from_the_field_or_the_header(
    alone: httpx2.AsyncClient, accounts: AccountsService
) -> None:
    token = token_in(await alone.get("/setup"))
    short = await alone.post("/setup", data={**OWNER, "password": "short"}, headers={"x-csrf-token": token})
    assert short.status_code == 400
    assert "at least 10 characters" in short.text
    made = await alone.post("/setup", data={**OWNER, "_csrf_token": token})
    assert made.status_code == 303
    assert await accounts.owner_exists()


async def test_a_foreign_origin_is_refused_even_with_a_token_and_a_session(
    team: httpx2.AsyncClient, accounts: AccountsService
) -> None:
    await accounts.create_owner(**OWNER)
    token = token_in(await team.get("/login"))
    answer = await team.post("/login", data={**OWNER, "_csrf_token": token}, headers={"origin": "https://evil.example"})
    assert answer.status_code == 403
    assert auth.SESSION not in team.cookies


async def test_logging_in_and_out(team: httpx2.AsyncClient, accounts: AccountsService) -> None:
    await accounts.create_owner(**OWNER)
    token = token_in(await team.get("/login?next=/tools"))
    wrong = await team.post("/login", data={**OWNER, "password": "wrong horse!", "_csrf_token": token})
    assert wrong.status_code == 401
    assert "Try again" in wrong.text
    right = await team.post("/login", data={**OWNER, "next": "/tools", "_csrf_token": token})
    assert right.status_code == 303
    assert right.headers["location"] == "/tools"
    cookie = right.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    stale = await team.post("/logout", data={"_csrf_token": token})
    assert stale.status_code == 403, "a token from before the log-in is not good after it"
    fresh = token_in(await team.get("/nothing-here"))
    assert (await team.post("/logout", data={"_csrf_token": fresh})).headers["location"] == "/login"
    assert (await team.get("/login")).status_code == 200


async def test_who_must_wait_is_told_for_how_long(team: httpx2.AsyncClient, accounts: AccountsService) -> None:
    await accounts.create_owner(**OWNER)
    form = {"email": OWNER["email"], "password": "wrong", "_csrf_token": token_in(await team.get("/login"))}
    answers = [await team.post("/login", data=form) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [401] * 10 + [429]
    assert 590 <= int(answers[-1].headers["retry-after"]) <= 600


async def test_over_the_network_nobody_can_make_themselves_the_owner(
    team: httpx2.AsyncClient, accounts: AccountsService
) -> None:
    token = token_in(await team.get("/login"))
    assert (await team.post("/setup", data={**OWNER, "_csrf_token": token})).status_code == 403
    assert not await accounts.owner_exists()


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example", "", None])
def test_after_logging_in_only_pages_of_this_site_are_opened(target: str | None) -> None:
    assert auth.safe_next(target) == "/"
    assert auth.safe_next("/tools?x=1") == "/tools?x=1"


async def test_every_answer_has_the_security_headers(alone: httpx2.AsyncClient) -> None:
    for path in ("/setup", "/nothing-here", "/static/theme.js"):
        headers = (await alone.get(path)).headers
        policy = headers["content-security-policy"]
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"


async def test_without_a_session_every_page_leads_to_the_log_in(team: httpx2.AsyncClient) -> None:
    answer = await team.get("/usage")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?next=/usage"
    searched = await team.get("/usage?before=7")
    assert searched.headers["location"] == "/login?next=/usage%3Fbefore%3D7"
    token = token_in(await team.get("/login"))
    sent = await team.post("/usage/budget", data={"monthly": "5", "_csrf_token": token})
    assert sent.headers["location"] == "/login?next=/usage", "the page of the form, which the form's own address is not"
    assert "Main" not in (await team.get("/login")).text


async def test_an_open_page_whose_session_ended_stays_and_says_so(
    team: httpx2.AsyncClient, accounts: AccountsService
) -> None:
    await accounts.create_owner(**OWNER)
    part = {"hx-request": "true", "hx-current-url": "http://127.0.0.1:8300/usage?before=7"}
    for path in ("/usage", "/login/live"):
        told = await team.get(path, headers=part)
        assert told.status_code == 401
        assert told.headers["hx-retarget"] == "#session"
        assert "You were logged out" in told.text
        assert 'href="/login?next=/usage%3Fbefore%3D7"' in told.text
    await team.post("/login", data={**OWNER, "_csrf_token": token_in(await team.get("/login"))})
    again = await team.get("/login/live", headers=part)
    assert "You are logged in again" in again.text
    assert f'data-fresh-token="{token_in(await team.get("/usage"))}"' in again.text


async def test_a_script_is_refused_in_data_that_it_can_read(team: httpx2.AsyncClient) -> None:
    script = {"accept": "application/json"}
    gone = await team.post("/usage/budget", headers=script)
    assert gone.status_code == 401
    assert gone.json()["problem"].startswith("You were logged out.")
    stale = await team.post("/login", headers=script, data={"_csrf_token": "0" * 64})
    assert stale.status_code == 403
    assert "Reload the page" in stale.json()["problem"]


async def test_an_address_that_only_takes_a_form_leads_to_its_page(alone: httpx2.AsyncClient) -> None:
    for path, there in (("/usage/budget", "/usage"), ("/logout", "/")):
        answer = await alone.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, there)
    assert (await alone.post("/nothing-here")).status_code == 404


async def test_what_breaks_inside_stays_inside(alone: httpx2.AsyncClient) -> None:
    answer = await alone.get("/broken")
    assert answer.status_code == 500
    assert "Something broke on our side" in answer.text
    assert "swordfish" not in answer.text
    assert "RuntimeError" not in answer.text
    assert "script-src" in answer.headers["content-security-policy"]


async def test_an_unknown_page_says_so_and_htmx_gets_the_message_alone(alone: httpx2.AsyncClient) -> None:
    whole = await alone.get("/nothing-here")
    assert whole.status_code == 404
    assert "<html" in whole.text
    part = await alone.get("/nothing-here", headers={"hx-request": "true"})
    assert part.status_code == 404
    assert "<html" not in part.text
    assert "There is no page at this address" in part.text
