"""Composition root: settings -> services -> application. The one file that knows every concrete class."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pochoir
from pochoir.config import Settings
from pochoir.durable.engine import Durable
from pochoir.engines import registry as engines
from pochoir.engines.base import CredentialField
from pochoir.features.accounts.passes import Passes
from pochoir.features.accounts.service import AccountsService
from pochoir.features.assistants.service import AssistantsService
from pochoir.features.batches.service import BatchesService
from pochoir.features.catalog.cards import load_cards
from pochoir.features.catalog.connected import connected_cards
from pochoir.features.catalog.service import CatalogService
from pochoir.features.connections.service import ConnectionKind, ConnectionsService
from pochoir.features.conversations.author import Author
from pochoir.features.conversations.forward import Forwarder
from pochoir.features.conversations.service import ConversationsService
from pochoir.features.files.service import FilesService
from pochoir.features.images.copies import Copies
from pochoir.features.images.library import Library
from pochoir.features.images.links import Links
from pochoir.features.images.moderation import ALL, Moderation
from pochoir.features.images.moderation import KIND as MODERATION_KIND
from pochoir.features.images.retention import Retention
from pochoir.features.images.routing import Routing
from pochoir.features.images.service import ImagesService
from pochoir.features.metering.service import MeteringService
from pochoir.features.runs.service import RunsService
from pochoir.features.runs.writer import LanguageModel
from pochoir.features.services import Services
from pochoir.features.successions.service import SuccessionsService
from pochoir.features.tools.service import ToolsService
from pochoir.infra.blobs import Blobs, BlobStore
from pochoir.infra.clock import Clock
from pochoir.infra.credentials import Credentials
from pochoir.infra.db import Database
from pochoir.infra.fetching import Fetcher, public
from pochoir.infra.secrets import Sealer
from pochoir.steps import registry as steps

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fastapi import FastAPI

    from pochoir.domain.catalog import Card
    from pochoir.features.assistants.assistant import Answerer
    from pochoir.features.batches.batch import Lines

CARDS = Path(pochoir.__file__).parent / "features/catalog/cards"


LANGUAGE_MODEL = ConnectionKind(
    "language_model",
    "Language model",
    (
        CredentialField(
            "base_url", "Address", help="Of any OpenAI-compatible server, for example http://localhost:11434/v1"
        ),
        CredentialField("model", "Model", help="As the server calls it"),
        CredentialField("key", "Key", secret=True, required=False, help="Leave empty when the server asks for none"),
        CredentialField(
            "output_mode",
            "Output mode",
            required=False,
            help="Filled in by the connection's test",
            choices=(
                ("", "Find out by trying"),
                ("native", "JSON schema"),
                ("tool", "Tool call"),
                ("prompted", "Asked in words"),
            ),
        ),
    ),
    help="Builds tools from longer descriptions and writes texts in steps. Without one, tools are built by rules.",
)


MODERATION = ConnectionKind(
    MODERATION_KIND,
    "Moderation endpoint",
    (
        CredentialField(
            "base_url",
            "Address",
            help="Of whatever answers /moderations as OpenAI does, for example https://api.openai.com/v1",
        ),
        CredentialField("model", "Model", required=False, help="As the endpoint calls it. Empty: its own choice."),
        CredentialField("key", "Key", secret=True, required=False, help="Leave empty when it asks for none"),
        CredentialField(
            "images",
            "What it looks at",
            required=False,
            help="Not every endpoint takes images.",
            choices=(
                ("", "The prompt"),
                ("yes", "The prompt and the images that go in"),
                (ALL, "All that goes in and all that is made"),
            ),
        ),
    ),
    help="Looks at what is asked before it is drawn, once it is chosen under Images.",
)


@dataclass
class Workspace:
    """The services of one data folder, and what is started and stopped with them."""

    services: Services
    durable: Durable
    blobs: BlobStore
    credentials: Credentials
    _resuming: asyncio.Task[int] | None = None

    async def start(self) -> None:
        """Settle what a dead process left, then go on with its runs in the background: pages need not wait for them.

        A workspace that does not resume leaves them to the next server. Call it with the data folder's lock held.
        """
        await asyncio.to_thread(self.blobs.sweep)
        await asyncio.to_thread(self.credentials.ensure)
        await self.services.files.recover()
        await self.services.images.recover()
        await self.services.metering.release_others(await self.services.images.deferred.held())
        if self.durable.resumes:
            self._resuming = asyncio.create_task(self.services.runs.resume())

    async def stop(self) -> None:
        """Begin nothing more, wait a while for what is being made, then close."""
        from pochoir.openai_api import ongoing

        if self._resuming is not None:
            await asyncio.wait([self._resuming])
        known = self.services
        await known.retention.stop()
        await asyncio.gather(ongoing.finish(), known.runs.stop(), known.batches.stop(), known.assistants.stop())
        await self.durable.shutdown()
        await self.services.images.close()
        await self.services.db.close()


def assemble(settings: Settings, *, resumes: bool = True) -> Workspace:
    """Build every service. Opens no connection and starts nothing. `resumes`: runs of other processes are gone on with."""
    db = Database(settings.database_url)
    clock = Clock()
    sealer = Sealer.from_folder(settings.data, settings.secret_key or None)
    cards = load_cards(CARDS)
    connections = ConnectionsService(db, clock, sealer, connection_kinds(cards), settings.environment)
    known = {card.id: card for card in cards}

    async def connected() -> Sequence[Card]:
        return connected_cards(await connections.upstream_models(), known, await connections.server_qualities())

    successions = SuccessionsService(db, clock)
    catalog = CatalogService(cards, connected, engines.credits, successions.rules)
    metering = MeteringService(db, clock)
    blobs = _blobs(settings)
    library = Library(db, clock, blobs, settings.data / "thumbnails")
    credentials = Credentials(settings.data / "credentials")
    copies = Copies(db, clock, library, credentials)
    routing = _routing(settings, connections)
    moderation = Moderation(db, clock, connections)
    images = ImagesService(
        db, clock, catalog, metering, routing, library, fallbacks=successions.fallbacks, moderation=moderation
    )
    files = FilesService(db, clock, Blobs(settings.data / "files"), _fetcher(settings))
    kinds = steps.load().types
    durable = Durable(settings.durable_url, resumes=resumes)
    tools = ToolsService(db, clock, catalog=catalog, images=images, connections=connections, kinds=kinds)
    write = LanguageModel(connections)
    runs = RunsService(
        db, clock, tools=tools, images=images, metering=metering, durable=durable, kinds=kinds, write=write
    )
    batches = BatchesService(
        db, clock, files, copies, lambda: _lines(images, metering, files, clock), settings.batch_lines, images.deferred
    )
    assistants = AssistantsService(db, clock, lambda: _answerer(services))
    services = Services(
        db,
        clock,
        AccountsService(db, clock),
        connections,
        successions,
        catalog,
        metering,
        images,
        Links(sealer, clock),
        tools,
        runs,
        files,
        batches,
        ConversationsService(db, clock),
        Author(connections),
        Forwarder(connections),
        copies,
        Retention(db, clock, library, [batches.at_work_since, assistants.at_work_since]),
        moderation,
        assistants,
        Passes(sealer, clock),
    )
    return Workspace(services, durable, blobs, credentials)


def _routing(settings: Settings, connections: ConnectionsService) -> Routing:
    """From models to engines; those on this machine are told where their files are."""
    local = {"folder": settings.models_folder, "gigabytes": settings.models_gb}
    options: Mapping[str, Mapping[str, Any]] = {"diffusers": local}
    return Routing(lambda name: engines.load(name, options=options.get(name)), connections)


def _fetcher(settings: Settings) -> Fetcher | None:
    allowed = {"public": public, "all": lambda _: True}.get(settings.links)
    return Fetcher(allowed) if allowed is not None else None


def _blobs(settings: Settings) -> BlobStore:
    """Where images are: the data folder, or a bucket with the data folder as its waiting room."""
    local = Blobs(settings.data / "blobs")
    if not settings.blobs:
        return local
    from pochoir.infra.object_store import ObjectBlobs, Place

    return ObjectBlobs(Place.of(settings.blobs, settings.environment), local)


def _lines(images: ImagesService, metering: MeteringService, files: FilesService, clock: Clock) -> Lines:
    from pochoir.openai_api.lines import ImageLines

    return ImageLines(images, metering, files, clock)


def _answerer(services: Services) -> Answerer:
    from pochoir.openai_api.thread_answers import ThreadAnswers

    return ThreadAnswers(services)


def connection_kinds(cards: Sequence[Card]) -> list[ConnectionKind]:
    """What can be connected: every engine that some model names and that needs something, and a language model."""
    named = {engine for card in cards for engine in card.engines}
    kinds = [
        ConnectionKind(engine.id, engine.info.title, engine.info.needs, several=engine.id == "openai_compatible")
        for engine in engines.known()
        if engine.id in named and engine.info and engine.info.needs
    ]
    return [*kinds, LANGUAGE_MODEL, MODERATION]


def build(settings: Settings, workspace: Workspace, server_id: str = "") -> FastAPI:
    """The application with its faces: the OpenAI-compatible API, the workspace's JSON API, the pages.

    `server_id` is what the health check tells, so that a command knows whom it asks.
    """
    from fastapi import FastAPI

    from pochoir.api import routes as api
    from pochoir.openai_api import document
    from pochoir.openai_api import routes as openai_api
    from pochoir.pages import registry as pages
    from pochoir.web.document import describe
    from pochoir.web.site import LOOPBACK, SiteOptions

    app = FastAPI(title="Pochoir", version=pochoir.__version__, docs_url=None, redoc_url=None)
    app.state.services = workspace.services
    app.state.single_user = settings.single_user
    app.state.server_id = server_id
    openai_api.include(app)
    api.include(app)
    describe(app, document.described)
    any_host = not settings.loopback and not settings.hosts
    hosts = frozenset() if any_host else frozenset({*LOOPBACK, *settings.hosts, settings.host.lower()})
    pages.include(app, SiteOptions(settings.single_user, hosts, settings.secure_cookies))
    return app
