"""Product lines, documents and imports; where a closed lead came from; how a change came; how e-mails compare."""

import unicodedata

import idna
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_JSONB = postgresql.JSONB(astext_type=sa.Text())
_TIMESTAMP = sa.DateTime(timezone=True)
_TO_RECORD = (
    "deleted_at IS NULL AND ("
    "at_risk_recorded_at IS NULL AND (first_response_at IS NULL OR first_response_at >= sla_at_risk_at) "
    "OR breach_recorded_at IS NULL AND (first_response_at IS NULL OR first_response_at >= sla_deadline) "
    "OR first_response_at IS NULL AND sla_escalations @> '[{\"escalatedAt\": null}]')"
)


def upgrade() -> None:
    op.add_column("leads", sa.Column("closed_from_stage_id", sa.Uuid(), nullable=True))
    op.add_column("leads", sa.Column("reopened_at", _TIMESTAMP, nullable=True))
    op.create_index("leads_to_record", "leads", ["sla_at_risk_at", "id"], postgresql_where=sa.text(_TO_RECORD))
    op.add_column("leads", sa.Column("email_key", sa.Text(), nullable=True))
    _fill_email_keys()
    op.create_index(
        "leads_email_key",
        "leads",
        ["email_key"],
        postgresql_where=sa.text("email_key IS NOT NULL AND deleted_at IS NULL"),
    )
    op.add_column("outbox", sa.Column("rank", sa.SmallInteger(), server_default="0", nullable=False))
    op.drop_index("outbox_due", table_name="outbox")
    op.create_index("outbox_next", "outbox", ["rank", "id"], postgresql_where=sa.text("parked_at IS NULL"))
    op.add_column("history", sa.Column("origin", sa.Text(), server_default="single", nullable=False))
    op.create_table(
        "product_lines",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("product_name", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=11, scale=4), nullable=False),
        sa.Column("unit_price", sa.Numeric(precision=15, scale=2), nullable=False),
        sa.Column("discount", sa.Numeric(precision=5, scale=2), nullable=False),
        sa.Column("total", sa.Numeric(precision=21, scale=2), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", _TIMESTAMP, nullable=False),
        sa.Column("updated_at", _TIMESTAMP, nullable=False),
        sa.CheckConstraint("quantity > 0", name="product_lines_quantity_positive"),
        sa.CheckConstraint("unit_price >= 0", name="product_lines_unit_price_not_negative"),
        sa.CheckConstraint("discount BETWEEN 0 AND 100", name="product_lines_discount_percent"),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("product_lines_of_lead", "product_lines", ["lead_id", "product_id"], unique=True)
    op.create_table(
        "documents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("object_key", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", _TIMESTAMP, nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["leads.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("documents_of_lead", "documents", ["lead_id", "created_at", "id"])
    op.create_table(
        "unused_objects",
        sa.Column("object_key", sa.Text(), nullable=False),
        sa.Column("unused_from", _TIMESTAMP, nullable=False),
        sa.PrimaryKeyConstraint("object_key"),
    )
    op.create_index("unused_objects_due", "unused_objects", ["unused_from"])
    op.create_table(
        "imports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("object_key", sa.Text(), nullable=False),
        sa.Column("delimiter", sa.Text(), nullable=False),
        sa.Column("options", _JSONB, nullable=False),
        sa.Column("columns", _JSONB, nullable=False),
        sa.Column("processed", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("created", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("updated", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("skipped", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("refused", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("processed_bytes", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("by_admin", sa.Boolean(), nullable=False),
        sa.Column("created_at", _TIMESTAMP, nullable=False),
        sa.Column("ended_at", _TIMESTAMP, nullable=True),
        sa.Column("failure_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("failure_message", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("state IN ('running', 'completed', 'canceled', 'failed')", name="imports_state_known"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("imports_by_creation", "imports", ["created_at", "id"])
    op.create_table(
        "import_refusals",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("row_number", sa.BigInteger(), nullable=False),
        sa.Column("cells", _JSONB, nullable=False),
        sa.Column("reasons", _JSONB, nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"]),
        sa.PrimaryKeyConstraint("import_id", "row_number"),
    )
    op.create_table(
        "import_matches",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("phone_e164", sa.Text(), nullable=True),
        sa.Column("lead", _JSONB, nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"]),
        sa.PrimaryKeyConstraint("import_id", "lead_id"),
    )
    op.create_index("import_matches_by_email", "import_matches", ["import_id", "email"])
    op.create_index("import_matches_by_phone", "import_matches", ["import_id", "phone_e164"])


def downgrade() -> None:
    for table in ("import_matches", "import_refusals", "imports", "unused_objects", "documents", "product_lines"):
        op.drop_table(table)
    op.drop_column("history", "origin")
    op.drop_index("outbox_next", table_name="outbox")
    op.create_index("outbox_due", "outbox", ["next_attempt_at", "id"], postgresql_where=sa.text("parked_at IS NULL"))
    op.drop_column("outbox", "rank")
    op.drop_column("leads", "email_key")
    op.drop_index("leads_to_record", table_name="leads")
    op.drop_column("leads", "reopened_at")
    op.drop_column("leads", "closed_from_stage_id")


def _fill_email_keys() -> None:
    """Of addresses beyond ASCII only, which are few: the others are compared by their lower case as before."""
    connection = op.get_bind()
    rows = connection.execute(sa.text("SELECT id, email FROM leads WHERE email ~ '[^\\x01-\\x7f]'")).all()
    if rows:
        statement = sa.text("UPDATE leads SET email_key = :email_key WHERE id = :id")
        connection.execute(statement, [{"id": row.id, "email_key": _email_key(row.email)} for row in rows])


def _email_key(email: str) -> str:
    local, _, domain = email.rpartition("@")
    try:
        domain = idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        domain = domain.lower()
    return f"{unicodedata.normalize('NFC', local.lower())}@{domain}"
