"""How long images are kept: chosen on the page with what would go, and a sweep that kill -9 cannot confuse."""

from __future__ import annotations

import asyncio
import io
import os
import random
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

from PIL import Image
from playwright.sync_api import FilePayload, expect

from journeys.serving import browsing, serving
from pochoir.bootstrap import assemble
from pochoir.config import Settings
from pochoir.features.images.retention import Limits
from pochoir.infra.db import migrate

WORKER = Path(__file__).with_name("sweep_worker.py")
IMAGES = 600
OLD = "2020-01-01T00:00:00.000Z"


def noise(number: int) -> bytes:
    file = io.BytesIO()
    Image.frombytes("L", (4, 4), number.to_bytes(16, "big")).save(file, "PNG")
    return file.getvalue()


async def fill(folder: Path) -> None:
    """Images that were put in long ago; every third is pinned, every fifth has the bytes of another, pinned one."""
    workspace = assemble(Settings(data=folder))
    library, retention = workspace.services.images.library, workspace.services.retention
    for number in range(IMAGES):
        image = await library.upload(noise(number if number % 5 else number - number % 3))
        if number % 3 == 0:
            await retention.pin(image.id, pinned=True)
    await retention.set_limits(Limits(uploaded=30))
    await workspace.services.db.close()


def aged(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "pochoir.sqlite")) as db:
        db.execute("UPDATE artifacts SET created = ?", (OLD,))
        db.commit()
    then = time.time() - 86_400
    for path in (folder / "blobs").glob("??/*"):
        os.utime(path, (then, then))


def whole(folder: Path) -> tuple[set[str], set[str], int]:
    """Blobs that images name, blobs on disk, and how many are on their way out; every image has its bytes."""
    with closing(sqlite3.connect(folder / "pochoir.sqlite")) as db:
        named = {row[0] for row in db.execute("SELECT blob FROM artifacts")}
        doomed = db.execute("SELECT count(*) FROM doomed_blobs").fetchone()[0]
    there = {path.name for path in (folder / "blobs").glob("??/*")}
    assert named <= there, "an image lost its bytes"
    return named, there, doomed


def test_a_sweep_survives_kill_9(tmp_path: Path) -> None:
    tmp_path.joinpath("data").mkdir()
    folder = tmp_path / "data"
    migrate(Settings(data=folder).database_url)
    asyncio.run(fill(folder))
    aged(folder)
    chance, cut, middle = random.Random(4), 0, 0
    for _ in range(60):
        process = subprocess.Popen([sys.executable, str(WORKER), str(folder)], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert process.stdout.readline() == "READY\n"
        time.sleep(chance.uniform(0.005, 0.08))
        process.kill()
        done = "DONE" in process.stdout.read()
        process.wait(10)
        process.stdout.close()
        cut += not done
        named, there, doomed = whole(folder)
        middle += bool(doomed)
        if done and not doomed:
            break
    else:
        subprocess.run([sys.executable, str(WORKER), str(folder)], check=True, stdout=subprocess.DEVNULL)
    named, there, doomed = whole(folder)
    assert (named, doomed) == (there, 0), "nothing is left over"
    with closing(sqlite3.connect(folder / "pochoir.sqlite")) as db:
        assert db.execute("SELECT count(*), min(pinned) FROM artifacts").fetchone() == (IMAGES // 3, 1)
    assert cut, "it was killed at least once"
    assert middle, "and at least once between entries and bytes"


def test_the_page_shows_what_would_go_before_it_is_saved(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serving(data) as server, browsing() as browser:
        page = browser.new_page()
        page.goto(f"{server.link}/images")
        for number in (1, 2):
            token = page.context.request.get(f"{server.link}/settings/images").text().split('_csrf_token" value="')[1]
            upload: FilePayload = {"name": f"{number}.png", "mimeType": "image/png", "buffer": noise(number)}
            answer = page.context.request.post(
                f"{server.link}/images/upload", multipart={"file": upload, "_csrf_token": token.split('"')[0]}
            )
            assert answer.ok, answer.text()
        aged(data)
        page.goto(f"{server.link}/images")
        page.locator(".pick a").first.click()
        page.get_by_role("button", name="Pin: keep for good").click()
        expect(page.get_by_role("button", name="Pinned")).to_be_visible()
        page.goto(f"{server.link}/settings/images")
        page.get_by_label("Images that people put in").fill("30")
        page.get_by_role("button", name="Show what would go").click()
        expect(page.locator("#over")).to_contain_text("1 image would be deleted for good")
        expect(page.locator("#over")).to_contain_text("Nothing is saved yet")
        page.get_by_role("button", name="Save").last.click()
        expect(page.locator("#keeping").get_by_role("status")).to_have_text("Saved")
        page.get_by_label("Images that people put in").fill("soon")
        page.locator("#keeping form").evaluate("form => form.noValidate = true")
        page.get_by_role("button", name="Save").last.click()
        expect(page.get_by_role("alert")).to_contain_text("no number of days")
        server.stop()
        with closing(sqlite3.connect(data / "pochoir.sqlite")) as db:
            db.execute("UPDATE image_choices SET value = '{\"day\": \"2020-01-01\"}' WHERE name = 'swept'")
            db.commit()
        server.start()
        page.goto(f"{server.link}/images")
        until = time.monotonic() + 20
        while page.locator(".pick").count() != 1 and time.monotonic() < until:
            page.reload()
        assert page.locator(".pick").count() == 1, "the day that was missed is made up for at the start"
