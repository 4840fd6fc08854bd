"""Bodies as clients send them: JSON, or multipart with `image`, repeated `image` or `image[]`; bounded either way."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import orjson
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from pochoir.domain.errors import InvalidRequest, InvalidValue
from pochoir.domain.images import ImageInput
from pochoir.features.images.library import MAX_UPLOAD
from pochoir.openai_api.fields import LAYERS, MAX_DEPTH, check_depth, from_form
from pochoir.openai_api.references import (
    MAX_DATA_URL,
    MAX_IMAGES,
    Edit,
    Stored,
    checked,
    edit_of,
    read_edit_fields,
    some,
)
from pochoir.web.bodies import Counted, check_charset, read_body
from pochoir.web.deps import services

FILES = frozenset({"image", *LAYERS})
"""Parts of an edit's form that are files."""
MAX_JSON = 1 << 20
MAX_JSON_WITH_IMAGES = (MAX_IMAGES + 1) * MAX_DATA_URL + MAX_JSON
MAX_FORM = (MAX_IMAGES + 1) * MAX_UPLOAD + MAX_JSON


async def read_json(request: Request, limit: int = MAX_JSON, *, kept: bool = True) -> dict[str, Any]:
    """The body as a JSON object of at most `limit` bytes. `kept`: whether anything of it is written down."""
    body = await read_body(request, limit)
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InvalidRequest("The body is not JSON. Send a JSON object.", code="invalid_json") from error
    if not isinstance(data, dict):
        raise InvalidRequest("The body is JSON, but no object. Send an object with a 'prompt'.", code="invalid_json")
    check_json(data, body, kept=kept)
    return data


def check_json(data: Any, written: bytes, *, kept: bool = True) -> None:
    """Raise InvalidRequest for what is nested too deeply or, if it is `kept`, holds a NUL. `written`: its text."""
    if written.count(b"[") + written.count(b"{") > MAX_DEPTH:
        check_depth(data)
    if kept and rb"\u0000" in written and _has_nul(data):
        raise InvalidRequest(
            "A text in the JSON holds a NUL character (\\u0000), which cannot be stored. Leave it out.",
            code="invalid_json",
        )


def _has_nul(data: Any) -> bool:
    """Whether a text or a name in it has one: `\\\\u0000` in JSON is none, but a backslash and letters."""
    if isinstance(data, str):
        return "\0" in data
    if isinstance(data, dict):
        return any("\0" in name or _has_nul(value) for name, value in data.items())
    return isinstance(data, list) and any(_has_nul(item) for item in data)


# -- edits ---------------------------------------------------------------------------------------------------------------


async def read_edit(request: Request) -> Edit:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        return await _read_form(request)
    if kind in {"application/json", ""}:
        return await _read_json_edit(request)
    raise InvalidRequest(f"The content type '{kind}' is not taken here. Send multipart/form-data or application/json.")


async def _read_form(request: Request) -> Edit:
    texts: dict[str, str] = {}
    lists: dict[str, list[str]] = {}
    files: list[tuple[str, UploadFile]] = []
    async with read_form(request, MAX_FORM, MAX_IMAGES + 8) as form:
        for name, value in form.multi_items():
            plain = "image" if name.startswith("image[") else name
            if isinstance(value, UploadFile):
                files.append((plain, value))
            elif plain in FILES:
                raise InvalidValue(
                    f"'{name}' must be a file, not text. Send the image's bytes.", param=plain, code="invalid_type"
                )
            elif name.endswith("[]"):  # a list, as OpenAI's clients write one
                lists.setdefault(name.removesuffix("[]"), []).append(value)
            else:
                texts[name] = value
        images = [await _file("image", file) for name, file in files if name == "image"]
        layers = {name: await _file(name, file) for name, file in _layers(files).items()}
    for name, _ in files:
        if name not in FILES:
            raise InvalidValue(
                f"The file '{name}' is not taken here. Leave it out.", param=name, code="unknown_parameter"
            )
    return await edit_of({**from_form(texts), **lists}, some(images, "image"), layers)


def _layers(files: Sequence[tuple[str, UploadFile]]) -> dict[str, UploadFile]:
    """Mask and markup by name. Raises InvalidValue when one of them comes twice."""
    found: dict[str, UploadFile] = {}
    for name, file in files:
        if name in found:
            raise InvalidValue(
                f"'{name}' came more than once; one lies on the first image. Send one.", param=name, code="invalid_type"
            )
        if name in LAYERS:
            found[name] = file
    return found


@asynccontextmanager
async def read_form(request: Request, limit: int, max_files: int) -> AsyncIterator[FormData]:
    """The parts of a multipart body of at most `limit` bytes; files lie on disk, not in memory."""
    check_charset(request)
    bounded = Request(request.scope, Counted(request, limit).receive)
    try:
        form = await bounded.form(max_files=max_files, max_fields=100)
    except HTTPException as error:
        raise InvalidRequest(
            f"The form cannot be read: {str(error.detail).rstrip('.')}. Send it as multipart/form-data.",
            code="invalid_form",
        ) from error
    try:
        yield form
    finally:
        await form.close()


async def _file(name: str, file: UploadFile) -> ImageInput:
    """The media type that the client claims does not count: many send application/octet-stream."""
    return await checked(await file.read(), name)


async def _read_json_edit(request: Request) -> Edit:
    here = services(request)
    return await read_edit_fields(
        await read_json(request, MAX_JSON_WITH_IMAGES), Stored(here.images.library, here.files)
    )
