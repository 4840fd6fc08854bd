"""Change a tool: by saying what should differ, by its form, or as text. The difference is shown before it is taken."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from pochoir.domain.errors import Conflict, InvalidRequest, InvalidSpec
from pochoir.domain.tools import Spec
from pochoir.features.tools import diff
from pochoir.features.tools.contract import Change
from pochoir.features.tools.text import from_text, to_yaml
from pochoir.web import spec_form
from pochoir.web.deps import services
from pochoir.web.model_choices import card_of, model_choices, quality_options, size_options
from pochoir.web.templating import page

router = APIRouter()
nav = None

EXAMPLES = ("make it square", "four images", "add a choice of season", "high quality", "leave out any text")


@router.get("/tools/{name}/edit")
async def edit(request: Request, name: str) -> Response:
    return await _edit(request, name)


@router.post("/tools/{name}/say")
async def say(request: Request, name: str, text: Annotated[str, Form()] = "") -> Response:
    """What the sentence would change: shown, not taken."""
    try:
        change = await services(request).tools.say(name, text)
    except InvalidRequest as error:
        return await _edit(request, name, said=text, problems=(error.message,))
    return await _edit(request, name, said=text, change=change)


@router.post("/tools/{name}/form")
async def by_form(request: Request, name: str) -> Response:
    """What the form would change: shown, not taken."""
    spec, form = await services(request).tools.spec(name), await request.form()
    try:
        return await _proposed(request, name, spec_form.apply_form(spec, form))
    except InvalidSpec as error:
        return await _edit(request, name, typed=spec_form.as_typed(spec, form), problems=error.problems)


@router.post("/tools/{name}/yaml")
async def by_text(request: Request, name: str, text: Annotated[str, Form()] = "") -> Response:
    """What the text would change: shown, not taken."""
    try:
        return await _proposed(request, name, from_text(text))
    except InvalidSpec as error:
        return await _edit(request, name, text=text, problems=error.problems)


@router.post("/tools/{name}/take")
async def take(
    request: Request,
    name: str,
    spec: Annotated[str, Form()],
    note: Annotated[str, Form()] = "",
    base: Annotated[int | None, Form(ge=1, le=2**31)] = None,
) -> Response:
    """Make the shown change a new version. When the tool was changed meanwhile, what would differ now is shown instead."""
    tools = services(request).tools
    try:
        new = from_text(spec)
        lines = tuple(diff.lines(await tools.spec(name), new))
        if lines:  # else it was taken by an earlier press
            await tools.change(name, new, note[:300], base)
    except Conflict as error:
        return await _edit(
            request, name, said=note, change=Change(new, lines, ()), problems=(error.message,), status=error.status
        )
    except InvalidSpec as error:
        return await _edit(request, name, text=spec, problems=error.problems)
    except InvalidRequest as error:
        return await _edit(request, name, problems=(error.message,))
    return RedirectResponse(f"/tools/{name}?saved=version", status_code=303)


async def _proposed(request: Request, name: str, new: Spec) -> Response:
    """The page with what would change. Raises InvalidSpec for what could not be taken, and where nothing differs."""
    known = services(request)
    known.tools.check(new)
    lines = tuple(diff.lines(await known.tools.spec(name), new))
    if not lines:
        raise InvalidSpec(["Nothing differs from the tool as it is. Change something first."])
    return await _edit(request, name, change=Change(new, lines, ()))


async def _edit(
    request: Request,
    name: str,
    *,
    said: str = "",
    change: Change | None = None,
    problems: tuple[str, ...] = (),
    typed: Spec | None = None,
    text: str | None = None,
    status: int = 400,
) -> Response:
    """`typed` and `text`: the form or the YAML as it was filled in, where it could not be proposed."""
    known = services(request)
    spec = await known.tools.spec(name)
    shown = change.spec if change else typed or spec
    choices = await model_choices(known)
    card = await card_of(known, shown.model)
    return await page(
        request,
        "tool_edit.html",
        status=status if problems else 200,
        tool=await known.tools.tool(name),
        spec=spec,
        shown=shown,
        examples=EXAMPLES,
        said=said,
        change=change,
        change_text=to_yaml(change.spec) if change else "",
        before=await known.runs.quote(spec, {}) if change else None,
        after=await known.runs.quote(change.spec, {}) if change else None,
        problems=problems,
        parts=spec_form.image_parts(shown),
        choices=choices,
        can=card.abilities if card else None,
        form=spec_form,
        form_open=typed is not None,
        size_options=size_options,
        quality_options=quality_options,
        yaml_text=to_yaml(spec) if text is None else text,
        yaml_open=text is not None,
    )
