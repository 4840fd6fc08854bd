"""The settings page in a browser: long words stay inside it, and what cannot be undone asks first."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from journeys.serving import browsing, serving

WIDTHS = (1440, 1280, 360)


def too_wide(page: Page) -> list[int]:
    """The widths at which the page is wider than the window."""
    found = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        if page.evaluate("document.documentElement.scrollWidth") > width:
            found.append(width)
    return found


def test_connections_and_keys_are_kept_changed_and_taken_away(tmp_path: Path) -> None:
    with serving(tmp_path) as server, browsing() as browser:
        page = browser.new_page()
        page.goto(f"{server.link}/settings")
        own = page.locator("#openai_compatible")
        own.get_by_text("Connect", exact=True).click()
        own.get_by_label("Name").fill("studio-gpu")
        own.get_by_label("Address").fill(f"http://{'long-host-name.' * 12}example/v1/{'p' * 150}")
        own.get_by_label("Models").fill("L" * 200)
        own.get_by_role("button", name="Save").click()
        expect(own.get_by_text("Saved", exact=True)).to_be_visible()
        assert too_wide(page) == []
        page.get_by_placeholder("What it is for, e.g. shop importer").fill("W" * 60)
        page.get_by_role("button", name="Make a key").click()
        expect(page.locator(".secret")).to_be_visible()
        assert too_wide(page) == []

        own.get_by_text("Change", exact=True).click()
        own.get_by_label("Address").first.fill("http://user:word@gpu.example/v1")
        own.get_by_role("button", name="Save").first.click()
        expect(own.get_by_text("Take them out")).to_be_visible()
        assert own.get_by_label("Address").first.input_value() == "http://user:word@gpu.example/v1"

        own.get_by_text("Remove", exact=True).click()
        sure = own.get_by_role("button", name="Yes, remove it")
        expect(sure).to_be_visible()
        own.get_by_text("Keep it", exact=True).click()
        expect(sure).to_be_hidden()
        own.get_by_text("Remove", exact=True).click()
        sure.click()
        expect(page.get_by_text("studio-gpu")).to_have_count(0)
