"""Statements of every request: turned into SQL once, then given straight to the driver where SQLite runs in the loop.

SQLAlchemy takes about 50 millionths of a second around each statement, five times what SQLite needs for it; a request
for an image makes seven. Elsewhere (PostgreSQL) they are executed as any other.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Delete, Insert, Select, Update
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.compiler import SQLCompiler

from pochoir.infra.inline import InlineConnection

Statement = Insert | Update | Delete | Select[Any]
Value = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Ready:
    """SQL with question marks, and for each mark the name of its value and what turns that into the driver's."""

    sql: str
    marks: tuple[tuple[str, Value | None], ...]

    def values(self, named: Mapping[str, Any]) -> tuple[Any, ...]:
        return tuple(named[name] if turn is None else turn(named[name]) for name, turn in self.marks)


class Prepared:
    """One statement; `postgresql` is its form there when it differs. Every call gives the same names of values."""

    def __init__(self, statement: Statement, *, postgresql: Statement | None = None) -> None:
        self._statement = statement
        self._postgresql = statement if postgresql is None else postgresql
        self._ready: Ready | None = None

    async def run(self, conn: AsyncConnection, *rows: Mapping[str, Any]) -> int:
        """Execute it once for each row of values; returns how many rows of the table it changed."""
        if isinstance(conn, InlineConnection):
            return sum(self._execute(conn, row).rowcount for row in rows)
        form = self._form(conn).execution_options(preserve_rowcount=True)
        changed = [(await conn.execute(form, dict(row))).rowcount for row in rows]
        return sum(changed)

    async def first(self, conn: AsyncConnection, named: Mapping[str, Any]) -> Sequence[Any] | None:
        """The first row that it finds, its columns in their order, as the database stores them."""
        if isinstance(conn, InlineConnection):
            found: Sequence[Any] | None = self._execute(conn, named).fetchone()
            return found
        return (await conn.execute(self._form(conn), dict(named))).first()

    def _form(self, conn: AsyncConnection) -> Statement:
        return self._postgresql if conn.dialect.name == "postgresql" else self._statement

    def _execute(self, conn: InlineConnection, named: Mapping[str, Any]) -> sqlite3.Cursor:
        if self._ready is None:
            self._ready = _ready(self._statement, conn.dialect, list(named))
        values = self._ready.values(named)
        try:
            return conn.driver.execute(self._ready.sql, values)
        except sqlite3.Error as error:
            raise DBAPIError.instance(self._ready.sql, values, error, sqlite3.Error, dialect=conn.dialect) from error


def _ready(statement: Statement, dialect: Dialect, names: list[str]) -> Ready:
    compiled = statement.compile(dialect=dialect, column_keys=names)
    if not isinstance(compiled, SQLCompiler):
        raise TypeError("Only inserts, updates, deletes and selects can be prepared.")
    order = compiled.positiontup or []
    turns = [compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect) for name in order]
    return Ready(str(compiled), tuple(zip(order, turns, strict=True)))
