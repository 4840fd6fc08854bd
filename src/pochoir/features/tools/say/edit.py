"""A spec that is being changed, and the clause that is looked at."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from pochoir.domain.tools import Input, Spec, Step
from pochoir.features.tools import validation
from pochoir.features.tools.rules.language import detect
from pochoir.features.tools.rules.reading import Reading
from pochoir.features.tools.rules.words import Words, english, job, words_of

IMAGE_STEPS = frozenset({"generate_image", "edit_image"})


class Edit:
    """`spec` is replaced by each change; `reading` is the clause, with the tables of the language of all that was said."""

    def __init__(self, spec: Spec, models: Mapping[str, str], said: str) -> None:
        self.spec = spec
        self.models = models
        self.words: Words = words_of(detect(said))
        self.clause = ""
        self.reading = self._reading("")

    def begin(self, clause: str) -> None:
        self.clause = clause
        self.reading = self._reading(clause)

    def _reading(self, clause: str) -> Reading:
        return Reading(clause, self.words, job("other", self.words))

    def match(self, name: str) -> re.Match[str] | None:
        """The pattern `name` of the tables' `say` part, in the language of what was said or in English."""
        for words in (self.words, english()):
            source = words.table.get("say", {}).get(name)
            if source and (match := words.compiled(source).search(self.reading.open)):
                return match
        return None

    def set(self, name: str, value: Any) -> None:
        """Set a parameter of every step that makes images; None takes it away."""

        def change(step: Step) -> Step:
            if step.type not in IMAGE_STEPS:
                return step
            params = {key: item for key, item in step.params.items() if key != name or value is not None}
            return step.model_copy(update={"params": params if value is None else {**params, name: value}})

        self.each_step(change)

    def each_step(self, change: Callable[[Step], Step]) -> None:
        self.spec = self.spec.model_copy(update={"steps": _changed(self.spec.steps, change)})

    def add_to_prompts(self, text: str) -> None:
        def change(step: Step) -> Step:
            if step.type not in IMAGE_STEPS:
                return step
            prompt = f"{str(step.params.get('prompt', '')).rstrip(' .')}. {text}"
            return step.model_copy(update={"params": {**step.params, "prompt": prompt}})

        self.each_step(change)

    def add_input(self, item: Input) -> Input:
        keys, key, number = {known.key for known in self.spec.inputs}, item.key, 2
        while key in keys:
            key, number = f"{item.key}_{number}", number + 1
        item = item.model_copy(update={"key": key})
        self.spec = self.spec.model_copy(update={"inputs": (*self.spec.inputs, item)})
        return item

    def input_named(self, name: str) -> Input | None:
        """The input that a word means, by key or label."""
        wanted = name.strip().casefold()
        for item in self.spec.inputs:
            if wanted in {item.key.casefold(), item.label.casefold(), item.key.replace("_", " ").casefold()}:
                return item
        return next((item for item in self.spec.inputs if wanted and wanted in item.label.casefold()), None)

    def replace_inputs(self, inputs: tuple[Input, ...]) -> None:
        self.spec = self.spec.model_copy(update={"inputs": inputs})

    def last_images(self) -> list[str]:
        """The templates that the outputs take their images from."""
        return [output.value for output in self.spec.outputs]

    def free_id(self, wanted: str) -> str:
        taken, name, number = {step.id for step in validation.walk(self.spec.steps)}, wanted, 2
        while name in taken:
            name, number = f"{wanted}_{number}", number + 1
        return name


def _changed(steps: tuple[Step, ...], change: Callable[[Step], Step]) -> tuple[Step, ...]:
    return tuple(change(step.model_copy(update={"steps": _changed(step.steps, change)})) for step in steps)
