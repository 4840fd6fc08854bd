"""Marks of images, from the page that chooses them to the file in somebody's hands, and in answers to programs."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import c2pa
import httpx2
from playwright.sync_api import expect

from journeys.serving import browsing, serving


def state(data: bytes) -> str | None:
    with c2pa.Reader("image/png", io.BytesIO(data)) as reader:
        return str(reader.get_validation_state())


def made(link: str) -> bytes:
    body = {"model": "pochoir-sketch", "prompt": "a red kite", "size": "128x128", "seed": 7}
    answer = httpx2.post(f"{link}/v1/images/generations", json=body, headers={"authorization": "Bearer x"}, timeout=60)
    return base64.b64decode(answer.json()["data"][0]["b64_json"])


def test_marks_are_chosen_and_carried(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server:
        assert (tmp_path / "data/credentials/key.pem").stat().st_mode & 0o777 == 0o600
        plain = made(server.link)
        assert b"trainedAlgorithmicMedia" not in plain
        assert b"jumdc2pa" not in plain
        with browsing() as browser:
            page = browser.new_page()
            page.goto(f"{server.link}/images")
            page.locator(".pick a").first.click()
            with page.expect_download() as download:
                page.get_by_role("link", name="Download PNG").click()
            download.value.save_as(tmp_path / "kite.png")
            assert state((tmp_path / "kite.png").read_bytes()) == "Valid"
            assert b"a red kite" in (tmp_path / "kite.png").read_bytes()

            page.goto(f"{server.link}/settings/images")
            page.get_by_label("In answers to programs as well").check()
            page.get_by_label("The prompt too").uncheck()
            page.get_by_role("button", name="Save").first.click()
            expect(page.locator("#marks").get_by_role("status")).to_have_text("Saved")
            expect(page.get_by_label("In answers to programs as well")).to_be_checked()
            expect(page.get_by_label("The prompt too")).not_to_be_checked()
        marked = made(server.link)
        assert state(marked) == "Valid"
        assert b"algorithmicMedia" in marked
        assert b"a red kite" not in marked
        assert b"BEGIN CERTIFICATE" in httpx2.get(f"{server.link}/settings/images/certificate.pem").content
