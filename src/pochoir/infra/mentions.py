"""Which ids the rows of other tables mention. Knows no table: whatever is added later is looked through as well."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection

from sqlalchemy import JSON, Text, cast, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from pochoir.infra.db import metadata

_PART = 200
"""Rows after which others have their turn."""


async def mentioned(
    conn: AsyncConnection, prefix: str, *, without: Collection[str], among: Collection[str] = ()
) -> set[str]:
    """Every id of that prefix in a text or a JSON of any table but those. Reads each row that has one: costly.

    `among`: only these are looked for. Ids begin with their time, so the nearer they are in time the fewer rows are read.
    """
    pattern = re.compile(rf"{re.escape(prefix)}_[0-9a-z]{{26}}")
    stem = _beginning(among) if among else f"{prefix}_"
    found: set[str] = set()
    for table in metadata.sorted_tables:
        columns = [cast(column, Text) for column in table.columns if isinstance(column.type, Text | JSON)]
        if table.name in without or not columns:
            continue
        await asyncio.sleep(0)
        rows = await conn.execute(select(*columns).where(or_(*(column.contains(stem) for column in columns))))
        for number, row in enumerate(rows, 1):
            for text in row:
                found.update(pattern.findall(text or ""))
            if number % _PART == 0:
                await asyncio.sleep(0)
    return found.intersection(among) if among else found


def _beginning(names: Collection[str]) -> str:
    """What all of them begin with, which is what the first and the last of them have in common."""
    first, last = min(names), max(names)
    return next((first[:at] for at in range(len(first), 0, -1) if last.startswith(first[:at])), "")
