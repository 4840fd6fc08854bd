"""A tool's inputs as a form that people fill in: first values, and what was sent as values for a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from starlette.datastructures import FormData, UploadFile

from pochoir.domain.errors import InvalidImage, TooLarge
from pochoir.domain.tools import Input, Spec
from pochoir.features.tools.inputs import fitting
from pochoir.web.bodies import read_image

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


def values_of_run(spec: Spec, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """What the form shows to run again: what was given before, as far as the tool still asks for it."""
    return {**first_values(spec, samples=False), **fitting(spec, inputs)}


def read_values(spec: Spec, form: FormData) -> dict[str, Any]:
    """What was sent, by the inputs' keys, as `inputs_of` takes it: emptied fields are empty. Files wait for `upload`."""
    values: dict[str, Any] = {}
    for field in spec.inputs:
        given = form.getlist(field.key)
        if field.type == "boolean":
            values[field.key] = "on" in given
        elif given:
            value = _value(field, [item for item in given if isinstance(item, str) and item.strip()])
            if value or not _files(given):
                values[field.key] = value
    return values


async def upload(spec: Spec, form: FormData, services: Services, values: dict[str, Any]) -> None:
    """Keep the files that were sent and put them into `values`, one after the other.

    Raises InvalidImage or TooLarge for one that is no usable image; `param` is its field's key.
    """
    for field in spec.inputs:
        if field.type not in {"image", "images"}:
            continue
        given = form.getlist(field.key)
        ids = [item for item in given if isinstance(item, str)]
        for file in _files(given):
            try:
                ids.append((await services.images.library.upload(await read_image(file), name=file.filename or "")).id)
            except (InvalidImage, TooLarge) as error:
                error.param = field.key
                raise
            values[field.key] = _value(field, ids)


def _files(given: list[Any]) -> list[UploadFile]:
    return [item for item in given if isinstance(item, UploadFile) and item.filename]


def _value(field: Input, texts: list[str]) -> Any:
    if field.type in {"image", "images"}:
        found = [{"artifact": text} for text in texts if text.startswith("img_")]
        return found if field.type == "images" else found[-1] if found else None
    if field.type == "choice" and field.several:
        return texts
    return texts[-1].replace("\r\n", "\n") if texts else ""
