"""A tool with every kind of step, in a browser: a text is written, an upload edited for each season, approved, finished."""

from __future__ import annotations

import json
from pathlib import Path

from bench import photos
from PIL import Image
from playwright.sync_api import Page, expect

from journeys.serving import browsing, running_language_model, serving

SPEC = """
pochoir: 1
title: Season cards
model: pochoir-sketch
inputs:
  - key: photo
    label: Product photo
    type: image
  - key: seasons
    label: Seasons
    type: choice
    several: true
    choices: [{ value: summer }, { value: winter }, { value: autumn }]
    default: [summer, winter]
steps:
  - id: slogan
    type: write_text
    with: { prompt: "A slogan for {{ inputs.seasons | join(' and ') }}" }
  - id: each
    type: repeat
    over: "{{ inputs.seasons }}"
    as: season
    steps:
      - id: card
        type: edit_image
        with: { prompt: "Put it in a forest in {{ season }}", images: "{{ inputs.photo }}", size: 768x768 }
  - id: approval
    type: ask_approval
    with: { question: "Are these fine?", images: "{{ steps.each.images }}", after_no: stop }
  - id: small
    type: transform_image
    with: { images: "{{ steps.each.images }}", operation: resize, width: 400, height: 300 }
  - id: cut
    type: transform_image
    with: { images: "{{ steps.small.images }}", operation: crop, width: 200, height: 200 }
  - id: marked
    type: transform_image
    with: { images: "{{ steps.cut.images }}", operation: watermark, text: "© ACME" }
  - id: final
    type: transform_image
    with: { images: "{{ steps.marked.images }}", operation: format, format: jpeg }
outputs:
  - { key: cards, label: Cards, value: "{{ steps.final.images }}" }
  - { key: slogan, label: Slogan, value: "{{ steps.slogan.text }}" }
"""


def connect_language_model(page: Page, link: str, address: str) -> None:
    """On the settings page, as a person does it."""
    page.goto(f"{link}/settings")
    box = page.locator("#language_model")
    box.get_by_text("Connect", exact=True).click()
    box.locator("input[name=base_url]").fill(address)
    box.locator("input[name=model]").fill("talker")
    box.get_by_role("button", name="Save").click()
    expect(page.locator("#language_model")).to_contain_text("Connected")


def start(page: Page, link: str, photo: Path) -> None:
    """Upload the photo into the form and press Run; the run stops where somebody is asked."""
    page.goto(f"{link}/tools/season-cards")
    page.locator("input[type=file]").set_input_files(photo)
    expect(page.locator(".upload-item img")).to_have_count(1)
    expect(page.locator("#quote")).to_contain_text("2 images")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.locator("#run")).to_have_attribute("data-state", "waiting", timeout=60_000)
    expect(page.locator("body")).to_contain_text("Are these fine?")


def test_every_step_in_a_browser(tmp_path: Path) -> None:
    (tmp_path / "bottle.png").write_bytes(photos.packed(photos.bottle((600, 600))))
    (tmp_path / "spec.yaml").write_text(SPEC, encoding="utf-8")
    with running_language_model() as model, serving(tmp_path / "data") as server, browsing() as browser:
        server.command("tool", "add", str(tmp_path / "spec.yaml"))
        page = browser.new_page()
        connect_language_model(page, server.link, model.base_url)
        start(page, server.link, tmp_path / "bottle.png")
        page.get_by_role("button", name="Yes, go on").click()
        expect(page.locator("#run")).to_have_attribute("data-state", "succeeded", timeout=60_000)

        expect(page.locator("body")).to_contain_text("You said: A slogan for summer and winter")
        shown = page.locator(".run-output img")
        expect(shown).to_have_count(2)
        for number in range(2):
            link = shown.nth(number).locator("xpath=ancestor::a").first.get_attribute("href") or ""
            name = link.rstrip("/").rsplit("/", 1)[-1]
            answer = page.request.get(f"{server.link}/api/images/{name}")
            (tmp_path / f"{number}.jpg").write_bytes(answer.body())
            with Image.open(tmp_path / f"{number}.jpg") as card:
                assert (card.format, card.size) == ("JPEG", (200, 200))
        assert (tmp_path / "0.jpg").read_bytes() != (tmp_path / "1.jpg").read_bytes()
        rows = json.loads(server.command("ledger", "--json").stdout)
        assert [row["model"] for row in rows] == ["pochoir-sketch"] * 2


def test_a_no_ends_the_run_with_what_is_made_kept(tmp_path: Path) -> None:
    (tmp_path / "vase.png").write_bytes(photos.packed(photos.vase((500, 500))))
    (tmp_path / "spec.yaml").write_text(SPEC, encoding="utf-8")
    with running_language_model() as model, serving(tmp_path / "data") as server, browsing() as browser:
        server.command("tool", "add", str(tmp_path / "spec.yaml"))
        page = browser.new_page()
        connect_language_model(page, server.link, model.base_url)
        start(page, server.link, tmp_path / "vase.png")
        page.get_by_role("button", name="No", exact=True).click()
        expect(page.locator("#run")).to_have_attribute("data-state", "cancelled", timeout=60_000)
        expect(page.locator("#run")).to_contain_text("Somebody said no")
        expect(page.locator("#run img").first).to_be_visible()
        assert len(json.loads(server.command("ledger", "--json").stdout)) == 2, "what was made is kept and booked"
