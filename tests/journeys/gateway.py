"""The API's face on a real socket, with its services and a strict stand-in for the provider behind it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI
from openai import AsyncOpenAI

import pochoir
from pochoir import bootstrap
from pochoir.engines import registry
from pochoir.engines.base import CredentialField
from pochoir.features.accounts.passes import Passes
from pochoir.features.accounts.service import AccountsService
from pochoir.features.assistants.service import AssistantsService
from pochoir.features.batches.service import BatchesService
from pochoir.features.catalog.cards import load_cards
from pochoir.features.catalog.service import CatalogService
from pochoir.features.connections.service import ConnectionKind, ConnectionsService
from pochoir.features.conversations.author import Author
from pochoir.features.conversations.forward import Forwarder
from pochoir.features.conversations.service import ConversationsService
from pochoir.features.files.service import FilesService
from pochoir.features.images.copies import Copies
from pochoir.features.images.library import Library
from pochoir.features.images.links import Links
from pochoir.features.images.moderation import Moderation
from pochoir.features.images.routing import Routing
from pochoir.features.images.service import ImagesService
from pochoir.features.metering.service import MeteringService
from pochoir.features.successions.service import SuccessionsService
from pochoir.infra.blobs import Blobs
from pochoir.infra.clock import Clock
from pochoir.infra.credentials import Credentials
from pochoir.infra.db import Database
from pochoir.infra.secrets import Sealer
from pochoir.openai_api.lines import ImageLines
from pochoir.openai_api.realtime import SERVING
from pochoir.openai_api.routes import include
from pochoir.openai_api.thread_answers import ThreadAnswers
from upstream.faults import KEY
from upstream.language_model import LanguageModel
from upstream.server import Upstream

CARDS = Path(pochoir.__file__).parent / "features/catalog/cards"


class Here:
    """One running server: its address, its services, and the provider behind it."""

    def __init__(self, services: Any, upstream: Upstream) -> None:
        self.services = services
        self.upstream = upstream
        self.url = ""
        self.app = FastAPI(openapi_url=None)

    def client(self, key: str = "anything", **options: Any) -> AsyncOpenAI:
        return AsyncOpenAI(base_url=f"{self.url}/v1", api_key=key, **{"max_retries": 0, **options})

    async def spent(self) -> int:
        return int(await self.services.metering.total())


@asynccontextmanager
async def serving(app: FastAPI) -> AsyncIterator[str]:
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off", **SERVING))
    task = asyncio.create_task(server.serve(sockets=[listening]))
    async with asyncio.timeout(20):
        while not server.started:  # noqa: ASYNC110 - uvicorn offers a flag, not an event
            await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task
        listening.close()


@pytest.fixture
async def here(tmp_path: Path, db: Database, clock: Clock, request: pytest.FixtureRequest) -> AsyncIterator[Here]:
    async with Upstream().running() as upstream:
        kinds = [
            ConnectionKind(item.id, item.info.title, item.info.needs)
            for item in registry.known()
            if item.info and item.info.needs
        ]
        language = (CredentialField("base_url", "Address"), CredentialField("model", "Model"))
        kinds.append(ConnectionKind("language_model", "Language model", language))
        kinds.append(bootstrap.MODERATION)
        environment = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": upstream.base_url}
        sealer = Sealer.from_folder(tmp_path)
        connections = ConnectionsService(db, clock, sealer, kinds, environment)
        successions = SuccessionsService(db, clock)
        catalog = CatalogService(load_cards(CARDS), rules=successions.rules)
        metering = MeteringService(db, clock)
        library = Library(db, clock, Blobs(tmp_path / "blobs"), tmp_path / "thumbnails")
        moderation = Moderation(db, clock, connections)
        images = ImagesService(
            db,
            clock,
            catalog,
            metering,
            Routing(registry.load, connections),
            library,
            fallbacks=successions.fallbacks,
            moderation=moderation,
        )
        files = FilesService(db, clock, Blobs(tmp_path / "files"))
        batches = BatchesService(
            db, clock, files, library, lambda: ImageLines(images, metering, files, clock), deferred=images.deferred
        )
        services = SimpleNamespace(
            db=db,
            clock=clock,
            accounts=AccountsService(db, clock),
            connections=connections,
            catalog=catalog,
            successions=successions,
            metering=metering,
            images=images,
            moderation=moderation,
            files=files,
            batches=batches,
            links=Links(sealer, clock),
            passes=Passes(sealer, clock),
            copies=Copies(db, clock, library, Credentials(tmp_path / "credentials")),
            conversations=ConversationsService(db, clock),
            author=Author(connections),
            forwarder=Forwarder(connections),
        )
        services.assistants = AssistantsService(db, clock, lambda: ThreadAnswers(services))  # type: ignore[arg-type]
        running = Here(services, upstream)
        app = running.app
        app.state.services = services
        app.state.single_user = getattr(request, "param", "single") == "single"
        include(app)
        batches.start()
        services.assistants.start()
        async with serving(app) as running.url:
            yield running
        await batches.stop()
        await services.assistants.stop()
        await images.close()


@pytest.fixture
async def language(here: Here) -> AsyncIterator[LanguageModel]:
    """A language model, connected to the server."""
    async with LanguageModel().running() as model:
        settings = {"base_url": model.base_url, "model": "talker"}
        await here.services.connections.save("language_model", "", settings, None)
        yield model


several_users = pytest.mark.parametrize("here", ["several"], indirect=True)
