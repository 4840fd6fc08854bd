"""The review of a draft: what was understood and guessed, a form over the spec, the price, and "Create tool"."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from pochoir.domain.errors import InvalidSpec, PochoirError
from pochoir.domain.tools import Draft, Spec
from pochoir.features.tools.contract import StoredDraft
from pochoir.features.tools.text import from_text, to_yaml
from pochoir.web import spec_form
from pochoir.web.deps import services
from pochoir.web.model_choices import card_of, model_choices, quality_options, size_options
from pochoir.web.templating import page

router = APIRouter()
nav = None


@router.get("/studio/{draft_id}")
async def review(request: Request, draft_id: str) -> Response:
    stored = await services(request).tools.draft_of(draft_id)
    return await _review(request, stored)


@router.post("/studio/{draft_id}")
async def create(request: Request, draft_id: str) -> Response:
    """Make the tool from the form."""
    known = services(request)
    stored = await known.tools.draft_of(draft_id)
    form = await request.form()
    try:
        tool = await known.tools.create_from(draft_id, spec_form.apply_form(stored.draft.spec, form))
    except PochoirError as error:
        problems = error.problems if isinstance(error, InvalidSpec) else (error.message,)
        return await _review(request, stored, spec_form.as_typed(stored.draft.spec, form), problems)
    return RedirectResponse(f"/tools/{tool.name}", status_code=303)


@router.post("/studio/{draft_id}/quote")
async def quote(request: Request, draft_id: str) -> Response:
    """The price of one run of what the form says now. Keeps the form's state, so that nothing typed is lost."""
    known = services(request)
    stored = await known.tools.draft_of(draft_id)
    form = await request.form()
    try:
        spec = spec_form.apply_form(stored.draft.spec, form)
        await known.tools.save_draft(draft_id, spec)
    except InvalidSpec as error:
        return await page(request, "fragments/quote.html", quote=None, problems=error.problems, drafting=True)
    price = await known.runs.quote(spec, {})
    parts = spec_form.image_parts(spec)
    card = await card_of(known, spec.model)
    return await page(
        request,
        "fragments/quote.html",
        quote=price,
        problems=(),
        drafting=True,
        unused=spec_form.unused_inputs(spec),
        into=parts[0].path if parts else "",
        other_model=spec if card and form.get("options_of", spec.model) != spec.model else None,
        parts=parts,
        can=card.abilities if card else None,
        size_options=size_options,
        quality_options=quality_options,
    )


@router.post("/studio/{draft_id}/yaml")
async def from_yaml(request: Request, draft_id: str, text: Annotated[str, Form()] = "") -> Response:
    """Take the spec as it was written by hand."""
    known = services(request)
    stored = await known.tools.draft_of(draft_id)
    try:
        spec = from_text(text)
        await known.tools.save_draft(draft_id, spec)
    except InvalidSpec as error:
        return await _review(request, stored, problems=error.problems, text=text)
    return RedirectResponse(f"/studio/{draft_id}", status_code=303)


async def _review(
    request: Request,
    stored: StoredDraft,
    typed: Spec | None = None,
    problems: tuple[str, ...] = (),
    text: str | None = None,
) -> Response:
    """`typed` and `text`: the form or the YAML as it was filled in, where it could not be taken."""
    known = services(request)
    draft: Draft = stored.draft
    spec, shown = draft.spec, typed or draft.spec
    choices = await model_choices(known)
    card = await card_of(known, shown.model)
    return await page(
        request,
        "studio.html",
        status=400 if problems else 200,
        draft_id=stored.id,
        description=stored.description,
        draft=draft,
        spec=spec,
        shown=shown,
        parts=spec_form.image_parts(shown),
        choices=choices,
        can=card.abilities if card else None,
        form=spec_form,
        size_options=size_options,
        quality_options=quality_options,
        quote=await known.runs.quote(spec, {}),
        problems=problems,
        drafting=True,
        yaml_text=to_yaml(spec) if text is None else text,
        yaml_open=text is not None,
    )
