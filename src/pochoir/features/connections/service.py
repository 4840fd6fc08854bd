"""What this workspace is linked to, with which keys. The environment wins over what was entered on the page."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pochoir.domain.errors import Conflict, InvalidValue, NotFound
from pochoir.engines.base import MAX_DIGITS, CredentialField, Credentials, steps_of
from pochoir.features.connections import store
from pochoir.infra.addresses import address_problem
from pochoir.infra.clock import Clock
from pochoir.infra.db import Database
from pochoir.infra.secrets import Sealer

_NAME = re.compile(r"^[a-z0-9][a-z0-9-]{0,39}$")


@dataclass(frozen=True, slots=True)
class ConnectionKind:
    """One kind of service that can be linked; the form is drawn from its fields. `several`: more than one, by name."""

    id: str
    title: str
    fields: tuple[CredentialField, ...]
    several: bool = False
    help: str = ""


@dataclass(frozen=True, slots=True)
class Connection:
    """A link as a page may show it: never the secret, only whether there is one and where it comes from."""

    id: str
    kind: str
    name: str
    settings: Mapping[str, str] = field(default_factory=dict)
    has_secret: bool = False
    from_environment: bool = False


class ConnectionsService:
    """`kinds` come from the engines and connectors; `environment` is read through config.py only.

    Raises InvalidValue for a number in the environment that is none: a limit that is not read would be no limit.
    """

    def __init__(
        self,
        db: Database,
        clock: Clock,
        sealer: Sealer,
        kinds: Sequence[ConnectionKind],
        environment: Mapping[str, str],
    ) -> None:
        self._db = db
        self._clock = clock
        self._sealer = sealer
        for part in (part for kind in kinds for part in kind.fields if part.number and part.env):
            _check_number(part.env or "", environment.get(part.env or "", ""))
        self._environment = environment
        self.kinds = {kind.id: kind for kind in kinds}
        self._known: dict[str, tuple[store.Row, dict[str, str]] | None] = {}
        self._changes = 0

    async def list(self) -> list[Connection]:
        """Stored connections, then those that the environment gives."""
        async with self._db.reading() as conn:
            rows = await store.all_rows(conn)
        found = [Connection(row.id, row.kind, row.name, row.settings, row.secret is not None) for row in rows]
        for kind in self.kinds.values():
            if given := _credentials(kind, self._given(kind)):
                found.append(Connection("", kind.id, kind.id, _public(given), bool(given.key), from_environment=True))
        return found

    async def save(
        self, kind_id: str, name: str, settings: Mapping[str, str], secret: str | None, *, new: bool = False
    ) -> Connection:
        """Add a connection or change the one of that name; an empty secret keeps the stored one.

        Raises InvalidValue for what does not do, and for a stored secret that would go to another server; Conflict for
        a name that is taken: `new` says that no connection is to be changed.
        """
        kind = self.kinds.get(kind_id)
        if kind is None:
            raise InvalidValue(f"There is no kind of connection '{kind_id}'. Choose one of: {', '.join(self.kinds)}.")
        name = self._name(kind, name)
        clean = _checked(kind, settings)
        now = self._clock.stamp()
        async with self._db.transaction() as conn:
            old = await store.by_name(conn, name)
            if old and old.kind != kind.id:
                raise Conflict(f"'{name}' is the name of another connection. Remove that one first.", param="name")
            if old and new:
                raise Conflict(
                    f"A server named '{name}' is connected already. Change that one, or choose another name.",
                    param="name",
                )
            sealed = self._secret(kind, clean, secret, old)
            row_id = old.id if old else self._clock.new_id("con")
            if old:
                await store.change(conn, row_id, secret=sealed, settings=clean, at=now)
            else:
                await store.add(conn, store.Row(row_id, kind.id, name, sealed, clean, now, now))
        self._forget()
        return Connection(row_id, kind.id, name, clean, sealed is not None)

    def _name(self, kind: ConnectionKind, text: str) -> str:
        if not kind.several:
            return kind.id
        name = text.strip().lower()
        if not _NAME.fullmatch(name):
            raise InvalidValue(
                "Give it a short name of small letters, digits and dashes, such as studio-gpu.", param="name"
            )
        if name in self.kinds:
            raise InvalidValue(f"'{name}' is kept for {self.kinds[name].title}. Choose another name.", param="name")
        return name

    def _secret(
        self, kind: ConnectionKind, settings: Mapping[str, str], secret: str | None, old: store.Row | None
    ) -> bytes | None:
        """The secret to keep, sealed. Raises InvalidValue."""
        part = next((part for part in kind.fields if part.secret), None)
        if part is None:
            return None
        given = (secret or "").strip()
        if not given.isprintable():
            raise InvalidValue("The key has a line break or the like within it. Copy it again.", param=part.name)
        if given:
            return self._sealer.seal(given)
        kept = old.secret if old else None
        if kept is None and part.required:
            raise InvalidValue(f"{kind.title} needs a key. Enter it.", param=part.name)
        if kept is not None and old is not None and _server(old.settings) != _server(settings):
            raise InvalidValue(
                "The stored key was given for another address. Enter the key for this one.", param=part.name
            )
        return kept

    async def delete(self, connection_id: str) -> None:
        async with self._db.transaction() as conn:
            if not await store.remove(conn, connection_id):
                raise NotFound("There is no such connection. Reload the page.")
        self._forget()

    async def credentials(self, kind_id: str, name: str | None = None) -> Credentials | None:
        """What is needed to reach a service, or None when nothing (or not enough) is known.

        What the environment gives wins, field by field, over what was entered on the page.
        """
        kind = self.kinds.get(kind_id)
        if kind is None:
            return None
        found = await self._stored(name if kind.several and name else kind.id)
        values: dict[str, str] = {}
        if found is not None and found[0].kind == kind_id:
            values |= found[1]
        elif kind.several:
            return None
        values |= self._given(kind)
        return _credentials(kind, values)

    async def _stored(self, name: str) -> tuple[store.Row, dict[str, str]] | None:
        """A connection's row and its values, opened. Remembered until something changes, where no other process can.

        With SQLite the data folder is locked by this process; PostgreSQL may have other servers, so it is always asked.
        """
        if name in self._known:
            return self._known[name]
        changes = self._changes
        async with self._db.reading() as conn:
            row = await store.by_name(conn, name)
        found = None if row is None else (row, self._opened(row))
        if self._db.is_sqlite and changes == self._changes and (found or name in self.kinds):
            self._known[name] = found
        return found

    def _opened(self, row: store.Row) -> dict[str, str]:
        values = dict(row.settings)
        kind = self.kinds.get(row.kind)
        if kind is not None and row.secret is not None and (secret := _secret_name(kind)):
            values[secret] = self._sealer.open(row.secret)
        return values

    def _forget(self) -> None:
        self._changes += 1
        self._known.clear()

    async def upstream_models(self) -> Sequence[tuple[str, str, str | None]]:
        """Models of connected compatible servers: connection, the server's model name, and the card it is said to be.

        The setting `models` has one model a line: `name`, or `name = card-id`. The first line of a name counts.
        """
        found: dict[tuple[str, str], str | None] = {}
        for connection in await self.list():
            if connection.kind != "openai_compatible":
                continue
            for line in connection.settings.get("models", "").splitlines():
                upstream, _, card = (part.strip() for part in line.partition("="))
                if upstream:
                    found.setdefault((connection.name, upstream), card or None)
        return [(name, upstream, card) for (name, upstream), card in found.items()]

    async def server_qualities(self) -> Mapping[str, tuple[str, ...]]:
        """The qualities that connected compatible servers know: those whose steps the setting names."""
        servers = [connection for connection in await self.list() if connection.kind == "openai_compatible"]
        return {server.name: tuple(steps_of(server.settings.get("steps", ""))) for server in servers}

    def _given(self, kind: ConnectionKind) -> dict[str, str]:
        """What the environment gives. Kinds with several connections take nothing from it."""
        if kind.several:
            return {}
        found = {part.name: self._environment.get(part.env or "", "") for part in kind.fields}
        return {name: value for name, value in found.items() if value}


def _check_number(name: str, text: str) -> None:
    if text and not (text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS and int(text) > 0):
        raise InvalidValue(
            f"{name} is '{text[:40]}'. Use a whole number above 0, or leave it unset.", param=name.lower()
        )


def _secret_name(kind: ConnectionKind) -> str:
    return next((part.name for part in kind.fields if part.secret), "")


def _credentials(kind: ConnectionKind, values: Mapping[str, str]) -> Credentials | None:
    if not values or any(part.required and not values.get(part.name) for part in kind.fields):
        return None
    rest = dict(values)
    return Credentials(key=rest.pop(_secret_name(kind), None), base_url=rest.pop("base_url", None), settings=rest)


def _public(credentials: Credentials) -> dict[str, str]:
    return {**({"base_url": credentials.base_url} if credentials.base_url else {}), **credentials.settings}


def _checked(kind: ConnectionKind, settings: Mapping[str, str]) -> dict[str, str]:
    known = {part.name: part for part in kind.fields if not part.secret}
    clean = {name: value.strip() for name, value in settings.items() if name in known and value.strip()}
    for name, part in known.items():
        if part.required and name not in clean:
            raise InvalidValue(f"{kind.title} needs '{part.label}'. Fill it in.", param=name)
        problem = part.problem(clean[name]) if name in clean else ""
        if name == "base_url" and name in clean:
            problem = problem or address_problem(clean[name])
        if problem:
            raise InvalidValue(problem, param=name)
    return clean


def _server(settings: Mapping[str, str]) -> list[str]:
    """Scheme and host of a connection's address."""
    return settings.get("base_url", "").lower().split("/")[:3]
