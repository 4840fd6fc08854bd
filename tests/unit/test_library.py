"""The library over a real folder: what is taken in can be shown, and showing much takes little memory."""

from __future__ import annotations

import asyncio
import io
import re
from pathlib import Path

import pytest
from PIL import Image

from pochoir.domain.errors import InvalidImage
from pochoir.domain.images import Size
from pochoir.features.images import store
from pochoir.features.images.artifact import BUILTIN, Artifact
from pochoir.features.images.library import Library
from pochoir.features.images.transform import thumbnail
from pochoir.infra.blobs import Blobs
from pochoir.infra.clock import Clock
from pochoir.infra.db import Database

DRAWING = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><rect width="64" height="64" fill="red"/></svg>'
)
HEAVY = DRAWING.replace(
    b"<rect",
    b'<filter id="f"><feTurbulence baseFrequency="0.9" numOctaves="8"/></filter>'
    + b'<rect filter="url(#f)" width="3000" height="3000"/>' * 400
    + b"<rect",
).replace(b'"64" height="64"><filter', b'"3000" height="3000"><filter')
NO_DRAWING = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><rect width="64" height="64" fill="red"/></svg>'
)
HEAVY = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="3000" height="3000">'
    b'<filter id="f"><feTurbulence baseFrequency="0.9" numOctaves="8"/></filter>'
    + b'<rect filter="url(#f)" width="3000" height="3000"/>' * 400
    + b"</svg>"
)
NO_DRAWING = b'<svg xmlns="http://www.w3.org/2000/svg" width="0" height="1"/>'


@pytest.fixture
def library(tmp_path: Path, db: Database, clock: Clock) -> Library:
    return Library(db, clock, Blobs(tmp_path / "blobs"), tmp_path / "thumbnails")


def saved(image: Image.Image, name: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, name, **options)
    return buffer.getvalue()


def damaged(data: bytes) -> bytes:
    """A PNG of which all is whole but the pixels."""
    at = data.index(b"IDAT") + 4
    return data[:at] + bytes(byte ^ 0x5A for byte in data[at : at + 40]) + data[at + 40 :]


async def made(library: Library, db: Database, clock: Clock, data: bytes, mime: str, **provenance: str) -> Artifact:
    """An image as an engine gave it, whatever that is."""
    [blob] = await library.keep([data])
    artifact = Artifact(
        clock.new_id("img"), blob, mime, Size(64, 64), len(data), clock.stamp(), "generated", provenance=provenance
    )
    async with db.transaction() as conn:
        await store.add_artifacts(conn, [artifact])
    return artifact


async def test_a_damaged_image_is_not_taken_in(library: Library) -> None:
    whole = saved(Image.linear_gradient("L"))
    assert (await library.upload(whole)).size == Size(256, 256)
    with pytest.raises(InvalidImage, match=r"cannot be read \(.+\)\. Save it again"):
        await library.upload(damaged(whole))
    assert len(await library.recent()) == 1


async def test_what_a_watermark_lacks_is_told_with_the_image(library: Library) -> None:
    plain = await library.upload(saved(Image.linear_gradient("L")))
    marked = await library.transform(plain.id, "watermark", {"text": "\U00012000 Approved"})
    smaller = await library.transform(marked.id, "resize", {"width": 64})
    for image in (marked, smaller):
        [note] = (await library.artifact(image.id)).provenance["notes"]
        assert note == "No typeface here has \U00012000, so the watermark lacks it. Write it in words."


@pytest.mark.parametrize(
    ("data", "mime"), [(NO_DRAWING, "image/svg+xml"), (b"\x89PNG\r\n\x1a\n and no more", "image/png")]
)
async def test_what_cannot_be_shown_is_tried_once(
    library: Library, db: Database, clock: Clock, data: bytes, mime: str, tmp_path: Path
) -> None:
    artifact = await made(library, db, clock, data, mime)
    with pytest.raises(InvalidImage) as first:
        await library.thumbnail(artifact.id)
    assert "0x" not in first.value.message
    for path in (tmp_path / "blobs").rglob("*"):
        if path.is_file():
            path.unlink()  # what is looked for again now would not be found
    with pytest.raises(InvalidImage, match=re.escape(first.value.message)):
        await library.thumbnail(artifact.id)


async def test_a_damaged_drawing_of_the_illustrator_is_refused_in_words(
    library: Library, db: Database, clock: Clock
) -> None:
    artifact = await made(library, db, clock, DRAWING[:-9], "image/svg+xml", engine=BUILTIN)
    with pytest.raises(InvalidImage, match=r"Save it again as PNG\.$"):
        await library.thumbnail(artifact.id)


async def test_what_takes_too_long_holds_nothing_else_up_and_is_tried_again(
    library: Library, db: Database, clock: Clock, tmp_path: Path
) -> None:
    photo = await library.upload(saved(Image.new("RGB", (4_200, 4_000)), compress_level=1))
    sketch = await made(library, db, clock, DRAWING, "image/svg+xml", engine=BUILTIN)
    heavy = await made(library, db, clock, HEAVY, "image/svg+xml")
    slow = asyncio.create_task(library.thumbnail(heavy.id))
    for edge in (32, 64, 128):  # the first may be before the drawing, what comes after it would wait for its turn
        assert await library.thumbnail(photo.id, edge)
        assert await library.thumbnail(sketch.id, edge)
    assert not slow.done()
    with pytest.raises(InvalidImage, match="takes longer than"):
        await slow
    [path] = (tmp_path / "blobs").rglob(heavy.blob)
    path.chmod(0o644)
    path.write_bytes(DRAWING)  # as on a machine that has more time
    assert await library.thumbnail(heavy.id)


def peak(*, afresh: bool = False) -> int:
    """The most memory that this process had, in megabytes; `afresh`: from now on."""
    if afresh:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    found = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text(encoding="ascii"))
    assert found
    return int(found[1]) >> 10


async def test_many_large_images_are_shown_one_after_the_other(library: Library) -> None:
    pictures = [Image.new("RGBA", (5_000, 5_000), (40 * number, 0, 0, 255)) for number in range(6)]  # 100 MB each
    ids = [(await library.upload(saved(picture, compress_level=1))).id for picture in pictures]
    pictures.clear()
    before = peak(afresh=True)
    shown = await asyncio.gather(*(library.thumbnail(image, 128) for image in ids))
    assert len(set(shown)) == 6
    assert peak() - before < 600, "all six at once take twice that"


@pytest.mark.parametrize(("orientation", "size"), [(1, (64, 48)), (6, (48, 64))])
def test_a_photo_is_not_decoded_whole_for_its_thumbnail(orientation: int, size: tuple[int, int]) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    photo = saved(Image.linear_gradient("L").resize((6_400, 4_800)).convert("RGB"), "JPEG", exif=exif)
    before = peak(afresh=True)
    small = thumbnail(photo, 64)
    assert peak() - before < 40
    with Image.open(io.BytesIO(small.data)) as image:
        assert image.size == size
