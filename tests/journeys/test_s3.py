"""A server whose images are in S3: made, shown and kept while the store is away and the process is killed."""

from __future__ import annotations

import io
import signal
from pathlib import Path

import httpx2
from PIL import Image

from journeys.serving import Server
from upstream import s3 as stand_in
from upstream.s3 import BUCKET, KEY, REGION, S3, SECRET


def environment(s3: S3, **more: str) -> dict[str, str]:
    return {
        "POCHOIR_BLOBS": f"s3://{BUCKET}/studio",
        "POCHOIR_S3_ENDPOINT": s3.url,
        "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        **more,
    }


def make(server: Server, seed: int) -> bytes:
    """Make an image and read it back by its link, as a program does."""
    body = {
        "model": "pochoir-sketch",
        "prompt": "a red kite",
        "size": "64x64",
        "seed": seed,
        "response_format": "url",
    }
    headers = {"authorization": "Bearer x"}
    answer = httpx2.post(f"{server.link}/v1/images/generations", json=body, headers=headers, timeout=60)
    assert answer.status_code == 200, answer.text
    read = httpx2.get(answer.json()["data"][0]["url"], timeout=60)
    assert Image.open(io.BytesIO(read.content)).size == (64, 64)
    return read.content


def test_images_live_in_s3_and_wait_while_it_is_away(tmp_path: Path) -> None:
    with stand_in.running() as s3:
        local = tmp_path / "data/blobs"
        server = Server(tmp_path / "data", environment(s3))
        server.start()
        try:
            make(server, 1)
            assert sum(key.startswith("studio/") and "/.pochoir" not in key for key in s3.objects) == 1
            assert not list(local.glob("??/*"))
            s3.failing.extend(["503"] * 3)
            make(server, 2)
            assert len(list(local.glob("??/*"))) == 1
            server.stop(signal.SIGKILL)
            server.start()
            make(server, 3)
            for _ in range(200):
                if not list(local.glob("??/*")):
                    break
                httpx2.get(f"{server.link}/images")
            assert not list(local.glob("??/*")), "what waited was sent after the restart"
            assert sum("/.pochoir" not in key for key in s3.objects) == 3
        finally:
            server.stop()
        wrong = Server(tmp_path / "data", environment(s3, AWS_SECRET_ACCESS_KEY="wrong"))
        told = wrong.command("serve", "--port", "0", check=False)
        assert told.returncode != 0
        assert "secret key is wrong" in told.stderr
        assert SECRET not in told.stderr
