"""Bodies as clients send them: JSON, or multipart with `image`, repeated `image` or `image[]`; bounded either way."""

from __future__ import annotations

import asyncio
import binascii
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
import pybase64
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from pochoir.domain.errors import InvalidImage, InvalidRequest, InvalidValue, NotFound, TooLarge
from pochoir.domain.images import ImageInput
from pochoir.features.images.library import MAX_UPLOAD
from pochoir.features.images.transform import MAX_PIXELS
from pochoir.infra.sniff import check_image, has_alpha
from pochoir.openai_api.fields import from_form
from pochoir.web.deps import services

MAX_JSON = 1 << 20
MAX_IMAGES = 16
MAX_DATA_URL = 20_971_520
MAX_JSON_WITH_IMAGES = (MAX_IMAGES + 1) * MAX_DATA_URL + MAX_JSON
MAX_FORM = (MAX_IMAGES + 1) * MAX_UPLOAD + MAX_JSON


async def read_json(request: Request, limit: int = MAX_JSON) -> dict[str, Any]:
    """The body as a JSON object of at most `limit` bytes."""
    body = await _bounded(request, limit)
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise InvalidRequest("The body is not JSON. Send a JSON object.", code="invalid_json") from error
    if not isinstance(data, dict):
        raise InvalidRequest("The body is JSON, but no object. Send an object with a 'prompt'.", code="invalid_json")
    return data


async def _bounded(request: Request, limit: int) -> bytes:
    _refuse_announced(request, limit)
    chunks, total = [], 0
    async for chunk in request.stream():
        total += len(chunk)
        if total > limit:
            raise _too_large(limit)
        chunks.append(chunk)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _refuse_announced(request: Request, limit: int) -> None:
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limit:
        raise _too_large(limit)


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"The request is larger than {limit >> 20} MB. Send fewer or smaller images.")


# -- edits ---------------------------------------------------------------------------------------------------------------

Edit = tuple[dict[str, Any], tuple[ImageInput, ...], ImageInput | None]
"""Fields, images that go in, mask."""


async def read_edit(request: Request) -> Edit:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        return await _read_form(request)
    if kind in {"application/json", ""}:
        return await _read_json_edit(request)
    raise InvalidRequest(f"The content type '{kind}' is not taken here. Send multipart/form-data or application/json.")


async def _read_form(request: Request) -> Edit:
    _refuse_announced(request, MAX_FORM)
    texts: dict[str, str] = {}
    files: list[tuple[str, UploadFile]] = []
    async with _form(request) as form:
        for name, value in form.multi_items():
            plain = "image" if name.startswith("image[") else name
            if isinstance(value, UploadFile):
                files.append((plain, value))
            elif plain in {"image", "mask"}:
                raise InvalidValue(
                    f"'{name}' must be a file, not text. Send the image's bytes.", param=plain, code="invalid_type"
                )
            else:
                texts[name] = value
        images = [await _file("image", file) for name, file in files if name == "image"]
        masks = [await _file("mask", file) for name, file in files if name == "mask"]
    for name, _ in files:
        if name not in {"image", "mask"}:
            raise InvalidValue(
                f"The file '{name}' is not taken here. Leave it out.", param=name, code="unknown_parameter"
            )
    return from_form(texts), _some(images, "image"), _mask(masks[-1] if masks else None)


@asynccontextmanager
async def _form(request: Request) -> AsyncIterator[FormData]:
    counted = _Counted(request)
    bounded = Request(request.scope, counted.receive)
    try:
        async with bounded.form(max_files=MAX_IMAGES + 8, max_fields=100) as form:
            yield form
    except HTTPException as error:
        raise InvalidRequest(
            f"The form cannot be read: {str(error.detail).rstrip('.')}. Send it as multipart/form-data.",
            code="invalid_form",
        ) from error


class _Counted:
    """The request's body, cut off with TooLarge when it is more than a form may carry."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._total = 0

    async def receive(self) -> Any:
        message = await self._request.receive()
        self._total += len(message.get("body", b""))
        if self._total > MAX_FORM:
            raise _too_large(MAX_FORM)
        return message


async def _file(name: str, file: UploadFile) -> ImageInput:
    """The media type that the client claims does not count: many send application/octet-stream."""
    return await _checked(await file.read(), name)


async def _checked(data: bytes, name: str) -> ImageInput:
    return await asyncio.to_thread(check_image, data, MAX_UPLOAD, MAX_PIXELS, name=name)


async def _read_json_edit(request: Request) -> Edit:
    fields = await read_json(request, MAX_JSON_WITH_IMAGES)
    given = fields.pop("images", None)
    if not isinstance(given, list):
        raise _missing("images")
    if len(given) > MAX_IMAGES:
        raise InvalidValue(
            f"{len(given)} images are too many; at most {MAX_IMAGES} go in. Send fewer.",
            param="images",
            code="array_above_max_length",
        )
    images = [await _reference(request, item, f"images[{number}]") for number, item in enumerate(given)]
    mask = fields.pop("mask", None)
    return fields, _some(images, "images"), _mask(None if mask is None else await _reference(request, mask, "mask"))


async def _reference(request: Request, item: Any, where: str) -> ImageInput:
    """`{"image_url": "data:…"}` or `{"file_id": "img_…"}`, exactly one of them."""
    given = {name: value for name, value in item.items() if value is not None} if isinstance(item, dict) else {}
    if len(given) != 1 or not isinstance(value := next(iter(given.values())), str):
        raise InvalidValue(
            f"'{where}' must be an object with either 'image_url' or 'file_id'. Change it.",
            param=where,
            code="invalid_type",
        )
    name = next(iter(given))
    if name == "file_id":
        try:
            return await services(request).images.library.as_input(value)
        except NotFound as error:
            raise InvalidValue(
                f"There is no stored image '{value[:80]}'. Send an image's id as this workspace gave it.",
                param=f"{where}.file_id",
            ) from error
    if name != "image_url":
        raise InvalidValue(f"'{where}.{name}' is not known. Use 'image_url' or 'file_id'.", param=where)
    return await _checked(_from_data_url(value, f"{where}.image_url"), where)


def _from_data_url(url: str, where: str) -> bytes:
    head, comma, text = url.partition(",")
    if not head.startswith("data:"):
        raise InvalidValue(
            "Images are not fetched from other servers. Send the image itself, as a data URL or by multipart.",
            param=where,
            code="invalid_image_url",
        )
    if len(url) > MAX_DATA_URL:
        raise TooLarge(
            f"The data URL is longer than {MAX_DATA_URL:,} characters. Send the image by multipart.", param=where
        )
    if not comma or not head.endswith(";base64"):
        raise InvalidImage("The data URL is not in base64. Encode the image in base64.", param=where)
    try:
        return pybase64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidImage(
            "The data URL's base64 is damaged. Encode the image again.", param=where, code="invalid_base64_image"
        ) from error


def _some(images: list[ImageInput], name: str) -> tuple[ImageInput, ...]:
    if not images:
        raise _missing(name)
    return tuple(images)


def _missing(name: str) -> InvalidValue:
    return InvalidValue(
        f"An edit needs at least one image in '{name}'. Add it, or use /v1/images/generations.",
        param=name,
        code="missing_required_parameter",
    )


def _mask(mask: ImageInput | None) -> ImageInput | None:
    if mask is not None and not has_alpha(mask.data):
        raise InvalidImage(
            "The mask has no transparent pixels, which mark what may change. Send a PNG with an alpha channel.",
            param="mask",
        )
    return mask
