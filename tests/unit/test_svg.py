"""Drawings from elsewhere: they open no files, and none holds the server up."""

from __future__ import annotations

import base64
import io
import time
from pathlib import Path

import pytest
from PIL import Image

from pochoir.domain.errors import InvalidImage
from pochoir.infra.svg import render

HEAVY = (
    '<filter id="f"><feTurbulence baseFrequency="0.9" numOctaves="8"/></filter>'
    + '<rect filter="url(#f)" width="3000" height="3000"/>' * 40
)


def svg(body: str, size: int = 40) -> bytes:
    names = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    ground = f'<rect width="{size}" height="{size}" fill="#fff"/>'
    return f'<svg {names} width="{size}" height="{size}">{ground}{body}</svg>'.encode()


def middle(drawn: bytes) -> tuple[int, ...]:
    with Image.open(io.BytesIO(drawn)) as image:
        found = image.convert("RGB").getpixel((image.width // 2, image.height // 2))
    assert isinstance(found, tuple)
    return found


@pytest.fixture
def private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A red image, in the folder in which the server works."""
    monkeypatch.chdir(tmp_path)
    Image.new("RGB", (40, 40), "red").save(tmp_path / "private.png")
    return tmp_path / "private.png"


@pytest.mark.parametrize("name", ["href", "xlink:href"])
@pytest.mark.parametrize(
    "link", ["{path}", "file://{path}", "private.png", "data:/../private.png", " {path}", "{nested}"]
)
def test_no_file_is_opened(private: Path, name: str, link: str) -> None:
    inner = svg(f'<image width="40" height="40" {name}="{private}"/>')
    nested = "data:image/svg+xml;base64," + base64.b64encode(inner).decode()
    given = link.format(path=private, nested=nested)
    assert middle(render(svg(f'<image width="40" height="40" {name}="{given}"/>'))) == (255, 255, 255)
    shown = f'<filter id="f"><feImage {name}="{given}"/></filter><rect width="40" height="40" filter="url(#f)"/>'
    assert middle(render(svg(shown))) != (255, 0, 0)


def test_what_a_drawing_carries_itself_is_drawn(private: Path) -> None:
    red = "data:image/png;base64," + base64.b64encode(private.read_bytes()).decode()
    for name in ("href", "xlink:href"):
        assert middle(render(svg(f'<image width="40" height="40" {name}="{red}"/>'))) == (255, 0, 0)
    used = '<defs><rect id="r" width="40" height="40"/></defs><use xlink:href="#r" fill="url(#g)"/>'
    ramp = '<linearGradient id="g"><stop stop-color="#00f"/></linearGradient>'
    styled = '<style>.a { fill: #0f0 }</style><rect class="a" width="9" height="9"/>'
    assert middle(render(svg(ramp + used + styled))) == (0, 0, 255)
    with Image.open(io.BytesIO(render(svg(styled)))) as image:
        assert image.convert("RGB").getpixel((4, 4)) == (0, 255, 0)


def test_a_drawing_that_takes_too_long_is_given_up() -> None:
    began = time.monotonic()
    with pytest.raises(InvalidImage, match=r"longer than 2 seconds to draw\. Make it simpler"):
        render(svg(HEAVY, 3000), seconds=2)
    assert time.monotonic() - began < 30


@pytest.mark.parametrize("body", ["<g>" * 3000 + "</g>" * 3000, "<g>", '<image href="&x;"/>'])
def test_what_cannot_be_drawn_is_said_and_nothing_of_the_renderer(body: str) -> None:
    with pytest.raises(InvalidImage) as caught:
        render(svg(body))
    assert caught.value.message.endswith("Save it again as PNG.")
    assert "panicked" not in caught.value.message
