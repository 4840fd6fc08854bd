"""A browser over the real application in this process, and a small tool to try it with."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from pochoir import bootstrap
from pochoir.config import Settings
from pochoir.features.services import Services
from pochoir.features.tools.text import from_text
from pochoir.infra.db import migrate

SPEC = """
pochoir: 1
title: Kite pictures
model: pochoir-sketch
inputs:
- {key: what, label: What, sample: a red kite}
- {key: mood, label: Mood, type: choice, choices: [{value: calm}, {value: bright}], default: calm}
steps:
- id: shots
  type: generate_image
  title: Shots
  with: {prompt: '{{ inputs.what }}, {{ inputs.mood }}', n: 2, size: 1024x1024}
outputs:
- {key: images, label: Images, value: '{{ steps.shots.images }}'}
"""


@dataclass
class Browser:
    """A client that sends the token of the newest page with every form, as a browser does."""

    client: httpx2.AsyncClient
    services: Services
    token: str = ""

    async def get(self, path: str, status: int = 200) -> str:
        answer = await self.client.get(path)
        assert answer.status_code == status, answer.text[-2000:]
        found = re.search(r'name="_csrf_token" value="(\w+)"', answer.text)
        self.token = found[1] if found else self.token
        return answer.text

    async def send(self, path: str, fields: Mapping[str, str | list[str]] | None = None, status: int = 303) -> str:
        """Post a form; gives the address it leads to, or the page when it leads nowhere."""
        answer = await self.client.post(path, data={"_csrf_token": self.token, **(fields or {})})
        assert answer.status_code == status, answer.text[-2000:]
        return answer.headers.get("location") or answer.text

    async def tool(self, spec: str = SPEC) -> str:
        return (await self.services.tools.create(from_text(spec))).name

    async def run(self, name: str, fields: Mapping[str, str | list[str]]) -> str:
        """Run a tool and wait; gives the address of the run."""
        await self.get(f"/tools/{name}")
        where = await self.send(f"/tools/{name}/run", fields)
        async with asyncio.timeout(60):
            await self.services.runs.wait(where.rpartition("/")[2])
        return where


@pytest.fixture
async def browser(tmp_path: Path) -> AsyncIterator[Browser]:
    settings = Settings(data=tmp_path)
    migrate(settings.database_url)
    workspace = bootstrap.assemble(settings)
    app = bootstrap.build(settings, workspace)
    await workspace.start()
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8300") as client:
        yield Browser(client, workspace.services)
    await workspace.stop()


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
