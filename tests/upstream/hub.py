"""A stand-in for the model hub: one repository with revisions, files by range, digests; cut off, or lying on request."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import web

from upstream.loopback import listening

REPOSITORY = "Tongyi-MAI/Z-Image-Turbo"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Hub:
    """Serves a folder. `cut_off`: names of files that end half-way once; `lies`: names whose bytes are others'."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cut_off: set[str] = set()
        self.lies: set[str] = set()
        self.more: dict[str, bytes] = {}
        self.fetched: list[tuple[str, str]] = []
        """(name, Range header) of each file that was asked for."""
        self.base_url = ""

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Hub]:
        app = web.Application()
        app.router.add_get(f"/api/models/{REPOSITORY}/revision/{{revision}}", self._info)
        app.router.add_get(f"/api/models/{REPOSITORY}", self._info)
        app.router.add_get(f"/{REPOSITORY}/resolve/{{revision}}/{{name:.+}}", self._file)
        async with listening(app) as origin:
            self.base_url = origin
            yield self

    def files(self) -> dict[str, bytes]:
        paths = [path for path in sorted(self.folder.rglob("*")) if path.is_file()]
        found = {str(path.relative_to(self.folder)): path.read_bytes() for path in paths}
        return found | self.more | {"README.md": b"# hello", "evil.bin": b"pickle", "deep/er/than/allowed.json": b"{}"}

    async def _info(self, request: web.Request) -> web.StreamResponse:
        if request.match_info.get("revision", "main") not in {"main", COMMIT}:
            return web.json_response(
                {"error": "Invalid rev id"}, status=404, headers={"X-Error-Code": "RevisionNotFound"}
            )
        siblings: list[dict[str, Any]] = []
        for name, data in self.files().items():
            item: dict[str, Any] = {"rfilename": name, "size": len(data), "blobId": _blob(data)}
            if name.endswith(".safetensors"):
                digest = hashlib.sha256(data).hexdigest()
                item["lfs"] = {"sha256": digest, "size": len(data), "pointerSize": 134}
            siblings.append(item)
        return web.json_response({"id": REPOSITORY, "sha": COMMIT, "siblings": siblings, "private": False})

    async def _file(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        data = self.files().get(name)
        if data is None or request.match_info["revision"] != COMMIT:
            return web.json_response(
                {"error": "Entry not found"}, status=404, headers={"X-Error-Code": "EntryNotFound"}
            )
        tag = hashlib.sha256(data).hexdigest() if name.endswith(".safetensors") else _blob(data)
        headers = {"ETag": f'"{tag}"', "X-Repo-Commit": COMMIT, "Accept-Ranges": "bytes"}
        if request.method == "HEAD":
            return web.Response(headers=headers | {"Content-Length": str(len(data))})
        asked = request.headers.get("Range", "")
        self.fetched.append((name, asked))
        if name in self.lies:
            data = b"x" * len(data)
        start = int(asked.removeprefix("bytes=").partition("-")[0]) if asked else 0
        part = data[start:]
        status = 206 if asked else 200
        if asked:
            headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        if name in self.cut_off:
            self.cut_off.discard(name)
            response = web.StreamResponse(status=status, headers=headers | {"Content-Length": str(len(part))})
            await response.prepare(request)
            await response.write(part[: len(part) // 2])
            assert request.transport is not None
            request.transport.close()
            return response
        return web.Response(body=part, status=status, headers=headers)


def _blob(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def _none(code: str) -> web.Response:
    return web.json_response({"error": "Not found"}, status=404, headers={"X-Error-Code": code})
