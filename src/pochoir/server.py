"""Starts the server: checks, lock, migration, one uvicorn process on one event loop, one line with the link."""

from __future__ import annotations

import asyncio
import errno
import gc
import os
import signal
import socket
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from pochoir.config import Settings
from pochoir.domain.errors import Conflict, InvalidValue, NotAllowed, StorageFull
from pochoir.infra.db import migrate
from pochoir.infra.lock import DataLock, Served, database_lock
from pochoir.infra.logging import configure

if TYPE_CHECKING:
    import uvicorn

    from pochoir.bootstrap import Workspace

GC_THRESHOLDS = (20_000, 20, 50)
"""A request makes thousands of small objects and next to no cycles: Python's 700 would collect several times in each."""
OWN_PROXIES = ("127.0.0.1", "::1")
"""A proxy on this machine is believed when it says who asks."""


def serve(settings: Settings) -> None:
    """Run until a signal ends it. Raises PochoirError with what to do when it cannot start."""
    configure(settings.log_level)
    prepare_folder(settings.data)
    with DataLock(settings.data) as lock, database_lock(settings.database_url):
        migrate(settings.database_url)
        listening = _listen(settings)
        try:
            asyncio.run(_run(settings, listening, lock))
        finally:
            listening.close()


def prepare_folder(folder: Path) -> None:
    """Make the data folder and see that it can be written. Raises StorageFull with what to do."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".write-{os.getpid()}"
        probe.write_bytes(b"x" * 4096)
        probe.unlink()
    except OSError as error:
        raise StorageFull(
            f"The data folder {folder} cannot be written ({error.strerror}). "
            "Make room, make it writable, or choose another with --data."
        ) from error


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    # The protocol is named because asyncio turns off Nagle's delay (40 ms an answer) only on sockets that say they are TCP.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if os.name != "nt":
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
    except (OSError, UnicodeError) as error:
        listening.close()
        if not isinstance(error, OSError) or isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
            raise InvalidValue(
                f"'{settings.host}' is no address of this machine. Use 127.0.0.1, 0.0.0.0 or one that it has, with --host.",
                param="host",
            ) from error
        raise Conflict(
            f"{settings.host}:{settings.port} cannot be listened on ({error.strerror}). "
            "Stop what uses it, or choose another port with --port."
        ) from error
    return listening


async def _run(settings: Settings, listening: socket.socket, lock: DataLock) -> None:
    import uvicorn

    from pochoir import bootstrap
    from pochoir.infra.malloc import tune
    from pochoir.openai_api.realtime import SERVING

    tune()
    workspace = bootstrap.assemble(settings)
    try:
        await _check_owner(settings, workspace)
        host, port = listening.getsockname()[:2]
        link = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        served = Served(link, workspace.services.clock.new_id("server"))
        config = uvicorn.Config(
            bootstrap.build(settings, workspace, served.id),
            log_level="warning",
            access_log=False,
            server_header=False,
            forwarded_allow_ips=[*OWN_PROXIES, *settings.proxies],
            timeout_graceful_shutdown=5,
            **SERVING,
        )
        server = uvicorn.Server(config)
        await workspace.start()
        workspace.services.batches.start()
        workspace.services.assistants.start()
        workspace.services.retention.start()
        gc.freeze()  # what stands now stays; collections need not walk it again
        gc.set_threshold(*GC_THRESHOLDS)
        saying = asyncio.create_task(_say_when_ready(server, lock, served))
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, _stopping)
        await server.serve(sockets=[listening])
        saying.cancel()
        lock.tell(None)  # the port may be another's from now on
    finally:
        await workspace.stop()


def _stopping(number: int, frame: object) -> None:
    """The HTTP server raises the signal that ended it once more, which would end the process there and then: what is
    being made is waited for first. Another signal does end it."""
    signal.signal(number, signal.SIG_DFL)


async def _check_owner(settings: Settings, workspace: Workspace) -> None:
    """Nobody may come in from elsewhere before there is somebody to log in as. Raises NotAllowed."""
    if settings.single_user or await workspace.services.accounts.owner_exists():
        return
    if settings.loopback:
        raise NotAllowed(
            "POCHOIR_HOSTS, POCHOIR_PROXIES or POCHOIR_SECURE_COOKIES lets others in, and this workspace has no owner "
            "account yet. Make one first with: pochoir owner create. Or leave them unset to work alone on this machine."
        )
    raise NotAllowed(
        f"{settings.host} can be reached from other machines, and this workspace has no owner account yet. "
        "Make one first with: pochoir owner create. Or listen on 127.0.0.1."
    )


async def _say_when_ready(server: uvicorn.Server, lock: DataLock, served: Served) -> None:
    while not server.started:  # noqa: ASYNC110 - uvicorn offers a flag, not an event
        await asyncio.sleep(0.01)
    with suppress(StorageFull):  # commands then say that the folder is in use
        lock.tell(served)
    print(f"Pochoir is ready: {served.link}", flush=True)
