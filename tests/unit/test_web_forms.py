"""Forms: what was typed stays after a mistake, which is told beside it, and a small "Saved" after saving."""

from __future__ import annotations

import html
import io
import re

import pytest
from PIL import Image

from pochoir.domain.money import MicroUSD
from unit.browsing import SPEC, Browser, browser, text_of

__all__ = ["browser"]

SAVED = '<span class="tag" data-tone="ok" role="status">Saved</span>'
HOUSE = {"new": "true", "name": "house-style", "model": "pochoir-sketch"}


def chosen(page: str, select: str) -> str:
    """The value that a select shows."""
    found = re.search(rf'<select[^>]* id="{select}".*?</select>', page, re.S)
    assert found
    options: list[tuple[str, str]] = re.findall(r'<option value="([^"]*)"( selected)?', found[0])
    return next((value for value, mark in options if mark), options[0][0])


async def test_a_living_models_name_is_no_name_of_ones_own(browser: Browser) -> None:
    await browser.get("/successions")
    for name in ("gpt-image-2", "pochoir-sketch"):
        page = await browser.send("/successions", {**HOUSE, "name": name}, status=400)
        assert "Choose a name that no model has" in page
        assert f'value="{name}"' in page
        assert chosen(page, "own-model") == "pochoir-sketch"
    assert await browser.services.successions.rules() == {}
    await browser.send("/successions", {"name": "gpt-image-1-mini", "model": "gpt-image-2", "at_once": "true"})
    assert list(await browser.services.successions.rules()) == ["gpt-image-1-mini"]


async def test_a_name_is_added_once_and_changed_in_its_line(browser: Browser) -> None:
    await browser.get("/successions")
    where = await browser.send("/successions", HOUSE)
    assert where == "/successions?saved=house-style#house-style"
    page = await browser.get(where)
    assert page.count(SAVED) == 1
    assert chosen(page, "means-house-style") == "pochoir-sketch"
    again = await browser.send("/successions", {**HOUSE, "model": "gpt-image-2"}, status=409)
    assert "means pochoir-sketch already" in text_of(again)
    assert chosen(again, "own-model") == "gpt-image-2"
    assert chosen(again, "means-house-style") == "pochoir-sketch"
    await browser.send("/successions", {"name": "house-style", "model": "gpt-image-2"})
    assert (await browser.services.successions.rules())["house-style"].model == "gpt-image-2"


async def test_a_mistake_about_one_ending_model_is_told_in_its_line(browser: Browser) -> None:
    await browser.services.successions.put("gpt-image-1", "gpt-image-1-mini", at_once=False)
    await browser.get("/successions")
    form = {"name": "gpt-image-1-mini", "model": "gpt-image-1", "at_once": "true"}
    page = await browser.send("/successions", form, status=400)
    line = re.search(r'<li class="line succession" id="gpt-image-1-mini">.*?</li>', page, re.S)
    assert line
    assert "was shut down itself" in line[0]
    assert page.count("was shut down itself") == 1
    assert "checked" in line[0]
    assert 'id="own-name" name="name" placeholder="house-style" maxlength="100" required value=""' in page


async def test_a_fallbacks_form_keeps_what_was_chosen(browser: Browser) -> None:
    await browser.get("/successions")
    form = {"name": "gpt-image-2", "model": "gpt-image-2", "even_if_charged": "true"}
    page = await browser.send("/successions/fallbacks", form, status=400)
    assert (chosen(page, "fallback-name"), chosen(page, "fallback-model")) == ("gpt-image-2", "gpt-image-2")
    assert 'name="even_if_charged" value="true" checked' in page
    page = await browser.get(await browser.send("/successions/fallbacks", {**form, "model": "pochoir-sketch"}))
    assert page.count(SAVED) == 1


async def test_the_days_that_images_are_kept_stay_typed(browser: Browser) -> None:
    await browser.get("/settings/images")
    page = await browser.send("/settings/images/keeping", {"made": "30", "uploaded": "a week"}, status=400)
    assert re.findall(r'name="(\w+)" inputmode="numeric"[^>]* value="([^"]*)"', page) == [
        ("made", "30"),
        ("uploaded", "a week"),
    ]


async def test_the_front_stays_as_it_is_after_an_empty_description(browser: Browser) -> None:
    await browser.run(await browser.tool(), {"what": "a kite", "mood": "calm"})
    await browser.get("/")
    page = await browser.send("/studio", {"text": " "}, status=400)
    for words in ("Kite pictures", "Latest images", "Works without a key", "press one of the examples"):
        assert words in page


async def test_a_budget_is_saved_again_as_it_is(browser: Browser) -> None:
    key, _ = await browser.services.accounts.create_key("shop")
    metering = browser.services.metering
    for owner, amount in ((key.id, 4_000), (key.id, 1_234_500_001), (key.id, 0), (None, 4_000), (None, 1_250_000_000)):
        await (metering.set_budget(MicroUSD(amount), owner) if owner else metering.set_budget(MicroUSD(amount)))
        page = await browser.get("/settings" if owner else "/usage")
        field = re.search(r'name="monthly"[^>]* value="([^"]*)"', page)
        assert field
        form = {"monthly": field[1], "requests_per_minute": "60"}
        where = await browser.send(f"/settings/keys/{owner}/limits" if owner else "/usage/budget", form)
        assert (await browser.get(where)).count(SAVED) == 1
        budget = await (metering.budget(owner) if owner else metering.budget())
        assert budget is not None
        assert budget.monthly == amount


async def test_what_changed_a_tool_or_an_image_is_said_to_be_saved(browser: Browser) -> None:
    name = await browser.tool()
    await browser.get(f"/tools/{name}/edit")
    data = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(data, "PNG")
    headers = {"x-csrf-token": browser.token}
    image = (
        await browser.client.post("/images/upload", files={"file": ("a.png", data.getvalue())}, headers=headers)
    ).json()
    for path, form in (
        (f"/tools/{name}/take", {"spec": SPEC.replace("n: 2", "n: 3")}),
        (f"/tools/{name}/model", {"to": "gpt-image-2"}),
        (f"/tools/{name}/versions/1/restore", {}),
        (f"/tools/{name}/archive", {}),
        (f"/tools/{name}/archive", {"archived": "no"}),
        (f"/images/{image['id']}/pin", {"pinned": "on"}),
        ("/settings/images/marks", {"prompt": "on"}),
        ("/settings/images/moderation", {"moderation": "provider"}),
        ("/settings/images/keeping", {"made": "30", "what": "save"}),
    ):
        page = await browser.get(await browser.send(path, form))
        assert page.count(SAVED) == 1, path


def filled(**more: str) -> dict[str, str | list[str]]:
    """The form over SPEC, as a page sends it, with changes."""
    form: dict[str, str | list[str]] = {
        "title": "Kite pictures",
        "summary": "",
        "model": "pochoir-sketch",
        "rows": "yes",
    }
    form["row"] = ["0", "1"]
    for number, (key, label, kind) in enumerate((("what", "What", "text"), ("mood", "Mood", "choice"))):
        form |= {f"input-{number}-key": key, f"input-{number}-label": label, f"input-{number}-type": kind}
        form[f"input-{number}-required"] = "on"
    form |= {"input-1-choices": "calm\nbright", "input-1-default": "calm"}
    return {**form, "step-shots-prompt": "{{ inputs.what }}, {{ inputs.mood }}", "step-shots-n": "2", **more}


MISTAKES = [
    ({"title": "   "}, "The title is empty. Write one."),
    ({"summary": "x" * 1_001}, "The summary is longer than 1,000 characters. Shorten it."),
    ({"input-0-label": ""}, "The label of inputs.1 is empty. Write one."),
    ({"input-1-choices": "x" * 2_001}, "The value of inputs.2.choices.1 is longer than 2,000 characters. Shorten it."),
    ({"input-1-choices": ""}, "a choice needs choices"),
    ({"step-shots-prompt": "A new prompt of {{ inputs.nope }}"}, "inputs.nope"),
    ({}, "Nothing differs"),
]


@pytest.mark.parametrize(("wrong", "told"), MISTAKES)
async def test_a_tools_form_keeps_what_was_typed(browser: Browser, wrong: dict[str, str], told: str) -> None:
    name = await browser.tool()
    await browser.get(f"/tools/{name}/edit")
    right = {"summary": "A long new summary", "step-shots-prompt": "Quite another prompt, {{ inputs.what }}"}
    sent = filled(**{**right, **wrong} if wrong else {})
    page = await browser.send(f"/tools/{name}/form", sent, status=400)
    assert told in text_of(page)
    assert "Take it" not in page
    fold = next(part for part in page.split('<details class="fold"') if "Change it in a form" in part)
    assert fold.startswith(" open")
    for field in ("title", "summary", "input-0-label", "step-shots-prompt", "input-1-choices"):
        assert str(sent[field]) in html.unescape(fold), field


@pytest.mark.parametrize(("wrong", "told"), MISTAKES[:-1])
async def test_a_drafts_form_keeps_what_was_typed(browser: Browser, wrong: dict[str, str], told: str) -> None:
    await browser.get("/")
    draft = await browser.send("/studio", {"text": "Four square icons of a lighthouse"})
    await browser.send(f"{draft}/yaml", {"text": SPEC})
    sent = filled(**{"summary": "A long new summary", **wrong})
    page = await browser.send(draft, sent, status=400)
    assert told in text_of(page)
    for field in ("title", "summary", "input-0-label", "step-shots-prompt", "input-1-choices"):
        assert str(sent[field]) in html.unescape(page), field
    assert await browser.services.tools.tools() == []
