"""A stored file. Shapes and rules only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Purpose = Literal["assistants", "batch", "vision", "user_data", "batch_output"]
UPLOADED: tuple[Purpose, ...] = ("assistants", "batch", "vision", "user_data")
"""Purposes that a program may give; `batch_output` is the server's own."""

MAX_FILE = 512 * 1024 * 1024
"""Bytes of one file: OpenAI's limit for a single file."""

BATCH_SECONDS = 30 * 86_400
"""How long a batch's input is kept when nothing else is asked (OpenAI's own default; openai-openapi at f85dbe2)."""

MIN_SECONDS, MAX_SECONDS = 3_600, 30 * 86_400
"""How short and how long a life `expires_after` can give."""


@dataclass(frozen=True, slots=True)
class File:
    """`blob` names the bytes, `bytes` is their count; times are ISO 8601 in UTC. `holds`: batches that still read it."""

    id: str
    blob: str
    bytes: int
    filename: str
    purpose: Purpose
    created: str
    expires: str | None = None
    holds: int = 0


@dataclass(frozen=True, slots=True)
class FilePage:
    """A piece of the list of files. `more`: whether others come after it."""

    files: tuple[File, ...]
    more: bool
