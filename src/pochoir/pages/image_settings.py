"""Settings of images: the marks that they carry when they leave."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from pochoir.features.images.copies import Marks
from pochoir.infra.credentials import INSTALL
from pochoir.web.deps import services
from pochoir.web.templating import page

router = APIRouter()
nav = None


@router.get("/settings/images")
async def show(request: Request) -> Response:
    copies = services(request).copies
    return await page(
        request,
        "image_settings.html",
        marks=await copies.marks(),
        can_sign=copies.can_sign,
        install=INSTALL,
        saved=request.query_params.get("saved", ""),
    )


@router.post("/settings/images/marks")
async def choose(request: Request) -> Response:
    form = await request.form()
    chosen = {name: form.get(name) == "on" for name in ("metadata", "prompt", "signed", "answers")}
    await services(request).copies.choose(Marks(**chosen))
    return RedirectResponse("/settings/images?saved=marks", status_code=303)


@router.get("/settings/images/certificate.pem")
async def certificate(request: Request) -> Response:
    """The installation's root certificate, for the trust list of whoever checks its images."""
    headers = {"content-disposition": 'attachment; filename="pochoir-root.pem"'}
    return Response(services(request).copies.authority, media_type="application/x-pem-file", headers=headers)
