"""Answers a thread's run as a response is answered: decide, draw along the images' one path, say something to it.

Holds to `features.assistants.assistant.Answerer`. The decision and the image's key belong to the run: it never draws twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from pochoir.domain.errors import InvalidValue
from pochoir.features.assistants.assistant import Answered, Keep, Message, Show, ThreadRun
from pochoir.features.assistants.talk import Talk, talk_of
from pochoir.features.conversations.author import Decision
from pochoir.features.conversations.service import Line, Turn
from pochoir.features.images.artifact import Payer
from pochoir.features.services import Services
from pochoir.openai_api.making import image_card
from pochoir.openai_api.references import MAX_IMAGES, checked_mask, read_reference
from pochoir.openai_api.response_data import usage_data
from pochoir.openai_api.responses_asked import MAX_TALK, Said, Sent, Wanted
from pochoir.openai_api.responses_run import Job, about, close, decide, draw
from pochoir.openai_api.thread_asked import stored_of


class ThreadAnswers:
    def __init__(self, here: Services) -> None:
        self._here = here
        self._jobs: dict[str, Job] = {}

    def sent(self, run: ThreadRun) -> bool:
        return run.id in self._jobs and self._jobs[run.id].sent

    async def settled(self, run: ThreadRun) -> bool:
        return await self._here.images.settled(_key(run))

    async def answer(self, run: ThreadRun, messages: Sequence[Message], keep: Keep, show: Show) -> Answered:
        """Raises the domain errors."""
        self._jobs[run.id] = job = await self._job(run, messages)

        async def kept(decision: Decision) -> None:
            await keep(asdict(decision))

        job.keep = kept
        try:
            return await self._through(job, run, show)
        finally:
            del self._jobs[run.id]

    async def _through(self, job: Job, run: ThreadRun, show: Show) -> Answered:
        job.decision = decision = Decision(**run.decision) if run.decision else await decide(job)
        if decision.prompt is not None:
            await draw(job, decision, decision.prompt)
        if job.made is not None:
            await show(job.made.artifacts[0].id)
            await close(job)
        return await self._answered(job, job.decision or decision)

    async def _answered(self, job: Job, decision: Decision) -> Answered:
        made = job.made
        usage = usage_data(made.result.usage if made and made.result.usage_reported else None, decision)
        tokens = None
        if usage is not None:
            tokens = {
                "prompt_tokens": usage["input_tokens"],
                "completion_tokens": usage["output_tokens"],
                "total_tokens": usage["total_tokens"],
            }
        if made is None:
            return Answered(decision.text, usage=tokens, refused=decision.refused, cut=decision.cut)
        told = about(made, decision)
        if made.replayed:
            told |= {"charge_microusd": await self._here.metering.charged(made.attempt), "replayed": False}
        return Answered(decision.text, made.artifacts[0].id, tokens, told)

    async def _job(self, run: ThreadRun, messages: Sequence[Message]) -> Job:
        here, wanted = self._here, run.wanted
        last = wanted.asked["truncation_strategy"]["last_messages"]
        talk = talk_of(messages[-last:] if last else messages, MAX_TALK)
        return Job(
            here=here,
            wanted=await self._wanted(run, talk),
            id=run.id,
            created=0,
            key=_key(run),
            asked="",
            tell=lambda step: None,
            payer=await self._payer(wanted.api_key),
            headers=wanted.headers,
            earlier=Turn("", talk=talk.before, artifacts=talk.left),
        )

    async def _wanted(self, run: ThreadRun, talk: Talk) -> Wanted:
        """Without a language model that decides, or without a message, instructions are words like any other."""
        here, wanted = self._here, run.wanted
        decided = await image_card(here, wanted.model) is None and await here.author.ready()
        now = talk.now
        apart = decided and bool(talk.before or now)
        if wanted.instructions and not apart:
            now = (Line("user", wanted.instructions), *now)
        if not talk.before and not now:
            raise InvalidValue("The thread has no messages. Add one that says what you want.", param="thread_id")
        tool: Mapping[str, Any] | None = wanted.tools[-1] if wanted.tools else ({} if decided else None)
        choice, mask = wanted.asked["tool_choice"], (tool or {}).get("input_image_mask")
        options: dict[str, Any] = {
            name: wanted.asked[name] for name in ("temperature", "top_p") if name in wanted.asked
        }
        if wanted.asked["max_completion_tokens"] is not None:
            options["max_tokens"] = wanted.asked["max_completion_tokens"]
        return Wanted(
            model=wanted.model,
            said=Said(talk=list(now), images=await self._sent(talk)),
            tool=None if choice == "none" else tool,
            forced=choice not in ("auto", "none"),
            action=(tool or {}).get("action") or "auto",
            mask=checked_mask(await read_reference(stored_of(here), mask, "input_image_mask")) if mask else None,
            stream=False,
            store=False,
            previous=None,
            options=options,
            echo={"instructions": wanted.instructions if apart else ""},
            barred=choice == "none",
        )

    async def _sent(self, talk: Talk) -> list[Sent]:
        if len(talk.sent) > MAX_IMAGES:
            raise InvalidValue(f"At most {MAX_IMAGES} images go in. Send fewer.", param="content")
        stored = stored_of(self._here)
        return [Sent(await stored.image(image, "image_file"), image) for image in talk.sent]

    async def _payer(self, api_key: str | None) -> Payer | None:
        """The key that began the run: its budget pays, its limits hold."""
        if api_key is None:
            return None
        key = next((key for key in await self._here.accounts.keys() if key.id == api_key), None)
        limits = self._here.accounts.limits

        async def admit(images: int) -> None:
            if key is not None:
                await limits.take(key, "images", images)

        return Payer(api_key, admit)


def _key(run: ThreadRun) -> str:
    """Of the run's image, apart from the keys of clients and batches."""
    return f"thread:{run.id}"
