"""The settings page: whose form is shown again after a mistake, and what a form may not do to another connection."""

from __future__ import annotations

import re

import pytest

from unit.browsing import Browser, browser, text_of

__all__ = ["browser"]

COMPATIBLE = "/settings/connections/openai_compatible"


async def connected(browser: Browser, name: str, key: str = "") -> str:
    """Connect a server of one's own; gives the connection's id."""
    await browser.get("/settings")
    address = f"http://{name}.example/v1"
    await browser.send(COMPATIBLE, {"name": name, "base_url": address, "models": f"of-{name}", "key": key})
    return next(item.id for item in await browser.services.connections.list() if item.name == name)


def fold(page: str, place: str) -> str:
    """The fold with the form whose fields have the ids of this place."""
    folds: list[str] = re.findall(r'<details class="fold".*?</details>', page, re.S)
    return next(part for part in folds if f'id="{place}-' in part)


def typed(page: str, place: str) -> tuple[str, str]:
    """Address and models in a form."""
    form = fold(page, place)
    address = re.search(r'name="base_url" value="([^"]*)"', form)
    models = re.search(r'name="models"[^>]*>([^<]*)</textarea>', form)
    assert address
    assert models
    return address[1], models[1]


async def test_a_mistake_at_one_server_is_told_there_and_changes_no_other_form(browser: Browser) -> None:
    alpha, beta = await connected(browser, "alpha", "sk-a"), await connected(browser, "beta", "sk-b")
    sent = {"connection": alpha, "name": "alpha", "base_url": "ftp://alpha.example", "models": "new"}
    page = await browser.send(COMPATIBLE, sent, status=400)
    assert typed(page, alpha) == ("ftp://alpha.example", "new")
    assert typed(page, beta) == ("http://beta.example/v1", "of-beta")
    assert typed(page, "openai_compatible") == ("", "")
    assert page.count("must start with http") == 1
    assert "must start with http" in fold(page, alpha)
    assert fold(page, alpha).startswith('<details class="fold" open>')
    assert not fold(page, beta).startswith('<details class="fold" open>')


async def test_a_mistake_in_a_change_is_seen_where_one_connection_is_all(browser: Browser) -> None:
    await browser.get("/settings")
    await browser.send("/settings/connections/openai", {"key": "sk-a"})
    [linked] = await browser.services.connections.list()
    sent = {"connection": linked.id, "name": "openai", "base_url": "ftp://x", "key": "sk-a"}
    page = await browser.send("/settings/connections/openai", sent, status=400)
    assert "must start with http" in fold(page, linked.id)
    assert fold(page, linked.id).startswith('<details class="fold" open>')


async def test_adding_a_server_never_changes_one_that_is_there(browser: Browser) -> None:
    await connected(browser, "alpha", "sk-a")
    other = {"name": "Alpha", "base_url": "http://elsewhere.example/v1", "models": "m"}
    page = await browser.send(COMPATIBLE, other, status=409)
    assert "choose another name" in fold(page, "openai_compatible")
    found = await browser.services.connections.credentials("openai_compatible", "alpha")
    assert found is not None
    assert (found.base_url, found.key) == ("http://alpha.example/v1", "sk-a")


@pytest.mark.parametrize("name", ["openai", "google", "bfl", "moderation"])
async def test_a_servers_name_takes_no_other_kinds_place(browser: Browser, name: str) -> None:
    await browser.get("/settings")
    sent = {"name": name, "base_url": "http://a.example/v1", "models": "m"}
    page = await browser.send(COMPATIBLE, sent, status=400)
    assert "Choose another name" in fold(page, "openai_compatible")


async def test_what_kind_of_server_it_is_is_chosen_and_checked(browser: Browser) -> None:
    alpha = await connected(browser, "alpha")
    page = await browser.get("/settings")
    assert '<option value="sglang">SGLang server</option>' in fold(page, alpha)
    given = {"connection": alpha, "name": "alpha", "base_url": "http://alpha.example/v1", "models": "m\nm = x"}
    wrong = await browser.send(COMPATIBLE, {**given, "server": "vllm"}, status=400)
    assert "Choose one of: vllm_omni" in fold(wrong, alpha)
    for steps in ("low=abc", "low", "=3", "low=0", "low=4, low=9", "x" * 500):
        wrong = await browser.send(COMPATIBLE, {**given, "steps": steps}, status=400)
        assert re.search("Write them as|Leave one of them out", fold(wrong, alpha)), steps
    await browser.send(COMPATIBLE, {**given, "server": "sglang", "steps": "low=4\nhigh = 50,"})
    assert await browser.services.connections.server_qualities() == {"alpha": ("low", "high")}
    assert await browser.services.connections.upstream_models() == [("alpha", "m", None)]


@pytest.mark.parametrize("model", ["a?b#c", "%2e%2e", "b c", 'q"q'])
async def test_a_models_odd_name_has_a_page(browser: Browser, model: str) -> None:
    await browser.get("/settings")
    await browser.send(COMPATIBLE, {"name": "alpha", "base_url": "http://alpha.example/v1", "models": model})
    [link] = set(re.findall(r'href="(/models/alpha/[^"]*)"', await browser.get("/models")))
    assert "on alpha" in text_of(await browser.get(link))


async def test_what_cannot_be_undone_asks_first(browser: Browser) -> None:
    alpha = await connected(browser, "alpha")
    key, _ = await browser.services.accounts.create_key("shop")
    page = await browser.get("/settings")
    for action, yes in ((f"connections/{alpha}/delete", "Yes, remove it"), (f"keys/{key.id}/revoke", "Yes, revoke it")):
        folds = re.findall(r'<details class="sure">.*?</details>', page, re.S)
        assert sum(action in part and yes in part for part in folds) == 1
        assert page.count(action) == 1, "there is no other way to it"
