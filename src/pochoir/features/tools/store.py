"""SQL of drafts, tools and their versions. Private to the tools service."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    RowMapping,
    Table,
    Text,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from pochoir.domain.tools import Draft, Spec, Tool, Version
from pochoir.features.tools.contract import StoredDraft
from pochoir.infra.db import metadata

drafts = Table(
    "drafts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("description", Text, nullable=False),
    Column("draft", JSON, nullable=False),
    Column("tool", Text),
    Column("created", Text, nullable=False),
)
tools = Table(
    "tools",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("current", BigInteger, nullable=False),
    Column("created", Text, nullable=False),
    Column("archived", Boolean, nullable=False),
)
versions = Table(
    "tool_versions",
    metadata,
    Column("tool", Text, ForeignKey("tools.id"), primary_key=True),
    Column("number", BigInteger, primary_key=True),
    Column("spec", JSON, nullable=False),
    Column("note", Text, nullable=False),
    Column("created", Text, nullable=False),
)


async def add_draft(conn: AsyncConnection, stored: StoredDraft) -> None:
    await conn.execute(
        insert(drafts).values(
            id=stored.id,
            description=stored.description,
            draft=_draft_data(stored.draft),
            tool=stored.tool,
            created=stored.created,
        )
    )


async def draft_of(conn: AsyncConnection, draft_id: str) -> StoredDraft | None:
    row = (await conn.execute(select(drafts).where(drafts.c.id == draft_id))).mappings().first()
    if row is None:
        return None
    return StoredDraft(row["id"], row["description"], Draft.model_validate(row["draft"]), row["created"], row["tool"])


async def change_draft(conn: AsyncConnection, draft_id: str, draft: Draft, tool: str | None) -> None:
    await conn.execute(update(drafts).where(drafts.c.id == draft_id).values(draft=_draft_data(draft), tool=tool))


async def add(conn: AsyncConnection, tool: Tool) -> None:
    await conn.execute(insert(tools).values(**tool.model_dump()))


async def all_tools(conn: AsyncConnection, *, archived: bool) -> list[Tool]:
    query = select(tools).order_by(tools.c.created.desc(), tools.c.id.desc())
    if not archived:
        query = query.where(tools.c.archived.is_(False))
    return [_tool(row) for row in (await conn.execute(query)).mappings()]


async def by_name(conn: AsyncConnection, name: str) -> Tool | None:
    row = (await conn.execute(select(tools).where(tools.c.name == name))).mappings().first()
    return _tool(row) if row else None


async def names_like(conn: AsyncConnection, base: str) -> set[str]:
    rows = await conn.execute(select(tools.c.name).where(tools.c.name.startswith(base, autoescape=True)))
    return set(rows.scalars())


async def archive(conn: AsyncConnection, name: str, archived: bool) -> None:
    await conn.execute(update(tools).where(tools.c.name == name).values(archived=archived))


async def add_version(conn: AsyncConnection, tool: Tool, spec: Spec, note: str, at: str) -> Version:
    """Store the next version and make it the current one."""
    newest = await conn.scalar(select(func.max(versions.c.number)).where(versions.c.tool == tool.id))
    number = (newest or 0) + 1
    await conn.execute(insert(versions).values(tool=tool.id, number=number, spec=spec.as_data(), note=note, created=at))
    await conn.execute(update(tools).where(tools.c.id == tool.id).values(current=number))
    return Version(tool=tool.name, number=number, spec=spec, note=note, created=at)


async def versions_of(conn: AsyncConnection, tool: Tool) -> list[Version]:
    """Newest first."""
    query = select(versions).where(versions.c.tool == tool.id).order_by(versions.c.number.desc())
    return [_version(tool, row) for row in (await conn.execute(query)).mappings()]


async def version(conn: AsyncConnection, tool: Tool, number: int) -> Version | None:
    query = select(versions).where(versions.c.tool == tool.id, versions.c.number == number)
    row = (await conn.execute(query)).mappings().first()
    return _version(tool, row) if row else None


def _tool(row: RowMapping) -> Tool:
    return Tool(
        id=row["id"], name=row["name"], current=row["current"], created=row["created"], archived=row["archived"]
    )


def _version(tool: Tool, row: RowMapping) -> Version:
    return Version(
        tool=tool.name,
        number=row["number"],
        spec=Spec.model_validate(row["spec"]),
        note=row["note"],
        created=row["created"],
    )


def _draft_data(draft: Draft) -> dict[str, object]:
    return {**draft.model_dump(mode="json", exclude={"spec"}), "spec": draft.spec.as_data()}
