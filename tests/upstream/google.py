"""A stand-in for Google's Gemini API: checks a call as strictly as Google does, draws a picture, counts tokens, misbehaves.

Built on the reference of `models.generateContent` and the tokens of Google's model pages.
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

from upstream.google_batches import GoogleBatches
from upstream.google_errors import KEY, error, key_problem
from upstream.loopback import listening

__all__ = ["KEY", "Google", "picture"]
MODELS = ("gemini-3.1-flash-image", "gemini-2.5-flash-image", "gemini-3-pro-image")
RATIOS = {
    "1:1": (1024, 1024), "2:3": (848, 1264), "3:2": (1264, 848), "3:4": (896, 1200), "4:3": (1200, 896),
    "4:5": (928, 1152), "5:4": (1152, 928), "9:16": (768, 1376), "16:9": (1376, 768), "21:9": (1584, 672),
}  # fmt: skip
TIERS = {"1K": (1, 1120), "2K": (2, 1680), "4K": (4, 2520)}
"""Image tier -> factor on the pixels, tokens of one image."""


def picture(size: tuple[int, int], number: int = 0, kind: str = "png") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (40 + 30 * (number % 6), 90, 150)).save(out, kind)
    return out.getvalue()


class Google:
    """Records what it was sent. `fault`: what to do instead of answering (see `_misbehave`), for `faults` calls.

    `then` goes wrong once after it. `kind`: the format of the pictures, which nobody can choose.
    """

    def __init__(self) -> None:
        self.seen: list[dict[str, Any]] = []
        self.fault = ""
        self.faults = 0
        self.then = ""
        self.kind = "png"
        self.thinks = False
        self.base_url = ""
        self.usages: list[dict[str, Any]] = []
        """What was counted for each answer."""
        self.batches = GoogleBatches(self._answered)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Google]:
        app = web.Application(client_max_size=64 << 20)
        app.router.add_post("/v1beta/models/{call}", self._generate)
        app.router.add_get("/v1beta/models", self._models)
        self.batches.add_to(app)
        async with listening(app) as origin:
            self.base_url = f"{origin}/v1beta"
            yield self

    async def _models(self, request: web.Request) -> web.StreamResponse:
        if problem := key_problem(request):
            return problem
        return web.json_response({"models": [{"name": f"models/{name}"} for name in (*MODELS, "gemini-3.1-flash")]})

    async def _generate(self, request: web.Request) -> web.StreamResponse:
        if problem := key_problem(request):
            return problem
        model, _, verb = request.match_info["call"].partition(":")
        if model in MODELS and verb == "batchGenerateContent":
            return await self.batches.submit(request, model)
        if model not in MODELS or verb != "generateContent":
            return error(404, "NOT_FOUND", f"models/{model} is not found for API version v1beta")
        body = json.loads(await request.read())
        said = _problem(model, body)
        if said:
            return error(400, "INVALID_ARGUMENT", said)
        self.seen.append(body)
        if self.faults:
            fault = self.fault
            self.faults -= 1
            if not self.faults and self.then:
                self.fault, self.faults, self.then = self.then, 1, ""
            answer = await self._misbehave(request, fault)
            if answer is not None:
                return answer
        return web.json_response(self._answer(model, body))

    async def _misbehave(self, request: web.Request, fault: str) -> web.StreamResponse | None:
        if fault == "429":
            info = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "17s"}
            return error(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota", [info])
        if fault == "daily":
            failure = {"@type": "QuotaFailure", "violations": [{"quotaId": "GenerateRequestsPerDayPerProject"}]}
            return error(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota", [failure])
        if fault in {"500", "503"}:
            return error(int(fault), "INTERNAL", "An internal error has occurred")
        if fault == "blocked":
            return web.json_response({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": {}})
        if fault == "unsafe":
            candidate = {"finishReason": "IMAGE_SAFETY", "finishMessage": "Unable to show the generated image."}
            return web.json_response({"candidates": [candidate], "modelVersion": "x"})
        if fault == "words":
            content = {"parts": [{"text": "I would rather talk."}], "role": "model"}
            return web.json_response({"candidates": [{"content": content, "finishReason": "STOP"}]})
        if fault == "slow":
            await asyncio.sleep(30)
        if fault == "dropped" and request.transport is not None:
            request.transport.close()
        if fault == "half":
            response = web.StreamResponse(headers={"content-length": "100000", "content-type": "application/json"})
            await response.prepare(request)
            await response.write(b'{"candidates": [')
            assert request.transport is not None
            request.transport.close()
            return response
        return None

    def _answered(self, model: str, body: dict[str, Any]) -> dict[str, Any]:
        """The answer to one line of a batch. Raises ValueError with what Google would refuse."""
        if said := _problem(model, body):
            raise ValueError(said)
        self.seen.append(body)
        return self._answer(model, body)

    def _answer(self, model: str, body: dict[str, Any]) -> dict[str, Any]:
        wanted = body["generationConfig"].get("imageConfig", {})
        factor, tokens = TIERS[wanted.get("imageSize", "1K")]
        width, height = RATIOS[wanted.get("aspectRatio", "1:1")]
        data = base64.b64encode(picture((width * factor, height * factor), len(self.seen), self.kind)).decode()
        parts: list[dict[str, Any]] = [{"text": "Here is your image."}]
        if self.thinks:
            draft = base64.b64encode(picture((64, 64))).decode()
            parts.insert(0, {"inlineData": {"mimeType": "image/png", "data": draft}, "thought": True})
        parts.append({"inlineData": {"mimeType": f"image/{self.kind}", "data": data}})
        images = sum("inlineData" in part for part in body["contents"][0]["parts"])
        words = len(body["contents"][0]["parts"][0]["text"].split())
        details = [{"modality": "TEXT", "tokenCount": words}]
        if images:
            details.append({"modality": "IMAGE", "tokenCount": 258 * images})
        thoughts = 90 if self.thinks else 0
        usage = {
            "promptTokenCount": words + 258 * images, "promptTokensDetails": details,
            "candidatesTokenCount": tokens + 6, "thoughtsTokenCount": thoughts,
            "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": tokens}, {"modality": "TEXT", "tokenCount": 6}],
            "totalTokenCount": words + 258 * images + tokens + 6 + thoughts,
        }  # fmt: skip
        self.usages.append(usage)
        content = {"role": "model", "parts": parts}
        return {
            "candidates": [{"content": content, "finishReason": "STOP", "index": 0}],
            "usageMetadata": usage, "modelVersion": f"{model}-001", "responseId": "r1",
        }  # fmt: skip


def _problem(model: str, body: dict[str, Any]) -> str:
    """What Google would refuse; empty when nothing."""
    if set(body) - {"contents", "generationConfig", "safetySettings", "tools"}:
        return f"Invalid JSON payload received. Unknown name {sorted(set(body))}"
    settings = body["generationConfig"]
    if set(settings) - {"responseModalities", "imageConfig", "seed", "candidateCount", "temperature"}:
        return "Invalid JSON payload received. Unknown name in generation_config"
    wanted = settings.get("imageConfig", {})
    if wanted.get("aspectRatio", "1:1") not in RATIOS:
        return "aspect_ratio must be one of '1:1', '2:3', …"
    if wanted.get("imageSize", "1K") not in TIERS or (model.startswith("gemini-2.5") and "imageSize" in wanted):
        return "image_size is not supported by this model"
    for part in body["contents"][0]["parts"]:
        if set(part) not in ({"text"}, {"inlineData"}):
            return "Unknown part"
        if "inlineData" in part:
            with Image.open(io.BytesIO(base64.b64decode(part["inlineData"]["data"], validate=True))) as image:
                if Image.MIME[image.format or ""] != part["inlineData"]["mimeType"]:
                    return "Unable to process input image"
    return ""
