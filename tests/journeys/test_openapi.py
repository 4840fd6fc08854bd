"""Schemathesis over our own OpenAPI document, against a running server: no 5xx, and nothing that is not documented."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from starlette.routing import Route

from journeys.serving import Server, serving
from pochoir.openai_api.routes import ROUTES

SECONDS = 30
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


def document(server: Server) -> Any:
    with urllib.request.urlopen(f"{server.link}/openapi.json", timeout=10) as answer:
        return json.load(answer)


@pytest.mark.timeout(120)
def test_thousands_of_requests_end_as_the_document_says(tmp_path: Path) -> None:
    command = [
        "run",
        "--checks",
        CHECKS,
        "--max-time",
        str(SECONDS),
        "--seed",
        "1",
        "--max-examples",
        "10",
        "--no-color",
    ]
    with serving(tmp_path / "data") as server:
        done = subprocess.run(
            [str(Path(sys.executable).parent / "schemathesis"), *command, f"{server.link}/openapi.json"],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            check=False,
        )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert "Tested: 0" not in done.stdout


def test_every_route_of_the_images_api_is_in_the_document(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server:
        described = document(server)["paths"]
    ours = {
        (route.path.replace(":path}", "}"), method)
        for route in ROUTES
        if isinstance(route, Route)
        for method in route.methods or ()
        if route.path.startswith("/v1/") and method != "HEAD" and route.path not in ("/v1/{path:path}",)
    }
    ours.discard(("/v1/images/linked/{token}", "GET"))
    written = {
        (path, method.upper()) for path, known in described.items() for method in known if method != "parameters"
    }
    assert ours <= written
    assert ours == {item for item in written if item[0].startswith("/v1/")}
