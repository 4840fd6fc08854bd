"""What a request may carry: so many bytes, in a charset that holds nothing but text, on a disk that has room for it."""

from __future__ import annotations

import codecs
import errno
import tempfile
from collections.abc import Mapping
from typing import Any

from python_multipart.multipart import parse_options_header
from starlette.datastructures import Headers, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pochoir.domain.errors import InvalidRequest, StorageFull, TooLarge
from pochoir.features.images.library import MAX_UPLOAD

CHARSETS = frozenset({"utf-8", "iso8859-1", "ascii"})
"""As Python calls them. Others can spell what is no text at all: halves of characters, or nothing."""


class BodyLimit:
    """ASGI middleware. `limits`: the most bytes of a body by the beginning of the path, of which the longest counts.

    What is larger is cut off with a 413 where somebody begins to read it, so that it is answered as the application
    answers errors.
    """

    def __init__(self, app: ASGIApp, limits: Mapping[str, int]) -> None:
        self.app = app
        self.limits = dict(sorted(limits.items(), key=lambda item: -len(item[0])))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        most = self._most(scope["path"]) if scope["type"] == "http" else None
        if most is None:
            await self.app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "")
        total = int(announced) if announced.isdecimal() and len(announced) < 20 else 0
        counted = 0

        async def bounded() -> Message:
            nonlocal counted
            if total <= most:
                message = await receive()
                counted += len(message.get("body", b""))
            if max(total, counted) > most:
                size = f"{most >> 20} MB" if most >> 20 else f"{most >> 10} KB"
                raise HTTPException(
                    413, f"The request is larger than the {size} that are taken here. Send less at once."
                )
            return message

        await self.app(scope, bounded, send)

    def _most(self, path: str) -> int | None:
        return next((most for start, most in self.limits.items() if path.startswith(start)), None)


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
    def too_large(self) -> TooLarge:
        return TooLarge(f"The request is larger than {self._limit >> 20} MB. Send less at once.")

    async def receive(self) -> Any:
        message = await self._request.receive()
        self._total += len(message.get("body", b""))
        if self._total > self._limit:
            raise self.too_large
        return message


async def read_body(request: Request, limit: int) -> bytes:
    """The body, whole. Raises TooLarge for more than `limit` bytes."""
    return await Request(request.scope, Counted(request, limit).receive).body()


async def read_image(file: UploadFile) -> bytes:
    """The bytes of an image that came with a form. Raises TooLarge before they are read."""
    if file.size is not None and file.size > MAX_UPLOAD:
        raise TooLarge(f"The image has more than {MAX_UPLOAD >> 20} MB. Send a smaller one.", param="image")
    return await file.read()


def check_charset(request: Request) -> None:
    """Raise InvalidRequest for a form in a charset that is not taken."""
    _, options = parse_options_header(request.headers.get("content-type", ""))
    name = options.get(b"charset", b"utf-8").decode("latin-1")
    if _charset(name) not in CHARSETS:
        raise InvalidRequest(
            f"The charset '{name[:40]}' is not taken here. Send the form as UTF-8.", code="invalid_form"
        )


def _charset(name: str) -> str:
    try:
        return codecs.lookup(name).name
    except (LookupError, ValueError):
        return ""


def disk_full(error: BaseException | None) -> StorageFull | None:
    """What to say when a request ended because a disk has no room; None when it ended for another reason."""
    if not isinstance(error, OSError) or error.errno not in {errno.ENOSPC, errno.EDQUOT}:
        return None
    return StorageFull(
        f"The disk is full, so this was not done. Free some space, also in {tempfile.gettempdir()}, where large requests "
        "and downloads wait. Then try again."
    )
