"""Runs: one execution of a version of a tool, made of steps, and the attempts that its image requests took."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

RunState = Literal["queued", "running", "waiting", "succeeded", "failed", "cancelled"]
"""`waiting`: for somebody's approval."""

StepState = Literal["running", "waiting", "succeeded", "failed", "skipped", "cancelled"]

AttemptState = Literal["sent", "stored", "failed", "unknown"]
"""`sent`: recorded before the engine was called. `unknown`: the process died in flight; it may have been charged."""

FINISHED: frozenset[RunState] = frozenset({"succeeded", "failed", "cancelled"})


@dataclass(frozen=True, slots=True)
class StepView:
    """A step as it stands. `path` is its id, with the item's number inside a repeat: `each[2].shot`."""

    path: str
    type: str
    title: str
    state: StepState
    started: str
    finished: str | None = None
    outputs: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """A run as it stands. Times are ISO 8601 in UTC; money is integer micro-dollars."""

    id: str
    tool: str
    version: int
    model: str
    state: RunState
    inputs: Mapping[str, Any]
    created: str
    started: str | None = None
    finished: str | None = None
    quoted_microusd: int = 0
    quote_exact: bool = True
    charged_microusd: int = 0
    maybe_charged: int = 0
    """How many attempts died in flight and may have been charged."""
    images_done: int = 0
    images_expected: int = 0
    outputs: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""
    """Why it failed or was cancelled; of one that succeeded, why an output is empty."""
    api_key: str | None = None
    """The id of the API key that started it, whose budget pays as well."""
