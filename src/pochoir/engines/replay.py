"""Recorded answers from a folder: the same request gives the same images, without a network, a key or a cost.

A recording is `<hash>.json` with the images beside it as `<hash>-<number>.<format>`. Record from any other engine with
`python -m pochoir.engines.replay`; see `--help`.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from pochoir.domain.errors import EngineError, EngineNotReady, PochoirError
from pochoir.domain.images import GeneratedImage, ImageRequest, ImageResult, Size
from pochoir.domain.money import Usage
from pochoir.engines.base import CredentialField, Credentials, Engine, EngineInfo, PartialImage
from pochoir.engines.registry import load
from pochoir.infra.sniff import check_image, sniff

INFO = EngineInfo(
    id="replay",
    title="Recorded answers",
    paid=False,
    needs=(
        CredentialField(
            "folder",
            "Folder of recordings",
            env="POCHOIR_REPLAY_FOLDER",
            help="Made by python -m pochoir.engines.replay.",
        ),
    ),
)


class ReplayEngine:
    """Answers from recordings only. `credentials.settings["folder"]` says where they are."""

    info = INFO

    async def generate(self, request: ImageRequest, credentials: Credentials) -> ImageResult:
        folder = _folder(credentials)
        name = request_hash(request)
        path = folder / f"{name}.json"
        if not path.exists():
            raise EngineError(
                f"Nothing was recorded for this request in {folder} (looked for {path.name}). Record it: "
                f"python -m pochoir.engines.replay --folder {folder} --engine openai --key-file KEYFILE "
                f"--model {request.snapshot or request.model} --prompt PROMPT"
            )
        try:
            return _read(path, orjson.loads(path.read_bytes()))
        except (KeyError, TypeError, ValueError, FileNotFoundError) as error:
            raise EngineError(f"The recording {path.name} is damaged. Delete it and record it again.") from error

    async def stream(
        self, request: ImageRequest, credentials: Credentials, partial_images: int
    ) -> AsyncIterator[PartialImage | ImageResult]:
        yield await self.generate(request, credentials)

    async def check(self, credentials: Credentials) -> str:
        folder = _folder(credentials)
        count = len(list(folder.glob("*.json")))
        return f"{count} recording{'' if count == 1 else 's'} found in {folder}."

    async def close(self) -> None:
        """There is nothing to give back."""


class Recorder:
    """Another engine, whose answers are kept as recordings on the way."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self._engine = engine
        self._folder = folder
        self.info = engine.info

    async def generate(self, request: ImageRequest, credentials: Credentials) -> ImageResult:
        result = await self._engine.generate(request, credentials)
        self._folder.mkdir(parents=True, exist_ok=True)
        _write(self._folder, request, result)
        return result

    async def stream(
        self, request: ImageRequest, credentials: Credentials, partial_images: int
    ) -> AsyncIterator[PartialImage | ImageResult]:
        async for item in self._engine.stream(request, credentials, partial_images):
            if isinstance(item, ImageResult):
                self._folder.mkdir(parents=True, exist_ok=True)
                _write(self._folder, request, item)
            yield item

    async def check(self, credentials: Credentials) -> str:
        return await self._engine.check(credentials)

    async def close(self) -> None:
        await self._engine.close()


def create() -> ReplayEngine:
    return ReplayEngine()


def request_hash(request: ImageRequest) -> str:
    """SHA-256 over everything that is asked, images by their own hash; 32 hexadecimal digits of it."""
    asked = asdict(request)
    asked["size"] = str(request.size)
    asked["references"] = [hashlib.sha256(image.data).hexdigest() for image in request.references]
    asked["mask"] = hashlib.sha256(request.mask.data).hexdigest() if request.mask else None
    markup = asked.pop("markup")
    if markup is not None:  # recordings from before there were any keep their names
        asked["markup"] = hashlib.sha256(markup["data"]).hexdigest()
    return hashlib.sha256(orjson.dumps(asked, option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]


def _folder(credentials: Credentials) -> Path:
    folder = credentials.settings.get("folder")
    if not folder or not Path(folder).is_dir():
        raise EngineNotReady(
            "Recorded answers need the folder that holds them. Name it on the settings page or in POCHOIR_REPLAY_FOLDER."
        )
    return Path(folder)


def _write(folder: Path, request: ImageRequest, result: ImageResult) -> Path:
    name = request_hash(request)
    images = []
    for number, image in enumerate(result.images):
        file = f"{name}-{number}.{image.mime.removeprefix('image/').removesuffix('+xml')}"
        (folder / file).write_bytes(image.data)
        images.append({"file": file, "revised_prompt": image.revised_prompt, "seed": image.seed})
    data = {
        "asked": {"model": request.model, "prompt": request.prompt, "n": request.n, "size": str(request.size)},
        "images": images,
        "usage": result.usage.as_dict(),
        "usage_reported": result.usage_reported,
        "snapshot": result.snapshot,
        "quality": result.quality,
        "background": result.background,
        "output_format": result.output_format,
        "notes": list(result.notes),
    }
    path = folder / f"{name}.json"
    path.write_bytes(orjson.dumps(data, option=orjson.OPT_INDENT_2) + b"\n")
    return path


def _read(path: Path, data: dict[str, Any]) -> ImageResult:
    images = []
    for entry in data["images"]:
        content = (path.parent / Path(entry["file"]).name).read_bytes()
        mime, size = sniff(content) or ("", Size(0, 0))
        if not mime:
            raise ValueError(entry["file"])
        images.append(GeneratedImage(content, mime, size, entry["revised_prompt"], entry["seed"]))
    return ImageResult(
        images=tuple(images),
        usage=Usage(**data["usage"]),
        snapshot=data["snapshot"],
        size=images[0].size,
        quality=data["quality"],
        background=data["background"],
        output_format=data["output_format"],
        notes=tuple(data["notes"]),
        usage_reported=data["usage_reported"],
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Ask an engine once, with a key, and keep the answer."""
    parser = argparse.ArgumentParser(prog="python -m pochoir.engines.replay", description=main.__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--engine", required=True, help="the id of the engine that answers")
    parser.add_argument("--key-file", type=Path, help="a file that holds nothing but the key")
    parser.add_argument("--base-url")
    parser.add_argument("--model", required=True)
    parser.add_argument("--prompt", required=True)
    parser.add_argument("--n", type=int, default=1)
    parser.add_argument("--size", type=Size.parse)
    parser.add_argument("--quality")
    parser.add_argument("--output-format", default="png")
    parser.add_argument("--image", type=Path, action="append", default=[])
    given = parser.parse_args(arguments)
    request = ImageRequest(
        model=given.model,
        prompt=given.prompt,
        n=given.n,
        size=given.size,
        quality=given.quality,
        output_format=given.output_format,
        references=tuple(check_image(path.read_bytes(), 50 << 20, 100_000_000) for path in given.image),
    )
    key = given.key_file.read_text().strip() if given.key_file else None
    try:
        asyncio.run(_record(given.engine, given.folder, request, Credentials(key, given.base_url)))
    except PochoirError as error:
        sys.stderr.write(f"{error.message}\n")
        return 1
    sys.stdout.write(f"Recorded as {request_hash(request)}.json in {given.folder}.\n")
    return 0


async def _record(engine_id: str, folder: Path, request: ImageRequest, credentials: Credentials) -> None:
    recorder = Recorder(load(engine_id), folder)
    try:
        await recorder.generate(request, credentials)
    finally:
        await recorder.close()


if __name__ == "__main__":
    sys.exit(main())
