"""Packages that stand in for torch and diffusers: a model's weights are the name of a colour, its picture is all of it.

The model's process, the engine and what is around them are the real ones.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest

from pochoir.engines.local.download import File, Plan, download

_TORCH = """
class cuda:
    is_available = staticmethod(lambda: False)

float32 = bfloat16 = None

class Generator:
    def __init__(self, device):
        pass

    def manual_seed(self, seed):
        return self
"""
_DIFFUSERS = """
import json
from pathlib import Path
from types import SimpleNamespace

from PIL import Image

class DiffusionPipeline:
    def __init__(self, folder):
        self.folder, self.colour = folder, Path(folder, "weights.safetensors").read_text()

    @classmethod
    def from_pretrained(cls, folder, **more):
        return cls(folder)

    def set_progress_bar_config(self, **more):
        pass

    def __call__(self, *, width, height, generator, callback_on_step_end, **asked):
        Path(self.folder, "asked.log").write_text(json.dumps(asked))
        for step in range(asked["num_inference_steps"]):
            callback_on_step_end(self, step, 0, {})
        return SimpleNamespace(images=[Image.new("RGB", (width, height), self.colour)])
"""


def install(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Let this process, and those that it starts, find the stand-ins."""
    folder.mkdir()
    for name, text in {"torch": _TORCH, "diffusers": _DIFFUSERS, "transformers": ""}.items():
        (folder / f"{name}.py").write_text(text)
    patch.syspath_prepend(folder)
    patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (str(folder), os.environ.get("PYTHONPATH")))))


def bring(models: Path, model: str, revision: str, colour: str) -> None:
    """A model of one colour, as a download leaves it."""
    weights = models / model / "weights.safetensors"
    weights.parent.mkdir(parents=True, exist_ok=True)
    weights.write_text(colour)
    file = File(weights.name, len(colour), hashlib.sha256(colour.encode()).hexdigest(), "")
    download(Plan(model, "some/where", revision, (file,)), models)


def asked(models: Path, model: str) -> dict[str, Any]:
    """What the pipeline was called with last, but for the picture's size."""
    found: dict[str, Any] = json.loads((models / model / "asked.log").read_text())
    return found
