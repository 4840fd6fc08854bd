"""Clients that nobody here wrote, each in a process of its own, against `pochoir serve` and a stand-in provider.

`make test-clients` installs them: Node packages beside the scripts, Python ones in an environment of their own.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from PIL import Image

from journeys.serving import Server, running_upstream, serving
from upstream.faults import KEY
from upstream.server import Upstream, picture

pytestmark = pytest.mark.clients

HERE = Path(__file__).parent
PYTHON = Path(sys.prefix) / "clients/bin/python"
FIRST, SECOND = (hashlib.sha256(picture((1024, 1024), "png", number)).hexdigest() for number in range(2))
"""The digests of the pictures with which the stand-in answers a square request."""
EVERYTHING = ("generation", "edit", "several", "mask", "stream", "batch", "errors")


@dataclass
class Bench:
    server: Server
    upstream: Upstream

    def run(self, *command: str) -> Any:
        """Run a script; returns what its last line says. Fails with its own words when it fails."""
        environment = {
            **os.environ,
            "POCHOIR_BASE": f"{self.server.link}/v1",
            "POCHOIR_IMAGE": _png("RGB"),
            "POCHOIR_MASK": _png("RGBA"),
            "LITELLM_LOCAL_MODEL_COST_MAP": "True",
            "FASTMCP_CHECK_FOR_UPDATES": "off",
        }
        folder = HERE / ("node" if command[0] == "node" else "python")
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
        return json.loads(done.stdout.strip().splitlines()[-1])

    def asked(self) -> list[tuple[str, str, list[str]]]:
        """What reached the provider: route, model, names of the files."""
        return [(seen.route, seen.fields["model"], [file[0] for file in seen.files]) for seen in self.upstream.seen]


def _png(mode: str) -> str:
    out = io.BytesIO()
    Image.new(mode, (64, 64), (9, 9, 9, 0)[: len(mode)]).save(out, "png")
    return base64.b64encode(out.getvalue()).decode()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with running_upstream() as upstream:
        environment = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": upstream.base_url}
        with serving(tmp_path_factory.mktemp("data"), environment) as server:
            yield Bench(server, upstream)


@pytest.fixture
def bench(running: Bench) -> Bench:
    running.upstream.seen.clear()
    return running


@pytest.fixture
def node() -> str:
    if not shutil.which("node") or not (HERE / "node/node_modules").is_dir():
        pytest.skip("Node's clients are not installed. Run: make test-clients")
    return "node"


@pytest.fixture
def python() -> str:
    if not PYTHON.exists():
        pytest.skip("The Python clients are not installed. Run: make test-clients")
    return str(PYTHON)


async def post(bench: Bench, shown: str, to: str, **form: str) -> None:
    """Send a page's form, as a person would."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        async with session.get(f"{bench.server.link}{shown}") as page:
            token = (await page.text()).split('name="_csrf_token" value="')[1].split('"')[0]
        async with session.post(f"{bench.server.link}{to}", data={"_csrf_token": token, **form}) as answer:
            assert answer.status == 200


async def rule(bench: Bench, name: str, model: str) -> None:
    """Set a succession rule."""
    await post(bench, "/successions", "/successions", name=name, model=model)


async def without_marks(bench: Bench) -> None:
    """Images behind links leave as they are stored, so that the provider's bytes can be told."""
    await post(bench, "/settings/images", "/settings/images/marks")


@pytest.mark.covers("OpenAI for Node", "generation", "edit", "several", "mask", "stream", "errors")
@pytest.mark.covers("OpenAI for Node, Azure", "generation", "edit")
def test_openais_client_for_node(bench: Bench, node: str) -> None:
    said = bench.run(node, "openai.mjs")
    assert said["made"] == [FIRST, SECOND]
    assert said["usage"] == 2 * 196 + 11
    assert said["one"] == said["several"] == said["azure"] == said["azureEdit"] == FIRST
    assert said["events"] == ["image_generation.partial_image"] * 2 + ["image_generation.completed"]
    assert said["refused"] == {"name": "BadRequestError", "status": 400, "code": "invalid_value", "param": "size"}
    assert said["dead"] == {"name": "NotFoundError", "status": 404, "code": "model_not_found"}
    assert [files for _, _, files in bench.asked()] == [
        [],
        ["image"],
        ["image[]", "image[]", "mask"],
        [],
        [],
        ["image"],
    ]


@pytest.mark.covers("OpenAI for Node", "batch")
@pytest.mark.covers("OpenAI for Node, Azure", "batch")
def test_openais_client_for_node_with_files_and_batches(bench: Bench, node: str) -> None:
    said = bench.run(node, "openai_batch.mjs")
    assert said["up"] == {"purpose": "batch", "filename": "in.jsonl", "same": True}
    assert said["plain"] == said["azure"] == {"status": "completed", "counts": [2, 1, 1], "good": FIRST, "bad": 404}
    assert said["listed"] == 2
    assert said["wrong"] == {"status": "failed", "code": "duplicate_custom_id", "line": 2}
    assert said["late"] == {"name": "ConflictError", "status": 409}
    assert said["gone"] == {"deleted": True, "name": "NotFoundError"}


@pytest.mark.covers("Vercel AI SDK", "generation", "several", "mask", "errors")
def test_vercels_ai_sdk(bench: Bench, node: str) -> None:
    said = bench.run(node, "ai_sdk.mjs")
    assert said["made"] == [FIRST, SECOND]
    assert said["edited"] == said["generic"] == [FIRST]
    assert said["own"] == 1
    assert said["refused"]["status"] == 400
    assert said["refused"]["message"].endswith("for example 1024x1024.")


@pytest.mark.covers("LangChain for Node", "generation")
async def test_langchains_image_tool_for_node(bench: Bench, node: str) -> None:
    """It knows DALL-E only: a succession rule sends that name to a model that lives."""
    await rule(bench, "dall-e-3", "gpt-image-2")
    await without_marks(bench)
    said = bench.run(node, "langchain.mjs")
    assert said == {"url": FIRST, "b64_json": FIRST}
    assert [model for _, model, _ in bench.asked()] == ["gpt-image-2"] * 2


@pytest.mark.covers("LangChain for Python", "generation")
async def test_langchains_image_tool_for_python(bench: Bench, python: str) -> None:
    await rule(bench, "dall-e-3", "gpt-image-2")
    await without_marks(bench)
    assert bench.run(python, "langchain_dalle.py") == {"made": FIRST}


@pytest.mark.covers("LiteLLM as client", "generation", "edit", "several", "mask", "errors")
def test_litellm_as_a_client(bench: Bench, python: str) -> None:
    said = bench.run(python, "litellm_images.py")
    assert said == {"made": [FIRST, SECOND], "changed": FIRST, "several": FIRST, "refused": "BadRequestError"}
    assert bench.asked() == [
        ("images/generations", "gpt-image-2", []),
        ("images/edits", "gpt-image-1-mini", ["image"]),
        ("images/edits", "gpt-image-1-mini", ["image[]", "image[]", "mask"]),
    ]


@pytest.mark.covers("LiteLLM as client", "batch")
def test_litellm_as_a_client_of_batches(bench: Bench, python: str) -> None:
    said = bench.run(python, "litellm_batch.py")
    assert said == {"purpose": "batch", "status": "completed", "counts": [1, 1, 0], "made": FIRST}


@pytest.mark.covers("MCP server gpt-image-mcp", "generation")
async def test_an_mcp_server_that_asks_for_a_model_that_has_ended(bench: Bench, python: str) -> None:
    await rule(bench, "gpt-image-1", "gpt-image-2")
    said = bench.run(python, "mcp_images.py")["told"]
    await rule(bench, "gpt-image-1", "")
    assert said["success"] is True
    assert [model for _, model, _ in bench.asked()] == ["gpt-image-2"]


@pytest.mark.covers("OpenAI for Node", "responses", "chat")
@pytest.mark.covers("OpenAI for Node, Azure", "responses")
def test_openais_client_for_node_with_responses_and_chats(bench: Bench, node: str) -> None:
    said = bench.run(node, "openai_responses.mjs")
    pictures = {name: said.pop(name) for name in ("made", "streamed", "kept", "azure", "chat", "delta")}
    assert set(pictures.values()) == {FIRST}
    call = "image_generation_call"
    assert said == {
        "events": [
            "created",
            "in_progress",
            "output_item.added",
            *(f"{call}.{stage}" for stage in ("in_progress", "generating", "partial_image", "completed")),
            "output_item.done",
            "completed",
        ],
        "action": "edit",
        "items": ["message", call, "message"],
        "gone": {"name": "NotFoundError", "status": 404},
    }


@pytest.mark.covers("Vercel AI SDK", "responses", "stream", "edit")
def test_vercels_ai_sdk_with_responses(bench: Bench, node: str) -> None:
    said = bench.run(node, "ai_sdk_responses.mjs")
    assert said == dict.fromkeys(("made", "continued", "sent", "streamed"), FIRST)
    assert [route for route, _, _ in bench.asked()] == [
        "images/generations",
        "images/edits",
        "images/edits",
        "images/generations",
    ]


@pytest.mark.covers("LangChain for Python", "responses", "stream", "edit")
def test_langchains_hosted_image_tool(bench: Bench, python: str) -> None:
    said = bench.run(python, "langchain_responses.py")
    assert said == dict.fromkeys(("made", "continued", "streamed"), FIRST)
    routes = [route for route, _, _ in bench.asked()]
    assert routes == ["images/generations", "images/edits", "images/generations"]


@pytest.mark.covers("LiteLLM as client", "responses", "chat", "stream")
def test_litellm_as_a_client_of_responses_and_chats(bench: Bench, python: str) -> None:
    said = bench.run(python, "litellm_responses.py")
    assert said == {"made": FIRST, "last": "response.completed", "chat": FIRST}


@pytest.mark.covers("OpenAI for Python", *EVERYTHING)
@pytest.mark.covers("OpenAI for Python, async", *EVERYTHING)
@pytest.mark.covers("OpenAI for Python, Azure", *EVERYTHING)
@pytest.mark.covers("OpenAI for Python, Azure, async", *EVERYTHING)
def test_openais_client_for_python(bench: Bench) -> None:
    said = bench.run(sys.executable, "openai_images.py")
    assert list(said) == ["plain sync", "plain async", "azure sync", "azure async"]
    for each in said.values():
        assert each == {
            "made": [FIRST, SECOND],
            "one": FIRST,
            "several": FIRST,
            "events": ["image_generation.partial_image"] * 2 + ["image_generation.completed"],
            "batch": FIRST,
            "refused": ["BadRequestError", "invalid_value"],
            "dead": ["NotFoundError", "model_not_found"],
        }
    once = [[], ["image"], ["image[]", "image[]", "mask"], [], []]
    assert [files for _, _, files in bench.asked()] == once * 4
