"""What is written down of a request on its way: the attempt before; then its failure, or image, charge and outcome."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pochoir.domain.errors import EngineError, NotFound, PochoirError, Refused
from pochoir.domain.images import GeneratedImage, ImageRequest, ImageResult
from pochoir.domain.money import Charge, Usage
from pochoir.features.images import store
from pochoir.features.images.artifact import Artifact, Attempt, Made, Prepared
from pochoir.features.images.fallback import KEPT
from pochoir.features.images.library import Library
from pochoir.features.images.moderation import Moderation
from pochoir.features.images.written import Ask, artifacts_of, result_data, stored, with_mask
from pochoir.features.metering import pricing
from pochoir.features.metering.service import MeteringService, NewEntry
from pochoir.infra.clock import Clock
from pochoir.infra.db import Database


@dataclass(frozen=True, slots=True)
class Seen:
    """What came back, looked at. `refusal`: why it must not be shown. `unkept`: why its strict mask could not be kept."""

    result: ImageResult
    refusal: Refused | None = None
    unkept: EngineError | None = None

    @property
    def problem(self) -> Refused | EngineError | None:
        """What stands in the way of showing it."""
        return self.refusal or self.unkept


@dataclass(frozen=True, slots=True)
class Kept:
    """What was `seen` and will be answered as `made`, whose artifacts name the stored blobs."""

    seen: Seen
    made: Made


class Bookkeeping:
    """The two short transactions of the one path; see `service.py`."""

    def __init__(
        self, db: Database, clock: Clock, metering: MeteringService, library: Library, moderation: Moderation | None
    ) -> None:
        self._db = db
        self._clock = clock
        self._metering = metering
        self._library = library
        self._moderation = moderation

    async def begin(self, prepared: Prepared, ask: Ask, fingerprint: str, number: int, state: str = "sent") -> Attempt:
        """Write an attempt down and hold its price in the budget. Raises BudgetExceeded."""
        attempt = Attempt(
            id=(attempt_id := self._clock.new_id("att")),
            key=ask.key or attempt_id,
            number=number,
            asker=ask.asker,
            request_hash=fingerprint,
            model=prepared.card.id,
            state=state,
            started=self._clock.stamp(),
            run=ask.run,
            path=ask.path,
            quoted_microusd=prepared.quote.total,
        )
        async with self._db.transaction() as conn:
            await self._metering.reserve(attempt.id, prepared.quote.total, ask.api_key, ask.run)
            await store.add_attempt(conn, attempt)
        return attempt

    async def keep(
        self,
        prepared: Prepared,
        ask: Ask,
        attempt: Attempt,
        engine: str,
        result: ImageResult,
        signed: list[dict[str, str]] | None = None,
    ) -> Kept:
        """Look at what was made, keep a strict mask, price it, store the bytes. Nothing is booked yet.

        `signed`: the manifests of the images that went in, where they were read before.
        """
        seen = await self._look(prepared.request, ask, result)
        storing = self._library.keep([image.data for image in seen.result.images])  # the rest is done meanwhile
        made = self._made(prepared, ask, attempt, engine, seen.result)
        if ask.on_drawn is not None and seen.problem is None:
            ask.on_drawn(made)
        blobs = await storing
        if signed is None:
            originals = ask.wanted.references  # one that was turned upright has lost its manifest
            signed = await self._library.with_manifest(originals)
        artifacts = [stored(item, blob, signed) for item, blob in zip(made.artifacts, blobs, strict=True)]
        return Kept(seen, replace(made, artifacts=tuple(artifacts)))

    async def _look(self, request: ImageRequest, ask: Ask, result: ImageResult) -> Seen:
        result, unkept = await with_mask(request, result)
        refusal = await self._refusal(result, ask)
        return Seen(result, None, unkept) if refusal is None else Seen(replace(result, images=()), refusal)

    def _made(self, prepared: Prepared, ask: Ask, attempt: Attempt, engine: str, result: ImageResult) -> Made:
        """What will be answered, with its price. Its artifacts' blobs have no names yet."""
        card, request = prepared.card, prepared.request
        usage = result.usage if result.usage_reported else prepared.quote.usage
        charge = pricing.charge(
            card,
            usage,
            self._clock.today(),
            batch=prepared.batch,
            quote=prepared.quote,
            quality=result.quality,
            size=result.size,
        )
        images = tuple(image.lightened() for image in result.images)
        return Made(
            replace(result, images=images, quality=result.quality or request.quality),
            tuple(artifacts_of(self._clock, prepared, ask, attempt, engine, result)),
            charge,
            attempt.id,
            card.id,
            notes=prepared.notes + result.notes,
            instead_of=prepared.instead_of,
        )

    async def _refusal(self, result: ImageResult, ask: Ask) -> Refused | None:
        """Why what was made must not be kept, when somebody looks at it first; None when it may."""
        if self._moderation is None:
            return None
        try:
            await self._moderation.look_at(result.images, ask.api_key)
        except Refused as refusal:
            return refusal
        return None

    async def fail(self, attempt: Attempt, error: BaseException, *, paid: bool, answered: bool) -> None:
        """Write down how an attempt ended; money that may be gone makes it `unknown`.

        It may be gone when the engine had answered (and the image could not be stored), when the engine says so, and
        when the call was cut off in a way that nobody foresaw.
        """
        told = error.may_have_been_charged if isinstance(error, EngineError) else not isinstance(error, PochoirError)
        gone = answered or told
        message = error.message if isinstance(error, PochoirError) else "The work was cut off."
        await self.end(attempt, "unknown" if gone and paid else "failed", message)

    async def end(self, attempt: Attempt, state: str, message: str) -> None:
        """End an attempt without an image, and give back what it held of the budget."""
        async with self._db.transaction() as conn:
            await store.finish_attempt(conn, attempt.id, state=state, at=self._clock.stamp(), error=message)
            await self._metering.release(attempt.id)

    async def book(self, prepared: Prepared, ask: Ask, attempt: Attempt, kept: Kept) -> Made:
        """Outcome, artifacts and charge in one transaction. Raises what stands in the way of showing them, once booked.

        It may be called again when it is not known whether the transaction came to its end: it is booked once.
        """
        result, made, refusal = kept.seen.result, kept.made, kept.seen.refusal
        async with self._db.transaction() as conn:
            begun = await store.finish_attempt(
                conn,
                attempt.id,
                state="refused" if refusal else "stored",
                at=self._clock.stamp(),
                error=refusal.message if refusal else "",
                snapshot=result.snapshot,
                result=result_data(result, made.charge, prepared, refusal, kept.seen.unkept),
            )
            if begun:
                await store.add_artifacts(conn, made.artifacts)
                await self._metering.book(_entry(prepared, ask, attempt, kept))
        if problem := kept.seen.problem:
            raise problem
        return made

    async def replay(self, attempt: Attempt, *, again: bool) -> Made | None:
        """The stored result of an attempt, as it was. When one of its images is gone: None where it may be made `again`."""
        data = attempt.result or {}
        if unkept := data.get("unkept"):
            raise EngineError(unkept, code=KEPT, may_have_been_charged=True)
        async with self._db.reading() as conn:
            kept = await store.artifacts_where(conn, attempt=attempt.id)
        try:
            if len(kept) < data.get("images", 1):
                raise NotFound(
                    "Images of this request were deleted by the retention rules. Send it again with a new key.",
                    param="key",
                )
            images = [await self._read(item) for item in kept]
        except NotFound:
            if again:
                return None
            raise
        result = ImageResult(
            images=tuple(images),
            usage=Usage(**data.get("usage", {})),
            snapshot=data.get("snapshot", ""),
            size=kept[0].size,
            quality=data.get("quality"),
            background=data.get("background"),
            output_format=data.get("output_format", "png"),
            notes=tuple(data.get("notes", ())),
            usage_reported=data.get("usage_reported", True),
        )
        charge = Charge((), result.usage, data.get("basis", ""))
        return Made(
            result,
            tuple(kept),
            charge,
            attempt.id,
            attempt.model,
            replayed=True,
            notes=result.notes,
            instead_of=data.get("instead_of"),
        )

    async def _read(self, item: Artifact) -> GeneratedImage:
        return GeneratedImage(
            data=await self._library.read(item),
            mime=item.mime,
            size=item.size,
            revised_prompt=item.provenance.get("revised_prompt", ""),
            seed=item.provenance.get("seed"),
        )


def _entry(prepared: Prepared, ask: Ask, attempt: Attempt, kept: Kept) -> NewEntry:
    """The line of the ledger."""
    result, made, refusal = kept.seen.result, kept.made, kept.seen.refusal
    return NewEntry(
        key=attempt.id,
        charge=made.charge,
        quoted=prepared.quote.total,
        model=made.model,
        snapshot=result.snapshot,
        asker=ask.asker,
        run=ask.run,
        path=ask.path,
        images=len(made.artifacts),
        estimated=not result.usage_reported and not prepared.quote.exact,
        note=" ".join((*prepared.notes, *((refusal.message,) if refusal else ()))),
        api_key=ask.api_key,
    )
