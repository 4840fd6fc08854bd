"""Links are followed to where they may lead, and nowhere else: names, redirects and odd spellings of internal addresses."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from pochoir.domain.errors import InvalidImage, TooLarge
from pochoir.infra.fetching import Address, Fetcher, public
from upstream.server import picture

IMAGE = picture((32, 16))


def first_only(address: Address) -> bool:
    return str(address) == "127.0.0.1"


@pytest.fixture
async def port() -> AsyncIterator[int]:
    async def image(request: web.Request) -> web.Response:
        return web.Response(body=IMAGE, content_type="image/png")

    async def onward(request: web.Request) -> web.Response:
        raise web.HTTPFound(request.query["to"])

    async def slow(request: web.Request) -> web.Response:
        await asyncio.sleep(5)
        return web.Response()

    app = web.Application()
    app.router.add_get("/image.png", image)
    app.router.add_get("/onward", onward)
    app.router.add_get("/slow", slow)
    runner = web.AppRunner(app, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "0.0.0.0", 0).start()
    yield runner.addresses[0][1]
    await runner.cleanup()


async def test_an_image_is_fetched_also_behind_redirects_and_names(port: int) -> None:
    fetcher = Fetcher(first_only)
    for link in (
        f"http://127.0.0.1:{port}/image.png",
        f"http://localhost:{port}/image.png",
        f"http://127.0.0.1:{port}/onward?to=/image.png",
        f"http://127.0.0.1:{port}/onward?to=http://localhost:{port}/image.png",
    ):
        assert await fetcher.get(link, 1 << 20, "image_url") == IMAGE


@pytest.mark.parametrize(
    "link",
    [
        "http://127.0.0.2:{port}/image.png",
        "http://127.0.0.1:{port}/onward?to=http://127.0.0.2:{port}/image.png",
        "http://127.0.0.1:{port}/onward?to=file:///etc/passwd",
        "http://user:word@127.0.0.1:{port}/image.png",
        "ftp://127.0.0.1:{port}/image.png",
        "file:///etc/passwd",
        "/image.png",
        "http://",
        "http://[::1/",
        "",
    ],
)
async def test_other_places_are_not_asked(port: int, link: str) -> None:
    with pytest.raises(InvalidImage) as caught:
        await Fetcher(first_only).get(link.format(port=port), 1 << 20, "image_url")
    assert (caught.value.code, caught.value.param) == ("invalid_image_url", "image_url")


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",
        "127。0。0。1",
        "１２７.0.0.1",
        "①②⑦.⓪.⓪.①",
    ],
)
async def test_nothing_internal_by_any_spelling(port: int, host: str) -> None:
    with pytest.raises(InvalidImage):
        await Fetcher().get(f"http://{host}:{port}/image.png", 1 << 20, "image_url")


@pytest.mark.parametrize(
    ("link", "told"),
    [
        ("http://127.0.0.1:{port}/gone", "status 404"),
        ("http://127.0.0.1:{port}/slow", "within"),
        ("http://127.0.0.1:1/x", "cannot be reached"),
        ("http://127.0.0.1:{port}/onward?to=/onward%3Fto=/onward%253Fto=/onward%25253Fto=/x", "more than 3 times"),
    ],
)
async def test_what_cannot_be_fetched(port: int, link: str, told: str) -> None:
    with pytest.raises(InvalidImage, match=told) as caught:
        await Fetcher(first_only, 0.5).get(link.format(port=port), 1 << 20, "image_url")
    assert caught.value.code == "failed_to_download_image"


async def test_a_file_that_is_too_large_is_not_read_to_its_end(port: int) -> None:
    with pytest.raises(TooLarge):
        await Fetcher(first_only).get(f"http://127.0.0.1:{port}/image.png", 10, "image_url")


@pytest.mark.parametrize(
    ("address", "may"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("10.1.2.3", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::a00:1", False),
        ("2002:a00:1::", False),
        ("fd00::1", False),
        ("fe80::1", False),
        ("224.0.0.1", False),
        ("64:ff9b::808:808", True),
        ("::ffff:8.8.8.8", True),
        ("fec0::1", False),
        ("64:ff9b:1::7f00:1", False),
        ("64:ff9b:1:ffff::", False),
        ("::127.0.0.1", False),
        ("::8.8.8.8", False),
        ("::ffff:0:127.0.0.1", False),
        ("2001:db8::1", False),
        ("3fff::1", False),
        ("5f00::1", False),
        ("100::1", False),
        ("ff0e::1", False),
        ("0.0.0.0", False),
    ],
)
def test_public_addresses(address: str, may: bool) -> None:
    assert public(ipaddress.ip_address(address)) is may
