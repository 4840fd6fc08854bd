"""Blobs in S3-compatible storage. What cannot be sent there waits on local disk and is sent later: nothing is lost.

The `obstore` library is an optional extra and imported late. Blobs that lie in the data folder already are read from
there and sent like those that wait, so an installation moves by changing one setting.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import structlog

from pochoir.domain.errors import Conflict, InvalidValue, NotFound, Unavailable
from pochoir.infra.blobs import YOUNG_SECONDS, Blobs, name_of
from pochoir.infra.extras import install

if TYPE_CHECKING:
    from obstore.store import S3Store

INSTALL = install("s3")
PAUSE_SECONDS = 30.0
"""After a failure blobs go to local disk for so long, so that not every image waits for a store that is away."""
PROBE = ".pochoir"
_CODE = re.compile(r"<Code>(\w+)</Code>")
_MEANING = {
    "InvalidAccessKeyId": "the access key is unknown there",
    "SignatureDoesNotMatch": "the secret key is wrong",
    "AccessDenied": "this key may not do that",
    "AuthorizationHeaderMalformed": "the region is wrong",
    "NoSuchBucket": "there is no such bucket",
}
_LOG = structlog.get_logger("pochoir.blobs")
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Place:
    """Where objects lie. `endpoint` is empty for AWS itself. Empty keys: the machine's own role is asked."""

    bucket: str
    prefix: str = ""
    endpoint: str = ""
    region: str = "us-east-1"
    key: str = ""
    secret: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    timeout: float = 15.0
    """Seconds that one request may take; three are tried."""

    @classmethod
    def of(cls, url: str, environment: Mapping[str, str]) -> Place:
        """Read `s3://bucket/prefix` and AWS's own variables. Raises InvalidValue."""
        parts = urlsplit(url)
        if parts.scheme != "s3" or not parts.netloc or parts.query or parts.username:
            raise InvalidValue(f"POCHOIR_BLOBS is '{url}'. Write s3://bucket or s3://bucket/folder.", param="blobs")
        env = environment.get
        return cls(
            parts.netloc,
            parts.path.strip("/"),
            env("POCHOIR_S3_ENDPOINT", ""),
            env("AWS_REGION") or env("AWS_DEFAULT_REGION") or "us-east-1",
            env("AWS_ACCESS_KEY_ID", ""),
            env("AWS_SECRET_ACCESS_KEY", ""),
            env("AWS_SESSION_TOKEN", ""),
        )


class Refused(Exception):
    """The store answered, and will answer the same again: a wrong key, region or bucket."""


class ObjectBlobs:
    """Like Blobs, in a bucket. `local` holds what waits. Everything blocks: call from a thread."""

    threads = 16
    """Writers at once: they wait for the network, not for a processor."""

    def __init__(self, place: Place, local: Blobs) -> None:
        self.place = place
        self.local = local
        self._store = _open(place)
        self._locks = [threading.Lock() for _ in range(64)]
        self._away_until = 0.0

    def put(self, data: bytes) -> str:
        """Store bytes and return their name; on local disk while the store is away. Raises StorageFull."""
        name = name_of(data)
        if time.monotonic() >= self._away_until:
            try:
                self._send(name, data)
                return name
            except (Refused, Unavailable) as error:
                self._away_until = time.monotonic() + PAUSE_SECONDS
                _LOG.error("images wait on local disk", reason=str(error))
        return self.local.put(data)

    def get(self, name: str) -> bytes:
        """Raises NotFound; Unavailable when the store is away or refuses."""
        if self.local.path(name).exists():
            try:
                return self.local.get(name)
            except NotFound:
                _LOG.debug("it was sent a moment ago", blob=name)
        try:
            return self._asked(lambda store, api: bytes(api.get(store, _path(name)).bytes()))
        except Refused as error:
            raise Unavailable(f"{error} Its owner can read why in the log of the server.") from error

    def forget(self, name: str) -> bool:
        """Take a blob away that nothing refers to; False when it was put within the last hour, and may be wanted."""
        if not self.local.forget(name):
            return False
        with self._lock(name):
            try:
                modified: datetime = self._asked(lambda store, api: api.head(store, _path(name)))["last_modified"]
                if (datetime.now(UTC) - modified).total_seconds() < YOUNG_SECONDS:
                    return False
                self._asked(lambda store, api: api.delete(store, _path(name)))
            except NotFound:
                return True
            except Refused as error:
                raise Unavailable(f"{error} Allow the key to delete.") from error
        return True

    def send_waiting(self) -> int:
        """Send what lies on local disk; returns how many went. Ends quietly when the store is away."""
        count = 0
        for name in list(self.local.names()):
            try:
                self._send(name, self.local.get(name))
            except (Refused, Unavailable, NotFound) as error:
                _LOG.warning("images still wait on local disk", reason=str(error))
                break
            self.local.delete(name)
            count += 1
        return count

    def sweep(self) -> int:
        """At start: see that the store takes what it is given, and tidy the local folder.

        Raises Conflict when the store refuses; one that is away may come back, and images wait for it.
        """
        try:
            self._asked(lambda store, api: api.put(store, PROBE, b"pochoir", use_multipart=False))
        except Refused as error:
            raise Conflict(f"{error} Correct POCHOIR_BLOBS, POCHOIR_S3_ENDPOINT or the AWS variables.") from error
        except Unavailable as error:
            _LOG.error("images wait on local disk", reason=error.message)
        return self.local.sweep()

    def _send(self, name: str, data: bytes) -> None:
        """Always whole and always anew: the time of the object says that it was wanted."""
        with self._lock(name):
            self._asked(lambda store, api: api.put(store, _path(name), data, use_multipart=False))

    def _lock(self, name: str) -> threading.Lock:
        return self._locks[int(name[:2], 16) % len(self._locks)]

    def _asked(self, ask: Callable[[S3Store, Any], _T]) -> _T:
        import obstore

        try:
            return ask(self._store, obstore)
        except (FileNotFoundError, obstore.exceptions.BaseError) as error:
            code = found[1] if (found := _CODE.search(str(error))) else ""
            where = f"the bucket '{self.place.bucket}'" + (f" at {self.place.endpoint}" if self.place.endpoint else "")
            if code in _MEANING:
                raise Refused(f"Images cannot be stored in {where}: {_MEANING[code]} ({code}).") from error
            if isinstance(error, FileNotFoundError):
                raise NotFound("This image's file is gone from the image store. Restore it from a backup.") from error
            if isinstance(error, obstore.exceptions.PermissionDeniedError | obstore.exceptions.UnauthenticatedError):
                raise Refused(f"Images cannot be stored in {where}: this key may not do that.") from error
            raise Unavailable(
                f"The image store, {where}, cannot be reached. Look whether it runs, then try again."
            ) from error


def _path(name: str) -> str:
    return f"{name[:2]}/{name}"


def _open(place: Place) -> S3Store:
    try:
        from obstore.store import S3Store
    except ImportError as error:
        raise Conflict(f"Storing images in S3 needs an addition. Install it with: {INSTALL}") from error
    given = {
        "region": place.region,
        "endpoint": place.endpoint,
        "access_key_id": place.key,
        "secret_access_key": place.secret,
        "session_token": place.token,
    }
    return S3Store(
        place.bucket,
        prefix=place.prefix or None,
        config={name: value for name, value in given.items() if value} | {"disable_bulk_delete": True},  # type: ignore[arg-type]
        client_options={
            "allow_http": place.endpoint.startswith("http://"),
            "connect_timeout": timedelta(seconds=5),
            "timeout": timedelta(seconds=place.timeout),
        },
        retry_config={
            "max_retries": 2,
            "retry_timeout": timedelta(seconds=3 * place.timeout),
            "backoff": {"init_backoff": timedelta(milliseconds=100), "max_backoff": timedelta(seconds=2), "base": 2},
        },
    )
