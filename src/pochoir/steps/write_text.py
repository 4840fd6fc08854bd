"""The step that lets the workspace's language model write a text, for example a prompt or a caption."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from pydantic import Field

from pochoir.steps.base import ImageAsk, OutputKind, Params, StepContext
from pochoir.steps.fields import Prompt, Text, Whole


class WriteParams(Params):
    """What to write, how, and how long at most."""

    prompt: Prompt = Field(title="Task", description="What to write.")
    system: Text = Field("", title="Manner", description="How to write: tone, audience, language.", max_length=8_000)
    max_words: Whole = Field(120, title="Most words", description="The text is kept about this short.", ge=1, le=4_000)


class WriteText:
    """Asks once; a resumed run keeps the text that it has."""

    id: ClassVar[str] = "write_text"
    version: ClassVar[int] = 1
    title: ClassVar[str] = "Write text"
    help: ClassVar[str] = "Let the connected language model write a text that later steps can use."
    params: ClassVar[type[Params]] = WriteParams
    outputs: ClassVar[Mapping[str, OutputKind]] = {"text": "text"}

    async def run(self, params: WriteParams, context: StepContext) -> Mapping[str, Any]:
        return {"text": await context.write_text(params.prompt, params.system, params.max_words)}

    def asks(self, params: WriteParams, model: str) -> Sequence[ImageAsk]:
        return ()
