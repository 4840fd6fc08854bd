"""The language model's builder: repaired by the validator's errors, never invalid, tried on a real local endpoint."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart, UserPromptPart
from pydantic_ai.models.function import AgentInfo, FunctionModel

import pochoir
from pochoir.engines.base import Credentials
from pochoir.features.catalog.cards import load_cards
from pochoir.features.tools.builders import FirstModel
from pochoir.features.tools.model_builder.builder import ROUNDS, ModelBuilder, probe
from pochoir.features.tools.model_builder.endpoint import MODES, Endpoint
from pochoir.features.tools.rules.builder import RulesBuilder
from pochoir.features.tools.validation import check
from pochoir.steps import registry

KINDS = registry.load().types
CARDS = {card.id: card for card in load_cards(Path(pochoir.__file__).parent / "features/catalog/cards")}
FIRST = FirstModel(CARDS["pochoir-sketch"], CARDS["gpt-image-2"], ready=False)
RULES = RulesBuilder(CARDS, KINDS, FIRST, lambda: date(2026, 11, 23))
TEXT = "Three square product shots of our new sneaker on a pastel background"
GOOD: dict[str, Any] = {
    "title": "Sneaker shots",
    "model": "pochoir-sketch",
    "inputs": [{"key": "shoe", "label": "Shoe", "default": "our new sneaker"}],
    "steps": [
        {"id": "make", "type": "generate_image", "with": {"prompt": "{{ inputs.shoe }}", "n": 2, "size": "1024x1024"}}
    ],
    "outputs": [{"key": "images", "label": "Images", "value": "{{ steps.make.images }}"}],
}


class Answers:
    """A model that gives these specs, one a call, and remembers what it was asked."""

    def __init__(self, *specs: Any) -> None:
        self._specs = [spec if isinstance(spec, str) else json.dumps(spec) for spec in specs]
        self.asked: list[str] = []

    def __call__(self, messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        parts = [part for part in messages[-1].parts if isinstance(part, UserPromptPart)]
        self.asked += [str(part.content) for part in parts]
        spec = self._specs[min(len(self.asked), len(self._specs)) - 1]
        answer = {"spec": spec, "assumed": ["The shoe is white."], "left_out": []}
        if info.output_tools:
            return ModelResponse(parts=[ToolCallPart(info.output_tools[0].name, answer)])
        return ModelResponse(parts=[TextPart(json.dumps(answer))])


def builder(answers: Any) -> ModelBuilder:
    endpoint = Endpoint("http://127.0.0.1:9/v1", "test-model", output_mode="tool")
    return ModelBuilder(endpoint, RULES, KINDS, list(CARDS), FunctionModel(answers))


async def test_a_good_answer_is_taken_and_cross_checked() -> None:
    draft = await builder(Answers(GOOD)).build(TEXT)
    assert (draft.builder, draft.spec.title) == ("test-model", "Sneaker shots")
    texts = [guess.text for guess in draft.guesses]
    assert "The shoe is white." in texts
    assert any("3 images a run" in text and "chose 2" in text for text in texts)
    size = next(guess for guess in draft.guesses if guess.where.endswith("size"))
    assert size.kind == "understood"


async def test_faults_are_fed_back_until_the_spec_is_right() -> None:
    unknown_step = {**GOOD, "steps": [{"id": "make", "type": "draw"}]}
    unknown_model = {**GOOD, "model": "dream-9"}
    answers = Answers(unknown_step, unknown_model, GOOD)
    draft = await builder(answers).build(TEXT)
    assert draft.builder == "test-model"
    assert len(answers.asked) == 3
    assert "there is no step type 'draw'" in answers.asked[1]
    assert "there is no 'dream-9'" in answers.asked[2]


async def test_after_three_rounds_the_rules_do_it_and_the_draft_says_so() -> None:
    answers = Answers("title: [")
    draft = await builder(answers).build(TEXT)
    assert len(answers.asked) == ROUNDS
    assert draft.spec == RULES.draft(TEXT).spec
    assert draft.builder == "rules"
    assert "test-model could not build it" in draft.left_out[0]


async def test_an_unreachable_endpoint_falls_back(unused_tcp_port: int) -> None:
    endpoint = Endpoint(f"http://127.0.0.1:{unused_tcp_port}/v1", "gone", timeout=2)
    draft = await ModelBuilder(endpoint, RULES, KINDS, list(CARDS)).build(TEXT)
    assert "gone could not build it" in draft.left_out[0]
    mode, told = await probe(endpoint)
    assert mode is None
    assert len(told) == len(MODES)


@pytest.fixture
def unused_tcp_port() -> int:
    import socket

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port


def test_an_endpoint_needs_an_address_and_a_model() -> None:
    assert Endpoint.of(Credentials(key=None, base_url="http://x/v1", settings={})) is None
    found = Endpoint.of(Credentials(key="k", base_url="http://x/v1", settings={"model": "m", "output_mode": "native"}))
    assert found == Endpoint("http://x/v1", "m", "k", "native")


# -- a real endpoint -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def smollm() -> Iterator[str]:
    """The address of a small real language model, in a process of its own (tests/upstream/small_model.py)."""
    command = [sys.executable, "-m", "upstream.small_model"]
    folder = Path(__file__).parents[1]
    with subprocess.Popen(
        command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        address = next((line.split()[1] for line in running.stdout if line.startswith("address ")), "")
        assert address, "the small model did not start"
        yield address
        running.stdin.close()


async def test_a_small_real_model_never_breaks_the_builder(smollm: str) -> None:
    endpoint = Endpoint(smollm, "smollm2", timeout=40, max_tokens=80)
    mode, told = await asyncio.wait_for(probe(endpoint), 60)
    assert mode in MODES, told
    chosen = Endpoint(smollm, "smollm2", output_mode=mode, timeout=40, max_tokens=80)
    draft = await asyncio.wait_for(ModelBuilder(chosen, RULES, KINDS, list(CARDS)).build(TEXT), 60)
    check(draft.spec, KINDS)
    assert draft.builder == "smollm2" or "smollm2 could not build it" in draft.left_out[0]
