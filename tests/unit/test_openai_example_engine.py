"""The example engine of the documentation runs, and keeps the contract."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "examples/engine.py"


def test_the_example_runs_as_it_says() -> None:
    done = subprocess.run([sys.executable, str(EXAMPLE)], capture_output=True, text=True, check=True, timeout=60)
    first, second = done.stdout.splitlines()
    assert first.startswith("swatch-1 made 1 image of 64x64, ")
    assert second.endswith("Name one, such as teal or salmon.")
    assert done.stderr == ""
