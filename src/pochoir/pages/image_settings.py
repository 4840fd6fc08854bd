"""Settings of images: the marks that they carry when they leave, who looks at what is asked, how long they are kept."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from pochoir.domain.errors import InvalidValue
from pochoir.features.images.copies import Marks
from pochoir.features.images.moderation import INSTALL as INSTALL_CLASSIFIER
from pochoir.features.images.moderation import MODES
from pochoir.features.images.retention import Limits
from pochoir.infra.credentials import INSTALL
from pochoir.web.deps import services
from pochoir.web.templating import page

router = APIRouter()
nav = None

KEPT = ("made", "uploaded")
"""The limits, by their fields' names."""


@router.get("/settings/images")
async def show(request: Request) -> Response:
    return await _settings(request, await services(request).retention.limits())


async def _settings(
    request: Request,
    limits: Limits,
    *,
    tried: bool = False,
    typed: Mapping[str, str] | None = None,
    problem: str = "",
    moderation_problem: str = "",
    status: int = 200,
) -> Response:
    """`tried`: the limits are not saved, their effect is shown. `typed`: what is in the fields, when it is no limits."""
    known = services(request)
    copies = known.copies
    return await page(
        request,
        "image_settings.html",
        status=status,
        limits=limits,
        tried=tried,
        days=typed or {name: str(getattr(limits, name) or "") for name in KEPT},
        problem=problem,
        over=await known.retention.sweepable(limits),
        marks=await copies.marks(),
        can_sign=copies.can_sign,
        install=INSTALL,
        moderation=await known.moderation.mode(),
        moderations=list(MODES.items()),
        moderation_problem=moderation_problem,
        classifier=known.moderation.installed,
        install_classifier=INSTALL_CLASSIFIER,
    )


@router.post("/settings/images/marks")
async def choose(request: Request) -> Response:
    form = await request.form()
    chosen = {name: form.get(name) == "on" for name in ("metadata", "prompt", "signed", "answers")}
    await services(request).copies.choose(Marks(**chosen))
    return RedirectResponse("/settings/images?saved=marks#marks", status_code=303)


@router.post("/settings/images/moderation")
async def moderate(request: Request) -> Response:
    """Choose who looks at what is asked."""
    known = services(request)
    form = await request.form()
    try:
        await known.moderation.choose(str(form.get("moderation", "")))
    except InvalidValue as error:
        stored = await known.retention.limits()
        return await _settings(request, stored, moderation_problem=error.message, status=error.status)
    return RedirectResponse("/settings/images?saved=moderation#moderation", status_code=303)


@router.post("/settings/images/keeping")
async def keep(request: Request) -> Response:
    """Show what limits would take away, or set them. Setting deletes nothing: the daily sweep does."""
    known = services(request)
    form = await request.form()
    typed = {name: str(form.get(name, "")) for name in KEPT}
    try:
        limits = Limits(**{name: _days(text) for name, text in typed.items()})
    except InvalidValue as error:
        stored = await known.retention.limits()
        return await _settings(request, stored, typed=typed, problem=error.message, status=error.status)
    if form.get("what") != "save":
        return await _settings(request, limits, tried=True)
    await known.retention.set_limits(limits)
    return RedirectResponse("/settings/images?saved=keeping#keeping", status_code=303)


def _days(text: str) -> int | None:
    text = text.strip()
    if not text:
        return None
    if not text.isdecimal() or len(text) > 6:
        raise InvalidValue(f"'{text[:20]}' is no number of days. Use a whole number, or leave it empty.")
    return int(text)


@router.post("/images/{image_id}/pin")
async def pin(request: Request, image_id: str) -> Response:
    """Keep an image for good, or no longer."""
    form = await request.form()
    await services(request).retention.pin(image_id, pinned=form.get("pinned") == "on")
    return RedirectResponse(f"/images/{image_id}?saved=pin", status_code=303)


@router.get("/settings/images/certificate.pem")
async def certificate(request: Request) -> Response:
    """The installation's root certificate, for the trust list of whoever checks its images."""
    headers = {"content-disposition": 'attachment; filename="pochoir-root.pem"'}
    return Response(services(request).copies.authority, media_type="application/x-pem-file", headers=headers)
