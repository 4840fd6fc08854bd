"""One response, from what is wanted to what is answered: decide, draw, say, keep. Each step is told to whoever streams.

With a key the decision is written down before anything is drawn, so that a repeated request draws the same once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

import pybase64
import structlog

from pochoir.domain.errors import Conflict, EngineError, InvalidImage, InvalidValue, NotFound
from pochoir.domain.images import ImageInput
from pochoir.engines.base import PartialImage
from pochoir.features.conversations.author import Decision
from pochoir.features.conversations.service import Line, Turn
from pochoir.features.images.artifact import Made, Payer
from pochoir.features.services import Services
from pochoir.openai_api import ongoing
from pochoir.openai_api import response_data as data
from pochoir.openai_api.fields import DEFAULT_MODEL, Asked, read_fields, with_headers
from pochoir.openai_api.making import image_card, make
from pochoir.openai_api.references import MAX_IMAGES, Stored
from pochoir.openai_api.responses_asked import MAX_TALK, TOOL_FIELDS, Wanted, nothing_but_drawing

_LOG = structlog.get_logger("pochoir.openai_api")
MASK = "tools[0].input_image_mask"
MAX_BEFORE = 4_000
"""Characters of earlier turns that go before a text which is drawn as it is."""
UNREAD = "No language model is connected, so the text was drawn as it is."


@dataclass(frozen=True, slots=True)
class Drawn:
    """The image is there: its item."""

    item: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Done:
    """The whole answer."""

    body: dict[str, Any]


Step = Decision | PartialImage | Drawn | Done
Told = asyncio.Queue[Step | BaseException]
"""What a job tells, step by step; the last is `Done`, or why there is no answer."""


@dataclass
class Job:
    """One response on its way. `key` is the client's own for this request, `asked` a hash of the request.

    `keep` is given the decision before anything is drawn by it; what it raises stops the drawing.
    `sent`: the image is, or will be, with its model, so that it must be waited for. `left`: nobody waits for the words.
    """

    here: Services
    wanted: Wanted
    id: str
    created: int
    key: str | None
    asked: str
    tell: Callable[[Step], None]
    payer: Payer | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    earlier: Turn | None = None
    decision: Decision | None = None
    made: Made | None = None
    references: tuple[ImageInput, ...] = ()
    keep: Callable[[Decision], Awaitable[None]] | None = None
    sent: bool = False
    left: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def call(self) -> str:
        return data.call_id(self.id)

    @property
    def talk(self) -> tuple[Line, ...]:
        return (*(self.earlier.talk if self.earlier else ()), *self.wanted.said.talk)

    def whole(self, **more: Any) -> dict[str, Any]:
        wanted = self.wanted
        known = {"previous_response_id": wanted.previous, "store": wanted.store}
        return data.whole(
            self.id, self.created, wanted.model or DEFAULT_MODEL, wanted.echo, **{"output": [], **known, **more}
        )


def start(job: Job, queue: Told) -> asyncio.Task[None]:
    """Work in the background, and put into the queue how it ends: a client that leaves does not stop the work."""
    return ongoing.begin(_told(job, queue))


async def _told(job: Job, queue: Told) -> None:
    try:
        await work(job)
    except BaseException as error:
        queue.put_nowait(error)
        raise


async def work(job: Job) -> dict[str, Any]:
    """The answer's body. Raises the domain errors of checking, language model, budget and engine."""
    here = job.here.conversations
    async with here.hold(job.id):
        known = await here.known(job.id) if job.key else None
        if known is not None and known.asked != job.asked:
            raise Conflict("This key was used for another request. Send a new key with a new request.", param="key")
        if known is not None and known.shown:
            body = await shown_again(job.here, known)
            body["pochoir"] = {**body.get("pochoir", {}), "replayed": True}
        else:
            body = await _answer(job, Decision(**known.decision) if known is not None else None)
    job.tell(Done(body))
    return body


async def _answer(job: Job, decision: Decision | None) -> dict[str, Any]:
    here, wanted = job.here, job.wanted
    if wanted.previous:
        job.earlier = await _before(here, wanted.previous)
    if sum(len(line.text) + len(line.drawn) or 1 for line in job.talk) > MAX_TALK:
        raise InvalidValue(f"All that was said has more than {MAX_TALK:,} characters. Start anew.", param="input")
    await _check_pixels(job)
    if job.key:
        job.keep = partial(_keep, job)
    job.decision = decision = decision or await decide(job)
    if decision.prompt is None:
        job.tell(decision)
    else:
        await draw(job, decision, decision.prompt)
        await _show(job)
        await close(job)
    body = _finished(job)
    await here.conversations.put(await _turn(job, body), kept=wanted.store)
    return body


async def _check_pixels(job: Job) -> None:
    """Raises InvalidImage for a damaged mask or image, which could not be kept once the answer is paid."""
    wanted = job.wanted
    given = [("input", sent.image) for sent in wanted.said.images if not sent.id]
    if wanted.mask is not None:
        given.append((MASK, wanted.mask))
    for where, image in given:
        try:
            await job.here.images.library.check(image)
        except InvalidImage as error:
            raise InvalidImage(error.message, param=where) from error


async def _before(here: Services, response_id: str) -> Turn:
    """The response that this one goes on from. Clients know OpenAI's code, and send the whole talk then."""
    try:
        return await here.conversations.get(response_id)
    except NotFound as error:
        raise InvalidValue(error.message, param="previous_response_id", code="previous_response_not_found") from error


async def _keep(job: Job, decision: Decision) -> None:
    begun = Turn(job.id, asked=job.asked, decision=asdict(decision))
    await job.here.conversations.put(begun, kept=False)


async def _show(job: Job) -> None:
    assert job.made is not None
    job.made = await job.here.copies.in_answers(job.made)
    job.tell(Drawn(_item(job, job.made)))


# -- deciding --------------------------------------------------------------------------------------------------------


async def decide(job: Job) -> Decision:
    """What is drawn and said: the language model's choice, or the user's own words."""
    wanted, here = job.wanted, job.here
    if wanted.barred and await image_card(here, wanted.model) is not None:
        raise nothing_but_drawing()
    if wanted.tool is not None and wanted.mask is not None and not _goes_in(job):
        raise _nothing_below_the_mask()
    if not await drawn_as_said(here, wanted.model):
        if not any(line.text.strip() or line.images or line.drawn for line in job.talk if line.role != "system"):
            raise _nothing_said()
        manner = wanted.echo["instructions"]
        talk = (Line("system", manner), *job.talk) if manner else job.talk
        return await here.author.decide(
            talk, tool=wanted.tool is not None, forced=wanted.forced, options=wanted.options
        )
    if wanted.tool is None and await image_card(here, wanted.model) is None:
        raise InvalidValue(
            "No language model is connected, so this cannot be answered in words. Connect one on the settings page, add "
            "the tool image_generation, or name an image model.",
            param="model",
        )
    return Decision(_own_words(job))


async def drawn_as_said(here: Services, model: str) -> bool:
    """Whether what the user says is drawn as it is: an image model was named, or no language model is connected."""
    return await image_card(here, model) is not None or not await here.author.ready()


def _own_words(job: Job) -> str:
    """What the user said since the last image; all that was said before as well when no image goes in."""
    said = job.wanted.said.talk
    last = max((number for number, line in enumerate(said) if line.drawn), default=-1)
    words = _of_user(said[last + 1 :]) or _of_user(said)
    if not words:
        raise _nothing_said()
    if job.earlier is not None and (job.wanted.action == "generate" or not _goes_in(job)):
        room = MAX_BEFORE
        for text in reversed(_of_user(job.earlier.talk)):
            room -= len(text)
            if room < 0:
                break
            words.insert(0, text)
    return "\n".join(words)


def _nothing_said() -> InvalidValue:
    return InvalidValue("The input has no text. Say what the image should show.", param="input")


def _of_user(talk: tuple[Line, ...] | list[Line]) -> list[str]:
    return [line.text for line in talk if line.role == "user" and line.text.strip()]


def _nothing_below_the_mask() -> InvalidValue:
    return InvalidValue(
        "A mask lies on an image, and none goes in here. Send the image as well, or leave the mask out.",
        param=MASK,
    )


def _goes_in(job: Job) -> bool:
    return bool(job.wanted.said.images or (job.earlier is not None and job.earlier.artifacts))


# -- drawing ---------------------------------------------------------------------------------------------------------


async def draw(job: Job, decision: Decision, prompt: str) -> None:
    """Draw. What can be refused at once is, before anything is kept or told."""
    here = job.here
    action = decision.action if job.wanted.action == "auto" else job.wanted.action
    job.references = await _references(job, action)
    asked = with_headers(_asked(job, await _model(job), prompt), job.headers)
    await here.images.prepare(asked.request, partial_images=asked.partial_images)
    if job.keep is not None:
        await job.keep(decision)
    job.tell(decision)

    async def on_partial(item: PartialImage) -> None:
        job.tell(item)

    def on_send() -> None:
        job.sent = True

    wanted = on_partial if asked.partial_images else None
    job.made = await make(here.images, asked, job.key, wanted, job.payer, on_send)


async def close(job: Job) -> None:
    """Let the language model say something to what was drawn by its decision; not when nobody waits for it any more."""
    decision = job.decision
    if decision is None or not decision.asked or decision.text or job.left.is_set():
        return
    asking = asyncio.ensure_future(job.here.author.close(job.talk, decision))
    leaving = asyncio.ensure_future(job.left.wait())
    try:
        await asyncio.wait({asking, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if asking.done():
            job.decision = asking.result()
    except EngineError as error:
        _LOG.warning("no closing words", response=job.id, reason=error.message)
    finally:
        asking.cancel()
        leaving.cancel()


async def _model(job: Job) -> str:
    """The image model: the tool's, else the request's when it is one, else the built-in one."""
    named = (job.wanted.tool or {}).get("model")
    if named:
        return str(named)
    return job.wanted.model if await image_card(job.here, job.wanted.model) else DEFAULT_MODEL


async def _references(job: Job, action: str) -> tuple[ImageInput, ...]:
    """Images that go in: what this request sends, and what the response before it left unless images are named anew.

    A mask means a change of them, also where the language model, which does not see it, says generate.
    """
    said, mask = job.wanted.said, job.wanted.mask
    own = [sent.image for sent in said.images]
    if action == "generate" and mask is None:
        return ()
    ids = () if said.named or job.earlier is None else job.earlier.artifacts
    before = [await _left_before(job, image) for image in ids[: MAX_IMAGES - len(own)]]
    if job.wanted.action == "edit" and not own and not before:
        raise InvalidValue("An edit needs an image. Add an input_image, or take 'action' away.", param="input")
    if mask is not None and not own and not before:
        raise _nothing_below_the_mask()
    return (*own, *before) if mask is not None else (*before, *own)


async def _left_before(job: Job, image: str) -> ImageInput:
    try:
        return await Stored(job.here.images.library, job.here.files).image(image, "previous_response_id")
    except InvalidValue as error:
        raise InvalidValue(
            "An image of the response before is not here any more. Start anew, or send the image itself.",
            param="previous_response_id",
        ) from error


def _asked(job: Job, model: str, prompt: str) -> Asked:
    tool = job.wanted.tool or {}
    fields = {name: value for name, value in tool.items() if name in TOOL_FIELDS}
    if not job.references:
        fields.pop("input_fidelity", None)
    if not job.wanted.stream:
        fields.pop("partial_images", None)  # they cost tokens, and nobody would see them
    return read_fields({**fields, "model": model, "prompt": prompt}, references=job.references, mask=job.wanted.mask)


# -- answering -------------------------------------------------------------------------------------------------------


def _item(job: Job, made: Made) -> dict[str, Any]:
    assert job.decision is not None
    return data.call_item(job.call, made, job.decision.prompt or "", "edit" if job.references else "generate")


def _finished(job: Job) -> dict[str, Any]:
    assert job.decision is not None
    decision, made = job.decision, job.made
    output: list[dict[str, Any]] = []
    more: dict[str, Any] = {"completed_at": int(job.here.clock.now().timestamp())}
    if decision.cut:
        more = {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}
    if made is not None:
        output.append(_item(job, made))
        more["pochoir"] = about(made, decision)
    if decision.text:
        item_id = f"msg_{job.id.removeprefix('resp_')}"
        output.append(data.message_item(item_id, decision.text, refused=decision.refused, cut=decision.cut))
    usage = data.usage_data(made.result.usage if made and made.result.usage_reported else None, decision)
    return job.whole(output=output, usage=usage, **more) if usage else job.whole(output=output, **more)


def about(made: Made, decision: Decision) -> dict[str, Any]:
    """What really answered, what it cost, and what was mapped on the way."""
    return {
        "model": made.model,
        "snapshot": made.result.snapshot,
        "images": [artifact.id for artifact in made.artifacts],
        "charge_microusd": made.charge.total,
        "replayed": made.replayed,
        "notes": [*made.notes, *(() if decision.asked else (UNREAD,)), *((decision.note,) if decision.note else ())],
        **({"instead_of": made.instead_of} if made.instead_of else {}),
    }


async def _turn(job: Job, body: dict[str, Any]) -> Turn:
    """What is kept: the image by its id. Of a response that is not to be kept, only what its repetition needs."""
    assert job.decision is not None
    drawn = job.made.artifacts[0].id if job.made else None
    output = [{**item, "result": None} if item["type"] == data.CALL else item for item in body["output"]]
    shown = {**body, "output": output, "tools": [await _unmasked(job, tool) for tool in body["tools"]]}
    turn = Turn(job.id, drawn=drawn, shown=shown, asked=job.asked, decision=asdict(job.decision))
    if not job.wanted.store:
        return turn
    said = Line("assistant", job.decision.text, drawn=job.decision.prompt or "", call=job.call if drawn else "")
    return Turn(
        **{
            **{name: getattr(turn, name) for name in ("id", "drawn", "shown", "asked", "decision")},
            "talk": (*job.talk, said),
            "given": len(job.talk),
            "artifacts": (drawn,) if drawn else await _left(job),
        }
    )


async def _unmasked(job: Job, tool: Mapping[str, Any]) -> Mapping[str, Any]:
    """The tool as it is kept: a mask that came as data is kept as an image of its own, where the response is."""
    mask = tool.get("input_image_mask")
    if not isinstance(mask, dict) or not str(mask.get("image_url", "")).startswith("data:"):
        return tool
    kept = await _kept(job, job.wanted.mask) if job.wanted.store and job.wanted.mask is not None else None
    plain = {name: value for name, value in tool.items() if name != "input_image_mask"}
    return {**plain, "input_image_mask": {"file_id": kept}} if kept else plain


async def _left(job: Job) -> tuple[str, ...]:
    """Images that a later response goes on from when this one drew nothing; what was sent as data is kept for it."""
    before = job.earlier.artifacts if job.earlier is not None and not job.wanted.said.named else ()
    own = [sent.id or await _kept(job, sent.image) for sent in job.wanted.said.images]
    return (*before, *(image for image in own if image))[-MAX_IMAGES:]


async def _kept(job: Job, image: ImageInput) -> str | None:
    """The id of an image that is put into the library; None where it cannot be, as what is answered is paid already."""
    try:
        return (await job.here.images.library.upload(image.data)).id
    except InvalidImage as error:
        _LOG.warning("an image of a response could not be kept", response=job.id, reason=error.message)
        return None


async def shown_again(here: Services, turn: Turn) -> dict[str, Any]:
    """A response as it was answered, with its image read from the library; None in its place when it is gone."""
    result = None
    if turn.drawn is not None:
        try:
            image = await here.copies.data(turn.drawn)
        except NotFound:
            _LOG.info("image of a response is gone", response=turn.id, image=turn.drawn)
        else:
            result = await asyncio.to_thread(pybase64.b64encode_as_string, image)
    output = [{**item, "result": result} if item["type"] == data.CALL else item for item in turn.shown["output"]]
    return {**turn.shown, "output": output}
