"""Servers that speak OpenAI's API nearly: each dialect's differences, as a server of that kind would see them."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web

from pochoir.domain.errors import EngineError, EngineNotReady, EngineRateLimited, InvalidRequest, InvalidValue
from pochoir.domain.images import ImageRequest, ImageResult, Size
from pochoir.domain.money import Usage
from pochoir.engines.base import Credentials
from pochoir.engines.openai_compatible import DIALECTS, OpenAICompatibleEngine
from pochoir.infra.sniff import check_image
from upstream.loopback import listening
from upstream.server import picture

FOX = ImageRequest("z-image-turbo", "A fox", size=Size(512, 512), output_format="png")


class Server:
    """Records calls; answers with `answer`, by default one picture in base64 and no usage.

    From call number `busy_from` on it refuses; the next `lost` fetches of a file fail.
    """

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any], list[str]]] = []
        self.headers: list[dict[str, str]] = []
        self.status = 200
        self.answer: Any = None
        self.kind = "png"
        self.busy_from = 99
        self.lost = 0
        self.base_url = ""

    @asynccontextmanager
    async def running(self, prefix: str = "/v1") -> AsyncIterator[Server]:
        app = web.Application(client_max_size=1 << 26)
        app.router.add_post(prefix + "/images/generations", self._images)
        app.router.add_post(prefix + "/images/edits", self._images)
        app.router.add_get("/files/1.png", self._file)
        app.router.add_get(prefix + "/models", self._models)
        async with listening(app) as origin:
            self.base_url = origin + prefix
            yield self

    async def _images(self, request: web.Request) -> web.Response:
        files: list[str] = []
        if request.content_type == "application/json":
            fields = await request.json()
        else:
            form = await request.post()
            files = [name for name, value in form.items() if isinstance(value, web.FileField)]
            fields = {name: value for name, value in form.items() if isinstance(value, str)}
        self.calls.append((request.path, fields, files))
        if self.answer is not None:
            return web.json_response(self.answer, status=self.status)
        if len(self.calls) >= self.busy_from:
            return web.json_response({"detail": "busy"}, status=429)
        image = base64.b64encode(picture((512, 512), self.kind, len(self.calls))).decode()
        return web.json_response({"created": 1, "data": [{"b64_json": image}]})

    async def _file(self, request: web.Request) -> web.Response:
        self.headers.append(dict(request.headers))
        if self.lost:
            self.lost -= 1
            return web.Response(status=500)
        return web.Response(body=picture((512, 512)), content_type="application/octet-stream")

    async def _models(self, request: web.Request) -> web.Response:
        return web.json_response({"data": [{"id": "z-image-turbo"}]})


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with Server().running() as running:
        yield running


@pytest.fixture
async def engine() -> AsyncIterator[OpenAICompatibleEngine]:
    made = OpenAICompatibleEngine(fetch_wait=0.01)
    yield made
    await made.close()


def link(server: Server, kind: str = "generic", **settings: str) -> Credentials:
    return Credentials("secret", server.base_url, {"server": kind, **settings})


FULL = replace(
    FOX,
    quality="medium",
    background="opaque",
    moderation="low",
    seed=7,
    options={"steps": 9, "guidance": 4.5, "negative_prompt": "rain", "user": "u"},
)
COMMON = {"model": "z-image-turbo", "n": 1, "size": "512x512"}
SENT: dict[str, dict[str, Any]] = {
    "generic": {
        **COMMON,
        "prompt": "A fox",
        "quality": "medium",
        "background": "opaque",
        "moderation": "low",
        "output_format": "png",
        "seed": 7,
        "steps": 9,
        "guidance": 4.5,
        "negative_prompt": "rain",
        "user": "u",
        "response_format": "b64_json",
    },
    "vllm_omni": {
        **COMMON,
        "prompt": "A fox",
        "output_format": "png",
        "seed": 7,
        "num_inference_steps": 9,
        "guidance_scale": 4.5,
        "negative_prompt": "rain",
        "response_format": "b64_json",
    },
    "sd_server": {
        **COMMON,
        "prompt": "A fox <sd_cpp_extra_args>"
        + json.dumps(
            {"seed": 7, "negative_prompt": "rain", "sample_params": {"sample_steps": 9, "guidance": {"txt_cfg": 4.5}}},
            separators=(",", ":"),
        )
        + "</sd_cpp_extra_args>",
        "output_format": "png",
    },
    "openvino": {
        **COMMON,
        "prompt": "A fox",
        "rng_seed": 7,
        "num_inference_steps": 9,
        "guidance_scale": 4.5,
        "negative_prompt": "rain",
        "response_format": "b64_json",
    },
    "localai": {
        **COMMON,
        "prompt": "A fox",
        "seed": 7,
        "step": 9,
        "guidance": 4.5,
        "negative_prompt": "rain",
        "response_format": "b64_json",
    },
}
SENT["sglang"] = SENT["vllm_omni"]


@pytest.mark.parametrize("kind", sorted(DIALECTS))
async def test_each_kind_of_server_is_sent_what_it_takes(
    server: Server, engine: OpenAICompatibleEngine, kind: str
) -> None:
    result = await engine.generate(FULL, link(server, kind))
    assert server.calls == [("/v1/images/generations", SENT[kind], [])]
    assert result.usage == Usage(images=1)
    assert not result.usage_reported


@pytest.mark.parametrize(
    ("kind", "files"),
    [
        ("generic", ["image[]", "image[]", "mask"]),
        ("vllm_omni", ["image", "image", "mask_image"]),
        ("sd_server", ["image[]", "image[]", "mask"]),
    ],
)
async def test_edits_name_their_files_as_the_server_expects(
    server: Server, engine: OpenAICompatibleEngine, kind: str, files: list[str]
) -> None:
    image = check_image(picture((64, 64)), 1 << 20, 1 << 20)
    await engine.generate(replace(FOX, references=(image, image), mask=image), link(server, kind))
    [(path, fields, sent)] = server.calls
    assert (path, sent) == ("/v1/images/edits", files)
    assert fields["prompt"] == "A fox"


@pytest.mark.parametrize("kind", sorted(DIALECTS))
async def test_a_markup_goes_to_no_server_that_would_pass_over_it(
    server: Server, engine: OpenAICompatibleEngine, kind: str
) -> None:
    image = check_image(picture((64, 64)), 1 << 20, 1 << 20)
    marked = replace(FOX, references=(image,), markup=image)
    if kind == "generic":
        await engine.generate(marked, link(server, kind))
        assert server.calls[0][2] == ["image", "markup"]
        return
    with pytest.raises(InvalidValue, match=f"{DIALECTS[kind].title} takes no markup. Leave it out") as caught:
        await engine.generate(marked, link(server, kind))
    assert (caught.value.param, server.calls) == ("markup", [])


async def test_several_images_are_asked_for_one_by_one(server: Server, engine: OpenAICompatibleEngine) -> None:
    result = await engine.generate(replace(FOX, n=3, seed=5), link(server, "sglang"))
    assert [(fields["n"], fields["seed"]) for _, fields, _ in server.calls] == [(1, 5), (1, 6), (1, 7)]
    assert len({image.data for image in result.images}) == 3
    assert result.usage == Usage(images=3)


@pytest.mark.parametrize("kind", sorted(kind for kind, dialect in DIALECTS.items() if dialect.split))
async def test_images_that_came_are_kept_when_a_later_one_fails(
    server: Server, engine: OpenAICompatibleEngine, kind: str
) -> None:
    server.busy_from = 3
    result = await engine.generate(replace(FOX, n=4), link(server, kind))
    assert (len(result.images), result.usage, len(server.calls)) == (2, Usage(images=2), 3)
    assert result.notes[-1].startswith(f"2 of 4 images came back: {DIALECTS[kind].title} takes no more requests")
    server.busy_from = 1
    with pytest.raises(EngineRateLimited):
        await engine.generate(replace(FOX, n=4), link(server, kind))


@pytest.mark.parametrize("kind", sorted(DIALECTS))
async def test_the_options_of_an_unknown_model_reach_each_server_under_its_names(
    server: Server, engine: OpenAICompatibleEngine, kind: str
) -> None:
    asked = replace(FOX, options={"num_inference_steps": 9, "guidance_scale": 4.5})
    await engine.generate(asked, link(server, kind))
    sent = server.calls[0][1]
    if kind == "sd_server":
        assert '{"sample_params":{"sample_steps":9,"guidance":{"txt_cfg":4.5}}}' in sent["prompt"]
        assert not {"num_inference_steps", "guidance_scale"} & set(sent)
        return
    assert (sent["step" if kind == "localai" else "num_inference_steps"], sent["guidance_scale"]) == (9, 4.5)


async def test_what_was_not_sent_or_came_differently_is_told(server: Server, engine: OpenAICompatibleEngine) -> None:
    server.kind = "jpeg"
    result = await engine.generate(replace(FOX, quality="high", output_compression=100), link(server, "localai"))
    assert result.notes == (
        "Format png was expected and jpeg came back.",
        "The LocalAI server takes no quality; it was left out.",
        "The LocalAI server takes no output_compression; it was left out.",
    )


@pytest.mark.parametrize(
    "prompt",
    [
        'A fox <sd_cpp_extra_args>{"seed": 1}</sd_cpp_extra_args>',
        "A fox <SD_CPP_EXTRA_ARGS x='1'>{}</ sd_cpp_extra_args >",
        "A fox <sd_cpp_<sd_cpp_extra_args></sd_cpp_extra_args>extra_args>{}</sd_cpp_extra_args>",
        "A fox <sd_cpp_extra_args>",
    ],
)
async def test_a_prompt_cannot_steer_the_server(server: Server, engine: OpenAICompatibleEngine, prompt: str) -> None:
    await engine.generate(replace(FOX, prompt=prompt), link(server, "sd_server"))
    sent = server.calls[0][1]["prompt"]
    assert not re.search(r"<\s*/?\s*sd_cpp_extra_args", sent, re.IGNORECASE)
    assert sent.startswith("A fox")


async def test_quality_becomes_steps_where_the_connection_says_so(
    server: Server, engine: OpenAICompatibleEngine
) -> None:
    await engine.generate(replace(FOX, quality="high"), link(server, "vllm_omni", steps="low=4, high=50"))
    await engine.generate(
        replace(FOX, quality="low", options={"steps": 2}), link(server, "vllm_omni", steps="low=4\nhigh=50")
    )
    await engine.generate(
        replace(FOX, quality="low", options={"num_inference_steps": 3}), link(server, "sd_server", steps="low=4")
    )
    assert [call[1].get("num_inference_steps") for call in server.calls] == [50, 2, None]
    assert '"sample_steps":3' in server.calls[2][1]["prompt"]


@pytest.mark.parametrize("url", ["/files/1.png", "absolute", "data"])
async def test_results_by_address_are_fetched(server: Server, engine: OpenAICompatibleEngine, url: str) -> None:
    whole = server.base_url.removesuffix("/v1") + "/files/1.png"
    data = "data:image/png;base64," + base64.b64encode(picture((512, 512))).decode()
    server.answer = {"data": [{"url": {"absolute": whole, "data": data}.get(url, url), "revised_prompt": "so"}]}
    result = await engine.generate(FOX, link(server))
    assert result.images[0].data == picture((512, 512))
    assert result.images[0].revised_prompt == "so"
    assert [headers["Authorization"] for headers in server.headers] == ([] if url == "data" else ["Bearer secret"])


async def test_a_fetch_that_fails_is_asked_again(server: Server, engine: OpenAICompatibleEngine) -> None:
    server.answer, server.lost = {"data": [{"b64_json": "", "url": "/files/1.png"}]}, 2
    assert (await engine.generate(FOX, link(server))).images[0].data == picture((512, 512))
    assert len(server.calls) == 1, "the image is asked for once"


async def test_a_picture_that_cannot_be_reached_may_have_been_charged(
    server: Server, engine: OpenAICompatibleEngine
) -> None:
    server.answer = {"data": [{"url": "http://127.0.0.1:9/1.png"}]}
    with pytest.raises(EngineError, match=r"made the image, but .*no answer") as caught:
        await engine.generate(FOX, link(server))
    assert caught.value.may_have_been_charged


async def test_the_key_is_not_sent_to_another_server(server: Server, engine: OpenAICompatibleEngine) -> None:
    async with Server().running() as other:
        server.answer = {"data": [{"url": other.base_url.removesuffix("/v1") + "/files/1.png"}]}
        await engine.generate(FOX, link(server))
        assert "Authorization" not in other.headers[0]


@pytest.mark.parametrize("item", [{}, {"url": "file:///etc/passwd"}, {"url": "/files/none.png"}, {"b64_json": "###"}])
async def test_what_is_no_image_is_an_error(
    server: Server, engine: OpenAICompatibleEngine, item: dict[str, str]
) -> None:
    server.answer = {"data": [item]}
    with pytest.raises(EngineError) as caught:
        await engine.generate(FOX, link(server))
    assert caught.value.may_have_been_charged


@pytest.mark.parametrize(
    ("status", "answer", "kind", "words"),
    [
        (400, {"detail": "size must be a multiple of 16"}, InvalidRequest, "multiple of 16"),
        (
            422,
            {"detail": [{"loc": ["body", "size"], "msg": "bad size", "type": "value_error"}]},
            InvalidValue,
            "Change 'size'",
        ),
        (404, {"detail": "Not Found"}, EngineNotReady, "base URL"),
        (500, {"error": "out of memory"}, EngineError, "out of memory"),
    ],
)
async def test_errors_of_any_shape_are_understood(
    server: Server,
    engine: OpenAICompatibleEngine,
    status: int,
    answer: Any,
    kind: type[Exception],
    words: str,
) -> None:
    server.status, server.answer = status, answer
    with pytest.raises(kind, match=words):
        await engine.generate(FOX, link(server))


async def test_another_prefix_works(engine: OpenAICompatibleEngine) -> None:
    async with Server().running("/v3") as server:
        await engine.generate(FOX, link(server, "openvino"))
        assert server.calls[0][0] == "/v3/images/generations"


async def test_it_yields_its_result_as_a_stream_of_one(server: Server, engine: OpenAICompatibleEngine) -> None:
    items = [item async for item in engine.stream(FOX, link(server), 3)]
    assert [type(item) for item in items] == [ImageResult]


async def test_the_check_lists_the_models(server: Server, engine: OpenAICompatibleEngine) -> None:
    assert await engine.check(link(server, "sglang")) == "The SGLang server answers. It offers z-image-turbo."
    with pytest.raises(EngineNotReady, match="no kind of server"):
        await engine.check(link(server, "wobble"))
    with pytest.raises(EngineNotReady, match="address is missing"):
        await engine.check(Credentials())
