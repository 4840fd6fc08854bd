"""Licences: the art, typefaces, words and files of others that Pochoir ships, and the source of every single piece."""

from __future__ import annotations

import csv
import io

from fastapi import APIRouter, Request
from starlette.responses import Response

from pochoir.domain.credits import Credit
from pochoir.infra import meaning
from pochoir.web.credits import vendored
from pochoir.web.deps import services
from pochoir.web.navigation import NavItem
from pochoir.web.templating import page

router = APIRouter()
nav: NavItem | None = None

KINDS = {
    "drawings": "Drawings",
    "typeface": "Typefaces in pictures",
    "words": "Words",
    "file": "Files of these pages",
}


@router.get("/licences")
async def show(request: Request) -> Response:
    """Every source by kind, each with its licence and its pieces."""
    found = everything(request)
    groups = [(words, [c for c in found if c.kind == kind]) for kind, words in KINDS.items()]
    texts = dict(sorted({c.licence: c.text for c in reversed(found)}.items()))
    drawings = sum(len(c.pieces) for c in found if c.kind == "drawings")
    return await page(request, "licences.html", groups=groups, texts=texts, drawings=drawings)


@router.get("/licences.csv")
async def table(request: Request) -> Response:
    """One line a piece: piece, kind, source, package, version, licence, copyright, home."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["piece", "kind", "source", "package", "version", "licence", "copyright", "home"])
    for c in everything(request):
        writer.writerows(
            [piece, c.kind, c.title, c.package, c.version, c.licence, c.copyright, c.home]
            for piece in c.pieces or (c.title,)
        )
    named = {"content-disposition": 'attachment; filename="pochoir-licences.csv"'}
    return Response(out.getvalue(), media_type="text/csv; charset=utf-8", headers=named)


def everything(request: Request) -> list[Credit]:
    """The engines' credits, the word vectors', and those of the pages' own files."""
    return [*services(request).catalog.credits(), *meaning.credits(), *vendored()]
