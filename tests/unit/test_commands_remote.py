"""Whom a command asks when its data folder is in use: the server that holds it, and nobody else."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pochoir.commands.remote import Remote, running
from pochoir.config import Settings
from pochoir.domain.errors import Conflict, InvalidValue, Unavailable
from pochoir.infra.lock import DataLock, Served

KEY = "pk_nobody_else_may_have_it"
READY = b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 23\r\n\r\n{"server":"server_old"}'


@contextmanager
def stranger(answer: bytes | None) -> Iterator[tuple[str, list[bytes]]]:
    """Something that listens: its link and what it was sent. It answers in these bytes and closes; None: never."""
    heard: list[bytes] = []
    open_ones: list[socket.socket] = []
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                client, _ = listening.accept()
            except OSError:
                return
            open_ones.append(client)
            heard.append(client.recv(65_536))
            if answer is not None:
                client.sendall(answer)
                client.close()

    thread = threading.Thread(target=serve)
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}", heard
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    thread.join(10)
    for client in open_ones:
        client.close()


@pytest.mark.parametrize(
    "answer",
    [READY, b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi"],
)
def test_a_stranger_on_the_servers_port_gets_no_key(tmp_path: Path, answer: bytes) -> None:
    with stranger(answer) as (link, heard), DataLock(tmp_path) as lock:
        lock.tell(Served(link, "server_new"))
        with pytest.raises(Conflict, match="something else answers"):
            running(Settings(data=tmp_path), KEY)
    assert [line.split(b"\r\n")[0] for line in heard] == [b"GET /healthz HTTP/1.1"]
    assert KEY.encode() not in b"".join(heard)


def test_a_server_that_has_gone_is_not_asked_while_a_command_holds_the_folder(tmp_path: Path) -> None:
    with stranger(READY) as (link, heard):
        with DataLock(tmp_path) as lock:
            lock.tell(Served(link, "server_old"))
            assert running(Settings(data=tmp_path), KEY) == Remote(link, KEY)
        with DataLock(tmp_path) as lock:
            assert running(Settings(data=tmp_path), KEY) is None, "who takes the folder empties the file"
            lock.tell(Served(link, "server_old"))
            lock.tell(None)
            assert running(Settings(data=tmp_path), KEY) is None
        assert running(Settings(data=tmp_path), KEY) is None
    assert len(heard) == 1


@pytest.mark.parametrize(
    ("answer", "told"),
    [(None, "has not answered for 0 seconds"), (b"", "broke off"), (b"nonsense\r\n\r\n", "broke off")],
)
def test_a_server_that_hangs_or_breaks_off_is_said(answer: bytes | None, told: str) -> None:
    with stranger(answer) as (link, _), pytest.raises(Unavailable, match=told):
        Remote(link, seconds=0.2).ask("/healthz")


def test_the_environments_proxy_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with stranger(READY) as (link, heard), stranger(READY) as (proxy, sent_to_proxy):
        monkeypatch.setenv("http_proxy", proxy)
        assert Remote(link, KEY).ask("/healthz") == {"server": "server_old"}
    assert (len(heard), sent_to_proxy) == (1, [])


@pytest.mark.parametrize("key", ["schlüssel€", "pk_a\nb"])
def test_a_key_that_cannot_be_sent_is_said(tmp_path: Path, key: str) -> None:
    with pytest.raises(InvalidValue, match="Copy it again"):
        running(Settings(data=tmp_path), key)
