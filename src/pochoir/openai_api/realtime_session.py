"""A realtime session: takes a client's events one by one, has responses made one at a time, and ends in time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
import pybase64
import structlog
from starlette.websockets import WebSocket

from pochoir.domain.errors import Conflict, InvalidRequest, InvalidValue, NotFound, PochoirError
from pochoir.openai_api import realtime_asked as asked
from pochoir.openai_api.bodies import check_json
from pochoir.openai_api.keys import Caller, standings
from pochoir.openai_api.making import payer_of
from pochoir.openai_api.realtime_answer import Answer
from pochoir.openai_api.realtime_talk import MAX_ITEMS, ROOT, Item, Reader, Talk, no_audio, only
from pochoir.openai_api.realtime_wire import Wire
from pochoir.openai_api.references import Stored
from pochoir.openai_api.response_data import CALL, response_of
from pochoir.openai_api.responses_run import Job, Told, drawn_as_said
from pochoir.web.deps import services

_LOG = structlog.get_logger("pochoir.openai_api")
GOING_AWAY = 1001
_AUDIO = frozenset({"output_audio_buffer.clear", "conversation.item.truncate"})


@dataclass(frozen=True, slots=True)
class Bounds:
    """Seconds that a session may last, and be idle; items that it may hold."""

    seconds: float = 3600.0
    idle: float = 1800.0
    items: int = MAX_ITEMS


Who = Callable[[], Awaitable[Caller]]


class Session:
    """`who` finds out anew who asks: a key may be revoked or limited meanwhile. `settings`: the first ones, checked."""

    def __init__(self, socket: WebSocket, who: Who, model: str, settings: Mapping[str, Any], bounds: Bounds) -> None:
        here = services(socket)
        self._here, self._socket, self._who, self._model = here, socket, who, model
        self._settings = dict(settings)
        self._bounds = bounds
        self._caller: Caller | None = None
        self._wire = Wire(socket, here.clock)
        self._stored = Stored(here.images.library, here.files)
        self._reader = Reader(self._stored, self._earlier)
        self._talk = Talk(bounds.items)
        self._id, self._conversation = here.clock.new_id("sess"), here.clock.new_id("conv")
        self._expires = int(here.clock.now().timestamp() + bounds.seconds)
        self._answer: Answer | None = None
        self._telling: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """From the first event to the end of the socket. Nothing that it began is left but images that were sent for."""
        await self._wire.tell("session.created", session=self._shown())
        try:
            await self._take_all()
        finally:
            if self._answer is not None:
                self._answer.leave()
            if self._telling is not None:
                self._telling.cancel()
                await asyncio.wait({self._telling})

    async def _take_all(self) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + self._bounds.seconds
        while True:
            until = min(end, loop.time() + self._bounds.idle)
            try:
                async with asyncio.timeout_at(until):
                    message = await self._socket.receive()
            except TimeoutError:
                if loop.time() < end and self._answer is not None:
                    continue
                await self._end(over=loop.time() >= end)
                return
            if message["type"] == "websocket.disconnect":
                return
            await self._take(message.get("text") or message.get("bytes") or b"")

    async def _end(self, *, over: bool) -> None:
        minutes = f"{(self._bounds.seconds if over else self._bounds.idle) / 60:g} minutes"
        error = (
            InvalidRequest(f"A session lasts {minutes}. Open another one.", code="session_expired")
            if over
            else InvalidRequest(f"Nothing was sent for {minutes}. Open another session.", code="session_idle")
        )
        await self._wire.complain(error)
        await self._wire.close(GOING_AWAY)

    async def _take(self, text: str | bytes) -> None:
        """One event. Whatever is wrong with it is said, and the session goes on."""
        event_id: str | None = None
        try:
            event = _read(text)
            given = event.get("event_id")
            event_id = given if isinstance(given, str) and len(given) <= 512 else None
            if given is not None and event_id is None:
                raise InvalidValue("'event_id' is a text of at most 512 characters. Change it.", param="event_id")
            await self._handle(event)
        except PochoirError as error:
            await self._wire.complain(error, event_id)
        except Exception as error:  # noqa: BLE001 - whatever breaks, the client is told and the session goes on
            await self._broken(error, event_id)

    async def _broken(self, error: Exception, event_id: str | None) -> None:
        _LOG.error("realtime session failed", session=self._id, exc_info=error)
        said = PochoirError(f"Something broke on the server. Its log says more under {self._id}.")
        await self._wire.complain(said, event_id)

    async def _handle(self, event: dict[str, Any]) -> None:
        kind = event.get("type")
        if not isinstance(kind, str):
            raise InvalidValue(
                "'type' must say what the event is. Add it.", param="type", code="missing_required_parameter"
            )
        if kind.startswith("input_audio_buffer.") or kind in _AUDIO:
            raise no_audio("type")
        known: Mapping[str, tuple[Callable[[dict[str, Any]], Awaitable[None]], tuple[str, ...]]] = {
            "session.update": (self._update, ("session",)),
            "conversation.item.create": (self._create_item, ("item", "previous_item_id")),
            "conversation.item.retrieve": (self._retrieve_item, ("item_id",)),
            "conversation.item.delete": (self._delete_item, ("item_id",)),
            "response.create": (self._create_response, ("response",)),
            "response.cancel": (self._cancel_response, ("response_id",)),
        }
        if kind not in known:
            raise InvalidValue(f"'type' can be {', '.join(known)}, not '{kind[:60]}'. Change it.", param="type")
        handler, fields = known[kind]
        only(event, frozenset({"type", "event_id", *fields}))
        self._caller = await self._who()  # who lost the key neither reads nor adds anything more
        await handler(event)

    # -- the session -------------------------------------------------------------------------------------------------

    async def _update(self, event: dict[str, Any]) -> None:
        self._settings = await asked.updated(self._settings, event.get("session"), self._model, self._stored)
        await self._wire.tell("session.updated", session=self._shown())

    def _shown(self) -> dict[str, Any]:
        who = {"type": "realtime", "object": "realtime.session", "id": self._id, "model": self._model}
        return {**who, **self._settings, "expires_at": self._expires}

    # -- items -------------------------------------------------------------------------------------------------------

    async def _earlier(self, call: str) -> str | None:
        turn = await self._here.conversations.known(response_of(call))
        return turn.drawn if turn is not None else None

    async def _create_item(self, event: dict[str, Any]) -> None:
        after = _id(event, "previous_item_id") if event.get("previous_item_id") is not None else None
        if after not in (None, ROOT):
            self._talk.find(after, "previous_item_id")
        self._talk.room()
        item = await self._reader.kept(event.get("item"), self._here.clock.new_id("item"))
        before = self._talk.add(item, after)
        await self._wire.tell("conversation.item.added", previous_item_id=before, item=item.shown)
        await self._wire.tell("conversation.item.done", previous_item_id=before, item=item.shown)

    async def _retrieve_item(self, event: dict[str, Any]) -> None:
        item = self._talk.find(_id(event, "item_id"))
        await self._wire.tell("conversation.item.retrieved", item=await self._with_images(item))

    async def _with_images(self, item: Item) -> dict[str, Any]:
        """The item with its images' bytes."""
        if not item.images:
            return item.shown
        if item.shown["type"] == CALL:
            image = await self._here.copies.data(item.images[0])
            return {**item.shown, "result": await asyncio.to_thread(pybase64.b64encode_as_string, image)}
        return {**item.shown, "content": [await self._with_image(part) for part in item.shown["content"]]}

    async def _with_image(self, part: dict[str, Any]) -> dict[str, Any]:
        if part["type"] != "input_image":
            return part
        sent = await self._stored.image(part["file_id"], "item_id")
        text = await asyncio.to_thread(pybase64.b64encode_as_string, sent.data)
        return {**part, "image_url": f"data:{sent.mime};base64,{text}"}

    async def _delete_item(self, event: dict[str, Any]) -> None:
        item_id = _id(event, "item_id")
        self._talk.delete(item_id)
        await self._wire.tell("conversation.item.deleted", item_id=item_id)

    # -- responses ---------------------------------------------------------------------------------------------------

    async def _create_response(self, event: dict[str, Any]) -> None:
        if self._answer is not None:
            raise Conflict(
                "A response is being made. Wait for its response.done, or send response.cancel.",
                code="conversation_already_has_active_response",
            )
        given = event.get("response")
        settings, own = await asked.overridden(self._settings, {} if given is None else given, self._stored)
        alone = own.get("conversation") == "none"
        if not alone:
            self._talk.room(2)
        caller = self._caller
        assert caller is not None
        if caller.key is not None:
            await self._here.accounts.limits.take(caller.key, "requests")
        job, queue = await self._job(settings, own, caller)
        echo = {
            "output_modalities": settings["output_modalities"],
            "max_output_tokens": settings["max_output_tokens"],
            "metadata": own.get("metadata"),
            **({} if alone else {"conversation_id": self._conversation}),
        }
        self._answer = Answer(job, queue, self._wire, None if alone else self._talk, echo, self._limits)
        self._telling = asyncio.create_task(self._tell(self._answer))

    async def _tell(self, answer: Answer) -> None:
        try:
            await answer.run()
        except Exception as error:  # noqa: BLE001 - whatever breaks, the client is told and the session goes on
            answer.leave()
            await self._broken(error, None)
        finally:
            self._answer = None  # it holds the bytes of its image

    async def _job(self, settings: Mapping[str, Any], own: Mapping[str, Any], caller: Caller) -> tuple[Job, Told]:
        here = self._here
        response_id = here.clock.new_id("resp")
        earlier = None
        if "input" in own:
            with asked.under("response"):
                said = await self._reader.given(own["input"], self._talk)
        else:
            plain = await drawn_as_said(here, self._model)
            alone = own.get("conversation") == "none"
            earlier, said = await self._talk.context(self._stored, None if alone else response_id, plain=plain)
        with asked.under("response"):
            wanted = await asked.wanted(settings, self._model, said, self._stored, own.get("metadata"))
        queue: Told = asyncio.Queue()
        job = Job(
            here=here,
            wanted=wanted,
            id=response_id,
            created=int(here.clock.now().timestamp()),
            key=None,
            asked="",
            tell=queue.put_nowait,
            payer=payer_of(here, caller),
            headers=self._socket.headers,
            earlier=earlier,
        )
        return job, queue

    async def _limits(self) -> list[dict[str, Any]]:
        key = self._caller.key if self._caller is not None else None
        if key is None or not key.limited:
            return []
        return [
            {"name": what, "limit": left.limit, "remaining": left.remaining, "reset_seconds": left.reset / 1e9}
            for what, left in (await standings(self._socket, key)).items()
        ]

    async def _cancel_response(self, event: dict[str, Any]) -> None:
        answer = self._answer
        given = event.get("response_id")
        if answer is None or given not in (None, answer.job.id):
            raise NotFound(
                "There is no such response in work, so nothing was cancelled. Send response.create to begin one.",
                param="response_id" if given is not None else None,
                code="response_cancel_not_active",
            )
        answer.cancel()


def _read(text: str | bytes) -> dict[str, Any]:
    try:
        event = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise InvalidRequest("The event is not JSON. Send a JSON object.", code="invalid_json") from error
    if not isinstance(event, dict):
        raise InvalidRequest("The event is JSON, but no object. Send an object with a 'type'.", code="invalid_json")
    check_json(event, text.encode() if isinstance(text, str) else text)
    return event


def _id(event: Mapping[str, Any], name: str) -> str:
    value = event.get(name)
    if not isinstance(value, str):
        raise InvalidValue(
            f"'{name}' must be the id of an item. Add it.", param=name, code="missing_required_parameter"
        )
    return value
