"""The first schema: accounts, connections, tools, runs, images, money, files, batches and assistants."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def _text(name: str, **options: object) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=bool(options.pop("nullable", False)), **options)  # type: ignore[arg-type]


def _number(name: str, **options: object) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=bool(options.pop("nullable", False)), **options)  # type: ignore[arg-type]


def _accounts() -> None:
    op.create_table(
        "members",
        _text("id", primary_key=True),
        _text("email", unique=True),
        _text("name"),
        _text("role"),
        _text("password_hash"),
        _text("created"),
    )
    op.create_table(
        "sessions",
        _text("id_hash", primary_key=True),
        sa.Column("member", sa.Text, sa.ForeignKey("members.id"), nullable=False),
        _text("created"),
        _text("expires"),
    )
    op.create_table(
        "api_keys",
        _text("id", primary_key=True),
        _text("name"),
        _text("prefix"),
        _text("hash", unique=True),
        _text("created"),
        _text("last_used", nullable=True),
        _text("revoked", nullable=True),
        _number("requests_per_minute", nullable=True),
        _number("images_per_minute", nullable=True),
    )
    op.create_table(
        "key_paces",
        _text("key", primary_key=True),
        _text("what", primary_key=True),
        _number("full_at"),
    )
    op.create_table(
        "connections",
        _text("id", primary_key=True),
        _text("kind"),
        _text("name", unique=True),
        sa.Column("secret", sa.LargeBinary, nullable=True),
        sa.Column("settings", sa.JSON, nullable=False),
        _text("created"),
        _text("updated"),
    )
    op.create_table(
        "successions",
        _text("name", primary_key=True),
        _text("model"),
        sa.Column("at_once", sa.Boolean, nullable=False),
        _text("created"),
    )
    op.create_table(
        "fallbacks",
        _text("name", primary_key=True),
        _text("model"),
        sa.Column("even_if_charged", sa.Boolean, nullable=False),
        _text("created"),
    )


def _tools() -> None:
    op.create_table(
        "drafts",
        _text("id", primary_key=True),
        _text("description"),
        sa.Column("draft", sa.JSON, nullable=False),
        _text("tool", nullable=True),
        _text("created"),
    )
    op.create_table(
        "tools",
        _text("id", primary_key=True),
        _text("name", unique=True),
        _number("current"),
        _text("created"),
        sa.Column("archived", sa.Boolean, nullable=False),
    )
    op.create_table(
        "tool_versions",
        sa.Column("tool", sa.Text, sa.ForeignKey("tools.id"), primary_key=True),
        _number("number", primary_key=True),
        sa.Column("spec", sa.JSON, nullable=False),
        _text("note"),
        _text("created"),
    )


def _runs() -> None:
    op.create_table(
        "runs",
        _text("id", primary_key=True),
        sa.Column("tool", sa.Text, sa.ForeignKey("tools.name"), nullable=False, index=True),
        _number("version"),
        _text("model"),
        _text("state", index=True),
        sa.Column("inputs", sa.JSON, nullable=False),
        sa.Column("outputs", sa.JSON, nullable=False),
        _number("quoted_microusd"),
        sa.Column("quote_exact", sa.Boolean, nullable=False),
        _number("charged_microusd"),
        _number("maybe_charged"),
        _number("images_done"),
        _number("images_expected"),
        _text("created", index=True),
        _text("started", nullable=True),
        _text("finished", nullable=True),
        _text("error"),
        _text("api_key", nullable=True),
    )
    op.create_table(
        "run_steps",
        sa.Column("run", sa.Text, sa.ForeignKey("runs.id"), primary_key=True),
        _text("path", primary_key=True),
        _number("ordinal"),
        _text("type"),
        _text("title"),
        _text("state"),
        _text("started"),
        _text("finished", nullable=True),
        sa.Column("outputs", sa.JSON, nullable=False),
        _text("error"),
        _text("message"),
    )
    op.create_table(
        "approvals",
        sa.Column("run", sa.Text, sa.ForeignKey("runs.id"), primary_key=True),
        _text("path", primary_key=True),
        _text("question"),
        sa.Column("images", sa.JSON, nullable=False),
        sa.Column("approved", sa.Boolean, nullable=True),
        _text("asked"),
        _text("answered", nullable=True),
    )


def _images() -> None:
    op.create_table(
        "attempts",
        _text("id", primary_key=True),
        _text("key", index=True),
        _number("number"),
        _text("asker"),
        _text("run", nullable=True, index=True),
        _text("path", nullable=True),
        _text("request_hash"),
        _text("model"),
        _text("snapshot", nullable=True),
        _text("state"),
        _number("quoted_microusd"),
        _text("started"),
        _text("finished", nullable=True),
        sa.Column("result", sa.JSON, nullable=True),
        _text("error"),
        sa.UniqueConstraint("key", "number", name="attempt_once"),
    )
    op.create_table(
        "artifacts",
        _text("id", primary_key=True),
        _text("blob", index=True),
        _text("mime"),
        _number("width"),
        _number("height"),
        _number("bytes"),
        _text("created", index=True),
        _text("origin"),
        _text("attempt", nullable=True, index=True),
        _text("run", nullable=True, index=True),
        _text("path", nullable=True),
        _text("model", nullable=True),
        _text("snapshot", nullable=True),
        sa.Column("provenance", sa.JSON, nullable=False),
        sa.Column("pinned", sa.Boolean, nullable=False),
    )
    op.create_table("doomed_blobs", _text("blob", primary_key=True), _text("at"))
    op.create_table(
        "image_choices",
        _text("name", primary_key=True),
        sa.Column("value", sa.JSON, nullable=False),
        _text("updated"),
    )


def _money() -> None:
    op.create_table(
        "ledger",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
        _text("key", unique=True),
        _text("at", index=True),
        _number("amount_microusd"),
        _number("quoted_microusd"),
        _text("model"),
        _text("snapshot", nullable=True),
        _text("asker"),
        _text("run", nullable=True, index=True),
        _text("path", nullable=True),
        _number("images"),
        sa.Column("usage", sa.JSON, nullable=False),
        sa.Column("lines", sa.JSON, nullable=False),
        _text("basis"),
        sa.Column("estimated", sa.Boolean, nullable=False),
        _text("note"),
        _text("api_key", nullable=True, index=True),
    )
    op.create_table(
        "reservations",
        _text("key", primary_key=True),
        _text("api_key", nullable=True),
        _number("amount_microusd"),
        _text("at"),
    )
    op.create_table(
        "budgets",
        _text("scope", primary_key=True),
        _number("monthly_microusd"),
        _text("updated"),
    )


def _responses() -> None:
    op.create_table(
        "responses",
        _text("id", primary_key=True),
        _text("created", index=True),
        sa.Column("kept", sa.Boolean, nullable=False),
        sa.Column("data", sa.JSON, nullable=False),
    )


def _files() -> None:
    op.create_table(
        "files",
        _text("id", primary_key=True),
        _text("blob", index=True),
        _number("bytes"),
        _text("filename"),
        _text("purpose"),
        _text("created"),
        _text("expires", nullable=True, index=True),
        _number("holds"),
    )


def _batches() -> None:
    op.create_table(
        "batches",
        _text("id", primary_key=True),
        _text("key", nullable=True, unique=True),
        _text("endpoint"),
        _text("input_file"),
        _text("state", index=True),
        _text("model"),
        sa.Column("metadata", sa.JSON, nullable=False),
        _number("output_seconds", nullable=True),
        sa.Column("errors", sa.JSON, nullable=False),
        _text("output_file", nullable=True),
        _text("error_file", nullable=True),
        _number("total"),
        _number("completed"),
        _number("failed"),
        _number("input_tokens"),
        _number("cached_tokens"),
        _number("output_tokens"),
        _number("charged_microusd"),
        _text("created"),
        _text("expires"),
        sa.Column("times", sa.JSON, nullable=False),
        _text("provider"),
        _number("handed"),
        _text("api_key", nullable=True),
    )
    op.create_table(
        "batch_parts",
        _text("id", primary_key=True),
        sa.Column("batch", sa.Text, sa.ForeignKey("batches.id"), nullable=False, index=True),
        _text("model"),
        _text("target"),
        _text("state"),
        _text("file", nullable=True),
        _text("remote", nullable=True),
    )
    op.create_table(
        "batch_lines",
        sa.Column("batch", sa.Text, sa.ForeignKey("batches.id"), primary_key=True),
        _number("number", primary_key=True),
        _text("custom_id"),
        _number("start"),
        _number("length"),
        _text("state"),
        _text("part", nullable=True),
        _text("request", nullable=True),
        _number("status", nullable=True),
        sa.Column("body", sa.JSON, nullable=True),
        sa.Column("images", sa.JSON, nullable=True),
    )


def _assistants() -> None:
    op.create_table("assistants", _text("id", primary_key=True), sa.Column("data", sa.JSON, nullable=False))
    op.create_table("threads", _text("id", primary_key=True), sa.Column("data", sa.JSON, nullable=False))
    op.create_table(
        "thread_messages",
        _text("id", primary_key=True),
        sa.Column("thread", sa.Text, sa.ForeignKey("threads.id"), nullable=False),
        _number("number"),
        _text("run", nullable=True),
        sa.Column("data", sa.JSON, nullable=False),
        sa.UniqueConstraint("thread", "number", name="message_place"),
    )
    op.create_table(
        "thread_runs",
        _text("id", primary_key=True),
        sa.Column("thread", sa.Text, sa.ForeignKey("threads.id"), nullable=False, index=True),
        _text("state", index=True),
        _text("key", nullable=True, unique=True),
        sa.Column("data", sa.JSON, nullable=False),
    )


def upgrade() -> None:
    _accounts()
    _tools()
    _runs()
    _images()
    _money()
    _files()
    _batches()
    _responses()
    _assistants()
