"""The order in which a spec's steps are done: conditions, repeats, scope. One walk serves the quote and the run.

A repeat gives `items` (one object of step outputs for each item), and `images` and `image` over all of them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pochoir.domain.errors import InvalidRequest, InvalidValue
from pochoir.domain.tools import Step
from pochoir.features.tools.templates import render
from pochoir.steps.base import OutputKind, Params, StepType
from pochoir.steps.fields import read

REPEAT = "repeat"
MAX_ITEMS = 200
"""Items of one repeat; what is longer is refused rather than paid for by accident."""

_EMPTY: Mapping[OutputKind, Any] = {"images": [], "image": None, "text": "", "value": None, "boolean": False}


@dataclass(frozen=True, slots=True)
class Place:
    """A step where it stands: `path` is `each[2].shot` inside a repeat.

    `ordinal` sorts the steps of a run as the spec has them, rounds one after the other, in whatever order they are done;
    `depth` counts the repeats around it.
    """

    path: str
    ordinal: int
    depth: int
    step: Step

    @property
    def title(self) -> str:
        return self.step.title or self.step.id.replace("_", " ").capitalize()


Round = dict[str, Any]
"""The outputs of one round of a repeat, by step id."""


class Visitor(Protocol):
    """What is done at each step: priced, or run."""

    async def do(self, place: Place, kind: StepType, params: Params) -> Mapping[str, Any]:
        """Do one step and give its outputs."""
        ...

    async def rounds(
        self, place: Place, items: Sequence[Any], scope: Mapping[str, Any], go: Callable[[int, Any], Awaitable[Round]]
    ) -> Sequence[Round]:
        """Do the rounds of a repeat: call `go(number, item)` for each item, or have them done elsewhere."""
        ...

    async def skip(self, place: Place) -> None:
        """Its condition does not hold."""
        ...

    async def fail(self, place: Place, error: InvalidRequest) -> None:
        """Its templates or parameters cannot be used; the walk ends with the error after this."""
        ...


class Walk:
    """Goes through the steps of one spec with one visitor."""

    def __init__(self, kinds: Mapping[str, StepType], visitor: Visitor) -> None:
        self._kinds = kinds
        self._visitor = visitor

    async def through(
        self, steps: Sequence[Step], scope: Mapping[str, Any], prefix: str = "", above: int = 0, depth: int = 0
    ) -> dict[str, Any]:
        """Visit every step in order; returns the outputs by step id, earlier ones in `scope` included."""
        done: dict[str, Any] = dict(scope.get("steps", {}))
        for number, step in enumerate(steps, start=1):
            place = Place(prefix + step.id, above + number * _unit(depth), depth, step)
            here = {**scope, "steps": done}
            if step.when is not None and not await self._holds(place, step.when, here):
                await self._visitor.skip(place)
                done[step.id] = self._empty(step)
            elif step.type == REPEAT:
                done[step.id] = await self._repeat(place, here)
            else:
                done[step.id] = await self._one(place, here)
        return done

    async def round(self, place: Place, number: int, item: Any, scope: Mapping[str, Any]) -> Round:
        """One round of the repeat at `place`; rounds count from 1."""
        step = place.step
        inner = {**scope, step.as_ or "item": item}
        above = place.ordinal + number * (_unit(place.depth) >> 8)
        outputs = await self.through(step.steps, inner, f"{place.path}[{number}].", above, place.depth + 1)
        return {each.id: outputs[each.id] for each in step.steps}

    async def _one(self, place: Place, scope: Mapping[str, Any]) -> dict[str, Any]:
        try:
            kind = self._kind(place)
            params = read(kind, rendered(place.step.params, scope))
        except InvalidRequest as error:
            await self._visitor.fail(place, error)
            raise
        return dict(await self._visitor.do(place, kind, params))

    async def _repeat(self, place: Place, scope: Mapping[str, Any]) -> dict[str, Any]:
        try:
            items = _items(render(place.step.over or "", scope), place)
        except InvalidRequest as error:
            await self._visitor.fail(place, error)
            raise

        async def go(number: int, item: Any) -> Round:
            return await self.round(place, number, item, scope)

        return together(await self._visitor.rounds(place, items, scope, go))

    async def _holds(self, place: Place, condition: str, scope: Mapping[str, Any]) -> bool:
        try:
            return truth(render(condition, scope))
        except InvalidRequest as error:
            await self._visitor.fail(place, error)
            raise

    def _kind(self, place: Place) -> StepType:
        kind = self._kinds.get(place.step.type)
        if kind is None:
            known = ", ".join(sorted([*self._kinds, REPEAT]))
            raise InvalidValue(
                f"Step '{place.path}' has the type '{place.step.type}'. Choose from {known}.", param="type"
            )
        return kind

    def _empty(self, step: Step) -> dict[str, Any]:
        if step.type == REPEAT:
            return together([])
        kind = self._kinds.get(step.type)
        return {name: _EMPTY[what] for name, what in kind.outputs.items()} if kind else {}


def _unit(depth: int) -> int:
    """The ordinal's step at a depth: 5 bits for the steps of a list, 8 for the rounds of each, for up to 3 repeats deep."""
    return 1 << 13 * max(0, 3 - depth)


def together(rounds: Sequence[Mapping[str, Mapping[str, Any]]]) -> dict[str, Any]:
    """The outputs of a repeat from those of its rounds."""
    images = [image for round_ in rounds for outputs in round_.values() for image in outputs.get("images", ())]
    return {"items": list(rounds), "images": images, "image": images[0] if images else None}


def rendered(value: Any, scope: Mapping[str, Any]) -> Any:
    """`value` with every text in it rendered."""
    if isinstance(value, str):
        return render(value, scope)
    if isinstance(value, Mapping):
        return {key: rendered(item, scope) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [rendered(item, scope) for item in value]
    return value


def truth(value: Any) -> bool:
    """Whether a condition holds: `no`, `false`, `0` and nothing at all do not."""
    if isinstance(value, str):
        return value.strip().lower() not in {"", "false", "no", "0", "none", "off"}
    return bool(value)


def _items(value: Any, place: Place) -> list[Any]:
    if value is None or value == "":
        return []
    if isinstance(value, str):
        value = [line.strip() for line in value.replace("\n", ",").split(",") if line.strip()]
    if not isinstance(value, Sequence):
        raise InvalidValue(f"Step '{place.path}' repeats over something that is no list. Give it a list.", param="over")
    if len(value) > MAX_ITEMS:
        raise InvalidValue(
            f"Step '{place.path}' would repeat {len(value)} times; {MAX_ITEMS} is the most. Shorten the list.",
            param="over",
        )
    return list(value)
