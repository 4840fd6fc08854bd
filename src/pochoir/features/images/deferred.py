"""Requests that a provider's own batch answers within a day, at its batch price. The one path, cut in two.

Begun, an attempt stands as `deferred` and holds its price in the budget, also over a restart: all that its end needs is
written down with it. Finished, the image is kept and charged as any other, once, however often its answer is read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from pochoir.domain.errors import EngineError, EngineNotReady, PochoirError
from pochoir.domain.images import ImageRequest, Size
from pochoir.domain.money import MicroUSD, Quote, QuoteLine, Usage
from pochoir.engines.base import Batches, BatchReply, BatchStanding, Credentials, HasBatches
from pochoir.features.catalog.service import CatalogService
from pochoir.features.images import store
from pochoir.features.images.artifact import Attempt, Made, Payer, Prepared
from pochoir.features.images.bookkeeping import Bookkeeping
from pochoir.features.images.library import Library
from pochoir.features.images.moderation import Moderation
from pochoir.features.images.routing import Routing
from pochoir.features.images.written import Ask, asked_hash, refusal_of
from pochoir.infra.blobs import name_of
from pochoir.infra.clock import Clock
from pochoir.infra.db import Database

DEFERRED = "deferred"
ASKER = "api"
NOTE = "Answered in the provider's own batch, at its batch price."
_PLAIN = (
    "model",
    "prompt",
    "n",
    "quality",
    "background",
    "output_format",
    "output_compression",
    "input_fidelity",
    "moderation",
    "seed",
    "snapshot",
    "options",
)
"""Fields of a request that are written down as they are."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A request that a provider's batch can answer; nothing is spent or written yet. `model` is the card's id.

    Requests of one `target` may go in one batch: see `engines.base.Batches`.
    """

    prepared: Prepared
    ask: Ask
    engine: str
    upstream: str
    target: str
    signed: list[dict[str, str]]
    number: int

    @property
    def model(self) -> str:
        return self.prepared.card.id


@dataclass(frozen=True, slots=True)
class Door:
    """A provider's batches with the connection's key. See `engines.base.Batches`."""

    batches: Batches
    credentials: Credentials = field(repr=False)
    title: str

    def line(self, ready: Ready, name: str) -> bytes:
        return self.batches.line(replace(ready.prepared.request, model=ready.upstream), name)

    async def standing(self, batch: str) -> BatchStanding:
        return await self.batches.standing(batch, self.credentials)


class Deferred:
    """See the module's docstring. `prepare` is `ImagesService.prepare`."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        catalog: CatalogService,
        routing: Routing,
        library: Library,
        books: Bookkeeping,
        moderation: Moderation | None,
        prepare: Callable[..., Awaitable[Prepared]],
    ) -> None:
        self._db = db
        self._clock = clock
        self._catalog = catalog
        self._routing = routing
        self._library = library
        self._books = books
        self._moderation = moderation
        self._prepare = prepare

    async def door(self, model: str, *, begun: bool = False) -> Door:
        """The batches of the provider that answers for a model. Raises EngineNotReady when it has none, or no key.

        `begun`: for what was handed on already; it is watched, fetched and cancelled after the model's shutdown too.
        """
        route = await self._routing.route(await self._catalog.card(model), self._clock.today(), begun=begun)
        engine = route.engine
        if not isinstance(engine, HasBatches):
            raise EngineNotReady(f"{engine.info.title} has no batches of its own. Leave 'provider_batch' out.")
        return Door(engine.batches, route.credentials, engine.info.title)

    async def takes(self, model: str) -> bool:
        """Whether the provider that answers for a model has batches; False as well when the model cannot be used."""
        today = self._clock.today()
        try:
            route = await self._routing.route((await self._catalog.resolve(model, today)).card, today)
        except PochoirError:
            return False  # what is wrong with it is said when the request is checked
        return isinstance(route.engine, HasBatches)

    async def ready(self, request: ImageRequest, *, key: str, payer: Payer | None = None) -> Ready | None:
        """Make a request ready; None when no provider's batch can answer it, or its key is known.

        Raises what checking it raises. A strict mask goes the usual way: its image is needed again at the end.
        """
        prepared = await self._prepare(request, batch=True)
        if prepared.quote.unknown or prepared.request.strict_mask:
            return None
        route = await self._routing.route(prepared.card, self._clock.today())
        if not isinstance(route.engine, HasBatches):
            return None
        async with self._db.reading() as conn:
            earlier = await store.attempts_of(conn, key)
        if any(attempt.state != "failed" for attempt in earlier):
            return None
        if self._moderation is not None:
            checked, told = await self._moderation.check(prepared.request, payer.api_key if payer else None)
            prepared = replace(prepared, request=checked, notes=(*prepared.notes, *told))
        prepared = replace(prepared, notes=(*prepared.notes, NOTE))
        asked = prepared.request
        signed = await self._library.with_manifest(request.references)
        names = tuple(name_of(image.data) for image in asked.references)
        mask, markup = (name_of(layer.data) if layer is not None else None for layer in (asked.mask, asked.markup))
        ask = Ask(ASKER, key, None, None, 0, names, payer, request, None, mask, markup)
        target = route.engine.batches.target(replace(asked, model=route.upstream))
        return Ready(prepared, ask, route.engine.info.id, route.upstream, target, signed, len(earlier) + 1)

    async def begin(self, ready: Ready) -> Attempt:
        """Write the attempt down and hold its price. Joins the caller's transaction. Raises BudgetExceeded."""
        prepared, ask = ready.prepared, ready.ask
        fingerprint = asked_hash(ask.wanted)
        async with self._db.transaction() as conn:
            attempt = await self._books.begin(prepared, ask, fingerprint, ready.number, DEFERRED)
            await store.defer(conn, attempt.id, _written(ready))
        return attempt

    async def finish(self, key: str, reply: BatchReply) -> Made:
        """Keep and charge what was answered. What was finished before comes back as it was.

        Raises what the provider said instead of an image; then the attempt has ended. StorageFull and Unavailable leave
        it as it was: read the answer again.
        """
        async with self._db.reading() as conn:
            attempt = (await store.attempts_of(conn, key))[-1]
        if attempt.state == "stored" and (made := await self._books.replay(attempt, again=False)) is not None:
            return made
        if attempt.state == "refused":
            raise refusal_of(attempt)
        if attempt.state != DEFERRED:
            raise EngineError(attempt.error or "This request ended before. Look at its attempt.")
        record = (attempt.result or {})[DEFERRED]
        prepared, ask = await self._restored(record, attempt)
        engine = self._routing.engine(record["engine"])
        assert isinstance(engine, HasBatches)
        try:
            result = engine.batches.read(reply, prepared.request, len(ask.origins))
        except PochoirError as error:
            await self._books.fail(attempt, error, paid=True, answered=False)
            raise
        kept = await self._books.keep(prepared, ask, attempt, record["engine"], result, record["signed"])
        return await asyncio.shield(self._books.book(prepared, ask, attempt, kept))

    async def end(self, key: str, message: str, *, maybe_charged: bool = False) -> None:
        """End what was never answered. Joins the caller's transaction. Nothing changes when it had ended or never began."""
        async with self._db.reading() as conn:
            earlier = await store.attempts_of(conn, key)
        if earlier and (attempt := earlier[-1]).state == DEFERRED:
            await self._books.end(attempt, "unknown" if maybe_charged else "failed", message)

    async def held(self) -> list[str]:
        """Ids of attempts that still hold a part of the budget."""
        async with self._db.reading() as conn:
            return [attempt.id for attempt in await store.in_state(conn, DEFERRED)]

    async def _restored(self, record: Mapping[str, Any], attempt: Attempt) -> tuple[Prepared, Ask]:
        asked = dict(record["request"])
        size = Size.parse(asked.pop("size")) if asked.get("size") else None
        request = ImageRequest(**{**asked, "size": size})
        total = MicroUSD(attempt.quoted_microusd)
        line = QuoteLine("As quoted", 1, Decimal(total), total, exact=record["exact"])
        quote = Quote(attempt.model, (line,), Usage(**record["usage"]), record["basis"])
        card = await self._catalog.card(attempt.model)
        prepared = Prepared(card, request, quote, tuple(record["notes"]), batch=True)
        payer = Payer(record["api_key"]) if record["api_key"] else None
        given, layers = tuple(record["references"]), (record["mask"], record.get("markup"))
        ask = Ask(ASKER, attempt.key, None, None, 0, given, payer, request, None, *layers)
        return prepared, ask


def _written(ready: Ready) -> dict[str, Any]:
    """All that the end of an attempt needs, without the images that went in."""
    prepared, ask = ready.prepared, ready.ask
    request = prepared.request
    asked = {name: getattr(request, name) for name in _PLAIN}
    return {
        DEFERRED: {
            "request": {**asked, "options": dict(request.options), "size": str(request.size) if request.size else None},
            "engine": ready.engine,
            "references": list(ask.origins),
            "mask": ask.mask,
            "markup": ask.markup,
            "signed": ready.signed,
            "api_key": ask.api_key,
            "usage": prepared.quote.usage.as_dict(),
            "exact": prepared.quote.exact,
            "basis": prepared.quote.basis,
            "notes": list(prepared.notes),
        }
    }
