"""A process that a test kills: sweeps the images of a data folder.

python sweep_worker.py FOLDER. Says READY before it begins and DONE when all that is over has gone.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from pochoir.bootstrap import assemble
from pochoir.config import Settings
from pochoir.infra.lock import DataLock


async def work(settings: Settings) -> None:
    workspace = assemble(settings)
    print("READY", flush=True)
    await workspace.services.retention.sweep()
    await workspace.services.db.close()
    print("DONE", flush=True)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    with DataLock(folder):
        asyncio.run(work(Settings(data=folder)))
