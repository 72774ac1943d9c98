"""Imports of leads from files."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from leads_service.store.tables.common import METADATA, TIMESTAMP

# Imports and how far they are: written in the transaction of the leads of each batch.
IMPORTS = sa.Table(
    "imports",
    METADATA,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("file_name", sa.Text, nullable=False),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("object_key", sa.Text, nullable=False),
    sa.Column("delimiter", sa.Text, nullable=False),
    sa.Column("options", JSONB, nullable=False),
    sa.Column("columns", JSONB, nullable=False),
    *(
        sa.Column(name, sa.BigInteger, nullable=False, server_default="0")
        for name in ("processed", "created", "updated", "skipped", "refused", "processed_bytes")
    ),
    sa.Column("created_by", sa.Uuid, nullable=False),
    sa.Column("by_admin", sa.Boolean, nullable=False),
    sa.Column("created_at", TIMESTAMP, nullable=False),
    sa.Column("ended_at", TIMESTAMP),
    sa.Column("failure_reason", sa.Text, nullable=False, server_default=""),
    sa.Column("failure_message", sa.Text, nullable=False, server_default=""),
    sa.CheckConstraint("state IN ('running', 'completed', 'canceled', 'failed')", name="imports_state_known"),
    sa.Index("imports_by_creation", "created_at", "id"),
)

IMPORT_REFUSALS = sa.Table(
    "import_refusals",
    METADATA,
    sa.Column("import_id", sa.Uuid, sa.ForeignKey("imports.id"), primary_key=True),
    sa.Column("row_number", sa.BigInteger, primary_key=True),
    sa.Column("cells", JSONB, nullable=False),
    sa.Column("reasons", JSONB, nullable=False),
)

# Leads as a dry run would have made or changed them; later rows are matched with them, too.
IMPORT_MATCHES = sa.Table(
    "import_matches",
    METADATA,
    sa.Column("import_id", sa.Uuid, sa.ForeignKey("imports.id"), primary_key=True),
    sa.Column("lead_id", sa.Uuid, primary_key=True),
    # What they are matched by.
    sa.Column("email", sa.Text),
    sa.Column("phone_e164", sa.Text),
    # A row of leads.
    sa.Column("lead", JSONB, nullable=False),
    sa.Index("import_matches_by_email", "import_id", "email"),
    sa.Index("import_matches_by_phone", "import_id", "phone_e164"),
)
