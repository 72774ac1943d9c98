"""What the leads service keeps of the configuration, and of what follows from its changes."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from leads_service.store.tables.common import METADATA, TIMESTAMP

# The one run that scores all open leads anew: what was asked for, and how far it is.
RESCORE = sa.Table(
    "rescore",
    METADATA,
    sa.Column("only_row", sa.Boolean, primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
    # The scoring revision that was asked for.
    sa.Column("scoring_revision", sa.BigInteger, nullable=False),
    # Leads up to this one have been scored.
    sa.Column("cursor", sa.Uuid),
    sa.Column("processed", sa.BigInteger, nullable=False),
    sa.Column("total", sa.BigInteger, nullable=False),
    sa.Column("changed", sa.BigInteger, nullable=False),
    sa.Column("requested_at", TIMESTAMP),
    sa.Column("started_at", TIMESTAMP),
    sa.Column("ended_at", TIMESTAMP),
    sa.CheckConstraint("only_row", name="rescore_one_row"),
    sa.CheckConstraint("state IN ('none', 'requested', 'running', 'completed')", name="rescore_state_known"),
)

# Deletions of settings that the configuration has told of and whose workflow was ordered.
RETIREMENTS = sa.Table(
    "retirements",
    METADATA,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    # What the workflow started with: what is moved from where to where.
    sa.Column("plan", JSONB, nullable=False),
    # Whoever began before this transaction may not know of the deletion.
    sa.Column("known_from_xid", sa.BigInteger, nullable=False),
    sa.Column("ended_at", TIMESTAMP),
)

# What nothing may enter: a stage's id, or the name of a priority, source, reason or role. After a deletion it still
# keeps out writers whose configuration is older than ``open_from_revision``.
CLOSED_ENTRIES = sa.Table(
    "closed_entries",
    METADATA,
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("entry", sa.Text, primary_key=True),
    sa.Column("retirement_id", sa.Uuid, nullable=False),
    sa.Column("open_from_revision", sa.BigInteger),
    sa.Index("closed_entries_of_retirement", "retirement_id"),
)

# What a deletion has moved, and what the record had before, to be moved back should it fail.
RETIREMENT_MOVES = sa.Table(
    "retirement_moves",
    METADATA,
    sa.Column("retirement_id", sa.Uuid, sa.ForeignKey("retirements.id"), primary_key=True),
    sa.Column("record_id", sa.Uuid, primary_key=True),
    sa.Column("before", JSONB, nullable=False),
)

# The newest configuration that reached this database, to start from when the settings service is down.
CONFIGURATION_COPY = sa.Table(
    "configuration_copy",
    METADATA,
    sa.Column("only_row", sa.Boolean, primary_key=True),
    sa.Column("revision", sa.BigInteger, nullable=False),
    sa.Column("configuration", sa.LargeBinary, nullable=False),
    sa.Column("received_at", TIMESTAMP, nullable=False, server_default=sa.func.now()),
    sa.CheckConstraint("only_row", name="configuration_copy_one_row"),
)
