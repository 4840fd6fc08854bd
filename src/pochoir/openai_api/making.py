"""From what a client asked for to images, along the one path."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

from pochoir.domain.catalog import Card
from pochoir.domain.errors import ModelNotFound, UnknownParameter
from pochoir.features.images.artifact import Made, Payer
from pochoir.features.images.service import ImagesService, OnPartial
from pochoir.features.images.written import IDENTIFIERS, OnDrawn, OnSend
from pochoir.features.services import Services
from pochoir.openai_api.fields import Asked
from pochoir.openai_api.keys import Caller

T = TypeVar("T")


async def make(
    images: ImagesService,
    asked: Asked,
    key: str | None,
    on_partial: OnPartial | None = None,
    payer: Payer | None = None,
    on_send: OnSend | None = None,
    on_drawn: OnDrawn | None = None,
) -> Made:
    """Make the images of what was asked for; see `ImagesService.create`."""

    async def create(plain: Asked) -> Made:
        return await images.create(
            plain.request,
            asker="api",
            key=key,
            on_partial=on_partial,
            partial_images=plain.partial_images,
            cache=plain.cache,
            payer=payer,
            fallback=plain.fallback,
            on_send=on_send,
            on_drawn=on_drawn,
        )

    return await without_identifiers(asked, create)


async def without_identifiers(asked: Asked, work: Callable[[Asked], Awaitable[T]]) -> T:
    """Do it; identifiers of the client's own users are left out for a model that does not take them."""
    try:
        return await work(asked)
    except UnknownParameter as error:
        if error.param not in IDENTIFIERS:
            raise
    options = {name: value for name, value in asked.request.options.items() if name not in IDENTIFIERS}
    return await work(replace(asked, request=replace(asked.request, options=options)))


def payer_of(here: Services, caller: Caller) -> Payer | None:
    """The key of a caller who waits for the images: its budget pays, its limits hold. None where there is no key."""
    key = caller.key
    if key is None:
        return None

    async def admit(images: int) -> None:
        await here.accounts.limits.take(key, "images", images)

    return Payer(key.id, admit)


async def image_card(here: Services, name: str) -> Card | None:
    """The image model of that name, if there is one. Raises ModelNotFound, with successors, for one that was shut down."""
    try:
        return (await here.catalog.resolve(name, here.clock.today())).card
    except ModelNotFound as error:
        if name and "was shut down" in error.message:
            raise
        return None
