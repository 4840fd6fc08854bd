"""Assistants, threads and runs of the official client, each answer held against OpenAI's specification."""

from __future__ import annotations

import json
from typing import Any

import aiohttp

from journeys.gateway import Here
from openai_spec import conforms
from upstream.server import picture

MODEL = "gpt-image-1-mini"
TOOL: Any = {"type": "image_generation", "model": MODEL, "size": "1024x1024", "quality": "low"}
DRAWN = picture((1024, 1024))
SMALL = picture((64, 64))
WORDS = "A fox in the snow"
SCHEMAS = {
    "assistant": "AssistantObject",
    "thread": "ThreadObject",
    "thread.message": "MessageObject",
    "thread.run": "RunObject",
    "thread.run.step": "RunStepObject",
    "assistant.deleted": "DeleteAssistantResponse",
    "thread.deleted": "DeleteThreadResponse",
    "thread.message.deleted": "DeleteMessageResponse",
}


def beta(here: Here, key: str = "anything") -> Any:
    """The official client, without its types: its unions are wider than what is asked here."""
    return here.client(key)


def checked(item: Any) -> Any:
    """What the client read, after it was held against OpenAI's specification."""
    data = item.model_dump(mode="json", exclude_unset=True, warnings=False)  # its types know no tool that draws
    conforms(data, SCHEMAS[data["object"]])
    return item


async def raw(here: Here, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
    """An answer as it stands on the wire: an object, or the events of a stream."""
    url = f"{here.url}/v1/{path}"
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, url, json=body, headers=headers) as response,
    ):
        if response.content_type == "text/event-stream":
            return response.status, events_of(await response.text())
        return response.status, await response.json()


def events_of(body: str) -> list[Any]:
    """The events of a stream, each held against the specification."""
    found = []
    for block in body.strip().split("\n\n"):
        name, _, data = block.partition("\n")
        said = data.removeprefix("data: ")
        found.append({"event": name.removeprefix("event: "), "data": said if said == "[DONE]" else json.loads(said)})
        conforms(found[-1], "AssistantStreamEvent")
    return found


async def assistant_of(client: Any, **fields: Any) -> Any:
    return checked(await client.beta.assistants.create(**{"model": MODEL, "tools": [TOOL], **fields}))


async def answered(client: Any, thread: Any, assistant: Any, **fields: Any) -> Any:
    return checked(
        await client.beta.threads.runs.create_and_poll(
            thread_id=thread.id, assistant_id=assistant.id, poll_interval_ms=10, **fields
        )
    )


async def said(client: Any, thread: Any, **asked: Any) -> list[Any]:
    return [checked(item) async for item in client.beta.threads.messages.list(thread.id, **asked)]


def shown(message: Any) -> str:
    """The id of the image that a message shows."""
    return str(next(part.image_file.file_id for part in message.content if part.type == "image_file"))
