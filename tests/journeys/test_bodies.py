"""Bodies through the real server: who may not send one is told before it comes, and none is larger than it may be."""

from __future__ import annotations

import http.client
import io
import json
import os
import re
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from journeys.serving import Server, serving
from journeys.test_safety import PASSWORD, ask, make_owner

FORM = "application/x-www-form-urlencoded"
PARTS = "multipart/form-data; boundary=bb"
HUGE = 1 << 30


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server where everybody logs in."""
    folder = tmp_path_factory.mktemp("team")
    make_owner(folder)
    with serving(folder, {"POCHOIR_SECURE_COOKIES": "1"}) as found:
        yield found


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("alone")) as found:
        yield found


def address(server: Server) -> tuple[str, int]:
    host, _, port = server.link.removeprefix("http://").rpartition(":")
    return host, int(port)


def announced(server: Server, path: str, kind: str, size: int = HUGE, extra: str = "") -> tuple[int, str]:
    """The answer to a request of which the head alone is sent, and its headers and body as text."""
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {kind}\r\nContent-Length: {size}\r\n{extra}\r\n"
    with socket.create_connection(address(server), timeout=20) as connection:
        connection.sendall(head.encode())
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        return answer.status, f"{answer.headers} {answer.read().decode()}"


@pytest.mark.parametrize(
    ("path", "kind", "status", "says"),
    [
        ("/api/tools/x/runs", "application/json", 401, "API key"),
        ("/api/images", "image/png", 401, "API key"),
        ("/v1/images/edits", PARTS, 401, "API key"),
        ("/images/upload", PARTS, 303, "/login"),
        ("/usage/budget", FORM, 303, "/login"),
        ("/login", FORM, 413, "Send less"),
        ("/setup", PARTS, 413, "Send less"),
    ],
)
def test_who_may_not_send_it_is_told_before_it_comes(
    team: Server, path: str, kind: str, status: int, says: str
) -> None:
    given, told = announced(team, path, kind)
    assert (given, says in told) == (status, True), told


@pytest.mark.parametrize(
    ("path", "kind", "says"),
    [
        ("/api/tools/x/runs", "application/json", "larger than the 1 MB"),
        ("/api/images", "image/png", " MB"),
        ("/images/upload", PARTS, "larger than the 256 MB"),
    ],
)
def test_what_is_too_large_is_told_before_it_comes(alone: Server, path: str, kind: str, says: str) -> None:
    status, told = announced(alone, path, kind)
    assert (status, says in told) == (413, True), told


def test_what_does_not_say_its_size_is_cut_off(alone: Server) -> None:
    connection = http.client.HTTPConnection(*address(alone), timeout=60)
    pieces = (b" " * (1 << 16) for _ in range(17))
    connection.request("POST", "/api/tools/x/runs", pieces, {"Content-Type": "application/json"}, encode_chunked=True)
    answer = connection.getresponse()
    assert (answer.status, b"Send less" in answer.read()) == (413, True)
    connection.close()


@pytest.mark.parametrize("path", ["/healthz", "/login", "/", "/settings", "/v1/models", "/api/tools"])
def test_head_is_answered_as_get_is_without_the_body(alone: Server, path: str) -> None:
    answers = []
    for method in ("HEAD", "GET"):
        connection = http.client.HTTPConnection(*address(alone), timeout=60)
        connection.request(method, path)
        answer = connection.getresponse()
        answers.append((answer.status, answer.getheader("content-type"), len(answer.read())))
        connection.close()
    assert answers[0][:2] == answers[1][:2]
    assert answers[0][2] == 0
    assert answers[1][2] > 0 or answers[1][0] == 303


def test_a_token_of_odd_letters_is_a_wrong_one(alone: Server) -> None:
    assert ask(alone.link, "/usage/budget", b"_csrf_token=%C3%A9&monthly=5", content_type=FORM)[0] == 403
    assert ask(alone.link, "/usage/budget", b"monthly=5", content_type=FORM, x_csrf_token="\xe9")[0] == 403


@pytest.mark.parametrize("charset", ["unicode_escape", "utf-7", "punycode", "undefined", "hex", "nonsense"])
@pytest.mark.parametrize("path", ["/v1/files", "/usage/budget", "/images/upload"])
def test_a_form_is_text_or_it_is_refused(alone: Server, path: str, charset: str) -> None:
    parts = (
        b'--bb\r\nContent-Disposition: form-data; name="purpose"\r\n\r\n\\ud800\r\n'
        b'--bb\r\nContent-Disposition: form-data; name="file"; filename="a\\ud800+2AA-b"\r\n\r\n{}\r\n--bb--\r\n'
    )
    status, _, told = ask(alone.link, path, parts, content_type=f'{PARTS}; charset="{charset}"')
    assert status == 400, told


def test_umlauts_arrive_in_both_charsets(alone: Server) -> None:
    for charset in ("utf-8", "latin-1"):
        parts = (
            '--bb\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nuser_data\r\n'
            '--bb\r\nContent-Disposition: form-data; name="file"; filename="größe.txt"\r\n\r\n{}\r\n--bb--\r\n'
        ).encode(charset)
        status, _, told = ask(alone.link, "/v1/files", parts, content_type=f"{PARTS}; charset={charset}")
        assert (status, json.loads(told)["filename"]) == (200, "größe.txt")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of three megabytes."""
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(tmp_path)], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip("mounting a small disk needs root")
    yield tmp_path
    subprocess.run(["umount", "-l", str(tmp_path)], check=True)


def test_a_full_disk_for_temporary_files_is_said(small_disk: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    buffer = io.BytesIO()
    Image.frombytes("RGB", (1200, 1200), os.urandom(1200 * 1200 * 3)).save(buffer, "PNG")
    photo = buffer.getvalue()

    with serving(tmp_path_factory.mktemp("data"), {"TMPDIR": str(small_disk)}) as server:
        connection = http.client.HTTPConnection(*address(server), timeout=60)
        connection.request("GET", "/settings")
        page = connection.getresponse()
        cookie = page.headers["set-cookie"].partition(";")[0]
        token = re.search(rb'csrf_token" value="(\w+)"', page.read())
        connection.close()
        assert token
        known = {"cookie": cookie, "x_csrf_token": token[1].decode()}
        head = b'--bb\r\nContent-Disposition: form-data; name="%s"; filename="a.png"\r\n\r\n'
        for path, name in (("/images/upload", b"file"), ("/v1/images/edits", b"image")):
            status, _, told = ask(
                server.link, path, head % name + photo + b"\r\n--bb--\r\n", content_type=PARTS, **known
            )
            assert (status, str(small_disk) in told.decode()) == (507, True), told[-1500:]
        ids = [
            json.loads(ask(server.link, "/api/images", photo + bytes([n]), content_type="image/png")[2])["id"]
            for n in range(3)
        ]
        chosen = "&".join(f"image={image}" for image in ids).encode()
        status, _, told = ask(server.link, "/images/zip", chosen, content_type=FORM, **known)
        assert (status, b"Free some space" in told) == (507, True)


def test_the_owner_still_gets_in(team: Server) -> None:
    """What is bounded are strangers: the log-in's own form fits, and its session may send more."""
    connection = http.client.HTTPConnection(*address(team), timeout=60)
    connection.request("GET", "/login")
    page = connection.getresponse()
    visit = page.headers["set-cookie"].partition(";")[0]
    token = re.search(r'csrf_token" value="(\w+)"', page.read().decode())
    assert token
    body = f"email=ada@example.com&password={PASSWORD.replace(' ', '+')}&_csrf_token={token[1]}"
    connection.request("POST", "/login", body, {"Content-Type": FORM, "Cookie": visit})
    answer = connection.getresponse()
    assert answer.status == 303
    answer.read()
    session = answer.headers["set-cookie"].partition(";")[0]
    big = "x" * 100_000
    connection.request(
        "POST", "/usage/budget", f"monthly={big}", {"Content-Type": FORM, "Cookie": f"{visit}; {session}"}
    )
    assert connection.getresponse().status == 403, "the token is asked for, so the form was read"
    connection.close()
