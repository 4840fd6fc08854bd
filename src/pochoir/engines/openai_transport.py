"""The HTTP side of the remote engines: aiohttp, one session an engine, big reads, failures turned into domain errors.

aiohttp is here because on this path (answers of 2 to 3 MB) it moves two thirds more a second than the other clients.
"""

from __future__ import annotations

import asyncio
import io
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import orjson

from pochoir.domain.errors import EngineError, EngineNotReady, EngineTimeout
from pochoir.engines.openai_wire import Call
from pochoir.infra.addresses import check_address
from pochoir.infra.turns import Turns

if TYPE_CHECKING:
    import aiohttp

READ_SIZE = 4 * 1024 * 1024
"""Bytes that are buffered before reading pauses; a whole answer fits, so a request costs few wake-ups."""
BIG = 512 * 1024
"""Bytes from which an answer takes a turn."""
PLACES = 4
"""Big answers that are held at once; each takes some 6 MB from its reading to its sending."""
MAX_ANSWER = MAX_LINE = 512 * 1024 * 1024
CONNECT_SECONDS = 15.0
NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
IDLE_SECONDS = 15.0
"""A kept connection is given up after this; providers close theirs later, so we rarely write into a closed one."""


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    """Names in small letters."""
    body: bytes


class Transport:
    """`title` names the other side in messages; `timeout` is seconds for a whole call.

    `key_header` is the header that carries the key, and what stands before it.
    """

    def __init__(self, title: str, timeout: float, key_header: tuple[str, str] = ("Authorization", "Bearer ")) -> None:
        self.title = title
        self.timeout = timeout
        self._key_header = key_header
        self._session: aiohttp.ClientSession | None = None
        self._turns = Turns(PLACES)

    async def post(self, base: str, key: str | None, call: Call) -> Reply:
        async with self.open(base, key, call) as response:
            return await self._reply(response)

    async def get(self, url: str, key: str | None = None) -> Reply:
        """A call that costs nothing."""
        async with self.control("GET", url, key) as response:
            return await self._reply(response)

    @asynccontextmanager
    async def control(
        self,
        method: str,
        url: str,
        key: str | None,
        *,
        paid: bool = False,
        headers: Mapping[str, str] = NOTHING,
        long: bool = False,
        **more: Any,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Any other call than for images; its answer's head is there. `more` is the client's own (`json`, `data`).

        `long`: a download that may take hours; the limit then holds for each wait, not for the whole.
        """
        import aiohttp

        if long:
            more["timeout"] = aiohttp.ClientTimeout(sock_connect=CONNECT_SECONDS, sock_read=self.timeout)
        check_address(url, self.title)
        with self._failures(paid=paid):
            session, headers = self._running(), {**self._headers(key), **headers}
            async with session.request(method, url, headers=headers, allow_redirects=False, **more) as response:
                yield response

    @asynccontextmanager
    async def open(self, base: str, key: str | None, call: Call) -> AsyncIterator[aiohttp.ClientResponse]:
        """Send a call that may cost money; the answer's head is there, its body is yet to be read."""
        headers, data = self._headers(key), self._body(call)
        if not call.parts:
            headers["Content-Type"] = "application/json"
        check_address(base, self.title)
        with self._failures(paid=True):
            url = f"{base.rstrip('/')}/{call.route}"
            async with self._running().post(url, data=data, headers=headers, allow_redirects=False) as response:
                yield response

    async def reply(self, response: aiohttp.ClientResponse, *, paid: bool = True) -> Reply:
        with self._failures(paid=paid):
            return await self._reply(response)

    async def _reply(self, response: aiohttp.ClientResponse) -> Reply:
        if (response.content_length or 0) > MAX_ANSWER:
            raise EngineError(
                f"{self.title} answered with more than {MAX_ANSWER >> 20} MB. Ask for fewer or smaller images.",
                may_have_been_charged=True,
            )
        headers = {name.lower(): value for name, value in response.headers.items()}
        if 0 < (response.content_length or 0) < BIG:
            return Reply(response.status, headers, await response.read())
        waiting = self._turns.full and response.connection is not None and response.connection.transport
        if waiting:
            waiting.pause_reading()  # what is not read stays with the sender, not in memory
        async with self._turns.one():
            if waiting:
                waiting.resume_reading()
            if 0 < (response.content_length or 0) <= READ_SIZE:
                await self._all_there(response.content)
            return Reply(response.status, headers, await response.read())

    async def _all_there(self, content: aiohttp.StreamReader) -> None:
        """Wait until a body that fits the buffer is there, so that reading wakes this task once and copies it once."""
        if content.exception() is None:
            async with asyncio.timeout(self.timeout):
                await content.wait_eof()

    def _running(self) -> aiohttp.ClientSession:
        """The session, made in the running loop at the first call."""
        import aiohttp

        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=IDLE_SECONDS),
                timeout=aiohttp.ClientTimeout(total=self.timeout, sock_connect=CONNECT_SECONDS),
                read_bufsize=READ_SIZE,
                cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=("User-Agent",),
            )
        return self._session

    def _body(self, call: Call) -> Any:
        import aiohttp

        if not call.parts:
            data = orjson.dumps(dict(call.fields))
            return io.BytesIO(data) if len(data) > 1 << 20 else data
        form = aiohttp.FormData()
        for name, value in _flat(call.fields):
            form.add_field(name, value)
        for part in call.parts:
            form.add_field(part.name, io.BytesIO(part.image.data), filename=part.filename, content_type=part.image.mime)
        return form

    def _headers(self, key: str | None) -> dict[str, str]:
        headers = {"Accept-Encoding": "identity", "User-Agent": "pochoir"}
        if key and not key.isprintable():
            raise EngineNotReady(f"The key of {self.title} has a line break or the like within it. Enter it again.")
        if key:
            name, before = self._key_header
            headers[name] = before + key
        return headers

    @contextmanager
    def _failures(self, *, paid: bool) -> Iterator[None]:
        """Turn what the client raises into ours. Before the connection stands nothing can have been charged."""
        import aiohttp

        try:
            yield
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, ssl.SSLError) as error:
            raise EngineError(
                f"{self.title} cannot be reached: {_unreached(error)}. Check the address and the network, then try "
                "again."
            ) from error
        except TimeoutError as error:
            raise EngineTimeout(
                f"{self.title} did not answer within {self.timeout:.0f} seconds. Try again later, or a lower quality.",
                may_have_been_charged=paid,
            ) from error
        except aiohttp.InvalidURL as error:
            raise EngineNotReady(
                f"The address of {self.title} cannot be used ({_reason(error)}). Correct the base URL."
            ) from error
        except aiohttp.ClientError as error:
            may = " It may have charged the request." if paid else ""
            raise EngineError(
                f"{self.title} broke off its answer ({_reason(error)}).{may} Try again.", may_have_been_charged=paid
            ) from error

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None


async def lines_of(response: aiohttp.ClientResponse, title: str) -> AsyncIterator[bytes]:
    """An answer's lines as they come, without their line feeds; each may be megabytes long."""
    buffer, seen = bytearray(), 0
    async for chunk in response.content.iter_any():
        buffer += chunk
        while (end := buffer.find(b"\n", seen)) >= 0:
            line = bytes(buffer[:end])
            del buffer[: end + 1]
            seen = 0
            yield line
        seen = len(buffer)
        if seen > MAX_LINE:
            raise EngineError(
                f"{title} answered with a line of more than {MAX_LINE >> 20} MB. Ask for fewer images a request."
            )
    yield bytes(buffer)


def _unreached(error: Exception) -> str:
    """Why there is no connection, in words of people."""
    import aiohttp

    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return f"no machine is known as {error.host}"
    if isinstance(error, ssl.SSLError | aiohttp.ClientSSLError):
        return "no secure connection can be made with it"
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"nothing answers at {error.host}, port {error.port}"
    return "it does not answer in time"


def _reason(error: Exception) -> str:
    return (str(error) or type(error).__name__)[:200].rstrip(". ")


def _flat(fields: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Form fields as OpenAI's clients write them: `svg[model]`, `true`, numbers as text."""
    for name, value in fields.items():
        key = f"{prefix}[{name}]" if prefix else name
        if isinstance(value, Mapping):
            yield from _flat(value, key)
        elif isinstance(value, bool):
            yield key, "true" if value else "false"
        elif value is not None:
            yield key, str(value)
