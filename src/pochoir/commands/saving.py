"""The images of one run of a tool, written into a folder, and what is said at the run's end."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from pochoir.commands.session import Stopped
from pochoir.domain.errors import InvalidValue, PochoirError, StorageFull
from pochoir.domain.money import dollars


@dataclass
class Saving:
    """Writes the images of one run into the folder `out`. What cannot be written is kept in the workspace all the same."""

    out: Path
    name: str
    say: Callable[[str], None]
    written: int = 0
    failed: list[str] = field(default_factory=list)

    def check(self) -> None:
        """Make the folder and try it, before anything is paid for. Raises InvalidValue."""
        try:
            self.out.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.out):
                pass
        except OSError as error:
            raise InvalidValue(
                f"The folder {self.out} cannot be written ({error.strerror}). Choose another with --out.", param="--out"
            ) from error

    def write(self, data: bytes, extension: str, size: str) -> None:
        """The next image. Where it cannot be written, `end` says so, and the others are still tried."""
        path = self.out / f"{self.name}-{self.written + len(self.failed) + 1}.{extension}"
        try:
            path.write_bytes(data)
        except OSError as error:
            self.failed.append(f"{path} cannot be written ({error.strerror}).")
            return
        self.written += 1
        self.say(f"{path}  {size}")

    def end(self, page: str, state: str, error: str, charged: int) -> int:
        """Say what was charged; the exit code. Raises PochoirError for a run that failed, StorageFull for lost writes.

        `page` is where the run can be seen.
        """
        told = [] if state == "succeeded" else [error or f"The run was {state}. Start it again."]
        if self.failed:
            kept = f"The images are kept, charged {dollars(charged)}. Save them from {page}."
            raise StorageFull(" ".join([*told, *self.failed, kept]))
        if told:
            raise PochoirError(*told)
        if error:  # of what came all the same
            self.say(error)
        self.say(f"Charged: {dollars(charged)}")
        return 0

    def stopped(self, page: str, charged: int, maybe: int, rest: str = "") -> Stopped:
        """What is said after Ctrl-C. `maybe`: how many requests may have been charged and gave no image."""
        images = f"{self.written} finished image{'' if self.written == 1 else 's'}"
        told = [f"Stopped. Charged: {dollars(charged)}, with {images} in {self.out}.", *self.failed]
        if maybe:
            told.append(
                f"{maybe} request{' was' if maybe == 1 else 's were'} cut off and may have been charged as well."
            )
        return Stopped(" ".join([*told, *([rest] if rest else []), f"See {page} for all of it."]))
