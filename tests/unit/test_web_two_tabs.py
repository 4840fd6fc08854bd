"""Two tabs, and what was typed until the press: nobody pays a price that was not shown, and nobody's change is undone."""

from __future__ import annotations

import html
import re

from unit.browsing import SPEC, Browser, text_of

PAID = """
pochoir: 1
title: Kite pictures
model: gpt-image-2
inputs:
- {key: count, label: How many, type: number, minimum: 1, maximum: 9, default: 1}
steps:
- id: shots
  type: generate_image
  with: {prompt: A kite, n: '{{ inputs.count }}', size: 1024x1024, quality: low}
outputs:
- {key: images, label: Images, value: '{{ steps.shots.images }}'}
"""


def hidden(page: str, *names: str) -> dict[str, str]:
    found = {name: re.search(rf'<(?:input type="hidden"|textarea) name="{name}"[^>]*?(?: value="([^"]*)">|>([^<]*)<)', page)
             for name in names}  # fmt: skip
    return {name: html.unescape(match[1] or match[2] or "") for name, match in found.items() if match}


async def test_a_price_that_was_not_shown_is_shown_before_anything_is_spent(browser: Browser) -> None:
    name = await browser.tool(PAID)
    seen = hidden(await browser.get(f"/tools/{name}"), "_version", "_shown")
    assert seen["_version"] == "1"
    page = await browser.send(f"/tools/{name}/run", {"count": "9", **seen}, status=409)
    assert re.search(r"costs \$0\.\d+, not \$0\.0\d+ as was shown\. Look at the price, then press Run again", page)
    assert 'value="9"' in page, "what was typed stays"
    now = hidden(page, "_version", "_shown")
    assert int(now["_shown"]) == 9 * int(seen["_shown"])
    assert "needs a key" in await browser.send(f"/tools/{name}/run", {"count": "9", **now}, status=503)
    cheaper = {"count": "1", **now}
    assert "needs a key" in await browser.send(f"/tools/{name}/run", cheaper, status=503)
    typed_on = {"count": "9", **now, "_shown": str(int(now["_shown"]) - 400)}
    assert "needs a key" in await browser.send(f"/tools/{name}/run", typed_on, status=503)
    assert await browser.services.runs.recent() == []


async def test_a_tool_that_was_changed_meanwhile_is_not_run_unseen(browser: Browser) -> None:
    name = await browser.tool()
    seen = hidden(await browser.get(f"/tools/{name}"), "_version", "_shown")
    await browser.services.tools.switch_model(name, "gpt-image-2")
    page = await browser.send(f"/tools/{name}/run", {"what": "my kite", "mood": "calm", **seen}, status=409)
    assert "version 2 is in use now" in page
    assert 'value="my kite"' in page
    assert hidden(page, "_version")["_version"] == "2"
    assert await browser.services.runs.recent() == []


async def test_a_change_that_would_undo_anothers_is_shown_first(browser: Browser) -> None:
    name = await browser.tool()
    await browser.get(f"/tools/{name}/edit")
    fields = ("spec", "note", "base")
    first = hidden(await browser.send(f"/tools/{name}/say", {"text": "four images"}, status=200), *fields)
    second = hidden(await browser.send(f"/tools/{name}/say", {"text": "high quality"}, status=200), *fields)
    assert (first["base"], second["base"]) == ("1", "1")
    assert (await browser.send(f"/tools/{name}/take", first)).startswith(f"/tools/{name}?")
    assert (await browser.send(f"/tools/{name}/take", first)).startswith(f"/tools/{name}?"), (
        "a second press takes nothing twice"
    )
    page = await browser.send(f"/tools/{name}/take", second, status=409)
    assert "version 2 is in use, and this was made from version 1" in page
    assert "n: 4 → 2" in text_of(html.unescape(page)), "what it would undo is said"
    again = hidden(page, *fields)
    assert again["base"] == "2"
    assert (await browser.send(f"/tools/{name}/take", again)).startswith(f"/tools/{name}?")
    assert [version.number for version in await browser.services.tools.versions(name)] == [3, 2, 1]


async def test_who_goes_back_and_creates_again_has_one_tool(browser: Browser) -> None:
    await browser.get("/")
    draft = await browser.send("/studio", {"text": "Four square icons of a lighthouse"})
    await browser.get(draft)
    assert await browser.send(f"{draft}/yaml", {"text": SPEC}) == draft
    where = await browser.send(draft, {"title": "Kites"})
    assert await browser.send(draft, {"title": "Kites"}) == where
    assert await browser.send(draft, {"title": "Big kites"}) == where
    assert [version.spec.title for version in await browser.services.tools.versions("kites")] == ["Big kites", "Kites"]
    other = await browser.send(draft, {"title": "Small kites"})
    assert other != where, "what others may have changed since is left as it is"
    assert len(await browser.services.tools.tools()) == 2


async def test_an_odd_number_in_a_hidden_field_is_passed_over(browser: Browser) -> None:
    name = await browser.tool()
    await browser.get(f"/tools/{name}")
    for field in ("_version", "_shown"):
        where = await browser.send(f"/tools/{name}/run", {"what": "a kite", "mood": "calm", field: "9" * 5_000})
        assert where.startswith("/runs/")


async def test_a_form_that_only_takes_a_file_leads_back_to_its_page(browser: Browser) -> None:
    answer = await browser.client.get("/usage/budget")
    assert (answer.status_code, answer.headers["location"]) == (303, "/usage")
    answer = await browser.client.get("/images/zip")
    assert (answer.status_code, answer.headers["location"]) == (303, "/images")
    answer = await browser.client.post(
        "/api/tools/x/runs", content=b"{bad", headers={"content-type": "application/json"}
    )
    assert answer.json()["error"]["message"] == "The body is no JSON that can be read. Send a JSON object."
