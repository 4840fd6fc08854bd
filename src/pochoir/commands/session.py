"""Opens the workspace for one command, and the server that may be running on the same data folder."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from pochoir.config import Settings
from pochoir.domain.errors import Conflict, EngineError, PochoirError
from pochoir.infra.db import migrate
from pochoir.infra.lock import DataLock, database_lock
from pochoir.server import LINK_FILE, prepare_folder

if TYPE_CHECKING:
    from pochoir.features.services import Services

T = TypeVar("T")


def run(settings: Settings, work: Callable[[Services], Coroutine[Any, Any, T]], *, durable: bool = False) -> T:
    """Do one command's work on the workspace and close it again. `durable`: runs are executed, so the folder is locked."""
    prepare_folder(settings.data)

    async def main() -> T:
        async with workspace(settings, durable=durable) as services:
            return await work(services)

    if durable:
        with DataLock(settings.data), database_lock(settings.database_url):
            migrate(settings.database_url)
            return asyncio.run(main())
    migrate(settings.database_url)
    return asyncio.run(main())


@asynccontextmanager
async def workspace(settings: Settings, *, durable: bool) -> AsyncIterator[Services]:
    from pochoir import bootstrap

    built = bootstrap.assemble(settings, resumes=False)  # it will be gone before other people's runs are through
    try:
        if durable:
            await built.start()
        yield built.services
    finally:
        await built.stop()


def running_server(settings: Settings) -> str | None:
    """The link of the server that owns the data folder, or None when nobody does."""
    lock = DataLock(settings.data)
    try:
        lock.take()
    except Conflict:
        path = settings.data / LINK_FILE
        return path.read_text(encoding="ascii").strip() if path.exists() else None
    lock.release()
    return None


def ask(link: str, path: str, body: object | None = None, *, key: str = "") -> Any:
    """Ask the running server's JSON API; bytes are sent as they are. Raises EngineError with the server's own sentence."""
    data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
    kind = "application/octet-stream" if isinstance(body, bytes) else "application/json"
    headers = {"content-type": kind, **({"authorization": f"Bearer {key}"} if key else {})}
    request = Request(link + path, data=data, headers=headers)  # noqa: S310 - the link was written by our own server
    try:
        with urlopen(request, timeout=60) as answer:  # noqa: S310
            content = answer.read()
    except HTTPError as error:
        raise PochoirError(_message(error)) from error
    except URLError as error:
        raise EngineError(f"The server at {link} does not answer ({error.reason}). Start it again.") from error
    return json.loads(content) if answer.headers.get_content_type() == "application/json" else content


def _message(error: HTTPError) -> str:
    with error:
        try:
            return str(json.loads(error.read())["error"]["message"])
        except (ValueError, KeyError, TypeError):
            return f"The server answered {error.code} {error.reason}. Look at its log."
