"""The step types: one line each. A new step type is a file beside this one and its line here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType

from pochoir.steps.base import StepType

STEPS: Mapping[str, str] = MappingProxyType(
    {
        "generate_image": "pochoir.steps.generate_image:GenerateImage",
        "edit_image": "pochoir.steps.edit_image:EditImage",
        "transform_image": "pochoir.steps.transform_image:TransformImage",
        "write_text": "pochoir.steps.write_text:WriteText",
        "ask_approval": "pochoir.steps.ask_approval:AskApproval",
        "set_value": "pochoir.steps.set_value:SetValue",
    }
)
"""Id -> dotted name of the class, imported late."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """The step types that can be used, and for each that cannot the sentence that says why and what to do."""

    types: Mapping[str, StepType]
    unavailable: Mapping[str, str]


def load(names: Mapping[str, str] = STEPS) -> Loaded:
    """Import every step type. Raises ValueError when one calls itself by another id than its line here."""
    types: dict[str, StepType] = {}
    unavailable: dict[str, str] = {}
    for step_id, dotted in names.items():
        module, _, name = dotted.partition(":")
        try:
            step: StepType = getattr(import_module(module), name)()
        except ImportError as error:
            missing = error.name or module
            unavailable[step_id] = f"Step '{step_id}' needs the package '{missing}'. Run: pip install {missing}"
            continue
        if step.id != step_id:
            raise ValueError(f"The step type {dotted} calls itself '{step.id}', its line says '{step_id}'.")
        types[step_id] = step
    return Loaded(MappingProxyType(types), MappingProxyType(unavailable))
