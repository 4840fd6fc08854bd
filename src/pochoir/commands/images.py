"""`pochoir generate`: images from a prompt, straight into files."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from pochoir.domain.errors import InvalidValue, StorageFull
from pochoir.domain.images import Background, ImageInput, ImageRequest, OutputFormat, Size
from pochoir.domain.money import dollars
from pochoir.features.images.library import MAX_UPLOAD
from pochoir.features.images.transform import MAX_PIXELS
from pochoir.features.services import Services
from pochoir.infra.sniff import check_image

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
    """Make images and write them to `output` (with -1, -2 … when there are several). Returns lines to print."""
    suffix = output.suffix.lower()
    if suffix not in FORMATS:
        raise InvalidValue(f"'{output}' has no ending of an image. End it in {', '.join(FORMATS)}.", param="-o")
    if not output.parent.is_dir():
        raise InvalidValue(f"The folder {output.parent} is not there. Make it first.", param="-o")
    request = ImageRequest(
        model=model,
        prompt=prompt,
        n=n,
        size=None if size == "auto" else Size.parse(size),
        quality=None if quality == "auto" else quality,
        background=cast("Background", background) if background != "auto" else None,
        output_format=cast("OutputFormat", FORMATS[suffix]),
        seed=seed,
        references=tuple(_read(path) for path in images),
    )
    made = await services.images.create(request, asker="cli")
    lines = []
    for number, artifact in enumerate(made.artifacts, 1):
        path = output if len(made.artifacts) == 1 else output.with_stem(f"{output.stem}-{number}")
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


def _read(path: Path) -> ImageInput:
    try:
        return check_image(path.read_bytes(), MAX_UPLOAD, MAX_PIXELS)
    except OSError as error:
        raise InvalidValue(f"{path} cannot be read ({error.strerror}). Check its name.", param="--image") from error
