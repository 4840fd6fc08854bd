"""The versions of a tool: look at one, compare two, restore."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from pochoir.features.tools.text import to_yaml
from pochoir.web.deps import services
from pochoir.web.templating import page

router = APIRouter()
nav = None


@router.get("/tools/{name}/versions")
async def listed(request: Request, name: str, old: int = 0, new: int = 0) -> Response:
    """All versions; with `?old=1&new=3` also what differs between the two."""
    known = services(request)
    tool = await known.tools.tool(name)
    versions = await known.tools.versions(name)
    asked = bool(old or new)
    old, new = old or max(1, tool.current - 1), new or tool.current
    return await page(
        request,
        "tool_versions.html",
        tool=tool,
        spec=await known.tools.spec(name),
        versions=versions,
        old=old,
        new=new,
        lines=await known.tools.differences(name, old, new) if asked else None,
    )


@router.get("/tools/{name}/versions/{number}")
async def one(request: Request, name: str, number: int) -> Response:
    known = services(request)
    tool = await known.tools.tool(name)
    version = await known.tools.version(name, number)
    return await page(
        request,
        "tool_version.html",
        tool=tool,
        spec=await known.tools.spec(name),
        version=version,
        text=to_yaml(version.spec),
        lines=await known.tools.differences(name, tool.current, number) if number != tool.current else [],
    )


@router.post("/tools/{name}/versions/{number}/restore")
async def restore(request: Request, name: str, number: int) -> Response:
    await services(request).tools.restore(name, number)
    return RedirectResponse(f"/tools/{name}/versions?saved=version", status_code=303)
