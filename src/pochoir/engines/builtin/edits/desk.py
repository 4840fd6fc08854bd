"""The work on one edit: the job as it comes to the drawing process, and the desk on which it is done."""

from __future__ import annotations

from dataclasses import dataclass, field

from PIL import Image

from pochoir.engines.builtin.edits.asked import Asked
from pochoir.engines.builtin.edits.cutout import Cut, cut_out
from pochoir.engines.builtin.edits.pictures import WORK_EDGE, Opened
from pochoir.engines.builtin.edits.scenery import Subject, framed_photo
from pochoir.engines.builtin.illustrate import Job


@dataclass(frozen=True, slots=True)
class EditJob:
    """Everything that decides an edited picture's bytes. A width of 0 leaves the size to the first image."""

    job: Job
    images: tuple[bytes, ...] = field(repr=False)
    mask: bytes | None = field(default=None, repr=False)
    variant: int = 0
    """Which of the request's images this is, from 0."""


@dataclass(slots=True)
class Desk:
    """The work in progress: what was asked, what came in, the picture as it is now, and what is to be said."""

    asked: Asked
    job: Job
    inputs: tuple[Opened, ...]
    area: Image.Image | None
    size: tuple[int, int]
    seed: int
    variant: int
    picture: Image.Image
    notes: list[str] = field(default_factory=list)
    sources: frozenset[str] = frozenset()
    cuts: dict[int, Cut | None] = field(default_factory=dict)
    moved: bool = False
    """The picture is no longer the first image in its place: its subject's box says nothing any more."""

    lettered: bool = False
    """The texts stand in the scene already."""

    def cut(self, number: int = 0) -> Cut | None:
        """The subject of an image, found once."""
        if number not in self.cuts:
            image = self.inputs[number].image
            if max(image.size) > WORK_EDGE:
                image = image.copy()
                image.thumbnail((WORK_EDGE, WORK_EDGE), Image.Resampling.LANCZOS)
            self.cuts[number] = cut_out(image)
        return self.cuts[number]

    def alone(self, number: int = 0) -> Image.Image:
        """The subject of an image; all of the image where it cannot be cut out."""
        found = self.cut(number)
        return found.image if found is not None else self.inputs[number].image

    def standing(self) -> Cut | None:
        """The subject where it stands in the picture; None when it is not found, or no longer there."""
        return None if self.moved else self.cut()

    def subject(self, number: int = 0) -> Subject:
        """An image as it is placed: cut out, or in a white border when it cannot be."""
        found = self.cut(number)
        if found is not None:
            return Subject(found.image, True)
        which = "The image" if len(self.inputs) == 1 else f"Image {number + 1}"
        self.say(f"{which} has no plain background to cut it out from, so it stands there whole, as a print.")
        return Subject(framed_photo(self.inputs[number].image), False)

    def say(self, note: str) -> None:
        if note not in self.notes:
            self.notes.append(note)
