"""The process that holds a local model: jobs in, steps, stages and pictures out, over standard input and output.

    python -m pochoir.engines.local.worker [--gigabytes N]

It answers a job with frames: `{"step": k, "of": n}`, `{"partial": k}` with a PNG, then `{"size": [w, h]}` with a PNG, or
`{"error": ...}`. A frame `{"cancel": true}` ends the job at its next step. The model stays loaded for the next job.
"""

from __future__ import annotations

import argparse
import gc
import io
import os
import queue
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from PIL import Image

from pochoir.engines.local.store import kept
from pochoir.infra.frames import parts_of, read_frame, write_frame

FULL = ("out of memory", "allocate memory", "bad_alloc", "start new thread")
"""How torch, C++ and Python say that memory has run out."""
BOUNDED = ("could not create a ", "could not execute a primitive")
"""How oneDNN says it of its own buffers, in words that mean other things where memory has no bound."""


class Cancelled(Exception):
    """The job is not wanted any more."""


class Replaced(Exception):
    """The folder does not hold the revision that the image would be stamped with."""


@dataclass(slots=True)
class Desk:
    """The loaded model, and how to talk to the other side."""

    out: BinaryIO
    cancelled: threading.Event = field(default_factory=threading.Event)
    loaded: tuple[str, str] | None = None
    """The folder and the revision that the pipeline was made of."""
    pipeline: Any = None

    def load(self, folder: str, revision: str) -> Any:
        """The pipeline of a folder, kept until another is asked for. No network; reads safetensors only.

        Raises Replaced when a download changed the folder since the job was written.
        """
        import torch
        from diffusers import DiffusionPipeline

        if self.loaded != (folder, revision):
            self.pipeline, self.loaded = None, None
            gc.collect()
            on_gpu = torch.cuda.is_available()
            kind = torch.bfloat16 if on_gpu else torch.float32
            made = DiffusionPipeline.from_pretrained(folder, dtype=kind, local_files_only=True, use_safetensors=True)
            there = kept(Path(folder).parent, Path(folder).name)
            if there is None or there.revision != revision:
                raise Replaced
            made.set_progress_bar_config(disable=True)
            self.pipeline = made.to("cuda") if on_gpu else made
            self.loaded = (folder, revision)
        return self.pipeline


def work(desk: Desk, job: dict[str, Any], images: list[Image.Image], mask: Image.Image | None) -> Image.Image:
    """One picture. Raises Cancelled between two steps."""
    import torch

    pipeline = desk.load(job["folder"], job["revision"])
    asked: dict[str, Any] = {"prompt": job["prompt"], **job["guidance"], "num_inference_steps": job["steps"]}
    if job["width"]:
        asked |= {"width": job["width"], "height": job["height"]}
    if images and job["images"] == "start":
        pipeline = _variant(pipeline, inpaint=mask is not None)
        size = (job["width"] or images[0].width // 16 * 16, job["height"] or images[0].height // 16 * 16)
        asked |= {"image": images[0].resize(size), "strength": 1.0 if mask else job["strength"]}
        asked |= {"width": size[0], "height": size[1]}
        if mask is not None:
            asked["mask_image"] = mask.resize(size)
    elif images:
        asked["image"] = images if len(images) > 1 else images[0]
    asked["generator"] = torch.Generator("cpu").manual_seed(job["seed"])
    asked["callback_on_step_end"] = _watched(desk, job)
    made: Image.Image = pipeline(**asked).images[0]
    return made


def _variant(pipeline: Any, *, inpaint: bool) -> Any:
    """The same weights as the pipeline that starts from an image."""
    from diffusers import AutoPipelineForImage2Image, AutoPipelineForInpainting

    return (AutoPipelineForInpainting if inpaint else AutoPipelineForImage2Image).from_pipe(pipeline)


def _watched(desk: Desk, job: dict[str, Any]) -> Any:
    """What diffusers calls after each step: tells it, shows a stage where one is due, and stops a job that is cancelled."""
    due = {round(job["steps"] * (k + 1) / (job["partials"] + 1)): k for k in range(job["partials"])}

    def after(pipeline: Any, step: int, moment: Any, values: dict[str, Any]) -> dict[str, Any]:
        if desk.cancelled.is_set():
            raise Cancelled
        write_frame(desk.out, {"step": step + 1, "of": job["steps"]})
        latents = values.get("latents")
        if step + 1 in due and step + 1 < job["steps"] and latents is not None and latents.dim() == 4:
            write_frame(desk.out, {"partial": due[step + 1]}, _png(_decoded(pipeline, latents)))
        return values

    return after


def _decoded(pipeline: Any, latents: Any) -> Image.Image:
    """Latents as they stand, through the pipeline's own decoder (its scaling and shift, as diffusers applies them)."""
    import torch

    settings = pipeline.vae.config
    plain = latents.to(pipeline.vae.dtype) / settings.scaling_factor + (settings.shift_factor or 0.0)
    with torch.no_grad():
        seen = pipeline.vae.decode(plain, return_dict=False)[0]
    made: Image.Image = pipeline.image_processor.postprocess(seen, output_type="pil")[0]
    return made


def _png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=3)
    return out.getvalue()


def _opened(data: bytes, mode: str) -> Image.Image:
    with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "WEBP")) as image:
        return image.convert(mode)


def answer(desk: Desk, job: dict[str, Any], body: bytes) -> None:
    """Do a job and write what came of it."""
    try:
        parts = parts_of(body, job["parts"])
        mask = _opened(parts.pop(), "RGBA").getchannel("A").point(_opens) if job["masked"] else None
        made = work(desk, job, [_opened(part, "RGB") for part in parts], mask)
        write_frame(desk.out, {"size": list(made.size)}, _png(made))
    except Cancelled:
        write_frame(desk.out, {"cancelled": True})
    except Replaced:
        write_frame(desk.out, {"error": "replaced", "replaced": True})
    except Exception as error:  # noqa: BLE001 - the other side raises it as an error of ours
        text = f"{type(error).__name__}: {error}"[:600]
        full = isinstance(error, MemoryError) or any(
            words in text for words in (*FULL, *(BOUNDED if bounded() else ()))
        )
        write_frame(desk.out, {"error": text, "memory": full})
        if full:
            desk.pipeline, desk.loaded = None, None
            gc.collect()


def _opens(value: int) -> int:
    """OpenAI's mask is open where it is transparent, diffusers' where it is white."""
    return 255 if value == 0 else 0


def bound(gigabytes: float) -> None:
    """Let this process have so much memory of its own and no more (RLIMIT_DATA; Linux counts all private pages)."""
    if gigabytes <= 0 or sys.platform != "linux":
        return
    import resource

    most = int(gigabytes * 1e9)
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def bounded() -> bool:
    """Whether this process has such a bound."""
    if sys.platform != "linux":
        return False
    import resource

    return resource.getrlimit(resource.RLIMIT_DATA)[0] != resource.RLIM_INFINITY


def main() -> None:
    """Answer jobs until the input ends. A job that waits is begun when the one before it is done."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--gigabytes", type=float, default=0.0)
    bound(parser.parse_args().gigabytes)
    os.environ |= {"HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "TRANSFORMERS_VERBOSITY": "error"}
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not get between the frames
    desk = Desk(out)
    jobs: queue.Queue[tuple[dict[str, Any], bytes] | None] = queue.Queue()

    def listen() -> None:
        while (frame := read_frame(sys.stdin.buffer)) is not None:
            if frame[0].get("cancel"):
                desk.cancelled.set()
            else:
                desk.cancelled.clear()
                jobs.put(frame)
        desk.cancelled.set()
        jobs.put(None)

    threading.Thread(target=listen, name="listener", daemon=True).start()
    while (frame := jobs.get()) is not None:
        answer(desk, *frame)


def ready(folder: Path) -> bool:
    """Whether a model's files are there."""
    return (folder / "model_index.json").is_file()


if __name__ == "__main__":
    main()
