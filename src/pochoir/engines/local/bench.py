"""The parent's side of the model's process: one job at a time, the others wait; cancel, and a process that died."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

from pochoir.domain.errors import EngineError
from pochoir.infra.frames import next_frame, packed

LONGEST_FRAME = 512 * 1024 * 1024
CANCEL_SECONDS = 20.0
"""How long a step may take to end after a cancel before the process is ended."""


@dataclass(frozen=True, slots=True)
class Step:
    """So many steps of the picture are done."""

    number: int
    of: int


@dataclass(frozen=True, slots=True)
class Stage:
    """The picture as it stands, as PNG. `index` counts from 0."""

    index: int
    png: bytes


@dataclass(frozen=True, slots=True)
class Done:
    png: bytes
    width: int
    height: int


class Workbench:
    """One model process. `gigabytes`: the most memory that it may take, 0 for no bound."""

    def __init__(self, gigabytes: float = 0.0) -> None:
        self._gigabytes = gigabytes
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self._loaded: tuple[str, str] | None = None
        """Folder and revision of the model that the process holds."""

    async def work(self, job: dict[str, Any], body: list[bytes]) -> AsyncGenerator[Step | Stage | Done]:
        """Everything that a job gives, in order; the last is Done. Raises EngineError. Ending the loop cancels the job."""
        async with self._turn:
            wanted = (job["folder"], job["revision"])
            if self._loaded not in (None, wanted):
                await self.close()  # the memory of one model at a time; what another revision left is not this one
            process = await self._running()
            assert process.stdin is not None
            assert process.stdout is not None
            self._loaded = wanted
            finished = False
            try:
                process.stdin.writelines(packed(job, *body))
                while not finished:
                    frame = await next_frame(process.stdout)
                    item = self._read(frame)
                    finished = isinstance(item, Done)
                    yield item
            except (BrokenPipeError, ConnectionResetError) as error:
                await self.close()
                raise _died() from error
            except EngineError:
                finished = True
                raise
            finally:
                if not finished:
                    await asyncio.shield(self._cancel())

    def _read(self, frame: tuple[dict[str, Any], bytes] | None) -> Step | Stage | Done:
        if frame is None:
            self._forget()
            raise _died()
        head, body = frame
        if "step" in head:
            return Step(head["step"], head["of"])
        if "partial" in head:
            return Stage(head["partial"], body)
        if "size" in head:
            return Done(body, *head["size"])
        if head.get("replaced"):
            raise EngineError("The model's files were replaced while it was being loaded. Ask for the image again.")
        if head.get("memory"):
            most = f"the {self._gigabytes:g} GB that it may take" if self._gigabytes else "there is"
            raise EngineError(
                f"The model needs more memory than {most}. Ask for a smaller image, choose a smaller model, or raise "
                "POCHOIR_MODELS_GB."
            )
        raise EngineError(f"The model could not make the image ({head.get('error', 'cancelled')}). Change the request.")

    async def _cancel(self) -> None:
        """End the job at its next step and keep the model; end the process when it does not listen."""
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            return
        try:
            process.stdin.writelines(packed({"cancel": True}))
            async with asyncio.timeout(CANCEL_SECONDS):
                while (frame := await next_frame(process.stdout)) is not None:
                    if {"cancelled", "size", "error"} & set(frame[0]):
                        return
        except (TimeoutError, BrokenPipeError, ConnectionResetError):
            await self.close()

    async def _running(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "pochoir.engines.local.worker", "--gigabytes", str(self._gigabytes),
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=LONGEST_FRAME,
            )  # fmt: skip
        return self._process

    def _forget(self) -> None:
        self._process, self._loaded = None, None

    async def close(self) -> None:
        """End the process and give back its memory."""
        process = self._process
        self._forget()
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def _died() -> EngineError:
    return EngineError(
        "The model's process ended, most likely for want of memory. Ask for a smaller image, or choose a smaller model."
    )
