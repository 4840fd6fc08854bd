"""Fetches a file from an address that somebody sent, without letting them reach what only this machine can reach.

Every address is looked at when it is connected to, after its name was resolved and after each redirect: a name cannot mean
a public address when it is checked and an internal one when it is asked.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from pochoir.domain.errors import InvalidImage, TooLarge

if TYPE_CHECKING:
    import aiohttp

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
SECONDS = 20.0
"""For one file, all redirects together."""
REDIRECTS = 3
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_UNICAST = ipaddress.IPv6Network("2000::/3")
"""All that is given out for the internet (RFC 4291). What lies outside is internal, or means nothing yet."""
_DOCUMENTATION = ipaddress.IPv6Network("3fff::/20")
"""Newer than some of the Pythons that run here (RFC 9637)."""
_PIECE = 1 << 16


def public(address: Address) -> bool:
    """Whether an address belongs to the internet at large, also what it carries inside."""
    if isinstance(address, ipaddress.IPv4Address):
        return address.is_global and not address.is_multicast
    inside = address.ipv4_mapped or (ipaddress.IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None)
    if inside is not None:
        return public(inside)
    carried = (address.sixtofour, *(address.teredo or ()))
    return (
        address in _UNICAST
        and address not in _DOCUMENTATION
        and address.is_global
        and all(public(other) for other in carried if other is not None)
    )


class Fetcher:
    """`allowed` says which addresses may be asked."""

    def __init__(self, allowed: Callable[[Address], bool] = public, seconds: float = SECONDS) -> None:
        self._allowed = allowed
        self._seconds = seconds

    async def get(self, url: str, most: int, where: str) -> bytes:
        """The file's bytes, at most so many. `where` names the field in complaints.

        Raises InvalidImage for an address that may not or cannot be asked, TooLarge for a file that is.
        """
        import aiohttp

        try:
            async with asyncio.timeout(self._seconds), aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    resolver=_resolver(self._allowed), use_dns_cache=False, socket_factory=self._socket
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": "pochoir", "Accept": "image/*"},
            ) as session:  # fmt: skip
                for _ in range(REDIRECTS + 1):
                    self._check(url, where)
                    async with session.get(url, allow_redirects=False) as response:
                        if response.status in {301, 302, 303, 307, 308} and "location" in response.headers:
                            url = urljoin(url, response.headers["location"])
                            continue
                        return await _read(response, most, where)
        except TimeoutError as error:
            raise _failed(f"did not answer within {self._seconds:.0f} seconds", where) from error
        except (aiohttp.ClientError, ValueError, OSError) as error:
            raise _failed("cannot be reached", where) from error
        raise _failed(f"sends on more than {REDIRECTS} times", where)

    def _socket(self, found: tuple[Any, ...]) -> socket.socket:
        """A socket for the address that is about to be connected to, which is the last word on where a link leads.

        The client turns digits of other scripts (`127。0。0。1`) into an address by itself, past names and resolver.
        """
        family, kind, protocol, _, place = found
        if not self._allowed(ipaddress.ip_address(str(place[0]).partition("%")[0])):
            raise OSError(f"{place[0]} may not be asked")
        return socket.socket(family, kind, protocol)

    def _check(self, url: str, where: str) -> None:
        try:
            parts = urlsplit(url)
            host = parts.hostname or ""
        except ValueError:
            raise _unusable(where) from None
        if parts.scheme not in {"http", "https"} or not host or parts.username is not None:
            raise _unusable(where)
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return  # a name: looked at when it is resolved
        if not self._allowed(address):
            raise _unusable(where)


def _resolver(allowed: Callable[[Address], bool]) -> aiohttp.abc.AbstractResolver:
    from aiohttp.abc import AbstractResolver, ResolveResult
    from aiohttp.resolver import ThreadedResolver

    class Guarded(AbstractResolver):
        """Names as the system resolves them, without addresses that may not be asked."""

        def __init__(self) -> None:
            self._inner = ThreadedResolver()

        async def resolve(
            self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
        ) -> list[ResolveResult]:
            found = await self._inner.resolve(host, port, family)
            kept = [entry for entry in found if allowed(ipaddress.ip_address(entry["host"].partition("%")[0]))]
            if not kept:
                raise OSError(f"{host} has no address that may be asked")
            return kept

        async def close(self) -> None:
            await self._inner.close()

    return Guarded()


async def _read(response: aiohttp.ClientResponse, most: int, where: str) -> bytes:
    if response.status != 200:
        raise _failed(f"answered with status {response.status}", where)
    data = bytearray()
    async for piece in response.content.iter_chunked(_PIECE):
        data += piece
        if len(data) > most:
            raise TooLarge(f"The image behind the link has more than {most >> 20} MB. Send a smaller one.", param=where)
    return bytes(data)


def _unusable(where: str) -> InvalidImage:
    return InvalidImage(
        "This link cannot be followed: it must be a public http or https address. Send the image itself, as a data URL or "
        "by multipart.",
        param=where,
        code="invalid_image_url",
    )


def _failed(what: str, where: str) -> InvalidImage:
    return InvalidImage(
        f"The image cannot be fetched: its server {what}. Check the link, or send the image itself.",
        param=where,
        code="failed_to_download_image",
    )
