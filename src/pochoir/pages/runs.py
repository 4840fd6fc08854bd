"""Runs: the list, one run as it goes on, its questions, cancel, and everything that it made in one file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from pochoir.domain.errors import Conflict, InvalidValue, NotFound
from pochoir.domain.images import Size
from pochoir.domain.runs import FINISHED, Run
from pochoir.domain.tools import Spec
from pochoir.features.images.artifact import Artifact
from pochoir.features.services import Services
from pochoir.web.archives import zipped
from pochoir.web.deps import services
from pochoir.web.model_choices import card_of
from pochoir.web.navigation import NavItem
from pochoir.web.spec_form import image_parts
from pochoir.web.templating import page, pretty
from pochoir.web.tool_form import artifact_ids

router = APIRouter()
nav = NavItem("Runs", "/runs", "history")

MOST = 60
PIECE = 256 * 1024


@dataclass(frozen=True, slots=True)
class Shown:
    """One output of a run as the page shows it: images, or a text (a list's items on a line each)."""

    label: str
    images: tuple[Artifact, ...] = ()
    text: str = ""


@router.get("/runs")
async def listed(request: Request, tool: str = "", before: str = "") -> Response:
    """The newest runs, or those before one of them, `MOST` at a time."""
    known = services(request)
    async with known.db.reading():
        found = await known.runs.recent(tool or None, MOST + 1, before or None)
        runs = found[:MOST]
        firsts = {run.id: (await known.runs.images(run.id))[:3] for run in runs}
        titles = {name: (await known.tools.spec(name)).title for name in {run.tool for run in runs}}
    older = runs[-1].id if len(found) > MOST else ""
    return await page(
        request, "runs.html", runs=runs, firsts=firsts, titles=titles, tool=tool, before=before, older=older
    )


@router.get("/runs/{run_id}")
async def one(request: Request, run_id: str) -> Response:
    return await page(request, "run.html", **await view(services(request), run_id))


@router.get("/runs/{run_id}/live")
async def live(request: Request, run_id: str) -> Response:
    """The part of the page that changes while the run goes on."""
    return await page(request, "fragments/run_live.html", **await view(services(request), run_id))


@router.post("/runs/{run_id}/cancel")
async def cancel(request: Request, run_id: str) -> Response:
    """Stop a run. One that is over by then is shown as it ended."""
    with suppress(Conflict):
        await services(request).runs.cancel(run_id)
    return RedirectResponse(f"/runs/{run_id}", status_code=303)


@router.post("/runs/{run_id}/answer")
async def answer(
    request: Request, run_id: str, path: Annotated[str, Form()], approved: Annotated[Literal["yes", "no"], Form()]
) -> Response:
    """Answer a question. The first answer stands: the page shows what came of it."""
    with suppress(Conflict):
        await services(request).runs.answer(run_id, path, approved == "yes")
    return RedirectResponse(f"/runs/{run_id}", status_code=303)


async def view(known: Services, run_id: str) -> dict[str, Any]:
    """Everything that the page of a run shows."""
    run = await known.runs.get(run_id)
    spec = await known.tools.spec(run.tool, run.version)
    images = await known.runs.images(run_id)
    shown = outputs(spec, run, images)
    in_outputs = {image.id for output in shown for image in output.images}
    attempts = await known.images.attempts(run_id)
    card = await card_of(known, run.model)
    over = run.state in FINISHED
    return {
        "run": run,
        "spec": spec,
        "over": over,
        "card": card,
        "left_alone": await known.images.left_alone(card) if card and not over else "",
        "images": images,
        "outputs": shown,
        "others": [image for image in images if image.id not in in_outputs] if shown else [],
        "steps": await known.runs.steps(run_id),
        "approvals": await known.runs.approvals(run_id),
        "draws": bool(image_parts(spec)),
        "lost": [attempt for attempt in attempts if attempt.state == "unknown"],
        "artifact_ids": artifact_ids,
        "shape": _shape(spec, images),
    }


def _shape(spec: Spec, images: list[Artifact]) -> Size:
    """The proportions that images still to come will have, as far as one can tell."""
    if images:
        return images[-1].size
    for part in image_parts(spec):
        try:
            return Size.parse(part.value("size"))
        except InvalidValue:
            continue
    return Size(1, 1)


def outputs(spec: Spec, run: Run, images: list[Artifact]) -> list[Shown]:
    """A finished run's outputs in the order of the spec; those that are empty are left out."""
    by_id = {image.id: image for image in images}
    found = []
    for output in spec.outputs:
        value = run.outputs.get(output.key)
        pictures = tuple(by_id[one] for one in _ids(value) if one in by_id)
        if pictures:
            found.append(Shown(output.label, pictures))
        elif text := _text(value):
            found.append(Shown(output.label, text=text))
    return found


def _text(value: Any) -> str:
    """A text, a number, yes or no, or a list of these as the page shows it; empty for everything else."""
    if isinstance(value, list | tuple):
        return "\n".join(line for item in value if (line := _text(item)))
    return pretty(value) if isinstance(value, str | int | float) and value != "" else ""


def _ids(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        yield from artifact_ids(value)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _ids(item)


@router.get("/runs/{run_id}/zip")
async def everything(request: Request, run_id: str) -> Response:
    """All images of a run in one file, numbered as they came."""
    known = services(request)
    run = await known.runs.get(run_id)
    seen = await view(known, run_id)
    images = [image for output in seen["outputs"] for image in output.images] or seen["images"]
    if not images:
        raise NotFound("This run has no images yet. Wait for the first one, then download.")
    named = [(f"{run.tool}-{number:02d}.{image.extension}", image) for number, image in enumerate(images, 1)]
    return await zipped(known.copies, named, f"{run.tool}-{run.created[:10]}.zip")
