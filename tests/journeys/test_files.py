"""Files over the wire, with the official client: up, listed, down again, used as images, deleted."""

from __future__ import annotations

import base64
import io
from typing import Any

import aiohttp
import openai
import pytest
from PIL import Image

from journeys.gateway import Here
from openai_spec import conforms
from pochoir.features.files.file import UPLOADED
from upstream.server import picture

LINES = b'{"custom_id": "a"}\n'


async def raw(here: Here, method: str, path: str, **options: Any) -> tuple[int, Any, Any]:
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, f"{here.url}/v1/{path}", **options) as answer,
    ):
        data = await answer.read()
        return answer.status, answer.headers, await answer.json() if answer.content_type == "application/json" else data


async def test_a_file_goes_up_and_comes_down_as_it_was(here: Here) -> None:
    async with here.client() as client:
        file = await client.files.create(
            file=("lines.jsonl", LINES), purpose="batch", expires_after={"anchor": "created_at", "seconds": 7200}
        )
        assert (file.bytes, file.filename, file.purpose, file.status) == (19, "lines.jsonl", "batch", "processed")
        assert file.expires_at == file.created_at + 7200
        assert await client.files.retrieve(file.id) == file
        assert (await client.files.content(file.id)).content == LINES
        unnamed = await client.files.create(file=io.BytesIO(LINES), purpose="user_data")
        assert (unnamed.filename, unnamed.expires_at) == ("upload", None)
        assert [item.id async for item in client.files.list(limit=1)] == [unnamed.id, file.id]
        assert [item.id async for item in client.files.list(purpose="batch")] == [file.id]
        gone = await client.files.delete(file.id)
        assert (gone.id, gone.deleted) == (file.id, True)
        with pytest.raises(openai.NotFoundError, match="There is no file"):
            await client.files.content(file.id)


async def test_answers_hold_to_the_specification(here: Here) -> None:
    conforms((await raw(here, "GET", "files"))[2], "ListFilesResponse")
    for purpose in UPLOADED:
        form = aiohttp.FormData({"purpose": purpose})
        form.add_field("file", picture((8, 8)), filename="a.png")
        status, _, file = await raw(here, "POST", "files", data=form)
        assert status == 200, file
        conforms(file, "OpenAIFile")
    conforms((await raw(here, "GET", f"files/{file['id']}"))[2], "OpenAIFile")
    conforms((await raw(here, "GET", "files?limit=2&order=asc"))[2], "ListFilesResponse")
    conforms((await raw(here, "DELETE", f"files/{file['id']}"))[2], "DeleteFileResponse")


async def test_bytes_are_saved_never_run_and_come_in_pieces(here: Here) -> None:
    async with here.client() as client:
        file = await client.files.create(file=("a page.html", b"<script>alert(1)</script>"), purpose="user_data")
    status, headers, data = await raw(here, "GET", f"files/{file.id}/content")
    assert (status, data, headers["content-type"]) == (200, b"<script>alert(1)</script>", "application/octet-stream")
    assert headers["content-disposition"].startswith("attachment")
    assert "sandbox" in headers["content-security-policy"]
    part = await raw(here, "GET", f"files/{file.id}/content", headers={"range": "bytes=1-6"})
    assert (part[0], part[2]) == (206, b"script")


@pytest.mark.parametrize(
    ("asked", "status", "given"),
    [
        ("bytes=2-4", 206, b"234"),
        ("bytes=7-", 206, b"789"),
        ("bytes=-3", 206, b"789"),
        ("bytes=8-99", 206, b"89"),
        ("bytes=10-", 416, b""),
        *(
            (odd, 200, b"0123456789")
            for odd in ("bytes=a-b", "bytes=5-2", "bytes=", "bytes=-", "lines=1-2", "bytes=1", "x")
        ),
        ("bytes=,2-4", 206, b"234"),
        ("bytes=, ,5-2", 200, b"0123456789"),
        ("bytes=0-1,5-2", 200, b"0123456789"),
        (f"bytes=0-{'9' * 5000}", 200, b"0123456789"),
    ],
)
async def test_a_range_that_is_none_is_passed_over(here: Here, asked: str, status: int, given: bytes) -> None:
    async with here.client() as client:
        file = await client.files.create(file=("a.txt", b"0123456789"), purpose="user_data")
    found = await raw(here, "GET", f"files/{file.id}/content", headers={"range": asked})
    assert (found[0], found[2]) == (status, given)


@pytest.mark.parametrize("name", ["../../etc/passwd", 'a"b\r\nx: y.png', "Füchse 狐.png", "x" * 400])
async def test_odd_names_do_no_harm(here: Here, name: str) -> None:
    async with here.client() as client:
        file = await client.files.create(file=(name, LINES), purpose="user_data")
        assert (await client.files.content(file.id)).content == LINES
    assert len(file.filename) <= 255


@pytest.mark.parametrize(
    ("fields", "parts", "param"),
    [
        ({}, 1, "purpose"),
        ({"purpose": "fine-tune"}, 1, "purpose"),
        ({"purpose": "batch_output"}, 1, "purpose"),
        ({"purpose": "batch"}, 0, "file"),
        ({"purpose": "batch"}, 2, "file"),
        ({"purpose": "batch", "colour": "red"}, 1, "colour"),
        ({"purpose": "batch", "expires_after[anchor]": "created_at"}, 1, "expires_after"),
        (
            {"purpose": "batch", "expires_after[anchor]": "created_at", "expires_after[seconds]": "soon"},
            1,
            "expires_after.seconds",
        ),
        (
            {"purpose": "batch", "expires_after[anchor]": "created_at", "expires_after[seconds]": "60"},
            1,
            "expires_after.seconds",
        ),
    ],
)
async def test_what_is_refused(here: Here, fields: dict[str, str], parts: int, param: str) -> None:
    form = aiohttp.FormData(fields, quote_fields=False, default_to_multipart=True)
    for number in range(parts):
        form.add_field("file", LINES, filename=f"{number}.jsonl")
    if not parts:
        form.add_field("file", "no file")
    status, _, answer = await raw(here, "POST", "files", data=form)
    assert (status, answer["error"]["param"]) == (400, param)
    conforms(answer, "ErrorResponse")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "files/file-none", 404),
        ("GET", "files/file-none/content", 404),
        ("DELETE", "files/file-none", 404),
        ("GET", "files?limit=0", 400),
        ("GET", "files?limit=ten", 400),
        ("GET", "files?order=up", 400),
        ("POST", "files", 400),
    ],
)
async def test_other_errors(here: Here, method: str, path: str, status: int) -> None:
    found, _, answer = await raw(here, method, path)
    assert found == status
    conforms(answer, "ErrorResponse")


async def test_an_edit_takes_files_by_their_ids(here: Here) -> None:
    out = io.BytesIO()
    Image.new("RGBA", (64, 48)).save(out, "png")
    async with here.client() as client:
        image = await client.files.create(file=("a.png", picture((64, 48))), purpose="vision")
        mask = await client.files.create(file=("mask.png", out.getvalue()), purpose="vision")
        text = await client.files.create(file=("a.txt", b"hello"), purpose="user_data")
    asked = {"model": "gpt-image-1-mini", "prompt": "A fox", "images": [{"file_id": image.id}]}
    status, _, answer = await raw(here, "POST", "images/edits", json={**asked, "mask": {"file_id": mask.id}})
    assert status == 200, answer
    assert base64.b64decode(answer["data"][0]["b64_json"]) == picture((1024, 1024))
    assert [part[3] for part in here.upstream.seen[0].files] == [picture((64, 48)), out.getvalue()]
    for wrong, code in ((text.id, "invalid_image_file"), ("file-none", "invalid_value")):
        status, _, answer = await raw(here, "POST", "images/edits", json={**asked, "images": [{"file_id": wrong}]})
        assert (status, answer["error"]["code"]) == (400, code)
