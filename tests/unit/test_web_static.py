"""Static files: vendored files are what their packages published, and pages follow their own security policy."""

from __future__ import annotations

import hashlib
import re
import tomllib
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from pochoir.web.assets import FOLDER, Assets
from pochoir.web.templating import TEMPLATES

VENDOR = FOLDER / "vendor"
LISTED = tomllib.loads((VENDOR / "VENDORED.toml").read_text())["file"]
PAGES = sorted(TEMPLATES.rglob("*.html"))


@pytest.mark.parametrize("entry", LISTED, ids=lambda entry: str(entry["path"]))
def test_a_vendored_file_is_unchanged_and_has_its_licence(entry: dict[str, str]) -> None:
    assert hashlib.sha256((VENDOR / entry["path"]).read_bytes()).hexdigest() == entry["sha256"]
    assert (VENDOR / entry["licence_file"]).stat().st_size > 100
    assert entry["package"]
    assert entry["version"]
    assert entry["licence"] in {"MIT", "0BSD", "ISC", "OFL-1.1"}


def test_every_vendored_file_is_listed() -> None:
    there = {path.relative_to(VENDOR).as_posix() for path in VENDOR.rglob("*") if path.is_file()}
    licences = {entry["licence_file"] for entry in LISTED}
    assert there - licences - {"VENDORED.toml"} == {entry["path"] for entry in LISTED}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_no_template_needs_inline_script_or_style(path: Path) -> None:
    text = path.read_text()
    assert not re.findall(r"<style|\sstyle=|\son[a-z]+=|javascript:", text)
    assert not re.findall(r"<script(?![^>]*\ssrc=)", text)
    assert not re.findall(r"\bhx-on\b|hx-on:", text)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_every_form_that_changes_something_carries_the_token(path: Path) -> None:
    for form in re.findall(r'<form[^>]*method="post".*?</form>', path.read_text(), re.S):
        assert "csrf()" in form, form[:120]


def test_every_icon_that_is_named_is_in_the_sprite() -> None:
    there = set(re.findall(r'<symbol id="([^"]+)"', (VENDOR / "lucide/icons.svg").read_text()))
    used = {name for path in PAGES for name in re.findall(r'\bicon\("([a-z0-9-]+)"\)', path.read_text())}
    assert len(used) > 20
    assert used <= there


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("under", ["sheet", "paper", "sunk"])
@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_the_edge_of_a_field_is_seen(under: str, scheme: int) -> None:
    """WCAG 2.2, 1.4.11: 3 to 1."""
    tokens = (FOLDER / "pochoir-tokens.css").read_text()
    pairs = dict(re.findall(r"--([\w-]+): light-dark\((#\w{6}, #\w{6})\);", tokens))
    darker, lighter = sorted(luminance(pairs[name].split(", ")[scheme]) for name in ("edge", under))
    assert (lighter + 0.05) / (darker + 0.05) >= 3
    assert "--input: var(--edge);" in tokens


def test_a_pinned_address_is_kept_for_ever_and_a_plain_one_asked_again() -> None:
    assets = Assets()
    client = TestClient(Starlette(routes=[Route("/static/{path:path}", assets.serve)]))
    pinned = client.get(assets.url("pochoir-tokens.css"))
    assert pinned.status_code == 200
    assert pinned.headers["cache-control"].endswith("immutable")
    assert pinned.headers["content-encoding"] == "gzip"
    plain = client.get("/static/pochoir-tokens.css", headers={"accept-encoding": "identity"})
    assert plain.headers["cache-control"] == "no-cache"
    assert plain.content == (FOLDER / "pochoir-tokens.css").read_bytes()
    again = client.get("/static/pochoir-tokens.css", headers={"if-none-match": plain.headers["etag"]})
    assert again.status_code == 304
    assert again.content == b""


@pytest.mark.parametrize("name", ["../site.py", "%2e%2e/site.py", "vendor", "nothing.css"])
def test_only_files_of_the_folder_are_served(name: str) -> None:
    client = TestClient(Starlette(routes=[Route("/static/{path:path}", Assets().serve)]))
    assert client.get(f"/static/{name}").status_code == 404
