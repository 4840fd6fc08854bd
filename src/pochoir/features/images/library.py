"""The library of artifacts: uploads, bytes, thumbnails, pixel operations, listing."""

from __future__ import annotations

import asyncio
import contextlib
import heapq
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import structlog

from pochoir.domain.errors import InvalidImage, NotFound
from pochoir.domain.images import ImageInput
from pochoir.engines.builtin.render import render as render_sketch
from pochoir.features.images import store
from pochoir.features.images import transform as pixels
from pochoir.features.images.artifact import SHOWN, Artifact, Search
from pochoir.features.images.markups import shown_size
from pochoir.infra.blobs import BlobStore
from pochoir.infra.clock import Clock
from pochoir.infra.credentials import has_manifest
from pochoir.infra.db import Database
from pochoir.infra.meaning import Wanted
from pochoir.infra.sniff import check_image
from pochoir.infra.svg import TooSlow, render

MAX_UPLOAD = 50 * 1024 * 1024
"""Bytes of one uploaded image: the limit of OpenAI's edits route."""

LARGE = 16_000_000
"""Pixels from which images are decoded one after the other: each pixel takes four bytes of memory, or eight."""
UNSHOWN = 1_000
"""Images that are remembered, in the order in which they failed, because no thumbnail can be made of them."""
SVG = "image/svg+xml"

LIKE, LIKE_AMONG = 0.45, 20_000
"""How close in meaning the words of an image must come, from 0 to 1, and among how many of the newest it is looked for."""
_LOG = structlog.get_logger("pochoir.images")


class Library:
    """Stored images. `thumbnails` is a folder that may be deleted at any time."""

    def __init__(self, db: Database, clock: Clock, blobs: BlobStore, thumbnails: Path) -> None:
        self._db = db
        self._clock = clock
        self._blobs = blobs
        self._thumbnails = thumbnails
        self._writers = ThreadPoolExecutor(blobs.threads, "blob-writer")
        self._large = asyncio.Semaphore(1)
        self._drawings = asyncio.Semaphore(1)
        self._unshown: dict[str, str] = {}

    def keep(self, items: Sequence[bytes]) -> asyncio.Future[list[str]]:
        """Begin to store bytes, which goes on also when nobody waits for it; gives the blobs' names in the same order."""
        loop = asyncio.get_running_loop()
        return loop.run_in_executor(self._writers, lambda: [self._blobs.put(data) for data in items])

    async def artifact(self, artifact_id: str) -> Artifact:
        async with self._db.reading() as conn:
            found = await store.artifact(conn, artifact_id)
        if found is None:
            raise NotFound(f"There is no image '{artifact_id}'. Go back to the list and choose one.", param="image")
        return found

    async def read(self, artifact: Artifact) -> bytes:
        return await asyncio.to_thread(self._blobs.get, artifact.blob)

    async def forget(self, blob: str) -> bool:
        """Take away the bytes and thumbnails that nothing refers to; False when the bytes were put in a moment ago."""
        return await asyncio.to_thread(self._forget, blob)

    def _forget(self, blob: str) -> bool:
        if not self._blobs.forget(blob):
            return False
        for path in (self._thumbnails / blob[:2]).glob(f"{blob}-*"):
            path.unlink(missing_ok=True)
        return True

    async def send_waiting(self) -> int:
        """Send images on that wait for their store; returns how many went."""
        return await asyncio.to_thread(self._blobs.send_waiting)

    async def bytes_of(self, blob: str) -> bytes:
        """The bytes of a blob that some provenance names."""
        return await asyncio.to_thread(self._blobs.get, blob)

    async def with_manifest(self, images: Sequence[ImageInput]) -> list[dict[str, str]]:
        """Keep those inputs that carry a signed manifest, so that it goes on as an ingredient; their blobs and kinds."""
        if not images:
            return []
        signed = await asyncio.to_thread(lambda: [image for image in images if has_manifest(image.data)])
        blobs = await self.keep([image.data for image in signed]) if signed else []
        return [{"blob": blob, "mime": image.mime} for blob, image in zip(blobs, signed, strict=True)]

    async def data(self, artifact_id: str) -> bytes:
        return await self.read(await self.artifact(artifact_id))

    async def as_input(self, artifact_id: str) -> ImageInput:
        """A stored image as an input for an engine; a vector image is drawn to pixels first."""
        artifact = await self.artifact(artifact_id)
        data = await self.read(artifact)
        if artifact.mime == SVG:
            async with self._turn(artifact):
                picture = await asyncio.to_thread(
                    pixels.transform, data, "format", {"format": "png"}, _drawn_by(artifact)
                )
            return ImageInput(picture.data, picture.mime, picture.size)
        return ImageInput(data, artifact.mime, artifact.size)

    async def thumbnail(self, artifact_id: str, edge: int = 512) -> bytes:
        """A WebP of at most `edge` pixels a side, made once.

        Raises InvalidImage where none can be made, tried once too but for a drawing that took too long.
        """
        artifact = await self.artifact(artifact_id)
        path = self._thumbnails / artifact.blob[:2] / f"{artifact.blob}-{edge}.webp"
        if kept := await asyncio.to_thread(self._kept, artifact, path):
            return kept
        async with self._turn(artifact):
            return await asyncio.to_thread(self._thumbnail, artifact, path, edge)

    def _turn(self, image: Artifact | ImageInput) -> AbstractAsyncContextManager[None]:
        """Where pixels are decoded: one large image, and one drawing from elsewhere, at a time.

        A drawing may take long, so no photo waits for it, and no drawing of the illustrator's.
        """
        if image.mime == SVG and not (isinstance(image, Artifact) and image.is_sketch):
            return self._drawings
        return self._large if image.size.pixels > LARGE else contextlib.nullcontext()

    def _kept(self, artifact: Artifact, path: Path) -> bytes | None:
        if why := self._unshown.get(artifact.blob):
            raise InvalidImage(why)
        return path.read_bytes() if path.exists() else None

    def _thumbnail(self, artifact: Artifact, path: Path, edge: int) -> bytes:
        if kept := self._kept(artifact, path):  # whoever had the turn before may have made it
            return kept
        try:
            data = pixels.thumbnail(self._blobs.get(artifact.blob), edge, _drawn_by(artifact)).data
        except TooSlow:
            raise
        except InvalidImage as error:
            self._unshown[artifact.blob] = error.message
            if len(self._unshown) > UNSHOWN:
                self._unshown.pop(next(iter(self._unshown)), None)
            raise
        temporary = path.with_suffix(f".{self._clock.new_id('tmp')}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_bytes(data)
            temporary.replace(path)
        except OSError as error:  # on a full disk the images can be looked at still
            _LOG.warning("a thumbnail could not be kept, it is made again", image=artifact.id, reason=str(error))
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
        return data

    async def check(self, image: ImageInput) -> None:
        """Decode the pixels. Raises InvalidImage when they cannot be read to their end."""
        async with self._turn(image):
            await asyncio.to_thread(pixels.decode, image.data)

    async def upload(self, data: bytes, *, name: str = "") -> Artifact:
        """Keep an image that a person or program sent. Raises InvalidImage or TooLarge with what to do."""
        image = await asyncio.to_thread(check_image, data, MAX_UPLOAD, pixels.MAX_PIXELS)
        await self.check(image)
        shown = await asyncio.to_thread(shown_size, image)
        turned = {SHOWN: str(shown)} if shown != image.size else {}
        return await self._add(image.data, image.mime, image, "uploaded", {"name": name[:200], **turned})

    async def transform(
        self,
        artifact_id: str,
        operation: str,
        arguments: Mapping[str, Any],
        *,
        run: str | None = None,
        path: str | None = None,
    ) -> Artifact:
        """Apply one pixel operation and keep the result, with what it was made from."""
        source = await self.artifact(artifact_id)
        async with self._turn(source):
            data = await self.read(source)
            picture = await asyncio.to_thread(pixels.transform, data, operation, arguments, _drawn_by(source))
        provenance = {
            **{name: value for name, value in source.provenance.items() if name != SHOWN},
            "source": source.id,
            "operation": operation,
            "arguments": {name: value for name, value in arguments.items() if value is not None},
            "notes": [*source.provenance.get("notes", ()), *picture.notes],
        }
        image = ImageInput(picture.data, picture.mime, picture.size)
        return await self._add(picture.data, picture.mime, image, "transformed", provenance, source, run, path)

    async def _add(
        self,
        data: bytes,
        mime: str,
        image: ImageInput,
        origin: Any,
        provenance: dict[str, Any],
        source: Artifact | None = None,
        run: str | None = None,
        path: str | None = None,
    ) -> Artifact:
        [blob] = await self.keep([data])
        artifact = Artifact(
            id=self._clock.new_id("img"),
            blob=blob,
            mime=mime,
            size=image.size,
            bytes=len(data),
            created=self._clock.stamp(),
            origin=origin,
            run=run,
            path=path,
            model=source.model if source else None,
            snapshot=source.snapshot if source else None,
            provenance=provenance,
        )
        async with self._db.transaction() as conn:
            await store.add_artifacts(conn, [artifact])
        return artifact

    async def recent(self, limit: int = 24) -> list[Artifact]:
        async with self._db.reading() as conn:
            return await store.artifacts_where(conn, limit=limit, newest=True)

    async def those(self, ids: Sequence[str]) -> list[Artifact]:
        """Images by their ids, as far as they are here, in the same order."""
        async with self._db.reading() as conn:
            return await store.artifacts_with(conn, ids)

    async def search(self, asked: Search, limit: int) -> list[Artifact]:
        """Images that fit, newest first."""
        async with self._db.reading() as conn:
            return await store.search(conn, asked, limit)

    async def like(self, asked: Search, limit: int, but: Collection[str] = ()) -> list[Artifact]:
        """Images whose words mean about what is looked for, nearest first, without those in `but`."""
        async with self._db.reading() as conn:
            texts = await store.texts(conn, asked, LIKE_AMONG)
        wanted = Wanted(asked.text)

        def nearest() -> list[str]:
            near = [(wanted.closeness(text), name) for name, text in texts if name not in but]
            found = heapq.nlargest(limit, (pair for pair in near if pair[0] >= LIKE))
            return [name for _, name in found]

        return await self.those(await asyncio.to_thread(nearest))

    async def models(self) -> list[str]:
        """The models that images were made with."""
        async with self._db.reading() as conn:
            return await store.models(conn)

    async def of_run(self, run: str) -> list[Artifact]:
        """The images of a run in the order in which they came."""
        async with self._db.reading() as conn:
            return await store.artifacts_where(conn, run=run, limit=2_000)


def _drawn_by(artifact: Artifact) -> pixels.Draw:
    """A drawing from elsewhere is drawn in a process that can be ended, the illustrator's own in this one."""
    return _sketch if artifact.is_sketch else render


def _sketch(svg: bytes) -> bytes:
    try:
        return render_sketch(svg.decode("utf-8", "replace"))
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        return render(svg)  # damaged on the disk: it says what is wrong
