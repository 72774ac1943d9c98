"""What belongs to SLA clocks: checks of all of them, and what people should hear of."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from leads_service.store.tables.common import METADATA, TIMESTAMP

# Comparisons of all clocks with their leads that somebody asked for and waits for.
CLOCK_CHECKS = sa.Table(
    "clock_checks",
    METADATA,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("requested_at", TIMESTAMP, nullable=False),
    sa.Column("ended_at", TIMESTAMP),
    sa.Column("repaired", sa.BigInteger, nullable=False, server_default="0"),
    sa.Index("clock_checks_requested_at", "requested_at"),
)

# Written with what happened; numbered when they can be seen, so that numbers grow in the order of seeing.
NOTIFICATIONS = sa.Table(
    "notifications",
    METADATA,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("number", sa.BigInteger),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("lead_id", sa.Uuid, nullable=False),
    sa.Column("lead_name", sa.Text, nullable=False),
    sa.Column("recipient_ids", sa.ARRAY(sa.Uuid), nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("metadata", JSONB, nullable=False),
    sa.Column("occurred_at", TIMESTAMP, nullable=False),
    sa.Column("created_at", TIMESTAMP, nullable=False),
    sa.Index("notifications_number", "number", unique=True, postgresql_where=sa.text("number IS NOT NULL")),
    sa.Index("notifications_to_number", "id", postgresql_where=sa.text("number IS NULL")),
    sa.Index("notifications_created_at", "created_at"),
)
NOTIFICATION_NUMBERS = sa.Sequence("notification_numbers", metadata=METADATA)
