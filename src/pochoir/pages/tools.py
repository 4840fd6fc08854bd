"""The list of tools."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import Response

from pochoir.domain.runs import Run
from pochoir.domain.tools import Spec, Tool
from pochoir.features.images.artifact import Artifact
from pochoir.features.services import Services
from pochoir.web.deps import services
from pochoir.web.navigation import NavItem
from pochoir.web.templating import page

router = APIRouter()
nav = NavItem("Tools", "/tools", "stamp", ("/studio",))


@dataclass(frozen=True, slots=True)
class Row:
    """A tool with its newest run and images of it."""

    tool: Tool
    spec: Spec
    last: Run | None = None
    images: tuple[Artifact, ...] = ()


@router.get("/tools")
async def listed(request: Request, archived: bool = False) -> Response:
    known = services(request)
    tools = [tool for tool in await known.tools.tools(archived=archived) if tool.archived == archived]
    rows = await asyncio.gather(*(_row(known, tool) for tool in tools))
    away = archived or any(tool.archived for tool in await known.tools.tools(archived=True))
    return await page(request, "tools.html", rows=rows, archived=archived, away=away)


async def _row(known: Services, tool: Tool) -> Row:
    spec = await known.tools.spec(tool.name)
    runs = await known.runs.recent(tool.name, 1)
    if not runs:
        return Row(tool, spec)
    images = await known.runs.images(runs[0].id)
    return Row(tool, spec, runs[0], tuple(images[:3]))
