"""What a switch of the model changes: abilities lost and gained, options that the run will map, what cannot be done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from pochoir.domain.catalog import Abilities, Card
from pochoir.domain.errors import InvalidRequest
from pochoir.domain.tools import Spec, Step
from pochoir.features.images.abilities import adapt, check
from pochoir.features.tools.contract import Ability
from pochoir.features.tools.templates import is_template, texts_in
from pochoir.features.tools.validation import walk
from pochoir.steps.base import ImageAsk, StepType

_STAND_INS: Mapping[str, Any] = {
    "prompt": "…",
    "images": [{"artifact": "later"}],
    "mask": {"artifact": "later"},
    "markup": {"artifact": "later"},
}
LAYERS = ("mask", "markup")
_FLAGS = (
    ("text_to_image", "Images from words"),
    ("edit", "Images in"),
    ("markup", "Markup"),
    ("transparency", "Transparent background"),
    ("seeds", "Seeds"),
    ("batch", "Batch prices"),
)


def asks(spec: Spec, kinds: Mapping[str, StepType], model: str) -> Iterator[tuple[Step, ImageAsk]]:
    """The image requests of a spec as far as they are known before a run; steps with a model of their own are left out."""
    for step in walk(spec.steps):
        kind = kinds.get(step.type)
        if kind is None or step.params.get("model"):
            continue
        values = {name: value for name, value in step.params.items() if not _is_open(value)}
        for name in kind.params.model_fields:
            if name not in values and name in step.params and name in _STAND_INS:
                values[name] = _STAND_INS[name]
        for way in _ways(values):
            try:
                params = kind.params.model_validate(way)
            except ValidationError:
                continue  # validation.check tells; a plan says nothing of a step that cannot run anyway
            for ask in kind.asks(params, model):
                yield step, ask


def _ways(values: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """A step whose form has a mask and a markup is run with one of them."""
    if not set(LAYERS) <= values.keys():
        return [values]
    return [{name: value for name, value in values.items() if name != left_out} for left_out in LAYERS]


def _is_open(value: Any) -> bool:
    return any(is_template(text) for text in texts_in(value))


def mappings(spec: Spec, kinds: Mapping[str, StepType], card: Card) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Sentences on what the run will map on this model, what stays as it is, and on what cannot be mapped."""
    own = [(step.id, step.params.get("model")) for step in walk(spec.steps)]
    mapped = [f"Step '{step}' has a model of its own, {name}, and keeps it." for step, name in own if name]
    problems: list[str] = []
    for step, ask in asks(spec, kinds, card.id):
        request, notes = adapt(card, ask.request)
        mapped += [f"Step '{step.id}': {note}" for note in notes]
        try:
            check(card, request, ask.incoming)
        except InvalidRequest as error:
            problems.append(f"Step '{step.id}': {error.message}")
    return tuple(dict.fromkeys(mapped)), tuple(dict.fromkeys(problems))


def abilities(before: Card, after: Card) -> tuple[tuple[Ability, ...], tuple[Ability, ...], tuple[Ability, ...]]:
    """What is gained, lost, and otherwise different. What is not known of either model is not compared."""
    a, b = before.abilities, after.abilities
    gained: list[Ability] = []
    lost: list[Ability] = []
    changed: list[Ability] = []
    for name, title in _FLAGS:
        was, now = getattr(a, name), getattr(b, name)
        if was is not None and now is not None and was != now:
            (gained if now else lost).append(Ability(title, _yes(was), _yes(now)))
    for title, was, now in _values(a, b):
        if was and now and was != now:
            changed.append(Ability(title, was, now))
    return tuple(gained), tuple(lost), tuple(changed)


def _values(a: Abilities, b: Abilities) -> Iterator[tuple[str, str, str]]:
    yield "Sizes", _sizes(a), _sizes(b)
    yield "Qualities", _list(a.qualities), _list(b.qualities)
    yield "File formats", _list(a.formats), _list(b.formats)
    yield "Masks", a.mask or "", b.mask or ""
    yield "Images in, at most", _count(a.max_references), _count(b.max_references)
    yield "Images a request", _count(a.max_images), _count(b.max_images)
    yield "Longest prompt", _count(a.max_prompt), _count(b.max_prompt)


def _sizes(can: Abilities) -> str:
    if can.free_sizes is None:
        return _list(can.sizes)
    edge = can.free_sizes.max_edge
    return f"any size up to {edge} pixels" if edge else "any size"


def _list(values: Sequence[str]) -> str:
    return ", ".join(values)


def _count(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def _yes(value: object) -> str:
    return "yes" if value else "no"
