"""Copies of images as they leave: with standard metadata and a signed manifest, as the installation chose.

What is stored is what the engine gave, to the byte; a copy is made when somebody takes the image away. See
docs/decisions/0006-marks-on-the-way-out.md.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import structlog

from pochoir import __version__
from pochoir.domain.errors import NotFound, Unavailable
from pochoir.features.images import store
from pochoir.features.images.artifact import BUILTIN, Artifact, Made
from pochoir.features.images.library import Library
from pochoir.infra import credentials as c2pa
from pochoir.infra import xmp
from pochoir.infra.clock import Clock
from pochoir.infra.credentials import Credentials, Ingredient, Reading
from pochoir.infra.db import Database

CHOICE = "marks"
ACTIONS = {"resize": "c2pa.resized", "crop": "c2pa.cropped", "format": "c2pa.converted"}
_LOG = structlog.get_logger("pochoir.images")


@dataclass(frozen=True, slots=True)
class Marks:
    """What copies carry. `answers`: also those in answers to programs, which then take as long as the marking."""

    metadata: bool = True
    prompt: bool = True
    signed: bool = True
    answers: bool = False


class Copies:
    """Marks images on their way out, and reads the marks of those that came in."""

    def __init__(self, db: Database, clock: Clock, library: Library, credentials: Credentials) -> None:
        self._db = db
        self._clock = clock
        self._library = library
        self._credentials = credentials
        self._marks: Marks | None = None

    @property
    def can_sign(self) -> bool:
        """Whether the addition that signs is installed."""
        return c2pa.installed()

    @property
    def authority(self) -> bytes:
        """The installation's root certificate, PEM."""
        return self._credentials.authority

    async def marks(self) -> Marks:
        """What is chosen. One process serves a data folder, so it is read once."""
        if self._marks is None:
            async with self._db.reading() as conn:
                chosen = await store.choice(conn, CHOICE)
            self._marks = Marks(**chosen) if chosen else Marks()
        return self._marks

    async def choose(self, marks: Marks) -> None:
        async with self._db.transaction() as conn:
            await store.set_choice(conn, CHOICE, asdict(marks), self._clock.stamp())
        self._marks = marks

    async def tag(self, artifact: Artifact) -> str:
        """Names the copy for a browser's cache: another choice, another copy."""
        marks = await self.marks()
        bits = "".join(str(int(part)) for part in (marks.metadata, marks.prompt, marks.signed and self.can_sign))
        return f"{artifact.id}-{artifact.blob[:32]}-{bits}"

    async def copy(self, artifact: Artifact) -> bytes:
        """The image with its marks. An upload goes out as it came, and so does a kind of file that takes no marks."""
        marks = await self.marks()
        data = await self._library.read(artifact)
        if artifact.origin == "uploaded" or artifact.mime not in c2pa.SIGNABLE:
            return data
        theirs = await asyncio.to_thread(c2pa.has_manifest, data)
        signs = marks.signed and self.can_sign
        if theirs and not signs:
            return data  # metadata would break the signature that it came with
        marked = data
        if marks.metadata:
            about = _about(artifact, prompt=marks.prompt)
            marked = await asyncio.to_thread(xmp.embed, data, artifact.mime, about, artifact.size)
        if not signs:
            return marked
        ingredients = await self._ingredients(artifact, data if theirs else None)
        try:
            manifest = _manifest(artifact, ingredients)
            return await asyncio.to_thread(self._credentials.sign, marked, artifact.mime, manifest, ingredients)
        except Unavailable as error:
            _LOG.warning("an image goes out unsigned", image=artifact.id, reason=error.message)
            return data if theirs else marked

    async def in_answers(self, made: Made) -> Made:
        """The images of an answer to a program: as the engine gave them, or with marks where that is chosen."""
        if not (await self.marks()).answers:
            return made
        copies = [await self.copy(artifact) for artifact in made.artifacts]
        images = tuple(
            replace(image, data=data, b64=None) for image, data in zip(made.result.images, copies, strict=True)
        )
        return replace(made, result=replace(made.result, images=images))

    async def data(self, artifact_id: str) -> bytes:
        """An image as an answer to a program carries it."""
        artifact = await self._library.artifact(artifact_id)
        return await (self.copy if (await self.marks()).answers else self._library.read)(artifact)

    async def reading(self, artifact: Artifact) -> Reading | None:
        """The manifest that an image came with, checked; None when it has none or nothing here can read it."""
        data = await self._library.read(artifact)
        if not self.can_sign or not await asyncio.to_thread(c2pa.has_manifest, data):
            return None
        return await asyncio.to_thread(self._credentials.read, data, artifact.mime)

    async def _ingredients(self, artifact: Artifact, answered: bytes | None) -> list[Ingredient]:
        """What went in: the engine's own signed image, else what was reworked, and every input that came signed."""
        found = []
        source = artifact.provenance.get("source") if artifact.origin == "transformed" else None
        if answered is not None:
            title = f"As {artifact.model or 'the engine'} made it"
            found.append(Ingredient(answered, artifact.mime, "parentOf", title))
        elif isinstance(source, str):
            try:
                before = await self._library.artifact(source)
                if before.mime in c2pa.SIGNABLE:
                    found.append(Ingredient(await self._library.read(before), before.mime, "parentOf", before.id))
            except NotFound:
                _LOG.info("the image before a change is gone", image=artifact.id, source=source)
        for number, item in enumerate(artifact.provenance.get("ingredients") or (), 1):
            try:
                data = await self._library.bytes_of(item["blob"])
            except NotFound:
                _LOG.warning("a signed input is gone", image=artifact.id, blob=item["blob"])
                continue
            if not found or found[0].data != data:
                found.append(Ingredient(data, item["mime"], "inputTo", f"Input {number}"))
        return found


def source_type(artifact: Artifact) -> str:
    """The term of IPTC's list (cv.iptc.org/newscodes/digitalsourcetype) that fits; empty where none can be known."""
    about = artifact.provenance
    if not about.get("engine"):
        return ""
    if about["engine"] == BUILTIN:
        return "composite" if about.get("references") else "algorithmicMedia"
    return "compositeWithTrainedAlgorithmicMedia" if about.get("references") else "trainedAlgorithmicMedia"


def _about(artifact: Artifact, *, prompt: bool) -> xmp.About:
    said = artifact.provenance
    return xmp.About(
        software=f"Pochoir {__version__}",
        created=artifact.created,
        prompt=str(said.get("prompt") or "") if prompt else "",
        model=artifact.model or "",
        snapshot=artifact.snapshot or "",
        source_type=source_type(artifact),
    )


def _manifest(artifact: Artifact, ingredients: list[Ingredient]) -> dict[str, Any]:
    """The claim: `created` by the model, or `opened` from its parent, then what was done. The prompt is not in it."""
    parent = bool(ingredients) and ingredients[0].relationship == "parentOf"
    first: dict[str, Any] = {"action": "c2pa.opened" if parent else "c2pa.created"}
    ids = ["in0"] if parent else [f"in{number}" for number in range(len(ingredients))]
    if ids:
        first["parameters"] = {"ingredientIds": ids}
    if artifact.model:
        first["softwareAgent"] = {"name": artifact.model, "version": artifact.snapshot or artifact.model}
    kind = source_type(artifact)
    if kind and not parent:
        first["digitalSourceType"] = xmp.SOURCE_TYPES + kind
    actions: list[Mapping[str, Any]] = [first]
    operation = str(artifact.provenance.get("operation") or "")
    if artifact.origin == "transformed" and operation:
        actions.append({"action": ACTIONS.get(operation, "c2pa.edited"), "description": operation})
    elif parent:
        edited: dict[str, Any] = {"action": "c2pa.edited.metadata"}
        actions.append(edited)
    return {
        "claim_generator_info": [{"name": "Pochoir", "version": __version__}],
        "title": f"{artifact.id}.{artifact.extension}",
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": actions}}],
    }
