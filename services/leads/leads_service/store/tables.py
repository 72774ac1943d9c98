"""The tables of the leads database."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from kit.db.idempotency import idempotency_table
from kit.db.outbox import outbox_table

METADATA = sa.MetaData()

_TIMESTAMP = sa.DateTime(timezone=True)
_ALIVE = sa.text("deleted_at IS NULL")
_PENDING = sa.text(
    "deleted_at IS NULL AND first_response_at IS NULL AND sla_paused_at IS NULL AND sla_deadline IS NOT NULL"
)

# What the version before searched in; nobody else reads it.
_SEARCH_TEXT = (
    "lower(coalesce(first_name, '') || ' ' || coalesce(last_name, '') || E'\\n' || "
    "coalesce(email, '') || E'\\n' || coalesce(company, ''))"
)

# A number for each combination of what lists filter by: leads that are alike in it are counted together.
_FACET = (
    "CASE WHEN deleted_at IS NULL THEN leads_facet(pipeline_id, stage_id, priority, source, status, qualified, "
    "leads_sla_outcome(first_response_at, sla_deadline, sla_paused_at)) END"
)
# What else lists filter by, so that an order is gone through without looking at the leads themselves.
_FILTERED_BY = ("facet", "assigned_to", "created_at")

# Of an answered lead, only what had come by then; escalations of an unanswered one only.
TO_RECORD = (
    "deleted_at IS NULL AND ("
    "at_risk_recorded_at IS NULL AND (first_response_at IS NULL OR first_response_at >= sla_at_risk_at) "
    "OR breach_recorded_at IS NULL AND (first_response_at IS NULL OR first_response_at >= sla_deadline) "
    "OR first_response_at IS NULL AND sla_escalations @> '[{\"escalatedAt\": null}]')"
)

LEADS = sa.Table(
    "leads",
    METADATA,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("first_name", sa.Text),
    sa.Column("last_name", sa.Text),
    sa.Column("email", sa.Text),
    # What an e-mail is compared by where that is not just its lower case: of addresses beyond ASCII.
    sa.Column("email_key", sa.Text),
    sa.Column("phone", sa.Text),
    sa.Column("phone_e164", sa.Text),
    sa.Column("company", sa.Text),
    sa.Column("title", sa.Text),
    sa.Column("source", sa.Text),
    sa.Column("priority", sa.Text, nullable=False),
    sa.Column("pipeline_id", sa.Uuid, nullable=False),
    sa.Column("stage_id", sa.Uuid, nullable=False),
    sa.Column("estimated_value", sa.Numeric(15, 2)),
    sa.Column("description", sa.Text),
    sa.Column("custom_fields", JSONB, nullable=False),
    sa.Column("stage_field_values", JSONB, nullable=False),
    sa.Column("assigned_to", sa.Uuid),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("score", sa.Integer, nullable=False),
    sa.Column("score_breakdown", JSONB, nullable=False),
    sa.Column("qualified", sa.Boolean, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("created_by", sa.Uuid, nullable=False),
    sa.Column("created_at", _TIMESTAMP, nullable=False),
    sa.Column("updated_at", _TIMESTAMP, nullable=False),
    sa.Column("deleted_at", _TIMESTAMP),
    sa.Column("conversion_id", sa.Uuid),
    sa.Column("converted_at", _TIMESTAMP),
    sa.Column("contact_id", sa.Uuid),
    sa.Column("account_id", sa.Uuid),
    sa.Column("opportunity_id", sa.Uuid),
    sa.Column("disqualified_at", _TIMESTAMP),
    sa.Column("disqualification_reason", sa.Text),
    sa.Column("disqualification_notes", sa.Text),
    # Where a closed lead was before.
    sa.Column("closed_from_stage_id", sa.Uuid),
    sa.Column("reopened_at", _TIMESTAMP),
    sa.Column("sla_policy", sa.Text),
    sa.Column("sla_started_at", _TIMESTAMP),
    sa.Column("sla_at_risk_at", _TIMESTAMP),
    sa.Column("sla_deadline", _TIMESTAMP),
    # The stages and the calendar of a promise that may stand still, since when it does, and when it did.
    sa.Column("sla_pausing", JSONB(none_as_null=True)),
    sa.Column("sla_paused_at", _TIMESTAMP),
    sa.Column("sla_pauses", JSONB, nullable=False, server_default="[]"),
    sa.Column("sla_escalations", JSONB, nullable=False, server_default="[]"),
    sa.Column("first_response_at", _TIMESTAMP),
    sa.Column("at_risk_recorded_at", _TIMESTAMP),
    sa.Column("breach_recorded_at", _TIMESTAMP),
    sa.Column("clock_version", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("clock_closed_by", sa.Text, nullable=False, server_default=""),
    sa.Column("score_revision", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("search_text", sa.Text, sa.Computed(_SEARCH_TEXT, persisted=True)),
    sa.Column("facet", sa.BigInteger, sa.Computed(_FACET, persisted=True)),
    sa.CheckConstraint("status IN ('open', 'converted', 'disqualified')", name="leads_status_known"),
    sa.CheckConstraint("estimated_value >= 0", name="leads_estimated_value_not_negative"),
    sa.CheckConstraint(
        "status <> 'converted' OR (converted_at IS NOT NULL AND conversion_id IS NULL)", name="leads_converted_whole"
    ),
    # Leads on whose clock something is still to be recorded, be it due or not.
    sa.Index("leads_to_record", "sla_at_risk_at", "id", postgresql_where=sa.text(TO_RECORD)),
    # Counted at each entry to a stage that assigns to whoever has the least.
    sa.Index("leads_open_of_owner", "assigned_to", postgresql_where=sa.text("status = 'open' AND deleted_at IS NULL")),
    sa.Index("leads_email", sa.text("lower(email)"), postgresql_where=_ALIVE),
    sa.Index("leads_email_key", "email_key", postgresql_where=sa.text("email_key IS NOT NULL AND deleted_at IS NULL")),
    sa.Index("leads_phone", "phone_e164", postgresql_where=_ALIVE),
    *(
        sa.Index(f"leads_{name}", *columns, postgresql_include=_FILTERED_BY, postgresql_where=_ALIVE)
        for name, columns in {
            "by_update": ("updated_at", "id"),
            "by_first_name": ("first_name", "id"),
            "by_last_name": ("last_name", "id"),
            "by_company": ("company", "id"),
            # Nothing is as near to the score as this: without it, one order of the others would begin at the far end.
            "by_score": ("qualified", "score", "id"),
            "by_estimated_value": ("estimated_value", "id"),
            "by_deadline": ("sla_deadline", "id"),
            "by_stage": ("stage_id", "id"),
            "by_priority": ("priority", "id"),
        }.items()
    ),
    sa.Index(
        "leads_by_creation", "created_at", "id", postgresql_include=["facet", "assigned_to"], postgresql_where=_ALIVE
    ),
    sa.Index(
        "leads_of_facet", "facet", "created_at", "id", postgresql_include=["assigned_to"], postgresql_where=_ALIVE
    ),
    sa.Index(
        "leads_of_owner", "assigned_to", "created_at", "id", postgresql_include=["facet"], postgresql_where=_ALIVE
    ),
    # Of those whose deadline lies ahead there are never many.
    sa.Index("leads_pending", "sla_deadline", "id", postgresql_include=["sla_at_risk_at"], postgresql_where=_PENDING),
    # Looked for when a pipeline or a source is deleted.
    sa.Index("leads_of_pipeline", "pipeline_id", "created_at", "id", postgresql_where=_ALIVE),
    sa.Index("leads_of_source", "source", "created_at", "id", postgresql_where=_ALIVE),
)


# The searched text of each lead that is not deleted, without case and accents, beside what lists filter by. It is
# narrow, so that very many are looked through, and a lead that changes otherwise is not put into the index of texts
# anew. Triggers keep it.
LEAD_TEXTS = sa.Table(
    "lead_texts",
    METADATA,
    sa.Column("lead_id", sa.Uuid, primary_key=True),
    sa.Column("facet", sa.BigInteger, nullable=False),
    sa.Column("assigned_to", sa.Uuid),
    sa.Column("created_at", _TIMESTAMP, nullable=False),
    sa.Column("search_text", sa.Text, nullable=False),
    sa.Index(
        "lead_texts_search", "search_text", postgresql_using="gin", postgresql_ops={"search_text": "gin_trgm_ops"}
    ),
)


def _count_table(name: str, *columns: sa.Column[Any]) -> sa.Table:
    """A table of how many leads there are of each facet. Who writes it is not this service but the database."""
    return sa.Table(name, METADATA, *columns, sa.Column("leads", sa.BigInteger, nullable=False))


def _facet(*, primary_key: bool = True) -> sa.Column[int]:
    return sa.Column("facet", sa.BigInteger, nullable=False, primary_key=primary_key, autoincrement=False)


def _facet_parts() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("pipeline_id", sa.Uuid, nullable=False),
        sa.Column("stage_id", sa.Uuid, nullable=False),
        sa.Column("priority", sa.Text, nullable=False),
        sa.Column("source", sa.Text),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("qualified", sa.Boolean, nullable=False),
        sa.Column("sla_outcome", sa.Text, nullable=False),
    )


LEAD_FACETS = _count_table("lead_facets", _facet(), *_facet_parts())
LEAD_COUNTS_OF_MONTH = _count_table("lead_counts_of_month", sa.Column("month", sa.Date, primary_key=True), _facet())
LEAD_COUNTS_OF_OWNER = _count_table("lead_counts_of_owner", sa.Column("owner", sa.Uuid, primary_key=True), _facet())

# What is not in the counts yet: each transaction that changes leads adds rows of its own, so that none waits.
LEAD_COUNT_CHANGES = _count_table(
    "lead_count_changes",
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    _facet(primary_key=False),
    *_facet_parts(),
    sa.Column("owner", sa.Uuid, nullable=False),
    sa.Column("month", sa.Date, nullable=False),
)


def _timeline_table(name: str, *columns: sa.Column[object]) -> sa.Table:
    """A table of what belongs to a lead, read newest first."""
    return sa.Table(
        name,
        METADATA,
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("lead_id", sa.Uuid, sa.ForeignKey("leads.id"), nullable=False),
        *columns,
        sa.Index(f"{name}_of_lead", "lead_id", columns[-1].name, "id"),
    )


ACTIVITIES = _timeline_table(
    "activities",
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("description", sa.Text),
    sa.Column("metadata", JSONB, nullable=False),
    sa.Column("performed_by", sa.Uuid),
    sa.Column("direction", sa.Text),
    sa.Column("occurred_at", _TIMESTAMP, nullable=False),
    sa.Column("created_at", _TIMESTAMP, nullable=False),
)

NOTES = _timeline_table(
    "notes",
    sa.Column("content", sa.Text, nullable=False),
    sa.Column("created_by", sa.Uuid, nullable=False),
    sa.Column("created_at", _TIMESTAMP, nullable=False),
)

HISTORY = _timeline_table(
    "history",
    sa.Column("field", sa.Text, nullable=False),
    sa.Column("old_value", JSONB(none_as_null=False)),
    sa.Column("new_value", JSONB(none_as_null=False)),
    sa.Column("old_label", sa.Text),
    sa.Column("new_label", sa.Text),
    sa.Column("changed_by", sa.Uuid),
    sa.Column("change_id", sa.Uuid, nullable=False),
    sa.Column("origin", sa.Text, nullable=False, server_default="single"),
    sa.Column("changed_at", _TIMESTAMP, nullable=False),
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
    sa.Column("started_at", _TIMESTAMP, nullable=False),
    sa.Column("ended_at", _TIMESTAMP),
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
    sa.Column("added_at", _TIMESTAMP, nullable=False),
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
    sa.Column("created_at", _TIMESTAMP, nullable=False),
    sa.Column("updated_at", _TIMESTAMP, nullable=False),
    sa.CheckConstraint("quantity > 0", name="product_lines_quantity_positive"),
    sa.CheckConstraint("unit_price >= 0", name="product_lines_unit_price_not_negative"),
    sa.CheckConstraint("discount BETWEEN 0 AND 100", name="product_lines_discount_percent"),
    sa.Index("product_lines_of_lead", "lead_id", "product_id", unique=True),
)

DOCUMENTS = _timeline_table(
    "documents",
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("content_type", sa.Text, nullable=False),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("sha256", sa.LargeBinary, nullable=False),
    sa.Column("object_key", sa.Text, nullable=False),
    sa.Column("created_by", sa.Uuid, nullable=False),
    sa.Column("created_at", _TIMESTAMP, nullable=False),
)

# Objects of the store that nothing names: those of uploads that have not ended by then, and of what was taken away.
UNUSED_OBJECTS = sa.Table(
    "unused_objects",
    METADATA,
    sa.Column("object_key", sa.Text, primary_key=True),
    sa.Column("unused_from", _TIMESTAMP, nullable=False),
    sa.Index("unused_objects_due", "unused_from"),
)

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
    sa.Column("created_at", _TIMESTAMP, nullable=False),
    sa.Column("ended_at", _TIMESTAMP),
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
    sa.Column("requested_at", _TIMESTAMP),
    sa.Column("started_at", _TIMESTAMP),
    sa.Column("ended_at", _TIMESTAMP),
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
    sa.Column("ended_at", _TIMESTAMP),
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
    sa.Column("started_by", sa.Uuid, nullable=False),
    sa.Column("started_at", _TIMESTAMP, nullable=False),
    sa.Column("ended_at", _TIMESTAMP),
    sa.CheckConstraint("state IN ('running', 'completed', 'failed')", name="conversions_state_known"),
    sa.Index("conversions_of_lead", "lead_id", "started_at"),
    sa.Index("conversions_one_running", "lead_id", unique=True, postgresql_where=sa.text("state = 'running'")),
)

# The newest configuration that reached this database, to start from when the settings service is down.
CONFIGURATION_COPY = sa.Table(
    "configuration_copy",
    METADATA,
    sa.Column("only_row", sa.Boolean, primary_key=True),
    sa.Column("revision", sa.BigInteger, nullable=False),
    sa.Column("configuration", sa.LargeBinary, nullable=False),
    sa.Column("received_at", _TIMESTAMP, nullable=False, server_default=sa.func.now()),
    sa.CheckConstraint("only_row", name="configuration_copy_one_row"),
)

OUTBOX = outbox_table(METADATA)
IDEMPOTENCY_KEYS = idempotency_table(METADATA)
