"""Images that go in by reference: data URLs, links, ids of stored images and of uploaded files. No web framework."""

from __future__ import annotations

import asyncio
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pybase64

from pochoir.domain.errors import InvalidImage, InvalidValue, NotFound, TooLarge
from pochoir.domain.images import ImageInput
from pochoir.features.files.service import FilesService
from pochoir.features.images import masks
from pochoir.features.images.library import MAX_UPLOAD, Library
from pochoir.features.images.transform import MAX_PIXELS
from pochoir.infra.sniff import check_image, has_alpha
from pochoir.openai_api.fields import LAYERS

MAX_IMAGES = 16
MAX_DATA_URL = 20_971_520


@dataclass(frozen=True, slots=True)
class Edit:
    """What an edit sends: its fields, and apart from them the images that go in."""

    fields: dict[str, Any]
    references: tuple[ImageInput, ...]
    mask: ImageInput | None = None
    markup: ImageInput | None = None


@dataclass(frozen=True, slots=True)
class Stored:
    """Where references lead: images that this workspace made or was sent, and files that programs uploaded."""

    library: Library
    files: FilesService

    async def image(self, file_id: str, where: str) -> ImageInput:
        """Raises InvalidValue when nothing has this id, InvalidImage when it is no image."""
        try:
            if file_id.startswith("file-"):
                return await self.files.image(file_id, where)
            return await self.library.as_input(file_id)
        except NotFound as error:
            raise InvalidValue(
                f"There is no stored image or file '{file_id[:80]}'. Send an id as this workspace gave it.",
                param=f"{where}.file_id",
            ) from error

    async def fetched(self, url: str, where: str) -> bytes:
        """What is behind a link. Raises InvalidImage, TooLarge."""
        if self.files.fetcher is None:
            raise InvalidImage(
                "Images are not fetched from other servers here. Send the image itself, as a data URL or by multipart.",
                param=where,
                code="invalid_image_url",
            )
        return await self.files.fetcher.get(url, MAX_UPLOAD, where)


async def read_edit_fields(fields: dict[str, Any], stored: Stored) -> Edit:
    """An edit's JSON body: `images`, `mask` and `markup` become images, the other fields stay as they are."""
    fields = dict(fields)
    given = fields.pop("images", None)
    if not isinstance(given, list):
        raise _missing("images")
    if len(given) > MAX_IMAGES:
        raise InvalidValue(
            f"{len(given)} images are too many; at most {MAX_IMAGES} go in. Send fewer.",
            param="images",
            code="array_above_max_length",
        )
    images = [await read_reference(stored, item, f"images[{number}]") for number, item in enumerate(given)]
    layers: dict[str, ImageInput] = {}
    for name in LAYERS:
        if (layer := fields.pop(name, None)) is not None:
            layers[name] = await read_reference(stored, layer, name)
    return await edit_of(fields, some(images, "images"), layers)


async def edit_of(fields: dict[str, Any], images: tuple[ImageInput, ...], layers: Mapping[str, ImageInput]) -> Edit:
    """`layers`: the mask and the markup by name, as far as they were sent. Raises InvalidImage, before anything is paid."""
    mask = checked_mask(layers.get("mask"))
    if mask is not None and fields.get("strict_mask") is True:
        await asyncio.to_thread(masks.check, images[0], mask)
    return Edit(fields, images, mask, layers.get("markup"))


async def read_reference(stored: Stored, item: Any, where: str) -> ImageInput:
    """`{"image_url": "data:… or https://…"}` or `{"file_id": "file-…"}`, one of them. `where` names it in complaints."""
    given = {name: value for name, value in item.items() if value is not None} if isinstance(item, dict) else {}
    if len(given) != 1 or not isinstance(value := next(iter(given.values())), str):
        raise InvalidValue(
            f"'{where}' must be an object with either 'image_url' or 'file_id'. Change it.",
            param=where,
            code="invalid_type",
        )
    name = next(iter(given))
    if name == "file_id":
        return await stored.image(value, where)
    if name != "image_url":
        raise InvalidValue(f"'{where}.{name}' is not known. Use 'image_url' or 'file_id'.", param=where)
    name = f"{where}.image_url"
    data = _from_data_url(value, name) if value.startswith("data:") else await stored.fetched(value, name)
    return await checked(data, where)


def _from_data_url(url: str, where: str) -> bytes:
    head, comma, text = url.partition(",")
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


async def checked(data: bytes, name: str) -> ImageInput:
    """Bytes as an image that may go in; `name` is the field that a complaint names."""
    return await asyncio.to_thread(check_image, data, MAX_UPLOAD, MAX_PIXELS, name=name)


def some(images: list[ImageInput], name: str) -> tuple[ImageInput, ...]:
    """The images, of which there must be one at least."""
    if not images:
        raise _missing(name)
    return tuple(images)


def _missing(name: str) -> InvalidValue:
    return InvalidValue(
        f"An edit needs at least one image in '{name}'. Add it, or use /v1/images/generations.",
        param=name,
        code="missing_required_parameter",
    )


def checked_mask(mask: ImageInput | None) -> ImageInput | None:
    """The mask, which must have an alpha channel."""
    if mask is not None and not has_alpha(mask.data):
        raise InvalidImage(
            "The mask has no transparent pixels, which mark what may change. Send a PNG with an alpha channel.",
            param="mask",
        )
    return mask
