"""Opens the workspace for one command."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from pochoir.config import Settings
from pochoir.domain.errors import PochoirError
from pochoir.infra.db import migrate
from pochoir.infra.lock import DataLock, database_lock
from pochoir.server import prepare_folder

if TYPE_CHECKING:
    from pochoir.features.services import Services

T = TypeVar("T")


class Stopped(PochoirError):
    """Ctrl-C ended the command; the message says what was charged."""

    code = "stopped"


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
