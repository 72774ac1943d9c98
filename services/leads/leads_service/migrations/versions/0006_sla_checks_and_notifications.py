"""Checks of all SLA clocks, and notifications."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_TIMESTAMP = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "clock_checks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("requested_at", _TIMESTAMP, nullable=False),
        sa.Column("ended_at", _TIMESTAMP, nullable=True),
        sa.Column("repaired", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("clock_checks_requested_at", "clock_checks", ["requested_at"])
    op.create_table(
        "notifications",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=True),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("lead_name", sa.Text(), nullable=False),
        sa.Column("recipient_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("metadata", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("occurred_at", _TIMESTAMP, nullable=False),
        sa.Column("created_at", _TIMESTAMP, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "notifications_number",
        "notifications",
        ["number"],
        unique=True,
        postgresql_where=sa.text("number IS NOT NULL"),
    )
    op.create_index("notifications_to_number", "notifications", ["id"], postgresql_where=sa.text("number IS NULL"))
    op.create_index("notifications_created_at", "notifications", ["created_at"])
    op.execute(sa.schema.CreateSequence(sa.Sequence("notification_numbers")))


def downgrade() -> None:
    op.execute(sa.schema.DropSequence(sa.Sequence("notification_numbers")))
    op.drop_table("notifications")
    op.drop_table("clock_checks")
