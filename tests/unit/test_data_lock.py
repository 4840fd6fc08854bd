"""One process per data folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pochoir.domain.errors import Conflict, StorageFull
from pochoir.infra.lock import DataLock


def test_a_second_process_is_refused_and_told_who_has_the_folder(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from pochoir.infra.lock import *; DataLock(Path(sys.argv[1])).take()"
    )
    with DataLock(tmp_path):
        second = subprocess.run(
            [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=False
        )
        assert second.returncode == 1
        assert f"in use by process {os.getpid()}. Stop that one first" in second.stderr
    assert subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False).returncode == 0


def test_a_second_lock_in_the_same_process_is_refused_too(tmp_path: Path) -> None:
    with DataLock(tmp_path), pytest.raises(Conflict, match="choose another folder with --data"):
        DataLock(tmp_path).take()
    DataLock(tmp_path).take().release()


def test_a_killed_owner_leaves_no_lock_behind(tmp_path: Path) -> None:
    script = (
        "import os, sys, signal; from pathlib import Path; from pochoir.infra.lock import DataLock;"
        "lock = DataLock(Path(sys.argv[1])).take(); os.kill(os.getpid(), signal.SIGKILL)"
    )
    assert subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False).returncode == -9
    with DataLock(tmp_path) as lock:
        assert lock.path.read_text() == f"{os.getpid()}\n"


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageFull, match="choose another with --data"):
        DataLock(tmp_path / "file").take()


def test_a_full_disk_is_said(tmp_path: Path) -> None:
    script = (
        "import resource, sys; from pathlib import Path; from pochoir.infra.lock import DataLock;"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)); DataLock(Path(sys.argv[1])).take()"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1].startswith("pochoir.domain.errors.StorageFull: The data folder")
    assert "Make room" in done.stderr
