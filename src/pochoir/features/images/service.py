"""The one path for every image: resolve, check, quote, reserve, engine, provenance, artifact, charge, result.

Three short transactions, none held across the engine's call: the attempt and its reservation before; image, charge and
outcome together after. A process that dies in between leaves an attempt `sent`, which `recover` turns into `unknown`:
it may have been charged, and is sent again only as often as the caller allows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import replace
from typing import Any

import structlog

from pochoir.domain.catalog import Card
from pochoir.domain.errors import (
    BeyondModel,
    Conflict,
    EngineError,
    EngineNotReady,
    EngineRateLimited,
    EngineTimeout,
    InvalidValue,
    ModelNotFound,
    PochoirError,
    Refused,
    Unavailable,
)
from pochoir.domain.images import ImageRequest, ImageResult, Incoming, Size
from pochoir.domain.money import Quote
from pochoir.engines.base import PartialImage
from pochoir.features.catalog.service import CatalogService
from pochoir.features.images import abilities, markups, masks, store
from pochoir.features.images.artifact import Attempt, Made, Payer, Prepared, Readiness
from pochoir.features.images.bookkeeping import Bookkeeping, Kept
from pochoir.features.images.breaker import Breaker, Standing
from pochoir.features.images.deferred import Deferred
from pochoir.features.images.fallback import Fallback, Rules, Shown, note, ruled
from pochoir.features.images.library import Library
from pochoir.features.images.moderation import Moderation
from pochoir.features.images.pace import Pace
from pochoir.features.images.routing import Route, Routing
from pochoir.features.images.written import ASKED, Ask, OnDrawn, OnSend, asked_hash, fingerprint_of, refusal_of
from pochoir.features.metering import pricing
from pochoir.features.metering.service import MeteringService
from pochoir.infra.clock import Clock
from pochoir.infra.db import Database
from pochoir.infra.locks import KeyLocks

ALWAYS = 1_000_000
"""Repeats of a request that may be sent as often as it is asked."""
CACHE = "cache:"
BOOKING_PAUSES = (0.5, 2.0, 5.0)
"""Seconds before an image that was made is tried to be written down again, while the database is busy or away."""
_LOG = structlog.get_logger("pochoir.images")
UPRIGHT = "The photo is turned by its EXIF; it was turned upright, so that the mask lies on it as it is shown."
LATER = 15.0
"""Seconds that an engine has beyond its own limit, to give back what came of several images until then."""
OnPartial = Callable[[PartialImage], Awaitable[None]]


class ImagesService:
    """Makes images and keeps them. See the module's docstring for the order of things."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        catalog: CatalogService,
        metering: MeteringService,
        routing: Routing,
        library: Library,
        pace: Pace | None = None,
        breaker: Breaker | None = None,
        fallbacks: Rules | None = None,
        moderation: Moderation | None = None,
    ) -> None:
        self._db = db
        self._clock = clock
        self._catalog = catalog
        self._metering = metering
        self._routing = routing
        self._locks = KeyLocks()
        self._books = Bookkeeping(db, clock, metering, library, moderation)
        self._pace = pace or Pace()
        self._breaker = breaker or Breaker()
        self._fallbacks = fallbacks
        self._moderation = moderation
        self.library = library
        self.deferred = Deferred(db, clock, catalog, routing, library, self._books, moderation, self.prepare)

    # -- before ------------------------------------------------------------------------------------------------------

    async def prepare(
        self,
        request: ImageRequest,
        *,
        adapt: bool = False,
        incoming: Incoming | None = None,
        partial_images: int = 0,
        batch: bool = False,
    ) -> Prepared:
        """Resolve the model, check or adapt the request, settle open choices and quote. Spends and stores nothing.

        `incoming`: what will go in, where the request does not hold it yet.
        """
        today = self._clock.today()
        resolved = await self._catalog.resolve(request.model, today)
        card, notes = resolved.card, resolved.notes
        if await self._routing.free_here(card, today):
            card = pricing.made_here(card)
        request = replace(request, model=card.id, snapshot=resolved.snapshot)
        if adapt or resolved.ruled:
            request, mapped = abilities.adapt(card, request)
            notes += mapped
        abilities.check(card, request, incoming)
        if request.mask is not None:
            upright = await asyncio.to_thread(markups.upright, request.references[0], request.mask)
            if upright is not None:
                image, mask = upright
                request = replace(request, references=(image, *request.references[1:]), mask=mask)
                notes += (UPRIGHT,)
        if request.markup is not None:
            await asyncio.to_thread(markups.check, request.markup, request.references[0])
        if request.strict_mask:
            request = masks.fitted(request, card)
        request = abilities.settle(card, request)
        layers = [request.markup] if request.markup else []  # held as one image more; the provider's count is charged
        sizes: Sequence[Size | None] = [image.size for image in (*request.references, *layers)]
        if incoming is not None:
            sizes = incoming.priced
        quote = pricing.quote(card, request, today, reference_sizes=sizes, partial_images=partial_images, batch=batch)
        return Prepared(card, request, quote, notes, batch=batch)

    async def quote(self, request: ImageRequest, references: int | None = None) -> Quote:
        """The price of a request, with `references` images going in whose sizes are not known yet."""
        incoming = None if references is None else Incoming(references)
        return (await self.prepare(request, adapt=True, incoming=incoming)).quote

    async def readiness(self, card: Card) -> Readiness:
        return await self._routing.readiness(card, self._clock.today())

    def offered_here(self, card: Card) -> bool:
        """Whether this machine could run the model itself, once it is downloaded."""
        return self._routing.offered_here(card)

    async def check_connection(self, engine_id: str, name: str | None = None) -> str:
        """Try an engine's connection without spending money. A sentence for the page; raises EngineError when it fails."""
        said = await self._routing.check(engine_id, name)
        if (who := await self._routing.who(engine_id, name)) is not None:
            self._breaker.reset(who)
        return said

    async def standing(self, engine_id: str, name: str | None = None) -> Standing | None:
        """Whether a connection is used or left alone after failures; None when there is no such connection."""
        who = await self._routing.who(engine_id, name)
        return self._breaker.standing(who) if who is not None else None

    async def left_alone(self, card: Card) -> str:
        """A sentence on a model whose connection is left alone after failures, so that requests wait; else empty."""
        try:
            route = await self._routing.route(card, self._clock.today())
        except (EngineNotReady, ModelNotFound):
            return ""
        seconds = self._breaker.standing(route.who).seconds
        return f"{route.engine.info.title} is left alone for another {seconds} s after failures." if seconds else ""

    # -- making ------------------------------------------------------------------------------------------------------

    async def create(
        self,
        request: ImageRequest,
        *,
        asker: str,
        key: str | None = None,
        run: str | None = None,
        path: str | None = None,
        repeats: int = 0,
        adapt: bool = False,
        origins: tuple[str, ...] = (),
        on_partial: OnPartial | None = None,
        partial_images: int = 0,
        cache: bool = False,
        payer: Payer | None = None,
        fallback: Fallback | None = None,
        on_send: OnSend | None = None,
        on_drawn: OnDrawn | None = None,
    ) -> Made:
        """Make the images of one request, store them, charge them, and only then return them.

        `asker` says who (`api`, `run`, `page`, `cli`), `run` and `path` which step of which run. With a known `key` the
        stored result comes back; the same key with another request is a Conflict. `repeats`: how often an attempt that
        may have been charged is sent again. `adapt`: map what the model cannot do instead of refusing it. `origins`: ids
        of the artifacts that go in, for the provenance. `cache`: when the same was made this way before, it comes back for
        nothing; without a key only. `payer`: whose budget pays besides the workspace's. `fallback`: which other models may
        answer when the engine cannot. `on_send` is called right before the engine is: until then whoever waits may still
        be cancelled, and nothing was spent. `on_drawn` is told what will be returned, before it is stored, unless it was
        known: its answer may begin then, and ends when this returns. When this raises after that, what was handed on is
        all that there is of the images. Raises the domain errors of checking, budget and engine.
        """
        ask = Ask(asker, key, run, path, repeats, origins, payer, request, fallback, on_send=on_send, on_drawn=on_drawn)
        partial_images = partial_images if on_partial is not None else 0
        fingerprint = asked_hash(request)
        if cache and key is not None:
            raise InvalidValue(
                "A request with a key of its own comes back under it, and is not looked for in the cache. Leave out "
                "'cache', or the Idempotency-Key.",
                param="cache",
            )
        prepared = None
        if key is None:
            prepared = await self.prepare(request, adapt=adapt, partial_images=partial_images)
            if not cache:
                return await self._make(prepared, ask, fingerprint, 1, on_partial, partial_images)
            fingerprint = fingerprint_of(prepared.request)
            ask = replace(ask, key=(key := f"{CACHE}{fingerprint}"), repeats=ALWAYS)
        async with self._locks.hold(key):
            async with self._db.reading() as conn:
                earlier = await store.attempts_of(conn, key)
            if earlier:
                await self._check_same(earlier[-1], fingerprint, request, adapt=adapt)
                stored = await self._known(earlier, ask)
                if stored is not None and (made := await self._books.replay(stored, again=cache)):
                    return made
            if prepared is None:  # what is known comes back whatever became of its model
                prepared = await self.prepare(request, adapt=adapt, partial_images=partial_images)
            number = earlier[-1].number + 1 if earlier else 1
            return await self._make(prepared, ask, fingerprint, number, on_partial, partial_images)

    async def _check_same(self, earlier: Attempt, fingerprint: str, request: ImageRequest, *, adapt: bool) -> None:
        """Raises Conflict when the key was used for another request."""
        if earlier.request_hash == fingerprint:
            return
        if not earlier.request_hash.startswith(ASKED):  # an earlier version's hash, of the request made ready
            ready = await self.prepare(request, adapt=adapt)
            if earlier.request_hash == fingerprint_of(ready.request):
                return
        raise Conflict("This key was used for another request. Send a new key with a new request.", param="key")

    async def _known(self, earlier: Sequence[Attempt], ask: Ask) -> Attempt | None:
        """The stored attempt of this key, or None when it may be sent (again). Raises when it must not be.

        Nobody else works under the key, so an attempt that is still `sent` is one whose end could not be written down.
        """
        cached = ask.key is not None and ask.key.startswith(CACHE)
        if not cached and (refused := next((attempt for attempt in earlier if attempt.state == "refused"), None)):
            raise refusal_of(refused)
        usable = [attempt for attempt in earlier if attempt.state == "stored" and not (cached and attempt.is_unkept)]
        stored = usable[-1] if usable else None
        lost = sum(attempt.state == "unknown" for attempt in earlier)
        lost += sum([await self._is_paid(attempt.model) for attempt in earlier if attempt.state == "sent"])
        if stored is None and lost > ask.repeats:
            raise EngineError(
                f"This image was being made when the work was cut off, {lost} time{'s' if lost > 1 else ''}, and may have "
                "been charged. It is not sent again by itself: start a new run, or raise the tool's limit for repeats.",
                code="may_have_been_charged",
                may_have_been_charged=True,
            )
        return stored

    async def _make(
        self,
        prepared: Prepared,
        ask: Ask,
        fingerprint: str,
        number: int,
        on_partial: OnPartial | None,
        partial_images: int,
    ) -> Made:
        """On the model that was asked; when it cannot answer, on the first of the fallback's that can."""
        if ask.fallback is not None:
            await self._check_names(ask.fallback)
        if self._moderation is not None:
            request, told = await self._moderation.check(prepared.request, ask.api_key)
            prepared = replace(prepared, request=request, notes=(*prepared.notes, *told))
            ask = replace(ask, wanted=replace(ask.wanted, moderation=request.moderation))
            if await self._moderation.looks_at_results(ask.api_key):
                on_partial = None  # nobody sees what nobody has looked at
        if ask.payer is not None and ask.payer.admit is not None:
            await ask.payer.admit(prepared.request.n)
        shown = Shown(on_partial, ask.on_drawn)
        ask = replace(ask, on_drawn=shown.drawn)
        try:
            return await self._make_on(prepared, ask, fingerprint, number, shown.partial, partial_images)
        except PochoirError as error:
            fallback = await self._fallback_of(ask, prepared.card)
            if fallback is None or shown.any or not fallback.may_follow(error):
                raise
            failed = error
        if ask.key is not None and ask.key.startswith(CACHE):
            ask = replace(ask, key=None)  # what another model made is not what this one would give next time
        for place, name in enumerate(fallback.models, 1):
            try:
                other = await self._instead(prepared, ask, failed, name, fallback, partial_images)
                return await self._make_on(other, ask, fingerprint, number + place, shown.partial, partial_images)
            except Refused:
                raise  # moderation's word is the answer; it may have been paid for
            except PochoirError as error:
                if not isinstance(error, EngineError) or not error.may_have_been_charged:
                    continue
                if shown.any or not fallback.may_follow(error):
                    raise
                failed = error  # its caller must know that money may be gone
        raise failed

    async def _check_names(self, fallback: Fallback) -> None:
        """A misspelt name is told at once, and not on the day on which it is needed. Raises InvalidValue."""
        for name in fallback.models:
            try:
                await self._catalog.check_name(name)
            except ModelNotFound as error:
                raise InvalidValue(error.message, param="fallback") from error

    async def _fallback_of(self, ask: Ask, card: Card) -> Fallback | None:
        if ask.fallback is None or ask.fallback.models or self._fallbacks is None:
            return ask.fallback
        return ruled(await self._fallbacks(), ask.wanted.model, card)

    async def _instead(
        self, first: Prepared, ask: Ask, error: PochoirError, name: str, fallback: Fallback, partial_images: int
    ) -> Prepared:
        """The request as another model can do it, with what was done told. Raises when it cannot."""
        wanted = replace(ask.wanted, model=name, snapshot=None)
        other = await self.prepare(wanted, adapt=True, partial_images=partial_images)
        if other.card.id == first.card.id:
            raise error
        told = note(first.card, error, other.card, fallback)
        return replace(other, notes=(told, *other.notes), instead_of=first.card.id)

    async def _make_on(
        self,
        prepared: Prepared,
        ask: Ask,
        fingerprint: str,
        number: int,
        on_partial: OnPartial | None,
        partial_images: int,
    ) -> Made:
        route = await self._routing.route(prepared.card, self._clock.today())
        info, settings = route.engine.info, route.credentials.settings
        self._breaker.check(route.who, info.title)
        begun = False
        async with self._pace.turn(route.who, info.title, settings, prepared.request.n):
            try:
                with self._breaker.turn(route.who, info.title):
                    if ask.on_send is not None:
                        ask.on_send()
                    attempt = await self._books.begin(prepared, ask, fingerprint, number)
                    begun = True
                    return await self._send(prepared, ask, attempt, route, on_partial, partial_images)
            except BaseException:
                if not begun:  # nothing is sent, so nobody has to wait for it
                    self._pace.give_back(route.who, prepared.request.n)
                raise

    async def _send(
        self,
        prepared: Prepared,
        ask: Ask,
        attempt: Attempt,
        route: Route,
        on_partial: OnPartial | None,
        partial_images: int,
    ) -> Made:
        """Its turn has come and the attempt is written down: call the engine, keep and book what it made."""
        result: ImageResult | None = None
        try:
            result = await self._watched(route, self._call(route, prepared, on_partial, partial_images))
            kept = await self._books.keep(prepared, ask, attempt, route.engine.info.id, result)
        except BaseException as error:
            if isinstance(error, EngineRateLimited):
                self._pace.slow_down(route.who, error.retry_after)
            await asyncio.shield(self._ended(attempt, error, route, answered=result is not None))
            raise
        return await asyncio.shield(self._booked(prepared, ask, attempt, route, kept))

    async def _booked(self, prepared: Prepared, ask: Ask, attempt: Attempt, route: Route, kept: Kept) -> Made:
        """Book what came back. A database that is busy is asked again: money was spent, and the image is stored."""
        for pause in (*BOOKING_PAUSES, None):
            try:
                return await self._books.book(prepared, ask, attempt, kept)
            except (Refused, EngineError):
                raise  # it is booked; this is what its caller is told
            except Exception as error:
                if pause is not None and isinstance(error, Unavailable):
                    await asyncio.sleep(pause)
                    continue
                _LOG.error("an image was made and not booked", attempt=attempt.id, exc_info=error)
                await self._ended(attempt, error, route, answered=True)
                if not route.engine.info.paid:
                    raise
                raise EngineError(
                    "The image was made, but it could not be written down. It may have been charged. See what the server's "
                    "log says before you ask again.",
                    code="may_have_been_charged",
                    may_have_been_charged=True,
                ) from error
        raise AssertionError("the last try returns or raises")

    async def _ended(self, attempt: Attempt, error: BaseException, route: Route, *, answered: bool) -> None:
        """Write down how it failed. Where that fails as well, the caller is told of the first failure all the same."""
        try:
            await self._books.fail(attempt, error, paid=route.engine.info.paid, answered=answered)
        except PochoirError as unwritten:
            _LOG.error("the end of an attempt was not written down", attempt=attempt.id, reason=unwritten.message)

    async def _watched(self, route: Route, call: Coroutine[Any, Any, ImageResult]) -> ImageResult:
        """Only what is connected can be left alone: engines of our own have no bad days."""
        return await (self._breaker.watch(route.who, call) if route.engine.info.needs else call)

    async def _call(
        self, route: Route, prepared: Prepared, on_partial: OnPartial | None, partial_images: int
    ) -> ImageResult:
        request = replace(prepared.request, model=route.upstream)
        engine, seconds = route.engine, route.engine.info.timeout
        try:
            async with asyncio.timeout(seconds + LATER):
                if on_partial is None:
                    return await engine.generate(request, route.credentials)
                async for item in engine.stream(request, route.credentials, partial_images):
                    if isinstance(item, ImageResult):
                        return item
                    await on_partial(item)
        except BeyondModel as error:
            others = await self._routing.editors(await self._catalog.cards(), self._clock.today())
            raise BeyondModel(f"{error.message} {others}", param=error.param) from error
        except TimeoutError as error:
            raise EngineTimeout(
                f"{engine.info.title} did not answer within {seconds:.0f} seconds. Try again later, or a lower quality.",
                may_have_been_charged=engine.info.paid,
            ) from error
        raise EngineError(
            f"{engine.info.title} ended its answer without an image. Try again.", may_have_been_charged=True
        )

    # -- after a crash -----------------------------------------------------------------------------------------------

    async def recover(self) -> int:
        """At start: attempts that a dead process left in flight become `unknown` (or `failed` on free engines)."""
        async with self._db.transaction() as conn:
            left = await store.in_state(conn, "sent")
            for attempt in left:
                state = "unknown" if await self._is_paid(attempt.model) else "failed"
                await store.finish_attempt(
                    conn, attempt.id, state=state, at=self._clock.stamp(), error="The work was cut off."
                )
                await self._metering.release(attempt.id)
        return len(left)

    async def _is_paid(self, model: str) -> bool:
        cards = {card.id: card for card in await self._catalog.cards()}
        engines = cards[model].engines if model in cards else ()
        try:
            return not engines or any(self._routing.engine(engine).info.paid for engine in engines[:1])
        except EngineNotReady:
            return True  # it was here when the attempt began, and nobody can say any more

    async def settled(self, key: str) -> bool:
        """Whether a request under this key is not sent any more: it was answered, refused, or may have been charged."""
        async with self._db.reading() as conn:
            earlier = await store.attempts_of(conn, key)
        return any(attempt.state in {"stored", "refused", "unknown"} for attempt in earlier)

    async def attempts(self, run: str) -> list[Attempt]:
        """Every attempt of a run, oldest first."""
        async with self._db.reading() as conn:
            return await store.attempts_of_run(conn, run)

    async def close(self) -> None:
        await self._routing.close()
