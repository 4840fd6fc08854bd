"""What a run may still spend of the budget, also one that is open now, and to which run a held amount belongs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "allotments",
        sa.Column("run", sa.Text, primary_key=True),
        sa.Column("api_key", sa.Text),
        sa.Column("amount_microusd", sa.BigInteger, nullable=False),
        sa.Column("most_microusd", sa.BigInteger),
        sa.Column("images", sa.BigInteger, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
    )
    op.add_column("reservations", sa.Column("run", sa.Text))
    op.create_index("ix_reservations_run", "reservations", ["run"])
    op.execute(
        "INSERT INTO allotments (run, api_key, amount_microusd, images, at) "
        "SELECT id, api_key, quoted_microusd, images_expected, created FROM runs "
        "WHERE state NOT IN ('succeeded', 'failed', 'cancelled') AND quoted_microusd > 0"
    )
