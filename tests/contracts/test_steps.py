"""What every registered step type must hold to; a new one is tested on the day it is registered."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from pochoir.domain.errors import InvalidValue
from pochoir.domain.images import ImageRequest, Incoming
from pochoir.steps.base import ImageRef, StepType
from pochoir.steps.fields import read
from pochoir.steps.registry import STEPS, load

PICTURE = {"artifact": "art_1"}
SMALLEST: Mapping[str, Mapping[str, Any]] = {
    "generate_image": {"prompt": "a fox", "n": "2"},
    "edit_image": {"prompt": "a fox in snow", "images": PICTURE, "n": 2},
    "transform_image": {"images": [PICTURE], "operation": "resize", "width": "64"},
    "write_text": {"prompt": "Praise a fox"},
    "ask_approval": {"question": "Fine?", "images": [PICTURE]},
    "set_value": {"value": {"a": [1, 2]}},
}
"""The smallest useful parameters of each step type; a new one needs its line here."""


class Recorder:
    """A context that keeps what it was asked and answers at once."""

    model = "pochoir-sketch"

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    async def make_images(
        self,
        request: ImageRequest,
        references: Sequence[ImageRef] = (),
        mask: ImageRef | None = None,
        markup: ImageRef | None = None,
    ) -> list[ImageRef]:
        self.calls.append(("make", request, tuple(references), mask, markup))
        return [ImageRef(f"made_{number}") for number in range(request.n)]

    async def transform(self, image: ImageRef, operation: str, arguments: Mapping[str, Any]) -> ImageRef:
        self.calls.append(("transform", image, operation, dict(arguments)))
        return ImageRef(image.artifact + "_changed")

    async def write_text(self, prompt: str, system: str, max_words: int) -> str:
        self.calls.append(("write", prompt, system, max_words))
        return "A fine fox."

    async def ask_approval(self, question: str, images: Sequence[ImageRef]) -> bool:
        self.calls.append(("ask", question, tuple(images)))
        return True

    async def say(self, message: str) -> None:
        self.calls.append(("say", message))


@pytest.fixture(params=sorted(STEPS))
def step(request: pytest.FixtureRequest) -> StepType:
    return load().types[request.param]


def test_a_step_can_be_described_and_drawn_as_a_form(step: StepType) -> None:
    assert step.title
    assert step.help.endswith(".")
    assert step.version >= 1
    assert step.outputs
    schema = step.params.model_json_schema()
    for name, field in schema["properties"].items():
        assert field.get("title"), name
        assert field.get("description"), f"{name} needs a description: the form shows it"


async def test_the_outputs_are_those_declared_and_json_ready(step: StepType) -> None:
    outputs = await step.run(read(step, SMALLEST[step.id]), Recorder())
    assert set(outputs) == set(step.outputs)
    assert json.loads(json.dumps(outputs)) == outputs


async def test_the_same_parameters_ask_the_same_things_in_the_same_order(step: StepType) -> None:
    first, second = Recorder(), Recorder()
    await step.run(read(step, SMALLEST[step.id]), first)
    await step.run(read(step, SMALLEST[step.id]), second)
    assert first.calls == second.calls


async def test_the_quote_counts_what_the_step_makes(step: StepType) -> None:
    params = read(step, SMALLEST[step.id])
    recorder = Recorder()
    await step.run(params, recorder)
    asked = [(ask.request, ask.incoming) for ask in step.asks(params, recorder.model)]
    calls = [call[1:] for call in recorder.calls if call[0] == "make"]
    assert asked == [
        (request, Incoming(len(references), mask is not None, markup is not None))
        for request, references, mask, markup in calls
    ]


def test_an_unknown_parameter_is_refused_in_words(step: StepType) -> None:
    with pytest.raises(Exception, match="'wobble' is nothing that this step takes"):
        read(step, {**SMALLEST[step.id], "wobble": 1})


ODD: Sequence[Any] = (None, "", [], {}, "x" * 40_000, ["a"] * 500, -1, 10**9, "abc", 1.5, True, {"a": 1}, [[1]], "nan")
JARGON = re.compile(
    r"input should|should have|tuple|valid (?:string|integer|dictionary)|validation|permitted", re.IGNORECASE
)


def test_whatever_does_not_fit_is_refused_in_plain_words(step: StepType) -> None:
    told = []
    for name in step.params.model_fields:
        for value in ODD:
            try:
                read(step, {**SMALLEST[step.id], name: value})
            except InvalidValue as error:
                told.append(error.message)
    assert [message for message in told if JARGON.search(message)] == []
    assert all(message.endswith(("Change it.", "Fill it in.")) for message in told)
