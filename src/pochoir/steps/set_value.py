"""The step that works a value out once, so that later steps can use it by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from pydantic import Field

from pochoir.steps.base import ImageAsk, OutputKind, Params, StepContext


class ValueParams(Params):
    """Any JSON value; texts in it may hold templates."""

    value: Any = Field(title="Value", description="A text, a number, a list or an object.")


class SetValue:
    """Gives back its `value`."""

    id: ClassVar[str] = "set_value"
    version: ClassVar[int] = 1
    title: ClassVar[str] = "Set a value"
    help: ClassVar[str] = "Work out a value once and use it in later steps."
    params: ClassVar[type[Params]] = ValueParams
    outputs: ClassVar[Mapping[str, OutputKind]] = {"value": "value"}

    async def run(self, params: ValueParams, context: StepContext) -> Mapping[str, Any]:
        return {"value": params.value}

    def asks(self, params: ValueParams, model: str) -> Sequence[ImageAsk]:
        return ()
