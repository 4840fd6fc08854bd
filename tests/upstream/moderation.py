"""A stand-in for a moderation endpoint that speaks OpenAI's /moderations: it flags words, and images when it gets them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from upstream.loopback import listening

KEY = "sk-moderator"


class Moderator:
    """`words` maps a word to its category; `fault` is how the next requests go wrong, `too_large` a word that is never
    looked at."""

    def __init__(self) -> None:
        self.seen: list[dict[str, Any]] = []
        self.words = {"dagger": "violence"}
        self.images_are_bad = False
        self.fault = ""
        self.too_large = ""
        self.fault_at_images = False
        self.base_url = ""

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Moderator]:
        app = web.Application(client_max_size=1 << 28)
        app.router.add_post("/v1/moderations", self._answer)
        async with listening(app) as origin:
            self.base_url = f"{origin}/v1"
            yield self

    async def _answer(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            return web.json_response({"error": {"message": "Wrong key"}}, status=401)
        if self.fault == "500":
            return web.json_response({"error": {"message": "Broken"}}, status=500)
        if self.fault == "web page":
            return web.Response(text="<html>Bad gateway</html>", content_type="text/html")
        if self.fault == "other answer":
            return web.json_response({"results": []})
        if self.fault == "no verdict":
            return web.json_response({"results": [{"categories": {"violence": True}}]})
        asked = await request.json()
        self.seen.append(asked)
        parts = asked["input"] if isinstance(asked["input"], list) else [{"type": "text", "text": asked["input"]}]
        texts = " ".join(part["text"] for part in parts if part["type"] == "text")
        pictures = [part["image_url"]["url"] for part in parts if part["type"] == "image_url"]
        if pictures and self.fault_at_images:
            return web.json_response({"error": {"message": "Broken"}}, status=500)
        assert all(link.startswith("data:image/") for link in pictures)
        if self.too_large and self.too_large in texts:
            return web.json_response({"error": {"message": "Too large"}}, status=413)
        hits = {category: word in texts for word, category in self.words.items()}
        hits |= {"sexual": bool(pictures) and self.images_are_bad, "harassment": False}
        scores = {name: 0.99 if hit else 0.01 for name, hit in hits.items()}
        result = {"flagged": any(hits.values()), "categories": hits, "category_scores": scores}
        return web.json_response({"id": "modr-1", "model": asked.get("model", "omni"), "results": [result]})
