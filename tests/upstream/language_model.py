"""A stand-in for a language model that speaks chat completions: it draws when it is asked to, and otherwise talks."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web


class LanguageModel:
    """Calls the tool when it may and the last line asks for an image; records what it was sent."""

    def __init__(self) -> None:
        self.seen: list[dict[str, Any]] = []
        self.status = 200
        self.base_url = ""

    @asynccontextmanager
    async def running(self) -> AsyncIterator[LanguageModel]:
        app = web.Application()
        app.router.add_post("/v1/chat/completions", self._answer)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.base_url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        try:
            yield self
        finally:
            await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        asked = await request.json()
        self.seen.append(asked)
        if self.status != 200:
            return web.json_response({"error": {"message": "no", "type": "x"}}, status=self.status)
        last = asked["messages"][-1]["content"]
        forced = isinstance(asked.get("tool_choice"), dict)
        message: dict[str, Any] = {"role": "assistant", "content": f"You said: {last}"}
        if asked.get("tools") and (forced or "draw" in last.lower()):
            function = {
                "name": "image_generation",
                "arguments": json.dumps({"prompt": f"A careful picture of: {last}"}),
            }
            call = {"id": "call_1", "type": "function", "function": function}
            message = {"role": "assistant", "content": "Here it is.", "tool_calls": [call]}
        choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
        body = {"id": "c1", "object": "chat.completion", "created": 1, "model": asked["model"], "choices": [choice]}
        return web.json_response(body)
