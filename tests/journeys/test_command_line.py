"""Commands beside a running server and without one: whom they ask, how they stop, and what they say when it goes wrong."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

import pytest

from journeys.serving import POCHOIR, Server, running_upstream, serving
from upstream.faults import KEY
from upstream.server import Upstream

SPEC = {
    "title": "Fox",
    "model": "gpt-image-1-mini",
    "inputs": [{"key": "what", "label": "What", "type": "text", "default": "a fox"}],
    "steps": [
        {"id": "shot", "type": "generate_image", "with": {"prompt": "{{ inputs.what }}", "quality": "low", "n": 2}}
    ],
    "outputs": [{"key": "result", "label": "Result", "value": "{{ steps.shot.images }}"}],
}


def paid(upstream: Upstream) -> dict[str, str]:
    return {"OPENAI_BASE_URL": upstream.base_url, "OPENAI_API_KEY": KEY}


def with_tool(server: Server, folder: Path, model: str = "gpt-image-1-mini") -> Server:
    """A tool named `fox` that makes two images."""
    file = folder / "fox.json"
    file.write_text(json.dumps({**SPEC, "model": model}))
    server.command("tool", "add", str(file))
    return server


def interrupted(server: Server, upstream: Upstream, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command and press Ctrl-C once its requests are with the provider, which answers a second later."""
    upstream.faults += ["slow 1", "slow 1"]
    command = [str(POCHOIR), *words, "--data", str(server.data)]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=server.environment)
    end = time.monotonic() + 60
    while len(upstream.seen) < (2 if words[0] == "tool" else 1):
        assert time.monotonic() < end, "nothing was sent"
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, said = process.communicate(timeout=60)
    return subprocess.CompletedProcess(command, process.returncode, out, said)


def test_ctrl_c_cancels_a_run_and_keeps_what_was_being_made(tmp_path: Path) -> None:
    with running_upstream() as upstream:
        server = with_tool(Server(tmp_path / "data", paid(upstream)), tmp_path)
        done = interrupted(server, upstream, "tool", "run", "fox", "--out", str(tmp_path / "out"))
        assert done.returncode == 130
        assert "pochoir: Stopped. Charged: $0.0" in done.stderr
        assert f"2 finished images in {tmp_path / 'out'}" in done.stderr
        assert len(list((tmp_path / "out").iterdir())) == 2
        with serving(server.data, server.environment):
            pass
        assert len(upstream.seen) == 2, "the next start does not go on with it"
    books = sqlite3.connect(server.data / "pochoir.sqlite")
    assert books.execute("SELECT state, maybe_charged FROM runs").fetchall() == [("cancelled", 0)]
    books.close()


def test_ctrl_c_cancels_a_run_on_the_server(tmp_path: Path) -> None:
    with running_upstream() as upstream, serving(tmp_path / "data", paid(upstream)) as server:
        with_tool(server, tmp_path)
        done = interrupted(server, upstream, "tool", "run", "fox", "--out", str(tmp_path / "out"))
        assert done.returncode == 130
        assert "Stopped." in done.stderr
        assert f"See {server.link}/runs/run_" in done.stderr
        books = sqlite3.connect(server.data / "pochoir.sqlite")
        end = time.monotonic() + 30
        while ("sent",) in books.execute("SELECT state FROM attempts").fetchall():
            assert time.monotonic() < end, "the server does not finish what was being made"
            time.sleep(0.05)
    assert books.execute("SELECT state FROM attempts").fetchall() == [("stored",)] * 2
    assert books.execute("SELECT state FROM runs").fetchall() == [("cancelled",)]
    books.close()


def test_ctrl_c_on_generate_says_that_it_may_have_been_charged(tmp_path: Path) -> None:
    with running_upstream() as upstream:
        server = Server(tmp_path / "data", paid(upstream))
        output = str(tmp_path / "fox.png")
        done = interrupted(server, upstream, "generate", "a fox", "--model", "gpt-image-1-mini", "-o", output)
    assert done.returncode == 130
    assert "may have been charged" in done.stderr


@pytest.mark.parametrize("beside", [False, True])
def test_what_cannot_be_run_is_said_alike_with_and_without_a_server(tmp_path: Path, beside: bool) -> None:
    server = with_tool(Server(tmp_path / "data", {"http_proxy": "http://127.0.0.1:9"}), tmp_path, "pochoir-sketch")
    if beside:
        server.start()
    try:
        for name in ("product shots", "cärds", "", "../runs"):
            done = server.command("tool", "run", name, "--out", str(tmp_path), check=False)
            told = f"pochoir: There is no tool '{name}'. Choose one from the list of tools.\n"
            assert (done.returncode, done.stderr) == (2, told)
        done = server.command("tool", "run", "fox", "--out", "/dev/null/x", check=False)
        assert (done.returncode, done.stderr) == (
            2,
            "pochoir: The folder /dev/null/x cannot be written (Not a directory). Choose another with --out.\n",
        )
        done = server.command("tool", "run", "fox", "--input", "what=@@fox", "--out", str(tmp_path / "out"))
        assert "Charged: free" in done.stdout
    finally:
        server.stop()
    books = sqlite3.connect(server.data / "pochoir.sqlite")
    [(inputs,)] = books.execute("SELECT inputs FROM runs").fetchall()
    books.close()
    assert json.loads(inputs) == {"what": "@fox"}


@pytest.mark.parametrize("beside", [False, True])
def test_an_image_that_cannot_be_written_leaves_the_others(tmp_path: Path, beside: bool) -> None:
    server = with_tool(Server(tmp_path / "data"), tmp_path, "pochoir-sketch")
    (tmp_path / "out/fox-1.png").mkdir(parents=True)
    if beside:
        server.start()
    try:
        done = server.command("tool", "run", "fox", "--out", str(tmp_path / "out"), check=False)
    finally:
        server.stop()
    assert done.returncode == 1
    assert f"{tmp_path / 'out/fox-1.png'} cannot be written (Is a directory). The images are kept" in done.stderr
    assert "/runs/run_" in done.stderr
    assert (tmp_path / "out/fox-2.png").is_file()


def test_a_key_that_is_missing_or_wrong_is_said_for_the_command_line(tmp_path: Path) -> None:
    server = with_tool(Server(tmp_path / "data"), tmp_path, "pochoir-sketch")
    words = ["--email", "ada@example.com", "--name", "Ada", "--password", "correct horse battery"]
    server.command("owner", "create", *words)
    server.environment["POCHOIR_HOST"] = "0.0.0.0"
    server.start()
    try:
        for key, told in ((), "asks for an API key"), (("--key", "pk_guessed"), "unknown or revoked"):
            done = server.command("tool", "run", "fox", "--out", str(tmp_path), *key, check=False)
            assert done.returncode == 2
            assert told in done.stderr
            assert done.stderr.endswith("give it with --key or in POCHOIR_API_KEY.\n")
    finally:
        server.stop()


def test_a_tool_runs_in_a_folder_of_any_name(tmp_path: Path) -> None:
    server = with_tool(Server(tmp_path / "a?b%41 #c"), tmp_path, "pochoir-sketch")
    server.command("tool", "run", "fox", "--out", str(tmp_path / "out"))
    assert {path.name for path in tmp_path.iterdir()} == {"a?b%41 #c", "fox.json", "out"}
    assert {"pochoir.sqlite", "durable.sqlite"} <= {path.name for path in server.data.iterdir()}


def test_a_terminal_without_a_letter_and_an_output_that_is_full(tmp_path: Path) -> None:
    server = Server(tmp_path / "data", {"PYTHONIOENCODING": "ascii"})
    assert "Postc?rds" in server.command("tool", "new", "Postcärds").stdout
    assert json.loads(server.command("tool", "list", "--json").stdout)[0]["title"] == "Postcärds"
    for command in ("version",), ("models", "--data", str(server.data)):
        with Path("/dev/full").open("w") as full:
            done = subprocess.run(
                [str(POCHOIR), *command],
                stdout=full, stderr=subprocess.PIPE, text=True, env=server.environment, timeout=60, check=False,
            )  # fmt: skip
        assert (done.returncode, done.stderr.count("\n")) == (1, 1)
        assert "pochoir: The command broke off (No space left on device)." in done.stderr


def test_a_text_that_is_no_utf_8_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    server = Server(tmp_path / "data")
    for words in ("tool", "new"), ("generate",), ("tool", "run", "fox", "--input"):
        done = subprocess.run(
            [os.fsencode(POCHOIR), *map(os.fsencode, words), b"what=a \xff lamp", b"--data", os.fsencode(server.data)],
            capture_output=True, text=True, env=server.environment, timeout=60, check=False,
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (
            2,
            "pochoir: 'what=a ? lamp' holds bytes that are no UTF-8. Type it again.\n",
        )
    assert not server.data.exists()


def test_a_database_that_is_away_is_said(tmp_path: Path) -> None:
    server = Server(tmp_path / "data", {"POCHOIR_DATABASE_URL": "postgresql+psycopg://nobody@127.0.0.1:1/none"})
    for words in ("models",), ("serve", "--port", "0"):
        done = server.command(*words, check=False)
        assert done.returncode == 1
        assert done.stderr.startswith("pochoir: The database cannot be reached (")
        assert done.stderr.endswith("Start it, or correct POCHOIR_DATABASE_URL.\n")
    (tmp_path / "data/pochoir.sqlite").write_text("no database " * 100)
    done = Server(tmp_path / "data").command("models", check=False)
    assert (done.returncode, done.stderr.partition(" is no database")[2]) == (
        2,
        ", or it is damaged. Restore it from a backup, or move it away to begin anew.\n",
    )


def test_an_address_that_is_not_this_machines_is_said(tmp_path: Path) -> None:
    done = Server(tmp_path / "data").command("serve", "--host", "nohost.invalid", "--port", "0", check=False)
    assert (done.returncode, done.stderr.partition(" this")[0]) == (2, "pochoir: 'nohost.invalid' is no address of")


def test_generate_takes_and_refuses_what_the_api_does(tmp_path: Path) -> None:
    server = Server(tmp_path / "data")
    output = tmp_path / "fox.png"
    for words, told in {
        ("--background", "pink"): "'background' cannot be 'pink'. Choose",
        ("--seed", "-1"): "'seed' is -1; at least 0",
        ("--seed", "9" * 24): "Make it smaller.",
        ("--n", "0"): "'n' is 0; at least 1",
    }.items():
        done = server.command("generate", "fox", *words, "-o", str(output), check=False)
        assert (done.returncode, output.exists()) == (2, False)
        assert told in done.stderr


def test_generate_names_the_file_as_what_came(tmp_path: Path) -> None:
    with running_upstream() as upstream:
        upstream.faults.append("other format")
        server = Server(tmp_path / "data", paid(upstream))
        done = server.command("generate", "fox", "--model", "gpt-image-1-mini", "-o", str(tmp_path / "fox.png"))
    assert "The model gave jpg in place of png" in done.stdout
    assert (tmp_path / "fox.jpg").read_bytes()[:2] == b"\xff\xd8"
    assert not (tmp_path / "fox.png").exists()
