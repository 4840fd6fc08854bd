"""What a run may still spend of the budget, and to which run a held amount belongs."""

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
        sa.Column("at", sa.Text, nullable=False),
    )
    op.add_column("reservations", sa.Column("run", sa.Text))
