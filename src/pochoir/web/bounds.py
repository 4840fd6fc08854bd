"""How much of a body is taken in: what says that it is larger is refused at once, what does not is cut off."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from pochoir.domain.errors import TooLarge
from pochoir.features.images.library import MAX_UPLOAD


class Counted:
    """The request's body. Raises TooLarge when it says that it has more than `limit` bytes, and where it turns out so."""

    def __init__(self, request: Request, limit: int) -> None:
        self._request = request
        self._limit = limit
        self._total = 0
        announced = request.headers.get("content-length", "")
        if announced.isdecimal() and int(announced) > limit:
            raise self.too_large

    @property
    def is_over(self) -> bool:
        return self._total > self._limit

    @property
    def too_large(self) -> TooLarge:
        return TooLarge(f"The request is larger than {self._limit >> 20} MB. Send less at once.")

    async def receive(self) -> Any:
        message = await self._request.receive()
        self._total += len(message.get("body", b""))
        if self.is_over:
            raise self.too_large
        return message


async def read_body(request: Request, limit: int) -> bytes:
    """The body, whole. Raises TooLarge for more than `limit` bytes."""
    return await Request(request.scope, Counted(request, limit).receive).body()


class BoundedRoute(APIRoute):
    """A route whose body may be as large as the largest image, whoever reads it."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def bounded(request: Request) -> Response:
            counted = Counted(request, MAX_UPLOAD)
            try:
                return await handle(Request(request.scope, counted.receive))
            except HTTPException as error:
                if counted.is_over:  # whatever the framework makes of it
                    raise counted.too_large from error
                raise

        return bounded
