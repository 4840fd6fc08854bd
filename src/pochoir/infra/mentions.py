"""Which ids the rows of other tables mention. Knows no table: whatever is added later is looked through as well."""

from __future__ import annotations

import re
from collections.abc import Collection

from sqlalchemy import JSON, Text, cast, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from pochoir.infra.db import metadata


async def mentioned(conn: AsyncConnection, prefix: str, *, without: Collection[str]) -> set[str]:
    """Every id of that prefix in a text or a JSON of any table but those. Reads each row that has one: costly."""
    pattern = re.compile(rf"{re.escape(prefix)}_[0-9a-z]{{26}}")
    found: set[str] = set()
    for table in metadata.sorted_tables:
        columns = [cast(column, Text) for column in table.columns if isinstance(column.type, Text | JSON)]
        if table.name in without or not columns:
            continue
        rows = await conn.execute(select(*columns).where(or_(*(column.contains(f"{prefix}_") for column in columns))))
        for row in rows:
            for text in row:
                found.update(pattern.findall(text or ""))
    return found
