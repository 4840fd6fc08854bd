"""Assistants, threads, messages, runs and steps as OpenAI writes them, and the events of a run's stream."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

from pochoir.features.assistants.assistant import Assistant, Message, Part, Stage, Thread, ThreadRun
from pochoir.openai_api.files import unix

_PLAIN = {"response_format": "auto"}
DONE = b"event: done\ndata: [DONE]\n\n"


def assistant_data(assistant: Assistant) -> dict[str, Any]:
    return {
        "id": assistant.id,
        "object": "assistant",
        "created_at": unix(assistant.created),
        "name": assistant.name,
        "description": assistant.description,
        "model": assistant.model,
        "instructions": assistant.instructions,
        "tools": [dict(tool) for tool in assistant.tools],
        "tool_resources": {},
        "metadata": dict(assistant.metadata),
        "temperature": assistant.options.get("temperature", 1.0),
        "top_p": assistant.options.get("top_p", 1.0),
        **_PLAIN,
    }


def thread_data(thread: Thread) -> dict[str, Any]:
    return {
        "id": thread.id,
        "object": "thread",
        "created_at": unix(thread.created),
        "tool_resources": {},
        "metadata": dict(thread.metadata),
    }


def message_data(message: Message) -> dict[str, Any]:
    ended = unix(message.ended) if message.ended else None
    whole = message.state == "completed"
    return {
        "id": message.id,
        "object": "thread.message",
        "created_at": unix(message.created),
        "thread_id": message.thread,
        "status": message.state,
        "incomplete_details": {"reason": message.reason} if message.reason else None,
        "completed_at": ended if whole else None,
        "incomplete_at": None if whole else ended,
        "role": message.role,
        "content": [_part(part) for part in message.parts],
        "assistant_id": message.assistant,
        "run_id": message.run,
        "attachments": [],
        "metadata": dict(message.metadata),
    }


def _part(part: Part) -> dict[str, Any]:
    if part.file:
        return {"type": "image_file", "image_file": {"file_id": part.file, "detail": part.detail}}
    if part.refusal:
        return {"type": "refusal", "refusal": part.text}
    return {"type": "text", "text": {"value": part.text, "annotations": []}}


def run_data(run: ThreadRun) -> dict[str, Any]:
    """`pochoir` says what really answered, what it cost, and what was mapped on the way."""
    wanted = run.wanted
    begun = run.times.get("in_progress")
    ends = {f"{state}_at": _at(run, state) for state in ("cancelled", "failed", "completed")}
    data: dict[str, Any] = {
        "id": run.id,
        "object": "thread.run",
        "created_at": unix(run.created),
        "thread_id": run.thread,
        "assistant_id": wanted.assistant,
        "status": run.state,
        "required_action": None,
        "last_error": dict(run.error) if run.error else None,
        "expires_at": unix(run.expires) if run.active else None,
        "started_at": unix(begun) if begun else None,
        **ends,
        "incomplete_details": {"reason": "max_completion_tokens"} if run.state == "incomplete" else None,
        "model": wanted.model,
        "instructions": wanted.instructions,
        "tools": [dict(tool) for tool in wanted.tools],
        "tool_resources": {},
        "metadata": dict(run.metadata),
        "usage": _usage(run),
        "temperature": 1.0,
        "top_p": 1.0,
        "max_prompt_tokens": None,
        **wanted.asked,
        **_PLAIN,
    }
    if data["truncation_strategy"]["last_messages"] is not None:
        data["truncation_strategy"] = {**data["truncation_strategy"], "type": "last_messages"}
    return {**data, "pochoir": dict(run.about)} if run.about else data


def _at(run: ThreadRun, state: str) -> int | None:
    return unix(run.times[state]) if state in run.times else None


def _usage(run: ThreadRun) -> dict[str, int] | None:
    return dict(run.usage) if run.usage is not None and not run.active else None


def step_data(run: ThreadRun) -> dict[str, Any] | None:
    """A run's one step, which makes its message; None before there is something to show.

    OpenAI's steps are never incomplete: one whose words were cut off has come to its end.
    """
    if run.begun is None:
        return None
    error = run.error
    times = {state: _at(run, state) for state in ("expired", "cancelled", "failed", "completed")}
    if run.state == "incomplete":
        times["completed"] = _at(run, run.state)
    status = "completed" if run.state == "incomplete" else run.state
    return {
        "id": run.step,
        "object": "thread.run.step",
        "created_at": unix(run.begun),
        "assistant_id": run.wanted.assistant,
        "thread_id": run.thread,
        "run_id": run.id,
        "type": "message_creation",
        "status": "in_progress" if run.active else status,
        "step_details": {"type": "message_creation", "message_creation": {"message_id": run.message}},
        "last_error": {**error, "code": error["code"].replace("invalid_prompt", "server_error")} if error else None,
        **{f"{state}_at": time for state, time in times.items()},
        "metadata": {},
        "usage": _usage(run),
    }


# -- events ------------------------------------------------------------------------------------------------------------


def event(name: str, data: dict[str, Any]) -> bytes:
    return b"event: " + name.encode() + b"\ndata: " + orjson.dumps(data) + b"\n\n"


@dataclass
class Events:
    """Turns the stages of one run into the events of its stream. `told`: how many parts of the message were sent."""

    told: int = 0
    _shown: bool = field(default=False, init=False)

    def begin(self, run: ThreadRun, thread: Thread | None = None) -> Iterator[bytes]:
        if thread is not None:
            yield event("thread.created", thread_data(thread))
        queued = {**run_data(run), "status": "queued", "started_at": None}
        yield event("thread.run.created", queued)
        yield event("thread.run.queued", queued)

    def stage(self, stage: Stage) -> Iterator[bytes]:
        """`ended` is the last one."""
        run, message = stage.run, stage.message
        if stage.name in ("in_progress", "cancelling"):
            yield event(f"thread.run.{stage.name}", run_data(run))
        if message is not None:
            yield from self._message(run, message)
        if stage.name == "ended":
            step = step_data(run)
            if message is not None and step is not None:
                yield event(f"thread.message.{message.state}", message_data(message))
                yield event(f"thread.run.step.{step['status']}", step)
            yield event(f"thread.run.{run.state}", run_data(run))

    def _message(self, run: ThreadRun, message: Message) -> Iterator[bytes]:
        if not self._shown:
            self._shown = True
            begun = {
                **message_data(message),
                "status": "in_progress",
                "content": [],
                "completed_at": None,
                "incomplete_at": None,
                "incomplete_details": None,
            }
            step = {**(step_data(run) or {}), "status": "in_progress", "usage": None, "last_error": None}
            step |= dict.fromkeys(("expired_at", "cancelled_at", "failed_at", "completed_at"))
            for name in ("created", "in_progress"):
                yield event(f"thread.run.step.{name}", step)
            for name in ("created", "in_progress"):
                yield event(f"thread.message.{name}", begun)
        for index, part in enumerate(message.parts[self.told :], self.told):
            delta = {"content": [{"index": index, **_part(part)}]}
            yield event("thread.message.delta", {"id": message.id, "object": "thread.message.delta", "delta": delta})
        self.told = len(message.parts)
