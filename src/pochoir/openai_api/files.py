"""`/v1/files`: upload, list, look at, download, delete, as OpenAI's own."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from datetime import datetime
from typing import IO, Any

import orjson
from starlette.datastructures import Headers, UploadFile
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.types import Receive, Scope, Send

from pochoir.domain.errors import Conflict, InvalidRequest, InvalidValue
from pochoir.features.files.file import MAX_FILE, UPLOADED, File
from pochoir.features.services import Services
from pochoir.infra.blobs import NewBlob
from pochoir.openai_api.bodies import read_form
from pochoir.openai_api.fields import from_form
from pochoir.openai_api.keys import Caller
from pochoir.web.deps import services

MAX_BODY = MAX_FILE + (1 << 20)
MAX_PAGE = 10_000
_PIECE = 1 << 20
IMAGE = "img_"
"""Ids that begin so are those of images of the library, which can be read like files."""
_RANGE = re.compile(r"bytes=(?:, *)?X(?: *, *X)*".replace("X", r"(?:[0-9]{1,18}-[0-9]{0,18}|-[0-9]{1,18})"))
SAFE = {
    "content-security-policy": "sandbox; default-src 'none'",
    "x-content-type-options": "nosniff",
    "cache-control": "private, no-store",
}
"""Headers of bytes that a program sent: a browser may save them, never run them under this address."""


async def upload(request: Request, caller: Caller) -> Response:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "multipart/form-data":
        raise InvalidRequest(f"The content type '{kind}' is not taken here. Send multipart/form-data.")
    here = services(request).files
    async with read_form(request, MAX_BODY, 2) as form:
        parts = form.multi_items()
        sent = [(name, value) for name, value in parts if isinstance(value, UploadFile)]
        fields = from_form({name: value for name, value in parts if isinstance(value, str)})
        if [name for name, _ in sent] != ["file"]:
            raise InvalidValue(
                "Send exactly one file, in the part 'file'.", param="file", code="missing_required_parameter"
            )
        purpose, seconds = _purpose(fields), read_life(fields.pop("expires_after", None), "expires_after")
        if fields:
            name = next(iter(fields))
            raise InvalidValue(f"'{name}' is not known here. Leave it out.", param=name, code="unknown_parameter")
        blob = await asyncio.to_thread(here.begin)
        try:
            await asyncio.to_thread(_copy, sent[0][1].file, blob)
            file = await here.add(blob, filename=sent[0][1].filename or "", purpose=purpose, seconds=seconds)
        finally:
            await asyncio.to_thread(blob.discard)
    return _json(file_data(file), caller)


def _copy(source: IO[bytes], blob: NewBlob) -> None:
    while piece := source.read(_PIECE):
        blob.write(piece)


def _purpose(fields: dict[str, Any]) -> Any:
    given = fields.pop("purpose", None)
    if given not in UPLOADED:
        said = f"cannot be {str(given)[:80]!r}" if given is not None else "is missing"
        raise InvalidValue(
            f"'purpose' {said}. Choose {' or '.join(repr(name) for name in UPLOADED)}.",
            param="purpose",
            code="invalid_value" if given is not None else "missing_required_parameter",
        )
    return given


def read_life(given: Any, name: str) -> int | None:
    """Seconds of `{"anchor": "created_at", "seconds": 3600}`, or None when nothing is given. Raises InvalidValue."""
    if given is None:
        return None
    if not isinstance(given, Mapping) or given.get("anchor") != "created_at" or set(given) != {"anchor", "seconds"}:
        raise InvalidValue(
            f"'{name}' must be an object with 'anchor', which is 'created_at', and 'seconds'. Change it.",
            param=name,
            code="invalid_type",
        )
    seconds = given["seconds"]
    if isinstance(seconds, str) and seconds.isdecimal() and len(seconds) < 10:
        seconds = int(seconds)
    if not isinstance(seconds, int) or isinstance(seconds, bool):
        raise InvalidValue(
            f"'{name}.seconds' must be an integer. Change it.", param=f"{name}.seconds", code="invalid_type"
        )
    return seconds


async def list_files(request: Request, caller: Caller) -> Response:
    query = request.query_params
    order = query.get("order") or "desc"
    if order not in {"asc", "desc"}:
        raise InvalidValue("'order' can be 'asc' or 'desc'. Change it.", param="order")
    found = await services(request).files.page(
        purpose=query.get("purpose") or None,
        after=query.get("after") or None,
        limit=read_limit(query.get("limit"), MAX_PAGE, MAX_PAGE),
        newest=order == "desc",
    )
    return _json(list_data([file_data(file) for file in found.files], more=found.more), caller)


def read_limit(given: str | None, default: int, most: int) -> int:
    """How many the list may hold. Raises InvalidValue."""
    if not given:
        return default
    number = int(given) if given.isdecimal() and len(given) <= 9 else 0
    if not 1 <= number <= most:
        raise InvalidValue(f"'limit' can be 1 to {most:,}, not '{given[:20]}'. Change it.", param="limit")
    return number


def list_data(items: list[dict[str, Any]], *, more: bool) -> dict[str, Any]:
    """A page of a list. OpenAI's schema wants a string in `first_id` and `last_id` even where there is nothing."""
    ends = {"first_id": items[0]["id"], "last_id": items[-1]["id"]} if items else {"first_id": "", "last_id": ""}
    return {"object": "list", "data": items, **ends, "has_more": more}


async def one_file(request: Request, caller: Caller) -> Response:
    file_id = request.path_params["file"]
    if file_id.startswith(IMAGE):
        return _json(await _image_data(services(request), file_id), caller)
    return _json(file_data(await services(request).files.file(file_id)), caller)


async def delete(request: Request, caller: Caller) -> Response:
    here, file_id = services(request), request.path_params["file"]
    if file_id.startswith(IMAGE):
        await here.images.library.artifact(file_id)
        raise Conflict(
            f"'{file_id}' is an image of the library, which files only show. Say under Settings, Images, how long images "
            "are kept."
        )
    await here.files.delete(file_id)
    return _json({"id": file_id, "object": "file", "deleted": True}, caller)


async def content(request: Request, caller: Caller) -> Response:
    here, file_id = services(request), request.path_params["file"]
    headers = {"x-request-id": caller.request_id, **SAFE}
    if file_id.startswith(IMAGE):
        artifact = await here.images.library.artifact(file_id)
        headers["content-disposition"] = f'attachment; filename="{file_id}.{artifact.extension}"'
        return Response(await here.copies.data(file_id), media_type="application/octet-stream", headers=headers)
    file = await here.files.file(file_id)
    return _Content(
        here.files.path(file), media_type="application/octet-stream", filename=file.filename, headers=headers
    )


class _Content(FileResponse):
    """A file, or a part of it. A `Range` that is none is passed over, as RFC 9110 (14.2) has it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        given = Headers(scope=scope).get("range")
        if given is not None and not _is_range(given):
            scope = {**scope, "headers": [(name, value) for name, value in scope["headers"] if name != b"range"]}
        await super().__call__(scope, receive, send)


def _is_range(given: str) -> bool:
    if not _RANGE.fullmatch(given):
        return False
    pairs = [part.strip().split("-") for part in given.partition("=")[2].split(",") if part.strip()]
    return all(not first or not last or int(first) <= int(last) for first, last in pairs)


async def _image_data(here: Services, image_id: str) -> dict[str, Any]:
    """An image of the library as a file: what was made is an output, what was put in is something to look at."""
    artifact = await here.images.library.artifact(image_id)
    return {
        "id": image_id,
        "object": "file",
        "bytes": len(await here.copies.data(image_id)) if (await here.copies.marks()).answers else artifact.bytes,
        "created_at": unix(artifact.created),
        "filename": f"{image_id}.{artifact.extension}",
        "purpose": "vision" if artifact.origin == "uploaded" else "assistants_output",
        "status": "processed",
    }


def file_data(file: File) -> dict[str, Any]:
    data: dict[str, Any] = {
        "id": file.id,
        "object": "file",
        "bytes": file.bytes,
        "created_at": unix(file.created),
        "filename": file.filename,
        "purpose": file.purpose,
        "status": "processed",
    }
    return data if file.expires is None else {**data, "expires_at": unix(file.expires)}


def unix(stamp: str) -> int:
    """A stored time as seconds since 1970."""
    return int(datetime.fromisoformat(stamp).timestamp())


def _json(data: dict[str, Any], caller: Caller) -> Response:
    return Response(orjson.dumps(data), headers={"x-request-id": caller.request_id}, media_type="application/json")
