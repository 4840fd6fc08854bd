"""The front: one field that asks what the tool should do, then what was made lately."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from pochoir.domain.errors import PochoirError
from pochoir.domain.tools import Spec, Tool
from pochoir.features.images.artifact import Artifact
from pochoir.features.services import Services
from pochoir.web.deps import services
from pochoir.web.templating import page

router = APIRouter()
nav = None

EXAMPLES = (
    ("Product shots", "Three square product shots of our new sneaker on a pastel background"),
    ("App icon", "Four flat app icons of a rocket, square, in bold colours"),
    ("Seasonal set", "The same lighthouse in spring, summer, autumn and winter, landscape"),
    ("Campaign", "A square post and a wide banner for our summer sale, with a choice of colour"),
    ("Avatars", "Six round avatars of a fox in different colours"),
    ("Posters", "Three portrait travel posters of a lighthouse at sunset"),
)
"""Each runs on the built-in model, without a key."""
MAX_DESCRIPTION = 20_000


@dataclass(frozen=True, slots=True)
class ToolCard:
    """A tool as the front shows it: with images of its newest run."""

    tool: Tool
    spec: Spec
    images: tuple[Artifact, ...] = ()
    last_run: str = ""


@router.get("/")
async def home(request: Request) -> Response:
    return await _front(request)


async def _front(request: Request, *, text: str = "", problem: str = "") -> Response:
    known = services(request)
    tools = await known.tools.tools()
    cards = await asyncio.gather(*(_card(known, tool) for tool in tools[:6]))
    connections = await known.connections.list()
    return await page(
        request,
        "home.html",
        status=400 if problem else 200,
        examples=EXAMPLES,
        cards=cards,
        images=await known.images.library.recent(12),
        has_language_model=any(item.kind == "language_model" for item in connections),
        text=text,
        problem=problem,
    )


async def _card(known: Services, tool: Tool) -> ToolCard:
    spec = await known.tools.spec(tool.name)
    runs = await known.runs.recent(tool.name, 1)
    if not runs:
        return ToolCard(tool, spec)
    images = await known.runs.images(runs[0].id)
    return ToolCard(tool, spec, tuple(images[:3]), runs[0].created)


@router.post("/studio")
async def describe(request: Request, text: Annotated[str, Form()] = "") -> Response:
    """Build a draft from the description and open its review."""
    text = text.strip()
    problem = ""
    if not text:
        problem = "Say in a sentence what the tool should make, or press one of the examples."
    elif len(text) > MAX_DESCRIPTION:
        problem = f"The description has {len(text):,} characters; {MAX_DESCRIPTION:,} are the most. Shorten it."
    if not problem:
        try:
            stored = await services(request).tools.draft(text)
        except PochoirError as error:
            problem = error.message
        else:
            return RedirectResponse(f"/studio/{stored.id}", status_code=303)
    return await _front(request, text=text, problem=problem)
