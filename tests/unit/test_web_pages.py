"""The pages over the real application in this process: from a description to images, and what can go wrong on the way."""

from __future__ import annotations

import asyncio
import io
import re
import zipfile
from dataclasses import replace
from typing import Any

import pytest
from PIL import ExifTags, Image

from pochoir.domain.errors import EngineError
from pochoir.domain.images import ImageRequest, Size
from pochoir.domain.money import Charge, MicroUSD, Usage
from pochoir.domain.runs import Run
from pochoir.features.metering.service import NewEntry
from pochoir.features.runs import store
from pochoir.features.tools.text import from_text
from pochoir.pages import runs as runs_page
from pochoir.pages.images import MOST
from pochoir.web.spec_form import new_key
from pochoir.web.templating import roughly
from unit.browsing import SPEC, Browser, text_of


async def test_an_empty_workspace_invites(browser: Browser) -> None:
    assert "What should your tool do?" in await browser.get("/")
    assert "No tools yet" in await browser.get("/tools")
    assert "No runs yet" in await browser.get("/runs")
    assert "No images yet" in await browser.get("/images")
    usage = await browser.get("/usage")
    assert "No charges yet" in usage
    assert '<a class="btn" href="/">Make a tool</a>' in usage


async def test_from_a_description_to_a_tool(browser: Browser) -> None:
    await browser.get("/")
    assert "press one of the examples" in await browser.send("/studio", {"text": "  "}, status=400)
    draft = await browser.send("/studio", {"text": "Four square icons of a lighthouse"})
    review = await browser.get(draft)
    assert "Four square icons of a lighthouse" in review
    assert "Square, 1024 × 1024" in review
    wrong = await browser.send(f"{draft}/yaml", {"text": "title: [x"}, status=400)
    assert "Correct the text" in wrong
    assert await browser.send(f"{draft}/yaml", {"text": SPEC}) == draft
    price = await browser.send(f"{draft}/quote", {"title": "Kites", "options_of": "pochoir-sketch"}, status=200)
    assert "2 images" in text_of(price)
    assert "<html" not in price
    assert "hx-swap-oob" not in price
    other = {"model": "gpt-image-1-mini", "options_of": "pochoir-sketch"}
    sizes = re.findall(r'<option value="(\w+)"', await browser.send(f"{draft}/quote", other, status=200))
    assert sizes == ["auto", "1024x1024", "1024x1536", "1536x1024", "auto", "low", "medium", "high"]
    await browser.send(f"{draft}/quote", {"model": "pochoir-sketch"}, status=200)
    assert await browser.send(draft, {"title": "Kites"}) == "/tools/kites"
    assert "Kites" in await browser.get("/")


async def test_a_run_with_its_images_and_its_place_in_the_ledger(browser: Browser) -> None:
    name = await browser.tool()
    form = await browser.get(f"/tools/{name}")
    assert 'value="a red kite"' in form, "the first form is filled with the samples"
    quote = await browser.send(f"/tools/{name}/quote", {"what": "a kite", "mood": "calm"}, status=200)
    assert "2 images free" in text_of(quote)
    where = await browser.run(name, {"what": "a blue kite", "mood": "bright"})
    page = await browser.get(where)
    assert 'data-state="succeeded"' in page
    assert "hx-trigger" not in page, "a run that is over is not asked for again"
    images = re.findall(r'id="made-(img_\w+)"', page)
    assert len(images) == 2
    about = await browser.get(f"/images/{images[0]}")
    assert "a blue kite, bright" in about
    assert "pochoir-sketch" in about
    assert 'value="a blue kite"' in await browser.get(f"/tools/{name}?run={where.rpartition('/')[2]}")
    assert f'href="{where}"' in await browser.get("/runs")
    assert f'href="{where}"' in await browser.get("/usage")


async def test_files_leave_with_their_names_and_cannot_do_harm(browser: Browser) -> None:
    where = await browser.run(await browser.tool(), {"what": "a kite", "mood": "calm"})
    image = re.findall(r'id="made-(img_\w+)"', await browser.get(where))[0]
    shown = await browser.client.get(f"/images/{image}/file")
    assert shown.headers["content-disposition"] == f'inline; filename="kite-pictures-{image[-6:]}.png"'
    assert shown.headers["content-security-policy"].startswith("sandbox")
    assert shown.headers["cache-control"] == "private, no-cache", "its marks may change"
    kept = await browser.client.get(f"/images/{image}/file?download=1")
    assert kept.headers["content-disposition"].startswith("attachment")
    assert Image.open(io.BytesIO(kept.content)).size == (1024, 1024)
    again = await browser.client.get(f"/images/{image}/file", headers={"if-none-match": shown.headers["etag"]})
    assert again.status_code == 304
    small = await browser.client.get(f"/images/{image}/thumb?edge=100")
    assert Image.open(io.BytesIO(small.content)).size == (128, 128)
    packed = await browser.client.get(f"{where}/zip")
    names = zipfile.ZipFile(io.BytesIO(packed.content)).namelist()
    assert names == ["kite-pictures-01.png", "kite-pictures-02.png"]


async def started(browser: Browser, name: str) -> str:
    """Start a run and wait for its question; gives the address of the run."""
    await browser.get(f"/tools/{name}")
    where = await browser.send(f"/tools/{name}/run", {"what": "a kite", "mood": "calm"})
    async with asyncio.timeout(60):
        while (await browser.services.runs.change(where.rpartition("/")[2], 5)).state != "waiting":
            continue
    return where


WORDS = """
title: Words only
model: pochoir-sketch
inputs: [{key: names, label: Names, default: fox}, {key: x, label: X, type: number, default: 3}]
steps:
- {id: list, type: set_value, with: {value: ['{{ inputs.names | upper }}', second]}}
outputs:
- {key: list, label: The list, value: '{{ steps.list.value }}'}
- {key: number, label: The number, value: '{{ inputs.x * 2.5 }}'}
- {key: large, label: Large, value: '{{ inputs.x > 2 }}'}
- {key: nothing, label: Not given, value: ''}
"""


async def test_outputs_that_are_no_images_are_shown(browser: Browser) -> None:
    page = text_of(await browser.get(await browser.run(await browser.tool(WORDS), {"names": "fox", "x": "3"})))
    assert "The list FOX second" in page
    assert "The number 7.5" in page
    assert "Large Yes" in page
    assert "Not given" not in page
    assert "image" not in page.partition("What went in")[0]


async def test_a_run_that_gave_nothing_says_so(browser: Browser) -> None:
    spec = WORDS.partition("outputs:")[0] + "outputs: [{key: nothing, label: Not given, value: ''}]"
    page = text_of(await browser.get(await browser.run(await browser.tool(spec), {"names": "fox", "x": "3"})))
    assert "Nothing to show" in page
    assert "No images" not in page


async def test_why_a_run_was_cancelled_is_said_where_it_has_no_images(browser: Browser) -> None:
    ask = "steps:\n- {id: ok, type: ask_approval, with: {question: 'Shall I?', after_no: stop}}\n"
    name = await browser.tool(SPEC.replace("steps:\n", ask))
    await browser.get(f"/tools/{name}")
    where = await browser.send(f"/tools/{name}/run", {"what": "a kite", "mood": "calm"})
    run = where.rpartition("/")[2]
    async with asyncio.timeout(60):
        while "Shall I?" not in await browser.get(where):
            await browser.services.runs.change(run, 0.1)
        await browser.send(f"{where}/answer", {"path": "ok", "approved": "no"})
        await browser.services.runs.wait(run)
    page = await browser.get(where)
    assert "Somebody said no, so the run ended there." in text_of(page).partition("What went in")[0]
    assert "kept below" not in page


async def test_a_question_is_asked_answered_and_a_run_cancelled(browser: Browser) -> None:
    question = (
        "- {id: fine, type: ask_approval, with: {question: 'Are these fine?', images: '{{ steps.shots.images }}'}}"
    )
    name = await browser.tool(SPEC.replace("outputs:", f"{question}\noutputs:"))
    where = await started(browser, name)
    page = await browser.get(where)
    assert "Are these fine?" in page
    live = await browser.get(f"{where}/live")
    assert "<html" not in live
    assert f'hx-get="{where}/live"' in live
    for odd in ("true", "YES", ""):
        assert "approved" in await browser.send(f"{where}/answer", {"path": "fine", "approved": odd}, status=400)
    assert (await browser.services.runs.get(where.rpartition("/")[2])).state == "waiting"
    await browser.send(f"{where}/answer", {"path": "fine", "approved": "yes"})
    async with asyncio.timeout(60):
        await browser.services.runs.wait(where.rpartition("/")[2])
    over = await browser.get(f"{where}/live")
    assert 'data-state="succeeded"' in over
    assert "hx-get" not in over
    late = await browser.send(f"{where}/answer", {"path": "fine", "approved": "no"})
    assert late == where, "answering twice is no error"
    assert 'data-state="succeeded"' in await browser.get(late), "and the first answer stands"
    other = await started(browser, name)
    assert await browser.send(f"{other}/cancel") == other
    assert "The run was cancelled" in await browser.get(other)
    assert await browser.send(f"{other}/cancel") == other, "cancelling twice is no error"


async def paid_run(browser: Browser, name: str, number: int = 1, **facts: Any) -> str:
    """Write down a run that nobody works on; gives its id."""
    made = Run(f"run_{number:04d}", name, 1, "gpt-image-2", "running", {}, "2026-11-23T11:00:00.000Z")
    async with browser.services.db.transaction() as conn:
        await store.add(conn, replace(made, quoted_microusd=40_000, **facts))
    return made.id


async def test_a_run_that_goes_on_says_what_it_waits_for_and_never_that_it_is_free(browser: Browser) -> None:
    name = await browser.tool(SPEC.replace("pochoir-sketch", "gpt-image-2"))
    run = await paid_run(browser, name)
    page = await browser.get(f"/runs/{run}")
    assert "Cost nothing charged yet quoted $0.04" in text_of(page)
    assert '<noscript><meta http-equiv="refresh"' in page
    assert 'href="/models/gpt-image-2"' in page
    await five_failures(browser)
    told = r"OpenAI is left alone for another \d+ s after failures\."
    assert re.search(told, text_of(await browser.get(f"/runs/{run}/live")))
    assert re.search(told, text_of(await browser.get(f"/tools/{name}")))
    assert "nothing charged yet" in text_of(await browser.get("/runs"))


async def test_the_model_of_a_server_that_is_gone_is_named_without_a_link(browser: Browser) -> None:
    run = await paid_run(browser, await browser.tool(), model="studio/sd-one")
    page = await browser.get(f"/runs/{run}")
    assert "<dd>studio/sd-one</dd>" in page


async def test_runs_go_on_page_by_page(browser: Browser) -> None:
    name = await browser.tool()
    for number in range(runs_page.MOST + 1):
        await paid_run(browser, name, number)
    first = await browser.get(f"/runs?tool={name}")
    assert first.count('class="line run-line"') == runs_page.MOST
    assert f'href="/runs?tool={name}&amp;before=run_0001"' in first
    rest = await browser.get(f"/runs?tool={name}&before=run_0001")
    assert re.findall(r'href="/runs/(run_\w+)"', rest) == ["run_0000"]
    assert "Older runs" not in rest
    assert "No run is older" in await browser.get("/runs?before=run_0000")


async def test_a_field_that_is_wrong_is_told_at_the_field(browser: Browser) -> None:
    name = await browser.tool()
    await browser.get(f"/tools/{name}")
    page = await browser.send(f"/tools/{name}/run", {"mood": "bright"}, status=400)
    assert "What is empty." in page
    assert '<input aria-describedby="in-what-problem" aria-invalid="true" class="input" id="in-what"' in page
    assert re.search(r'value="bright" checked', page), "what was chosen is kept"
    assert await browser.services.runs.recent() == []


async def test_a_field_may_have_any_name_that_a_label_gives(browser: Browser) -> None:
    key = new_key("CSRF token", ())
    name = await browser.tool(
        SPEC.replace("key: what, label: What", f"key: {key}, label: CSRF token").replace("inputs.what", f"inputs.{key}")
    )
    where = await browser.run(name, {key: "a kite", "mood": "calm"})
    assert (await browser.services.runs.get(where.rpartition("/")[2])).inputs == {key: "a kite", "mood": "calm"}


async def test_the_model_is_switched_and_restored(browser: Browser) -> None:
    name = await browser.tool()
    assert "Ready to use" in await browser.get(f"/tools/{name}/model")
    plan = text_of(await browser.get(f"/tools/{name}/model?to=gpt-image-2"))
    assert "Switch to GPT Image 2?" in plan
    assert "needs a key" in plan
    assert "- model: pochoir-sketch + model: gpt-image-2" in plan
    await browser.send(f"/tools/{name}/model", {"to": "gpt-image-2"})
    form = await browser.get(f"/tools/{name}?run=")
    assert "about" in form
    assert "$" in form
    refused = await browser.send(f"/tools/{name}/run", {"what": "x", "mood": "calm"}, status=503)
    assert "needs a key" in refused
    differs = text_of(await browser.get(f"/tools/{name}/versions?old=1&new=2"))
    assert "model: pochoir-sketch → gpt-image-2" in differs
    await browser.get(f"/tools/{name}/versions/1")
    await browser.send(f"/tools/{name}/versions/1/restore")
    assert (await browser.services.tools.spec(name)).model == "pochoir-sketch"
    assert (await browser.services.tools.tool(name)).current == 3


async def test_a_tool_whose_model_is_gone_says_so_and_leads_to_another(browser: Browser) -> None:
    name = await browser.tool(SPEC.replace("pochoir-sketch", "gpt-image-1"))
    page = await browser.get(f"/tools/{name}")
    assert "was shut down on 23 October 2026" in page
    assert f'href="/tools/{name}/model?to=gpt-image-' in page
    refused = await browser.send(f"/tools/{name}/run", {"what": "x", "mood": "calm"}, status=404)
    assert "was shut down on 23 October 2026" in refused
    assert "gpt-image-1 + model: pochoir-sketch" in text_of(await browser.get(f"/tools/{name}/model?to=pochoir-sketch"))
    await browser.get(f"/tools/{name}/edit")
    await browser.send(f"/tools/{name}/model", {"to": "pochoir-sketch"})
    assert 'data-state="succeeded"' in await browser.get(await browser.run(name, {"what": "x", "mood": "calm"}))


async def test_a_change_is_shown_before_it_is_taken(browser: Browser) -> None:
    name = await browser.tool()
    await browser.get(f"/tools/{name}/edit")
    shown = await browser.send(f"/tools/{name}/yaml", {"text": SPEC.replace("n: 2", "n: 4")}, status=200)
    assert "steps.shots.with.n: 2 → 4" in shown
    assert (await browser.services.tools.tool(name)).current == 1
    await browser.send(f"/tools/{name}/take", {"spec": SPEC.replace("n: 2", "n: 4"), "note": "four"})
    assert (await browser.services.tools.version(name)).note == "four"
    again = await browser.send(f"/tools/{name}/take", {"spec": SPEC.replace("n: 2", "n: 4"), "note": "four"})
    assert again.startswith(f"/tools/{name}?"), "taking it twice is no error"
    assert (await browser.services.tools.tool(name)).current == 2
    same = await browser.send(f"/tools/{name}/yaml", {"text": SPEC.replace("n: 2", "n: 4")}, status=400)
    assert "Nothing differs" in same
    broken = await browser.send(f"/tools/{name}/yaml", {"text": SPEC.replace("what }}", "who }}")}, status=400)
    assert "which does not exist" in broken
    assert "{{ inputs.who }}" in broken, "what was written stays"
    assert "Take it" not in broken
    refused = await browser.send(f"/tools/{name}/take", {"spec": SPEC.replace("what }}", "who }}")}, status=400)
    assert "which does not exist" in refused


async def test_a_tool_is_put_away_and_brought_back(browser: Browser) -> None:
    name = await browser.tool()
    await browser.get(f"/tools/{name}/edit")
    assert await browser.send(f"/tools/{name}/archive") == "/tools?saved=archive"
    assert "No tools yet" in await browser.get("/tools")
    assert "Kite pictures" in await browser.get("/tools?archived=true")
    assert "archived" in await browser.send(f"/tools/{name}/run", {"what": "x", "mood": "calm"}, status=409)
    await browser.send(f"/tools/{name}/archive", {"archived": "no"})
    assert "Kite pictures" in await browser.get("/tools")


async def test_a_model_beside_itself_is_no_comparison(browser: Browser) -> None:
    assert "That is GPT Image 2 twice." in await browser.get("/compare?m=gpt-image-2&m=gpt-image-2")
    assert "twice" not in await browser.get("/compare?m=gpt-image-2")


async def test_an_image_of_a_program_shows_its_charge(browser: Browser) -> None:
    ask = ImageRequest("pochoir-sketch", "A fox", size=Size(128, 128))
    made = await browser.services.images.create(ask, asker="api")
    assert "Cost free Size 128 × 128" in text_of(await browser.get(f"/images/{made.artifacts[0].id}"))


async def test_images_are_taken_and_anything_else_refused(browser: Browser) -> None:
    await browser.get("/")
    data = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(data, "PNG")
    headers = {"x-csrf-token": browser.token}
    good = await browser.client.post("/images/upload", files={"file": ("a.png", data.getvalue())}, headers=headers)
    assert good.json()["width"] == 40
    bad = await browser.client.post("/images/upload", files={"file": ("a.png", b"<html>")}, headers=headers)
    assert bad.status_code == 400
    assert "not an image" in bad.json()["problem"]
    page = text_of(await browser.get(f"/images/{good.json()['id']}"))
    assert "Put in just now" in page
    assert re.search(r"Put in \d+ \w+ 20\d\d, \d\d:\d\d UTC", page), "the same word for the same thing"
    script = {"x-csrf-token": "0" * 64, "accept": "application/json"}
    stale = await browser.client.post("/images/upload", files={"file": ("a.png", data.getvalue())}, headers=script)
    assert "Reload the page" in stale.json()["problem"]
    nothing = await browser.client.post("/images/upload", headers={**headers, "accept": "application/json"})
    assert "file" in nothing.json()["problem"]


def photo(number: int, **options: Any) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (40, 20), (number, 0, 0)).save(data, "JPEG", **options)
    return data.getvalue()


async def test_all_that_a_page_shows_can_be_downloaded_together(browser: Browser) -> None:
    await browser.get("/")
    library = browser.services.images.library
    ids = [(await library.upload(photo(number))).id for number in range(MOST + 1)]
    fields = {"_csrf_token": browser.token, "image": [*ids[:MOST], ids[0]]}
    answer = await browser.client.post("/images/zip", data=fields)
    assert answer.status_code == 200
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert len(archive.namelist()) == MOST
    told = await browser.send("/images/zip", {"image": ids}, status=400)
    assert f"{MOST + 1} images are chosen, and one file takes up to {MOST}. Download them in parts." in told


async def test_ticked_images_stay_ticked_when_the_list_changes(browser: Browser) -> None:
    library = browser.services.images.library
    fox, apple = [(await library.upload(photo(number), name=name)).id for number, name in enumerate(("fox", "apple"))]
    page = await browser.get(f"/images?q=fox&image={fox}&image={apple}&image=img_nothing")
    ticked = re.findall(r'value="(img_\w+)" checked', page)
    assert (ticked, page.count("Chosen before")) == ([apple, fox], 1)
    assert '" checked' not in await browser.get("/images?q=fox")


async def test_a_photo_that_is_turned_has_the_size_that_it_is_shown_in(browser: Browser) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    turned = photo(200, exif=exif)
    await browser.get("/")
    headers = {"x-csrf-token": browser.token}
    sent = await browser.client.post("/images/upload", files={"file": ("a.jpg", turned)}, headers=headers)
    assert (sent.json()["width"], sent.json()["height"]) == (20, 40)
    assert (await browser.client.post("/api/images", content=turned)).json()["size"] == "20x40"
    page = await browser.get(f"/images/{sent.json()['id']}")
    assert "20 × 40" in page
    assert 'width="20" height="40"' in page
    assert 'width="20" height="40"' in await browser.get("/images")
    upright = await browser.services.images.library.transform(sent.json()["id"], "resize", {"width": 10})
    assert (str(upright.size), str(upright.shown)) == ("10x20", "10x20")


async def test_keys_go_in_and_never_come_out(browser: Browser) -> None:
    await browser.get("/settings")
    missing = await browser.send("/settings/connections/openai", {"key": ""}, status=400)
    assert "Enter it" in missing
    await browser.send("/settings/connections/openai", {"key": "sk-very-secret"})
    page = await browser.get("/settings")
    assert "Key stored" in page
    assert "sk-very-secret" not in page
    made = await browser.send("/settings/keys", {"name": "shop"}, status=200)
    secret = re.search(r"<code>(pk_\w+)</code>", made)
    assert secret
    assert (await browser.services.accounts.verify_key(secret[1])).name == "shop"
    assert secret[1] not in await browser.get("/settings")


async def five_failures(browser: Browser) -> None:
    """Connect OpenAI at an address where nothing answers, and ask until it is left alone."""
    await browser.get("/settings")
    await browser.send("/settings/connections/openai", {"key": "sk-x", "base_url": "http://127.0.0.1:9/v1"})
    ask = ImageRequest("gpt-image-2", "A fox", quality="low")
    for number in range(5):
        page = text_of(await browser.get("/settings"))
        assert ("failed" in page) == bool(number)
        with pytest.raises(EngineError, match=r"cannot be reached: nothing answers at 127\.0\.0\.1, port 9\. Check"):
            await browser.services.images.create(ask, asker="page")


async def test_a_connection_that_fails_says_so(browser: Browser) -> None:
    await five_failures(browser)
    page = text_of(await browser.get("/settings"))
    assert re.search(r"Its last 5 requests failed, so nothing is sent to it for another \d+ seconds", page)


async def test_who_steps_in_when_a_model_cannot_answer(browser: Browser) -> None:
    await browser.get("/successions")
    form = {"name": "gpt-image-2", "model": "pochoir-sketch"}
    assert await browser.send("/successions/fallbacks", form) == "/successions?saved=then:gpt-image-2#fallbacks"
    page = text_of(await browser.get("/successions"))
    assert "gpt-image-2 then pochoir-sketch only if nothing was charged" in page
    await browser.send("/successions/fallbacks", {**form, "even_if_charged": "true"})
    assert "even if the first may have been charged" in await browser.get("/successions")
    same = await browser.send("/successions/fallbacks", {"name": "gpt-image-2", "model": "gpt-image-2"}, status=400)
    assert "cannot stand in for itself" in same
    assert "Choose both models" in await browser.send("/successions/fallbacks", {"name": "gpt-image-2"}, status=400)
    await browser.send("/successions/fallbacks/remove", {"name": "gpt-image-2"})
    assert await browser.services.successions.fallbacks() == {}


async def test_who_looks_at_prompts_is_chosen(browser: Browser) -> None:
    page = await browser.get("/settings/images")
    assert 'value="off" checked' in page
    assert "Connect one" in await browser.send("/settings/images/moderation", {"moderation": "endpoint"}, status=400)
    where = await browser.send("/settings/images/moderation", {"moderation": "provider"})
    assert where == "/settings/images?saved=moderation#moderation"
    assert 'value="provider" checked' in await browser.get(where)
    key, _ = await browser.services.accounts.create_key("shop")
    await browser.send(f"/settings/keys/{key.id}/limits", {"moderation": "off"})
    assert await browser.services.moderation.mode(key.id) == "off"
    assert "Connect one" in await browser.send(
        f"/settings/keys/{key.id}/limits", {"moderation": "endpoint"}, status=400
    )


async def test_a_keys_limits_are_set_and_shown(browser: Browser) -> None:
    key, _ = await browser.services.accounts.create_key("shop")
    await browser.get("/settings")
    form = {"requests_per_minute": "60", "images_per_minute": "", "monthly": "$12.50"}
    assert await browser.send(f"/settings/keys/{key.id}/limits", form) == f"/settings?saved={key.id}#{key.id}"
    page = text_of(await browser.get("/settings"))
    assert "nothing spent of $12.50 this month 60 requests a minute" in page
    wrong = await browser.send(f"/settings/keys/{key.id}/limits", {**form, "images_per_minute": "many"}, status=400)
    assert "Write one such as 60" in wrong
    await browser.send(f"/settings/keys/{key.id}/limits", {})
    assert await browser.services.metering.budget(key.id) is None


async def test_a_language_model_is_connected_and_tried(browser: Browser) -> None:
    await browser.get("/settings")
    fields = {"base_url": "http://127.0.0.1:9/v1", "model": "small"}
    assert await browser.send("/settings/connections/language_model", fields) == (
        "/settings?saved=language_model#language_model"
    )
    page = await browser.get("/settings")
    found = re.search(r'hx-post="(/settings/connections/\w+/test)"', page)
    assert found
    told = await browser.send(found[1], status=200)
    assert "does not work" in told
    assert "<html" not in told
    wrong = await browser.send("/settings/connections/language_model", {**fields, "base_url": "nowhere"}, status=400)
    assert "must start with http" in wrong


async def test_the_budget_is_set_and_taken_away(browser: Browser) -> None:
    await browser.get("/usage")
    assert "Write a number" in await browser.send("/usage/budget", {"monthly": "lots"}, status=400)
    await browser.send("/usage/budget", {"monthly": "12.50"})
    assert "$12.50 of $12.50 left this month" in text_of(await browser.get("/usage"))
    refused = await browser.send("/usage/budget", {"monthly": "12,50"}, status=400)
    assert "a comma between thousands only" in refused
    assert 'value="12,50"' in refused
    for typed, shown in (("0.004", "$0.004"), ("1,250", "$1,250.00"), ("0", "$0.00")):
        await browser.send("/usage/budget", {"monthly": typed})
        page = await browser.get("/usage")
        assert f'value="{shown}"' in page
        assert f"of {shown} left this month" in page
    await browser.send("/usage/budget", {"monthly": ""})
    assert "No limit." in await browser.get("/usage")


async def test_the_ledger_ends_where_it_ends(browser: Browser) -> None:
    """A full page that is the last one leads nowhere."""
    charge = Charge((), Usage(images=1), "free")
    for number in range(102):
        entry = NewEntry(f"k{number}", charge, MicroUSD(0), "m", None, "cli", None, None, 1, estimated=False)
        await browser.services.metering.book(entry)
        if number >= 99:
            older = re.search(r'href="(/usage\?before=\d+)', await browser.get("/usage"))
            left = (await browser.get(older[1])).count("<time datetime") if older else 0
            assert (left, older is None) == (number - 99, number == 99)


@pytest.mark.parametrize("before", ["9" * 23, "0", "-1", "x"])
async def test_a_place_in_the_ledger_that_cannot_be_is_said_to_be_none(browser: Browser, before: str) -> None:
    assert "The address cannot be read: before does not fit. Check it." in await browser.get(
        f"/usage?before={before}", 400
    )


@pytest.mark.parametrize("path", ["/tools/nothing", "/runs/run_x", "/images/img_x", "/studio/draft_x", "/nowhere"])
async def test_what_is_not_there_says_so(browser: Browser, path: str) -> None:
    assert "Nothing here" in await browser.get(path, status=404)


async def test_models_are_offered_with_the_price_of_a_run_the_cheapest_first(browser: Browser) -> None:
    name = await browser.tool(SPEC.replace("pochoir-sketch", "gpt-image-1"))
    page = await browser.get(f"/tools/{name}/model")
    heads = [text_of(head).strip() for head in re.findall(r"<h2>(.*?)</h2>", page)]
    assert heads == ["Named to follow gpt-image-1", "Ready to use", "After a key or a server is connected"]
    following = page[page.index("Named to follow") : page.index("Ready to use")]
    assert "GPT Image 2" in following
    assert "Pochoir Sketch" not in following
    of_google = next(part for part in page.split('<h3 class="model-provider">') if part.startswith("Google"))
    prices = [float(price) for price in re.findall(r"\$([\d.]+)", text_of(of_google))]
    assert len(prices) > 2
    assert prices == sorted(prices)
    quote = await browser.services.runs.quote(from_text(SPEC.replace("pochoir-sketch", "gpt-image-2")), {})
    assert roughly(quote.quote.total) in text_of(following)


async def test_a_tool_that_makes_very_much_gets_its_models_without_prices(browser: Browser) -> None:
    many = SPEC.replace(
        "- id: shots",
        "- id: each\n  type: repeat\n  over: '{{ [1, 2, 3, 4, 5, 6, 7, 8, 9] }}'\n  as: at\n  steps:\n  - id: shots",
    )
    many = many.replace(
        "  type: generate_image\n  title: Shots\n  with:", "    type: generate_image\n    title: Shots\n    with:"
    )
    name = await browser.tool(many.replace("steps.shots.images", "steps.each.images"))
    page = await browser.get(f"/tools/{name}/model")
    assert "Ready to use" in page
    assert "pick-price" not in page
