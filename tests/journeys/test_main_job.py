"""The main job as a newcomer does it: describe a tool, see its price, run it, switch its model, run again, restore."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from journeys.serving import Server, browsing, running_upstream, serving
from upstream.faults import KEY

SENTENCE = "Three square product shots of our new sneaker on a pastel background"


@pytest.fixture
def page_errors() -> list[str]:
    return []


def watch(page: Page, errors: list[str]) -> None:
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)


def run_and_wait(page: Page) -> str:
    """Press Run, wait for the end, and return the run's path."""
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.locator("#run")).to_have_attribute("data-state", "succeeded", timeout=60_000)
    return re.sub(r"^https?://[^/]+", "", page.url)


def test_main_job(tmp_path: Path, page_errors: list[str]) -> None:
    with running_upstream() as upstream, serving(tmp_path / "data", {"OPENAI_BASE_URL": upstream.base_url}) as server:
        with browsing() as browser:
            page = browser.new_page()
            watch(page, page_errors)
            page.goto(server.link)
            page.get_by_label("What should your tool do?").fill(SENTENCE)
            page.get_by_role("button", name="Build it").click()

            expect(page.locator("body")).to_contain_text(SENTENCE)
            expect(page.locator("#quote")).to_contain_text("free")
            expect(page.locator("#quote")).to_contain_text("3 images")
            page.get_by_role("button", name="Create tool").click()

            expect(page.locator("#quote")).to_contain_text("free")
            tool = re.sub(r"^https?://[^/]+", "", page.url).split("?")[0]
            run_and_wait(page)
            expect(page.locator(".run-output img")).to_have_count(3)
            for picture in page.locator(".run-output img").all():
                assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0

            page.goto(f"{server.link}/usage")
            expect(page.locator("table.ledger tbody tr")).to_have_count(3)
            expect(page.locator("table.ledger")).to_contain_text("pochoir-sketch")

            page.goto(f"{server.link}/settings")
            box = page.locator("#openai")
            box.get_by_text("Connect", exact=True).click()
            box.locator("input[name=key]").fill(KEY)
            box.get_by_role("button", name="Save").click()
            expect(page.locator("#openai")).to_contain_text("Connected")
            assert KEY not in page.content()

            page.goto(f"{server.link}{tool}/model?to=gpt-image-2")
            expect(page.locator(".diff .plus")).to_have_text("+ model: gpt-image-2")
            page.get_by_role("button", name="Switch the model").click()
            page.goto(f"{server.link}{tool}")
            expect(page.locator("#quote")).to_contain_text("$")
            run_and_wait(page)
            expect(page.locator(".run-output img")).to_have_count(3)

            page.goto(f"{server.link}/usage")
            expect(page.locator("table.ledger tbody tr")).to_have_count(6)
            expect(page.locator("table.ledger")).to_contain_text("gpt-image-2")

            page.goto(f"{server.link}{tool}/versions")
            page.get_by_role("button", name="Restore").first.click()
            page.goto(f"{server.link}{tool}/versions")
            expect(page.locator("li.line").first).to_contain_text("pochoir-sketch")
            expect(page.locator("li.line")).to_have_count(3)
        assert page_errors == []
        assert len(upstream.usages) == 3
        rows = json.loads(server.command("ledger", "--json").stdout)
        paid = [row for row in rows if row["model"] == "gpt-image-2"]
        assert len(rows) == 6
        billed = sum(
            usage["input_tokens_details"]["text_tokens"] * 5 + usage["output_tokens"] * 30 for usage in upstream.usages
        )
        assert sum(row["amount_microusd"] for row in paid) == billed


def test_the_same_by_command_line(tmp_path: Path) -> None:
    server = Server(tmp_path / "data")
    spec = json.loads(server.command("tool", "new", SENTENCE, "--json").stdout)
    assert spec["steps"][0]["with"]["n"] == 3
    [row] = json.loads(server.command("tool", "list", "--json").stdout)
    inputs = [
        word
        for field in spec["inputs"]
        for word in ("--input", f"{field['key']}={field.get('default', 'our sneaker')}")
    ]
    out = tmp_path / "shots"
    server.command("tool", "run", row["name"], *inputs, "--out", str(out))
    files = sorted(out.glob("*.png"))
    assert len(files) == 3
    assert len({file.read_bytes() for file in files}) == 3
    with Image.open(files[0]) as image:
        assert image.size == (1024, 1024)
    picture = tmp_path / "out.png"
    server.command("generate", "a red bicycle by the sea", "-o", str(picture))
    with Image.open(picture) as image:
        assert image.format == "PNG"
    assert len(json.loads(server.command("ledger", "--json").stdout)) == 4


def test_tool_run_goes_through_a_running_server(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server:
        server.command("tool", "new", SENTENCE)
        [row] = json.loads(server.command("tool", "list", "--json").stdout)
        answer = server.command(
            "tool", "run", row["name"], "--input", "product=a red boot", "--out", str(tmp_path / "o")
        )
        assert len(list((tmp_path / "o").glob("*.png"))) == 3
        assert "Charged: free" in answer.stdout


def test_two_servers_on_one_folder(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server:
        second = server.command("serve", "--port", "0", check=False)
        assert second.returncode == 2
        assert "in use by process" in second.stderr
        assert second.stderr.rstrip().endswith("--data.")


def test_other_machines_only_with_an_owner(tmp_path: Path) -> None:
    server = Server(tmp_path / "data")
    refused = server.command("serve", "--host", "0.0.0.0", "--port", "0", check=False)
    assert refused.returncode == 2
    assert "pochoir owner create" in refused.stderr
