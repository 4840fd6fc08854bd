"""The step that waits until a member says yes or no."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from pydantic import Field

from pochoir.domain.errors import Declined
from pochoir.steps.base import ImageAsk, OutputKind, Params, StepContext
from pochoir.steps.fields import Pictures, Prompt


class ApprovalParams(Params):
    """What is asked, and the images to look at."""

    question: Prompt = Field(title="Question", description="What the member decides, for example: Are these fine?")
    images: Pictures = Field((), title="Images", description="Shown beside the question.", max_length=200)
    after_no: Literal["go on", "stop"] = Field(
        "go on", title="After a no", description="Stop ends the run; go on leaves it to the conditions of later steps."
    )


class AskApproval:
    """Gives `approved`. After a no the run stops, or a later step's `when` decides what it means."""

    id: ClassVar[str] = "ask_approval"
    version: ClassVar[int] = 1
    title: ClassVar[str] = "Ask for approval"
    help: ClassVar[str] = "Wait until a member approves or declines."
    params: ClassVar[type[Params]] = ApprovalParams
    outputs: ClassVar[Mapping[str, OutputKind]] = {"approved": "boolean"}

    async def run(self, params: ApprovalParams, context: StepContext) -> Mapping[str, Any]:
        images = [picture.ref() for picture in params.images]
        approved = await context.ask_approval(params.question, images)
        if not approved and params.after_no == "stop":
            raise Declined("Somebody said no, so the run ended there. Run it again with changes.")
        return {"approved": approved}

    def asks(self, params: ApprovalParams, model: str) -> Sequence[ImageAsk]:
        return ()
