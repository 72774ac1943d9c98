"""What belongs to a lead: its timeline, who holds it and works on it, product lines, documents, conversions."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from leads_service.store.tables.common import METADATA, TIMESTAMP, timeline_table

ACTIVITIES = timeline_table(
    "activities",
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("description", sa.Text),
    sa.Column("metadata", JSONB, nullable=False),
    sa.Column("performed_by", sa.Uuid),
    sa.Column("direction", sa.Text),
    sa.Column("occurred_at", TIMESTAMP, nullable=False),
    sa.Column("created_at", TIMESTAMP, nullable=False),
)

NOTES = timeline_table(
    "notes",
    sa.Column("content", sa.Text, nullable=False),
    sa.Column("created_by", sa.Uuid, nullable=False),
    sa.Column("created_at", TIMESTAMP, nullable=False),
)

HISTORY = timeline_table(
    "history",
    sa.Column("field", sa.Text, nullable=False),
    sa.Column("old_value", JSONB(none_as_null=False)),
    sa.Column("new_value", JSONB(none_as_null=False)),
    sa.Column("old_label", sa.Text),
    sa.Column("new_label", sa.Text),
    sa.Column("changed_by", sa.Uuid),
    sa.Column("change_id", sa.Uuid, nullable=False),
    sa.Column("origin", sa.Text, nullable=False, server_default="single"),
    sa.Column("changed_at", TIMESTAMP, nullable=False),
)

# A time during which stage and owner of a lead stayed the same; without an end it goes on.
STAGE_ASSIGNMENTS = sa.Table(
    "stage_assignments",
    METADATA,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("lead_id", sa.Uuid, sa.ForeignKey("leads.id"), nullable=False),
    sa.Column("stage_id", sa.Uuid, nullable=False),
    sa.Column("stage_name", sa.Text, nullable=False),
    sa.Column("assigned_to", sa.Uuid),
    sa.Column("started_at", TIMESTAMP, nullable=False),
    sa.Column("ended_at", TIMESTAMP),
    sa.Index("stage_assignments_of_lead", "lead_id", "started_at", "id"),
    sa.Index("stage_assignments_going_on", "lead_id", unique=True, postgresql_where=sa.text("ended_at IS NULL")),
)

# How many leads a stage has handed out. Whoever takes a turn holds the row until the lead is in: turns are fair.
ASSIGNMENT_TURNS = sa.Table(
    "assignment_turns",
    METADATA,
    sa.Column("stage_id", sa.Uuid, primary_key=True),
    sa.Column("turn", sa.BigInteger, nullable=False),
)

TEAM_MEMBERS = sa.Table(
    "team_members",
    METADATA,
    sa.Column("lead_id", sa.Uuid, sa.ForeignKey("leads.id"), primary_key=True),
    sa.Column("user_id", sa.Uuid, primary_key=True),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("added_by", sa.Uuid, nullable=False),
    sa.Column("added_at", TIMESTAMP, nullable=False),
    sa.Index("team_members_of_role", "role"),
)

PRODUCT_LINES = sa.Table(
    "product_lines",
    METADATA,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("lead_id", sa.Uuid, sa.ForeignKey("leads.id"), nullable=False),
    sa.Column("product_id", sa.Uuid, nullable=False),
    sa.Column("product_name", sa.Text, nullable=False),
    sa.Column("quantity", sa.Numeric(11, 4), nullable=False),
    sa.Column("unit_price", sa.Numeric(15, 2), nullable=False),
    sa.Column("discount", sa.Numeric(5, 2), nullable=False),
    sa.Column("total", sa.Numeric(21, 2), nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("created_by", sa.Uuid, nullable=False),
    sa.Column("created_at", TIMESTAMP, nullable=False),
    sa.Column("updated_at", TIMESTAMP, nullable=False),
    sa.CheckConstraint("quantity > 0", name="product_lines_quantity_positive"),
    sa.CheckConstraint("unit_price >= 0", name="product_lines_unit_price_not_negative"),
    sa.CheckConstraint("discount BETWEEN 0 AND 100", name="product_lines_discount_percent"),
    sa.Index("product_lines_of_lead", "lead_id", "product_id", unique=True),
)

DOCUMENTS = timeline_table(
    "documents",
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("content_type", sa.Text, nullable=False),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("sha256", sa.LargeBinary, nullable=False),
    sa.Column("object_key", sa.Text, nullable=False),
    sa.Column("created_by", sa.Uuid, nullable=False),
    sa.Column("created_at", TIMESTAMP, nullable=False),
)

# Objects of the store that nothing names: those of uploads that have not ended by then, and of what was taken away.
UNUSED_OBJECTS = sa.Table(
    "unused_objects",
    METADATA,
    sa.Column("object_key", sa.Text, primary_key=True),
    sa.Column("unused_from", TIMESTAMP, nullable=False),
    sa.Index("unused_objects_due", "unused_from"),
)

CONVERSIONS = sa.Table(
    "conversions",
    METADATA,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("lead_id", sa.Uuid, sa.ForeignKey("leads.id"), nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("plan", JSONB, nullable=False),
    sa.Column("account_id", sa.Uuid),
    sa.Column("contact_id", sa.Uuid),
    sa.Column("opportunity_id", sa.Uuid),
    sa.Column("failure_reason", sa.Text),
    sa.Column("failure_message", sa.Text),
    # What keeps the records of a completed one from being undone: `{field, reason}` each.
    sa.Column("obstacles", JSONB, nullable=False, server_default="[]"),
    sa.Column("started_by", sa.Uuid, nullable=False),
    sa.Column("started_at", TIMESTAMP, nullable=False),
    # From when on a running one only goes back: it does not complete any more.
    sa.Column("undoing_since", TIMESTAMP),
    sa.Column("ended_at", TIMESTAMP),
    # When its workflow, or the one that undoes it, was last ordered.
    sa.Column("ordered_at", TIMESTAMP, nullable=False, server_default=sa.func.now()),
    # `{step, since, reason, message}` while its workflow waits for something.
    sa.Column("waits", JSONB),
    sa.Column("unconverted_by", sa.Uuid),
    sa.Column("unconverted_at", TIMESTAMP),
    sa.CheckConstraint(
        "state IN ('running', 'completed', 'failed', 'unconverting', 'unconverted')", name="conversions_state_known"
    ),
    sa.Index("conversions_of_lead", "lead_id", "started_at"),
    sa.Index(
        "conversions_one_unfinished",
        "lead_id",
        unique=True,
        postgresql_where=sa.text("state IN ('running', 'unconverting')"),
    ),
    sa.Index("conversions_unfinished", "id", postgresql_where=sa.text("state IN ('running', 'unconverting')")),
)
