"""The drawing process as the engine sees it: started at the first job, replaced when it breaks, ended with its owner."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
import weakref
from typing import BinaryIO, cast

from pochoir.domain.errors import BeyondModel, EngineError, EngineTimeout, InvalidImage, InvalidRequest, InvalidValue
from pochoir.domain.images import Size
from pochoir.engines.builtin.edits.desk import EditJob
from pochoir.engines.builtin.illustrate import Job
from pochoir.engines.builtin.worker import head_of
from pochoir.infra.frames import read_frame, write_frame

Drawn = tuple[bytes, str, Size]
"""A picture's bytes, what was understood, and its size."""

TIMEOUT = 60.0
"""Seconds for one picture before the process is given up."""

_REFUSALS: dict[str, type[InvalidRequest]] = {kind.__name__: kind for kind in (BeyondModel, InvalidImage, InvalidValue)}


class Easel:
    """One drawing process. `draw` blocks: call it from a thread. Jobs wait for each other."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._closer: weakref.finalize[[subprocess.Popen[bytes]], Easel] | None = None

    def draw(self, job: Job | EditJob) -> Drawn:
        """The picture. Raises EngineError, and InvalidRequest for what is refused; a broken process is replaced, once."""
        with self._lock:
            for attempt in (1, 2):
                try:
                    return self._ask(job)
                except OSError as error:
                    self._drop()
                    if attempt == 2:
                        raise EngineError(
                            "The drawing process ended unexpectedly, twice. Try a smaller size, or restart Pochoir."
                        ) from error
        raise AssertionError  # the loop always returns or raises

    def close(self) -> None:
        with self._lock:
            self._drop()

    def _ask(self, job: Job | EditJob) -> Drawn:
        process = self._start()
        expired = threading.Event()

        def give_up() -> None:
            expired.set()
            process.kill()

        timer = threading.Timer(TIMEOUT, give_up)
        timer.daemon = True
        timer.start()
        try:
            head, body = head_of(job)
            write_frame(cast("BinaryIO", process.stdin), head, *body)
            frame = read_frame(cast("BinaryIO", process.stdout))
        except OSError:
            frame = None
        finally:
            timer.cancel()
        if expired.is_set():
            self._drop()
            raise EngineTimeout(f"The picture took over {TIMEOUT:.0f} seconds and was given up. Ask for a smaller one.")
        if frame is None:
            raise BrokenPipeError("the drawing process is gone")
        head, data = frame
        if "refused" in head:
            raise _REFUSALS.get(head["refused"], InvalidRequest)(head["message"], param=head["param"])
        if "error" in head:
            raise EngineError(
                f"The picture could not be drawn ({head['error']}). Change the prompt a little, and report this."
            )
        return data, str(head["said"]), Size(*head["size"])

    def _start(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._drop()
            self._process = subprocess.Popen(  # our own module, no input in the command
                [sys.executable, "-m", "pochoir.engines.builtin.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                start_new_session=True,
            )
            self._closer = weakref.finalize(self, _end, self._process)
        return self._process

    def _drop(self) -> None:
        if self._closer is not None:
            self._closer()
        self._process = self._closer = None


def _end(process: subprocess.Popen[bytes]) -> None:
    """Close the pipes, which ends the process, and wait for it; kill it when it does not listen."""
    with contextlib.suppress(OSError):
        cast("BinaryIO", process.stdin).close()
    try:
        process.wait(2)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    cast("BinaryIO", process.stdout).close()
