"""Images: the wall, one with where it came from, its file, its thumbnail, and what people send."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, UploadFile
from starlette.responses import JSONResponse, RedirectResponse, Response

from pochoir.domain.errors import InvalidValue, NotFound, PochoirError
from pochoir.features.images.artifact import Artifact, Search
from pochoir.features.services import Services
from pochoir.web.archives import zipped
from pochoir.web.bodies import read_image
from pochoir.web.deps import services, wants_fragment
from pochoir.web.model_choices import card_of
from pochoir.web.navigation import NavItem
from pochoir.web.templating import page

router = APIRouter()
nav = NavItem("Images", "/images", "images")

WALL = 60
LIKE = 24
"""Images on a page, and how many more that only mean the same."""
MOST = WALL + LIKE
"""Images that can be downloaded together: all that a page shows."""
CAME_AS = {"generated": "Made", "uploaded": "Put in", "transformed": "Reworked"}
ORIGINS = {**CAME_AS, "generated": "Made here"}
EDGES = (128, 256, 512, 1024)
KEEP = "private, max-age=31536000, immutable"
"""A thumbnail never changes, so a browser may keep it."""
ASK = "private, no-cache"
"""An image's marks may change: a browser keeps it and asks each time whether it still holds."""
SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'"
"""For files opened by themselves: an SVG may hold scripts."""


@router.get("/images")
async def wall(
    request: Request,
    q: str = "",
    model: str = "",
    origin: str = "",
    before: str = "",
    image: Annotated[list[str] | None, Query()] = None,
) -> Response:
    """The newest images that fit, `WALL` at a time; htmx gets the list alone. `image`: those that are ticked stay so."""
    library = services(request).images.library
    asked = Search(q.strip()[:200], model[:200], origin if origin in ORIGINS else "", before[:40])
    images = await library.search(asked, WALL + 1)
    older = images[WALL - 1].id if len(images) > WALL else ""
    first = bool(asked.text) and not asked.before and not older
    like = await library.like(asked, LIKE, {found.id for found in images}) if first else []
    ticked = list(dict.fromkeys(image or ()))[:MOST]
    listed = {found.id for found in (*images[:WALL], *like)}
    return await page(
        request,
        "fragments/image_list.html" if wants_fragment(request) else "images.html",
        images=images[:WALL],
        like=like,
        ticked=ticked,
        chosen=await library.those([name for name in ticked if name not in listed]),
        asked=asked,
        older=older,
        models=[] if wants_fragment(request) else await library.models(),
        origins=ORIGINS,
    )


@router.post("/images/zip")
async def chosen(request: Request) -> Response:
    """The chosen images in one file, newest first."""
    known = services(request)
    ids = list(dict.fromkeys(str(value) for value in (await request.form()).getlist("image")))
    if not ids:
        raise InvalidValue("No image is chosen. Tick some, then download.", param="image")
    if len(ids) > MOST:
        raise InvalidValue(
            f"{len(ids)} images are chosen, and one file takes up to {MOST}. Download them in parts.", param="image"
        )
    images = [await known.images.library.artifact(image_id) for image_id in ids]
    named = [(await _file_name(known, image), image) for image in images]
    return await zipped(known.copies, named, f"pochoir-images-{known.clock.today()}.zip")


@router.post("/images/upload")
async def upload(request: Request, file: UploadFile) -> Response:
    """Keep an image for a form; answers with its id, or with what is wrong as `problem`."""
    try:
        artifact = await services(request).images.library.upload(await read_image(file), name=file.filename or "")
    except PochoirError as error:
        return JSONResponse({"problem": error.message}, status_code=error.status)
    return JSONResponse({"id": artifact.id, "width": artifact.shown.width, "height": artifact.shown.height})


@router.get("/images/{image_id}")
async def one(request: Request, image_id: str) -> Response:
    if image_id in {"zip", "upload"}:  # these addresses only take a form
        return RedirectResponse("/images", status_code=303)
    known = services(request)
    artifact = await known.images.library.artifact(image_id)
    run = await known.runs.get(artifact.run) if artifact.run else None
    siblings = await known.runs.images(run.id) if run else []
    booked = await known.metering.entries(key=artifact.attempt) if artifact.attempt else []
    names = [image.id for image in siblings]
    place = names.index(artifact.id) if artifact.id in names else -1
    return await page(
        request,
        "image.html",
        image=artifact,
        about=dict(artifact.provenance),
        run=run,
        charge=booked[0] if booked else None,
        card=await card_of(known, artifact.model) if artifact.model else None,
        came_as=CAME_AS[artifact.origin],
        sources=await _sources(known, artifact),
        came=await known.copies.reading(artifact),
        before=names[place - 1] if place > 0 else "",
        after=names[place + 1] if 0 <= place < len(names) - 1 else "",
    )


async def _sources(known: Services, artifact: Artifact) -> list[Artifact]:
    """The images that this one was made from, as far as they are kept here."""
    given = artifact.provenance.get("references") or []
    ids = [*given, artifact.provenance.get("source") or ""]
    found = []
    for source in ids:
        if isinstance(source, str) and source.startswith("img_"):
            try:
                found.append(await known.images.library.artifact(source))
            except NotFound:
                continue
    return found


@router.get("/images/{image_id}/file")
async def file(request: Request, image_id: str, download: bool = False) -> Response:
    """The image with its marks. Vector images are only ever downloaded: they could carry scripts."""
    known = services(request)
    artifact = await known.images.library.artifact(image_id)
    if request.headers.get("if-none-match") == (tag := f'"{await known.copies.tag(artifact)}"'):
        return Response(status_code=304, headers={"etag": tag, "cache-control": ASK})
    as_file = download or artifact.mime == "image/svg+xml"
    name = await _file_name(known, artifact)
    return Response(
        await known.copies.copy(artifact),
        media_type=artifact.mime,
        headers={
            "content-disposition": f'{"attachment" if as_file else "inline"}; filename="{name}"',
            "content-security-policy": SANDBOX,
            "cache-control": ASK,
            "etag": tag,
        },
    )


@router.get("/images/{image_id}/thumb")
async def thumb(request: Request, image_id: str, edge: int = 512) -> Response:
    """A small WebP of one of a few sizes."""
    edge = min((known for known in EDGES if known >= edge), default=EDGES[-1])
    tag = f'"{image_id}-{edge}"'
    headers = {"etag": tag, "cache-control": KEEP, "content-security-policy": SANDBOX}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    data = await services(request).images.library.thumbnail(image_id, edge)
    return Response(data, media_type="image/webp", headers=headers)


async def _file_name(known: Services, artifact: Artifact) -> str:
    stem = (await known.runs.get(artifact.run)).tool if artifact.run else "image"
    return f"{stem}-{artifact.id[-6:]}.{artifact.extension}"
