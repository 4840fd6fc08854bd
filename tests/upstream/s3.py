"""An S3 server on loopback that is as strict as the real one about signatures, and can fail in the ways that one does.

Signature version 4 as AWS describes it ("Signature Calculations for the Authorization Header"): the canonical request is
built from what came over the wire, every header that must be signed has to be, the body has to have the hash that was
signed, and the date has to be near. Answers carry S3's XML errors. `failing` queues faults for the next requests.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal
from urllib.parse import parse_qsl, quote, unquote, urlsplit
from xml.sax.saxutils import escape

KEY, SECRET, REGION, BUCKET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "eu-test-1", "images"
Fault = Literal["500", "503", "slow", "lost", "half", "lost after"]
_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/s3/aws4_request, ?"
    r"SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})"
)


@dataclass
class Stored:
    data: bytes
    modified: float


@dataclass
class S3:
    """`objects`: key -> bytes of the one bucket. `failing`: faults for the next requests. `refused`: why, for tests."""

    url: str = ""
    objects: dict[str, Stored] = field(default_factory=dict)
    failing: deque[Fault] = field(default_factory=deque)
    refused: list[str] = field(default_factory=list)
    requests: int = 0

    def age(self, seconds: float) -> None:
        for item in self.objects.values():
            item.modified -= seconds


@dataclass
class Denied(Exception):
    status: int
    code: str
    message: str


def check(method: str, target: str, headers: dict[str, str], body: bytes) -> None:
    """Raise Denied when the request is not signed as it has to be."""
    found = _AUTHORIZATION.fullmatch(headers.get("authorization", ""))
    if found is None:
        raise Denied(403, "AccessDenied", "Access Denied: no signature of version 4")
    key, day, region, signed, signature = found.groups()
    if key != KEY:
        raise Denied(403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.")
    if region != REGION:
        raise Denied(400, "AuthorizationHeaderMalformed", f"the region '{region}' is wrong; expecting '{REGION}'")
    names = signed.split(";")
    due = {"host"} | {name for name in headers if name.startswith("x-amz-")}
    if names != sorted(names) or not due <= set(names):
        raise Denied(403, "AccessDenied", f"There were headers present which were not signed: {due - set(names)}")
    stamp = headers.get("x-amz-date", "")
    then = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    if not stamp.startswith(day) or abs((datetime.now(UTC) - then).total_seconds()) > 900:
        raise Denied(
            403, "RequestTimeTooSkewed", "The difference between the request time and the server's is too large."
        )
    digest = headers.get("x-amz-content-sha256", "")
    if digest != "UNSIGNED-PAYLOAD" and digest != hashlib.sha256(body).hexdigest():
        raise Denied(400, "XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' does not match.")
    parts = urlsplit(target)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    query = "&".join(sorted(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in pairs))
    canonical = "\n".join(
        (
            method,
            quote(unquote(parts.path), safe="/-_.~"),
            query,
            *(f"{name}:{' '.join(headers[name].split())}" for name in names),
            "",
            signed,
            digest,
        )
    )
    scope = f"{day}/{region}/s3/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    secret = f"AWS4{SECRET}".encode()
    for part in (day, region, "s3", "aws4_request"):
        secret = hmac.digest(secret, part.encode(), "sha256")
    if not hmac.compare_digest(hmac.new(secret, text.encode(), "sha256").hexdigest(), signature):
        raise Denied(403, "SignatureDoesNotMatch", "The request signature we calculated does not match.")


@contextmanager
def running(slow_seconds: float = 3.0) -> Iterator[S3]:
    """Serve the bucket `images` on a free port of loopback."""
    s3 = S3()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            s3.requests += 1
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            fault = s3.failing.popleft() if s3.failing else None
            if fault == "slow":
                time.sleep(slow_seconds)
            elif fault == "lost":
                self.close_connection = True
                self.connection.close()
                return
            headers = {name.lower(): value for name, value in self.headers.items()}
            try:
                if fault in {"500", "503"}:
                    code = "InternalError" if fault == "500" else "SlowDown"
                    raise Denied(int(fault), code, "Please reduce your request rate.")
                check(self.command, self.path, headers, body)
                self._do(body, fault)
            except Denied as denied:
                s3.refused.append(denied.code)
                text = f"<Error><Code>{denied.code}</Code><Message>{escape(denied.message)}</Message></Error>"
                self._answer(denied.status, f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode())

        do_GET = do_PUT = do_HEAD = do_DELETE = do_POST = _serve

        def _do(self, body: bytes, fault: Fault | None) -> None:
            parts = urlsplit(self.path)
            bucket, _, key = unquote(parts.path)[1:].partition("/")
            if bucket != BUCKET:
                raise Denied(404, "NoSuchBucket", "The specified bucket does not exist")
            if self.command == "PUT" and key:
                s3.objects[key] = Stored(body, time.time())
                if fault == "lost after":
                    self.connection.close()
                    self.close_connection = True
                    return
                self._answer(200, b"", etag=body)
            elif self.command == "DELETE" and key:
                s3.objects.pop(key, None)
                self._answer(204, b"")
            elif (found := s3.objects.get(key)) is None:
                raise Denied(404, "NoSuchKey", "The specified key does not exist.")
            else:
                start = int((self.headers.get("range") or "bytes=0-").removeprefix("bytes=").partition("-")[0])
                self._answer(
                    206 if start else 200, found.data, found.modified, start, etag=found.data, half=fault == "half"
                )

        def _answer(
            self,
            status: int,
            body: bytes,
            modified: float | None = None,
            start: int = 0,
            *,
            etag: bytes = b"",
            half: bool = False,
        ) -> None:
            self.send_response(status)
            if start:
                self.send_header("content-range", f"bytes {start}-{len(body) - 1}/{len(body)}")
                body = body[start:]
            self.send_header("content-length", str(len(body)))
            self.send_header("etag", f'"{hashlib.md5(etag).hexdigest()}"')
            self.send_header("last-modified", formatdate(modified or time.time(), usegmt=True))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body[: len(body) // 2] if half else body)
            if half:
                self.wfile.flush()
                self.connection.close()
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            """Silent."""

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            """Clients that leave are part of the tests."""

    server = Quiet(("127.0.0.1", 0), Handler)
    s3.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="s3")
    thread.start()
    try:
        yield s3
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
