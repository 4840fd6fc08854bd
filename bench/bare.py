"""The least that a Python gateway can do which keeps images: find, decode, hash, write, answer. No check, no money, no log.

The floor for the latency of bench/gateway.py: what Pochoir takes beyond it is its own. As fast as we could make it: one
thread, big buffers kept by the C library, the provider's bytes handed on as they came.

    python -m bench.bare FOLDER UPSTREAM
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
from pathlib import Path

import aiohttp
import pybase64
from aiohttp import web
from blake3 import blake3

from pochoir.engines.openai_transport import READ_SIZE
from pochoir.infra.malloc import tune

PICTURE = re.compile(rb'"b64_json"\s*:\s*"')
ROUTE = "/v1/images/generations"


async def serve(folder: Path, upstream: str) -> None:
    tune()
    session = aiohttp.ClientSession(read_bufsize=READ_SIZE)

    async def answer(request: web.Request) -> web.Response:
        url = upstream.removesuffix("/v1") + ROUTE
        headers = {"Content-Type": "application/json", "Authorization": "Bearer sk-bench"}
        async with session.post(url, data=await request.read(), headers=headers) as response:
            await response.content.wait_eof()
            body = await response.read()
        found = PICTURE.search(body)
        assert found is not None
        picture = pybase64.b64decode(memoryview(body)[found.end() : body.index(b'"', found.end())], validate=True)
        name = blake3(picture).hexdigest()
        part = folder / f".{name}"
        with part.open("xb", buffering=0) as file:
            file.write(picture)
            os.fsync(file.fileno())
        place = folder / name[:2]
        place.mkdir(exist_ok=True)
        part.replace(place / name)
        return web.Response(body=body, content_type="application/json")

    app = web.Application()
    app.router.add_post(ROUTE, answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(f"ready http://127.0.0.1:{runner.addresses[0][1]}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    kept = Path(sys.argv[1])
    kept.mkdir(parents=True)
    asyncio.run(serve(kept, sys.argv[2]))
