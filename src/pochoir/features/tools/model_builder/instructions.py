"""What the language model is told: the form of a spec, the step types with their parameters, one worked example."""

from __future__ import annotations

from collections.abc import Mapping

from pochoir.steps.base import StepType

_FORM = """You turn a description of an image tool into its spec.

A spec is JSON: {"title", "summary", "model", "inputs", "steps", "outputs"}.
- inputs: what varies between runs. Each has "key" (small letters, digits, _), "label", "type" (text, long_text, number,
  choice, boolean, date, image, images), and may have "required", "default", "sample", "several" and "choices", a list
  of {"value"}.
- steps: done in order. Each has "id", "type" and "with", its parameters. Texts in "with" may hold {{ inputs.KEY }}
  and {{ steps.ID.images }} of an earlier step. A step {"id", "type": "repeat", "over": "{{ inputs.KEY }}", "as": "item",
  "steps": [...]} does its steps for each item of a list; inside, {{ item }} is the item.
- outputs: each has "key", "label" and "value", usually {{ steps.ID.images }}.

Keep the user's own words in the prompt, in their language. Sizes: 1024x1024 square, 1536x1024 landscape, 1024x1536
portrait. Qualities: low, medium, high. What cannot be had (schedules, sending results elsewhere, video, sound) goes into
left_out, one sentence each. What you guessed goes into assumed.

Step types and their parameters:
"""


def instructions(kinds: Mapping[str, StepType]) -> str:
    """The system prompt, with every step type that is registered."""
    lines = []
    for kind in kinds.values():
        names = ", ".join(
            f"{name}{'' if field.is_required() else '?'}" for name, field in kind.params.model_fields.items()
        )
        lines.append(f"- {kind.id}: {kind.help} with: {names}. outputs: {', '.join(kind.outputs)}")
    return _FORM + "\n".join(lines)
