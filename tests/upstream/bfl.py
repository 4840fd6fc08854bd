"""A stand-in for Black Forest Labs' API: tasks that take a few questions, signed links, credits, moderation, trouble.

Built on the reference at docs.bfl.ai: a submit answers with an id and a polling address, a result with a link.
"""

from __future__ import annotations

import asyncio
import base64
import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from PIL import Image

from upstream.google import picture
from upstream.loopback import listening

KEY = "bfl-right"
PIXELS = {"flux-2-pro", "flux-2-max", "flux-2-flex", "flux-pro-1.1"}
SHAPES = {"flux-kontext-pro", "flux-kontext-max", "flux-pro-1.1-ultra"}
FIELDS = {"prompt", "seed", "output_format", "safety_tolerance", "prompt_upsampling", "webhook_url"}
QUESTIONS = 3
"""Answers of `Pending` before a task is done."""


class Bfl:
    """Records tasks. `fault` (see the routes) holds for the next `faults` tasks or questions; `then` once after it."""

    def __init__(self) -> None:
        self.tasks: list[dict[str, Any]] = []
        self.questions = 0
        self.fetched_with_key = False
        self.fault = ""
        self.faults = 0
        self.then = ""
        self.base_url = ""

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Bfl]:
        app = web.Application(client_max_size=64 << 20)
        app.router.add_get("/v1/credits", self._credits)
        app.router.add_get("/v1/get_result", self._result)
        app.router.add_get("/delivery/{name}", self._sample)
        app.router.add_post("/v1/{model}", self._submit)
        async with listening(app) as origin:
            self.base_url = f"{origin}/v1"
            yield self

    def _strikes(self, *names: str) -> bool:
        if self.fault in names and self.faults:
            self.faults -= 1
            if not self.faults and self.then:
                self.fault, self.faults, self.then = self.then, 1, ""
            return True
        return False

    async def _credits(self, request: web.Request) -> web.StreamResponse:
        return _denied(request) or web.json_response({"credits": 1234.0})

    async def _submit(self, request: web.Request) -> web.StreamResponse:
        if denied := _denied(request):
            return denied
        model = request.match_info["model"]
        if model not in PIXELS | SHAPES:
            return web.json_response({"detail": "Not Found"}, status=404)
        body = json.loads(await request.read())
        if problem := _problem(model, body):
            return web.json_response(
                {"detail": [{"loc": ["body", problem], "msg": "Input is wrong", "type": "x"}]}, status=422
            )
        if self._strikes("402"):
            return web.json_response({"detail": "Insufficient credits"}, status=402)
        if self._strikes("429"):
            return web.json_response({"detail": "Too many active tasks"}, status=429)
        if self._strikes("500"):
            return web.json_response({"detail": "oh no"}, status=500)
        if self._strikes("dropped") and request.transport is not None:
            request.transport.close()
        struck = self._strikes("moderated", "content", "error", "endless")
        self.tasks.append({"model": model, "body": body, "asked": 0, "fault": self.fault if struck else ""})
        number = len(self.tasks) - 1
        host = "http://evil.example" if self._strikes("elsewhere") else self.base_url
        return web.json_response({"id": str(number), "polling_url": f"{host}/get_result?id={number}"})

    async def _result(self, request: web.Request) -> web.StreamResponse:
        if denied := _denied(request):
            return denied
        self.questions += 1
        if self._strikes("hiccup"):
            return web.json_response({"detail": "later"}, status=503)
        if self._strikes("forgotten"):
            return web.json_response({"detail": "Task not there"}, status=404)
        if self._strikes("shut out"):
            return web.json_response({"detail": "Not authenticated"}, status=403)
        task = self.tasks[int(request.query["id"])]
        task["asked"] += 1
        said: dict[str, Any] = {"id": request.query["id"], "status": "Pending", "result": None, "progress": 0.5}
        if task["asked"] < QUESTIONS or task["fault"] == "endless":
            return web.json_response(said)
        if task["fault"] in {"moderated", "content"}:
            word = "Request Moderated" if task["fault"] == "moderated" else "Content Moderated"
            return web.json_response(
                said | {"status": word, "details": {"Moderation Reasons": ["Derivative Works Filter"]}}
            )
        if task["fault"] == "error":
            return web.json_response(said | {"status": "Error", "details": {"message": "CUDA"}})
        link = self.base_url.replace("/v1", f"/delivery/{request.query['id']}.png?sig=abc")
        result = {"sample": link, "prompt": "A fox, upsampled", "seed": task["body"].get("seed", 4711), "duration": 1.5}
        return web.json_response(said | {"status": "Ready", "result": result})

    async def _sample(self, request: web.Request) -> web.StreamResponse:
        self.fetched_with_key = self.fetched_with_key or "x-key" in request.headers
        if self._strikes("lost"):
            return web.Response(status=500)
        if self._strikes("slow"):
            await asyncio.sleep(20)
        task = self.tasks[int(request.match_info["name"].partition(".")[0])]["body"]
        size = (task.get("width", 1024), task.get("height", 1024))
        if "aspect_ratio" in task:
            wide, tall = (int(part) for part in task["aspect_ratio"].split(":"))
            size = (1392, 752) if wide > tall else (752, 1392) if tall > wide else (1024, 1024)
        kind = task.get("output_format", "png")
        number = int(request.match_info["name"].partition(".")[0])
        return web.Response(body=picture(size, number, kind), content_type=f"image/{kind}")


def _denied(request: web.Request) -> web.StreamResponse | None:
    if request.headers.get("x-key") == KEY:
        return None
    return web.json_response({"detail": "Not authenticated"}, status=403)


def _problem(model: str, body: dict[str, Any]) -> str:
    """The field that the API would refuse; empty when none."""
    images = {name for name in body if name.startswith("input_image")}
    shape = {"width", "height"} if model in PIXELS else {"aspect_ratio", "raw"}
    unknown = set(body) - FIELDS - images - shape
    if unknown or not isinstance(body.get("prompt"), str):
        return min(unknown, default="prompt")
    if any(body.get(name, 64) % 16 for name in ("width", "height")):
        return "width"
    for name in images:
        with Image.open(io.BytesIO(base64.b64decode(body[name], validate=True))) as image:
            image.verify()
    return ""
