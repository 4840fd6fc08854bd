"""A tool's inputs as a form that people fill in: first values, and what was sent as values for a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from starlette.datastructures import FormData, UploadFile

from pochoir.domain.tools import Input, Spec

if TYPE_CHECKING:
    from pochoir.features.services import Services


def first_values(spec: Spec, *, samples: bool) -> dict[str, Any]:
    """What the empty form shows: defaults and, for somebody who tries the tool for the first time, the samples."""
    values = {}
    for field in spec.inputs:
        value = field.default
        if value is None and samples and field.type not in {"image", "images", "table_row"}:
            value = field.sample
        values[field.key] = value
    return values


def artifact_ids(value: Any) -> list[str]:
    """The images in a value of an input: ids of artifacts."""
    items = value if isinstance(value, list | tuple) else [value]
    return [str(item["artifact"]) for item in items if isinstance(item, Mapping) and "artifact" in item]


async def read_values(spec: Spec, form: FormData, services: Services | None) -> dict[str, Any]:
    """What was sent, by the inputs' keys, as `inputs_of` takes it. Files are uploaded when `services` is given.

    Raises InvalidImage or TooLarge for a file that is no usable image.
    """
    values: dict[str, Any] = {}
    for field in spec.inputs:
        value = await _value(field, form, services)
        if value is not None:
            values[field.key] = value
    return values


async def _value(field: Input, form: FormData, services: Services | None) -> Any:
    given = form.getlist(field.key)
    if field.type == "boolean":
        return "on" in given
    if field.type in {"image", "images"}:
        ids = [item for item in given if isinstance(item, str) and item.startswith("img_")]
        for item in given:
            if isinstance(item, UploadFile) and item.filename and services is not None:
                artifact = await services.images.library.upload(await item.read(), name=item.filename)
                ids.append(artifact.id)
        if not ids:
            return None
        return {"artifact": ids[-1]} if field.type == "image" else [{"artifact": one} for one in ids]
    texts = [item for item in given if isinstance(item, str) and item.strip()]
    if field.type == "choice" and field.several:
        return texts or None
    if not texts:
        return None
    return texts[-1].replace("\r\n", "\n")
