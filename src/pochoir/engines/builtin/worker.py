"""The illustrator's own process: jobs come in on standard input, pictures go out on standard output, until input ends.

Drawing holds the interpreter's lock, so the server draws elsewhere. When the server dies, however it dies, its end of
the pipe closes and this process ends: no orphan stays.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from pochoir.domain.errors import InvalidRequest
from pochoir.engines.builtin.edits.desk import EditJob
from pochoir.engines.builtin.edits.edit import edit
from pochoir.engines.builtin.illustrate import Job, illustrate
from pochoir.infra.frames import parts_of, read_frame, write_frame


def head_of(job: Job | EditJob) -> tuple[dict[str, Any], tuple[bytes, ...]]:
    """A job as a frame's head and the parts of its body."""
    if isinstance(job, Job):
        return {"job": job.as_dict()}, ()
    parts = (*job.images, job.mask) if job.mask is not None else job.images
    more = {"variant": job.variant, "masked": job.mask is not None, "parts": [len(part) for part in parts]}
    return {"job": job.job.as_dict(), "edit": more}, parts


def job_from(head: dict[str, Any], body: bytes) -> Job | EditJob:
    """The job that a frame holds."""
    job, more = Job(**head["job"]), head.get("edit")
    if more is None:
        return job
    parts = parts_of(body, more["parts"])
    mask = parts.pop() if more["masked"] else None
    return EditJob(job, tuple(parts), mask, more["variant"])


def done(job: Job | EditJob) -> tuple[dict[str, Any], bytes]:
    """A job's answer as a frame's head and body. A refusal is an answer too."""
    try:
        if isinstance(job, Job):
            data, said = illustrate(job)
            return {"said": said, "size": [job.width, job.height]}, data
        data, said, size = edit(job)
    except InvalidRequest as refusal:
        return {"refused": type(refusal).__name__, "message": refusal.message, "param": refusal.param}, b""
    return {"said": said, "size": list(size)}, data


def main() -> None:
    """Answer jobs until the input ends."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    source = sys.stdin.buffer
    while (frame := read_frame(source)) is not None:
        try:
            head, data = done(job_from(*frame))
        except Exception as error:  # noqa: BLE001 - the other side raises it as an error of ours
            write_frame(out, {"error": f"{type(error).__name__}: {error}"})
        else:
            write_frame(out, head, data)


if __name__ == "__main__":
    main()
