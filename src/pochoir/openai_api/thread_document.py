"""The OpenAPI description of assistants, threads, messages and runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pochoir.openai_api.fields import DEFAULT_MODEL
from pochoir.openai_api.lists import MAX_PAGE
from pochoir.web.document import Schema, answers, body, json_of, operation, query, ref

_TEXT: Schema = {"type": "string"}
_MAYBE: Schema = {"type": ["string", "null"]}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_FREE: Schema = {"type": "object"}


def _object(properties: Mapping[str, Schema], *required: str, **more: Any) -> Schema:
    return {"type": "object", "properties": dict(properties), "required": list(required), **more}


def _list(of: str) -> Schema:
    items = {"type": "array", "items": ref(of)}
    return _object({"object": {"const": "list"}, "data": items, "has_more": {"type": "boolean"}}, "object", "data")


def schemas(tool: Schema, metadata: Schema) -> dict[str, Schema]:
    """`tool` is the image tool, `metadata` what may be noted of anything."""
    shared: dict[str, Schema] = {
        "model": {**_TEXT, "minLength": 1, "maxLength": 200, "examples": [DEFAULT_MODEL]},
        "instructions": {**_MAYBE, "maxLength": 256_000},
        "tools": {"type": "array", "items": tool, "maxItems": 1},
        "metadata": metadata,
        "temperature": {"type": "number", "minimum": 0, "maximum": 2},
        "top_p": {"type": "number", "minimum": 0, "maximum": 1},
    }
    names = {"name": {**_MAYBE, "maxLength": 256}, "description": {**_MAYBE, "maxLength": 512}}
    messages = {"type": "array", "items": ref("NewMessage"), "maxItems": 100}
    thread = _object({"messages": messages, "metadata": metadata})
    run = {
        **shared,
        "assistant_id": _TEXT,
        "stream": {"type": "boolean"},
        "tool_choice": {"enum": ["auto", "none", "required"]},
        "max_completion_tokens": {"type": "integer", "minimum": 256},
        "parallel_tool_calls": {"type": "boolean"},
    }
    more = {"additional_instructions": _MAYBE, "additional_messages": messages}
    part = {
        "oneOf": [
            _object({"type": {"const": "text"}, "text": {**_TEXT, "minLength": 1}}, "type", "text"),
            _image("image_file", "file_id"),
            _image("image_url", "url"),
        ]
    }
    content = {"oneOf": [{**_TEXT, "minLength": 1}, {"type": "array", "items": part, "minItems": 1}]}
    made = {"id": _TEXT, "created_at": _COUNT, "metadata": _FREE}
    of_run = {**made, "thread_id": _TEXT, "status": _TEXT}
    return {
        "AssistantRequest": _object({**shared, **names}, "model"),
        "AssistantChange": _object({**shared, **names}),
        "Assistant": _object({**made, "object": {"const": "assistant"}, "model": _TEXT}, "id", "model"),
        "NewMessage": _object(
            {"role": {"enum": ["user", "assistant"]}, "content": content, "metadata": metadata}, "role", "content"
        ),
        "Message": _object({**of_run, "object": {"const": "thread.message"}, "content": {"type": "array"}}, "id"),
        "NewThread": thread,
        "Thread": _object({**made, "object": {"const": "thread"}}, "id"),
        "NewThreadRun": _object({**run, **more}, "assistant_id"),
        "NewThreadAndRun": _object({**run, "thread": thread}, "assistant_id"),
        "ThreadRun": _object({**of_run, "object": {"const": "thread.run"}, "pochoir": _FREE}, "id", "status"),
        "ThreadRunStep": _object({**of_run, "object": {"const": "thread.run.step"}, "step_details": _FREE}, "id"),
        "Metadata": _object({"metadata": metadata}),
        **{f"{name}s": _list(name) for name in ("Assistant", "Message", "ThreadRun", "ThreadRunStep")},
    }


def _image(kind: str, field: str) -> Schema:
    return _object({"type": {"const": kind}, kind: _object({field: _TEXT}, field)}, "type", kind)


def paths() -> dict[str, Any]:
    limit = query("limit", {"type": "integer", "minimum": 1, "maximum": MAX_PAGE})
    order = query("order", {"enum": ["asc", "desc"]})
    page = (limit, order, query("after", _TEXT), query("before", _TEXT))
    key = {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "minLength": 1, "maxLength": 255}}
    streamed = {**json_of("ThreadRun"), "text/event-stream": {"schema": _FREE}}

    def get(sentence: str, name: str, *parameters: Schema) -> Schema:
        return operation("assistants API", sentence, answers(json_of(name)), parameters)

    def post(sentence: str, sent: str | None, name: str) -> Schema:
        content = body(json_of(sent)) if sent else None
        return operation("assistants API", sentence, answers(json_of(name)), (), content)

    def begin(sentence: str, sent: str) -> Schema:
        return operation("assistants API", sentence, answers(streamed), (key,), body(json_of(sent)))

    thread = "/v1/threads/{thread}"
    run = f"{thread}/runs/{{run}}"
    return {
        "/v1/assistants": {
            "get": get("List assistants.", "Assistants", *page),
            "post": post("Create an assistant, which draws.", "AssistantRequest", "Assistant"),
        },
        "/v1/assistants/{assistant}": {
            "get": get("Look at an assistant.", "Assistant"),
            "post": post("Modify an assistant.", "AssistantChange", "Assistant"),
            "delete": get("Delete an assistant.", "Deleted"),
        },
        "/v1/threads": {"post": post("Create a thread.", "NewThread", "Thread")},
        "/v1/threads/runs": {"post": begin("Create a thread and run an assistant in it.", "NewThreadAndRun")},
        thread: {
            "get": get("Look at a thread.", "Thread"),
            "post": post("Modify a thread's metadata.", "Metadata", "Thread"),
            "delete": get("Delete a thread with its messages and runs.", "Deleted"),
        },
        f"{thread}/messages": {
            "get": get("List messages.", "Messages", *page, query("run_id", _TEXT)),
            "post": post("Add a message.", "NewMessage", "Message"),
        },
        f"{thread}/messages/{{message}}": {
            "get": get("Look at a message.", "Message"),
            "post": post("Modify a message's metadata.", "Metadata", "Message"),
            "delete": get("Delete a message.", "Deleted"),
        },
        f"{thread}/runs": {
            "get": get("List runs.", "ThreadRuns", *page),
            "post": begin("Run an assistant in a thread.", "NewThreadRun"),
        },
        run: {
            "get": get("Look at a run.", "ThreadRun"),
            "post": post("Modify a run's metadata.", "Metadata", "ThreadRun"),
        },
        f"{run}/cancel": {"post": post("Draw nothing more.", None, "ThreadRun")},
        f"{run}/submit_tool_outputs": {"post": post("Refused: runs wait for no tools.", None, "ThreadRun")},
        f"{run}/steps": {"get": get("List steps.", "ThreadRunSteps", *page)},
        f"{run}/steps/{{step}}": {"get": get("Look at a step.", "ThreadRunStep")},
    }
