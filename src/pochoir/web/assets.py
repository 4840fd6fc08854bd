"""Static files: read once, served from memory, named by their hash in links so that browsers may keep them for ever."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

FOLDER = Path(__file__).parent / "static"
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
    ".md": "text/plain; charset=utf-8",
    ".toml": "text/plain; charset=utf-8",
}


@dataclass(frozen=True, slots=True)
class Asset:
    data: bytes
    packed: bytes
    digest: str
    mime: str


class Assets:
    """`url("pochoir.css")` gives `/static/pochoir.css?v=<hash>`. A name that is not there is an error at rendering."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._files = {
            path.relative_to(folder).as_posix(): _read(path)
            for path in sorted(folder.rglob("*"))
            if path.suffix in TYPES
        }

    def url(self, name: str) -> str:
        return f"/static/{name}?v={self._files[name].digest[:12]}"

    async def serve(self, request: Request) -> Response:
        asset = self._files.get(request.path_params["path"])
        if asset is None:
            return PlainTextResponse("There is no such file. Go back to the start page.\n", status_code=404)
        return _answer(request, asset)

    async def favicon(self, request: Request) -> Response:
        return _answer(request, self._files["mark.svg"])


def _read(path: Path) -> Asset:
    data = path.read_bytes()
    packed = b"" if path.suffix == ".woff2" else gzip.compress(data, 6, mtime=0)
    return Asset(data, packed, hashlib.sha256(data).hexdigest(), TYPES[path.suffix])


def _answer(request: Request, asset: Asset) -> Response:
    pinned = request.query_params.get("v") == asset.digest[:12]
    headers = {
        "cache-control": "public, max-age=31536000, immutable" if pinned else "no-cache",
        "etag": f'"{asset.digest[:32]}"',
        "vary": "accept-encoding",
    }
    if request.headers.get("if-none-match") == headers["etag"]:
        return Response(status_code=304, headers=headers)
    if asset.packed and "gzip" in request.headers.get("accept-encoding", ""):
        return Response(asset.packed, media_type=asset.mime, headers=headers | {"content-encoding": "gzip"})
    return Response(asset.data, media_type=asset.mime, headers=headers)
