"""The catalogue's vocabulary: a model's card (facts, dated prices, sources) and its status on a day.

A fact that is not known is None, never a guess. Money amounts are Decimal US dollars as providers print them;
one USD per million tokens is one micro-dollar a token.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import log
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from pochoir.domain.images import Size

Usd = Annotated[Decimal, BeforeValidator(lambda value: Decimal(str(value)))]
Status = Literal["announced", "current", "deprecated", "shut down"]
Support = Literal["yes", "no", "tool", "preview"]


class _Fact(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(_Fact):
    """Where a fact was found: `key` is what facts refer to, `seen` the day it was read."""

    key: str
    title: str
    url: str | None = None
    seen: date


class Snapshot(_Fact):
    """A pinned version of a model."""

    id: str
    released: date | None = None


_EDGES: Mapping[str, int] = MappingProxyType({"512": 512, "1K": 1024, "1.5K": 1536, "2K": 2048, "4K": 4096})
"""Qualities that are the edge of a square in pixels."""


class FreeSizes(_Fact):
    """The rule that free sizes obey: edges are multiples of `multiple` px, pixel counts and the ratio are bounded."""

    multiple: int = 1
    min_edge: int | None = None
    max_edge: int | None = None
    max_ratio: Decimal | None = None
    min_pixels: int | None = None
    max_pixels: int | None = None

    def problem(self, size: Size) -> str:
        """Why a size breaks the rule, as the end of a sentence; empty when it does not."""
        long, short = max(size.width, size.height), min(size.width, size.height)
        if size.width % self.multiple or size.height % self.multiple:
            return f"both edges must be multiples of {self.multiple}"
        if self.max_edge and long > self.max_edge:
            return f"the longest edge is {self.max_edge} pixels"
        if self.min_edge and short < self.min_edge:
            return f"the shortest edge is {self.min_edge} pixels"
        if self.max_ratio and Decimal(long) / short > self.max_ratio:
            return f"the long edge is at most {self.max_ratio} times the short one"
        if self.max_pixels and size.pixels > self.max_pixels:
            return f"at most {self.max_pixels:,} pixels are possible"
        if self.min_pixels and size.pixels < self.min_pixels:
            return f"at least {self.min_pixels:,} pixels are needed"
        return ""


class Abilities(_Fact):
    """What a model can do. None means not known."""

    text_to_image: bool | None = None
    edit: bool | None = None
    mask: Literal["no", "hint", "exact"] | None = None
    markup: bool | None = None
    """Takes notes that are drawn on a transparent layer of the first image, in the place of a mask."""
    max_references: int | None = None
    transparency: bool | None = None
    sizes: tuple[str, ...] = ()
    default_size: str | None = None
    edits_keep_size: bool | None = None
    """An edit whose size is left open comes back as large as the first image, or in its shape."""
    free_sizes: FreeSizes | None = None
    aspect_ratios: tuple[str, ...] = ()
    qualities: tuple[str, ...] = ()
    default_quality: str | None = None
    formats: tuple[str, ...] = ()
    input_fidelity: tuple[str, ...] = ()
    max_images: int | None = None
    max_prompt: int | None = None
    partial_images: int | None = None
    seeds: bool | None = None
    batch: bool | None = None
    options: tuple[str, ...] = ()
    """Names of further request fields that the model takes, for example `style` or `negative_prompt`."""

    def quality_for(self, size: Size) -> str | None:
        """The quality that makes images about this large; None where qualities do not say how large."""
        edges = {name: edge for name in self.qualities if (edge := _EDGES.get(name))}
        return min(edges, key=lambda name: abs(log(size.pixels / edges[name] ** 2)), default=None)


class Endpoint(_Fact):
    """One API route of the provider and whether the model answers there."""

    name: str
    support: Support
    note: str = ""


class PerImage(_Fact):
    """A list price for one image; without quality or size it holds for all of them."""

    usd: Usd
    quality: str | None = None
    size: str | None = None


class TokenPrices(_Fact):
    """US dollars per million tokens."""

    text_in: Usd | None = None
    cached_text_in: Usd | None = None
    image_in: Usd | None = None
    cached_image_in: Usd | None = None
    text_out: Usd | None = None
    image_out: Usd | None = None


class Price(_Fact):
    """What a provider charges from a day on. `kind` says which part is billed; the others are absent.

    token: `tokens` (and `batch`, the batch prices in full, or `batch_factor`). image: `per_image` for outputs and
    `per_reference` for each image that goes in. megapixel: `first_megapixel` and `next_megapixel` (each begun one) for
    outputs, `reference_megapixel` (each begun one) for inputs. free: nothing.
    """

    start: date
    kind: Literal["token", "image", "megapixel", "free"]
    source: str
    seller: str | None = None
    """Who sells it at this price when it is not the provider itself."""
    tokens: TokenPrices | None = None
    batch: TokenPrices | None = None
    batch_factor: Usd | None = None
    per_image: tuple[PerImage, ...] = ()
    per_reference: Usd | None = None
    first_megapixel: Usd | None = None
    next_megapixel: Usd | None = None
    reference_megapixel: Usd | None = None
    note: str = ""


class TokenRules(_Fact):
    """How many tokens an image costs. `output` and `input` name formulas in features/metering/tokens.py.

    output `table`: `table[quality][size]`; `gpt-image-2`: the reconstructed formula. input `tiles-512` or `patches-32`.
    `partial_image` output tokens are added for each partial image; `prompt_overhead` text tokens for each request.
    `grid` gives the formula `gpt-image-2` its long side in patches by quality; empty means low 16, medium 48, high 96.
    `output_estimated`: the provider publishes neither table nor prices that would confirm the output count.
    """

    output: Literal["table", "gpt-image-2"] | None = None
    table: dict[str, dict[str, int]] = Field(default_factory=dict)
    grid: dict[str, int] = Field(default_factory=dict)
    input: Literal["tiles-512", "patches-32"] | None = None
    high_fidelity: dict[Literal["square", "other"], int] = Field(default_factory=dict)
    always_high_fidelity: bool = False
    output_estimated: bool = False
    partial_image: int = 0
    prompt_overhead: int = 0
    source: str
    note: str = ""


class ListPrice(_Fact):
    """What the provider prints as "price per image". Shown as the provider's list, never used for charges by token."""

    quality: str
    size: str
    usd: Usd


class Licence(_Fact):
    """The terms of open weights. `commercial`: may a company use it? `conditions` asks to read `note` first."""

    name: str
    commercial: Literal["yes", "no", "conditions"]
    url: str | None = None
    note: str = ""


class Score(_Fact):
    """One place on a public board, for example the arena's Bradley-Terry score."""

    board: str
    value: Decimal
    plus_minus: Decimal | None = None
    votes: int | None = None
    day: date
    source: str


class Strength(_Fact):
    """One thing that the model is good at, as its provider or a benchmark puts it."""

    title: str
    points: tuple[str, ...] = ()
    source: str | None = None


class Card(_Fact):
    """Everything known of one model."""

    id: str
    name: str
    provider: str
    family: str
    tier: Literal["full", "mini"] | None = None
    summary: str
    released: date | None = None
    notice: date | None = None
    """The day on which the shutdown was announced."""
    shutdown: date | None = None
    successors: tuple[str, ...] = ()
    snapshots: tuple[Snapshot, ...] = ()
    aliases: tuple[str, ...] = ()
    open_weights: bool | None = None
    licence: Licence | None = None
    parameters: str | None = None
    context_window: int | None = None
    memory: str | None = None
    speed: str | None = None
    input: tuple[Literal["text", "image"], ...] = ()
    output: tuple[Literal["text", "image"], ...] = ("image",)
    engines: tuple[str, ...] = ()
    """Ids of engines that can run it, best first; empty when none here can."""
    upstream: str | None = None
    """The name that the engine sends, when it is not `id`."""
    abilities: Abilities = Abilities()
    endpoints: tuple[Endpoint, ...] = ()
    features: dict[str, Support] = Field(default_factory=dict)
    """The provider's feature list, for example `streaming`, `function_calling`, `fine_tuning`."""
    rate_limits: dict[str, str] = Field(default_factory=dict)
    prices: tuple[Price, ...] = ()
    list_prices: tuple[ListPrice, ...] = ()
    tokens: TokenRules | None = None
    scores: tuple[Score, ...] = ()
    strengths: tuple[Strength, ...] = ()
    use_cases: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()

    def status(self, today: date) -> Status:
        """Current, deprecated (a shutdown date is known, from its notice on) or shut down (from the shutdown day on)."""
        if self.shutdown and today >= self.shutdown:
            return "shut down"
        if self.shutdown and (self.notice is None or today >= self.notice):
            return "deprecated"
        if self.released and today < self.released:
            return "announced"
        return "current"

    def price_on(self, day: date) -> Price | None:
        """The price in force on a day: the newest that had started, the provider's own before resellers'."""
        started = [price for price in self.prices if price.start <= day]
        own = [price for price in started if price.seller is None]
        return max(own or started, key=lambda price: price.start, default=None)

    def source(self, key: str) -> Source | None:
        return next((source for source in self.sources if source.key == key), None)


@dataclass(frozen=True, slots=True)
class Succession:
    """What a team wants for a name: requests for it go to `model`.

    For a name that no model has (an alias) always; for a model's name from the day of its shutdown, or `at_once`.
    `created` is ISO 8601 in UTC.
    """

    name: str
    model: str
    at_once: bool = False
    created: str = ""


@dataclass(frozen=True, slots=True)
class FallbackRule:
    """What a team wants when the model of a name cannot answer: `model` does, and the answer says so.

    `even_if_charged`: also when the first may have charged the request. `created` is ISO 8601 in UTC.
    """

    name: str
    model: str
    even_if_charged: bool = False
    created: str = ""
