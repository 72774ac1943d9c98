"""What conversions and deletions of stages have done, so that each does it once and can be undone."""

import sqlalchemy as sa

from crm_service.domain.records import Kind
from crm_service.store.tables.common import METADATA, TIMESTAMP
from kit.db.idempotency import idempotency_table

_KINDS = ", ".join(f"'{kind}'" for kind in Kind)

# One row for each step of a conversion that has been ensured or released. Without a record: a tombstone.
CONVERSION_RECORDS = sa.Table(
    "conversion_records",
    METADATA,
    sa.Column("conversion_id", sa.Uuid, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    # In which order conversions came to use a record.
    sa.Column("position", sa.BigInteger, sa.Identity(always=True), nullable=False),
    sa.Column("record_id", sa.Uuid),
    sa.Column("made", sa.Boolean, nullable=False),
    # The record's when the step had been done; none where the version before did it.
    sa.Column("record_version", sa.BigInteger),
    # The contact's version once this conversion had given it an account: what a release takes back.
    sa.Column("account_given_at", sa.BigInteger),
    sa.Column("ensured_at", TIMESTAMP),
    sa.Column("released_at", TIMESTAMP),
    sa.CheckConstraint(f"kind IN ({_KINDS})", name="conversion_records_kind_known"),
    sa.CheckConstraint("record_id IS NOT NULL OR released_at IS NOT NULL", name="conversion_records_tombstone"),
    sa.Index("conversion_records_of_record", "record_id", "position"),
)

# What the deletion of a pipeline or stage has moved: where it was, and where it was put. Moving back deletes the row.
OPPORTUNITY_MOVES = sa.Table(
    "opportunity_moves",
    METADATA,
    sa.Column("retirement_id", sa.Uuid, primary_key=True),
    sa.Column("opportunity_id", sa.Uuid, sa.ForeignKey("opportunities.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("pipeline_id", sa.Uuid, nullable=False),
    sa.Column("stage_id", sa.Uuid, nullable=False),
    sa.Column("to_pipeline_id", sa.Uuid, nullable=False),
    sa.Column("to_stage_id", sa.Uuid, nullable=False),
    sa.Column("moved_at", TIMESTAMP, nullable=False, server_default=sa.func.now()),
    sa.Index("opportunity_moves_of_opportunity", "opportunity_id"),
)

# Tombstones: a move that comes after its undoing is refused.
UNDONE_RETIREMENTS = sa.Table(
    "undone_retirements",
    METADATA,
    sa.Column("retirement_id", sa.Uuid, primary_key=True),
    sa.Column("undone_at", TIMESTAMP, nullable=False, server_default=sa.func.now()),
)

IDEMPOTENCY_KEYS = idempotency_table(METADATA)
