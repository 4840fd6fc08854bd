"""The example of the how-to runs as it is printed there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "examples/step.py"


def test_the_example_step_runs_by_itself() -> None:
    done = subprocess.run([sys.executable, "-W", "error", str(EXAMPLE)], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "the step says: Kept 2 of 5.",
        "outputs: {'images': [{'artifact': 'img_1'}, {'artifact': 'img_2'}], 'image': {'artifact': 'img_1'}}",
        "a wrong parameter is told: How many ('count'): 'two' is not a whole number. Change it.",
    ]
