"""The price of a run before it is started: the same walk as the run, with what each step would ask for priced."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from pochoir.domain.catalog import Card
from pochoir.domain.errors import InvalidRequest, NotFound
from pochoir.domain.images import Size
from pochoir.domain.money import MicroUSD, Quote, QuoteLine, Usage
from pochoir.domain.tools import Spec
from pochoir.features.images.service import ImagesService
from pochoir.features.runs.walk import Place, Round, Walk, rendered
from pochoir.steps.base import ImageAsk, ImageRef, Params, StepType

PENDING = "img_pending".ljust(30, "_")
"""Stands for the id of an image that is not made yet, and is as long as one."""

TEXTS = "Texts that a language model will write are not known yet; their part of the price is an estimate."
ANSWERS = "The price holds for when every question is answered with yes."


@dataclass(frozen=True, slots=True)
class StepQuote:
    """The price of one step: `images` of them, each in a request of its own, on the model of `card`."""

    path: str
    title: str
    card: Card
    images: int
    quote: Quote


@dataclass(frozen=True, slots=True)
class RunQuote:
    """The price of a run: `quote` is the total, `steps` what it is made of, in the order in which they run.

    `ready` is false when the run cannot be started as it stands; `reason` is then the sentence that says why.
    """

    quote: Quote
    images: int
    steps: tuple[StepQuote, ...] = ()
    notes: tuple[str, ...] = ()
    ready: bool = True
    reason: str = ""
    link: str = ""
    """The page that helps when it is not ready."""

    @property
    def exact(self) -> bool:
        """Whether the charge will be this, to the micro-dollar."""
        return self.quote.exact and not {TEXTS, ANSWERS} & set(self.notes)


class Pricer:
    """A visitor that prices what it is shown and gives outputs of the right shape in place of real ones."""

    def __init__(self, images: ImagesService, model: str) -> None:
        self._images = images
        self._model = model
        self.steps: list[StepQuote] = []
        self.notes: list[str] = []

    async def do(self, place: Place, kind: StepType, params: Params) -> Mapping[str, Any]:
        asks = kind.asks(params, self._model)
        for ask in asks:
            await self._price(place, ask)
        if "text" in kind.outputs.values():
            self._note(TEXTS)
        if "boolean" in kind.outputs.values():
            self._note(ANSWERS)
        return await self._outputs(kind, params, sum(ask.request.n for ask in asks))

    async def rounds(
        self, place: Place, items: Sequence[Any], scope: Mapping[str, Any], go: Callable[[int, Any], Awaitable[Round]]
    ) -> Sequence[Round]:
        return [await go(number, item) for number, item in enumerate(items, start=1)]

    async def skip(self, place: Place) -> None:
        """Nothing to pay."""

    async def fail(self, place: Place, error: InvalidRequest) -> None:
        """The walk ends with the error; the caller says it."""

    async def _price(self, place: Place, ask: ImageAsk) -> None:
        one = replace(ask.request, n=1)
        incoming = replace(ask.incoming, sizes=tuple([await self._size(image) for image in ask.images]))
        prepared = await self._images.prepare(one, adapt=True, incoming=incoming)
        quote = times(prepared.quote, ask.request.n)
        self.steps.append(StepQuote(place.path, place.title, prepared.card, ask.request.n, quote))
        for note in prepared.notes:
            self._note(note)

    async def _size(self, image: ImageRef) -> Size | None:
        """None for an image that is not made yet, and for one that is gone, which the run's start tells."""
        if image.artifact == PENDING:
            return None
        try:
            return (await self._images.library.artifact(image.artifact)).size
        except NotFound:
            return None

    async def _outputs(self, kind: StepType, params: Params, made: int) -> dict[str, Any]:
        count = made or len(getattr(params, "images", ()))
        images = [{"artifact": PENDING}] * count
        shapes: dict[str, Any] = {
            "images": images,
            "image": images[0] if images else None,
            "text": "…",
            "value": getattr(params, "value", None),
            "boolean": True,
        }
        return {name: shapes[what] for name, what in kind.outputs.items()}

    def _note(self, note: str) -> None:
        if note not in self.notes:
            self.notes.append(note)


async def price(
    spec: Spec,
    inputs: Mapping[str, Any],
    kinds: Mapping[str, StepType],
    images: ImagesService,
    *,
    check_outputs: bool = True,
) -> RunQuote:
    """Walk the spec with these (typed) inputs. Raises what the walk raises: templates, parameters, unknown models; and
    InvalidRequest for an output that cannot be worked out. Leave that unchecked for inputs that only stand in.
    """
    pricer = Pricer(images, spec.model)
    scope = {"inputs": dict(inputs)}
    steps = await Walk(kinds, pricer).through(spec.steps, scope)
    if check_outputs and not {TEXTS, ANSWERS} & set(pricer.notes):
        _check_outputs(spec, {**scope, "steps": steps})
    total = add([step.quote for step in pricer.steps], spec.model)
    return RunQuote(total, sum(step.images for step in pricer.steps), tuple(pricer.steps), tuple(pricer.notes))


def _check_outputs(spec: Spec, scope: Mapping[str, Any]) -> None:
    """Raise InvalidRequest for an output that would be empty once everything is paid."""
    for output in spec.outputs:
        try:
            rendered(output.value, scope)
        except InvalidRequest as error:
            raise InvalidRequest(f"The output '{output.label}' cannot be worked out. {error.message}") from error


def times(quote: Quote, count: int) -> Quote:
    """The price of the same request, made `count` times (each is rounded by itself, as it will be charged)."""
    lines = tuple(replace(line, units=line.units * count, amount=MicroUSD(line.amount * count)) for line in quote.lines)
    return replace(quote, lines=lines, usage=quote.usage.times(count))


def add(quotes: Sequence[Quote], model: str) -> Quote:
    """One quote of several: lines for the same thing at the same price become one."""
    lines: dict[tuple[str, Decimal, bool, str], QuoteLine] = {}
    usage = Usage()
    for quote in quotes:
        usage += quote.usage
        for line in quote.lines:
            key = (line.label, line.unit_microusd, line.exact, line.note)
            known = lines.get(key)
            lines[key] = (
                replace(known, units=known.units + line.units, amount=MicroUSD(known.amount + line.amount))
                if known
                else line
            )
    models = dict.fromkeys(quote.model for quote in quotes)
    bases = dict.fromkeys(quote.basis for quote in quotes if quote.basis)
    unknown = next((quote.unknown for quote in quotes if quote.unknown), "")
    return Quote(", ".join(models) or model, tuple(lines.values()), usage, " ".join(bases), unknown)
