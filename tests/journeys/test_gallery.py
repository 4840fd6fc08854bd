"""The wall of images: found by words, model and origin, page by page, and downloaded together."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import expect

from journeys.serving import browsing, serving


def test_images_are_found_chosen_and_downloaded(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server:
        for prompt in ("a fox in the snow", "a red mug 100% cotton", "three apples"):
            server.command("generate", prompt, "--size", "128x128", "-o", str(tmp_path / "x.png"))
        with browsing() as browser:
            page = browser.new_page()
            page.goto(f"{server.link}/images")
            expect(page.locator(".pick")).to_have_count(3)
            expect(page.get_by_role("button", name="Download the chosen")).to_be_hidden()

            for words, count in (("SNOW fox", 1), ("100%", 1), ("%", 1), ("tax return", 0)):
                page.get_by_label("Search images").fill(words)
                expect(page.locator(".pick")).to_have_count(count)
            expect(page.locator("#list")).to_contain_text("Nothing fits")
            assert "q=tax" in page.url

            page.get_by_label("Search images").fill("winter")
            expect(page.locator("#list")).to_contain_text("Close in meaning")
            expect(page.get_by_label("Choose: a fox in the snow")).to_have_count(1)

            page.goto(f"{server.link}/images?origin=uploaded")
            expect(page.locator(".pick")).to_have_count(0)
            page.goto(f"{server.link}/images?model=pochoir-sketch")
            expect(page.locator(".pick")).to_have_count(3)
            page.get_by_label("Choose: three apples").check()
            page.get_by_label("Choose: a fox in the snow").check()
            for words, others in (("red mug", "a red mug 100% cotton"), ("tax return", "")):
                page.get_by_label("Search images").fill(words)
                expect(page.locator(".pick")).to_have_count(3 if others else 2)
                expect(page.locator("#list")).to_contain_text("Chosen before")
                for name in ("three apples", "a fox in the snow"):
                    expect(page.get_by_label(f"Choose: {name}")).to_be_checked()
            with page.expect_download() as download:
                page.get_by_role("button", name="Download the chosen").click()
            download.value.save_as(tmp_path / "chosen.zip")
    with zipfile.ZipFile(tmp_path / "chosen.zip") as archive:
        sizes = [Image.open(io.BytesIO(archive.read(name))).size for name in archive.namelist()]
    assert sizes == [(128, 128)] * 2
