"""Alembic's entry: runs the migrations on the URL that `infra.db.migrate` passes."""

from __future__ import annotations

from alembic import context
from sqlalchemy import create_engine

from pochoir.infra.inline import prepare

url: str = context.config.attributes["url"]
engine = create_engine(url)
if url.startswith("sqlite"):
    prepare(engine, busy_ms=15_000)
with engine.connect() as connection:
    context.configure(connection=connection, render_as_batch=True, transactional_ddl=True)
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
