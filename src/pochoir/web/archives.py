"""Several stored images as one zip file, packed on disk and sent in pieces."""

from __future__ import annotations

import asyncio
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from typing import IO

from starlette.responses import Response, StreamingResponse

from pochoir.features.images.artifact import Artifact
from pochoir.features.images.copies import Copies

PIECE = 256 * 1024
IN_MEMORY = 8 * 1024 * 1024


async def zipped(copies: Copies, images: Iterable[tuple[str, Artifact]], name: str) -> Response:
    """The images under the given names, as a download called `name`. They are packed as they are: none would shrink."""
    file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  closed by the stream below
    try:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            for inside, image in images:
                await asyncio.to_thread(archive.writestr, inside, await copies.copy(image))
        file.seek(0)
    except BaseException:
        file.close()
        raise
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(_pieces(file), media_type="application/zip", headers=headers)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(PIECE):
            yield piece
