"""What an edit asks for, in neutral data: the seam between reading an instruction and working on pixels. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from pochoir.engines.builtin.scene import Scene

Base = Literal["keep", "cut", "scene", "board", "mock", "pattern"]
"""What the picture becomes first: itself, its subject alone, its subject in a new scene, a board, a mock-up, a tile."""


@dataclass(frozen=True, slots=True)
class Swap:
    """One colour for another. `source` None: the main colour of the subject."""

    source: str | None
    target: str
    word: str
    both: bool = False


@dataclass(frozen=True, slots=True)
class Caption:
    """A text to be set, where, and whether on a badge."""

    text: str
    spot: frozenset[str] = frozenset()
    badge: bool = False
    colour: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """Everything understood of an instruction. Numbers of images count from 0."""

    base: Base = "keep"
    scene: Scene = field(default_factory=Scene)
    mine: tuple[tuple[int, int], ...] = ()
    """(thing of the scene, image that came in) for each thing that is one of the images."""
    add: bool = False
    """The scene's things are added to the picture as it is."""
    spot: frozenset[str] = frozenset()
    """Where in the picture added things go: sides; empty when nothing is said."""
    swaps: tuple[Swap, ...] = ()
    treatments: tuple[str, ...] = ()
    sticker: bool = False
    duotone: tuple[str, ...] | None = None
    captions: tuple[Caption, ...] = ()
    shape: tuple[int, int] | None = None
    sides: frozenset[str] = frozenset()
    extend: bool = False
    crop: bool = False
    turn: int = 0
    """Degrees clockwise."""
    frame: str = ""
    frame_colour: str | None = None
    board: str = ""
    host: str = ""
    """The drawing on which a mock-up shows the image."""
    logo: frozenset[str] | None = None
    """Where a second image goes as a logo."""
    watermark: bool = False
    erase: str = ""
    fill: str | None = None
    refused: tuple[str, ...] = ()
    """Phrases that ask to repaint what a photo shows."""
    left: tuple[str, ...] = ()
    """Words of no table."""
    guessed: bool = False
    """Nothing was understood; what is done is a guess, and is said to be one."""
    cut_short: bool = False
    """The instruction was longer than what is read."""

    @property
    def operates(self) -> bool:
        """Whether something is done to the picture as it is, texts and things aside."""
        done = (self.swaps, self.treatments, self.sticker, self.shape, self.extend, self.crop, self.turn, self.frame)
        return any(done) or any((self.logo is not None, self.erase, self.fill, self.duotone is not None))

    @property
    def anything(self) -> bool:
        """Whether something can be done at all. A thing that is the image itself is no work."""
        return self.base != "keep" or self.operates or bool(self.captions) or self.add

    @property
    def headed(self) -> bool:
        """Whether a new scene sets the texts as its own headline: no text names a place or a badge."""
        return bool(self.captions) and not any(c.spot or c.badge or c.colour for c in self.captions)

    @property
    def plain(self) -> bool:
        """Whether all that is asked of a new scene is one even colour behind the subject."""
        scene, own = self.scene, {k for k, _ in self.mine}
        place = scene.setting or scene.time or scene.weather or scene.season or scene.styles
        return (
            bool(scene.backdrop) and not place and len(own) == len(scene.things) and scene.layout in {"scene", "words"}
        )

    def within_mask(self) -> Asked:
        """The same for a mask's area: things that no place surrounds are drawn there, in the stead of what was there."""
        scene, own = self.scene, {k for k, _ in self.mine}
        place = scene.setting or scene.backdrop or scene.time or scene.weather or scene.season
        if self.base == "scene" and not place and len(own) < len(scene.things):
            return replace(self, base="keep", add=True, erase=self.erase or "it")
        return self

    def cut_out(self) -> Asked:
        """The same, with the subject alone."""
        return replace(self, base="cut")
