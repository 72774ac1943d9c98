"""What lists are searched and counted by. Triggers on the table of leads keep it."""

from typing import Any

import sqlalchemy as sa

from leads_service.store.tables.common import METADATA, TIMESTAMP

# The searched text of each lead that is not deleted, without case and accents, beside what lists filter and order by:
# what is found is sorted without a look at the leads. It is narrow, so that very many are looked through, and a lead
# that changes otherwise is not put into the index of texts anew. Triggers keep it.
LEAD_TEXTS = sa.Table(
    "lead_texts",
    METADATA,
    sa.Column("lead_id", sa.Uuid, primary_key=True),
    sa.Column("facet", sa.BigInteger, nullable=False),
    sa.Column("assigned_to", sa.Uuid),
    sa.Column("created_at", TIMESTAMP, nullable=False),
    sa.Column("updated_at", TIMESTAMP, nullable=False),
    sa.Column("sla_deadline", TIMESTAMP),
    sa.Column("stage_id", sa.Uuid, nullable=False),
    sa.Column("score", sa.Integer, nullable=False),
    sa.Column("priority", sa.Text, nullable=False),
    sa.Column("estimated_value", sa.Numeric(15, 2)),
    sa.Column("first_name", sa.Text),
    sa.Column("last_name", sa.Text),
    sa.Column("company", sa.Text),
    sa.Column("search_text", sa.Text, nullable=False),
    sa.Index(
        "lead_texts_search", "search_text", postgresql_using="gin", postgresql_ops={"search_text": "gin_trgm_ops"}
    ),
)


def _count_table(name: str, *columns: sa.schema.SchemaItem) -> sa.Table:
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
LEAD_COUNTS_OF_MONTH = _count_table(
    "lead_counts_of_month",
    sa.Column("month", sa.Date, primary_key=True),
    _facet(),
    sa.Index("lead_counts_of_month_facet", "facet", "month", postgresql_include=["leads"]),
)
# Of all facets together.
LEAD_SUMS_OF_MONTH = _count_table("lead_sums_of_month", sa.Column("month", sa.Date, primary_key=True))
LEAD_COUNTS_OF_DAY = _count_table("lead_counts_of_day", sa.Column("day", sa.Date, primary_key=True), _facet())
LEAD_COUNTS_OF_OWNER = _count_table(
    "lead_counts_of_owner",
    sa.Column("owner", sa.Uuid, primary_key=True),
    _facet(),
    sa.PrimaryKeyConstraint("owner", "facet", postgresql_include=["leads"]),
)

# What is not in the counts yet: each transaction that changes leads adds rows of its own, so that none waits.
LEAD_COUNT_CHANGES = _count_table(
    "lead_count_changes",
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    _facet(primary_key=False),
    *_facet_parts(),
    sa.Column("owner", sa.Uuid, nullable=False),
    sa.Column("month", sa.Date, nullable=False),
    # Missing in what was noted before days were counted: their counts have it already.
    sa.Column("day", sa.Date),
)
