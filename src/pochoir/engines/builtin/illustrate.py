"""One picture from one job: understand, compose, render, encode. Pure: what the worker process runs."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import Any

from pochoir.engines.builtin import lettering
from pochoir.engines.builtin.compose import compose
from pochoir.engines.builtin.encode import encode
from pochoir.engines.builtin.render import render
from pochoir.engines.builtin.report import report
from pochoir.engines.builtin.understand import understand


@dataclass(frozen=True, slots=True)
class Job:
    """Everything that decides a picture's bytes."""

    prompt: str
    width: int
    height: int
    quality: str
    transparent: bool
    output_format: str
    compression: int | None
    seed: int
    stage: str = "all"

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def seed_of(prompt: str, width: int, height: int) -> int:
    """The seed when none was given: the same request gives the same picture."""
    return int.from_bytes(hashlib.sha256(f"{prompt}\0{width}x{height}".encode()).digest()[:4], "big") & 0x7FFFFFFF


def illustrate(job: Job) -> tuple[bytes, str]:
    """The picture's bytes and the sentence that says what was understood and what was not."""
    scene = understand(job.prompt)
    svg = compose(
        scene,
        job.prompt,
        job.width,
        job.height,
        quality=job.quality,
        transparent=job.transparent,
        seed=job.seed,
        stage=job.stage,
    )
    unset = "".join(lettering.settable(w.text)[1] for w in scene.texts)
    said = report(scene, unset)
    if job.output_format == "svg":
        return svg.encode(), said
    credit = svg.partition("<metadata>")[2].partition("</metadata>")[0]
    return encode(render(svg), job.output_format, job.compression, credit), said
