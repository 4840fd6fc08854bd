"""The bench that says where the time goes still finds the steps that it watches."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from bench.where import STEPS

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(sys.platform == "win32", reason="the bench asks its server by a signal")
def test_every_step_takes_its_time() -> None:
    call = [sys.executable, "-m", "bench.where", "--count", "10"]
    done = subprocess.run(call, cwd=ROOT, capture_output=True, text=True, timeout=100, check=True)
    told = {
        name.strip(): float(took) for name, took in re.findall(r"^(.{26}) +([\d.]+) ms$", done.stdout, re.MULTILINE)
    }
    assert list(told) == list(STEPS)
    assert all(took > 0 for took in told.values())
