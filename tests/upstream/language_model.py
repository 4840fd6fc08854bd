"""A stand-in for a language model that speaks chat completions: it draws when it is asked to, and otherwise talks.

Like the strictest servers it takes a system message only in the first place, and an answer of a tool only after its call.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from upstream.loopback import listening

CLOSING = "Here it is."


class LanguageModel:
    """Calls the tool when it may and the last line asks for an image; records what it was sent."""

    def __init__(self) -> None:
        self.seen: list[dict[str, Any]] = []
        self.status = 200
        self.closing_status = 200
        self.action = "edit"
        self.breaks = False
        """Whether a stream is cut off after its first words."""
        self.deciding: tuple[dict[str, Any], str] | None = None
        """What is said to a question in the place of its own answer, and why that ends."""
        self.closing: str | None = None
        """What is answered in the place of closing words, as it stands."""
        self.seconds = 0.0
        """How long it takes for an answer."""
        self.silent: asyncio.Event | None = None
        """While this is there and not set, nothing is answered."""
        self.came = asyncio.Event()
        """Set when the first request stands in `seen`."""
        self.base_url = ""

    @asynccontextmanager
    async def running(self) -> AsyncIterator[LanguageModel]:
        app = web.Application()
        app.router.add_post("/v1/chat/completions", self._answer)
        async with listening(app, cancels=True) as origin:
            self.base_url = f"{origin}/v1"
            yield self

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        asked = await request.json()
        self.seen.append(asked)
        self.came.set()
        await asyncio.sleep(self.seconds)
        if self.silent is not None:
            await self.silent.wait()
        last = asked["messages"][-1]
        status = self.closing_status if last["role"] == "tool" else self.status
        if status == 200 and (problem := _problem(asked["messages"])):
            return web.json_response({"error": {"message": problem, "type": "invalid_request_error"}}, status=400)
        if status != 200:
            return web.json_response({"error": {"message": "no", "type": "x"}}, status=status)
        if last["role"] == "tool" and self.closing is not None:
            return web.Response(text=self.closing, content_type="application/json")
        message, finish = self._message(asked, last)
        if asked.get("stream"):
            return await _streamed(request, asked, message, breaks=self.breaks)
        choice = {"index": 0, "message": message, "finish_reason": finish, "logprobs": None}
        body = {"id": "c1", "object": "chat.completion", "created": 1, "model": asked["model"], "choices": [choice]}
        return web.json_response({**body, "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}})

    def _message(self, asked: dict[str, Any], last: dict[str, Any]) -> tuple[dict[str, Any], str]:
        if last["role"] == "tool":
            return {"role": "assistant", "content": f"<think>Done?</think>{CLOSING}"}, "stop"
        if self.deciding is not None:
            message, finish = self.deciding
            return {"role": "assistant", "content": None, **message}, finish
        forced = isinstance(asked.get("tool_choice"), dict)
        if asked.get("tools") and (forced or "draw" in last["content"].lower()):
            prompt = f"A careful picture of: {last['content']}"
            function = {"name": "image_generation", "arguments": json.dumps({"prompt": prompt, "action": self.action})}
            call = {"id": "call_1", "type": "function", "function": function}
            return {"role": "assistant", "content": None, "tool_calls": [call]}, "tool_calls"
        return {"role": "assistant", "content": f"You said: {last['content']}"}, "stop"


def _problem(messages: list[dict[str, Any]]) -> str:
    calls: set[str] = set()
    before = ""
    for place, message in enumerate(messages):
        role = message["role"]
        if role == "system" and place:
            return "a system message must come first"
        if role == "tool" and message["tool_call_id"] not in calls:
            return "a tool's answer must follow its call"
        if role == before and role in {"user", "assistant"}:
            return "user and assistant must take turns"
        calls |= {call["id"] for call in message.get("tool_calls", ())}
        before = role
    return ""


async def _streamed(
    request: web.Request, asked: dict[str, Any], message: dict[str, Any], *, breaks: bool
) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    head = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": asked["model"]}
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    deltas += [{"content": f"{word} "} for word in message["content"].split()]
    for delta in deltas:
        choice = {"index": 0, "delta": delta, "finish_reason": None}
        await response.write(b"data: " + json.dumps({**head, "choices": [choice]}).encode() + b"\n\n")
        if breaks and delta["content"]:
            assert request.transport is not None
            request.transport.abort()
            return response
    last = {"index": 0, "delta": {}, "finish_reason": "stop"}
    await response.write(b"data: " + json.dumps({**head, "choices": [last]}).encode() + b"\n\ndata: [DONE]\n\n")
    return response
