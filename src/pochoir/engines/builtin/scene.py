"""What a prompt asks for, in neutral data: the seam between understanding and composing. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Layout = Literal[
    "scene",
    "product",
    "poster",
    "icon",
    "icons",
    "card",
    "banner",
    "avatar",
    "pattern",
    "sticker",
    "mockup",
    "words",
    "logo",
    "storyboard",
]
Place = Literal[
    "left", "right", "on", "under", "above", "below", "behind", "front", "inside", "between", "next", "holding"
]


@dataclass(frozen=True, slots=True)
class Thing:
    """Something to draw. `piece` is its drawing's name; None when we have none and a labelled card stands for it."""

    word: str
    piece: str | None
    count: int = 1
    colour: str | None = None
    colour_word: str = ""
    grow: float = 1.0
    """1 as is, above for big, below for small."""


@dataclass(frozen=True, slots=True)
class Relation:
    """Thing `first` stands `place` thing `second` (indices into Scene.things)."""

    first: int
    place: Place
    second: int


@dataclass(frozen=True, slots=True)
class Words:
    """A quoted text, to be set as it stands."""

    text: str
    role: Literal["headline", "line", "small"] = "headline"


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything understood of a prompt, and the words that were not."""

    layout: Layout = "scene"
    things: tuple[Thing, ...] = ()
    relations: tuple[Relation, ...] = ()
    setting: str | None = None
    time: str | None = None
    weather: str | None = None
    season: str | None = None
    styles: tuple[str, ...] = ()
    backdrop: str | None = None
    """Hex of the asked background colour."""
    backdrop_word: str = ""
    palette: tuple[str, ...] = ()
    texts: tuple[Words, ...] = ()
    mock: str | None = None
    without: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    unset: tuple[str, ...] = ()
    """Texts with characters that no face here has."""
    panels: tuple[Scene, ...] = ()
    """What each panel of a storyboard shows."""
    language: str = "en"
    notes: tuple[str, ...] = field(default=())
