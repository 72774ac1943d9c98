"""Clocks that stand still while their lead is at certain stages."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_JSONB = postgresql.JSONB(astext_type=sa.Text())


def upgrade() -> None:
    op.add_column("leads", sa.Column("sla_pausing", _JSONB, nullable=True))
    op.add_column("leads", sa.Column("sla_paused_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("leads", sa.Column("sla_pauses", _JSONB, server_default="[]", nullable=False))


def downgrade() -> None:
    for column in ("sla_pauses", "sla_paused_at", "sla_pausing"):
        op.drop_column("leads", column)
