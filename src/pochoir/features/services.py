"""Every service in one place: what the application can do. Pages and the API know nothing else of it."""

from __future__ import annotations

from dataclasses import dataclass

from pochoir.features.accounts.passes import Passes
from pochoir.features.accounts.service import AccountsService
from pochoir.features.assistants.service import AssistantsService
from pochoir.features.batches.service import BatchesService
from pochoir.features.catalog.service import CatalogService
from pochoir.features.connections.service import ConnectionsService
from pochoir.features.conversations.author import Author
from pochoir.features.conversations.forward import Forwarder
from pochoir.features.conversations.service import ConversationsService
from pochoir.features.files.service import FilesService
from pochoir.features.images.copies import Copies
from pochoir.features.images.links import Links
from pochoir.features.images.moderation import Moderation
from pochoir.features.images.retention import Retention
from pochoir.features.images.service import ImagesService
from pochoir.features.metering.service import MeteringService
from pochoir.features.runs.service import RunsService
from pochoir.features.successions.service import SuccessionsService
from pochoir.features.tools.service import ToolsService
from pochoir.infra.clock import Clock
from pochoir.infra.db import Database


@dataclass(frozen=True, slots=True)
class Services:
    """One instance a process, made by bootstrap.py."""

    db: Database
    clock: Clock
    accounts: AccountsService
    connections: ConnectionsService
    successions: SuccessionsService
    catalog: CatalogService
    metering: MeteringService
    images: ImagesService
    links: Links
    tools: ToolsService
    runs: RunsService
    files: FilesService
    batches: BatchesService
    conversations: ConversationsService
    author: Author
    forwarder: Forwarder
    copies: Copies
    retention: Retention
    moderation: Moderation
    assistants: AssistantsService
    passes: Passes
