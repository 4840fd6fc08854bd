"""Bad input through the real server: a sentence that ends in what to do, the right status or exit code, nothing lost."""

from __future__ import annotations

import base64
import io
import json
import re
import socket
import sqlite3
import struct
import subprocess
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from PIL import Image

from journeys.serving import Server, running_upstream, serving
from upstream.faults import KEY
from upstream.server import Upstream

SENTENCE = re.compile(r"[.!?]$")
PICTURE = {"model": "pochoir-sketch", "prompt": "a red apple", "size": "512x512"}


def post(server: Server, path: str, body: object) -> tuple[int, dict[str, Any]]:
    """The status and the JSON answer."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = Request(server.link + path, data=data, headers={"content-type": "application/json"})
    try:
        with urlopen(request, timeout=60) as answer:
            return answer.status, json.loads(answer.read())
    except HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


def rows(server: Server) -> int:
    with closing(sqlite3.connect(f"file:{server.data / 'pochoir.sqlite'}?mode=ro", uri=True)) as connection:
        return int(connection.execute("select count(*) from ledger").fetchone()[0])


def png(width: int, height: int) -> bytes:
    """A PNG that says it is this large and holds almost nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0" * 64)) + chunk(b"IEND", b"")


def data_url(data: bytes, mime: str = "image/png") -> str:
    return f"data:{mime};base64,{base64.b64encode(data).decode()}"


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    with running_upstream() as found:
        yield found


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, upstream: Upstream) -> Iterator[Server]:
    environment = {"OPENAI_BASE_URL": upstream.base_url, "OPENAI_API_KEY": KEY}
    with serving(tmp_path_factory.mktemp("bad") / "data", environment) as found:
        yield found


@pytest.mark.parametrize(
    ("changes", "status", "param", "says"),
    [
        ({"model": "gpt-imag-2"}, 404, "model", "gpt-image-2"),
        ({"model": "gpt-image-1"}, 404, "model", "23 October 2026"),
        ({"size": "12x12"}, 400, "size", "64"),
        ({"size": "huge"}, 400, "size", "1024x1024"),
        ({"quality": "ultra"}, 400, "quality", "low, medium or high"),
        ({"wobble": 3}, 400, "wobble", "wobble"),
        ({"prompt": ""}, 400, "prompt", "prompt"),
        ({"prompt": "x" * 32_001}, 400, "prompt", "32"),
        ({"n": 99}, 400, "n", "10"),
        ({"n": "many"}, 400, "n", "n"),
        ({"background": "transparent", "output_format": "jpeg"}, 400, "background", "png"),
    ],
)
def test_requests_that_cannot_be_done(
    server: Server, changes: dict[str, Any], status: int, param: str, says: str
) -> None:
    before = rows(server)
    given, answer = post(server, "/v1/images/generations", {**PICTURE, **changes})
    assert given == status
    assert answer["error"]["param"] == param
    assert says in answer["error"]["message"]
    assert SENTENCE.search(answer["error"]["message"])
    assert rows(server) == before


@pytest.mark.parametrize(
    "data",
    [b"", b"no image at all", png(20_000, 15_000), b"<html><script>1</script></html>", png(64, 64)[:40]],
    ids=["empty", "text", "300 megapixels", "html", "cut off"],
)
def test_files_that_are_no_usable_image(server: Server, data: bytes) -> None:
    body = {"model": "gpt-image-2", "prompt": "make it blue", "images": [{"image_url": data_url(data)}]}
    status, answer = post(server, "/v1/images/edits", body)
    assert status in {400, 413}
    assert SENTENCE.search(answer["error"]["message"])


def sent(server: Server, path: str, head: str, parts: int) -> str:
    """What is answered to so many megabytes of a body that has not come to its end."""
    host, _, port = server.link.rpartition("/")[2].partition(":")
    megabyte = b"\0" * (1 << 20)
    with socket.create_connection((host, int(port)), timeout=60) as line:
        line.sendall(
            f"POST {path} HTTP/1.1\r\nhost: {host}:{port}\r\ncontent-type: image/png\r\n{head}\r\n\r\n".encode()
        )
        for _ in range(parts):
            line.sendall(b"%x\r\n%s\r\n" % (len(megabyte), megabyte))
        answer = b""
        while b"}}" not in answer and (more := line.recv(65536)):
            answer += more
    return answer.decode()


@pytest.mark.parametrize(("path", "most"), [("/api/images", "51 MB"), ("/api/tools/any/runs", "1 MB")])
def test_a_body_without_end_is_not_read_to_its_end(server: Server, path: str, most: str) -> None:
    """The connection stays open, so a server that waits for the rest would answer nothing."""
    for head, parts in (("content-length: 700000000", 0), ("transfer-encoding: chunked", 52)):
        answer = sent(server, path, head, parts)
        assert answer.startswith("HTTP/1.1 413 ")
        assert f"The request is larger than the {most} that are taken here. Send less at once." in answer


def test_a_file_that_lies_about_its_type_is_what_its_bytes_are(server: Server, upstream: Upstream) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64), "red").save(buffer, "JPEG")
    body = {
        "model": "gpt-image-2",
        "prompt": "make it blue",
        "images": [{"image_url": data_url(buffer.getvalue(), "image/png")}],
    }
    status, answer = post(server, "/v1/images/edits", body)
    if status == 200:
        assert upstream.seen[-1].files[0][2] == "image/jpeg"
    else:
        assert SENTENCE.search(answer["error"]["message"])


def test_a_body_that_is_no_json(server: Server) -> None:
    status, answer = post(server, "/v1/images/generations", b"{not json")
    assert status == 400
    assert SENTENCE.search(answer["error"]["message"])


@pytest.mark.parametrize(
    ("fault", "status"),
    [("500", 502), ("drop", 502), ("half a body", 502), ("429", 429), ("moderation", 400), ("quota", 502)],
)
def test_a_provider_that_fails(server: Server, upstream: Upstream, fault: str, status: int) -> None:
    before = rows(server)
    upstream.faults.append(fault)
    body = {"model": "gpt-image-2", "prompt": "a red apple", "size": "1024x1024", "quality": "low"}
    given, answer = post(server, "/v1/images/generations", body)
    assert given == status
    assert SENTENCE.search(answer["error"]["message"])
    assert rows(server) == before


SPEC: dict[str, Any] = {
    "title": "Apples",
    "model": "pochoir-sketch",
    "inputs": [{"key": "colour", "label": "Colour"}],
    "steps": [{"id": "make", "type": "generate_image", "with": {"prompt": "a {{ inputs.colour }} apple"}}],
    "outputs": [{"key": "images", "label": "Images", "value": "{{ steps.make.images }}"}],
}


def broken(**changes: Any) -> dict[str, Any]:
    return {**SPEC, **changes}


def step(prompt: str, kind: str = "generate_image", name: str = "make") -> dict[str, Any]:
    return {"id": name, "type": kind, "with": {"prompt": prompt}}


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        (broken(steps=[step("an apple", "paint_wall")]), "paint_wall"),
        (broken(steps=[step("{{ steps.last.images }}"), step("x", name="last")]), "last"),
        (broken(steps=[step("a {{ inputs.mood }} apple")]), "mood"),
        (broken(steps=[step("{{ ''.__class__.__mro__ }}")]), "__class__"),
        (broken(steps=[step("{{ range(10 ** 9) }}")]), "range"),
        (broken(steps=[step("{% for x in inputs %}{% endfor %}")]), "make"),
        (broken(outputs=[{"key": "images", "label": "Images", "value": "{{ steps.gone.images }}"}]), "gone"),
    ],
    ids=["unknown step", "cycle", "missing input", "escape", "endless", "loop", "missing step"],
)
def test_specs_that_cannot_run(server: Server, spec: dict[str, Any], says: str, tmp_path: Path) -> None:
    path = tmp_path / "tool.json"
    path.write_text(json.dumps(spec), encoding="utf-8")
    answer = server.command("tool", "add", str(path), check=False)
    assert answer.returncode == 2
    assert says in answer.stderr
    assert SENTENCE.search(answer.stderr.strip())
    assert "Traceback" not in answer.stderr


def test_a_tool_whose_model_is_gone(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "tool.json"
    path.write_text(json.dumps(broken(title="Old apples", model="gpt-image-1")), encoding="utf-8")
    assert server.command("tool", "add", str(path)).returncode == 0
    status, answer = post(server, "/api/tools/old-apples/runs", {"inputs": {"colour": "red"}})
    assert status == 404
    assert "gpt-image-2" in answer["error"]["message"]


def test_inputs_that_do_not_fit(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "tool.json"
    path.write_text(json.dumps(broken(title="Fresh apples")), encoding="utf-8")
    server.command("tool", "add", str(path))
    for inputs, param in (({}, "colour"), ({"colour": "red", "mood": 1}, "mood"), ({"colour": {"a": 1}}, "colour")):
        status, answer = post(server, "/api/tools/fresh-apples/runs", {"inputs": inputs})
        assert (status, answer["error"]["param"]) == (400, param)
        assert SENTENCE.search(answer["error"]["message"])


def refused(server: Server, *words: str) -> subprocess.CompletedProcess[str]:
    answer = server.command(*words, check=False)
    assert answer.returncode in {1, 2}
    assert "Traceback" not in answer.stderr
    assert SENTENCE.search(answer.stderr.strip())
    return answer


def test_the_command_line_says_what_to_do(server: Server, tmp_path: Path) -> None:
    assert "folder" in refused(server, "generate", "x", "-o", str(tmp_path / "gone/x.png")).stderr
    assert "ending" in refused(server, "generate", "x", "-o", str(tmp_path / "x.doc")).stderr
    assert "cannot be read" in refused(server, "generate", "x", "--image", str(tmp_path / "no.png")).stderr
    assert "no tool" in refused(server, "tool", "run", "nothing-here").stderr
    assert "key=value" in refused(server, "tool", "run", "fresh-apples", "--input", "colour").stderr
    assert "gpt-image" in refused(server, "compare", "gpt-image-1", "gpt-image-99").stderr
    assert "1024x1024" in refused(server, "cost", "--model", "gpt-image-1", "--size", "5x5").stderr


def test_a_place_where_a_tools_images_cannot_be_written(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "tool.json"
    path.write_text(json.dumps(broken(title="Stored apples")), encoding="utf-8")
    server.command("tool", "add", str(path))
    run = ("tool", "run", "stored-apples", "--input", "colour=red", "--out")
    assert "/dev/null/x cannot be written" in refused(server, *run, "/dev/null/x").stderr
    (tmp_path / "stored-apples-1.png").mkdir()
    assert "The images are kept" in refused(server, *run, str(tmp_path)).stderr


def test_a_port_in_use_and_a_port_that_is_none(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        server = Server(tmp_path / "data")
        answer = refused(server, "serve", "--port", str(taken.getsockname()[1]))
        assert "--port" in answer.stderr
    server = Server(tmp_path / "data", {"POCHOIR_PORT": "abc"})
    assert "0 to 65535" in refused(server, "serve").stderr


@pytest.mark.parametrize(
    ("environment", "files", "says"),
    [
        ({}, {"secret.key": b""}, "secret.key"),
        ({}, {"secret.key": b"garbage"}, "Put the old file back"),
        ({"POCHOIR_SECRET_KEY": "abc"}, {}, "POCHOIR_SECRET_KEY"),
        ({"POCHOIR_DATABASE_URL": "mysql://x/y"}, {}, "POCHOIR_DATABASE_URL"),
        ({"POCHOIR_DATABASE_URL": "postgresql+psycopg://u@h:x/y"}, {}, "POCHOIR_DATABASE_URL"),
        ({"POCHOIR_DATABASE_URL": "postgresql+psycopg://u@127.0.0.1:9/y"}, {}, "cannot be reached"),
        ({"POCHOIR_DURABLE_URL": "garbage"}, {}, "POCHOIR_DURABLE_URL"),
        ({}, {"pochoir.sqlite": b"no database at all " * 100}, "pochoir.sqlite is no database"),
        ({"OPENAI_IMAGES_PER_MINUTE": "ten"}, {}, "OPENAI_IMAGES_PER_MINUTE"),
        ({"POCHOIR_HOST": "no such host."}, {}, "is no address of this machine"),
    ],
)
def test_a_start_that_cannot_be(
    tmp_path: Path, environment: dict[str, str], files: dict[str, bytes], says: str
) -> None:
    (tmp_path / "data").mkdir()
    for name, data in files.items():
        (tmp_path / "data" / name).write_bytes(data)
    server = Server(tmp_path / "data", environment)
    assert says in refused(server, "serve", "--port", "0").stderr


def test_a_port_flag_that_is_none(tmp_path: Path) -> None:
    for port in ("99999", "-1"):
        assert "0 to 65535" in refused(Server(tmp_path / "data"), "serve", f"--port={port}").stderr


def test_a_data_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(b"a file in the way")
    assert "--data" in refused(Server(tmp_path / "data"), "serve", "--port", "0").stderr


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of three megabytes."""
    folder = tmp_path / "small"
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip("mounting a small disk needs root")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_loses_nothing(small_disk: Path) -> None:
    with serving(small_disk / "data") as server:
        status, _ = post(server, "/v1/images/generations", PICTURE)
        assert status == 200
        filler = small_disk / "filler"
        with filler.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"\0" * 4096)
            except OSError:
                pass
        status, answer = post(
            server, "/v1/images/generations", {**PICTURE, "prompt": "a green pear", "size": "1024x1024"}
        )
        assert status == 507
        assert SENTENCE.search(answer["error"]["message"])
        filler.unlink()
        status, _ = post(server, "/v1/images/generations", {**PICTURE, "prompt": "a yellow lemon"})
        assert status == 200
        assert rows(server) == 2


def test_a_read_only_data_folder(small_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    answer = refused(Server(small_disk / "data"), "serve", "--port", "0")
    assert "--data" in answer.stderr
