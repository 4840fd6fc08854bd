"""SQL of members, sessions and API keys. Private to the accounts service."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    RowMapping,
    Table,
    Text,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from pochoir.domain.accounts import ApiKey, Member
from pochoir.infra.db import metadata
from pochoir.infra.prepared import Prepared

members = Table(
    "members",
    metadata,
    Column("id", Text, primary_key=True),
    Column("email", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("created", Text, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id_hash", Text, primary_key=True),
    Column("member", Text, ForeignKey("members.id"), nullable=False),
    Column("created", Text, nullable=False),
    Column("expires", Text, nullable=False),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("prefix", Text, nullable=False),
    Column("hash", Text, nullable=False, unique=True),
    Column("created", Text, nullable=False),
    Column("last_used", Text),
    Column("revoked", Text),
    Column("requests_per_minute", BigInteger),
    Column("images_per_minute", BigInteger),
)

key_paces = Table(
    "key_paces",
    metadata,
    Column("key", Text, primary_key=True),
    Column("what", Text, primary_key=True),
    Column("full_at", BigInteger, nullable=False),
)

_FULL_AT = Prepared(
    select(key_paces.c.full_at).where(key_paces.c.key == bindparam("asked"), key_paces.c.what == bindparam("kind"))
)
_SET_FULL_AT = Prepared(
    sqlite.insert(key_paces).on_conflict_do_update(
        index_elements=["key", "what"], set_={"full_at": sqlite.insert(key_paces).excluded.full_at}
    ),
    postgresql=postgresql.insert(key_paces).on_conflict_do_update(
        index_elements=["key", "what"], set_={"full_at": postgresql.insert(key_paces).excluded.full_at}
    ),
)


async def count_members(conn: AsyncConnection) -> int:
    return (await conn.execute(select(func.count()).select_from(members))).scalar_one()


async def add_member(conn: AsyncConnection, member: Member, password_hash: str) -> None:
    await conn.execute(
        insert(members).values(
            id=member.id,
            email=member.email,
            name=member.name,
            role=member.role,
            created=member.created,
            password_hash=password_hash,
        )
    )


async def member_with_hash(conn: AsyncConnection, email: str) -> tuple[Member, str] | None:
    row = (await conn.execute(select(members).where(members.c.email == email))).mappings().first()
    return (_member(row), row["password_hash"]) if row else None


async def set_password_hash(conn: AsyncConnection, member: str, password_hash: str) -> None:
    await conn.execute(update(members).where(members.c.id == member).values(password_hash=password_hash))


async def add_session(conn: AsyncConnection, id_hash: str, member: str, created: str, expires: str) -> None:
    await conn.execute(delete(sessions).where(sessions.c.expires < created))
    await conn.execute(insert(sessions).values(id_hash=id_hash, member=member, created=created, expires=expires))


async def session_member(conn: AsyncConnection, id_hash: str, now: str) -> Member | None:
    query = (
        select(members)
        .join(sessions, sessions.c.member == members.c.id)
        .where(sessions.c.id_hash == id_hash, sessions.c.expires > now)
    )
    row = (await conn.execute(query)).mappings().first()
    return _member(row) if row else None


async def drop_session(conn: AsyncConnection, id_hash: str) -> None:
    await conn.execute(delete(sessions).where(sessions.c.id_hash == id_hash))


async def add_key(conn: AsyncConnection, key: ApiKey, hashed: str) -> None:
    await conn.execute(
        insert(api_keys).values(id=key.id, name=key.name, prefix=key.prefix, hash=hashed, created=key.created)
    )


async def keys(conn: AsyncConnection) -> list[ApiKey]:
    rows = await conn.execute(select(api_keys).order_by(api_keys.c.id.desc()))
    return [_key(row) for row in rows.mappings()]


async def key_by_hash(conn: AsyncConnection, hashed: str) -> ApiKey | None:
    row = (await conn.execute(select(api_keys).where(api_keys.c.hash == hashed))).mappings().first()
    return _key(row) if row else None


async def touch_key(conn: AsyncConnection, key: str, at: str) -> None:
    await conn.execute(update(api_keys).where(api_keys.c.id == key).values(last_used=at))


async def revoke_key(conn: AsyncConnection, key: str, at: str) -> int:
    done = await conn.execute(
        update(api_keys).where(api_keys.c.id == key, api_keys.c.revoked.is_(None)).values(revoked=at)
    )
    return done.rowcount


async def set_limits(conn: AsyncConnection, key: str, requests: int | None, images: int | None) -> int:
    done = await conn.execute(
        update(api_keys)
        .where(api_keys.c.id == key, api_keys.c.revoked.is_(None))
        .values(requests_per_minute=requests, images_per_minute=images)
    )
    return done.rowcount


async def full_at(conn: AsyncConnection, key: str, what: str) -> int | None:
    """When the key's minute of requests or images will be whole again, in nanoseconds since 1970."""
    found = await _FULL_AT.first(conn, {"asked": key, "kind": what})
    return None if found is None else int(found[0])


async def set_full_at(conn: AsyncConnection, key: str, what: str, at: int) -> None:
    await _SET_FULL_AT.run(conn, {"key": key, "what": what, "full_at": at})


def _member(row: RowMapping) -> Member:
    return Member(row["id"], row["email"], row["name"], row["role"], row["created"])


def _key(row: RowMapping) -> ApiKey:
    return ApiKey(
        row["id"],
        row["name"],
        row["prefix"],
        row["created"],
        row["last_used"],
        row["revoked"],
        row["requests_per_minute"],
        row["images_per_minute"],
    )
