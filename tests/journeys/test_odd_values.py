"""Values that no client means, sent to the API's face: each is refused in a sentence, none breaks the server."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from journeys.gateway import Here, serving
from journeys.test_batch import GENERATIONS, finished, results
from pochoir import bootstrap
from pochoir.config import Settings
from pochoir.infra.db import migrate
from upstream.loopback import listening
from upstream.server import picture

EDITS, FILES = "images/edits", "files"


async def sent(here: Here, path: str, **options: Any) -> tuple[int, dict[str, Any]]:
    """The status and the JSON answer."""
    async with aiohttp.ClientSession() as session, session.post(f"{here.url}/v1/{path}", **options) as answer:
        return answer.status, await answer.json()


def form(fields: dict[str, str], file: str) -> aiohttp.FormData:
    data = aiohttp.FormData(fields, quote_fields=False)
    data.add_field(file, picture((64, 64)), filename="a.png")
    return data


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("n", "--5"),
        ("n", "9" * 5_000),
        ("n", "-" + "9" * 19),
        ("partial_images", "²"),
        ("svg" + "[a]" * 600, "x"),
        ("n" + "[a]" * 3, "1"),
    ],
    ids=["two signs", "5,000 digits", "a long minus", "a raised digit", "600 levels", "an object"],
)
@pytest.mark.parametrize("path", [EDITS, FILES])
async def test_a_forms_odd_field_is_refused_by_its_name(here: Here, path: str, field: str, value: str) -> None:
    usual = {"prompt": "A fox", "model": "gpt-image-2.6-flare"} if path == EDITS else {"purpose": "vision"}
    body = form({**usual, field: value}, "image" if path == EDITS else "file")
    status, answer = await sent(here, path, data=body)
    assert (status, answer["error"]["param"]) == (400, field.partition("[")[0])
    assert answer["error"]["message"].endswith(".")
    assert here.upstream.seen == []


NUL = "A\0fox"
SAID: dict[str, Any] = {"role": "user", "content": NUL}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("images/generations", {"prompt": NUL}),
        ("images/generations", {"prompt": "A fox", "svg": {"model": [NUL]}}),
        ("images/generations", {"prompt": "A fox", NUL: "x"}),
        ("images/edits", {"prompt": NUL, "images": [{"file_id": "img_1"}]}),
        ("responses", {"model": "pochoir-sketch", "input": NUL}),
        ("chat/completions", {"model": "pochoir-sketch", "messages": [SAID]}),
        ("threads", {"messages": [SAID]}),
        ("threads", {"metadata": {"a": NUL}}),
        ("batches", {"metadata": {NUL: "a"}}),
    ],
)
async def test_a_nul_in_json_is_refused_wherever_it_would_be_stored(here: Here, path: str, body: object) -> None:
    status, answer = await sent(here, path, json=body)
    assert status == 400
    assert (
        answer["error"]["message"]
        == "A text in the JSON holds a NUL character (\\u0000), which cannot be stored. Leave it out."
    )
    assert await here.services.images.library.recent() == []


async def test_letters_that_look_like_a_nul_are_text(here: Here) -> None:
    for path, body in (
        ("images/generations", {"prompt": "A fox beside the letters \\u0000"}),
        ("embeddings", {"model": "pochoir-words", "input": NUL}),  # of which nothing is stored
    ):
        status, answer = await sent(here, path, json=body)
        assert status == 200, answer


@pytest.mark.parametrize(("path", "name"), [(EDITS, "prompt"), (EDITS, "style"), (FILES, "purpose")])
async def test_a_nul_in_a_form_is_refused(here: Here, path: str, name: str) -> None:
    usual = {"prompt": "A fox", "model": "gpt-image-2"} if path == EDITS else {"purpose": "vision"}
    body = form({**usual, name: NUL}, "image" if path == EDITS else "file")
    status, answer = await sent(here, path, data=body)
    assert (status, answer["error"]["param"]) == (400, name)
    assert "NUL" in answer["error"]["message"]


@pytest.mark.parametrize("path", [EDITS, FILES])
async def test_a_charset_that_reads_nothing_is_refused(here: Here, path: str) -> None:
    body = b'--b\r\nContent-Disposition: form-data; name="prompt"\r\n\r\nA fox\r\n--b--\r\n'
    headers = {"content-type": "multipart/form-data; charset=undefined; boundary=b"}
    status, answer = await sent(here, path, data=body, headers=headers)
    assert (status, answer["error"]["code"]) == (400, "invalid_form")


async def test_a_batchs_line_that_is_nested_endlessly_is_refused_in_words(here: Here) -> None:
    deep = '{"a":' * 600 + "1" + "}" * 600
    body = f'{{"model": "gpt-image-2.6-flare", "prompt": "A fox", "svg": {deep}}}'
    row = f'{{"custom_id": "a", "method": "POST", "url": "{GENERATIONS}", "body": {body}}}'
    async with here.client() as client:
        file = await client.files.create(file=("in.jsonl", row.encode()), purpose="batch")
        asked: Any = {"endpoint": GENERATIONS, "completion_window": "24h"}
        batch = await finished(client, await client.batches.create(input_file_id=file.id, **asked))
        [line] = (await results(client, batch.error_file_id)).values()
    assert line["response"]["status_code"] == 400
    assert "more than 64 levels deep" in line["response"]["body"]["error"]["message"]


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "PUT"])
@pytest.mark.parametrize("path", ["images/generations", EDITS, FILES, "batches", "nothing"])
async def test_a_method_that_is_not_here_is_answered_in_openais_envelope(here: Here, method: str, path: str) -> None:
    async with aiohttp.ClientSession() as session, session.request(method, f"{here.url}/v1/{path}") as answer:
        assert (answer.status, (await answer.json())["error"]["code"]) == (404, "unknown_url")


@asynccontextmanager
async def connected(tmp_path: Path, name: str) -> AsyncIterator[str]:
    """The whole application with a server of the team's own, which offers a model of that name; its address."""

    async def draw(_: web.Request) -> web.Response:
        return web.json_response({"created": 1, "data": [{"b64_json": b64encode(picture((1024, 1024))).decode()}]})

    own = web.Application()
    own.router.add_post("/v1/images/generations", draw)
    settings = Settings(data=tmp_path)
    migrate(settings.database_url)
    workspace = bootstrap.assemble(settings)
    async with listening(own) as origin, serving(bootstrap.build(settings, workspace)) as url:
        given = {"base_url": f"{origin}/v1", "models": name}
        await workspace.services.connections.save("openai_compatible", "studio", given, None)
        yield url
        await workspace.services.images.close()
    await workspace.services.db.close()


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("图像", "%E5%9B%BE%E5%83%8F"),
        ("FLUX.1-dev:q4 [a+b]", "FLUX.1-dev:q4 [a+b]"),
        ("été 50%", "%C3%A9t%C3%A9 50%25"),
    ],
)
async def test_a_models_name_may_have_letters_that_no_header_carries(tmp_path: Path, name: str, told: str) -> None:
    async with connected(tmp_path, name) as url, aiohttp.ClientSession() as session:
        body = {"model": f"studio/{name}", "prompt": "A fox"}
        async with session.post(f"{url}/v1/images/generations", json=body) as answer:
            assert answer.status == 200, await answer.text()
            assert answer.headers["x-pochoir-model"] == f"studio/{told}"
            assert (await answer.json())["data"][0]["b64_json"]
