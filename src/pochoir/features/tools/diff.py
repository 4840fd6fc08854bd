"""What differs between two specs, as lines that a person reads. The switch of a model is exactly one line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pochoir.domain.tools import Input, Output, Spec, Step

_MOST = 160


def lines(old: Spec, new: Spec) -> list[str]:
    """One line for each difference, in the spec's order: `model: a → b`, `inputs.season: added (choice …)`."""
    return list(_all(old, new))


def _all(old: Spec, new: Spec) -> Iterator[str]:
    for name in ("title", "summary", "model"):
        yield from _value(name, getattr(old, name), getattr(new, name))
    yield from _parts("inputs", _keyed(old.inputs), _keyed(new.inputs))
    yield from _steps("steps", old.steps, new.steps)
    yield from _parts("outputs", _keyed(old.outputs), _keyed(new.outputs))
    yield from _fields("limits", old.limits.model_dump(), new.limits.model_dump())


def _keyed(parts: tuple[Input, ...] | tuple[Output, ...]) -> dict[str, dict[str, Any]]:
    return {part.key: part.model_dump(mode="json", exclude_defaults=True) for part in parts}


def _parts(where: str, old: Mapping[str, Mapping[str, Any]], new: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for key, part in new.items():
        if key not in old:
            yield f"{where}.{key}: added ({_summary(part)})"
        else:
            yield from _fields(f"{where}.{key}", old[key], part)
    for key in old:
        if key not in new:
            yield f"{where}.{key}: removed"
    yield from _order(where, list(old), list(new))


def _order(where: str, old: list[str], new: list[str]) -> Iterator[str]:
    kept = [key for key in old if key in new]
    if kept != [key for key in new if key in old]:
        yield f"{where}: now in the order {', '.join(new)}"


def _steps(where: str, old: tuple[Step, ...], new: tuple[Step, ...]) -> Iterator[str]:
    before, after = {step.id: step for step in old}, {step.id: step for step in new}
    for key, step in after.items():
        if key not in before:
            yield f"{where}.{key}: added ({step.type})"
            continue
        was = before[key]
        for name in ("type", "title", "when", "over", "as_"):
            yield from _value(f"{where}.{key}.{name.rstrip('_')}", getattr(was, name), getattr(step, name))
        yield from _fields(f"{where}.{key}.with", was.params, step.params)
        yield from _steps(f"{where}.{key}.steps", was.steps, step.steps)
    for key in before:
        if key not in after:
            yield f"{where}.{key}: removed"
    yield from _order(where, list(before), list(after))


def _fields(where: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for name in dict.fromkeys([*old, *new]):
        yield from _value(f"{where}.{name}", old.get(name), new.get(name))


def _value(where: str, old: Any, new: Any) -> Iterator[str]:
    if old == new and type(old) is type(new):
        return
    yield f"{where}: {_shown(old)} → {_shown(new)}"


def _summary(part: Mapping[str, Any]) -> str:
    kind = str(part.get("type", "text")).replace("_", " ")
    if choices := part.get("choices"):
        return f"{kind}: {_clip(', '.join(str(item.get('label') or item['value']) for item in choices))}"
    return _clip(str(part["value"])) if "value" in part else kind


def _shown(value: Any) -> str:
    if value is None or value == "":
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return _clip(", ".join(_shown(item) for item in value))
    if isinstance(value, Mapping):
        return _clip(str(value.get("label") or value.get("value") or dict(value)))
    return _clip(" ".join(str(value).split()))


def _clip(text: str) -> str:
    return text if len(text) <= _MOST else text[: _MOST - 1] + "…"
