"""Which letters are rare in what is searched, counts by month that are found by facet, and sums of them."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# By triggers, so that the sums are right whichever version folds the counts.
_TRIGGERS = {
    "insert": ("SELECT month, leads FROM added", "REFERENCING NEW TABLE AS added"),
    "update": (
        "SELECT month, leads FROM added UNION ALL SELECT month, -leads FROM gone",
        "REFERENCING OLD TABLE AS gone NEW TABLE AS added",
    ),
    "delete": ("SELECT month, -leads FROM gone", "REFERENCING OLD TABLE AS gone"),
}


def upgrade() -> None:
    op.execute("CREATE STATISTICS lead_texts_trigrams ON (show_trgm(search_text)) FROM lead_texts")
    # Whoever analyzes the table keeps them from here on: the server does, by itself.
    op.execute("ANALYZE lead_texts")
    op.create_index("lead_counts_of_month_facet", "lead_counts_of_month", ["facet", "month"])
    op.create_table(
        "lead_sums_of_month",
        sa.Column("month", sa.Date(), primary_key=True),
        sa.Column("leads", sa.BigInteger(), nullable=False),
    )
    op.execute("LOCK TABLE lead_counts_of_month IN SHARE ROW EXCLUSIVE MODE")
    op.execute("INSERT INTO lead_sums_of_month SELECT month, sum(leads) FROM lead_counts_of_month GROUP BY month")
    for event, (changes, referencing) in _TRIGGERS.items():
        op.execute(
            f"""
            CREATE FUNCTION leads_sum_months_on_{event}() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                INSERT INTO lead_sums_of_month AS summed
                SELECT month, sum(leads) FROM ({changes}) AS changed GROUP BY month HAVING sum(leads) <> 0
                ON CONFLICT (month) DO UPDATE SET leads = summed.leads + excluded.leads;
                RETURN NULL;
            END $$
            """  # noqa: S608 - of names that stand here
        )
        op.execute(
            f"CREATE TRIGGER leads_sum_months_on_{event} AFTER {event} ON lead_counts_of_month {referencing}"
            f" FOR EACH STATEMENT EXECUTE FUNCTION leads_sum_months_on_{event}()"
        )


def downgrade() -> None:
    for event in _TRIGGERS:
        op.execute(f"DROP TRIGGER leads_sum_months_on_{event} ON lead_counts_of_month")
        op.execute(f"DROP FUNCTION leads_sum_months_on_{event}()")
    op.drop_table("lead_sums_of_month")
    op.drop_index("lead_counts_of_month_facet", table_name="lead_counts_of_month")
    op.execute("DROP STATISTICS lead_texts_trigrams")
