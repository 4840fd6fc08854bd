"""What is asked of an engine and what comes back: frozen, neutral to every provider."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from pochoir.domain.errors import InvalidValue
from pochoir.domain.money import Usage

Background = Literal["auto", "opaque", "transparent"]
OutputFormat = Literal["png", "jpeg", "webp", "svg", "gif"]
MAX_PROMPT = 32_000
"""Characters; the limit of OpenAI's images API (openai/openai-openapi at f85dbe2)."""

_SIZE = re.compile(r"^(\d{1,5})[xX×](\d{1,5})$")


@dataclass(frozen=True, slots=True, order=True)
class Size:
    """Width and height in pixels."""

    width: int
    height: int

    @classmethod
    def parse(cls, text: str) -> Size:
        """Read `1024x1536`. Raises InvalidValue on anything else (`auto` is None, never a Size)."""
        match = _SIZE.fullmatch(text.strip())
        if not match or 0 in (size := (int(match[1]), int(match[2]))):
            raise InvalidValue(
                f"'{text}' is not a size. Write width and height in pixels, for example 1024x1024.", param="size"
            )
        return cls(*size)

    @property
    def pixels(self) -> int:
        return self.width * self.height

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


@dataclass(frozen=True, slots=True)
class ImageInput:
    """An image that goes in: bytes already sniffed and bounded. `mime` is what the bytes are, not what was claimed."""

    data: bytes = field(repr=False)
    mime: str
    size: Size


@dataclass(frozen=True, slots=True)
class Incoming:
    """What will go in where the files are not there yet, as in a quote before a run: how many images, and whether a mask or
    a markup lies on the first of them. `sizes`: of the images, None for one that is not made yet; empty when none is known.
    """

    images: int = 0
    mask: bool = False
    markup: bool = False
    sizes: tuple[Size | None, ...] = ()

    @property
    def priced(self) -> list[Size | None]:
        """The sizes of all that is billed as an image that goes in: a markup is one more, as large as the first."""
        sizes = list(self.sizes or [None] * self.images)
        return sizes + sizes[:1] if self.markup else sizes


@dataclass(frozen=True, slots=True)
class ImageRequest:
    """What is asked of an engine. None means "auto": the model's own default, resolved before the engine is called.

    `n` images are asked for; `references` go in (edits), the mask applies to the first of them (alpha 0 = may change).
    In the mask's place there may be a markup: notes drawn on a transparent layer as large as the first of them.
    With `strict_mask` what the mask protects comes back pixel for pixel; the service sees to it, engines need not.
    `options` carries fields that only some models take (complexity, style, negative_prompt, steps …), already checked.
    """

    model: str
    prompt: str
    n: int = 1
    size: Size | None = None
    quality: str | None = None
    background: Background | None = None
    output_format: OutputFormat | None = None
    output_compression: int | None = None
    references: tuple[ImageInput, ...] = ()
    mask: ImageInput | None = None
    markup: ImageInput | None = None
    strict_mask: bool = False
    input_fidelity: Literal["low", "high"] | None = None
    moderation: Literal["auto", "low"] | None = None
    seed: int | None = None
    snapshot: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_edit(self) -> bool:
        return bool(self.references)

    @property
    def incoming(self) -> Incoming:
        """What goes in with it."""
        return Incoming(len(self.references), self.mask is not None, self.markup is not None)


@dataclass(frozen=True, slots=True)
class GeneratedImage:
    """One image as it came from the engine. `b64` is the same bytes in base64 when the wire had them so (never re-made)."""

    data: bytes = field(repr=False)
    mime: str
    size: Size
    revised_prompt: str = ""
    seed: int | None = None
    b64: bytes | memoryview | None = field(default=None, repr=False)

    def lightened(self) -> GeneratedImage:
        """The same without `data` where `b64` says it too: it takes memory once while its answer goes out."""
        return self if self.b64 is None else replace(self, data=b"")


@dataclass(frozen=True, slots=True)
class ImageResult:
    """What comes back: images, raw usage, the snapshot that really answered, and notes (one sentence each) on mappings."""

    images: tuple[GeneratedImage, ...]
    usage: Usage
    snapshot: str
    size: Size
    quality: str | None = None
    background: Background | None = None
    output_format: OutputFormat = "png"
    notes: tuple[str, ...] = ()
    usage_reported: bool = True
    """False when the provider reported no usage and the amounts are the quote's."""
