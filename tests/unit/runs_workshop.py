"""A small workshop for tests of runs: the real services over a paid engine that the test holds in its hand."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from PIL import Image

from pochoir.domain.catalog import Abilities, Card, PerImage, Price, Source
from pochoir.domain.images import GeneratedImage, ImageRequest, ImageResult, Size
from pochoir.domain.money import Usage
from pochoir.domain.tools import Spec
from pochoir.durable.engine import Durable
from pochoir.engines.base import Credentials, Engine, EngineInfo, PartialImage
from pochoir.features.catalog.service import CatalogService
from pochoir.features.connections.service import ConnectionsService
from pochoir.features.images.library import Library
from pochoir.features.images.pace import Pace
from pochoir.features.images.routing import Routing
from pochoir.features.images.service import ImagesService
from pochoir.features.metering.service import MeteringService
from pochoir.features.runs.service import RunsService
from pochoir.features.tools.service import ToolsService
from pochoir.infra.blobs import Blobs
from pochoir.infra.clock import Clock
from pochoir.infra.db import Database, migrate
from pochoir.infra.secrets import Sealer
from pochoir.steps.registry import load

PRICE = 40_000
"""Micro-dollars an image of the model `paint`."""


def png(width: int = 64, height: int = 64, colour: int = 0) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), (colour % 256, 120, 60)).save(buffer, "PNG")
    return buffer.getvalue()


def clear_png(width: int = 64, height: int = 64) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGBA", (width, height)).save(buffer, "PNG")
    return buffer.getvalue()


def card(model: str = "paint", usd: str = "0.04", **changes: Any) -> Card:
    facts: dict[str, Any] = {
        "id": model,
        "name": model.capitalize(),
        "provider": "Studio",
        "family": "Paint",
        "summary": "Paints in tests.",
        "engines": ("studio",),
        "abilities": Abilities(
            text_to_image=True,
            edit=True,
            max_references=4,
            mask="hint",
            sizes=("64x64", "64x96"),
            default_size="64x64",
            qualities=("low", "high"),
            default_quality="low",
            formats=("png",),
            max_images=10,
            seeds=True,
        ),
        "prices": (
            Price(start=date(2026, 1, 1), kind="image", source="studio", per_image=(PerImage(usd=Decimal(usd)),)),
        ),
        "sources": (Source(key="studio", title="The studio", seen=date(2026, 11, 23)),),
    }
    return Card(**{**facts, **changes})


async def no_wait(_seconds: float) -> None:
    """The pace of a connection, without its pauses."""


class Studio:
    """A paid engine. `trouble` holds an error (or None) for each coming call; `gate` keeps calls waiting while closed."""

    info = EngineInfo(id="studio", title="The studio", paid=True)

    def __init__(self) -> None:
        self.calls: list[ImageRequest] = []
        self.trouble: list[Exception | None] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.begun = asyncio.Event()
        self.at_once = self.most_at_once = 0
        self.size = Size(64, 64)
        """Of the images that it makes."""

    async def generate(self, request: ImageRequest, credentials: Credentials) -> ImageResult:
        self.calls.append(request)
        number = len(self.calls)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.begun.set()
        try:
            error = self.trouble.pop(0) if self.trouble else None
            if error is not None:
                raise error
            await self.gate.wait()
            await asyncio.sleep(0)
        finally:
            self.at_once -= 1
        data = png(self.size.width, self.size.height, number)
        image = GeneratedImage(data, "image/png", self.size, seed=request.seed)
        return ImageResult((image,), Usage(images=1), "paint-1", self.size, quality="low")

    async def stream(
        self, request: ImageRequest, credentials: Credentials, partial_images: int
    ) -> AsyncIterator[PartialImage | ImageResult]:
        yield await self.generate(request, credentials)

    async def check(self, credentials: Credentials) -> str:
        return "The studio is open."

    async def close(self) -> None:
        """Nothing is open."""


class NoKeys:
    async def credentials(self, engine: str, name: str | None = None) -> Credentials | None:
        return None

    async def upstream_models(self) -> list[tuple[str, str, str | None]]:
        return []


@dataclass
class Workshop:
    """What a test reaches into. `pauses` lists the seconds that runs waited between tries."""

    db: Database
    tools: ToolsService
    images: ImagesService
    metering: MeteringService
    runs: RunsService
    studio: Studio
    pauses: list[float] = field(default_factory=list)

    async def tool(self, *steps: dict[str, Any], name: str = "poster", **more: Any) -> str:
        """Store a tool of these steps; its outputs are those of the last one, when it makes images."""
        last = steps[-1]["id"]
        data = {
            "title": "Poster",
            "model": "paint",
            "steps": list(steps),
            "outputs": [{"key": "result", "label": "Result", "value": f"{{{{ steps.{last}.images }}}}"}],
            **more,
        }
        return (await self.tools.create(Spec.model_validate(data), name=name)).name

    async def finished(self, run_id: str) -> Any:
        async with asyncio.timeout(30):
            return await self.runs.wait(run_id)


@asynccontextmanager
async def workshop(
    folder: Path,
    studio: Studio,
    *,
    cards: tuple[Card, ...] = (),
    write: Callable[[str, str, int], Awaitable[str]] | None = None,
    wait: Callable[[float], Awaitable[None]] = no_wait,
    turn: Callable[[float], Awaitable[None]] = no_wait,
) -> AsyncIterator[Workshop]:
    """Open the data folder, as a server would at its start; leaving cuts off what is going on.

    `wait` is what runs do between tries, `turn` what requests do until the provider may be asked; both of seconds.
    """
    url = f"sqlite:///{folder / 'pochoir.sqlite'}"
    await asyncio.to_thread(migrate, url)
    db, clock = Database(url), Clock()
    catalog = CatalogService((card(), *cards))
    metering = MeteringService(db, clock)
    library = Library(db, clock, Blobs(folder / "blobs"), folder / "thumbnails")

    def engine(engine_id: str) -> Engine:
        assert engine_id == "studio"
        return studio

    images = ImagesService(db, clock, catalog, metering, Routing(engine, NoKeys()), library, Pace(sleep=turn))
    kinds = load().types
    connections = ConnectionsService(db, clock, Sealer.from_folder(folder), [], {})
    tools = ToolsService(db, clock, catalog=catalog, images=images, connections=connections, kinds=kinds)
    durable = Durable(f"sqlite:///{folder / 'durable.sqlite'}")
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        await wait(seconds)

    runs = RunsService(
        db,
        clock,
        tools=tools,
        images=images,
        metering=metering,
        durable=durable,
        kinds=kinds,
        write=write,
        pause=pause,
    )
    await images.recover()
    await durable.launch()
    await runs.resume()
    try:
        yield Workshop(db, tools, images, metering, runs, studio, pauses)
    finally:
        await durable.shutdown()
        await images.close()
        await db.close()
