"""Asks the language model for a spec, feeds back what does not fit, and falls back on the rules, saying so."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field

from pochoir.domain.errors import InvalidSpec
from pochoir.domain.tools import Draft, Guess, Spec
from pochoir.features.tools import validation
from pochoir.features.tools.model_builder.endpoint import MODES, Endpoint, OutputMode
from pochoir.features.tools.model_builder.instructions import instructions
from pochoir.features.tools.rules.builder import RulesBuilder
from pochoir.features.tools.text import from_text
from pochoir.steps.base import StepType

if TYPE_CHECKING:
    from pydantic_ai import Agent
    from pydantic_ai.models import Model

ROUNDS = 3
"""How often the model may answer before the rules do it."""


class Answer(BaseModel):
    """What the model is asked for: the tool as YAML or JSON text, and what it did with the description."""

    spec: str = Field(description="The tool's spec as JSON or YAML text.")
    assumed: list[str] = Field(default_factory=list, description="One sentence each on what was not said and guessed.")
    left_out: list[str] = Field(default_factory=list, description="One sentence each on what cannot be had.")


class Ping(BaseModel):
    """What the probe asks for."""

    colour: str = Field(max_length=40)
    count: int


class ModelBuilder:
    """`models` are the ids that a spec may name. `connected` replaces the endpoint's own model object in tests."""

    def __init__(
        self,
        endpoint: Endpoint,
        rules: RulesBuilder,
        kinds: Mapping[str, StepType],
        models: Sequence[str],
        connected: Model | None = None,
    ) -> None:
        self._endpoint = endpoint
        self._rules = rules
        self._kinds = kinds
        self._models = frozenset(models)
        self._connected = connected

    async def build(self, text: str) -> Draft:
        """Build. Whatever the model answers, the draft is valid: the rules' one, with the reason, when it must be."""
        rules = self._rules.draft(text)
        async with _model(self._endpoint, self._connected) as model:
            return await self._asked(model, text, rules)

    async def _asked(self, model: Model, text: str, rules: Draft) -> Draft:
        from pydantic_ai.exceptions import AgentRunError, UserError

        mode = self._endpoint.output_mode or MODES[0]
        agent = _agent(model, Answer, mode, instructions(self._kinds), self._endpoint)
        question, history = _question(text, rules), None
        problem = ""
        for _round in range(ROUNDS):
            try:
                result = await agent.run(question, message_history=history)
            except (AgentRunError, UserError, ValueError, OSError) as error:
                return _fallen_back(rules, self._endpoint.model, _reason(error))
            answer: Answer = result.output
            try:
                spec = from_text(answer.spec)
                validation.check(spec, self._kinds)
                self._check_model(spec)
            except InvalidSpec as error:
                problem, history = error.problems[0], result.all_messages()
                question = "This spec does not work yet. Correct it and give it whole:\n" + "\n".join(error.problems)
                continue
            return _draft(spec, answer, rules, self._endpoint.model)
        return _fallen_back(rules, self._endpoint.model, f"its spec still had a fault after {ROUNDS} tries: {problem}")

    def _check_model(self, spec: Spec) -> None:
        if spec.model not in self._models:
            near = ", ".join(sorted(self._models)[:12])
            raise InvalidSpec([f"Model: there is no '{spec.model}'. Take the one of the suggestion, or one of {near}."])


async def probe(endpoint: Endpoint, connected: Model | None = None) -> tuple[OutputMode | None, tuple[str, ...]]:
    """Try the output modes in order; the first that gives a right answer, or None, and one sentence for each try."""
    async with _model(endpoint, connected) as model:
        return await _probed(endpoint, model)


def _model(endpoint: Endpoint, connected: Model | None) -> AbstractAsyncContextManager[Model]:
    return nullcontext(connected) if connected is not None else endpoint.connect()


async def _probed(endpoint: Endpoint, model: Model) -> tuple[OutputMode | None, tuple[str, ...]]:
    from pydantic_ai.exceptions import AgentRunError, UserError

    told = []
    for mode in MODES:
        agent = _agent(model, Ping, mode, "Answer with exactly what is asked for.", endpoint, max_tokens=200)
        try:
            result = await agent.run("Give the colour red and the count 3.")
        except (AgentRunError, UserError, ValueError, OSError) as error:
            told.append(f"Output mode {mode} does not work: {_reason(error)}.")
            continue
        ping: Ping = result.output
        told.append(f"Output mode {mode} works (it answered {ping.colour[:40]}, {ping.count}).")
        return mode, tuple(told)
    return None, tuple(told)


def _agent(
    model: Model, output: type[BaseModel], mode: OutputMode, system: str, endpoint: Endpoint, max_tokens: int = 0
) -> Agent[None, Any]:
    from pydantic_ai import Agent, NativeOutput, PromptedOutput, ToolOutput
    from pydantic_ai.settings import ModelSettings

    wrapped: Any = {"native": NativeOutput, "tool": ToolOutput, "prompted": PromptedOutput}[mode](output)
    settings = ModelSettings(temperature=0.0, max_tokens=max_tokens or endpoint.max_tokens, timeout=endpoint.timeout)
    return Agent(model, output_type=wrapped, system_prompt=system, model_settings=settings, retries=1)


def _question(text: str, rules: Draft) -> str:
    return (
        f"Description:\n{text}\n\nA suggestion made by simple rules, which may be wrong or incomplete:\n"
        f"{json.dumps(rules.spec.as_data(), ensure_ascii=False)}\n\nGive the whole spec, better where you can."
    )


def _draft(spec: Spec, answer: Answer, rules: Draft, name: str) -> Draft:
    """The model's spec with its guesses; where it differs from what the rules read for sure, that is marked."""
    guesses = [Guess(kind="assumed", where="", text=_sentence(text)) for text in answer.assumed[:20] if text.strip()]
    guesses += cross_check(spec, rules)
    left_out = dict.fromkeys([*rules.left_out, *(_sentence(text) for text in answer.left_out[:20] if text.strip())])
    return Draft(
        spec=spec,
        guesses=tuple(guesses),
        left_out=tuple(left_out),
        job=rules.job,
        language=rules.language,
        builder=name[:200],
    )


def cross_check(spec: Spec, rules: Draft) -> list[Guess]:
    """What the rules understood: kept as understood where the spec has it too, marked to be checked where it differs."""
    theirs, mine = _settings(rules.spec), _settings(spec)
    found = []
    for guess in rules.guesses:
        if guess.kind != "understood":
            continue
        name = guess.where.rpartition(".")[2]
        if name in theirs and theirs[name] != mine.get(name):
            text = f"The words say: {guess.text} The language model chose {mine.get(name, 'nothing')}. Please check."
            found.append(Guess(kind="assumed", where=guess.where, text=text))
        elif name in theirs:
            found.append(guess)
    return found


def _settings(spec: Spec) -> dict[str, str]:
    """The settings of the spec's first image step, as texts."""
    for step in validation.walk(spec.steps):
        if step.type in {"generate_image", "edit_image"}:
            names = ("n", "size", "quality", "background", "format")
            return {name: str(step.params[name]) for name in names if name in step.params} | {"model": spec.model}
    return {"model": spec.model}


def _fallen_back(rules: Draft, name: str, reason: str) -> Draft:
    told = f"The language model {name} could not build it ({reason.rstrip('.')}); the rules did. Please check more closely."
    return rules.model_copy(update={"left_out": (told, *rules.left_out)})


def _reason(error: Exception) -> str:
    line = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return line[:160].rstrip(".")


def _sentence(text: str) -> str:
    return " ".join(text.split())[:300]
