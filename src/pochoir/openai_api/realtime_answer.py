"""One response of a realtime session: the job at work, and the events that tell of it.

The events of an image are those of the Responses API, an extension: OpenAI's own sessions give no images. The bytes go
out once, in `response.output_item.done`; everything else names the image.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog

from pochoir.domain.errors import PochoirError
from pochoir.domain.money import Usage
from pochoir.engines.base import PartialImage
from pochoir.features.conversations.author import Decision
from pochoir.features.conversations.service import Line
from pochoir.openai_api import response_data as data
from pochoir.openai_api.envelope import error_data
from pochoir.openai_api.realtime_talk import Item, Talk
from pochoir.openai_api.realtime_wire import Wire
from pochoir.openai_api.responses_run import Done, Drawn, Job, Told, about, start

_LOG = structlog.get_logger("pochoir.openai_api")
SENT = "The image was on its way when this was cancelled: it is finished, kept and charged."
UNSENT = "Nothing had been sent to an image model when this was cancelled, so nothing was charged."
Limits = Callable[[], Awaitable[list[dict[str, Any]]]]


class Cancelled(Exception):
    """The client takes its response back."""


class Answer:
    """Begins to work when it is made. `talk`: where its items go; None when they go nowhere.

    `echo`: fields that the response repeats. `limits`: what is left of the key's.
    """

    def __init__(
        self, job: Job, queue: Told, wire: Wire, talk: Talk | None, echo: Mapping[str, Any], limits: Limits
    ) -> None:
        self.job = job
        self._limits = limits
        self._queue = queue
        self._wire = wire
        self._talk = talk
        self._echo = echo
        self._output: list[dict[str, Any]] = []
        self._begun: Item | None = None
        self._task = start(job, queue)

    async def run(self) -> None:
        """Tell everything from the beginning to the end, however it ends."""
        await self._wire.tell("response.created", response=self._whole("in_progress"))
        await self._tell_limits()
        while True:
            step = await self._queue.get()
            match step:
                case Decision(prompt=str()):
                    await self._begin()
                case PartialImage():
                    await self._image_event("partial_image", **data.partial_data(step))
                case Drawn():
                    await self._drawn(step.item)
                case Done():
                    await self._done()
                    return
                case BaseException():
                    await self._broken(step)
                    return

    def cancel(self) -> None:
        """End it before its time. What was sent to a model is waited for, without anybody being told."""
        self._queue.put_nowait(Cancelled())
        self.leave()

    def leave(self) -> None:
        """Nobody listens any more: stop what has cost nothing, let the rest come to its end."""
        self.job.left.set()
        if not self.job.sent:
            self._task.cancel()

    # -- the image ---------------------------------------------------------------------------------------------------

    async def _begin(self) -> None:
        shown = {"id": self.job.call, "object": "realtime.item", "type": data.CALL, "status": "in_progress"}
        await self._added(Item(self.job.call, {**shown, "result": None}, answer=True))
        await self._image_event("in_progress")
        await self._image_event("generating")

    async def _image_event(self, kind: str, **more: Any) -> None:
        await self._tell(f"image_generation_call.{kind}", **self._place(self.job.call), **more)

    async def _drawn(self, drawn: dict[str, Any]) -> None:
        item, made, decision = self._begun, self.job.made, self.job.decision
        assert item is not None
        assert made is not None
        assert decision is not None
        item.shown = {**item.shown, **drawn, "result": None, "pochoir": about(made, decision)}
        item.line = Line("assistant", "", drawn=decision.prompt or "", call=self.job.call)
        item.images = (made.artifacts[0].id,)
        await self._image_event("completed")
        await self._finished(item, {**item.shown, "result": drawn["result"]})

    # -- the words ---------------------------------------------------------------------------------------------------

    async def _words(self, text: str, status: str) -> None:
        item_id = f"msg_{self.job.id.removeprefix('resp_')}"
        shown = {"id": item_id, "object": "realtime.item", "type": "message", "role": "assistant"}
        item = Item(item_id, {**shown, "status": "in_progress", "content": []}, answer=True)
        await self._added(item)
        place = {**self._place(item_id), "content_index": 0}
        await self._tell("content_part.added", **place, part={"type": "text", "text": ""})
        await self._tell("output_text.delta", **place, delta=text)
        await self._tell("output_text.done", **place, text=text)
        await self._tell("content_part.done", **place, part={"type": "text", "text": text})
        item.shown = {**shown, "status": status, "content": [{"type": "output_text", "text": text}]}
        item.line = Line("assistant", text)
        await self._finished(item, item.shown)

    # -- how it ends -------------------------------------------------------------------------------------------------

    async def _done(self) -> None:
        decision, made = self.job.decision, self.job.made
        assert decision is not None
        status = "incomplete" if decision.cut else "completed"
        if decision.text:
            await self._words(decision.text, status)
        if self._talk is not None:
            self._talk.done.add(self.job.id)
        reason = {"reason": "max_output_tokens"} if decision.cut else {}
        more: dict[str, Any] = {"status_details": {"type": status, **reason}}
        if made is not None:
            more["pochoir"] = about(made, decision)
        reported = made is not None and made.result.usage_reported
        if reported or decision.asked:
            more["usage"] = _usage(made.result.usage if made is not None and reported else Usage(), decision)
        await self._tell_whole(status, **more)

    async def _broken(self, error: BaseException) -> None:
        cancelled = isinstance(error, Cancelled | asyncio.CancelledError)
        if self._begun is not None:
            self._begun.shown = {**self._begun.shown, "status": "failed"}
            await self._finished(self._begun, self._begun.shown)
        if cancelled:
            details = {"type": "cancelled", "reason": "client_cancelled"}
            await self._tell_whole("cancelled", status_details=details, pochoir=self._spent())
            return
        if not isinstance(error, PochoirError):
            _LOG.error("response failed", response=self.job.id, exc_info=error)
            error = PochoirError(f"Something broke on the server. Its log says more under {self.job.id}.")
        await self._tell_whole("failed", status_details={"type": "failed", **error_data(error)})

    def _spent(self) -> dict[str, Any]:
        """What a cancelled response cost all the same."""
        if self.job.made is not None and self.job.decision is not None:
            return about(self.job.made, self.job.decision)
        return {"notes": [SENT if self.job.sent else UNSENT]}

    # -- telling -----------------------------------------------------------------------------------------------------

    async def _added(self, item: Item) -> None:
        self._begun = item
        await self._tell("output_item.added", output_index=len(self._output), item=item.shown)
        if self._talk is not None:
            before = self._talk.put(item)
            await self._wire.tell("conversation.item.added", previous_item_id=before, item=item.shown)

    async def _finished(self, item: Item, whole: Mapping[str, Any]) -> None:
        """`whole`: the item with the bytes of its image."""
        await self._tell("output_item.done", output_index=len(self._output), item=whole)
        self._output.append(item.shown)
        self._begun = None
        if self._talk is not None and self._talk.holds(item):
            before = self._talk.before(item)
            await self._wire.tell("conversation.item.done", previous_item_id=before, item=item.shown)

    def _place(self, item_id: str) -> dict[str, Any]:
        return {"item_id": item_id, "output_index": len(self._output)}

    async def _tell(self, kind: str, **more: Any) -> None:
        await self._wire.tell(f"response.{kind}", response_id=self.job.id, **more)

    async def _tell_limits(self) -> None:
        try:
            limits = await self._limits()
        except PochoirError as error:
            _LOG.warning("limits not read", response=self.job.id, reason=error.message)
            return
        if limits:
            await self._wire.tell("rate_limits.updated", rate_limits=limits)

    async def _tell_whole(self, status: str, **more: Any) -> None:
        await self._tell_limits()
        await self._wire.tell("response.done", response=self._whole(status, **more))

    def _whole(self, status: str, **more: Any) -> dict[str, Any]:
        known = {"id": self.job.id, "object": "realtime.response", "status": status, "output": self._output}
        return {**known, **self._echo, **more}


def _usage(usage: Usage, decision: Decision) -> dict[str, Any]:
    """The image model's tokens and the language model's, which are text."""
    text, image = usage.text_in + decision.given, usage.image_in
    cached = usage.cached_text_in + usage.cached_image_in
    words, pixels = usage.text_out + decision.made, usage.image_out
    given, made = text + image + cached, words + pixels
    return {
        "total_tokens": given + made,
        "input_tokens": given,
        "output_tokens": made,
        "input_token_details": {
            "text_tokens": text + usage.cached_text_in,
            "image_tokens": image + usage.cached_image_in,
            "audio_tokens": 0,
            "cached_tokens": cached,
        },
        "output_token_details": {"text_tokens": words, "image_tokens": pixels, "audio_tokens": 0},
    }
