"""The step that waits until a member says yes or no."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from pydantic import Field

from pochoir.steps.base import ImageAsk, OutputKind, Params, StepContext
from pochoir.steps.fields import Pictures, Prompt


class ApprovalParams(Params):
    """What is asked, and the images to look at."""

    question: Prompt = Field(title="Question", description="What the member decides, for example: Are these fine?")
    images: Pictures = Field((), title="Images", description="Shown beside the question.", max_length=200)


class AskApproval:
    """Gives `approved`; a later step's `when` decides what a no means."""

    id: ClassVar[str] = "ask_approval"
    version: ClassVar[int] = 1
    title: ClassVar[str] = "Ask for approval"
    help: ClassVar[str] = "Wait until a member approves or declines."
    params: ClassVar[type[Params]] = ApprovalParams
    outputs: ClassVar[Mapping[str, OutputKind]] = {"approved": "boolean"}

    async def run(self, params: ApprovalParams, context: StepContext) -> Mapping[str, Any]:
        images = [picture.ref() for picture in params.images]
        return {"approved": await context.ask_approval(params.question, images)}

    def asks(self, params: ApprovalParams, model: str) -> Sequence[ImageAsk]:
        return ()
