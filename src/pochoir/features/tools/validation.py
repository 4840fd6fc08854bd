"""The rules of a spec that need more than its shape: names exist, steps come in order, parameters and defaults fit.

Each problem is one sentence that starts with where it is and ends in what to do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from pochoir.domain.errors import InvalidRequest, InvalidSpec
from pochoir.domain.tools import Input, Spec, Step
from pochoir.features.tools.inputs import inputs_of, typed
from pochoir.features.tools.templates import is_template, references, texts_in
from pochoir.steps.base import StepType
from pochoir.steps.fields import explain

REPEAT = "repeat"
REPEAT_OUTPUTS = ("items", "images", "image")
MAX_NESTING = 3
MAX_STEPS = 100

__all__ = ["REPEAT", "REPEAT_OUTPUTS", "check", "inputs_of", "problems"]


def check(spec: Spec, steps: Mapping[str, StepType]) -> None:
    """Raise InvalidSpec with every problem of the spec; return when it can run."""
    if found := problems(spec, steps):
        raise InvalidSpec(found)


def problems(spec: Spec, steps: Mapping[str, StepType]) -> list[str]:
    """Every problem of the spec, in its order."""
    return [*_inputs(spec.inputs), *_Steps(spec, steps).problems()]


# -- inputs ------------------------------------------------------------------------------------------------------------


def _inputs(inputs: Sequence[Input]) -> Iterator[str]:
    seen: set[str] = set()
    for item in inputs:
        where = f"Input '{item.key}':"
        if item.key in seen:
            yield f"{where} the key is used twice. Give each input a key of its own."
        seen.add(item.key)
        yield from _shape(item, where)
        for name, value in (("default", item.default), ("sample", item.sample)):
            if value is None:
                continue
            try:
                typed(item, value)
            except InvalidRequest as error:
                yield f"{where} its {name} does not fit. {error.message}"


def _shape(item: Input, where: str) -> Iterator[str]:
    if item.type == "choice":
        if not item.choices:
            yield f"{where} a choice needs choices. List what can be chosen."
        values = [choice.value for choice in item.choices]
        if len(set(values)) < len(values):
            yield f"{where} a choice is listed twice. List each value once."
    elif item.choices:
        yield f"{where} only a choice has choices. Make its type 'choice' or remove them."
    if item.several and item.type != "choice":
        yield f"{where} only a choice can take several. Use the type 'images' for several images, or remove it."
    bounds = (item.minimum, item.maximum)
    if any(bound is not None for bound in bounds) and item.type != "number":
        yield f"{where} only a number has a minimum and a maximum. Remove them."
    if item.minimum is not None and item.maximum is not None and item.minimum > item.maximum:
        yield f"{where} the minimum {item.minimum} is above the maximum {item.maximum}. Swap them."


# -- steps -------------------------------------------------------------------------------------------------------------


@dataclass
class _Scope:
    """What templates may name at one place: finished steps with their outputs, and the variables of repeats."""

    done: dict[str, Sequence[str]] = field(default_factory=dict)
    variables: tuple[str, ...] = ()


class _Steps:
    """Goes through the steps of one spec in their order."""

    def __init__(self, spec: Spec, kinds: Mapping[str, StepType]) -> None:
        self._spec = spec
        self._kinds = kinds
        self._inputs = [item.key for item in spec.inputs]
        self._all = [step.id for step in walk(spec.steps)]

    def problems(self) -> Iterator[str]:
        if len(self._all) > MAX_STEPS:
            yield f"Steps: {len(self._all)} are too many, {MAX_STEPS} is the most. Split the tool."
            return
        for twice in sorted({name for name in self._all if self._all.count(name) > 1}):
            yield f"Step '{twice}': the id is used twice. Give each step an id of its own."
        scope = _Scope()
        yield from self._level(self._spec.steps, scope, 1)
        seen: set[str] = set()
        for output in self._spec.outputs:
            where = f"Output '{output.key}':"
            if output.key in seen:
                yield f"{where} the key is used twice. Give each output a key of its own."
            seen.add(output.key)
            yield from self._texts(where, [output.value], scope, None)

    def _level(self, steps: Sequence[Step], scope: _Scope, depth: int) -> Iterator[str]:
        for step in steps:
            where = f"Step '{step.id}':"
            if step.when is not None:
                yield from self._texts(where, [step.when], scope, step)
            if step.type == REPEAT:
                yield from self._repeat(step, where, scope, depth)
                scope.done[step.id] = REPEAT_OUTPUTS
            else:
                yield from self._plain(step, where, scope)
                kind = self._kinds.get(step.type)
                scope.done[step.id] = tuple(kind.outputs) if kind else ()

    def _repeat(self, step: Step, where: str, scope: _Scope, depth: int) -> Iterator[str]:
        if depth > MAX_NESTING:
            yield f"{where} repeats are nested deeper than {MAX_NESTING}. Use fewer."
            return
        if not step.over:
            yield f"{where} a repeat needs 'over', the list to go through. Add it, for example an input."
        else:
            yield from self._texts(where, [step.over], scope, step)
        if not step.steps:
            yield f"{where} a repeat needs steps inside it. Add one."
        if step.params:
            yield f"{where} a repeat takes nothing under 'with'. Remove it."
        variable = step.as_ or "item"
        if variable in {"inputs", "steps"} or variable in scope.variables:
            yield f"{where} its variable cannot be called '{variable}', which means something else. Rename it."
        inner = _Scope(dict(scope.done), (*scope.variables, variable))
        yield from self._level(step.steps, inner, depth + 1)

    def _plain(self, step: Step, where: str, scope: _Scope) -> Iterator[str]:
        kind = self._kinds.get(step.type)
        if kind is None:
            known = ", ".join([*self._kinds, REPEAT])
            yield f"{where} there is no step type '{step.type}'. Choose from {known}."
            return
        if step.over is not None or step.steps or step.as_ is not None:
            yield f"{where} only a repeat has 'over', 'as' and steps inside it. Remove them or make it a repeat."
        yield from self._texts(where, list(texts_in(step.params)), scope, step)
        for fault in _faults(kind, step.params):
            yield f"{where} {fault}"

    def _texts(self, where: str, texts: Sequence[str], scope: _Scope, step: Step | None) -> Iterator[str]:
        said: set[str] = set()
        for text in texts:
            try:
                paths = references(text)
            except InvalidSpec as error:
                yield from (f"{where} {problem}" for problem in error.problems)
                continue
            for path in paths:
                problem = self._reference(path, scope, step)
                if problem and problem not in said:
                    said.add(problem)
                    yield f"{where} {problem}"

    def _reference(self, path: tuple[str, ...], scope: _Scope, step: Step | None) -> str:
        root, name = path[0], path[1] if len(path) > 1 else ""
        if root in scope.variables:
            return ""
        if root == "inputs":
            if name in self._inputs or not name:
                return ""
            return f"it uses the input '{name}', which does not exist. {_known('input', self._inputs)}"
        if root != "steps":
            near = ["inputs", "steps", *scope.variables]
            return f"it uses the name '{root}', which means nothing here. Write it as one of {', '.join(near)}."
        if not name:
            return ""
        if name not in scope.done:
            return self._not_yet(name, step)
        output = path[2] if len(path) > 2 else ""
        if output and scope.done[name] and output not in scope.done[name]:
            return f"step '{name}' has no output '{output}'. Choose from {', '.join(scope.done[name])}."
        return ""

    def _not_yet(self, name: str, step: Step | None) -> str:
        if step is not None and name == step.id:
            return "it uses its own result. Use an earlier step's."
        if name not in self._all:
            return f"it uses the step '{name}', which does not exist. {_known('step', self._all)}"
        if step is not None and step.id in self._needs(name):
            return f"it and the step '{name}' wait for each other. Break the circle."
        if step is None:
            return f"it uses the step '{name}', which is inside a repeat. Use the repeat's 'items' or 'images'."
        return f"it uses the step '{name}', which comes later or is inside another repeat. Move that step before it."

    def _needs(self, name: str) -> set[str]:
        """The steps that a step depends on, directly or through others."""
        by_id = {step.id: step for step in walk(self._spec.steps)}
        found: set[str] = set()
        open_ = [name]
        while open_:
            step = by_id.get(open_.pop())
            for needed in _uses(step) if step else ():
                if needed not in found:
                    found.add(needed)
                    open_.append(needed)
        return found


def walk(steps: Sequence[Step]) -> Iterator[Step]:
    """Every step, also those inside repeats, in order."""
    for step in steps:
        yield step
        yield from walk(step.steps)


def _uses(step: Step) -> set[str]:
    texts = [*texts_in(step.params), step.when or "", step.over or ""]
    found: set[str] = set()
    for text in texts:
        try:
            found |= {path[1] for path in references(text) if path[0] == "steps" and len(path) > 1}
        except InvalidSpec:
            continue  # told where the text stands
    return found


def _faults(kind: StepType, params: Mapping[str, Any]) -> list[str]:
    """What does not fit the step's parameters, not counting those whose value is only known in a run."""
    open_ = {name for name, value in params.items() if any(is_template(text) for text in texts_in(value))}
    fixed = {name: value for name, value in params.items() if name not in open_}
    try:
        kind.params.model_validate(fixed)
    except ValidationError as error:
        found = []
        for fault in error.errors(include_url=False):
            place = str(fault["loc"][0]) if fault["loc"] else ""
            if place in open_ or (not place and open_):
                continue
            found.append(explain(kind, fault))
        unknown = [name for name in open_ if name not in kind.params.model_fields]
        found += [
            f"'{name}' is nothing that this step takes. Choose from {', '.join(kind.params.model_fields)}."
            for name in sorted(unknown)
        ]
        return found
    unknown = sorted(name for name in open_ if name not in kind.params.model_fields)
    return [
        f"'{name}' is nothing that this step takes. Choose from {', '.join(kind.params.model_fields)}."
        for name in unknown
    ]


def _known(what: str, names: Sequence[str]) -> str:
    return (
        f"Choose from {', '.join(names)}." if names else f"Add such an {what} first." if what == "input" else "Add it."
    )
