"""The server that may be running on a command's data folder, asked over its JSON API."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, Request, build_opener

from pochoir.config import Settings
from pochoir.domain.errors import Conflict, InvalidValue, PochoirError, Unavailable
from pochoir.infra.lock import DataLock

_OPENER = build_opener(ProxyHandler({}))
"""Without the environment's proxies: the server is on this machine."""


class Answered(PochoirError):
    """What the server said; `status` is the answer's."""


@dataclass(frozen=True, slots=True)
class Remote:
    """A running server. `key` is sent to it; `seconds` is how long it may take to answer."""

    link: str
    key: str = ""
    seconds: float = 60.0

    def ask(self, path: str, body: object | None = None) -> Any:
        """The answer: JSON as data, anything else as bytes. A `body` of bytes is sent as it is.

        Raises Answered with the server's own sentence, Unavailable when it does not answer.
        """
        data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        kind = "application/octet-stream" if isinstance(body, bytes) else "application/json"
        headers = {"content-type": kind, **({"authorization": f"Bearer {self.key}"} if self.key else {})}
        request = Request(self.link + path, data=data, headers=headers)  # noqa: S310 - our own server wrote the link
        try:
            with _OPENER.open(request, timeout=self.seconds) as answer:
                content = answer.read()
                return json.loads(content) if answer.headers.get_content_type() == "application/json" else content
        except HTTPError as error:
            said = Answered(self._message(error))
            said.status = error.code
            raise said from error
        except (OSError, HTTPException, ValueError) as error:
            reason = error.reason if isinstance(error, URLError) else error
            if isinstance(reason, TimeoutError):
                raise Unavailable(
                    f"The server at {self.link} has not answered for {self.seconds:.0f} seconds. Look at its log and, "
                    f"before you try again, at {self.link}/runs."
                ) from error
            raise Unavailable(
                f"The server at {self.link} broke off or does not answer ({reason}). Look whether it is running, then "
                "try again."
            ) from error

    def _message(self, error: HTTPError) -> str:
        with error:
            if error.code == 401:
                wrong = "This API key is unknown or revoked" if self.key else "The server asks for an API key"
                return f"{wrong}. Make one on the settings page and give it with --key or in POCHOIR_API_KEY."
            try:
                return str(json.loads(error.read())["error"]["message"])
            except (ValueError, KeyError, TypeError, OSError, HTTPException):
                return f"The server answered {error.code} {error.reason}. Look at its log."


def running(settings: Settings, key: str = "") -> Remote | None:
    """The server that holds the data folder, once it has said that it is the one; None when none does.

    Raises InvalidValue for a key that cannot be sent, Conflict when somebody else answers in the server's place.
    """
    key = key.strip()
    if not key.isascii() or not key.isprintable():
        raise InvalidValue(
            "The API key holds characters that no key has. Copy it again from the settings page.", param="--key"
        )
    served = DataLock(settings.data).served()
    if served is None:
        return None
    try:
        told = Remote(served.link).ask("/healthz")
    except Answered:
        told = None
    if not isinstance(told, dict) or told.get("server") != served.id:
        raise Conflict(
            f"The server of {settings.data} is stopping, and something else answers at {served.link}. Try again in a "
            "moment."
        )
    return Remote(served.link, key)
