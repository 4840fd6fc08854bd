"""How each local model is run: its repository, steps, guidance, and how images go in. Data, no code.

Steps and guidance are what the models' own pages on huggingface.co recommend.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal


@dataclass(frozen=True, slots=True)
class Recipe:
    """`images`: images go in as a start that is changed by `STRENGTH`, as what an instruction is about, or not at all."""

    repository: str
    steps: int
    guidance: Mapping[str, float]
    """The one argument by which the pipeline takes its guidance, and its usual value."""
    images: Literal["start", "instruct", "no"]
    mask: bool = False
    guided: bool = True
    """Whether another guidance changes the picture; some distilled models ignore it."""
    negative: str | None = None
    """What the picture is led away from. Pipelines with `true_cfg_scale` apply no guidance at all without one."""


STRENGTH = 0.75
"""How much of a start image is changed, from 0 to 1 (diffusers' `strength`)."""

RECIPES: Mapping[str, Recipe] = MappingProxyType(
    {
        "z-image-turbo": Recipe("Tongyi-MAI/Z-Image-Turbo", 9, {"guidance_scale": 0.0}, "start", mask=True),
        "flux-2-klein-4b": Recipe(
            "black-forest-labs/FLUX.2-klein-4B", 4, {"guidance_scale": 1.0}, "instruct", guided=False
        ),
        "qwen-image-2512": Recipe(
            "Qwen/Qwen-Image-2512", 50, {"true_cfg_scale": 4.0}, "start", mask=True, negative=" "
        ),
        "qwen-image-edit-2511": Recipe(
            "Qwen/Qwen-Image-Edit-2511", 40, {"true_cfg_scale": 4.0}, "instruct", negative=" "
        ),
    }
)
