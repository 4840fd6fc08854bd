"""`pochoir generate`: images from a prompt, straight into files."""

from __future__ import annotations

import asyncio
from pathlib import Path

from pochoir.commands.session import Stopped
from pochoir.domain.errors import InvalidValue, StorageFull
from pochoir.domain.images import ImageInput, ImageRequest
from pochoir.domain.money import dollars
from pochoir.features.images.artifact import Made
from pochoir.features.images.library import MAX_UPLOAD
from pochoir.features.images.transform import MAX_PIXELS
from pochoir.features.services import Services
from pochoir.infra.sniff import check_image
from pochoir.openai_api.fields import read_fields

FORMATS = {".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg", ".webp": "webp", ".svg": "svg"}


async def generate(
    services: Services,
    prompt: str,
    *,
    model: str,
    size: str,
    quality: str,
    n: int,
    background: str,
    seed: int | None,
    images: list[Path],
    output: Path,
) -> list[str]:
    """Make images and write them to `output` (with -1, -2 … when there are several). Returns lines to print.

    The fields are read by the rules of the API. Raises Stopped after Ctrl-C.
    """
    suffix = output.suffix.lower()
    if suffix not in FORMATS:
        raise InvalidValue(f"'{output}' has no ending of an image. End it in {', '.join(FORMATS)}.", param="-o")
    if not output.parent.is_dir():
        raise InvalidValue(f"The folder {output.parent} is not there. Make it first.", param="-o")
    fields = {"prompt": prompt, "model": model, "size": size, "quality": quality, "n": n, "background": background}
    fields |= {"seed": seed, "output_format": FORMATS[suffix]}
    asked = read_fields(fields, references=tuple(_read(path) for path in images))
    made = await _made(services, asked.request)
    lines = []
    for number, artifact in enumerate(made.artifacts, 1):
        path = output if len(made.artifacts) == 1 else output.with_stem(f"{output.stem}-{number}")
        if FORMATS.get(f".{artifact.extension}") != FORMATS[suffix]:
            path = path.with_suffix(f".{artifact.extension}")
            lines.append(f"The model gave {artifact.extension} in place of {FORMATS[suffix]}, so the file is named so.")
        try:
            path.write_bytes(await services.copies.copy(artifact))
        except OSError as error:
            raise StorageFull(
                f"{path} cannot be written ({error.strerror}). The image is kept as {artifact.id}; choose another place."
            ) from error
        lines.append(f"{path}  {artifact.size}  {made.result.snapshot}")
    lines += made.notes
    lines.append(f"Cost: {dollars(made.charge.total)}")
    return lines


async def _made(services: Services, request: ImageRequest) -> Made:
    sent: list[bool] = []
    try:
        return await services.images.create(request, asker="cli", on_send=lambda: sent.append(True))
    except asyncio.CancelledError as error:
        if (task := asyncio.current_task()) is not None:
            task.uncancel()
        quote = await services.images.quote(request, len(request.references))
        if not sent or not (quote.total or quote.unknown):
            raise Stopped("Stopped. Nothing was charged.") from error
        raise Stopped(
            f"Stopped while it was being made: it may have been charged, up to {dollars(quote.total)}. Look at your "
            "account with the provider before you ask again."
        ) from error


def _read(path: Path) -> ImageInput:
    try:
        return check_image(path.read_bytes(), MAX_UPLOAD, MAX_PIXELS)
    except OSError as error:
        raise InvalidValue(f"{path} cannot be read ({error.strerror}). Check its name.", param="--image") from error
