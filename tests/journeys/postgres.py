"""A PostgreSQL of its own for a test: made in a temporary folder, reached on loopback, gone afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.sql import SQL, Identifier


@dataclass(frozen=True)
class Postgres:
    """`address` is host, port and user, for a URL: `pochoir@127.0.0.1:5555`."""

    address: str

    def environment(self, name: str) -> dict[str, str]:
        """The settings of a Pochoir whose two databases are made here."""
        return {
            "POCHOIR_DATABASE_URL": f"postgresql+psycopg://{self.address}/{name}",
            "POCHOIR_DURABLE_URL": f"postgresql://{self.address}/{name}_durable",
        }


def programs() -> Path | None:
    """The folder of PostgreSQL's programs; None where it is not installed."""
    on_path = shutil.which("initdb")
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return Path(on_path).resolve().parent if on_path else found[-1].parent if found else None


@contextmanager
def running(names: tuple[str, ...]) -> Iterator[Postgres]:
    """Start a server with these databases. It refuses to run as root, so then it runs as `nobody`."""
    bin_folder = programs()
    assert bin_folder is not None
    user = "nobody" if os.getuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="pg-") as folder:
        if user:
            os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        data = f"{folder}/data"

        def do(program: str, *arguments: str) -> None:
            command = [str(bin_folder / program), *arguments]
            subprocess.run(command, check=True, user=user, cwd=folder, stdout=subprocess.DEVNULL, timeout=60)

        do("initdb", "-D", data, "-U", "pochoir", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C")
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
        do("pg_ctl", "-D", data, "-l", f"{folder}/log", "-w", "-o", options, "start")
        try:
            server = Postgres(f"pochoir@127.0.0.1:{port}")
            with psycopg.connect(f"postgresql://{server.address}/postgres", autocommit=True) as connection:
                for name in names:
                    connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
            yield server
        finally:
            do("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
