"""Other providers behind the same door: a key in the environment, an image by OpenAI's client, its price in the ledger."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path

import pytest
from openai import APIStatusError, BadRequestError, OpenAI
from PIL import Image

from journeys.serving import in_a_thread, serving
from upstream.bfl import KEY as BFL_KEY
from upstream.bfl import Bfl
from upstream.google import KEY as GOOGLE_KEY
from upstream.google import Google

MODEL = "gemini-3.1-flash-image"


def test_google(tmp_path: Path) -> None:
    google = Google()
    with in_a_thread(google, google.running):
        environment = {"GEMINI_API_KEY": GOOGLE_KEY, "GEMINI_BASE_URL": google.base_url}
        with (
            serving(tmp_path / "data", environment) as server,
            OpenAI(base_url=f"{server.link}/v1", api_key="anything", max_retries=0) as client,
        ):
            answer = client.images.generate(model=MODEL, prompt="A fox in the snow", n=2, size="1264x848")
            for item in answer.data or []:
                with Image.open(io.BytesIO(base64.b64decode(item.b64_json or ""))) as image:
                    assert image.size == (1264, 848)
            photo = io.BytesIO()
            Image.new("RGB", (64, 64)).save(photo, "PNG")
            client.images.edit(model=MODEL, image=("a.png", photo.getvalue()), prompt="Make it very blue")
            large = client.images.generate(model=MODEL, prompt="A fox in the deep snow", size="2048x2048")
            with Image.open(io.BytesIO(base64.b64decode((large.data or [])[0].b64_json or ""))) as image:
                assert image.size == (2048, 2048), "the quality that was left open follows the size"
            with pytest.raises(BadRequestError, match="Ask for 4096x4096") as refused:
                client.images.generate(model=MODEL, prompt="A fox", size="2048x2048", extra_body={"quality": "4K"})
            assert refused.value.param == "size"
            google.fault, google.faults = "blocked", 1
            with pytest.raises(BadRequestError) as caught:
                client.images.generate(model=MODEL, prompt="Something bad")
            assert caught.value.code == "moderation_blocked"
        rows = json.loads(server.command("ledger", "--json").stdout)
    generated, edited = 2 * (5 * 0.5 + 6 * 3 + 1120 * 60), 4 * 0.5 + 258 * 0.5 + 6 * 3 + 1120 * 60
    large_one = 6 * 0.5 + 6 * 3 + 1680 * 60
    assert sorted(row["amount_microusd"] for row in rows) == sorted(map(round, (generated, edited, large_one)))
    [quoted] = [row["quoted_microusd"] for row in rows if row["amount_microusd"] == round(large_one)]
    assert quoted >= 1680 * 60, "its tokens are quoted before"
    assert {row["model"] for row in rows} == {MODEL}


def test_black_forest_labs(tmp_path: Path) -> None:
    bfl = Bfl()
    with in_a_thread(bfl, bfl.running):
        environment = {"BFL_API_KEY": BFL_KEY, "BFL_BASE_URL": bfl.base_url}
        with (
            serving(tmp_path / "data", environment) as server,
            OpenAI(base_url=f"{server.link}/v1", api_key="anything", max_retries=0) as client,
        ):
            answer = client.images.generate(
                model="flux-2-pro", prompt="A fox", n=2, size="1024x1024", extra_body={"seed": 9}
            )
            assert len(answer.data or []) == 2
            bfl.fault, bfl.faults = "moderated", 1
            with pytest.raises(BadRequestError) as caught:
                client.images.generate(model="flux-2-pro", prompt="Something bad")
            assert "Derivative Works Filter" in caught.value.message
            photo = io.BytesIO()
            Image.new("RGB", (64, 64)).save(photo, "PNG")
            client.images.edit(model="flux-2-pro", image=("a.png", photo.getvalue()), prompt="Bluer", n=2)
            bfl.fault, bfl.faults, bfl.then = "429", 1, "dropped"
            with pytest.raises(APIStatusError, match="may have charged") as lost:
                client.images.generate(model="flux-2-pro", prompt="A fox", n=2)
            assert lost.value.status_code == 502, "no client sends it again by itself"
        rows = json.loads(server.command("ledger", "--json").stdout)
    made, edited = 2 * 30_000, 2 * (30_000 + 15_000)
    assert sorted(row["amount_microusd"] for row in rows) == [made, edited], (
        "the first megapixel and the image in of each"
    )
