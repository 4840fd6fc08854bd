"""Files of forms are measured before they are read."""

from __future__ import annotations

import io

import pytest
from starlette.datastructures import UploadFile

from pochoir.domain.errors import TooLarge
from pochoir.features.images.library import MAX_UPLOAD
from pochoir.web.bodies import read_image


async def test_an_image_of_a_form_is_measured_before_it_is_read() -> None:
    file = io.BytesIO(b"image")
    assert await read_image(UploadFile(file, size=MAX_UPLOAD)) == b"image"
    file.seek(0)
    with pytest.raises(TooLarge, match=r"more than 50 MB\. Send a smaller one"):
        await read_image(UploadFile(file, size=MAX_UPLOAD + 1))
    assert file.tell() == 0
