"""The table of leads."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from leads_service.store.tables.common import ALIVE, METADATA, TIMESTAMP

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
# What else lists order by, so that leads are gathered without it; names would be too long for an entry of an index.
_ORDERED_BY = ("updated_at", "score", "estimated_value", "sla_deadline", "stage_id", "priority")

# Of an answered lead, only what had come by then; escalations of an unanswered one only.
TO_RECORD = (
    "deleted_at IS NULL AND ("
    "at_risk_recorded_at IS NULL AND (first_response_at IS NULL OR first_response_at >= sla_at_risk_at) "
    "OR breach_recorded_at IS NULL AND (first_response_at IS NULL OR first_response_at >= sla_deadline) "
    "OR first_response_at IS NULL AND sla_escalations @> '[{\"escalatedAt\": null}]')"
)

# There is a promise, and somebody is still waited for.
RUNNING_CLOCK = "deleted_at IS NULL AND clock_closed_by = '' AND sla_deadline IS NOT NULL"

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
    sa.Column("created_at", TIMESTAMP, nullable=False),
    sa.Column("updated_at", TIMESTAMP, nullable=False),
    sa.Column("deleted_at", TIMESTAMP),
    sa.Column("conversion_id", sa.Uuid),
    sa.Column("converted_at", TIMESTAMP),
    sa.Column("contact_id", sa.Uuid),
    sa.Column("account_id", sa.Uuid),
    sa.Column("opportunity_id", sa.Uuid),
    sa.Column("disqualified_at", TIMESTAMP),
    sa.Column("disqualification_reason", sa.Text),
    sa.Column("disqualification_notes", sa.Text),
    # Where a closed lead was before.
    sa.Column("closed_from_stage_id", sa.Uuid),
    sa.Column("reopened_at", TIMESTAMP),
    sa.Column("sla_policy", sa.Text),
    sa.Column("sla_started_at", TIMESTAMP),
    sa.Column("sla_at_risk_at", TIMESTAMP),
    sa.Column("sla_deadline", TIMESTAMP),
    # The stages and the calendar of a promise that may stand still, since when it does, and when it did.
    sa.Column("sla_pausing", JSONB(none_as_null=True)),
    sa.Column("sla_paused_at", TIMESTAMP),
    sa.Column("sla_pauses", JSONB, nullable=False, server_default="[]"),
    sa.Column("sla_escalations", JSONB, nullable=False, server_default="[]"),
    sa.Column("first_response_at", TIMESTAMP),
    sa.Column("at_risk_recorded_at", TIMESTAMP),
    sa.Column("breach_recorded_at", TIMESTAMP),
    sa.Column("clock_version", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("clock_closed_by", sa.Text, nullable=False, server_default=""),
    sa.Column("score_revision", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("search_text", sa.Text, sa.Computed(_SEARCH_TEXT, persisted=True)),
    sa.Column("facet", sa.BigInteger, sa.Computed(_FACET, persisted=True)),
    sa.CheckConstraint("status IN ('open', 'converted', 'disqualified')", name="leads_status_known"),
    sa.CheckConstraint("estimated_value >= 0", name="leads_estimated_value_not_negative"),
    sa.CheckConstraint("status <> 'converted' OR converted_at IS NOT NULL", name="leads_converted_whole"),
    # Leads on whose clock something is still to be recorded, be it due or not.
    sa.Index("leads_to_record", "sla_at_risk_at", "id", postgresql_where=sa.text(TO_RECORD)),
    sa.Index("leads_running_clocks", "id", postgresql_where=sa.text(RUNNING_CLOCK)),
    # Counted at each entry to a stage that assigns to whoever has the least.
    sa.Index("leads_open_of_owner", "assigned_to", postgresql_where=sa.text("status = 'open' AND deleted_at IS NULL")),
    sa.Index("leads_email", sa.text("lower(email)"), postgresql_where=ALIVE),
    sa.Index("leads_email_key", "email_key", postgresql_where=sa.text("email_key IS NOT NULL AND deleted_at IS NULL")),
    sa.Index("leads_phone", "phone_e164", postgresql_where=ALIVE),
    *(
        sa.Index(f"leads_{name}", *columns, postgresql_include=_FILTERED_BY, postgresql_where=ALIVE)
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
        "leads_by_creation", "created_at", "id", postgresql_include=["facet", "assigned_to"], postgresql_where=ALIVE
    ),
    *(
        sa.Index(f"leads_{name}", column, "created_at", "id", postgresql_include=included, postgresql_where=ALIVE)
        for name, column, included in (
            ("of_facet", "facet", ("assigned_to", *_ORDERED_BY)),
            ("of_owner", "assigned_to", ("facet", *_ORDERED_BY)),
        )
    ),
    # Of those whose deadline lies ahead there are never many.
    sa.Index("leads_pending", "sla_deadline", "id", postgresql_include=["sla_at_risk_at"], postgresql_where=_PENDING),
    # Looked for when a pipeline or a source is deleted.
    sa.Index("leads_of_pipeline", "pipeline_id", "created_at", "id", postgresql_where=ALIVE),
    sa.Index("leads_of_source", "source", "created_at", "id", postgresql_where=ALIVE),
)
